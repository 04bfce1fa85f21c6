"""muMAG standard problem 4 beside OOMMF and mumax3."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skyrmlive.trainer.micromagnetics.standard_problems import (
    MUMAX3_AFTER_1_NS,
    MUMAX3_S_STATE,
    OOMMF_CROSSING_S,
    OOMMF_MY,
    Problem4,
    standard_problem_4,
)

from .drawing import BLACK, BLUE, ORANGE, VERMILION, new_figure, save
from .evidence import Evidence, Verdict, table

COARSE, FINE = 128, 200  # cells along the film: mumax3's mesh, OOMMF's mesh
LIMIT = 0.01


def prove(pictures: Path) -> Evidence:
    """Solve the problem on both meshes."""
    coarse, fine = standard_problem_4(COARSE), standard_problem_4(FINE)
    _draw(coarse, fine, pictures / "standard-problem-4.png")
    theirs = np.array([MUMAX3_S_STATE, *MUMAX3_AFTER_1_NS])
    to_mumax3 = np.abs(_three_states(coarse) - theirs).max(axis=1)
    verdicts = [
        Verdict("problem 4, m_y of field 1 against OOMMF", _from_oommf(fine).max(), LIMIT),
        Verdict("problem 4, m after 1 ns against mumax3", to_mumax3.max(), LIMIT),
    ]
    series = table(
        ("our mesh", "largest difference of m_y", "m_x = 0 at", "OOMMF"),
        [
            (
                f"{cells} x {cells // 4} cells of {500 / cells:.3g} nm",
                f"{_from_oommf(solution).max():.5f}",
                f"{solution.crossing_s[0] * 1e12:.2f} ps",
                f"{OOMMF_CROSSING_S * 1e12:.2f} ps",
            )
            for cells, solution in ((COARSE, coarse), (FINE, fine))
        ],
    )
    names = ("S-state", "field 1 after 1 ns", "field 2 after 1 ns")
    states = zip(names, _three_states(coarse), theirs, to_mumax3, _three_states(fine), strict=True)
    ends = table(
        (
            "mean m",
            f"ours, {COARSE} cells",
            f"mumax3, {COARSE} cells",
            "largest difference",
            f"ours, {FINE} cells",
        ),
        [
            (name, _vector(ours), _vector(mumax3), f"{difference:.5f}", _vector(finer))
            for name, ours, mumax3, difference, finer in states
        ],
    )
    return Evidence({"problem 4, OOMMF": series, "problem 4, mumax3": ends}, verdicts)


def _from_oommf(solution: Problem4) -> np.ndarray:
    # OOMMF's series has every second of our times and begins at the second
    return np.abs(solution.m[0, 2::2, 1] - OOMMF_MY)


def _three_states(solution: Problem4) -> np.ndarray:
    return np.array([solution.s_state, *solution.m[:, -1]])


def _vector(m: np.ndarray) -> str:
    # + 0.0 makes 0 of -0
    return ", ".join(f"{round(float(each), 4) + 0.0:.4f}" for each in m)


def _draw(coarse: Problem4, fine: Problem4, path: Path) -> None:
    figure = new_figure(5.6)
    series, difference = figure.subplots(2, 1, sharex=True, height_ratios=(2.2, 1))
    time_ns, oommf_ns = fine.time_s * 1e9, fine.time_s[2::2] * 1e9
    series.plot(time_ns, fine.m[0, :, 1], color=BLUE, label="ours, field 1, cells of 2.5 nm")
    series.plot(time_ns, coarse.m[1, :, 1], color=VERMILION, label="ours, field 2, 3.9 nm")
    series.plot(oommf_ns, OOMMF_MY, "o", color=BLACK, mfc="none", label="OOMMF, field 1, 2.5 nm")
    ends = [m[1] for m in MUMAX3_AFTER_1_NS]
    series.plot([1, 1], ends, "D", color=ORANGE, ms=7, mec=BLACK, label="mumax3 at 1 ns, 3.9 nm")
    series.set_ylabel(r"mean $m_y$")
    series.set_title("muMAG standard problem 4")
    series.legend(ncols=2, loc="upper right")
    series.set_ylim(-0.85, 1.1)
    for solution, colour, label in (
        (coarse, ORANGE, "cells of 3.9 nm"),
        (fine, BLUE, "cells of 2.5 nm, as OOMMF's"),
    ):
        difference.semilogy(oommf_ns, _from_oommf(solution), ".-", color=colour, label=label)
    difference.set_ylabel(r"$|m_y - m_y^{\mathrm{OOMMF}}|$")
    difference.set_xlabel("time (ns)")
    difference.set_ylim(1e-7, 1e-1)
    difference.legend(ncols=2, loc="upper left")
    save(figure, path)
