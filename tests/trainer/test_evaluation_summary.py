"""Figures of small tables, checked by hand."""

import numpy as np
import pandas as pd
import pytest

from skyrmlive.trainer.evaluation.conditions import Setting, evaluation_axes
from skyrmlive.trainer.evaluation.study import StudyTables
from skyrmlive.trainer.evaluation.summary import (
    axis_summary,
    border_summary,
    density_summary,
    diameter_summary,
    summarised,
)
from skyrmlive.trainer.evaluation.textures import texture_table

NOISE = evaluation_axes(Setting(-2e6, 20.0))["noise"]
QUIET, LOUD = NOISE.points[0.0], NOISE.points[100.0]


def objects(film, condition, **columns):
    """Return rows of well found skyrmions but for what is given, one value or one a row."""
    usual = {
        "is_true": True,
        "is_found": True,
        "matched": True,
        "invented": False,
        "iou": 0.8,
        "true_diameter_nm": 30.0,
        "diameter_nm": 30.0,
        "diameter_low_nm": 27.0,
        "diameter_high_nm": 33.0,
        "confidence": 1.0,
        "centre_error_nm": 1.0,
        "touches_border": False,
        "distance_to_border_nm": 100.0,
        "is_stripe_true": False,
        "is_stripe_found": False,
    }
    rows = pd.DataFrame({**usual, **columns}, index=range(max(map(np.size, columns.values()))))
    return rows.assign(film=film, condition=condition.name)


def image(film, condition, n_true, n_found, jaccard=0.9, density=120.0, mean_nm=np.nan):
    """Return the row of an image; a true mean diameter is 30 nm, its interval is of 10 %."""
    return {
        "film": film,
        **condition.columns,
        "subset_accuracy": 0.95,
        "f1": 0.92,
        "jaccard": jaccard,
        "n_found": n_found,
        "n_true": n_true,
        "density_per_um2": density,
        "unfamiliarity": 1.5 if film else 0.5,
        "true_mean_diameter_nm": 30.0,
        "mean_diameter_nm": mean_nm,
        "mean_diameter_low_nm": mean_nm / 1.1,
        "mean_diameter_high_nm": mean_nm * 1.1,
    }


@pytest.fixture
def tables():
    """Two films without noise, one of them empty; in the other six objects of all kinds."""
    missing = np.nan
    film = objects(
        0,
        QUIET,
        # two found well, one of them at the border; one missed; one invented; a stripe
        is_true=[True, True, True, False, True],
        is_found=[True, True, False, True, True],
        matched=[True, True, False, False, True],
        invented=[False, False, False, True, False],
        iou=[0.8, 0.6, missing, missing, 0.9],
        true_diameter_nm=[30.0, 20.0, 12.0, missing, missing],
        diameter_nm=[33.0, 30.0, missing, 14.0, missing],
        diameter_low_nm=[31.0, 1.0, missing, 1.0, missing],
        diameter_high_nm=[35.0, 99.0, missing, 99.0, missing],
        confidence=[0.95, 0.85, missing, 0.25, 0.05],
        centre_error_nm=[1.0, 2.0, missing, missing, 6.0],
        touches_border=[False, True, False, False, False],
        distance_to_border_nm=[100.0, 10.0, 40.0, 200.0, 50.0],
        is_stripe_true=[False, False, False, False, True],
        is_stripe_found=[False, False, False, False, True],
    )
    loud = objects(0, LOUD, diameter_nm=[27.0, 33.0, 36.0])
    images = [
        image(0, QUIET, 4, 4, jaccard=0.8),
        image(1, QUIET, 0, 0, jaccard=1.0, density=0.0),
        image(0, LOUD, 3, 3),
        image(1, LOUD, 0, 0, density=0.0),
    ]
    return StudyTables(pd.DataFrame(images), pd.concat([film, loud], ignore_index=True))


