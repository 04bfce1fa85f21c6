"""The presets: what their DMI makes of noise, what is kept of placed skyrmions, and their grids."""

import numpy as np
import pytest
import torch

from skyrmlive.trainer.dataset.film_draw import draw_film
from skyrmlive.trainer.dataset.film_recipe import shortest_length_nm
from skyrmlive.trainer.dataset.film_statistics import film_statistics
from skyrmlive.trainer.dataset.recipe_files import load_preset, preset_names
from skyrmlive.trainer.dataset.relaxed_films import film_batch
from skyrmlive.trainer.micromagnetics.relaxation import RelaxationPlan, relax_film
from skyrmlive.trainer.micromagnetics.start_states import placed_skyrmions, winding_stripes
from skyrmlive.trainer.micromagnetics.topology import topological_charge

TEXTURES = {
    "neel-lattice": "neel",
    "neel-lattice-text": "neel",
    "neel-sweep": "neel",
    "fgt": "neel",
    "pt-co-ir": "neel",
    "stripes": "neel",
    "mixed": "neel",
    "bloch": "bloch",
    "antiskyrmion": "antiskyrmion",
}


COARSER = {"fgt": 0.65}
"""Cells over the shortest length, for a material whose constants are estimates; see its recipe."""


def small_film(name, index=1, **changes):
    """Return unit vectors of a film of a preset on fewer cells, after a short relaxation."""
    recipe = load_preset(name).model_copy(update={"cells": 96, "uniform_share": 1.0, **changes})
    draw = draw_film(recipe, seed=3, index=index)
    films = film_batch([draw], recipe).to("cpu")
    field_t = torch.tensor([draw.applied_field_t])
    plan = RelaxationPlan(max_steps=300)
    return relax_film(films, field_t, torch.tensor(draw.start)[None], plan).m[0].numpy()


def alignment(m, texture):
    """Return how well the in-plane magnetisation follows a texture: 1 wholly, 0 not, -1 reversed.

    Beside a core along -z, Mz rises outwards. There a Neel wall points outwards, a Bloch wall a
    quarter turn further from +x to +y, and an antiskyrmion's as that, mirrored along y.
    """
    rises_y, rises_x = np.gradient(m[2])
    outwards = rises_x + 1j * rises_y
    favoured = {"neel": outwards, "bloch": 1j * outwards, "antiskyrmion": 1j * outwards.conj()}
    in_plane = m[0] + 1j * m[1]
    both = (in_plane * favoured[texture].conj()).real.sum()
    return both / (abs(in_plane) * abs(outwards)).sum()


def test_topological_charge_counts_skyrmions_and_antiskyrmions():
    centres = np.array([[20.0, 20.0], [0.0, 50.0], [45.0, 30.0]])
    for texture, charge in (("neel", -1), ("bloch", -1), ("antiskyrmion", 1)):
        m = placed_skyrmions((64, 64), centres, 6.0, 3.0, texture)
        assert topological_charge(m).sum() == pytest.approx(3 * charge, abs=1e-6)
        assert topological_charge(m)[10:30, 10:30].sum() == pytest.approx(charge, abs=0.05)


@pytest.mark.parametrize("texture", ["neel", "bloch", "antiskyrmion"])
def test_stripes_start_as_spirals_of_their_texture_and_period(texture):
    rng = np.random.default_rng(1)
    m = winding_stripes((128, 96), 24.0, 0.2, rng, texture)
    assert alignment(m, texture) > 0.9
    assert alignment(winding_stripes((128, 96), 24.0, 0.2, rng, texture, -1), texture) < -0.9
    power = np.abs(np.fft.fft2(m[2])) ** 2
    wave_number = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.fftfreq(96))
    assert (wave_number * power).sum() / power.sum() == pytest.approx(1 / 24, rel=0.15)
    assert abs(topological_charge(m).sum()) <= 4


def test_stripes_remain_without_skyrmions():
    found = [
        film_statistics(small_film("stripes", cells=128, index=index)[2], 3.0) for index in range(4)
    ]
    assert all(each["stripes"] > 0 for each in found)
    assert sum(each["skyrmions"] for each in found) <= 2


def test_all_presets_are_known_here():
    assert set(preset_names()) == set(TEXTURES)


@pytest.mark.parametrize("name", TEXTURES)
def test_cells_resolve_walls(name):
    recipe = load_preset(name)
    assert recipe.cells == 256
    most = COARSER.get(name, 0.5)
    assert recipe.cell_size_nm <= most * shortest_length_nm(recipe)[0]


@pytest.mark.parametrize("name", TEXTURES)
def test_dmi_makes_its_own_texture_of_noise(name):
    m = small_film(name, placed_share=0.0, stripe_share=0.0)
    # no dipoles, no field and no start favours one of them: it is the sign and symmetry of the DMI
    assert alignment(m, TEXTURES[name]) > 0.8
    others = set(TEXTURES.values()) - {TEXTURES[name]}
    assert all(abs(alignment(m, other)) < 0.3 for other in others)


@pytest.mark.parametrize("name", ["neel-lattice", "fgt", "pt-co-ir", "bloch", "antiskyrmion"])
def test_placed_skyrmions_stay_and_carry_the_charge_of_their_kind(name):
    m = small_film(name, placed_share=1.0)
    found = film_statistics(m[2], load_preset(name).cell_size_nm)
    assert found["skyrmions"] > 0
    assert found["stripes"] == 0
    charge = 1 if TEXTURES[name] == "antiskyrmion" else -1
    assert round(topological_charge(m).sum()) == charge * found["skyrmions"]


def test_the_field_makes_stripes_or_skyrmions_of_the_paper_s_material():
    up = {name: small_film(name, cells=128)[2].mean() for name in ("stripes", "mixed")}
    lattice = small_film("neel-lattice", cells=128, placed_share=0.0)[2].mean()
    assert abs(up["stripes"]) < 0.15
    assert up["stripes"] + 0.1 < up["mixed"] < lattice - 0.1
