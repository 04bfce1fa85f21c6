"""Recipes: the presets, what no film can be made of, and what is drawn from them."""

import math

import numpy as np
import pytest
import torch

from skyrmlive.stream.errors import UserError
from skyrmlive.trainer.dataset.film_draw import draw_film
from skyrmlive.trainer.dataset.film_recipe import FilmRecipe, shortest_length_nm
from skyrmlive.trainer.dataset.recipe_files import (
    load_preset,
    load_recipe,
    preset_names,
    preset_text,
)
from skyrmlive.trainer.dataset.relaxed_films import film_batch
from skyrmlive.trainer.micromagnetics.effective_field import EffectiveField
from skyrmlive.trainer.toml_models import model_from_toml

BASE = """
name = "mine"
applied_field_t = 0.4
saturation_magnetisation = [1.5e5, 3.0e5]
exchange_stiffness = [1.1e-11, 1.9e-11]
"""


def small(**changes):
    given = {
        "name": "small",
        "cells": 64,
        "applied_field_t": 0.4,
        "saturation_magnetisation": 2e5,
        "exchange_stiffness": 1.3e-11,
        "placed_share": 1.0,
    }
    return FilmRecipe.model_validate(given | changes)


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_loads_and_says_what_it_is(name):
    recipe = load_preset(name)
    assert recipe.name == name
    assert recipe.description
    # a lab edits what is printed: it must load as it is
    assert model_from_toml(FilmRecipe, preset_text(name), name) == recipe


def test_the_paper_s_recipes():
    assert {"neel-lattice", "neel-lattice-text", "neel-sweep"} <= set(preset_names())
    lattice = load_preset("neel-lattice")
    assert lattice.applied_field_t == (0.49, 0.49)
    assert lattice.uniaxial_anisotropy == (0.0, 0.0)
    for name, field_t in (("neel-lattice-text", (0.40, 0.40)), ("neel-sweep", (0.42, 0.65))):
        other = load_preset(name)
        assert other.applied_field_t == field_t
        same = {"name": lattice.name, "description": lattice.description}
        assert other.model_copy(update={**same, "applied_field_t": (0.49, 0.49)}) == lattice


def test_there_are_no_other_presets():
    with pytest.raises(UserError, match=r"no preset 'gold'; there are .*neel-lattice"):
        load_preset("gold")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("saturation_magnetisation = [-1.5e5, 3e5]", "saturation_magnetisation .* not above zero"),
        ("saturation_magnetisation = 0", "saturation_magnetisation .* not above zero"),
        ("saturation_magnetisation = [3e5, 1.5e5]", "saturation_magnetisation .* high to low"),
        ("saturation_magnetisation = [1e5]", "saturation_magnetisation.*"),
        ("saturation_magnetisation = 'strong'", "saturation_magnetisation should be"),
        ("saturation_magnetisation = nan", "saturation_magnetisation.* finite"),
        ("exchange_stiffness = 0", "exchange_stiffness .* not above zero"),
        ("cell_size_nm = 0", "cell_size_nm should be greater than 0, not 0"),
        ("cell_size_nm = -3", "cell_size_nm should be greater than 0, not -3"),
        ("cell_size_nm = inf", "cell_size_nm should be a finite number"),
        ("cells = 33", "cells should be a multiple of 2, not 33"),
        ("cells = 8", "cells should be greater than or equal to 32, not 8"),
        ("cells = 1000000", "cells should be less than"),
        ("thickness_nm = 0", "thickness_nm should be greater than 0"),
        ("boundary = 'closed'", "boundary should be 'periodic' or 'open', not 'closed'"),
        ("texture = 'vortex'", "texture should be .*'antiskyrmion', not 'vortex'"),
        ("grain_spread = [0.2, 1.5]", "grain_spread .* within 0 and 1"),
        ("placed_share = 2", "placed_share should be less than or equal to 1"),
        ("placed_density_per_um2 = 0", "placed_density_per_um2 .* not above zero"),
        ("anisotropy_axis_spread_deg = -1", "anisotropy_axis_spread_deg should be"),
        ("uniaxial_anisotropi = 1e5", "there is no parameter 'uniaxial_anisotropi'"),
        ("cell_size_nm = 50\nthickness_nm = 3", r"cells of 50 nm are too coarse.* 13\.9 nm"),
        ("uniaxial_anisotropy = 4e6", "too coarse.*wall width"),
        ("bulk_dmi = -0.02", "too coarse.*turn of the DMI"),
    ],
)
def test_an_impossible_recipe_is_one_sentence(tmp_path, line, sentence):
    path = tmp_path / "mine.toml"
    name = line.split(" ")[0]
    kept = [given for given in BASE.splitlines() if not given.startswith(name)]
    path.write_text("\n".join([*kept, line]))
    with pytest.raises(UserError, match=sentence) as refused:
        load_recipe(path)
    said = str(refused.value)
    assert said.startswith(f"{path}: ")
    assert said.endswith(".")
    assert "\n" not in said
    assert "Input" not in said


