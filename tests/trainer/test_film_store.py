"""The store of a set: what is there, what is refused, what was torn or damaged."""

import json

import numpy as np
import pytest

from skyrmlive.stream.errors import UserError
from skyrmlive.trainer.dataset.film_set import SimulatedFilms
from skyrmlive.trainer.dataset.film_store import FilmStore
from skyrmlive.trainer.dataset.recipe_files import load_preset
from skyrmlive.trainer.micromagnetics.relaxation import RelaxationPlan

RECIPE = load_preset("neel-lattice").model_copy(update={"cells": 32})
FILMS = SimulatedFilms(recipe=RECIPE, plan=RelaxationPlan(), seed=7)


@pytest.fixture
def made(tmp_path):
    """A set with room for four films, of which three are there."""
    store = FilmStore.create(tmp_path / "set", RECIPE.grid, FILMS, 4)
    for index in range(3):
        add(store, index)
    return store


def add(store, index):
    m = np.zeros((3, 32, 32))
    m[index % 3] = 1
    store.write_arrays(index, m, np.full((32, 32), 1e5 + index))
    store.register({"index": index, "skyrmions": index})


def chunk(store, index):
    return store.path / "magnetisation" / "c" / str(index) / "0" / "0" / "0"


def reopened(store, capacity=4):
    return FilmStore.create(store.path, RECIPE.grid, FILMS, capacity)


def test_films_read_back(made):
    store = FilmStore.open(made.path)
    assert (store.grid, store.provenance, store.capacity) == (RECIPE.grid, FILMS, 4)
    assert [record["skyrmions"] for record in store.records()] == [0, 1, 2]
    assert (store.magnetisation(1)[1] == 1).all()
    assert (store.saturation_magnetisation(2) == 100002).all()


def test_a_set_grows(made):
    add(reopened(made, 10), 9)
    store = FilmStore.open(made.path)
    assert store.capacity == 10
    assert [record["index"] for record in store.records()] == [0, 1, 2, 9]
    assert (store.magnetisation(9)[0] == 1).all()
    assert reopened(made, 2).capacity == 10


def test_the_first_films_of_a_set_are_a_set(made):
    """Whoever asks for two films learns from two, though another has made three."""
    part = made.first(2)
    assert [record["index"] for record in part.records()] == [0, 1]
    assert (part.magnetisation(1) == made.magnetisation(1)).all()
    add(made, 3)
    assert len(part.records()) == 2
    assert len(made.records()) == len(made.first(9).records()) == 4


def test_another_recipe_seed_or_plan_is_refused(made):
    for change in (
        {"seed": 8},
        {"plan": RelaxationPlan(max_steps=3)},
        {"recipe": RECIPE.model_copy(update={"applied_field_t": (0.1, 0.1)})},
    ):
        with pytest.raises(UserError, match="another recipe or seed"):
            FilmStore.create(made.path, RECIPE.grid, FILMS.model_copy(update=change), 4)
    with pytest.raises(UserError, match="is not a set of films"):
        FilmStore.open(made.path / "nothing")


def test_a_set_of_an_earlier_version_is_refused(made):
    described = {"recipe": {"name": "paper", "cells": 256}, "plan": {}, "seed": 1, "capacity": 4}
    (made.path / "set.json").write_text(json.dumps(described))
    with pytest.raises(UserError, match="another version of skyrmlive"):
        FilmStore.open(made.path)
    with pytest.raises(UserError, match="another version of skyrmlive"):
        reopened(made)
    (made.path / "set.json").write_text("{")
    with pytest.raises(UserError, match="is not a set of films"):
        FilmStore.open(made.path)


def test_a_register_cut_at_any_byte_has_its_whole_lines(made):
    register = made.path / "films.jsonl"
    whole = register.read_bytes()
    for size in range(len(whole) + 1):
        register.write_bytes(whole[:size])
        assert len(FilmStore.open(made.path).records()) == whole[:size].count(b"\n")
    for size in range(whole.index(b"\n") + 1, len(whole)):
        register.write_bytes(whole[:size])
        store = FilmStore.open(made.path)
        store.register({"index": 3, "skyrmions": 0})
        assert [record["index"] for record in store.records()][-1] == 3
        lines = register.read_bytes().splitlines()
        assert lines[:-1] == whole.splitlines()[: len(lines) - 1]


@pytest.mark.parametrize("damage", ["cut", "changed", "lost"])
def test_a_damaged_film_is_never_read_and_made_again(made, damage):
    file = chunk(made, 1)
    content = file.read_bytes()
    if damage == "lost":
        file.unlink()
    else:
        middle = len(content) // 2
        changed = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        file.write_bytes(content[:middle] if damage == "cut" else changed)
    with pytest.raises(UserError, match=r"Film 1 of .* is damaged"):
        FilmStore.open(made.path).magnetisation(1)
    store = reopened(made)
    assert [record["index"] for record in store.records()] == [0, 2]
    add(store, 1)
    assert (FilmStore.open(made.path).magnetisation(1)[1] == 1).all()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"Writing to .* failed: Not a directory"):
        FilmStore.create(tmp_path / "file" / "set", RECIPE.grid, FILMS, 4)
