"""The DMI standard problems: a wire and a disk with free edges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.integrate import solve_bvp
from scipy.interpolate import CubicSpline

from skyrmlive.trainer.micromagnetics.standard_problems import (
    DISK_RADIUS_NM,
    OOMMF_WIRE_LAST_CELL_MX,
    WIRE_EDGE,
    at_the_end,
    dmi_disk,
    dmi_wire,
    wire_profile,
)

from .drawing import BLACK, BLUE, GREEN, ORANGE, VERMILION, new_figure, save
from .evidence import Evidence, Verdict, share, table

CELL_SIZES_NM = (2.5, 2.0, 1.25, 1.0)
LIMIT = 0.01


def prove(pictures: Path) -> Evidence:
    """Relax wire and disk and hold both against the differential equations."""
    x_nm, m = dmi_wire()
    disks = {cell_nm: dmi_disk(cell_nm) for cell_nm in CELL_SIZES_NM}
    exact_nm, exact_mz = disk_profile()
    _draw(x_nm, m, disks, (exact_nm, exact_mz), pictures / "dmi-standard-problems.png")
    pairs = [
        ("\\|m_x\\| at the end, differential equation", at_the_end(m)[0], WIRE_EDGE[0]),
        ("m_z at the end, differential equation", at_the_end(m)[1], WIRE_EDGE[1]),
        ("\\|m_x\\| of the last cell, OOMMF", abs(m[0, -1]), OOMMF_WIRE_LAST_CELL_MX),
    ]
    wire = table(
        ("wire, cells of 1 nm", "ours", "published", "deviation"),
        [(what, f"{a:.6f}", f"{b:.6f}", share(abs(a / b - 1))) for what, a, b in pairs],
    )
    radii = {f"ours, cells of {cell_nm:g} nm": each[2] for cell_nm, each in disks.items()}
    exact_radius = CubicSpline(exact_nm, exact_mz).roots(extrapolate=False)[0]
    radii["differential equation, solved here"] = float(exact_radius)
    disk = table(
        ("disk", "radius", *(f"{code}: {r:.3f} nm" for code, r in DISK_RADIUS_NM.items())),
        [
            (name, f"{radius:.3f} nm", *(_signed(radius / r - 1) for r in DISK_RADIUS_NM.values()))
            for name, radius in radii.items()
        ],
    )
    radius = disks[2.0][2]
    return Evidence(
        {"wire": wire, "disk": disk},
        [
            *(
                Verdict(f"DMI wire, {what.replace(', ', ', against the ')}", abs(a / b - 1), LIMIT)
                for what, a, b in pairs[:2]
            ),
            *(
                Verdict(
                    f"DMI disk, radius with cells of 2 nm against {code}",
                    abs(radius / theirs - 1),
                    LIMIT,
                )
                for code, theirs in DISK_RADIUS_NM.items()
            ),
        ],
    )


def _signed(value: float) -> str:
    # + 0.0 makes 0 of -0
    return f"{round(100 * value, 2) + 0.0:+.2f} %"


def disk_profile() -> tuple[np.ndarray, np.ndarray]:
    """Solve the disk's differential equation; return r in nm and m_z = cos(theta).

    The energy of a radial texture with theta(0) = 0, in 2 pi t r dr,

        A (theta'^2 + sin^2 theta / r^2) - D (theta' + sin theta cos theta / r) + K sin^2 theta,

    is least for theta'(R) = D / (2 A) and

        theta'' + theta' / r = sin(2 theta) / (2 r^2) + D sin^2 theta / (A r) + K sin(2 theta) / 2A.
    """
    d_over_a, k_over_a = 3e-3 / 13e-12 * 1e-9, 0.4e6 / 13e-12 * 1e-18  # 1/nm, 1/nm^2

    def slopes(r: np.ndarray, y: np.ndarray) -> np.ndarray:
        theta, turn = y
        twice = np.sin(2 * theta) / 2
        return np.vstack(
            (turn, -turn / r + twice * (1 / r**2 + k_over_a) + d_over_a * np.sin(theta) ** 2 / r)
        )

    def ends(inner: np.ndarray, outer: np.ndarray) -> np.ndarray:
        # near the middle theta is proportional to r
        return np.array([inner[0] - inner[1] * 1e-3, outer[1] - d_over_a / 2])

    r = np.linspace(1e-3, 50, 2001)
    guess = np.vstack((2 * np.arctan(np.exp((r - 22) / 5.7)), np.full_like(r, 0.05)))
    solution = solve_bvp(slopes, ends, r, guess, tol=1e-8, max_nodes=100_000)
    assert solution.success, solution.message
    return r, np.cos(solution.sol(r)[0])


def _draw(
    x_nm: np.ndarray,
    m: np.ndarray,
    disks: dict[float, tuple[np.ndarray, np.ndarray, float]],
    exact_disk: tuple[np.ndarray, np.ndarray],
    path: Path,
) -> None:
    figure = new_figure(4.8, 10.0)
    grid = figure.add_gridspec(2, 3, height_ratios=(2.2, 1))
    wire, wire_rest = (figure.add_subplot(grid[row, 0]) for row in (0, 1))
    fine_nm = np.linspace(-50, 50, 1001)
    exact = -np.sign(fine_nm) * wire_profile(fine_nm)
    wire.plot(fine_nm, exact, color=BLACK, lw=1, label="differential equation")
    wire.plot(x_nm, m[0], ".", color=BLUE, label="ours, cells of 1 nm")
    wire.set_ylabel("$m_x$")
    wire.set_title("wire of 100 nm")
    wire_rest.plot(x_nm, 1e3 * (np.abs(m[0]) - wire_profile(x_nm)), ".-", color=BLUE, lw=0.8)
    wire_rest.set_ylabel("1000 x ($|m_x|$ - exact)")
    wire_rest.set_xlabel("x (nm)")

    disk, disk_rest = (figure.add_subplot(grid[row, 1]) for row in (0, 1))
    exact_nm, exact = exact_disk
    disk.plot(exact_nm, exact, color=BLACK, lw=1, label="differential equation")
    for cell_nm, colour in ((2.0, BLUE), (1.0, ORANGE)):
        along_nm, mz, _ = disks[cell_nm]
        r_nm = np.hypot(along_nm, cell_nm / 2)  # the row lies half a cell beside the middle
        disk.plot(r_nm, mz, ".", color=colour, label=f"ours, cells of {cell_nm:g} nm")
        rest = 1e3 * (mz - np.interp(r_nm, exact_nm, exact))
        disk_rest.plot(r_nm, rest, ".-", color=colour, lw=0.8)
    disk.set_ylabel("$m_z$")
    disk.set_title("skyrmion in a disk of 100 nm")
    disk_rest.set_ylabel("1000 x ($m_z$ - exact)")
    disk_rest.set_xlabel("distance from the middle (nm)")

    radius = figure.add_subplot(grid[:, 2])
    sizes_nm = list(disks)
    radius.plot(sizes_nm, [each[2] for each in disks.values()], "o-", color=BLUE, label="ours")
    for (code, published), marker, colour in zip(
        DISK_RADIUS_NM.items(), ("*", "s", "D"), (BLACK, VERMILION, GREEN), strict=True
    ):
        size_nm = 0 if code == "ODE" else 2
        name = "differential equation" if code == "ODE" else code
        radius.plot(size_nm, published, marker, color=colour, mfc="none", ms=9, label=name)
    radius.set_xlabel("cell size (nm)")
    radius.set_ylabel("radius of the skyrmion, $m_z$ = 0 (nm)")
    radius.set_title("radius against cell size")
    radius.set_xlim(left=-0.1)
    for axes in (wire, disk, radius):
        axes.legend(fontsize=8)
    save(figure, path)
