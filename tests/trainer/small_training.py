"""The smallest films, optics and network that a whole training can be made of."""

from skyrmlive.trainer.dataset.film_set import SimulatedFilms
from skyrmlive.trainer.dataset.recipe_files import load_preset
from skyrmlive.trainer.learning.architectures import BlockNetwork
from skyrmlive.trainer.learning.degradation import Degradation
from skyrmlive.trainer.learning.examples import ExampleSource
from skyrmlive.trainer.learning.film_split import split_films
from skyrmlive.trainer.learning.optics import Optics
from skyrmlive.trainer.learning.published_noise import PublishedNoise
from skyrmlive.trainer.learning.training_recipe import TrainingPlan, TrainingRecipe
from skyrmlive.trainer.micromagnetics.relaxation import RelaxationPlan

FILMS = 12
RECIPE = load_preset("neel-lattice").model_copy(update={"cells": 64, "placed_share": 1.0})
FILM_SOURCE = SimulatedFilms(
    recipe=RECIPE, plan=RelaxationPlan(steps_before=40, max_steps=100), seed=7
)
OPTICS = Optics.around(-2e6, 20.0)
NO_SHARES = {"blur_share": 0, "poisson_share": 0, "salt_and_pepper_share": 0}
DEGRADATION = Degradation(
    published_share=0.5, published=PublishedNoise(**NO_SHARES, gaussian_percent=20.0)
)
TINY = TrainingRecipe(
    name="tiny",
    optics=OPTICS,
    degradation=DEGRADATION,
    network=BlockNetwork(widths=(16, 32)),
    plan=TrainingPlan(
        steps=60,
        optimiser="muon",
        batch=4,
        window=64,
        validate_every=30,
        validation_examples=8,
        warm_up_steps=10,
        reliability_frames=20,
        loader_processes=0,
        average_decay=0.9,
    ),
)


def sources(stores, recipe=TINY):
    """Return what to learn from and what is kept back."""
    return [
        ExampleSource(
            films, recipe.labels, recipe.optics, recipe.degradation, window=recipe.plan.window
        )
        for films in split_films(stores, recipe.plan.window)
    ]
