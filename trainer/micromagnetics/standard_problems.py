"""Micromagnetic standard problems, and what other codes publish for them.

muMAG problem 4 (www.ctcms.nist.gov/~rdm/mumag.org.html) is about dynamics; the
problems of Cortes-Ortuno et al., New J. Phys. 20, 113015 (2018), are about the DMI and its free
boundaries. Their published solutions are in doi:10.5281/zenodo.1174311.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.interpolate import CubicSpline

from .effective_field import EffectiveField
from .llg import LLG
from .material import FilmBatch
from .minimise import Descent
from .unit_vectors import length

# OOMMF, problem 4, field 1, cells of 2.5 nm: mean m_y every 0.02 ns from 0.02 ns to 1 ns, from the
# series that Fidimag keeps for comparison (github.com/computationalmodelling/fidimag,
# micromagnetics_examples/std4/oommf.txt)
# fmt: off
OOMMF_MY = np.array([
    0.16228, 0.26042, 0.39526, 0.53822, 0.66498, 0.74517, 0.72603, 0.57110, 0.29332, -0.06182,
    -0.40044, -0.48399, -0.30803, -0.10712, -0.00910, 0.08747, 0.25982, 0.29968, 0.34645, 0.40906,
    0.31790, 0.08547, -0.12459, -0.25028, -0.22449, -0.01088, 0.23361, 0.41476, 0.45601, 0.31022,
    0.06156, -0.11504, -0.13903, -0.00061, 0.20000, 0.33094, 0.33018, 0.17999, -0.03443, -0.16407,
    -0.11801, 0.07517, 0.28558, 0.38602, 0.33530, 0.17114, -0.00159, -0.07568, -0.01606, 0.12745,
])
# fmt: on
OOMMF_CROSSING_S = 0.13850e-9
"""When the mean m_x of the same series crosses zero."""

MUMAX3_S_STATE = (0.966968, 0.125273, 0.0)
MUMAX3_AFTER_1_NS = ((-0.984612, 0.126041, 0.043271), (-0.969233, -0.120395, -0.005308))
"""mumax3, problem 4, 128 x 32 cells: what its own tests expect of field 1 and field 2.

