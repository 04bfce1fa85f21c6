import numpy as np
import pytest
import torch

from skyrmlive.trainer.learning.examples import turned
from skyrmlive.trainer.micromagnetics.effective_field import EffectiveField
from skyrmlive.trainer.micromagnetics.grains import voronoi_grains
from skyrmlive.trainer.micromagnetics.material import MU0, FilmBatch
from skyrmlive.trainer.micromagnetics.minimise import Descent
from skyrmlive.trainer.micromagnetics.multiresolution import texture_displacement_nm
from skyrmlive.trainer.micromagnetics.start_states import placed_skyrmions, random_spins


def film(shape=(16, 20), batch=1, cell_size_nm=3.0, seed=0, uniform=False):
    """A film whose Ms, A and D differ from cell to cell, in grains, in float64."""
    rng = np.random.default_rng(seed)
    spread = 0.0 if uniform else 0.2

    def per_cell(mean):
        return torch.tensor(mean * rng.uniform(1 - spread, 1 + spread, (batch, *shape)))

    grain = torch.tensor(rng.integers(0, 1 if uniform else 3, (batch, *shape)))
    return FilmBatch(
        per_cell(2e5), per_cell(1.5e-11), per_cell(1.2e-3), grain, 0.9, cell_size_nm, 27.5
    )


def spins(films, seed=1):
    batch, *shape = films.shape
    rng = np.random.default_rng(seed)
    states = [random_spins(tuple(shape), rng).astype(np.float64) for _ in range(batch)]
    m = torch.tensor(np.stack(states))
    return m / m.norm(dim=1, keepdim=True)


def test_field_is_minus_the_gradient_of_the_energy():
    films = film(batch=2)
    field = EffectiveField(films, torch.tensor([0.4, 0.1], dtype=torch.float64))
    m = spins(films).requires_grad_()
    (gradient,) = torch.autograd.grad(field.energy(m).sum(), m)
    volume = (films.cell_size_nm * 1e-9) ** 2 * films.thickness_nm * 1e-9
    from_energy = -gradient / (films.saturation_magnetisation[:, None] * volume)
    error = (from_energy - field.field(m.detach())).norm() / from_energy.norm()
    assert error < 1e-12


def test_uniform_film_out_of_plane_has_the_full_demagnetising_field():
    films = film(uniform=True)
    m = torch.zeros(1, 3, 16, 20, dtype=torch.float64)
    m[:, 2] = 1
    exchange = EffectiveField(films, 0.0)
    field = exchange.interaction(m)
    # exchange leaves 4 links along m; what remains is -mu0 Ms
    link = 4 * 2 * 1.5e-11 / (3e-9) ** 2 / 2e5
    torch.testing.assert_close(field[:, 2], torch.full_like(field[:, 2], link - MU0 * 2e5))
    assert field[:, :2].abs().max() < 1e-9


def test_energy_is_that_of_the_continuum_for_a_cycloid():
    """Exchange A k^2 and DMI -D k (for the sense that D > 0 favours), per volume."""
    n, cell_nm = 128, 1.0
    films = film((4, n), cell_size_nm=cell_nm, uniform=True)
    # so thin that the dipolar energy, mu0 Ms^2 k t / 8 or so, does not matter
    films = FilmBatch(
        films.saturation_magnetisation * 1e-3,
        films.exchange_stiffness,
        films.interfacial_dmi,
        films.grain,
        0.9,
        cell_nm,
        1.0,
    )
    k = 2 * np.pi / (n * cell_nm)
    angle = torch.tensor(k * cell_nm * np.arange(n))
    energies = []
    for sense in (1, -1):
        m = torch.zeros(1, 3, 4, n, dtype=torch.float64)
        m[:, 0] = sense * torch.sin(angle)
        m[:, 2] = torch.cos(angle)
        volume_m3 = 4 * n * 1e-27
        energies.append(float(EffectiveField(films, 0.0).energy(m)[0]) / volume_m3)
    exchange, dmi = 1.5e-11 * (k * 1e9) ** 2, 1.2e-3 * k * 1e9
    assert np.mean(energies) == pytest.approx(exchange, rel=1e-3)
    assert abs(energies[0] - energies[1]) / 2 == pytest.approx(dmi, rel=1e-3)


@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
@pytest.mark.parametrize("mirrored", [False, True])
def test_turning_and_mirroring_a_film_keeps_its_energy(quarter_turns, mirrored):
    films = film((16, 16), uniform=True)
    field = EffectiveField(films, 0.4)
    m = spins(films)
    turned_m = torch.tensor(turned(m[0].numpy(), quarter_turns, mirrored)).clone()[None]
    torch.testing.assert_close(field.energy(turned_m), field.energy(m), rtol=1e-9, atol=0)


def test_descent_lowers_the_energy_and_keeps_unit_length():
    films = film((32, 32), batch=2).to("cpu")
    field = EffectiveField(films, 0.4)
    m = spins(films).float()
    descent = Descent(field, m)
    before = field.energy(m)
    descent.advance(200)
    assert (field.energy(descent.m) < before).all()
    torch.testing.assert_close(descent.m.norm(dim=1), torch.ones(2, 32, 32), rtol=0, atol=1e-5)


def test_skyrmion_of_the_favoured_chirality_survives_and_has_the_papers_size():
    shape = (64, 64)
    films = film(shape, uniform=True).to("cpu")
    field = EffectiveField(films, 0.40)
    m = torch.tensor(placed_skyrmions(shape, np.array([[32.0, 32.0]]), 6.0, 4.0))[None]
    descent = Descent(field, m)
    descent.advance(600)
    core = descent.m[0, 2] < 0
    diameter_nm = 2 * np.sqrt(float(core.sum()) / np.pi) * 3.0
    assert 20 < diameter_nm < 60
    wrong = Descent(field, m * torch.tensor([-1.0, -1.0, 1.0]).reshape(1, 3, 1, 1))
    assert field.energy(m) < field.energy(wrong.m)


def test_texture_displacement_measures_a_shift():
    m = torch.tensor(placed_skyrmions((64, 64), np.array([[30.0, 20.0], [10.0, 50.0]]), 6.0, 4.0))
    moved = texture_displacement_nm(m[None], torch.roll(m, 1, dims=2)[None], 3.0)
    assert float(moved[0]) == pytest.approx(3.0, rel=0.15)
    still = torch.zeros(1, 3, 8, 8)
    assert float(texture_displacement_nm(still, still, 3.0)[0]) == 0.0


def test_grains_have_the_asked_size_and_wrap_around():
    rng = np.random.default_rng(0)
    counts = [voronoi_grains((100, 100), 3.0, 100.0, rng).max() + 1 for _ in range(40)]
    assert np.mean(counts) == pytest.approx(9, abs=1.5)
    grain = voronoi_grains((64, 64), 3.0, 60.0, rng)
    crossing = (grain[0] == grain[-1]).mean()
    inside = (grain[31] == grain[32]).mean()
    assert crossing == pytest.approx(inside, abs=0.3)
