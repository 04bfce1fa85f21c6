"""Kills, a full disk and any split of the work: the set is the same, or waits for the same."""

import filecmp
import json
import multiprocessing
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from skyrmlive.stream.errors import UserError
from skyrmlive.trainer.dataset.film_recipe import FilmRecipe
from skyrmlive.trainer.dataset.film_set import SimulatedFilms
from skyrmlive.trainer.dataset.film_store import FilmStore
from skyrmlive.trainer.dataset.relaxed_films import relax_draws
from skyrmlive.trainer.dataset.simulate import simulate_films
from skyrmlive.trainer.micromagnetics.relaxation import RelaxationPlan
from skyrmlive.trainer.torch_threads import torch_threads

KILLS = Path(__file__).parents[2] / "benchmarks" / "kills.py"
RECIPE = FilmRecipe.model_validate(
    {
        "name": "tiny",
        "cells": 32,
        "applied_field_t": (0.2, 0.6),
        "saturation_magnetisation": (1.5e5, 3e5),
        "exchange_stiffness": (1.1e-11, 1.9e-11),
        "interfacial_dmi": (1e-3, 1.3e-3),
        "grain_size_nm": 40,
        "grain_spread": (0.0, 0.2),
    }
)
PLAN = RelaxationPlan(steps_before=50, check_every=20, max_steps=300, settled_energy=1e-3)
FILMS = SimulatedFilms(recipe=RECIPE, plan=PLAN, seed=3)
COUNT = 8


def run(folder, *, batch=1, workers=1):
    store = FilmStore.create(folder, RECIPE.grid, FILMS, COUNT)
    for _ in simulate_films(store, COUNT, batch, workers, "cpu"):
        pass
    return store


def differing(folder, other):
    names = sorted(
        path.relative_to(root).as_posix()
        for root in (folder, other)
        for path in root.rglob("*")
        if path.is_file()
    )
    _, unlike, missing = filecmp.cmpfiles(folder, other, names, shallow=False)
    return unlike + missing


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The set of an uninterrupted run of one process, film by film."""
    folder = tmp_path_factory.mktemp("whole") / "set"
    store = run(folder)
    # films that settle at different times, so that batches thin out
    assert len({record["steps"] for record in store.records()}) > 2
    return folder


@pytest.mark.parametrize(("batch", "workers"), [(3, 1), (4, 1), (8, 1), (1, 2)])
def test_the_set_does_not_depend_on_batch_and_workers(whole, tmp_path, batch, workers):
    run(tmp_path / "set", batch=batch, workers=workers)
    assert differing(whole, tmp_path / "set") == []


def test_batches_in_one_process_with_workers_around_it_give_the_same_set(
    whole, tmp_path, monkeypatch
):
    """The way of a GPU: here its batches are relaxed on the CPU, by one thread as there."""

    def relax_on_one_thread(draws, films_of_set, device):
        with torch_threads(1):
            return relax_draws(draws, films_of_set, "cpu")

    monkeypatch.setattr("skyrmlive.trainer.dataset.simulate.relax_draws", relax_on_one_thread)
    store = FilmStore.create(tmp_path / "set", RECIPE.grid, FILMS, COUNT)
    try:
        assert len(list(simulate_films(store, COUNT, batch=3, workers=2, device="cuda"))) == COUNT
    finally:
        torch.use_deterministic_algorithms(False)
    assert differing(whole, tmp_path / "set") == []


@pytest.mark.skipif(sys.platform != "linux", reason="forks and process groups")
def test_killed_runs_go_on_to_the_same_set(tmp_path):
    """Three kills at random instants; `benchmarks/kills.py` has two hundred."""
    figures = tmp_path / "figures.json"
    subprocess.run([sys.executable, KILLS, "--kills", "3", "--json", figures], check=True)
    found = json.loads(figures.read_text())
    assert found["kills"] >= 3
    assert found["identical_sets"] == found["sets"] >= 1


def test_a_killed_worker_is_one_sentence_and_the_run_can_go_on(whole, tmp_path):
    store = FilmStore.create(tmp_path / "set", RECIPE.grid, FILMS, COUNT)
    films = simulate_films(store, COUNT, batch=1, workers=2, device="cpu")
    next(films)
    for worker in multiprocessing.active_children():
        worker.kill()
    with pytest.raises(UserError, match=r"A worker was killed.* are kept"):
        list(films)
    assert store.records()
    run(tmp_path / "set")
    assert differing(whole, tmp_path / "set") == []


def stopped_by_disk(folder, reason):
    """Run until the disk refuses; return how many films were done, all of them whole."""
    with pytest.raises(UserError, match=reason) as stopped:
        run(folder)
    said = str(stopped.value)
    assert "\n" not in said
    assert "the same command goes on" in said
    store = FilmStore.open(folder)
    for record in store.records():
        store.magnetisation(record["index"])
        store.saturation_magnetisation(record["index"])
    return len(store.records())


def test_a_file_that_may_not_grow_stops_the_run_cleanly(whole, tmp_path):
    """The register outgrows the limit first: its line is taken back, not left torn."""
    register = (whole / "films.jsonl").read_bytes()
    chunk = max(path.stat().st_size for path in whole.rglob("c/*/0/0/0"))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    folder = tmp_path / "set"
    resource.setrlimit(resource.RLIMIT_FSIZE, (chunk - 100, hard))
    try:
        stopped_by_disk(folder, "File too large")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    run(folder)
    assert differing(whole, folder) == []
    assert (folder / "films.jsonl").read_bytes() == register


def test_a_full_disk_stops_the_run_and_the_rest_follows(whole, disk_of_size):
    folder = disk_of_size("80k") / "set"  # room for a few of these films
    done = stopped_by_disk(folder, "No space left on device")
    assert 0 < done < COUNT
    # once more, with the disk still full: nothing is lost
    assert stopped_by_disk(folder, "No space left on device") == done
    disk_of_size("10m")
    run(folder)
    assert differing(whole, folder) == []
