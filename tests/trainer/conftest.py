"""Films that several files of tests learn from."""

import pytest

from skyrmlive.trainer.dataset.film_store import FilmStore
from skyrmlive.trainer.dataset.simulate import simulate_films

from .small_training import FILM_SOURCE, FILMS, RECIPE


@pytest.fixture(scope="session")
def films(tmp_path_factory):
    """A few small films of Neel skyrmions; not to be changed."""
    path = tmp_path_factory.mktemp("films") / "set"
    store = FilmStore.create(path, RECIPE.grid, FILM_SOURCE, FILMS)
    for _ in simulate_films(store, FILMS, batch=3, workers=1, device="cpu"):
        pass
    return store
