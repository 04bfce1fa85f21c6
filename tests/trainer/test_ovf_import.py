"""A folder of mumax3 files becomes a set of films: axes, chirality, polarity, layers, refusals."""

import numpy as np
import pytest
import torch

from skyrmlive.stream.errors import UserError
from skyrmlive.trainer.dataset.film_set import ImportedFilms
from skyrmlive.trainer.dataset.film_store import FilmStore
from skyrmlive.trainer.dataset.labels import LabelRule, core_label, mask_label
from skyrmlive.trainer.dataset.ovf import OvfField
from skyrmlive.trainer.dataset.ovf_export import export_films
from skyrmlive.trainer.dataset.ovf_import import import_films, look_through, read_film
from skyrmlive.trainer.dataset.ovf_writer import write_ovf
from skyrmlive.trainer.micromagnetics.effective_field import EffectiveField
from skyrmlive.trainer.micromagnetics.material import FilmBatch
from skyrmlive.trainer.micromagnetics.start_states import placed_skyrmions

SHAPE = (48, 64)
MS = 2.5e5
CELL = (3.0, 3.0, 27.5)


@pytest.fixture(scope="module")
def neel():
    """A Neel skyrmion as D > 0 favours it, right of the middle and near the top, (3, ny, nx)."""
    return placed_skyrmions(SHAPE, np.array([[12.0, 40.0]]), 6.0, 4.0)


def write(path, m, **options):
    """Write layers (nz, 3, ny, nx), or one."""
    layers = m if m.ndim == 4 else m[None]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_ovf(path, OvfField(np.moveaxis(layers, 1, -1), options.pop("cell", CELL), **options))


def imported(folder, out, ms=MS, periodic=True):
    found = look_through(folder, periodic)
    films = ImportedFilms(folder=str(folder), files=found.files, saturation_magnetisation=ms)
    store = FilmStore.create(out, found.grid, films, len(found.files))
    return store, list(import_films(store))


def interfacial_energy(m, d):
    ms = torch.full((1, *SHAPE), MS)
    material = FilmBatch(
        ms,
        torch.full_like(ms, 1.3e-11),
        cell_size_nm=3.0,
        thickness_nm=27.5,
        interfacial_dmi=torch.full_like(ms, d),
    )
    energies = EffectiveField(material, 0.0).energies(torch.tensor(m)[None])
    return float(next(value for name, value in energies.items() if "interfacial" in name))


def test_axes_and_chirality_are_those_of_the_file(neel, tmp_path):
    write(tmp_path / "in" / "m.ovf", neel)
    store, (record,) = imported(tmp_path / "in", tmp_path / "set")
    m = store.magnetisation(0)
    np.testing.assert_allclose(m, neel, atol=1e-3)
    assert not record["reversed"]
    assert np.unravel_index(m[2].argmin(), SHAPE) == (12, 40)
    np.testing.assert_allclose(store.saturation_magnetisation(0), MS, rtol=1e-6)
    # what mumax3 relaxes with Dind > 0 has the lower energy with interfacial_dmi > 0 here
    assert interfacial_energy(m, 1e-3) < 0 < interfacial_energy(m, -1e-3)
    # the mirror that a viewer's picture would suggest has not
    assert interfacial_energy(np.ascontiguousarray(m[:, ::-1]), 1e-3) > interfacial_energy(m, 1e-3)


def test_a_film_magnetised_against_the_beam_is_reversed_in_time(neel, tmp_path):
    write(tmp_path / "in" / "m.ovf", -neel)
    store, (record,) = imported(tmp_path / "in", tmp_path / "set")
    assert record["reversed"]
    assert record["skyrmions"] == 1
    m = store.magnetisation(0)
    np.testing.assert_allclose(m, neel, atol=1e-3)
    assert interfacial_energy(m, 1e-3) == pytest.approx(interfacial_energy(-m, 1e-3), rel=1e-6)


def test_layers_are_averaged_and_vacuum_is_no_skyrmion(neel, tmp_path):
    layers = np.stack([neel, neel, 0 * neel])
    layers[0, 0], layers[1, 0] = 0.6, -0.6  # the caps of a thick film: in-plane parts cancel
    layers[:2, 1] = 0
    layers[:2, 2] = 0.8
    layers[:, :, :, :20] = 0
    write(tmp_path / "in" / "m.ovf", layers, cell=(3.0, 3.0, 5.0))
    store, _ = imported(tmp_path / "in", tmp_path / "set")
    assert store.grid.thickness_nm == 15.0
    m, ms = store.magnetisation(0), store.saturation_magnetisation(0)
    np.testing.assert_allclose(ms[:, 20:], MS * 0.8 * 2 / 3, rtol=1e-6)
    assert (ms[:, :20] == 0).all()
    np.testing.assert_array_equal(m[2], 1)
    assert not core_label(m[2]).any()


