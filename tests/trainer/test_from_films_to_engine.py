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
from skyrmlive.trainer.dataset.film_draw import draw_film
from skyrmlive.trainer.dataset.film_set import ImportedFilms, SimulatedFilms
from skyrmlive.trainer.dataset.film_store import FilmStore
from skyrmlive.trainer.dataset.labels import LabelRule
from skyrmlive.trainer.dataset.ovf import OvfField
from skyrmlive.trainer.dataset.ovf_import import import_films, look_through
from skyrmlive.trainer.dataset.ovf_writer import write_ovf
from skyrmlive.trainer.dataset.recipe_files import load_preset
from skyrmlive.trainer.dataset.relaxed_films import film_batch
from skyrmlive.trainer.dataset.simulate import simulate_films
from skyrmlive.trainer.learning.engine_writer import write_engine
from skyrmlive.trainer.learning.evaluation import (
    evaluate,
    pairs_from_films,
    pairs_from_folder,
    plot_scores,
    summarise,
)
from skyrmlive.trainer.learning.examples import ExampleSource, Optics, split_films, turned
from skyrmlive.trainer.learning.noise import NoiseRecipe, with_gaussian_noise
from skyrmlive.trainer.learning.training import Training, TrainingPlan
from skyrmlive.trainer.lorentz.fresnel import lorentz_image
from skyrmlive.trainer.lorentz.microscope import Microscope
from skyrmlive.trainer.micromagnetics.effective_field import EffectiveField
from skyrmlive.trainer.micromagnetics.relaxation import RelaxationPlan
from skyrmlive.trainer.micromagnetics.start_states import placed_skyrmions

RECIPE = load_preset("neel-lattice").model_copy(update={"cells": 64, "placed_share": 1.0})
FILM_SOURCE = SimulatedFilms(
    recipe=RECIPE, plan=RelaxationPlan(steps_before=40, max_steps=100), seed=7
)
OPTICS = Optics(Microscope(), -2e6, 20.0)
FILMS = 12


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    path = tmp_path_factory.mktemp("films") / "set"
    store = FilmStore.create(path, RECIPE.grid, FILM_SOURCE, FILMS)
    for _ in simulate_films(store, FILMS, batch=3, workers=1, device="cpu"):
        pass
    return store


def test_films_are_unit_vectors_with_skyrmions(films):
    m = films.magnetisation(0)
    assert m.shape == (3, 64, 64)
    np.testing.assert_allclose(np.linalg.norm(m, axis=0), 1, atol=2e-3)
    assert films.records()[0]["skyrmions"] > 0
    assert np.ptp(films.saturation_magnetisation(0)) >= 0


def test_a_field_against_the_beam_is_kept_as_one_with_it(tmp_path):
    """They are kept reversed, so that the background points along +z."""
    records = []
    for name, field_t in (("against", -0.49), ("along", 0.49)):
        recipe = RECIPE.model_copy(update={"applied_field_t": (field_t, field_t)})
        source = FILM_SOURCE.model_copy(update={"recipe": recipe})
        store = FilmStore.create(tmp_path / name, RECIPE.grid, source, 1)
        records += simulate_films(store, 1, batch=1, workers=1, device="cpu")
        assert store.magnetisation(0)[2].mean() > 0
    assert [record["reversed"] for record in records] == [True, False]
    for quantity in ("applied_field_t", "energy_j", "skyrmions", "mean_diameter_nm"):
        assert records[0][quantity] == pytest.approx(records[1][quantity], rel=1e-3)
    assert records[0]["skyrmions"] > 0


def test_noise_is_measured_against_the_mean():
    rng = np.random.default_rng(0)
    image = np.full((400, 400), 0.4, dtype=np.float32)
    assert with_gaussian_noise(image, 50.0, rng).std() == pytest.approx(0.2, rel=0.01)


@pytest.fixture(scope="module")
def trained(films, tmp_path_factory):
    """Train 30 steps, stop, go on to 60: as after a power cut."""
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


@pytest.fixture(scope="module")
def mumax_films(tmp_path_factory):
    """Ten oblong films with edges, larger than an example, as mumax3 would have left them."""
    folder = tmp_path_factory.mktemp("mumax")
    rng = np.random.default_rng(0)
    for number in range(10):
        centres = rng.uniform((15, 20), (25, 250), (4, 2))
        m = placed_skyrmions((40, 270), centres, 6.0, 2.0)
        values = np.moveaxis(m, 0, -1)[None]
        write_ovf(folder / f"m{number:06d}.ovf", OvfField(values, (3.0, 3.0, 27.5)))
    found = look_through(folder, periodic=False)
    source = ImportedFilms(folder=str(folder), files=found.files, saturation_magnetisation=2.5e5)
    store = FilmStore.create(folder / "set", found.grid, source, 10)
    for _ in import_films(store):
        pass
    return store


