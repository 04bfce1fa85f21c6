"""A training with a restart, its bundle, and what the bundle is good for."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from skyrmlive.inference.bundle import EngineBundle
from skyrmlive.inference.engine import Engine
from skyrmlive.stream.errors import UserError
from skyrmlive.trainer.engine.engine_writer import write_engine
from skyrmlive.trainer.engine.weights import weights_of
from skyrmlive.trainer.learning.architectures import BlockNetwork, PaperNetwork
from skyrmlive.trainer.learning.optics import Optics
from skyrmlive.trainer.learning.sense_fit import fit_size_sense
from skyrmlive.trainer.learning.training import Training

from ..inference.samples import network_inputs
from .small_training import TINY, sources

#: A training, on a machine that may be busy.
pytestmark = [pytest.mark.timeout(600), pytest.mark.long]


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
    other = TINY.model_copy(update={"network": BlockNetwork(widths=(4, 8))})
    with pytest.raises(UserError, match="another network"):
        Training(folder, other, "cpu")


@pytest.mark.parametrize("steps", [2, 0])  # none before them, where an engine goes on
def test_the_last_steps_leave_the_sense_of_size_as_it_was_fitted(films, tmp_path, steps):
    """And an interrupted end is gone on with."""
    recipe = TINY.planned(steps=steps, finish_steps=4, validate_every=2)
    source, validation = sources([films], recipe)
    training = Training(tmp_path, recipe, "cpu")
    list(training.run(source, validation))
    assert not training.is_finishing
    fit_size_sense(training.best, source, 40)
    fitted = {name: value.clone() for name, value in training.best.state_dict().items()}
    for report in training.finishing().run(source, validation):
        if report["step"] == 2:
            break
    # a run that is gone on with need not fit the sense again
    assert Training(tmp_path, recipe, "cpu").is_finishing
    finish = training.finishing()
    assert finish.step == 2
    list(finish.run(source, validation))
    training.end_with(finish)
    assert training.step == steps + 4
    changed = {n for n, value in training.best.state_dict().items() if not value.equal(fitted[n])}
    assert "head.weight" in changed
    assert not any(name.startswith("size_sense") for name in changed)
    # the engine's recipe is the whole one
    assert training.recipe.plan == recipe.plan


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


@pytest.mark.parametrize("tilt_deg", [20.0, 25.0])
def test_a_score_on_other_examples_is_not_kept(films, tmp_path, tilt_deg):
    """Nobody who goes on with a run beats the score of an easier recipe."""
    plan = TINY.plan.model_copy(
        update={"steps": 2, "validate_every": 1, "validation_examples": 1, "batch": 1}
    )
    recipe = TINY.model_copy(update={"plan": plan})
    training = Training(tmp_path, recipe, "cpu")
    next(training.run(*sources([films], recipe)))
    training.best_score = 2.0
    training.save()
    changed = recipe.model_copy(update={"optics": Optics.around(-2e6, tilt_deg)})
    again = Training(tmp_path, changed, "cpu")
    list(again.run(*sources([films], changed)))
    assert (again.best_score == 2.0) == (tilt_deg == 20.0)


def test_the_bundle_runs_and_gives_what_torch_gives(trained):
    _, _, training, bundle, _ = trained
    engine = Engine.from_bundle(EngineBundle.load(bundle.path), "f32")
    rng = np.random.default_rng(0)
    given = network_inputs(rng, 1, 96, 160)
    given["told"] = training.best.told_middle.numpy()[None] + 0.1
    with torch.no_grad():
        expected = training.best.eval()(*map(torch.from_numpy, given.values()))
    found = engine.backend.infer(*given.values())
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
