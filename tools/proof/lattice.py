"""The Fresnel image of an endless lattice against its closed form in the weak-phase limit."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skyrmlive.trainer.lorentz.closed_forms import BlochLattice
from skyrmlive.trainer.lorentz.fresnel import lorentz_image
from skyrmlive.trainer.lorentz.microscope import Microscope

from .drawing import BLACK, BLUE, GREEN, ORANGE, VERMILION, new_figure, save
from .evidence import Evidence, Verdict, share, table

PIXEL_NM, THICKNESS_NM, REFINEMENT = 1.5, 27.5, 4
WEAK, REAL = 1e3, 2e5  # A/m
STRENGTHS = (1e2, 1e3, 1e4, 1e5, 2e5)
LIMIT = 1e-3
#: defocus in nm, tilt and axis in degrees
CONDITIONS = ((-2e6, 0.0, 0.0), (-2e6, 30.0, 0.0), (-2e6, 30.0, 37.0), (4e5, 30.0, 37.0))
COLOURS = (BLACK, ORANGE, BLUE, GREEN)


def prove(pictures: Path) -> Evidence:
    """Image the lattice at several strengths and conditions."""
    errors = {
        condition: {ms: deviation(*images(ms, *condition)) for ms in STRENGTHS}
        for condition in CONDITIONS
    }
    weak = [errors[condition][WEAK] for condition in CONDITIONS]
    _draw(errors, pictures / "lattice.png")
    rows = [
        (
            _described(condition),
            f"{1e3 * np.abs(lattice(WEAK).phase(*condition[1:])).max():.3f} mrad",
            f"{1e3 * np.ptp(images(WEAK, *condition)[1]):.3f}e-3",
            share(each[WEAK]),
            share(each[REAL]),
        )
        for condition, each in errors.items()
    ]
    header = (
        "condition",
        "largest phase",
        "contrast",
        f"deviation, {WEAK / 1e6:g} MA/m",
        f"deviation, {REAL / 1e6:g} MA/m",
    )
    return Evidence(
        {"lattice": table(header, rows)},
        [Verdict("weak-phase image of a lattice against its closed form", max(weak), LIMIT)],
    )


def lattice(ms: float) -> BlochLattice:
    """Return the lattice with waves of `ms` in A/m."""
    return BlochLattice(ms, THICKNESS_NM, PIXEL_NM, REFINEMENT)


def images(
    ms: float, defocus_nm: float, tilt_deg: float, axis_deg: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return our image and the closed form, each (ny, nx)."""
    of, microscope = lattice(ms), Microscope()
    condition = (microscope, defocus_nm, tilt_deg, axis_deg)
    image = lorentz_image(of.magnetisation(), PIXEL_NM, THICKNESS_NM, *condition)
    return image[0].numpy(), of.weak_phase_image(*condition)


def deviation(ours: np.ndarray, exact: np.ndarray) -> float:
    """Return the largest difference over the contrast, from the darkest to the brightest pixel."""
    return float(np.abs(ours - exact).max() / np.ptp(exact))


def _described(condition: tuple[float, float, float]) -> str:
    defocus_nm, tilt_deg, axis_deg = condition
    tilt = f"{tilt_deg:g} degrees about {axis_deg:g}" if tilt_deg else "no tilt"
    return f"{defocus_nm / 1e6:+.1f} mm, {tilt}"


def _draw(errors: dict[tuple[float, float, float], dict[float, float]], path: Path) -> None:
    figure = new_figure(3.6, 10.0)
    grid = figure.add_gridspec(1, 4, width_ratios=(1, 1, 1, 1.9))
    condition = CONDITIONS[2]
    ours, exact = (np.tile(each - 1, (1, 2)) for each in images(WEAK, *condition))
    extent = (0, ours.shape[1] * PIXEL_NM, ours.shape[0] * PIXEL_NM, 0)
    panels = (
        (1e3 * ours, "ours", "(I - 1) x 1e3"),
        (1e3 * exact, "closed form", "(I - 1) x 1e3"),
        (1e6 * (ours - exact), "difference", "difference x 1e6"),
    )
    for place, (values, title, unit) in enumerate(panels):
        axes = figure.add_subplot(grid[place])
        shown = axes.imshow(values, "gray", extent=extent)
        axes.set_title(title)
        axes.grid(visible=False)
        axes.set_xlabel("x (nm)")
        if place == 0:
            axes.set_ylabel("y (nm)")
        else:
            axes.set_yticklabels([])
        bar = figure.colorbar(shown, ax=axes, orientation="horizontal", shrink=0.9)
        bar.ax.tick_params(labelsize=8)
        bar.set_label(unit, fontsize=8.5)
    against = figure.add_subplot(grid[3])
    for (each, of), colour in zip(errors.items(), COLOURS, strict=True):
        phases = [np.abs(lattice(ms).phase(*each[1:])).max() for ms in STRENGTHS]
        against.loglog(phases, list(of.values()), "o-", color=colour, label=_described(each))
    against.axhline(LIMIT, color=VERMILION, lw=1)
    against.annotate(
        f"limit at {WEAK / 1e6:g} MA/m", (0.4, 1.2 * LIMIT), color=VERMILION, ha="right"
    )
    against.set_xlabel("largest phase (rad)")
    against.set_ylabel("largest difference over contrast")
    against.set_title("the difference is of second order")
    against.legend(fontsize=8, loc="upper left")
    save(figure, path)