mumax3 integrates its demagnetising tensor numerically, to about 1e-3; OOMMF uses the closed form,
as we do. (github.com/mumax/3, test/standardproblem4.mx3 and standardproblem4b.mx3)
"""

WIRE_EDGE = (0.657794, 0.753198)
"""|m_x| and m_z at the end of the wire, from the differential equation."""
OOMMF_WIRE_LAST_CELL_MX = 0.613452
"""OOMMF, cells of 1 nm: m_x of the last cell."""
DISK_RADIUS_NM = {"ODE": 22.030, "OOMMF": 21.871, "mumax3": 22.094}
"""Radius of the skyrmion in the disk, where m_z = 0; both codes with cells of 2 nm."""


@dataclass(frozen=True)
class Problem4:
    """Mean magnetisation of the film of muMAG problem 4 against time.

    Attributes
    ----------
    s_state
        Mean m of the state before the field is switched on, shape (3,).
    time_s
        Shape (n,).
    m
        Mean m under field 1 and field 2, shape (2, n, 3).
    crossing_s
        When the mean m_x first crosses zero, shape (2,).
    """

    s_state: np.ndarray
    time_s: np.ndarray
    m: np.ndarray
    crossing_s: np.ndarray


def standard_problem_4(cells: int = 128, every_s: float = 10e-12) -> Problem4:
    """Reverse a film of 500 x 125 x 3 nm in both fields at once, as a batch of two films.

    Parameters
    ----------
    cells
        Number of cells along the film, a multiple of 4.
    every_s
        Interval of the series, which lasts for 1 ns.
    """
    ms = torch.full((1, cells // 4, cells), 8e5, dtype=torch.float64)
    film = FilmBatch(ms, torch.full_like(ms, 13e-12), 500 / cells, 3.0, periodic=False)
    along_111 = torch.ones(1, 3, dtype=ms.dtype) / np.sqrt(3)
    m = along_111[:, :, None, None].expand(1, 3, *ms.shape[1:])
    for field_t in (1.0, 0.5, 0.2, 0.1, 0.05, 0.0):
        m = _relaxed(EffectiveField(film, field_t * along_111), m)
    s_state = m.mean(dim=(0, 2, 3)).numpy()

    both = film.select(torch.tensor([0, 0])).to("cpu", torch.float32)
    fields_t = torch.tensor([[-24.6e-3, 4.3e-3, 0.0], [-35.5e-3, -6.3e-3, 0.0]])
    moving = LLG(EffectiveField(both, fields_t), m.expand(2, -1, -1, -1).float(), damping=0.02)
    means, times = [moving.m.double().mean(dim=(2, 3))], [0.0]
    for _ in range(round(1e-9 / every_s)):
        moving.advance(every_s)
        means.append(moving.m.double().mean(dim=(2, 3)))
        times.append(float(moving.time_s[0]))
    time_s, series = np.array(times), torch.stack(means, dim=1).numpy()
    crossing_s = np.array([CubicSpline(time_s, mx).roots()[0] for mx in series[..., 0]])
    return Problem4(s_state, time_s, series, crossing_s)


def _dmi_film(material: torch.Tensor, cell_size_nm: float, thickness_nm: float) -> FilmBatch:
    """Return the material of the DMI problems where the map, (1, ny, nx), is 1."""
    return FilmBatch(
        0.86e6 * material,
        13e-12 * material,
        cell_size_nm,
        thickness_nm,
        interfacial_dmi=3e-3 * material,
        uniaxial_anisotropy=0.4e6 * material,
        periodic=False,
    )


def dmi_wire() -> tuple[np.ndarray, np.ndarray]:
    """Relax the one-dimensional problem: a wire of 100 x 1 x 1 nm in cells of 1 nm.

    Returns
    -------
    x_nm : centres of the cells from the middle, shape (100,)
    m : shape (3, 100)
    """
    film = _dmi_film(torch.ones(1, 1, 100, dtype=torch.float64), 1.0, 1.0)
    up = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)[None, :, None, None]
    m = _relaxed(EffectiveField(film, 0.0, demagnetisation=False), up.expand(1, 3, 1, 100))
    return np.arange(100) - 49.5, m[0, :, 0].numpy()


def wire_profile(x_nm: np.ndarray) -> np.ndarray:
    """Return |m_x| from the wire's differential equation, for a wire much longer than its walls.

    theta'' = sin(theta) cos(theta) / w^2 with w^2 = A / K, and |theta'| = D / (2 A) at both ends
    (Rohart and Thiaville, Phys. Rev. B 88, 184422, 2013): tan(theta / 2) decays with w from the
    end, where sin(theta) = D / (2 sqrt(A K)).
    """
    wall_nm = np.sqrt(13e-12 / 0.4e6) * 1e9
    at_end = np.arcsin(3e-3 / (2 * np.sqrt(13e-12 * 0.4e6)))
    theta = 2 * np.arctan(np.tan(at_end / 2) * np.exp((np.abs(x_nm) - 50) / wall_nm))
    return np.sin(theta)


def at_the_end(m: np.ndarray) -> tuple[float, float]:
    """Return |m_x| and m_z at the right end of the wire, half a cell beyond the last centre.

    Through the angle of the last three cells runs a parabola.
    """
    theta = np.arctan2(np.abs(m[0, -3:]), m[2, -3:])
    end = theta @ np.array([3.0, -10.0, 15.0]) / 8
    return float(np.sin(end)), float(np.cos(end))


def dmi_disk(cell_size_nm: float = 2.0) -> tuple[np.ndarray, np.ndarray, float]:
    """Relax the two-dimensional problem: a skyrmion in a disk 100 nm wide and 2 nm thick.

    Returns
    -------
    r_nm : distance along the row of cells next to the middle, shape (n,)
    mz : shape (n,)
    radius_nm : where mz crosses zero
    """
    n = round(50 / cell_size_nm)
    from_middle = cell_size_nm * (torch.arange(-n, n, dtype=torch.float64) + 0.5)
    distance = torch.hypot(from_middle[:, None], from_middle[None, :])[None]
    film = _dmi_film((distance < 50).double(), cell_size_nm, 2.0)
    m = torch.zeros(1, 3, 2 * n, 2 * n, dtype=torch.float64)
    m[:, 2] = torch.where(distance < 25, 1.0, -1.0)
    m = _relaxed(EffectiveField(film, 0.0, demagnetisation=False), m)
    r_nm, mz = from_middle[n:].numpy(), m[0, 2, n, n:].numpy()
    return r_nm, mz, float(CubicSpline(r_nm, mz).roots(extrapolate=False)[0])


def _relaxed(field: EffectiveField, m: torch.Tensor, torque_limit_t: float = 1e-7) -> torch.Tensor:
    """Descend until no cell's torque exceeds the limit."""
    descent = Descent(field, m)
    for _ in range(1000):
        descent.advance(25)
        if float(length(descent.across).max()) < torque_limit_t:
            return descent.m
    raise ArithmeticError("the minimisation of a standard problem has not converged")
