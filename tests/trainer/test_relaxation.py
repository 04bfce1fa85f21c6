from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial import KDTree

from skyrmlive.trainer.dataset.film_statistics import film_statistics, periodic_components
from skyrmlive.trainer.micromagnetics.drift import Drift
from skyrmlive.trainer.micromagnetics.effective_field import EffectiveField
from skyrmlive.trainer.micromagnetics.grains import voronoi_grains
from skyrmlive.trainer.micromagnetics.material import FilmBatch
from skyrmlive.trainer.micromagnetics.minimise import Descent
from skyrmlive.trainer.micromagnetics.relaxation import (
    RelaxationPlan,
    relax_film,
    texture_displacement_nm,
)
from skyrmlive.trainer.micromagnetics.start_states import placed_skyrmions, random_spins

FIELD_T = 0.4


def uniform_film(shape, batch=1):
    ms = torch.full((batch, *shape), 2e5)
    return FilmBatch(ms, ms * 0 + 1.5e-11, 3.0, 27.5, interfacial_dmi=ms * 0 + 1.2e-3)


def skyrmions(shape, centres, radius=6.0):
    return torch.tensor(placed_skyrmions(shape, np.array(centres, float), radius, 4.0))[None]


def centres_of(m):
    return periodic_components(m[0, 2].numpy() < 0)[2]


def test_descent_lowers_the_energy_and_keeps_unit_length():
    films = uniform_film((32, 32), batch=2)
    field = EffectiveField(films, FIELD_T)
    m = torch.tensor(np.stack([random_spins((32, 32), np.random.default_rng(i)) for i in (0, 1)]))
    descent = Descent(field, m)
    descent.advance(200)
    assert (field.energy(descent.m) < field.energy(m)).all()
    torch.testing.assert_close(descent.m.norm(dim=1), torch.ones(2, 32, 32), rtol=0, atol=1e-5)


def test_calm_steps_only_lower_the_energy():
    films = uniform_film((32, 32))
    field = EffectiveField(films, FIELD_T)
    descent = Descent(field, torch.tensor(random_spins((32, 32), np.random.default_rng(0)))[None])
    energies = []
    for _ in range(60):
        descent.calm(1)
        energies.append(float(field.energy(descent.m)))
    assert np.all(np.diff(energies) < 0)


def test_skyrmion_of_the_favoured_chirality_survives_and_has_the_papers_size():
    shape = (64, 64)
    field = EffectiveField(uniform_film(shape), FIELD_T)
    m = skyrmions(shape, [[32, 32]])
    descent = Descent(field, m)
    descent.advance(600)
    core = descent.m[0, 2] < 0
    diameter_nm = 2 * np.sqrt(float(core.sum()) / np.pi) * 3.0
    assert 20 < diameter_nm < 60
    wrong = Descent(field, m * torch.tensor([-1.0, -1.0, 1.0]).reshape(1, 3, 1, 1))
    assert field.energy(m) < field.energy(wrong.m)


@pytest.mark.parametrize("polarity", [1, -1])
@pytest.mark.parametrize("periodic", [True, False])
def test_drift_pushes_two_near_skyrmions_apart_and_leaves_a_lone_one(periodic, polarity):
    shape = (64, 96)
    films = replace(uniform_film(shape), periodic=periodic)
    field = EffectiveField(films, polarity * FIELD_T)
    near = [[30.0, 40.0], [32.0, 58.0]]
    for centres in (near, near[:1]):
        m = polarity * skyrmions(shape, centres)
        descent, drift = Descent(field, m), Drift(films)
        descent.advance(200)
        before = np.sort(centres_of(polarity * descent.m), axis=0)
        for _ in range(10):
            descent.go_on_from(drift.moved(descent.m, descent.across))
            descent.advance(20)
        after = np.sort(centres_of(polarity * descent.m), axis=0)
        if len(centres) == 2:
            assert len(after) == 2
            gained = np.ptp(after, axis=0) - np.ptp(before, axis=0)
            assert gained[1] > 4
        elif periodic:
            np.testing.assert_allclose(after, before, atol=0.2)


def test_drift_leaves_films_without_skyrmions_alone():
    films = uniform_film((32, 32))
    m = torch.zeros(1, 3, 32, 32)
    m[:, 2] = 1
    torch.testing.assert_close(Drift(films).moved(m, torch.zeros_like(m)), m)


def test_a_clumped_film_spreads_out_and_settles():
    """Twelve skyrmions in one half of a film end as a lattice over the whole of it."""
    shape = (96, 96)
    rows, columns = np.meshgrid([12, 34, 56, 78], [10, 26, 42], indexing="ij")
    start = skyrmions(shape, np.stack([rows.ravel(), columns.ravel()], axis=1), 5.0)
    films = uniform_film(shape)
    relaxed = relax_film(films, FIELD_T, start, RelaxationPlan())
    assert bool(relaxed.is_settled)
    found = film_statistics(relaxed.m[0, 2].numpy(), 3.0)
    assert found["skyrmions"] == 12
    assert found["regularity"] > 0.78  # 0.54 at the start
    distance = KDTree(centres_of(relaxed.m), boxsize=shape).query(centres_of(relaxed.m), k=2)[0]
    assert distance[:, 1].min() > 1.4 * 16
    # and lies deeper than a descent of as many steps without drift gets
    plain = relax_film(
        films,
        FIELD_T,
        start,
        RelaxationPlan(drift_every=0, max_steps=int(relaxed.steps), settled_nm=0, settled_energy=0),
    )
    field = EffectiveField(films, FIELD_T)
    assert field.energy(relaxed.m) < field.energy(plain.m)


def mixed_batch():
    rng = np.random.default_rng(3)
    shape = (48, 48)
    grain = np.stack([voronoi_grains(shape, 3.0, 60.0, rng) for _ in range(3)])
    ms = np.stack([2e5 * rng.uniform(0.8, 1.2, each.max() + 1)[each] for each in grain])
    ms = torch.tensor(ms, dtype=torch.float32)
    films = FilmBatch(
        ms,
        ms * 0 + 1.4e-11,
        3.0,
        27.5,
        interfacial_dmi=ms * 0 + 1.2e-3,
        grain=torch.tensor(grain),
        intergrain_exchange=0.9,
    )
    start = [random_spins(shape, rng), random_spins(shape, rng)]
    start.append(placed_skyrmions(shape, np.array([[20.0, 20.0]]), 6.0, 4.0))
    return films, torch.tensor([0.45, 0.4, 0.5]), torch.tensor(np.stack(start))


def test_a_film_is_the_same_alone_and_in_a_batch():
    films, field_t, start = mixed_batch()
    plan = RelaxationPlan(max_steps=1200, settled_nm=4)
    together = relax_film(films, field_t, start, plan)
    assert len(set(together.steps.tolist())) > 1, "the films are to stop at different steps"
    for each in range(3):
        only = torch.tensor([each])
        alone = relax_film(films.select(only), field_t[only], start[only], plan)
        assert torch.equal(alone.m[0], together.m[each])
        assert int(alone.steps) == int(together.steps[each])


def test_texture_displacement_measures_a_shift():
    m = skyrmions((64, 64), [[30, 20], [10, 50]])
    moved = texture_displacement_nm(m, torch.roll(m, 1, dims=3), 3.0)
    assert float(moved[0]) == pytest.approx(3.0, rel=0.15)
    still = torch.zeros(1, 3, 8, 8)
    assert float(texture_displacement_nm(still, still, 3.0)[0]) == 0.0
