"""The phase gradient of uniformly magnetised stripes against (e / hbar) B t."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch

from skyrmlive.trainer.lorentz.closed_forms import uniform_film_gradient
from skyrmlive.trainer.lorentz.phase import magnetic_phase
from skyrmlive.trainer.micromagnetics.material import MU0

from .drawing import BLACK, BLUE, ORANGE, VERMILION, new_figure, save
from .evidence import Evidence, Verdict, share, table

MS, THICKNESS_NM, CELL_NM = 2e5, 27.5, 3.0
CELLS, ROWS = 256, 8  # two stripes, each half of the film
LIMIT = 0.005
#: Case: component of M, tilt about x in degrees, factor on (e / hbar) B t.
CASES = {
    "M along the stripe, no tilt": (1, 0.0, 1.0),
    "M along the stripe, 30 degrees about x": (1, 30.0, 1.0),
    "M along z, 20 degrees about x": (2, 20.0, math.tan(math.radians(20))),
    "M along z, 30 degrees about x": (2, 30.0, math.tan(math.radians(30))),
}
COLOURS = (BLUE, ORANGE, VERMILION, BLACK)


def prove(pictures: Path) -> Evidence:
    """Measure the gradient in stripes with M and -M, side by side along x."""
    x_nm = CELL_NM * (np.arange(CELLS) + 0.5)
    inside = (x_nm > 0.1 * x_nm[-1]) & (x_nm < 0.4 * x_nm[-1])
    figure = new_figure(3.2, 8.0)
    axes = figure.subplots()
    rows, deviations = [], []
    unit = uniform_film_gradient(MU0 * MS, THICKNESS_NM)
    for (case, (component, tilt_deg, factor)), colour in zip(CASES.items(), COLOURS, strict=True):
        phase = stripe_phase(component, tilt_deg)
        gradient = np.polyfit(x_nm[inside], phase[inside], 1)[0]
        expected = factor * unit
        deviations.append(abs(gradient / expected - 1))
        rows.append((case, f"{1e3 * gradient:.4f}", f"{1e3 * expected:.4f}", share(deviations[-1])))
        if "20" in case:
            continue
        axes.plot(x_nm, phase - phase[0], color=colour, label=case, lw=3 if tilt_deg == 0 else 1.4)
        wedge = expected * (CELLS / 2 - np.abs(np.arange(CELLS) + 0.5 - CELLS / 2)) * CELL_NM
        axes.plot(x_nm[::8], (wedge - wedge[0])[::8], "o", color=colour, mfc="white", zorder=3)
    axes.plot(
        [], [], "o", color=BLACK, mfc="white", label=r"slope $\pm(e/\hbar)\,B_\perp t\,/\cos\theta$"
    )
    axes.set_xlabel("x (nm)")
    axes.set_ylabel("phase (rad)")
    axes.set_title("two stripes, magnetised M and -M")
    axes.legend(loc="upper left", fontsize=8.5)
    save(figure, pictures / "stripe.png")
    header = ("stripe", "gradient (mrad/nm)", "expected (mrad/nm)", "deviation")
    worst = Verdict("phase gradient of a stripe against (e/hbar) B t", max(deviations), LIMIT)
    return Evidence({"stripe": table(header, rows)}, [worst])


def stripe_phase(component: int, tilt_deg: float) -> np.ndarray:
    """Return the phase across the stripes in radians, shape (CELLS,)."""
    m = torch.zeros(1, 3, ROWS, CELLS, dtype=torch.float64)
    m[:, component, :, : CELLS // 2], m[:, component, :, CELLS // 2 :] = MS, -MS
    return magnetic_phase(m, CELL_NM, THICKNESS_NM, tilt_deg)[0, ROWS // 2].numpy()
