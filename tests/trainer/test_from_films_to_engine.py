"""The whole road once, small: films, training with a restart, a bundle, its evaluation."""

import json

import numpy as np
import pandas as pd
import pytest
import tifffile
import torch

from skyrmlive.inference.bundle import EngineBundle
from skyrmlive.inference.engine import Engine
from skyrmlive.stream.errors import UserError
from skyrmlive.trainer.dataset.film_recipe import PRESETS, draw_film
from skyrmlive.trainer.dataset.film_store import FilmStore
from skyrmlive.trainer.dataset.labels import LabelRule
from skyrmlive.trainer.dataset.simulate import simulate_films
from skyrmlive.trainer.learning.engine_writer import write_engine
from skyrmlive.trainer.learning.evaluation import (
    evaluate,
    pairs_from_films,
    pairs_from_folder,
    plot_scores,
    summarise,
)
from skyrmlive.trainer.learning.examples import ExampleSource, Optics, split_films
from skyrmlive.trainer.learning.noise import NoiseRecipe, with_gaussian_noise
from skyrmlive.trainer.learning.training import Training, TrainingPlan
from skyrmlive.trainer.lorentz.microscope import Microscope
from skyrmlive.trainer.micromagnetics.multiresolution import RelaxationPlan

RECIPE = PRESETS["paper"].model_copy(update={"cells": 64, "placed_share": 1.0})
QUICK = RelaxationPlan(
    fine_steps_before=20, coarse_steps_max=50, check_every=25, fine_steps_after=20
)
OPTICS = Optics(Microscope(), -2e6, 20.0)
FILMS = 12


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("films") / "set"
    first = FilmStore.create(path, RECIPE, QUICK, 7, FILMS)
    for _ in simulate_films(first, 5, batch=2, workers=1, device="cpu"):
        pass
    return path, FilmStore.create(path, RECIPE, QUICK, 7, FILMS)


def test_an_interrupted_set_goes_on_and_equals_one_made_at_once(store, tmp_path):
    path, films = store
    before = {record["index"]: record for record in films.records()}
    assert sorted(before) == [0, 1, 2, 3, 4]
    # a torn last line, as a kill leaves it
    with (path / "films.jsonl").open("a") as register:
        register.write('{"index": 5, "sta')
    new = list(simulate_films(films, FILMS, batch=3, workers=1, device="cpu"))
    assert sorted(record["index"] for record in new) == list(range(5, FILMS))
    assert [record["index"] for record in films.records()] == list(range(FILMS))

    other = FilmStore.create(tmp_path / "at-once", RECIPE, QUICK, 7, FILMS)
    for _ in simulate_films(other, 2, batch=2, workers=1, device="cpu"):
        pass
    np.testing.assert_allclose(other.magnetisation(1), films.magnetisation(1), atol=2e-3)


def test_films_are_unit_vectors_with_skyrmions(store):
    _, films = store
    m = films.magnetisation(0)
    assert m.shape == (3, 64, 64)
    np.testing.assert_allclose(np.linalg.norm(m, axis=0), 1, atol=2e-3)
    assert films.records()[0]["skyrmions"] > 0
    assert np.ptp(films.saturation_magnetisation(0)) >= 0


def test_another_recipe_or_seed_is_refused(store):
    path, _ = store
    with pytest.raises(UserError, match="another recipe or seed"):
        FilmStore.create(path, RECIPE, QUICK, 8, FILMS)
    with pytest.raises(UserError, match="not a set of films"):
        FilmStore.open(path / "nothing")


def test_drawn_films_keep_to_the_ranges_and_depend_on_the_seed_only():
    recipe = PRESETS["paper"]
    draws = [draw_film(recipe, 3, index) for index in range(6)]
    for draw in draws:
        ms = draw.saturation_magnetisation
        assert ms.min() >= recipe.saturation_magnetisation[0]
        assert ms.max() <= recipe.saturation_magnetisation[1]
        assert recipe.interfacial_dmi[0] <= draw.interfacial_dmi <= recipe.interfacial_dmi[1]
    again = draw_film(recipe, 3, 2)
    np.testing.assert_array_equal(again.start, draws[2].start)
    assert draw_film(recipe, 4, 2).interfacial_dmi != draws[2].interfacial_dmi