def test_a_file_that_is_no_recipe_is_one_sentence(tmp_path):
    path = tmp_path / "mine.toml"
    with pytest.raises(UserError, match="cannot be read"):
        load_recipe(path)
    path.write_text("name = ")
    with pytest.raises(UserError, match="is not TOML"):
        load_recipe(path)
    path.write_text("name = 'mine'")
    with pytest.raises(UserError, match="applied_field_t is missing"):
        load_recipe(path)
    path.write_text(BASE)
    assert load_recipe(path).applied_field_t == (0.4, 0.4)


def test_the_shortest_length_is_the_textbook_s():
    recipe = small(saturation_magnetisation=8e5, exchange_stiffness=1.3e-11)
    length_nm, name = shortest_length_nm(recipe)
    assert name == "exchange length"
    assert length_nm == pytest.approx(5.69, abs=0.01)  # permalloy
    hard = small(exchange_stiffness=1.5e-11, saturation_magnetisation=1e5, uniaxial_anisotropy=8e5)
    assert shortest_length_nm(hard)[0] == pytest.approx(
        1e9 * math.sqrt(1.5e-11 / 7.937e5), rel=1e-3
    )


def test_drawn_films_keep_to_the_ranges_and_depend_on_seed_and_index_only():
    recipe = small(
        saturation_magnetisation=(1.5e5, 3e5),
        interfacial_dmi=(1e-3, 1.3e-3),
        uniaxial_anisotropy=(0, 1e4),
        grain_spread=(0.1, 0.25),
        grain_size_nm=60,
        uniform_share=0.0,
        placed_share=0.5,
    )
    draws = [draw_film(recipe, 3, index) for index in range(6)]
    for draw in draws:
        ms = draw.saturation_magnetisation
        assert 1.5e5 <= ms.min() < ms.max() <= 3e5
        assert 1e-3 <= draw.interfacial_dmi <= 1.3e-3
        assert 0 <= draw.uniaxial_anisotropy <= 1e4
        assert draw.anisotropy_axis is None
    assert {draw.start_kind for draw in draws} == {"placed", "random"}
    again = draw_film(recipe, 3, 2)
    np.testing.assert_array_equal(again.start, draws[2].start)
    assert draw_film(recipe, 4, 2).interfacial_dmi != draws[2].interfacial_dmi


def test_easy_axes_scatter_from_grain_to_grain():
    recipe = small(cells=256, anisotropy_axis_spread_deg=5.0, grain_size_nm=30.0, uniform_share=0.0)
    draw = draw_film(recipe, 0, 0)
    axes = draw.anisotropy_axis
    np.testing.assert_allclose(np.linalg.norm(axes, axis=0), 1)
    _, first = np.unique(draw.grain, return_index=True)
    tilt_x_deg = np.degrees(np.arctan2(axes[0], axes[2])).ravel()[first]
    assert len(first) > 300
    assert tilt_x_deg.std() == pytest.approx(5.0, rel=0.15)
    for grain in (0, 1, 2):
        assert np.ptp(axes[:, draw.grain == grain], axis=1).max() == 0


@pytest.mark.parametrize(
    ("texture", "term"),
    [("neel", "interfacial_dmi"), ("bloch", "bulk_dmi"), ("antiskyrmion", "d2d_dmi")],
)
@pytest.mark.parametrize("d", [1e-3, -1e-3])
def test_films_start_from_the_texture_that_their_dmi_makes(texture, term, d):
    """The DMI's energy is below zero at the start, and above it for the other sign."""
    recipe = small(texture=texture, **{term: d})
    draw = draw_film(recipe, 0, 0)
    start = torch.tensor(draw.start)[None]
    films = film_batch([draw], recipe)
    energies = EffectiveField(films.to("cpu", torch.float64), 0.4).energies(start.double())
    (dmi,) = (float(e) for name, e in energies.items() if term.split("_")[0] in name)
    exchange = float(energies["exchange"])
    assert dmi < -0.2 * exchange
    # the terms that no film of this recipe has are left out of the batch
    terms = {"interfacial_dmi", "bulk_dmi", "d2d_dmi", "uniaxial_anisotropy"}
    assert {name for name in terms if getattr(films, name) is not None} == {term}


def test_open_films_are_open():
    recipe = small(boundary="open", interfacial_dmi=1e-3)
    assert not recipe.grid.periodic
    assert not film_batch([draw_film(recipe, 0, 0)], recipe).periodic
