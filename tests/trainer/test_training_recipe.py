"""How a recipe changes when an engine goes on by it."""

from skyrmlive.trainer.learning.training_recipe import PRESETS

RECIPE = PRESETS.load("neel-2mm-20deg").planned(steps=700, batch=None)


def test_an_engine_goes_on_with_large_films_its_sense_of_size_as_it_is():
    gone_on = RECIPE.going_on("mine")
    assert gone_on.start_from == "mine"
    assert all(films.fill(gone_on.plan.window) for films in gone_on.films)
    plan = gone_on.plan
    assert (plan.steps, plan.finish_steps, plan.sense_examples) == (700, 0, 0)
    assert (plan.frame_size_weight, plan.seed) == (0, RECIPE.plan.seed + 1)
    assert plan.batch == RECIPE.plan.batch


def test_with_a_sense_fitted_anew_its_steps_come_behind_that():
    plan = RECIPE.going_on("mine", sense_examples=5000).plan
    assert (plan.steps, plan.sense_examples, plan.finish_steps) == (0, 5000, 700)
    assert plan.finish_learning_rate == RECIPE.plan.learning_rate
