"""What a sweep is made of: its way, its film at every temperature, its presets."""

import pytest
import torch
from pydantic import ValidationError

from skyrmlive.stream.errors import UserError
from skyrmlive.trainer.sweep.film import film_under, sweep_film
from skyrmlive.trainer.sweep.recipe import SweepRecipe
from skyrmlive.trainer.sweep.recipe_files import load_sweep, sweep_names, sweep_text
from skyrmlive.trainer.sweep.schedule import Condition, Leg, conditions

FILM = {
    "name": "small",
    "cells": 32,
    "cell_size_nm": 6.0,
    "applied_field_t": 0.42,
    "saturation_magnetisation": (1.5e5, 3.0e5),
    "exchange_stiffness": 1.3e-11,
    "interfacial_dmi": 1.2e-3,
    "grain_size_nm": 70.0,
    "grain_spread": 0.2,
    "uniform_share": 0.0,
}
SWEEP = {"name": "small", "seed": 4, "film": FILM, "field_t": 0.42}
PLAIN = SweepRecipe.model_validate(SWEEP)


def test_a_heated_film_follows_the_laws_with_all_its_grains():
    recipe = SweepRecipe.model_validate(
        SWEEP
        | {
            "temperature_k": 100.0,
            "legs": [{"frames": 4, "temperature_k": 180}],
            "temperature_laws": {"curie_temperature_k": 200, "reference_temperature_k": 100},
        }
    )
    assert recipe.conditions()[-1] == Condition(0.42, 180)
    films, _ = sweep_film(recipe, "cpu")
    assert len(films.saturation_magnetisation.unique()) > 3
    hot = film_under(films, recipe, recipe.conditions()[-1])
    factors = recipe.temperature_laws.factors(180)
    for name, factor in (
        ("saturation_magnetisation", factors.saturation_magnetisation),
        ("exchange_stiffness", factors.exchange_stiffness),
        ("interfacial_dmi", factors.dmi),
    ):
        ratio = getattr(hot, name) / getattr(films, name)
        assert ratio.numpy() == pytest.approx(factor)
    cold = film_under(films, recipe, recipe.conditions()[0])
    assert torch.equal(cold.saturation_magnetisation, films.saturation_magnetisation)


def test_pinning_differs_from_grain_to_grain_and_nowhere_else():
    recipe = SweepRecipe.model_validate(
        SWEEP | {"pinning": {"dmi_spread": 0.1, "anisotropy_spread": 0.2}}
    )
    films, start = sweep_film(recipe, "cpu")
    plain, same_start = sweep_film(PLAIN, "cpu")
    assert torch.equal(start, same_start)
    assert torch.equal(films.saturation_magnetisation, plain.saturation_magnetisation)
    ratio = films.interfacial_dmi / plain.interfacial_dmi
    by_grain = [ratio[films.grain == grain].unique() for grain in films.grain.unique()]
    assert all(len(values) == 1 for values in by_grain)
    assert len(ratio.unique()) == len(by_grain) > 3
    assert ratio.min() >= 0.9
    assert ratio.max() <= 1.1


def test_a_way_through_field_and_temperature():
    way = conditions(
        Condition(0.1, 100.0),
        [Leg(frames=2, field_t=0.3), Leg(frames=1, temperature_k=150), Leg(frames=2, field_t=-0.1)],
    )
    assert [condition.field_t for condition in way] == pytest.approx(
        [0.1, 0.2, 0.3, 0.3, 0.1, -0.1]
    )
    assert [condition.temperature_k for condition in way] == [100, 100, 100, 150, 150, 150]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"film": {"preset": "neel-lattice", "cells": 3}}, "cells"),
        ({"film": FILM | {"saturation_magnetisation": (1e5,)}}, "saturation_magnetisation"),
        ({"legs": [{"frames": 2, "temperature_k": 300}]}, "one to start from"),
        ({"temperature_laws": {"curie_temperature_k": 220}}, "temperature to start from"),
        (
            {
                "temperature_k": 200,
                "legs": [{"frames": 2, "temperature_k": 230}],
                "temperature_laws": {"curie_temperature_k": 220},
            },
            "at 230 K the film is above its Curie temperature, 220 K",
        ),
    ],
)
def test_impossible_sweeps_are_refused_before_any_work(wrong, said):
    with pytest.raises(ValidationError, match=said):
        SweepRecipe.model_validate(SWEEP | wrong)


def test_a_film_may_be_a_preset_with_changes():
    recipe = SweepRecipe.model_validate(SWEEP | {"film": {"preset": "neel-lattice", "cells": 64}})
    preset = SweepRecipe.model_validate(SWEEP | {"film": "neel-lattice"})
    assert preset.film.cells != 64
    assert recipe.film == preset.film.model_copy(update={"cells": 64})
    with pytest.raises(UserError, match="no preset 'unobtainium'"):
        SweepRecipe.model_validate(SWEEP | {"film": "unobtainium"})


@pytest.mark.parametrize("name", sweep_names())
def test_presets_are_sweeps_that_can_be_edited(name, tmp_path):
    assert load_sweep(name).name == name
    assert len(load_sweep(name).conditions()) > 20
    own = tmp_path / "own.toml"
    own.write_text(sweep_text(name).replace("seed = 1", "seed = 7"))
    assert load_sweep(str(own)) == load_sweep(name).model_copy(update={"seed": 7})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "neither as a file nor among the presets field-loop, heating"),
        ("field_t = ", "is not TOML"),
        ('name = "x"\nfield_t = 0.4\nfilm = "neel-lattice"\nseed = -1', "seed should be .* 0"),
        ('name = "x"\nfield_t = 0.4\nfilm = "neel-lattice"\nsteps = 3', "no parameter 'steps'"),
        ('name = "x"\nfield_t = 0.4\nfilm = "neel"', "no preset 'neel'"),
    ],
)
def test_a_sweep_that_cannot_be_read_is_one_sentence(text, said, tmp_path):
    own = tmp_path / "own.toml"
    if text is not None:
        own.write_text(text)
    with pytest.raises(UserError, match=said) as error:
        load_sweep(str(own))
    assert "\n" not in str(error.value)
