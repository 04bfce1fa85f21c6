"""Compare our films with the authors' published pairs, for docs/films-and-the-kit.md.

    skyrmlive simulate --preset neel-lattice --films 60 --seed 1 --out films/neel
    python tools/compare_with_kit.py films/neel KIT

KIT is the folder with the five pairs `00_image.tif`, `00_label.tif`, ... Only numbers and curves
measured from them are drawn. Prints the numbers. Takes two minutes; needs the `train` extra.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tifffile
import torch
from kit_measures import LabelMeasures, excess_radius, label_measures, points_at_random
from kit_profiles import NONE, REACH, fitted_augmentation, mean_profile, profile_of_films
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from skyrmlive.trainer.dataset.film_store import FilmStore
from skyrmlive.trainer.dataset.labels import LabelRule, mask_label
from skyrmlive.trainer.lorentz.fresnel import lorentz_image
from skyrmlive.trainer.lorentz.microscope import Microscope

OUT = Path(__file__).parent.parent / "docs" / "pictures" / "films" / "films-and-the-kit.png"
DEFOCUS_NM, TILT_DEG = -2e6, 20.0
CELL_SIZE_NM = 3.0
RULES = [LabelRule(threshold=t, erosion_cells=e) for t in (0.98, 0.97) for e in (0, 1)]
TEXT_RULE, OUR_RULE = RULES[0], LabelRule()
KIT, OURS, PALE = "#d62728", "#1f77b4", "#a0a0a0"


class Pair(NamedTuple):
    """An image, its label and the label's measures."""

    image: np.ndarray
    mask: np.ndarray
    measures: LabelMeasures


def kit_pairs(folder: Path) -> list[Pair]:
    """Read the authors' pairs, those with the farthest neighbours first."""
    pairs = []
    for path in folder.glob("*_image.tif"):
        mask = tifffile.imread(str(path).replace("_image", "_label")) > 0
        if measures := label_measures(mask):
            pairs.append(Pair(tifffile.imread(path).astype(float), mask, measures))
    return sorted(pairs, key=lambda pair: -pair.measures.distance)


def our_measures(store: FilmStore, rule: LabelRule) -> dict[int, LabelMeasures]:
    """Measure the labels of the films that have skyrmions enough, by the films' index."""
    measured = {
        record["index"]: label_measures(mask_label(store.magnetisation(record["index"])[2], rule))
        for record in store.records()
    }
    return {index: measures for index, measures in measured.items() if measures}


def our_pair(store: FilmStore, index: int) -> tuple[np.ndarray, np.ndarray]:
    """Return image and label of a film, imaged as the authors' pairs."""
    m = store.magnetisation(index)
    image = lorentz_image(
        torch.tensor(m * store.saturation_magnetisation(index))[None],
        store.grid.cell_size_nm,
        store.grid.thickness_nm,
        Microscope(),
        DEFOCUS_NM,
        TILT_DEG,
    )[0]
    return image.numpy().astype(float), mask_label(m[2], OUR_RULE)


def draw_radius(
    axes: Axes, kit: list[LabelMeasures], by_rule: dict[LabelRule, list[LabelMeasures]]
) -> None:
    """Draw the radius of labels against the distance of neighbours."""
    for title, measures, colour, marker in (
        (f"ours, {TEXT_RULE}", by_rule[TEXT_RULE], PALE, "^"),
        (f"ours, {OUR_RULE}", by_rule[OUR_RULE], OURS, "o"),
        ("published pairs", kit, KIT, "s"),
    ):
        distance, radius = [m.distance for m in measures], [m.radius for m in measures]
        axes.plot(distance, radius, marker, color=colour, label=title, ms=4.5, alpha=0.8)
    axes.set_ylim(top=1.15 * axes.get_ylim()[1])
    axes.set_xlabel("nearest neighbour (px of 3 nm)")
    axes.set_ylabel("radius of the label (px)")
    axes.legend(fontsize=7, frameon=False, loc="upper left")


