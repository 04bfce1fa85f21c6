"""NeuralMag beside ours on one film: each term of the energy.

NeuralMag puts m on nodes and interpolates, ours puts it on cells and takes differences: two
discretisations of one energy, which meet as the cells shrink. So both are taken at some cell sizes
and extrapolated to zero, where they agree to 2e-4; at 3 nm the terms of ours are up to 0.3 % off.
Nor does a constant hide anything: terms are those of the skyrmion alone, the difference to the same
film without it. The energy of the relaxed film takes a minute and is in `tools/make_proof.py`.
"""

import numpy as np
import pytest
import torch

from skyrmlive.trainer.micromagnetics.effective_field import EffectiveField
from skyrmlive.trainer.micromagnetics.material import FilmBatch

neuralmag = pytest.importorskip("neuralmag", reason="NeuralMag needs Python 3.11")
import neuralmag_peer  # noqa: E402

SIDE_NM, THICKNESS_NM, FIELD_T = 144.0, 27.5, 0.4
TOLERANCE = 1e-3


@pytest.fixture(scope="module", autouse=True)
def _eager_and_tidy(tmp_path_factory):
    """Neither compile NeuralMag's code, which takes longer than it runs, nor leave it behind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(neuralmag.config.torch, "compile", False)
        patch.setenv("NM_CACHEDIR", str(tmp_path_factory.mktemp("neuralmag")))
        yield


def film(cells: int, periodic: bool) -> FilmBatch:
    def everywhere(value: float) -> torch.Tensor:
        return torch.full((1, cells, cells), value, dtype=torch.float64)

    return FilmBatch(
        everywhere(2e5),
        everywhere(1.5e-11),
        cell_size_nm=SIDE_NM / cells,
        thickness_nm=THICKNESS_NM,
        interfacial_dmi=everywhere(1.2e-3),
        periodic=periodic,
    )


def skyrmion(position_nm: np.ndarray) -> torch.Tensor:
    """Return a smooth, periodic Neel skyrmion at x and y of `position_nm`, shape (3, ny, nx)."""
    x, y = np.meshgrid(*2 * [2 * np.pi * (position_nm / SIDE_NM - 0.5)])
    m = np.stack((np.sin(x), np.sin(y), 1 - np.cos(x) - np.cos(y)))
    return torch.tensor(m / np.linalg.norm(m, axis=0))


def ours(cells: int, periodic: bool) -> tuple[EffectiveField, torch.Tensor]:
    """Return the film and the skyrmion, a batch of one."""
    m = skyrmion((np.arange(cells) + 0.5) * SIDE_NM / cells)
    return EffectiveField(film(cells, periodic), FIELD_T), m[None]


def neuralmag_state(cells: int, copies: int):
    """Return the film with the skyrmion; a film without copies is open."""
    nodes = np.arange(cells + (copies == 0))
    return neuralmag_peer.film_state(
        film(cells, periodic=copies > 0), FIELD_T, skyrmion(nodes * SIDE_NM / cells), copies
    )


def terms_of_ours(cells: int, periodic: bool) -> np.ndarray:
    """Return the terms of the skyrmion alone in joule, in the order of `neuralmag_peer.TERMS`."""
    field, m = ours(cells, periodic)
    uniform = torch.zeros_like(m)
    uniform[:, 2] = 1
    with_it, without = field.energies(m), field.energies(uniform)
    return np.array([float(with_it[term] - without[term]) for term in neuralmag_peer.TERMS])


def terms_of_neuralmag(cells: int, copies: int) -> np.ndarray:
    """Return the same by NeuralMag."""
    state = neuralmag_state(cells, copies)
    with_it = np.array(list(neuralmag_peer.energies(state).values()))
    uniform = torch.zeros_like(state.m.tensor)
    uniform[..., 2] = 1
    state.m.tensor = uniform
    return with_it - np.array(list(neuralmag_peer.energies(state).values()))


def at_zero(function, sizes: list[float], powers: tuple[int, ...]):
    """Return the limit of `function` at size 0, expanded in `powers` of the size."""
    matrix = np.array(sizes)[:, None] ** np.array((0, *powers))
    return np.linalg.solve(matrix, np.array([function(size) for size in sizes]))[0]


def without_cells(function, cells: list[int], powers: tuple[int, ...]):
    """Return the limit of `function`, of a number of cells, for infinitely small ones."""
    return at_zero(lambda size: function(round(1 / size)), [1 / n for n in cells], powers)


def without_end(function, copies: list[int], powers: tuple[int, ...]):
    """Return the limit of `function`, of a number of copies on either side, for ever more of them.

    What lies beyond them acts as a series in odd powers of 1 / (2 copies + 1).
    """
    return at_zero(
        lambda size: function(round((1 / size - 1) / 2)), [1 / (2 * n + 1) for n in copies], powers
    )


def assert_same_terms(mine: np.ndarray, theirs: np.ndarray) -> None:
    np.testing.assert_allclose(mine, theirs, rtol=TOLERANCE)
    assert mine.sum() == pytest.approx(theirs.sum(), rel=TOLERANCE)


def test_terms_of_the_same_open_film():
    # an open edge, half a cell from the last m, adds an odd power of the cell size
    mine = without_cells(lambda n: terms_of_ours(n, periodic=False), [36, 48, 72], (1, 2))
    theirs = without_cells(lambda n: terms_of_neuralmag(n, copies=0), [24, 36, 48], (2, 4))
    assert_same_terms(mine, theirs)


def test_terms_of_the_same_periodic_film():
    mine = without_cells(lambda n: terms_of_ours(n, periodic=True), [24, 36, 48], (2, 4))
    theirs = without_cells(lambda n: terms_of_neuralmag(n, copies=1), [18, 24, 36], (2, 4))
    # what distant copies do hardly depends on the cells
    theirs += without_end(lambda n: terms_of_neuralmag(12, n), [1, 2, 3], (1, 3))
    theirs -= terms_of_neuralmag(12, copies=1)
    assert_same_terms(mine, theirs)
