from dataclasses import replace

import numpy as np
import pytest
import torch

from skyrmlive.trainer.learning.examples import turned
from skyrmlive.trainer.micromagnetics.effective_field import EffectiveField
from skyrmlive.trainer.micromagnetics.grains import voronoi_grains
from skyrmlive.trainer.micromagnetics.material import MU0, FilmBatch
from skyrmlive.trainer.micromagnetics.start_states import placed_skyrmions, random_spins


def film(shape=(16, 20), batch=1, cell_size_nm=3.0, seed=0, uniform=False, **more):
    """A film whose Ms, A and D differ from cell to cell, in grains, in float64."""
    rng = np.random.default_rng(seed)
    spread = 0.0 if uniform else 0.2

    def per_cell(mean):
        return torch.tensor(mean * rng.uniform(1 - spread, 1 + spread, (batch, *shape)))

    return FilmBatch(
        per_cell(2e5),
        per_cell(1.5e-11),
        cell_size_nm,
        27.5,
        **{"interfacial_dmi": per_cell(1.2e-3)} | {key: per_cell(more[key]) for key in more},
        grain=torch.tensor(rng.integers(0, 1 if uniform else 3, (batch, *shape))),
        intergrain_exchange=0.9,
    )


def spins(films, seed=1):
    batch, *shape = films.shape
    rng = np.random.default_rng(seed)
    states = [random_spins(tuple(shape), rng).astype(np.float64) for _ in range(batch)]
    m = torch.tensor(np.stack(states))
    return m / m.norm(dim=1, keepdim=True)


def across(vectors, m):
    """The part of `vectors` that turns `m`."""
    return vectors - (vectors * m).sum(dim=1, keepdim=True) * m


def everything(periodic):
    """Two films with every term, a tilted easy axis that varies, and a hole."""
    films = film(batch=2, bulk_dmi=0.7e-3, d2d_dmi=0.4e-3, uniaxial_anisotropy=2e5)
    films.saturation_magnetisation[:, 4:7, 9:14] = 0
    return replace(films, anisotropy_axis=spins(films, seed=5), periodic=periodic)


TERMS = [
    "exchange",
    "interfacial_dmi",
    "bulk_dmi",
    "d2d_dmi",
    "anisotropy",
    "zeeman",
    "demagnetisation",
]


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("term", [*TERMS, "all"])
def test_field_is_minus_the_gradient_of_the_energy(term, periodic):
    films = everything(periodic)
    applied = torch.tensor([[0.1, -0.2, 0.4], [0.0, 0.3, 0.1]], dtype=torch.float64)
    if term != "all":  # switch all others off
        none = torch.zeros_like(films.exchange_stiffness)
        kept = {"exchange": "exchange_stiffness", "anisotropy": "uniaxial_anisotropy"}
        off = [name for name in TERMS if name not in (term, "zeeman", "demagnetisation")]
        # the harmonic mean of no exchange at all has no value
        films = replace(films, **{kept.get(name, name): none + 1e-40 for name in off})
        applied = applied * (term == "zeeman")
    field = EffectiveField(films, applied, demagnetisation=term in ("demagnetisation", "all"))
    material = (films.saturation_magnetisation > 0)[:, None]
    m = (spins(films) * material).requires_grad_()
    energies = field.energies(m)
    assert set(energies) == (set(TERMS) if term == "all" else set(TERMS) - {"demagnetisation"}) | {
        term
    } - {"all"}
    (gradient,) = torch.autograd.grad(field.energy(m).sum(), m)
    moment = films.saturation_magnetisation[:, None] * films.cell_volume_m3
    from_energy = torch.where(material, -gradient / moment, 0.0)
    m = m.detach()
    expected, found = across(from_energy, m), across(field.field(m), m)
    assert expected.norm() > 0
    assert (expected - found).norm() < 1e-12 * expected.norm()
    assert not field.field(m)[~material.expand_as(m)].any()