def test_noise_is_measured_against_the_mean():
    rng = np.random.default_rng(0)
    image = np.full((400, 400), 0.4, dtype=np.float32)
    assert with_gaussian_noise(image, 50.0, rng).std() == pytest.approx(0.2, rel=0.01)


@pytest.fixture(scope="module")
def trained(store, tmp_path_factory):
    """Train 30 steps, stop, go on to 60: as after a power cut."""
    _, films = store
    for _ in simulate_films(films, FILMS, batch=3, workers=1, device="cpu"):
        pass
    folder = tmp_path_factory.mktemp("run")
    learning, kept_back = split_films([films])
    rule, noise = LabelRule(), NoiseRecipe(gaussian_percent=(0.0, 20.0))
    source = ExampleSource(learning, rule, OPTICS, noise)
    validation = ExampleSource(kept_back, rule, OPTICS, noise)
    plan = TrainingPlan(
        steps=60, batch=4, filters=8, validate_every=30, warm_up_steps=10, average_decay=0.9
    )
    losses = []
    first = Training(folder, plan, "cpu")
    for report in first.run(source, validation):
        losses.append(report["loss"])
        if report["step"] == 30:
            break
    second = Training(folder, plan, "cpu")
    assert second.step == 30
    for report in second.run(source, validation):
        losses.append(report["loss"])
    bundle = write_engine(folder / "tiny", "tiny", second, [films], validation, rule)
    return folder, losses, second, bundle, validation


def test_training_learns_and_resumes(trained):
    folder, losses, training, _, _ = trained
    assert len(losses) == 60
    assert np.mean(losses[-10:]) < 0.93 * np.mean(losses[:10])
    history = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    assert [line["step"] for line in history] == [30, 60]
    assert training.step == 60
    with pytest.raises(UserError, match="another network"):
        Training(folder, training.plan.model_copy(update={"filters": 4}), "cpu")


def test_the_bundle_runs_and_gives_what_torch_gives(trained):
    _, _, training, bundle, _ = trained
    engine = Engine.from_bundle(EngineBundle.load(bundle.path))
    image = np.random.default_rng(0).standard_normal((1, 1, 96, 160)).astype(np.float32)
    with torch.no_grad():
        expected = torch.sigmoid(training.average.eval()(torch.from_numpy(image))).numpy()
    np.testing.assert_allclose(engine.backend.infer(image), expected, atol=2e-3)
    assert bundle.condition.mask_definition == "Mz < 0.97, eroded by 1 cell"
    assert "| 100 |" in bundle.card


def test_evaluation_of_films_and_of_a_folder_agree(trained, tmp_path):
    _, _, _, bundle, validation = trained
    engine = Engine.from_bundle(bundle)
    pairs = list(pairs_from_films(validation))
    for number, pair in enumerate(pairs):
        tifffile.imwrite(tmp_path / f"{number:02d}_image.tif", pair.image)
        tifffile.imwrite(tmp_path / f"{number:02d}_label.tif", pair.mask.astype(np.uint8))
    from_films = summarise(evaluate(engine, pairs, (0.0, 50.0)))
    from_folder = summarise(evaluate(engine, pairs_from_folder(tmp_path), (0.0, 50.0)))
    mask_scores = ["subset_accuracy", "f1", "jaccard", "area_ratio"]
    pd.testing.assert_frame_equal(from_films[mask_scores], from_folder[mask_scores])
    # a folder of masks says nothing about Mz = 0
    assert from_folder["diameter_ratio"].isna().all()
    assert from_films["diameter_ratio"].notna().all()
    assert list(from_films.index) == [0.0, 50.0]
    plot_scores(from_films, "tiny", tmp_path / "scores.png")
    assert (tmp_path / "scores.png").stat().st_size > 5000
    with pytest.raises(UserError, match="no pairs"):
        next(pairs_from_folder(tmp_path / "empty"))
