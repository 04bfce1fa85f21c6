"""The phase of a tilted film against a direct sum over dipoles."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skyrmlive.trainer.lorentz.closed_forms import pylorentz_phase
from skyrmlive.trainer.lorentz.dipole_sum import MagnetisedSpot
from skyrmlive.trainer.lorentz.phase import magnetic_phase

from .drawing import BLACK, BLUE, VERMILION, new_figure, save
from .evidence import Evidence, Verdict, share, table

TILTS_DEG = tuple(range(0, 50, 5))
AXES_DEG = (0.0, 37.0)
PERPENDICULAR, OBLIQUE = (0.0, 0.0, 2e5), (0.6e5, 1.0e5, 1.6e5)  # A/m
LAYERS = 12
LIMIT = 0.01
COLUMNS = {
    "z, about x": (PERPENDICULAR, 0.0),
    "oblique, about x": (OBLIQUE, 0.0),
    "oblique, about 37 degrees": (OBLIQUE, 37.0),
}


def prove(pictures: Path) -> Evidence:
    """Compare both kernels with the sum, over a ring about a small magnetised spot."""
    errors = {
        name: np.array([deviations(*case, tilt) for tilt in TILTS_DEG])
        for name, case in COLUMNS.items()
    }
    columns = [errors[name][:, kernel] for kernel in (0, 1) for name in COLUMNS]
    rows = [
        # untilted, a moment along z shifts no phase
        (str(tilt), *("-" if np.isnan(each[row]) else share(each[row]) for each in columns))
        for row, tilt in enumerate(TILTS_DEG)
    ]
    header = (
        "tilt (degrees)",
        *(f"ours: {name}" for name in COLUMNS),
        *(f"published: {name}" for name in COLUMNS),
    )
    sizes = {cells: deviations(OBLIQUE, 37.0, 30.0, cells)[0] for cells in (256, 512, 1024)}
    periods = [(f"{6 * cells / 1000:.3f} um", share(error)) for cells, error in sizes.items()]
    _draw(errors, pictures / "tilt.png")
    at_30 = TILTS_DEG.index(30)
    return Evidence(
        {
            "tilt": table(header, rows),
            "tilt, period": table(("period of the film", "deviation at 30 degrees"), periods),
        },
        [
            Verdict(
                "tilted phase at 30 degrees against the direct sum",
                max(each[at_30, 0] for each in errors.values()),
                LIMIT,
            )
        ],
    )


def on_a_ring(
    moment: tuple[float, float, float],
    axis_deg: float,
    tilt_deg: float,
    cells: int = 1024,
    radii_nm: tuple[float, float] = (60.0, 90.0),
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return angle about the spot and three phases, means taken off: sum, ours, published.

    The ring lies outside of the spot, where no ray of the sum meets a dipole. In degrees and
    radians, shapes (cells on the ring,).
    """
    spot = MagnetisedSpot(moment, cells)
    ring = (spot.radius_nm() > radii_nm[0]) & (spot.radius_nm() < radii_nm[1])
    film = (spot.magnetisation(), spot.cell_size_nm, spot.thickness_nm, tilt_deg, axis_deg)
    y, x = np.argwhere(ring).T - cells // 2
    phases = (
        spot.phase(ring, tilt_deg, axis_deg, LAYERS),
        magnetic_phase(*film)[0].numpy()[ring],
        pylorentz_phase(*film)[0].numpy()[ring],
    )
    summed, ours, published = (phase - phase.mean() for phase in phases)
    return np.degrees(np.arctan2(y, x)), summed, ours, published


def deviations(
    moment: tuple[float, float, float], axis_deg: float, tilt_deg: float, cells: int = 1024
) -> tuple[float, float]:
    """Return the root mean square deviation of ours and of the published kernel, relative."""
    _, summed, *others = on_a_ring(moment, axis_deg, tilt_deg, cells)
    if summed.std() < 1e-12:
        return float("nan"), float("nan")
    ours, published = (float((other - summed).std() / summed.std()) for other in others)
    return ours, published


def _draw(errors: dict[str, np.ndarray], path: Path) -> None:
    figure = new_figure(3.9)
    around, against_tilt = figure.subplots(1, 2)
    angle, summed, ours, published = on_a_ring(OBLIQUE, 37.0, 30.0, radii_nm=(72.0, 78.0))
    for phase, style, name in (
        (summed, {"marker": "o", "color": BLACK, "mfc": "none", "ms": 7}, "direct sum"),
        (ours, {"marker": ".", "color": BLUE}, "ours"),
        (published, {"marker": "x", "color": VERMILION}, "published kernel"),
    ):
        around.plot(angle, 1e3 * phase, ls="", label=name, **style)
    around.set_xlabel("angle around the spot (degrees)")
    around.set_ylabel("phase at 72 to 78 nm (mrad)")
    around.set_title("oblique moment, 30 degrees about 37 degrees")
    around.set_xticks(range(-180, 181, 90))
    around.legend()
    for (name, both), line in zip(errors.items(), ("o-", "s--", "^:"), strict=True):
        for kernel, colour in ((1, VERMILION), (0, BLUE)):
            against_tilt.semilogy(TILTS_DEG, 100 * both[:, kernel], line, color=colour)
        against_tilt.plot([], [], line, color="gray", label=name)
    against_tilt.axhline(100 * LIMIT, color=BLACK, lw=1, ls=(0, (6, 3)))
    against_tilt.annotate("limit", (45, 70 * LIMIT), ha="right")
    against_tilt.annotate("published kernel", (30, 55), color=VERMILION, ha="right")
    against_tilt.annotate("ours", (30, 0.06), color=BLUE, ha="right")
    against_tilt.set_title("deviation against tilt")
    against_tilt.set_xlabel("tilt (degrees)")
    against_tilt.set_ylabel("deviation from the direct sum, rms (%)")
    against_tilt.set_ylim(0.001, 200)
    against_tilt.legend(title="moment, tilt axis", loc="lower center")
    save(figure, path)
