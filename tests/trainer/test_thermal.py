import numpy as np
import pytest
import torch

from skyrmlive.trainer.micromagnetics.effective_field import EffectiveField
from skyrmlive.trainer.micromagnetics.llg import LLG
from skyrmlive.trainer.micromagnetics.material import FilmBatch
from skyrmlive.trainer.micromagnetics.thermal import BOLTZMANN, ThermalLLG, longest_step_s

MS = 4e5
X = np.array([0.5, 1.0, 3.0])  # energy over kB T, one film each


def films(batch=3, n=32, exchange=1e-25, anisotropy=None):
    """Cells of 5 x 5 x 5 nm that do not feel each other, unless there is exchange."""
    ms = torch.full((batch, n, n), MS)
    ku = None if anisotropy is None else anisotropy * torch.ones_like(ms)
    return FilmBatch(ms, exchange * torch.ones_like(ms), 5.0, 5.0, uniaxial_anisotropy=ku)


def along_z(batch, n):
    m = torch.zeros(batch, 3, n, n)
    m[:, 2] = 1
    return m


def thermal(field, m, temperature_k, damping=0.5):
    temperature_k = torch.as_tensor(temperature_k)
    step_s = float(longest_step_s(field, damping, temperature_k).min())
    return ThermalLLG(field, m, damping, temperature_k, range(len(m)), step_s)


def means(moving, measures, settle, samples, every=10):
    """Return the mean of each measure over cells and time and its standard error over the cells.

    Both of shape (measures, films).
    """
    moving.advance(settle)
    total = torch.zeros(())
    for _ in range(samples):
        moving.advance(every)
        total = total + torch.stack([measure(moving.m) for measure in measures])
    cells = (total / samples).flatten(2).double()
    error = cells.std(dim=2) / cells.shape[2] ** 0.5
    return cells.mean(dim=2).numpy(), error.numpy()


def test_moments_in_a_field_follow_the_langevin_function():
    batch = films()
    temperature_k = MS * batch.cell_volume_m3 * 0.2 / (BOLTZMANN * X)
    field = EffectiveField(batch, 0.2, demagnetisation=False)
    moving = thermal(field, along_z(3, 32), temperature_k)
    measures = [lambda m: m[:, 2], lambda m: m[:, 2] ** 2, lambda m: m[:, 0]]
    mean, error = means(moving, measures, settle=1500, samples=150, every=40)
    langevin = 1 / np.tanh(X) - 1 / X
    expected = np.array([langevin, 1 - 2 * langevin / X, 0 * X])
    assert error.max() < 0.01
    np.testing.assert_array_less(np.abs(mean - expected), 4 * error)


def test_moments_with_an_easy_axis_have_the_boltzmann_distribution():
    ku = 5e4
    batch = films(anisotropy=ku)
    temperature_k = ku * batch.cell_volume_m3 / (BOLTZMANN * X)
    field = EffectiveField(batch, 0.0, demagnetisation=False)
    m = torch.nn.functional.normalize(along_z(3, 32) + torch.tensor([1.0, 0, 0])[:, None, None])
    moving = thermal(field, m, temperature_k)
    measures = [lambda m: m[:, 2] ** 2, lambda m: m[:, 2] ** 4]
    mean, error = means(moving, measures, settle=1500, samples=100, every=40)
    z = np.linspace(-1, 1, 2001)
    weight = np.exp(X[:, None] * z**2)
    expected = np.array([(weight * z**p).sum(axis=1) / weight.sum(axis=1) for p in (2, 4)])
    assert error.max() < 0.01
    np.testing.assert_array_less(np.abs(mean - expected), 4 * error)


@pytest.mark.parametrize("damping", [0.5, 0.1])
def test_spin_waves_of_coupled_cells_have_the_energy_of_equipartition(damping):
    """Each wave k, in x and in y, holds kB T / 2: <m_x^2> = mean over k of kB T / (Ms V B_k)."""
    n, field_t, exchange = 16, 1.0, 5e-12
    batch = films(1, n, exchange)
    field = EffectiveField(batch, field_t, demagnetisation=False)
    coupling_t = 2 * exchange / MS / 5e-9**2
    wave = 2 - 2 * np.cos(2 * np.pi * np.arange(n) / n)
    stiffness_t = field_t + coupling_t * (wave[:, None] + wave)
    per_kelvin = (BOLTZMANN / (MS * batch.cell_volume_m3) / stiffness_t).mean()
    temperature_k = 0.002 / per_kelvin
    moving = thermal(field, along_z(1, n), temperature_k, damping)
    measures = [lambda m: m[:, 0] ** 2, lambda m: m[:, 1] ** 2]
    mean, _ = means(moving, measures, settle=1000, samples=500)
    np.testing.assert_allclose(mean, 0.002, rtol=0.05)


def test_without_temperature_it_is_the_deterministic_motion():
    batch = films(1, 4, exchange=1e-12)
    field = EffectiveField(batch, torch.tensor([[0.3, 0.0, 0.1]]))
    moving = ThermalLLG(field, along_z(1, 4), 0.1, 0.0, [0], step_s=2e-14)
    moving.advance(500)
    exact = LLG(field, along_z(1, 4), 0.1, tolerance=1e-6)
    exact.advance(1e-11)
    torch.testing.assert_close(moving.m, exact.m, rtol=0, atol=1e-4)


def test_noise_of_a_film_does_not_depend_on_the_batch():
    batch = films(3, 8, exchange=1e-12)
    temperature_k = torch.tensor([300.0, 100.0, 300.0])
    together = ThermalLLG(
        EffectiveField(batch, 0.1), along_z(3, 8), 0.1, temperature_k, [5, 6, 5], 1e-13
    )
    together.advance(20)
    one = torch.tensor([1])
    alone = ThermalLLG(
        EffectiveField(batch.select(one), 0.1), along_z(1, 8), 0.1, 100.0, [6], 1e-13
    )
    alone.advance(20)
    assert torch.equal(alone.m[0], together.m[1])
    assert torch.equal(together.m[0], together.m[2])
    assert not torch.equal(together.m[0], together.m[1])


def test_cells_without_material_stay_as_they_are():
    batch = films(1, 4)
    batch.saturation_magnetisation[0, 0, 0] = 0
    moving = thermal(EffectiveField(batch, 0.1), along_z(1, 4), 300.0)
    moving.advance(5)
    assert moving.m[0, :, 0, 0].tolist() == [0, 0, 1]
    assert (moving.m[0, 2, 1] < 1).all()


def test_impossible_arguments_are_refused():
    field = EffectiveField(films(2, 4), 0.1)
    with pytest.raises(ValueError, match="seed"):
        ThermalLLG(field, along_z(2, 4), 0.1, 300.0, [1], 1e-13)
    with pytest.raises(ValueError, match="negative"):
        ThermalLLG(field, along_z(2, 4), 0.1, -1.0, [1, 2], 1e-13)