def draw_order(
    axes: Axes, kit: list[LabelMeasures], ours: list[LabelMeasures], name: str, label: str
) -> None:
    """Draw a measure of order against density, with that of points at random."""
    for title, measures, colour, marker in (
        ("ours", ours, OURS, "o"),
        ("published pairs", kit, KIT, "s"),
    ):
        density_um2 = [m.density / (CELL_SIZE_NM * 1e-3) ** 2 for m in measures]
        values = [getattr(m, name) for m in measures]
        axes.plot(density_um2, values, marker, color=colour, label=title, ms=4.5, alpha=0.8)
    axes.axhline(getattr(points_at_random(), name), color=PALE, ls="--", label="points at random")
    axes.set_ylim(0.3, 1)
    axes.set_xlabel("skyrmions per µm²")
    axes.set_ylabel(label)


def draw_profile(axes: Axes, pair: Pair, films: list[tuple[np.ndarray, np.ndarray]]) -> str:
    """Draw the profile of a published image and those of films alike; return the fit in words."""
    x, theirs = np.arange(-REACH, REACH + 1), mean_profile(pair.image, pair.mask)
    fitted = fitted_augmentation(theirs, films, pair.measures.distance / 2)
    words = f"blur {fitted.blur:.1f} px, gamma {fitted.gamma:.1f}"
    axes.plot(x, theirs, ".", color=KIT, label="published")
    axes.plot(x, profile_of_films(films, NONE), color=PALE, label=f"ours, {len(films)} films")
    axes.plot(x, profile_of_films(films, fitted), color=OURS, label=f"ours, {words}")
    axes.set_ylim(-1.3, 1.9)
    axes.set_title(f"neighbours at {pair.measures.distance:.0f} px", fontsize=9)
    axes.set_xlabel("along the tilt axis (px of 3 nm)")
    axes.set_ylabel("intensity, scaled")
    axes.legend(fontsize=7, frameon=False, loc="upper left")
    return words


def print_table(title: str, measures: list[LabelMeasures]) -> None:
    """Print the measures of every label, ordered by density."""
    print(f"{title}\n" + "".join(f"{name:>17}" for name in LabelMeasures._fields))
    for each in sorted(measures, key=lambda m: m.density):
        print("".join(f"{value:17.4g}" for value in each))


def main() -> None:
    """Measure, print and draw."""
    torch.set_num_threads(1)
    store, pairs = FilmStore.open(Path(sys.argv[1])), kit_pairs(Path(sys.argv[2]))
    kit = [pair.measures for pair in pairs]
    films = {rule: our_measures(store, rule) for rule in RULES}
    by_rule = {rule: list(measures.values()) for rule, measures in films.items()}
    print_table("published pairs", kit)
    print_table(f"our films, {OUR_RULE}", by_rule[OUR_RULE])
    for rule, measures in by_rule.items():
        excess, error = excess_radius(kit, measures)
        print(f"published labels less ours, {rule}: {excess:+.2f} px, error {error:.2f}")

    figure = Figure(figsize=(10.5, 6.4), layout="constrained")
    panels = figure.subplots(2, 3)
    draw_radius(panels[0, 0], kit, by_rule)
    for axes, name, label in (
        (panels[0, 1], "regularity", "nearest neighbour / ideal lattice"),
        (panels[0, 2], "local_regularity", "nearest / mean Delaunay neighbour"),
        (panels[1, 0], "psi6", "|psi6|"),
    ):
        draw_order(axes, kit, by_rule[OUR_RULE], name, label)
    panels[0, 1].legend(fontsize=7, frameon=False, loc="lower right")
    shown = {0: panels[1, 1], len(pairs) - 1: panels[1, 2]}
    for number, pair in enumerate(pairs):
        alike = [
            our_pair(store, index)
            for index, measures in films[OUR_RULE].items()
            if abs(measures.distance / pair.measures.distance - 1) < 0.08
        ]
        words = draw_profile(shown.get(number) or Figure().subplots(), pair, alike)
        print(f"profile, neighbours at {pair.measures.distance:.1f} px: {words}")
    figure.savefig(OUT, dpi=100)
    print(f"{OUT}: {OUT.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
