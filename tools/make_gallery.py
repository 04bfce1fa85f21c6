"""Draw the gallery of docs/films.md: `python tools/make_gallery.py [PRESET...]` (a minute).

One picture a preset, of a fresh film that preset, seed and index settle. Needs the `train` extra.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from gallery_pictures import (
    draw_image,
    draw_label,
    draw_magnetisation,
    draw_scale_bar,
    finish_panel,
    save_small,
)
from matplotlib.figure import Figure

from skyrmlive.trainer.dataset.film_draw import FilmDraw, draw_film
from skyrmlive.trainer.dataset.film_recipe import FilmRecipe
from skyrmlive.trainer.dataset.film_set import SimulatedFilms
from skyrmlive.trainer.dataset.film_statistics import film_statistics
from skyrmlive.trainer.dataset.labels import LabelRule, core_label, mask_label
from skyrmlive.trainer.dataset.recipe_files import load_preset
from skyrmlive.trainer.dataset.relaxed_films import relax_draws
from skyrmlive.trainer.lorentz.camera import Camera, expose
from skyrmlive.trainer.lorentz.fresnel import lorentz_image
from skyrmlive.trainer.lorentz.microscope import Microscope
from skyrmlive.trainer.micromagnetics.relaxation import RelaxationPlan
from skyrmlive.trainer.micromagnetics.topology import topological_charge

OUT = Path(__file__).parent.parent / "docs" / "pictures" / "films"
SEED = 1
ELECTRONS_PER_PIXEL = 1000.0


class Picture(NamedTuple):
    """Which film of a preset is drawn, and at which defoci (mm) and tilts (degrees) it is seen.

    The last of `views` is the one that a camera is put behind.
    """

    film: int
    views: tuple[tuple[float, float], ...]
    microscope: Microscope = Microscope()


_PAPER = ((-2.0, 0.0), (-0.5, 20.0), (-4.0, 20.0), (-2.0, -20.0), (-2.0, 20.0))

PICTURES = {
    "neel-lattice": Picture(11, _PAPER),
    # the beam that its engine is made for (docs/real-frames.md)
    "fgt": Picture(
        0,
        ((-8.0, 0.0), (-2.0, 22.6), (-4.0, 22.6), (-8.0, -22.6), (-8.0, 22.6)),
        Microscope(beam_convergence_rad=2.5e-6),
    ),
    "pt-co-ir": Picture(5, ((-4.0, 0.0), (-1.0, 30.0), (-4.0, 15.0), (-4.0, -30.0), (-4.0, 30.0))),
    "stripes": Picture(5, _PAPER),
    "mixed": Picture(3, _PAPER),
    "bloch": Picture(2, ((-0.2, 0.0), (0.5, 0.0), (-2.0, 0.0), (-0.5, 30.0), (-0.5, 0.0))),
    "antiskyrmion": Picture(4, ((-0.1, 0.0), (0.2, 0.0), (-0.5, 0.0), (-0.2, 30.0), (-0.2, 0.0))),
}


def relaxed_film(recipe: FilmRecipe, index: int) -> tuple[np.ndarray, FilmDraw]:
    """Return the unit vectors (3, ny, nx) of a film, and what it was drawn as."""
    draw = draw_film(recipe, SEED, index)
    films_of_set = SimulatedFilms(recipe=recipe, plan=RelaxationPlan(), seed=SEED)
    return relax_draws([draw], films_of_set, "cpu")[0].m, draw


def images(m: np.ndarray, ms: np.ndarray, recipe: FilmRecipe, picture: Picture) -> torch.Tensor:
    """Return the intensity of each view, shape (views, ny, nx)."""
    views = picture.views
    magnetisation = torch.tensor(m * ms, dtype=torch.float64)[None]
    return lorentz_image(
        magnetisation.expand(len(views), -1, -1, -1),
        recipe.cell_size_nm,
        recipe.thickness_nm,
        picture.microscope,
        [defocus_mm * 1e6 for defocus_mm, _ in views],
        [tilt_deg for _, tilt_deg in views],
    )


def signed(number: float) -> str:
    """Return a number with its sign, none at 0."""
    return "0" if round(number, 6) == 0 else f"{number:+.4g}".replace("-", "−")


def draw_gallery_picture(name: str, path: Path) -> None:
    """Relax the film of a preset and draw it, its label and its images."""
    recipe, picture = load_preset(name), PICTURES[name]
    m, draw = relaxed_film(recipe, picture.film)
    seen = images(m, draw.saturation_magnetisation, recipe, picture)
    contrast = [float((image - 1).abs().max()) for image in seen]
    found = film_statistics(m[2], recipe.cell_size_nm)

    figure = Figure(figsize=(11, 5.9), layout="constrained")
    stripes = "1 stripe" if found["stripes"] == 1 else f"{found['stripes']} stripes"
    charge = f"topological charge {signed(topological_charge(m).sum())}"
    film = f"{name}, film {picture.film}: {1e3 * draw.applied_field_t:.0f} mT"
    figure.suptitle(f"{film}, {found['skyrmions']} skyrmions, {stripes}, {charge}", fontsize=11)
    panels = figure.subplots(2, 4).ravel()
    draw_magnetisation(panels[0], m)
    finish_panel(panels[0], "magnetisation")
    draw_label(panels[1], m[2], mask_label(m[2], LabelRule()), core_label(m[2]))
    finish_panel(panels[1], "mask (blue) and core (red)")
    for axes, view, image, largest in zip(panels[2:], picture.views, seen, contrast, strict=False):
        # what shows nothing is not to be stretched until it shows something
        draw_image(axes, image.numpy(), min(1.0, max(largest, 0.2 * max(contrast))))
        finish_panel(axes, f"{signed(view[0])} mm, {signed(view[1])}°: contrast ±{largest:.1%}")
    camera = Camera(electrons_per_pixel=ELECTRONS_PER_PIXEL)
    frame = expose(seen[-1:], camera, recipe.cell_size_nm, [SEED])[0] / ELECTRONS_PER_PIXEL
    noisy_range = min(1.0, contrast[-1] + 2.5 / ELECTRONS_PER_PIXEL**0.5)
    draw_image(panels[7], frame.numpy(), noisy_range, greys=16)
    finish_panel(panels[7], f"the same with {ELECTRONS_PER_PIXEL:.0f} electrons a pixel")
    for axes in panels[[0, 2]]:
        draw_scale_bar(axes, recipe.cell_size_nm)
    save_small(figure, path)


def main() -> None:
    """Draw the pictures of the presets that the command line names, or of all."""
    torch.set_num_threads(1)
    OUT.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or PICTURES:
        path = OUT / f"{name}.png"
        draw_gallery_picture(name, path)
        print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