def test_single_precision_keeps_single_precision():
    films = everything(periodic=True).to("cpu")
    m = spins(films).float()
    field = EffectiveField(films, 0.4).field(m)
    exact = EffectiveField(films.to("cpu", torch.float64), 0.4).field(m.double())
    assert field.dtype == torch.float32
    assert (field - exact).norm() < 1e-6 * exact.norm()


def test_uniform_film_out_of_plane_has_the_full_demagnetising_field():
    films = film(uniform=True)
    m = torch.zeros(1, 3, 16, 20, dtype=torch.float64)
    m[:, 2] = 1
    exchange = EffectiveField(films, 0.0)
    field = exchange.field(m)
    # exchange leaves 4 links along m; what remains is -mu0 Ms
    link = 4 * 2 * 1.5e-11 / (3e-9) ** 2 / 2e5
    torch.testing.assert_close(field[:, 2], torch.full_like(field[:, 2], link - MU0 * 2e5))
    assert field[:, :2].abs().max() < 1e-9


def test_energy_is_that_of_the_continuum_for_a_cycloid():
    """Exchange A k^2 and DMI -D k (for the sense that D > 0 favours), per volume."""
    n, cell_nm = 128, 1.0
    films = film((4, n), cell_size_nm=cell_nm, uniform=True)
    k = 2 * np.pi / (n * cell_nm)
    angle = torch.tensor(k * cell_nm * np.arange(n))
    energies = []
    for sense in (1, -1):
        m = torch.zeros(1, 3, 4, n, dtype=torch.float64)
        m[:, 0] = sense * torch.sin(angle)
        m[:, 2] = torch.cos(angle)
        volume_m3 = 4 * n * films.cell_volume_m3
        energies.append(
            float(EffectiveField(films, 0.0, demagnetisation=False).energy(m)[0]) / volume_m3
        )
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


@pytest.mark.parametrize(
    ("dmi", "kind"),
    [("interfacial_dmi", "neel"), ("bulk_dmi", "bloch"), ("d2d_dmi", "antiskyrmion")],
)
def test_each_dmi_favours_its_own_skyrmion(dmi, kind):
    shape = (48, 48)
    films = replace(
        film(shape, uniform=True, **{dmi: 1.2e-3}),
        **{other: None for other in ("interfacial_dmi", "bulk_dmi", "d2d_dmi") if other != dmi},
    )
    field = EffectiveField(films, 0.4)
    energies = {}
    for each in ("neel", "bloch", "antiskyrmion"):
        for sense in (1, -1):
            m = placed_skyrmions(shape, np.array([[24.0, 24.0]]), 6.0, 4.0, each, sense)
            m = torch.tensor(m, dtype=torch.float64)[None]
            energies[each, sense] = float(field.energies(m)[dmi][0])
    assert min(energies, key=lambda each: energies[each]) == (kind, 1)
    assert energies[kind, -1] == pytest.approx(-energies[kind, 1], rel=1e-6)


def test_edges_of_an_open_film_have_no_neighbours():
    """Across the edge of an open film nothing is shared, across that of a periodic one it is."""
    m = torch.zeros(1, 3, 4, 8, dtype=torch.float64)
    m[:, 2, :, :4], m[:, 2, :, 4:] = 1, -1
    energies = [
        EffectiveField(replace(film((4, 8), uniform=True), periodic=each), 0.0, False).energies(m)
        for each in (True, False)
    ]
    periodic, opened = (float(each["exchange"][0]) for each in energies)
    assert periodic == pytest.approx(2 * opened)


def test_grains_have_the_asked_size_and_wrap_around():
    rng = np.random.default_rng(0)
    counts = [voronoi_grains((100, 100), 3.0, 100.0, rng).max() + 1 for _ in range(40)]
    assert np.mean(counts) == pytest.approx(9, abs=1.5)
    grain = voronoi_grains((64, 64), 3.0, 60.0, rng)
    crossing = (grain[0] == grain[-1]).mean()
    inside = (grain[31] == grain[32]).mean()
    assert crossing == pytest.approx(inside, abs=0.3)