def test_imported_films_with_edges_go_the_same_road(mumax_films, tmp_path):
    learning, kept_back = split_films([mumax_films])
    rule, noise = LabelRule(), NoiseRecipe()
    source = ExampleSource(learning, rule, OPTICS, noise)
    validation = ExampleSource(kept_back, rule, OPTICS, noise)
    assert source.window == (32, 256)
    rng = np.random.default_rng(0)
    for _ in range(8):
        image, labels = source.draw(rng)
        assert image.shape == (1, 32, 256)
        assert labels.shape == (2, 32, 256)
        assert np.isfinite(image).all()
        # a core lies in its mask wherever the window was cut
        assert (labels[0][labels[1] > 0.5] > 0.5).mean() > 0.9
    plan = TrainingPlan(steps=2, batch=2, filters=4, validate_every=2)
    training = Training(tmp_path / "run", plan, "cpu")
    for _ in training.run(source, validation):
        pass
    bundle = write_engine(tmp_path / "tiny", "tiny", training, [mumax_films], validation, rule)
    assert bundle.condition.description.startswith("Skyrmions at 200 kV")
    assert "OVF files of" in bundle.card
    (pair,) = pairs_from_films(validation)
    assert pair.image.shape == (40, 270)


def test_an_open_film_is_seen_in_vacuum_not_beside_itself(mumax_films):
    """Its image is that of the same film in a far larger box, not that of a periodic one."""
    source = ExampleSource([(mumax_films, [0])], LabelRule(), OPTICS, NoiseRecipe())
    image, labels = source.clean(0, -2e6, 20.0, 0, False)
    assert image.shape == (40, 270)
    assert labels.shape == (2, 40, 270)
    m = mumax_films.magnetisation(0) * mumax_films.saturation_magnetisation(0)

    def seen(around):
        padded = np.pad(m, [(0, 0), (around, around), (around, around)])
        wide = lorentz_image(torch.tensor(padded)[None], 3.0, 27.5, Microscope(), -2e6, 20.0)
        return wide[0, around : around + 40, around : around + 270].numpy()

    far, periodic = seen(300), seen(0)
    contrast = np.ptp(far)
    assert np.abs(image - far).max() < 0.05 * contrast
    assert np.abs(periodic - far).max() > 0.2 * contrast


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
def test_a_turned_film_is_what_turned_places_and_vectors_make(quarter_turns, mirrored):
    """A turned or mirrored Neel skyrmion is the Neel skyrmion at the turned or mirrored place."""
    place = np.zeros((48, 48))
    place[8, 12] = 1

    def neel(at):
        return placed_skyrmions(at.shape, np.argwhere(at).astype(float), 4.0, 1.5)

    moved = np.rot90(place, quarter_turns)
    moved = moved[:, ::-1] if mirrored else moved
    np.testing.assert_allclose(turned(neel(place), quarter_turns, mirrored), neel(moved), atol=1e-6)


@pytest.mark.parametrize(
    ("term", "texture", "is_symmetric"),
    [
        ("interfacial_dmi", "neel", True),
        ("bulk_dmi", "bloch", False),
        ("d2d_dmi", "antiskyrmion", False),
    ],
)
def test_only_films_that_a_mirror_leaves_possible_are_mirrored(term, texture, is_symmetric):
    """A mirror turns the energy of bulk and D2d DMI into its opposite, that of interfacial not."""
    off = {"interfacial_dmi": (0.0, 0.0), "applied_field_t": (0.4, 0.4)}
    recipe = RECIPE.model_copy(update={**off, term: (1e-3, 1e-3), "texture": texture})
    draw = draw_film(recipe, 0, 0)
    field = EffectiveField(film_batch([draw], recipe), 0.4)

    def dmi_energy(m):
        energies = field.energies(torch.tensor(m, dtype=torch.float64)[None])
        return float(next(e for name, e in energies.items() if term.split("_")[0] in name))

    mirrored = dmi_energy(turned(draw.start, 0, True))
    sign = 1 if is_symmetric else -1
    assert mirrored == pytest.approx(sign * dmi_energy(draw.start), rel=1e-3)
    assert FILM_SOURCE.model_copy(update={"recipe": recipe}).mirror_symmetric == is_symmetric