def test_unit_vectors_need_ms_and_others_refuse_it(neel, tmp_path):
    unit, absolute, odd = (tmp_path / name for name in ("unit.ovf", "full.ovf", "odd.ovf"))
    write(unit, neel)
    write(absolute, MS * neel, title="m_full", unit="A/m")
    write(odd, 30 * neel)
    np.testing.assert_allclose(read_film(absolute, None).ms, MS, rtol=1e-6)
    np.testing.assert_allclose(read_film(unit, MS).ms, MS, rtol=1e-6)
    for path, ms, sentence in (
        (unit, None, "unit vectors; give their Ms"),
        (absolute, MS, "leave --ms out"),
        (odd, None, "neither unit vectors nor"),
    ):
        with pytest.raises(UserError, match=sentence):
            read_film(path, ms)
    write(odd, 0 * neel)
    with pytest.raises(UserError, match="no material"):
        read_film(odd, MS)


def test_a_folder_is_read_in_order_and_other_quantities_are_passed_over(neel, tmp_path):
    for name in ("b/m000001.ovf", "a/m000000.ovf", "a/m000002.ovf"):
        write(tmp_path / name, neel)
    write(tmp_path / "a" / "B_demag.ovf", neel, title="B_demag", unit="T")
    write(tmp_path / "regions.ovf", neel[:1], title="regions")
    found = look_through(tmp_path, periodic=False)
    assert found.files == ("a/m000000.ovf", "a/m000002.ovf", "b/m000001.ovf")
    assert found.passed_over == 2
    assert not found.grid.periodic
    with pytest.raises(UserError, match="no magnetisation"):
        look_through(tmp_path / "nowhere", periodic=False)


def test_a_file_on_another_grid_is_named(neel, tmp_path):
    write(tmp_path / "m0.ovf", neel)
    write(tmp_path / "m1.ovf", neel[:, :, :40])
    with pytest.raises(
        UserError, match=r"m1\.ovf has another grid .* 40 x 48 cells .* not 64 x 48"
    ):
        look_through(tmp_path, periodic=True)
    write(tmp_path / "m1.ovf", neel, cell=(3.0, 4.0, 27.5))
    with pytest.raises(UserError, match="need square cells"):
        look_through(tmp_path, periodic=True)
    write(tmp_path / "m1.ovf", neel[:, :20])
    with pytest.raises(UserError, match="needs 32 either way"):
        look_through(tmp_path, periodic=True)


def test_an_interrupted_import_goes_on_and_other_files_are_refused(neel, tmp_path):
    for number in range(3):
        write(tmp_path / "in" / f"m{number}.ovf", np.roll(neel, number, axis=2))
    found = look_through(tmp_path / "in", periodic=True)
    films = ImportedFilms(
        folder=str(tmp_path / "in"), files=found.files, saturation_magnetisation=MS
    )
    store = FilmStore.create(tmp_path / "set", found.grid, films, 3)
    next(import_films(store))
    store, new = imported(tmp_path / "in", tmp_path / "set")
    assert [record["file"] for record in new] == ["m1.ovf", "m2.ovf"]
    assert len(store.records()) == 3
    write(tmp_path / "in" / "m3.ovf", neel)
    with pytest.raises(UserError, match="of other files"):
        imported(tmp_path / "in", tmp_path / "set")


def test_an_exported_set_reads_back(neel, tmp_path):
    write(tmp_path / "in" / "m.ovf", neel)
    store, _ = imported(tmp_path / "in", tmp_path / "set")
    assert export_films(store, tmp_path / "out") == 1
    again, _ = imported(tmp_path / "out", tmp_path / "again", ms=None)
    np.testing.assert_allclose(again.magnetisation(0), store.magnetisation(0), atol=1e-3)
    np.testing.assert_allclose(again.saturation_magnetisation(0), MS, rtol=1e-3)


def test_the_rim_of_an_open_film_is_no_skyrmion(neel):
    tilted = neel.copy()
    tilted[2, :3] = tilted[2, -3:] = 0.7  # as DMI turns the magnetisation at an edge
    mask = mask_label(tilted[2], LabelRule(), periodic=False)
    expected = mask_label(neel[2], LabelRule(), periodic=False)
    np.testing.assert_array_equal(mask[4:-4], expected[4:-4])
    assert not mask[-3:].any()
