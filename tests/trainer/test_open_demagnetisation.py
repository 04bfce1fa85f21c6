import numpy as np
import pytest
import torch

from skyrmlive.trainer.micromagnetics.material import MU0, FilmBatch
from skyrmlive.trainer.micromagnetics.open_demagnetisation import (
    OpenDemagnetisation,
    _newell,
    _quadrature,
    demagnetisation_tensor,
)


def film(ny, nx, cell_size_nm=1.0, thickness_nm=1.0):
    ms = torch.ones(1, ny, nx, dtype=torch.float64)
    return FilmBatch(ms, 1e-11 * ms, cell_size_nm, thickness_nm, periodic=False)


def demagnetising_factor(a, b, c):
    """Factor along c of a prism with the edges 2a, 2b, 2c: Aharoni, J. Appl. Phys. 83, 3432."""
    ab, bc, ca = np.hypot(a, b), np.hypot(b, c), np.hypot(c, a)
    r = np.sqrt(a**2 + b**2 + c**2)
    total = (
        (b**2 - c**2) / (2 * b * c) * np.log((r - a) / (r + a))
        + (a**2 - c**2) / (2 * a * c) * np.log((r - b) / (r + b))
        + b / (2 * c) * np.log((ab + a) / (ab - a))
        + a / (2 * c) * np.log((ab + b) / (ab - b))
        + c / (2 * a) * np.log((bc - b) / (bc + b))
        + c / (2 * b) * np.log((ca - a) / (ca + a))
        + 2 * np.arctan(a * b / (c * r))
        + (a**3 + b**3 - 2 * c**3) / (3 * a * b * c)
        + (a**2 + b**2 - 2 * c**2) / (3 * a * b * c) * r
        + c / (a * b) * (ca + bc)
        - (ab**3 + bc**3 + ca**3) / (3 * a * b * c)
    )
    return total / np.pi


def along(component, ny, nx):
    m = torch.zeros(1, 3, ny, nx, dtype=torch.float64)
    m[:, component] = 1
    return m


def test_single_cell_is_a_prism_with_its_known_factors():
    cube = OpenDemagnetisation(film(1, 1))
    for component in range(3):
        field = cube.field(along(component, 1, 1))
        torch.testing.assert_close(field, -MU0 / 3 * along(component, 1, 1), rtol=1e-12, atol=1e-19)
    plate = OpenDemagnetisation(film(1, 1, 4.0, 0.5)).field(along(2, 1, 1))
    assert float(plate[0, 2]) == pytest.approx(-MU0 * demagnetising_factor(4, 4, 0.5), rel=1e-11)


@pytest.mark.parametrize(
    ("ny", "nx", "cell_nm", "thickness_nm"), [(24, 40, 2.0, 1.5), (3, 90, 3.0, 27.5)]
)
def test_mean_field_of_a_uniform_film_is_that_of_the_whole_prism(ny, nx, cell_nm, thickness_nm):
    demagnetisation = OpenDemagnetisation(film(ny, nx, cell_nm, thickness_nm))
    edges = (nx * cell_nm, ny * cell_nm, thickness_nm)
    for component in range(3):
        mean = demagnetisation.field(along(component, ny, nx)).mean(dim=(2, 3))[0]
        # Aharoni's factor is the one along the last edge
        factor = demagnetising_factor(*np.roll(edges, 2 - component))
        expected = torch.zeros(3, dtype=torch.float64)
        expected[component] = -MU0 * factor
        torch.testing.assert_close(mean, expected, rtol=1e-8, atol=1e-16)


def test_field_is_the_sum_over_all_pairs_of_cells():
    ny, nx = 5, 7
    rng = np.random.default_rng(0)
    m = rng.standard_normal((3, ny, nx))
    xx, yy, zz, xy = demagnetisation_tensor(ny, nx, 1.5).numpy()
    expected = np.zeros_like(m)
    for y, x in np.ndindex(ny, nx):
        for v, u in np.ndindex(ny, nx):
            at = abs(y - v), abs(x - u)
            off = xy[at] * np.sign(y - v) * np.sign(x - u)
            tensor = np.array([[xx[at], off, 0], [off, yy[at], 0], [0, 0, zz[at]]])
            expected[:, y, x] -= MU0 * tensor @ m[:, v, u]
    field = OpenDemagnetisation(film(ny, nx, 2.0, 3.0)).field(torch.tensor(m)[None])
    np.testing.assert_allclose(field[0].numpy(), expected, rtol=0, atol=1e-12 * MU0)


def test_distant_cells_are_dipoles():
    x, y = 300, 200
    xx, yy, zz, xy = demagnetisation_tensor(y + 1, x + 1, 0.8)[:, y, x].tolist()
    r = np.hypot(x, y)
    strength = 0.8 / (4 * np.pi * r**3)  # volume over 4 pi r^3
    assert xx == pytest.approx(strength * (1 - 3 * (x / r) ** 2), rel=1e-4)
    assert yy == pytest.approx(strength * (1 - 3 * (y / r) ** 2), rel=1e-4)
    assert zz == pytest.approx(strength, rel=1e-4)
    assert xy == pytest.approx(-3 * strength * x * y / r**2, rel=1e-4)


@pytest.mark.parametrize("thickness", [0.1, 1.0, 9.0])
def test_closed_form_and_quadrature_agree_where_both_hold(thickness):
    n = 10
    index = torch.arange(n, dtype=torch.float64)
    y, x = torch.meshgrid(index, index, indexing="ij")
    between = torch.hypot(x, y) > 5
    closed = _newell(n, n, thickness)
    averaged = _quadrature(y[between], x[between], thickness)
    size = closed[0][between].abs() + closed[1][between].abs()
    for one, other in zip(closed, averaged, strict=True):
        assert ((one[between] - other).abs() / size).max() < 1e-7


def test_middle_of_a_wide_film_has_the_field_of_endless_stripes():
    n, period, thickness = 256, 16, 5.0
    mz = torch.cos(2 * torch.pi * torch.arange(n, dtype=torch.float64) / period)
    field = OpenDemagnetisation(film(n, n, 1.0, thickness)).field(along(2, n, n) * mz)
    middle = slice(n // 2 - period, n // 2 + period)
    # a staircase holds the wave k and its aliases; the mean over a cell is taken twice
    k = 2 * np.pi * (1 / period + np.arange(-50, 51))
    cell = (np.sin(k / 2) / (k / 2)) ** 2
    through = -np.expm1(-np.abs(k) * thickness) / (np.abs(k) * thickness)
    expected = -MU0 * (cell * through).sum() * mz[middle]
    torch.testing.assert_close(field[0, 2, n // 2, middle], expected, rtol=0, atol=1e-4 * MU0)
