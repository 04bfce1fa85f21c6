"""A whole evaluation, small: of an engine that knows the truth, and of a real one."""

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import tifffile
import torch

from skyrmlive.inference.bundle import RELIABILITY, EngineBundle, write_bundle
from skyrmlive.inference.engine_store import find_engine, load_engine
from skyrmlive.inference.frame_diameter import frame_diameter
from skyrmlive.inference.reliability import Reliability
from skyrmlive.inference.segmenter import Segmenter
from skyrmlive.stream.errors import UserError
from skyrmlive.trainer.dataset.film_grid import FilmGrid
from skyrmlive.trainer.dataset.film_set import ImportedFilms
from skyrmlive.trainer.dataset.film_statistics import film_statistics
from skyrmlive.trainer.dataset.film_store import FilmStore
from skyrmlive.trainer.dataset.labels import LabelRule
from skyrmlive.trainer.evaluation import drawing
from skyrmlive.trainer.evaluation.bends import LEFT_IN_THE_MIDDLE, bend_summary, contrasts
from skyrmlive.trainer.evaluation.conditions import (
    Condition,
    Setting,
    all_conditions,
    evaluation_axes,
)
from skyrmlive.trainer.evaluation.engine_accuracy import EngineAccuracy, EvaluationPlan
from skyrmlive.trainer.evaluation.film_processes import Bench, evaluation_source
from skyrmlive.trainer.evaluation.pairs import pairs_from_folder, score_pairs, summarise_pairs
from skyrmlive.trainer.evaluation.report import write_report
from skyrmlive.trainer.evaluation.study import StudyTables, study
from skyrmlive.trainer.evaluation.summary import axis_summary
from skyrmlive.trainer.evaluation.truth_table import true_objects
from skyrmlive.trainer.evaluation.unfamiliar_frames import KINDS, FilmViews
from skyrmlive.trainer.lorentz.bend_contour import BendContour
from skyrmlive.trainer.micromagnetics.start_states import placed_skyrmions, spread_points