def test_every_measure_of_a_small_table(tables):
    found = summarised(tables.at(QUIET))
    assert (found["films"], found["skyrmions"]) == (2, 4)
    expected = {
        "jaccard": 0.9,
        "f1": 0.92,
        "subset_accuracy": 0.95,
        "ap50": 3 / 5,
        "pq": 2.3 / 4,
        "recall": 3 / 4,
        "count_bias_percent": 0.0,
        "invented_percent": 25.0,
        "centre_error_nm": 3.0,
        # only the first counts: the others are cut, missed, invented or a stripe
        "diameter_bias_percent": 10.0,
        "diameter_spread_percent": 0.0,
        "coverage": 0.0,
        # three bins of one; what the engine calls a stripe is none of its skyrmions
        "calibration_error": (0.05 + 0.15 + 0.25) / 3,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    for name in expected:
        assert found[f"{name}_low"] <= found[name] + 1e-9
        assert found[f"{name}_high"] >= found[name] - 1e-9


def test_the_mean_of_a_frame_is_judged_frame_by_frame():
    means = [33.6, 30.0, 32.4, 27.0, np.nan]  # the last frame shows no whole skyrmion
    images = [image(film, QUIET, 4, 4, mean_nm=mean) for film, mean in enumerate(means)]
    found = summarised(StudyTables(pd.DataFrame(images), objects(0, QUIET, iou=[0.8])))
    assert found["frame_spread_percent"] == pytest.approx(100 * np.std([0.12, 0, 0.08, -0.1]))
    assert found["frame_coverage"] == pytest.approx(2 / 4)
    assert found["warned"] == pytest.approx(1 - 1 / found["films"])  # of all films but the first


def test_an_axis_has_a_row_for_every_value(tables):
    axis = type(NOISE)("noise", NOISE.title, {0.0: QUIET, 100.0: LOUD})
    summary = axis_summary(tables, axis)
    assert summary.index.tolist() == [0.0, 100.0]
    assert summary.index.name == "noise"
    deviations = np.array([-0.1, 0.1, 0.2])
    assert summary["diameter_bias_percent"].iloc[1] == pytest.approx(100 * deviations.mean())
    assert summary["diameter_spread_percent"].iloc[1] == pytest.approx(100 * deviations.std())
    assert summary["coverage"].iloc[1] == 1.0


def test_bins_hold_what_belongs_to_them(tables):
    by_density = density_summary(tables, QUIET)
    assert by_density.index.tolist() == ["0", "100 to 150"]
    assert by_density["jaccard"].tolist() == [1.0, 0.8]
    by_border = border_summary(tables, QUIET)
    assert by_border["skyrmions"].to_dict() == {
        "0 to 15": 1,
        "30 to 60": 2,
        "60 to 120": 1,
        "over 120": 0,
    }
    assert by_border.loc["30 to 60", "ap50"] == pytest.approx(1 / 2)
    assert by_border.loc["over 120", "invented_percent"] == 100
    # what is not there goes by the size it was found with; what is cut, and stripes, do not count
    by_diameter = diameter_summary(tables, QUIET)
    assert by_diameter["skyrmions"].to_dict() == {"0 to 15": 1, "30 to 35": 1}
    assert by_diameter.loc["0 to 15", ["ap50", "recall"]].tolist() == [0.0, 0.0]
    assert np.isnan(by_diameter.loc["0 to 15", "coverage"])


def test_tables_are_kept_as_they_are(tables, tmp_path):
    tables.save(tmp_path)
    again = StudyTables.load(tmp_path)
    pd.testing.assert_frame_equal(again.images, tables.images)
    pd.testing.assert_frame_equal(again.skyrmions, tables.skyrmions)
    assert again.films == [0, 1]


def test_stripes_and_skyrmions_are_counted_apart():
    """Of three stripes two are found, one as a skyrmion; of two skyrmions one, as a stripe."""
    film = objects(
        0,
        QUIET,
        is_true=[True, True, True, True, True, False],
        is_found=[True, True, False, True, False, True],
        matched=[True, True, False, True, False, False],
        invented=[False, False, False, False, False, True],
        is_stripe_true=[True, True, True, False, False, False],
        is_stripe_found=[True, False, False, True, False, False],
    )
    found = StudyTables(pd.DataFrame([image(0, QUIET, 5, 4)]), film)
    row = texture_table({"mixed": found}).loc["mixed"]
    assert (row["films"], row["skyrmions"], row["stripes"]) == (1, 2, 3)
    assert row["skyrmions_found"] == pytest.approx(1 / 2)
    assert row["called_stripes"] == 1
    assert row["stripes_found"] == pytest.approx(2 / 3)
    assert row["called_skyrmions"] == pytest.approx(1 / 2)
    assert row["invented"] == pytest.approx(1 / 4)
