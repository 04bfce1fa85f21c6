"""Make the pictures of README and docs from simulated frames: `python tools/make_pictures.py`.

Needs the `train` extra; everything shown is drawn by the program from its own simulations.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from skyrmlive.inference.engine_store import load_engine
from skyrmlive.inference.overlay import draw_overlay
from skyrmlive.inference.segmenter import Segmenter
from skyrmlive.stream.demo_sweep import FILMS
from skyrmlive.stream.frame import FrameMetadata
from skyrmlive.trainer.dataset.film_draw import draw_film
from skyrmlive.trainer.dataset.recipe_files import load_preset
from skyrmlive.trainer.dataset.relaxed_films import film_batch
from skyrmlive.trainer.learning.noise import stretched, with_gaussian_noise
from skyrmlive.trainer.lorentz.fresnel import lorentz_image
from skyrmlive.trainer.lorentz.microscope import Microscope
from skyrmlive.trainer.micromagnetics.relaxation import RelaxationPlan, relax_film

OUT = Path(__file__).parent.parent / "docs" / "pictures"


def without_ticks(axes: Axes, title: str) -> None:
    """Leave only the picture and its title."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(title, fontsize=10)


def demo_picture(path: Path) -> None:
    """Run the demo and put its overlay and its curves side by side."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "demo"
        command = [sys.executable, "-m", "skyrmlive.cli.main", "demo", "--out", str(out)]
        subprocess.run([*command, "--rate", "8"], check=True)
        overlay = cv2.cvtColor(cv2.imread(str(out / "overlay.png")), cv2.COLOR_BGR2RGB)
        frames = pd.read_csv(out / "frames.csv")
    truth = pd.read_csv(FILMS.with_name("truth.csv")).groupby("frame")["diameter_nm"]
    figure = Figure(figsize=(10, 5), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(1.15, 1))
    picture = figure.add_subplot(grid[:, 0])
    picture.imshow(overlay[-680:, :680])  # enlarged: outlines are thin
    without_ticks(picture, "part of a frame of a simulated field sweep, outlined")
    for row, (column, true, label, colour) in enumerate(
        (
            ("n_skyrmions", truth.count(), "skyrmions in the frame", "tab:blue"),
            ("mean_diameter_nm", truth.mean(), "mean diameter at Mz = 0 (nm)", "tab:red"),
        )
    ):
        axes = figure.add_subplot(grid[row, 1])
        axes.plot(frames["field_mt"], true, color="0.5", label="true")
        axes.plot(frames["field_mt"], frames[column], ".", color=colour, label="measured")
        if column == "mean_diameter_nm":
            ends = frames["mean_diameter_low_nm"], frames["mean_diameter_high_nm"]
            band = {"color": colour, "alpha": 0.15, "linewidth": 0}
            axes.fill_between(frames["field_mt"], *ends, **band, label="its 90 % interval")
        axes.legend(frameon=False, loc="lower left")
        axes.set_ylabel(label)
        axes.grid(alpha=0.3)
        axes.set_ylim(bottom=0)
    axes.set_xlabel("applied field (mT)")
    figure.savefig(path, dpi=110)


def from_film_to_outlines(path: Path) -> None:
    """Draw one film, its noisy Lorentz image and what the default engine makes of it."""
    engine = load_engine()
    chosen = {"placed_share": 1.0, "placed_density_per_um2": (70.0, 70.0)}
    recipe = load_preset("neel-lattice").model_copy(update=chosen)
    draw = draw_film(recipe, seed=2024, index=4)
    films = film_batch([draw], recipe).to("cpu")
    m = relax_film(films, draw.applied_field_t, torch.tensor(draw.start)[None], RelaxationPlan()).m
    image = lorentz_image(
        m * films.saturation_magnetisation[:, None],
        recipe.cell_size_nm,
        recipe.thickness_nm,
        Microscope.of(engine.condition),
        engine.condition.defocus_nm,
        engine.condition.tilt_deg,
    )[0].numpy()
    rng = np.random.default_rng(0)
    figure = Figure(figsize=(10, 3.7), layout="constrained")
    film, *pictures = figure.subplots(1, 3)
    film.imshow(m[0, 2], cmap="RdBu_r", vmin=-1, vmax=1)
    without_ticks(film, "simulated film, Mz (red up, blue down)")
    metadata = FrameMetadata(pixel_size_nm=recipe.cell_size_nm, geometry="sample")
    for axes, percent in zip(pictures, (10.0, 50.0), strict=True):
        noisy = with_gaussian_noise(stretched(image).astype(np.float32), percent, rng)
        found = Segmenter(engine).segment(noisy, metadata)
        axes.imshow(draw_overlay(noisy, found.labels, found.table, recipe.cell_size_nm))
        without_ticks(axes, f"its Lorentz image, {percent:g} % noise: {len(found.table)} found")
    figure.savefig(path, dpi=110)


def main() -> None:
    """Draw all pictures."""
    OUT.mkdir(parents=True, exist_ok=True)
    demo_picture(OUT / "demo.png")
    from_film_to_outlines(OUT / "from_film_to_outlines.png")


if __name__ == "__main__":
    main()
