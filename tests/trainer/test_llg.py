import numpy as np
import pytest
import torch

from skyrmlive.trainer.micromagnetics.effective_field import EffectiveField
from skyrmlive.trainer.micromagnetics.llg import GYROMAGNETIC_RATIO, LLG
from skyrmlive.trainer.micromagnetics.material import FilmBatch


def film(batch=1, shape=(1, 1), exchange=1e-20, dtype=torch.float64):
    ms = torch.full((batch, *shape), 4e5, dtype=dtype)
    return FilmBatch(ms, exchange * torch.ones_like(ms), 3.0, 2.0)


def random_state(batch, shape, seed=0, dtype=torch.float64):
    rng = np.random.default_rng(seed)
    m = torch.tensor(rng.standard_normal((batch, 3, *shape)), dtype=dtype)
    return m / m.norm(dim=1, keepdim=True)


def smooth_state(batch, n, dtype=torch.float64):
    """One wave of magnetisation across the film, of another amplitude in each film."""
    angle = 2 * torch.pi * torch.arange(n, dtype=dtype) / n
    tilt = torch.linspace(0.3, 1.2, batch, dtype=dtype).reshape(-1, 1, 1)
    along_x, along_y = tilt * torch.cos(angle).expand(n, n), tilt * torch.sin(angle)[:, None]
    m = torch.stack((along_x, along_y.expand_as(along_x), torch.ones_like(along_x)), dim=1)
    return m / m.norm(dim=1, keepdim=True)


class Counted:
    """A field that counts how often each film is asked for."""

    def __init__(self, field, films, calls):
        self.inner, self.films, self.calls = field, films, calls

    def field(self, m):
        self.calls[self.films] += 1
        return self.inner.field(m)

    def select(self, films):
        return Counted(self.inner.select(films), self.films[films], self.calls)


def test_single_spin_precesses_and_spirals_into_the_field():
    """Against the closed solution, one damping a film."""
    field_t, start = 0.7, 1.2
    damping = torch.tensor([0.0, 0.02, 0.5, 2.0], dtype=torch.float64)
    m = torch.zeros(4, 3, 1, 1, dtype=torch.float64)
    m[:, 0], m[:, 2] = np.sin(start), np.cos(start)
    llg = LLG(EffectiveField(film(4), field_t, demagnetisation=False), m, damping, tolerance=1e-9)
    llg.advance(30e-12)
    llg.advance(70e-12)
    assert llg.time_s.tolist() == [1e-10] * 4
    turn = GYROMAGNETIC_RATIO * field_t * 1e-10 / (1 + damping**2)
    cos = torch.tanh(damping * turn + np.arctanh(np.cos(start)))
    sin = torch.sqrt(1 - cos**2)
    expected = torch.stack((sin * torch.cos(turn), sin * torch.sin(turn), cos), dim=1)
    torch.testing.assert_close(llg.m[:, :, 0, 0], expected, rtol=0, atol=1e-7)


def test_error_follows_the_tolerance():
    field = EffectiveField(film(1, (8, 8), 1e-11), torch.tensor([[0.3, 0.0, 0.1]]))
    m = smooth_state(1, 8)
    ends = []
    for tolerance in (1e-12, 1e-8, 1e-4):
        llg = LLG(field, m, 0.05, tolerance)
        llg.advance(20e-12)
        ends.append(llg.m)
    fine, coarse = (float((each - ends[0]).abs().max()) for each in ends[1:])
    assert 0 < fine < 1e-6
    assert 10 * fine < coarse < 1e-2


def test_energy_is_kept_without_damping_and_lost_at_the_known_rate_with_it():
    """dE/dt = -alpha gamma / (1 + alpha^2) sum Ms V |m x B|^2."""
    films = film(2, (12, 12), 1e-11)
    field = EffectiveField(films, 0.2)
    m = smooth_state(2, 12)
    alpha = torch.tensor([0.0, 0.1], dtype=torch.float64)
    llg = LLG(field, m, alpha, tolerance=1e-10)
    before = field.energy(m)
    llg.advance(1e-14)
    rate = (field.energy(llg.m) - before) / 1e-14
    torque = torch.linalg.cross(m, field.field(m), dim=1)
    moment = 4e5 * films.cell_volume_m3
    lost = -alpha * GYROMAGNETIC_RATIO / (1 + alpha**2) * moment * (torque**2).sum(dim=(1, 2, 3))
    assert float(rate[1] / lost[1]) == pytest.approx(1, rel=1e-2)
    llg.advance(20e-12)
    after = field.energy(llg.m)
    assert float(abs(after[0] - before[0])) < 1e-6 * float(abs(before[0]))
    assert after[1] < before[1]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_film_moves_the_same_alone_and_in_a_batch(dtype):
    films = film(3, (16, 16), 1e-11, dtype)
    fields = torch.tensor([[0.1, 0.0, 0.3], [0.0, 0.9, 0.0], [0.0, 0.0, -0.2]], dtype=dtype)
    m = smooth_state(3, 16, dtype)
    batch = LLG(EffectiveField(films, fields), m, 0.1)
    batch.advance(10e-12)
    for index in range(3):
        one = torch.tensor([index])
        alone = LLG(EffectiveField(films.select(one), fields[one]), m[one], 0.1)
        alone.advance(10e-12)
        assert torch.equal(alone.m[0], batch.m[index])


def test_a_relaxed_film_stops_and_costs_nothing_more():
    films = film(3, (4, 4), 1e-13)
    alpha = torch.tensor([1.0, 0.2, 0.01], dtype=torch.float64)
    calls = torch.zeros(3, dtype=torch.int64)
    field = Counted(EffectiveField(films, 0.5, demagnetisation=False), torch.arange(3), calls)
    m = random_state(1, (4, 4)).expand(3, -1, -1, -1)
    llg = LLG(field, m, alpha)
    llg.advance(0.5e-9, torque_limit_t=1e-3)
    assert llg.time_s[0] < llg.time_s[1] < llg.time_s[2] == 0.5e-9
    assert calls[0] < calls[1] < calls[2]
    torque = torch.linalg.cross(llg.m, field.inner.field(llg.m), dim=1).norm(dim=1)
    assert torque[:2].max() <= 1e-3 < torque[2].max()
    assert (llg.m[:2, 2] > 0.999).all()


def test_field_may_change_between_two_calls():
    m = torch.zeros(1, 3, 1, 1, dtype=torch.float64)
    m[:, 0] = 1
    llg = LLG(EffectiveField(film(), 0.5, demagnetisation=False), m, 0.0, tolerance=1e-9)
    llg.advance(10e-12)
    llg.field = EffectiveField(film(), -0.5, demagnetisation=False)
    llg.advance(10e-12)
    torch.testing.assert_close(llg.m, m, rtol=0, atol=1e-8)


def test_state_that_is_not_finite_is_refused():
    m = torch.full((1, 3, 1, 1), float("nan"), dtype=torch.float64)
    with pytest.raises(ArithmeticError, match="finite"):
        LLG(EffectiveField(film(), 0.5), m, 0.1).advance(1e-12)
