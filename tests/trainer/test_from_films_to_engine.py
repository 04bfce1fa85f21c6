"""The whole road once, small: films, training with a restart, a bundle, its evaluation."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from skyrmlive.inference.bundle import EngineBundle
from skyrmlive.inference.engine import Engine
from skyrmlive.inference.segmenter import Segmenter
from skyrmlive.inference.told import TOLD
from skyrmlive.stream.errors import UserError
from skyrmlive.trainer.dataset.film_draw import draw_film
from skyrmlive.trainer.dataset.film_set import ImportedFilms, SimulatedFilms
from skyrmlive.trainer.dataset.film_store import FilmStore
from skyrmlive.trainer.dataset.labels import LabelRule
from skyrmlive.trainer.dataset.ovf import OvfField
from skyrmlive.trainer.dataset.ovf_import import import_films, look_through
from skyrmlive.trainer.dataset.ovf_writer import write_ovf
from skyrmlive.trainer.dataset.recipe_files import load_preset, preset_names
from skyrmlive.trainer.dataset.relaxed_films import film_batch
from skyrmlive.trainer.dataset.simulate import simulate_films
from skyrmlive.trainer.engine.engine_writer import write_engine
from skyrmlive.trainer.engine.weights import weights_of
from skyrmlive.trainer.learning.architectures import BlockNetwork, PaperNetwork
from skyrmlive.trainer.learning.degradation import Degradation
from skyrmlive.trainer.learning.examples import ExampleSource, split_films, turned
from skyrmlive.trainer.learning.noise import with_gaussian_noise
from skyrmlive.trainer.learning.optics import Optics
from skyrmlive.trainer.learning.published_noise import PublishedNoise
from skyrmlive.trainer.learning.training import Training
from skyrmlive.trainer.learning.training_recipe import PRESETS, TrainingPlan, TrainingRecipe
from skyrmlive.trainer.lorentz.fresnel import lorentz_image
from skyrmlive.trainer.lorentz.microscope import Microscope
from skyrmlive.trainer.micromagnetics.effective_field import EffectiveField
from skyrmlive.trainer.micromagnetics.relaxation import RelaxationPlan
from skyrmlive.trainer.micromagnetics.start_states import placed_skyrmions

#: A training, on a machine that may be busy.
pytestmark = pytest.mark.timeout(600)

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
    network=BlockNetwork(filters=16, levels=3, block=4),
    plan=TrainingPlan(
        steps=60,
        batch=4,
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
        ExampleSource(films, recipe.labels, recipe.optics, recipe.degradation)
        for films in split_films(stores)
    ]


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
    source, validation = sources([films])
    losses = []
    first = Training(folder, TINY, "cpu")
    for report in first.run(source, validation):
        losses.append(report["loss"])
        if report["step"] == 30:
            break
    second = Training(folder, TINY, "cpu")
    assert second.step == 30
    for report in second.run(source, validation):
        losses.append(report["loss"])
    bundle = write_engine(folder / "tiny", "tiny", second, [films], source, validation)
    return folder, losses, second, bundle, validation


def test_training_learns_and_resumes(trained):
    folder, losses, training, _, _ = trained
    assert len(losses) == 60
    assert np.mean(losses[-10:]) < 0.93 * np.mean(losses[:10])
    history = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    assert [line["step"] for line in history] == [30, 60]
    assert training.step == 60
    other = TINY.model_copy(update={"network": BlockNetwork(filters=4)})
    with pytest.raises(UserError, match="another network"):
        Training(folder, other, "cpu")


def test_training_stops_when_validation_no_longer_improves(films, tmp_path):
    plan = TINY.plan.model_copy(
        update={
            "validate_every": 1,
            "patience": 2,
            "learning_rate": 1e-30,
            "validation_examples": 1,
        }
    )
    recipe = TINY.model_copy(update={"plan": plan})
    training = Training(tmp_path, recipe, "cpu")
    steps = [report["step"] for report in training.run(*sources([films], recipe))]
    assert steps[-1] < 60
    assert training.is_over


def test_the_bundle_runs_and_gives_what_torch_gives(trained):
    _, _, training, bundle, _ = trained
    engine = Engine.from_bundle(EngineBundle.load(bundle.path))
    rng = np.random.default_rng(0)
    image = rng.standard_normal((1, 1, 96, 160)).astype(np.float32)
    told = training.best.told_middle.numpy()[None] + 0.1
    with torch.no_grad():
        expected = training.best.eval()(torch.from_numpy(image), torch.from_numpy(told))
    found = engine.backend.infer(image, told)
    np.testing.assert_allclose(found.probability, torch.sigmoid(expected.logits), atol=2e-3)
    np.testing.assert_allclose(found.log_diameter, expected.log_diameter, atol=5e-3)
    for model in (bundle.model_onnx, bundle.half_model_onnx):
        assert str(Path(__file__).parents[2]).encode() not in model, "it tells nobody's folders"
    assert bundle.condition.mask_definition == "Mz < 0.98, eroded by 1 cell"
    assert "| 100 |" in bundle.card
    assert bundle.reliability.familiarity is not None


def test_another_training_starts_from_the_bundle(trained, tmp_path):
    _, _, training, bundle, _ = trained
    again = Training(tmp_path, TINY, "cpu", weights_of(bundle))
    for name, value in training.best.state_dict().items():
        np.testing.assert_allclose(again.network.state_dict()[name], value, rtol=1e-3, atol=1e-4)
    paper = TINY.model_copy(update={"network": PaperNetwork(filters=4)})
    with pytest.raises(UserError, match="another network"):
        Training(tmp_path / "paper", paper, "cpu", weights_of(bundle))


def test_the_papers_network_makes_an_engine_too(films, tmp_path):
    plan = TINY.plan.model_copy(update={"steps": 2, "validate_every": 2})
    recipe = TINY.model_copy(update={"network": PaperNetwork(filters=4), "plan": plan})
    training = Training(tmp_path / "run", recipe, "cpu")
    source, validation = sources([films], recipe)
    for _ in training.run(source, validation):
        pass
    bundle = write_engine(tmp_path / "paper", "paper", training, [films], source, validation)
    engine = Engine.from_bundle(bundle)
    image = np.random.default_rng(0).standard_normal((1, 1, 64, 64)).astype(np.float32)
    assert engine.backend.infer(image, np.zeros((1, TOLD), np.float32)).log_diameter is None
    assert len(Segmenter(engine).segment(image[0, 0]).labels) == 64


def test_the_papers_network_has_its_number_of_parameters():
    network = PRESETS.load("paper").network.build()
    assert sum(p.numel() for p in network.parameters()) == pytest.approx(790e3, rel=0.005)


@pytest.mark.parametrize("name", PRESETS.names())
def test_recipes_that_come_along_are_whole(name):
    recipe = PRESETS.load(name)
    assert recipe.name == name
    assert recipe.films
    assert all(wanted.preset in preset_names() for wanted in recipe.films)


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
    plan = TINY.plan.model_copy(update={"steps": 2, "validate_every": 2})
    recipe = TINY.model_copy(update={"plan": plan})
    source, validation = sources([mumax_films], recipe)
    assert source.window == (32, 256)
    rng = np.random.default_rng(0)
    for _ in range(8):
        image, told, labels = source.draw(rng)
        assert image.shape == (1, 32, 256)
        assert labels.shape == (3, 32, 256)
        assert told.shape == (TOLD,)
        np.testing.assert_allclose(told[:2], (-2, 20), rtol=0.4)
        assert np.isfinite(image).all()
        # a core lies in its mask wherever the window was cut
        assert (labels[0][labels[1] > 0.5] > 0.5).mean() > 0.9
    training = Training(tmp_path / "run", recipe, "cpu")
    for _ in training.run(source, validation):
        pass
    bundle = write_engine(tmp_path / "tiny", "tiny", training, [mumax_films], source, validation)
    assert bundle.condition.description.startswith("Skyrmions at 200 kV")
    assert "OVF files of" in bundle.card


def test_an_open_film_is_seen_in_vacuum_not_beside_itself(mumax_films):
    """Its image is that of the same film in a far larger box, not that of a periodic one."""
    source = ExampleSource([(mumax_films, [0])], LabelRule(), OPTICS, DEGRADATION)
    image, labels = source.clean(0, -2e6, 20.0, 0, False)
    assert image.shape == (40, 270)
    assert labels.shape == (3, 40, 270)
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


@pytest.mark.parametrize("network", [BlockNetwork(filters=8), PaperNetwork(filters=4)])
def test_a_pixel_sees_no_farther_than_the_networks_reach(network):
    torch.manual_seed(0)
    built = network.build().eval()
    side = 2 * (built.reach // 32 + 3) * 32
    image = torch.randn(1, 1, side, side, requires_grad=True)
    middle = side // 2 + 5
    built(image, torch.zeros(1, TOLD)).logits[0, :, middle, middle].sum().backward()
    assert image.grad is not None
    y, x = np.nonzero(image.grad[0, 0].numpy())
    farthest = max(np.abs(y - middle).max(), np.abs(x - middle).max())
    assert 0.3 * built.reach < farthest <= built.reach