FILMS, SHAPE, CELL_NM = 3, (128, 128), 3.0
RULE = LabelRule()


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Three films of placed skyrmions, the last one empty."""
    path = tmp_path_factory.mktemp("films") / "set"
    grid = FilmGrid(shape=SHAPE, cell_size_nm=CELL_NM, thickness_nm=27.5, periodic=True)
    origin = ImportedFilms(folder="nowhere", files=("a", "b", "c"))
    store = FilmStore.create(path, grid, origin, FILMS)
    for film, count in enumerate((9, 6, 0)):
        centres = spread_points(count, SHAPE, np.random.default_rng(film), rounds=60)
        m = placed_skyrmions(SHAPE, centres, 5.0, 4.5)
        store.write_arrays(film, m, np.full(SHAPE, 2e5))
        store.register({"index": film, **film_statistics(m[2], CELL_NM)})
    return store


@pytest.fixture(scope="module")
def engine():
    return load_engine()


@pytest.fixture(scope="module")
def source(films, engine):
    return evaluation_source([(films, list(range(FILMS)))], RULE, engine.condition)


class Oracle:
    """Finds exactly what is there, with sizes a tenth too large, in place of a `Segmenter`."""

    def __init__(self, source):
        self._truths = [
            true_objects(source.clean(film, -2e6, 20.0, 0, False)[1], CELL_NM)
            for film in range(len(source))
        ]
        self.asked = []

    def segment(self, pixels, metadata):
        self.asked.append((pixels, metadata))
        truth = self._truths[self.film]
        table = truth.table.assign(
            diameter_nm=1.1 * truth.table["diameter_nm"],
            diameter_low_nm=truth.table["diameter_nm"],
            diameter_high_nm=1.2 * truth.table["diameter_nm"],
            confidence=1.0,
            x=truth.table["x"] + 1,
        )
        return SimpleNamespace(
            labels=truth.labels.astype(np.uint16),
            table=table,
            mask_probability=truth.mask.astype(np.float32),
            geometry=SimpleNamespace(camera_image=lambda image: image),
            unfamiliarity=None,
            diameter=frame_diameter(table, 0.5),
        )


def test_an_engine_that_knows_the_truth_has_perfect_scores(source):
    oracle, axes = Oracle(source), evaluation_axes(Setting(-2e6, 20.0))
    axes = {name: axes[name] for name in ("dose", "tilt-not-told", "told-defocus")}
    parts = []
    for oracle.film in range(FILMS):
        parts.append(study(oracle, source, all_conditions(axes.values()), [oracle.film]))
    tables = StudyTables.joined(parts)
    assert tables.films == [0, 1, 2]
    assert len(tables.images) == FILMS * len(all_conditions(axes.values()))
    for axis in axes.values():
        summary = axis_summary(tables, axis)
        assert (summary[["jaccard", "f1", "subset_accuracy", "ap50", "recall"]] == 1).all(axis=None)
        np.testing.assert_allclose(summary["pq"], 1)
        np.testing.assert_allclose(summary["centre_error_nm"], CELL_NM)
        np.testing.assert_allclose(summary["diameter_bias_percent"], 10)
        assert (summary["coverage"] == 1).all()
        np.testing.assert_allclose(summary["frame_spread_percent"], 0, atol=1e-4)
        # half as wide as those of the skyrmions, around a mean that is 10 % too large
        assert (summary["frame_coverage"] == 0).all()
    told = {(round(m.defocus_nm), m.tilt_x_deg) for _, m in oracle.asked}
    assert told == {(-2_000_000, 20.0), (-1_800_000, 20.0), (-2_200_000, 20.0)}
    first = tables.images.iloc[0]
    # the film four times
    assert first["density_per_um2"] == pytest.approx(first["n_true"] / 0.768**2)


def test_every_kind_of_unfamiliar_frame_can_be_made(source, engine):
    views = FilmViews(source, 0, Setting.of(engine.condition))
    frames = {name: make(views, np.random.default_rng(0)) for name, make in KINDS.items()}
    ordinary = frames["ordinary"]
    for name, frame in frames.items():
        assert frame.shape == source.window
        assert np.isfinite(frame).all()
        assert name == "ordinary" or not np.array_equal(frame, ordinary)

    def likeness(name):
        return np.corrcoef(frames[name].ravel(), views.ordinary.ravel())[0, 1]

    assert likeness("ordinary") > 0.9
    assert abs(likeness("empty vacuum")) < 0.05
    assert likeness("overfocus") < -0.3
    np.testing.assert_array_equal(
        np.sort(frames["shuffled patches"], None), np.sort(ordinary, None)
    )
    np.testing.assert_array_equal(frames["axis turned by 90 degrees"], np.rot90(ordinary))
    assert (frames["saturated"] == frames["saturated"].max()).mean() > 0.1


@pytest.fixture(scope="module")
def plan(films, source, tmp_path_factory):
    """The shipped engine on the films, and on pairs made of them."""
    folder = tmp_path_factory.mktemp("pairs")
    for film in (0, 1):
        image, labels = source.clean(film, -2e6, 20.0, 0, False)
        tifffile.imwrite(folder / f"{film}_image.tif", image)
        tifffile.imwrite(folder / f"{film}_label.tif", (labels[0] > 0.5).astype(np.uint8))
    bench = Bench(find_engine(), (films.path,), RULE)
    return EvaluationPlan(bench, tuple(bench.films(limit=2)), {"others": films.path}, folder)


@pytest.fixture(scope="module")
def accuracy(plan):
    done = []
    found = plan.run(on_step=lambda: done.append(1))
    assert len(done) == plan.steps == 2 + 2 + 2 + 2
    return found


def test_a_real_engine_finds_placed_skyrmions(accuracy):
    summary = accuracy.along("noise")
    assert summary.loc[10.0, "ap50"] > 0.7
    assert summary.loc[10.0, "centre_error_nm"] < 6
    assert summary.loc[10.0, "invented_percent"] < 10
    assert (summary["films"] == 2).all()
    objects = accuracy.at_noise(10.0).skyrmions
    assert (objects["is_true"] | objects["is_found"]).all()
    assert (objects["matched"] <= (objects["is_true"] & objects["is_found"])).all()
    assert (objects["iou"].notna() == objects["matched"]).all()
    images = accuracy.at_noise(10.0).images
    assert images["n_found"].sum() == objects["is_found"].sum()
    assert (images["tp"] + images["fn"] == images["n_true"]).all()


def test_the_darker_a_band_the_less_is_found_beside_it(accuracy, source):
    strengths = contrasts(accuracy.bends)
    assert strengths == sorted(strengths)
    assert strengths[0] < 1 < strengths[-1]
    summary = bend_summary(accuracy.bends)
    assert list(summary.index) == list(LEFT_IN_THE_MIDDLE)
    assert (summary["films"] == 2).all()
    recall = summary["recall"].to_numpy()
    assert recall[0] > 0.8 > recall[-1]
    # where nothing is bent the image is that of the flat film
    flat = BendContour(torch.ones(1, *source.grid.shape), torch.zeros(1, *source.grid.shape))
    of_flat, of_film = (source.clean(0, -2e6, 20.0, 0, False, bend=b)[0] for b in (flat, None))
    np.testing.assert_allclose(of_flat, of_film, atol=1e-6)


def test_films_done_apart_are_those_done_together(films, source, engine, accuracy):
    conditions = [accuracy.condition_at_noise(percent) for percent in (0.0, 100.0)]
    last = study(Segmenter(engine), source, conditions, [1])
    for condition in conditions:
        mine = last.at(condition).images.drop(columns="unfamiliarity").reset_index(drop=True)
        all_films = accuracy.tables.at(condition).images
        theirs = all_films[all_films["film"] == 1][mine.columns].reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, theirs, rtol=1e-3)


def test_what_was_measured_is_kept(accuracy, tmp_path):
    accuracy.save(tmp_path)
    accuracy.save_summaries(tmp_path / "summaries")
    again = EngineAccuracy.load(tmp_path)
    assert (again.name, again.engine_id, again.nominal) == (
        accuracy.name,
        accuracy.engine_id,
        accuracy.nominal,
    )
    pd.testing.assert_frame_equal(again.along("defocus"), accuracy.along("defocus"))
    pd.testing.assert_frame_equal(again.pairs, accuracy.pairs)
    pd.testing.assert_frame_equal(bend_summary(again.bends), bend_summary(accuracy.bends))
    assert (tmp_path / "summaries" / "tilt-not-told.csv").exists()


def test_what_was_measured_need_not_be_measured_again(plan, accuracy, tmp_path):
    assert plan.kept(tmp_path) is None
    accuracy.save(tmp_path / accuracy.engine_id)
    kept = plan.kept(tmp_path)
    assert kept is not None
    pd.testing.assert_frame_equal(kept.along("noise"), accuracy.along("noise"))
    for other in (replace(plan, numbers=(0,)), replace(plan, seed=1), replace(plan, pairs=None)):
        assert other.kept(tmp_path) is None
    # content counts, wherever it is
    moved = {
        name: Path(shutil.copytree(path, tmp_path / name))
        for name, path in (
            ("films", plan.bench.sets[0]),
            ("pairs", plan.pairs),
            ("engine", plan.bench.bundle),
        )
    }
    bench = Bench(moved["engine"], (moved["films"],), plan.bench.rule)
    again = replace(plan, bench=bench, pairs=moved["pairs"])
    assert again.kept(tmp_path) is not None
    tifffile.imwrite(moved["pairs"] / "0_label.tif", np.zeros((8, 8), np.uint8))
    assert again.kept(tmp_path) is None
    engine = EngineBundle.load(moved["engine"])
    unsure = {RELIABILITY: Reliability().model_dump_json().encode()}
    write_bundle(moved["engine"], engine.condition, engine.model_onnx, engine.card, unsure)
    assert replace(again, pairs=plan.pairs).kept(tmp_path) is None


def test_what_an_earlier_evaluation_left_is_no_part_of_the_next(accuracy, tmp_path):
    accuracy.save(tmp_path)
    accuracy.save_summaries(tmp_path)
    replace(accuracy, pairs=None, textures={}, bends=None, familiarity=None).save(tmp_path)
    again = EngineAccuracy.load(tmp_path)
    assert (again.pairs, again.textures, again.familiarity) == (None, {}, None)
    assert again.bends is None
    assert again.tables is not None
    assert not (tmp_path / "noise.csv").exists()
    replace(accuracy, tables=None).save(tmp_path)
    again = EngineAccuracy.load(tmp_path)
    assert again.tables is None
    pd.testing.assert_frame_equal(again.pairs, accuracy.pairs)


def test_pairs_are_scored_as_films_are(accuracy, source, engine):
    summary = summarise_pairs(accuracy.pairs)
    assert summary.index.tolist() == [0.0, 10.0, 20.0, 50.0, 100.0]
    # nobody knows how blurred a pair is
    told = accuracy.nominal._replace(blur_px=None)
    condition = Condition(accuracy.nominal, told, noise_percent=0.0)
    films = study(Segmenter(engine), source, [condition], [0, 1]).images
    assert summary.loc[0.0, "jaccard"] == pytest.approx(films["jaccard"].mean(), abs=0.02)
    assert 0.5 < summary.loc[0.0, "area_ratio"] < 2


def test_a_folder_without_pairs_is_refused(engine, tmp_path):
    with pytest.raises(UserError, match="no pairs"):
        score_pairs(Segmenter(engine), pairs_from_folder(tmp_path))
    tifffile.imwrite(tmp_path / "a_image.tif", np.zeros((4, 4), np.float32))
    with pytest.raises(UserError, match=r"no a_label\.tif"):
        score_pairs(Segmenter(engine), pairs_from_folder(tmp_path))


def test_the_report_has_its_tables_and_every_picture_that_it_shows(accuracy, tmp_path, monkeypatch):
    monkeypatch.setattr(drawing, "DPI", 40)  # in half the time
    frames = [
        {"kind": kind, "film": film, "unfamiliarity": 0.5 + place + 0.1 * film}
        for place, kind in enumerate(KINDS)
        for film in range(5)
    ]
    other = replace(accuracy, name="paper", familiarity=pd.DataFrame(frames))
    history = tmp_path / "history.jsonl"
    history.write_text(
        '{"step": 250, "loss": 1.2, "validation_loss": 1.1, "mask_jaccard": 0.7, '
        '"core_jaccard": 0.6, "seconds": 10}\n'
    )
    path = tmp_path / "docs" / "accuracy.md"
    write_report(path, [accuracy, other], ["skyrmlive evaluate"], history)
    text = path.read_text()
    shown = [part.split(")")[0] for part in text.split("](")[1:]]
    assert len(shown) >= 14
    for picture in shown:
        assert (path.parent / picture).stat().st_size > 1000
    jaccard = accuracy.along("noise").loc[10.0]
    ends = ", ".join(f"{jaccard[f'jaccard_{end}']:.3f}" for end in ("low", "high"))
    assert f"| 10 | {jaccard['jaccard']:.3f} [{ends}] |" in text
    assert "## Frames that no engine is made for" in text
    assert "## Bends" in text
    assert "{" not in text
    with pytest.raises(UserError, match="films"):
        write_report(path, [replace(accuracy, tables=None)])
