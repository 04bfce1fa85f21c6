"""Found and true objects that overlap by known amounts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skyrmlive.trainer.evaluation.matching import (
    are_invented,
    average_precision,
    count_bias,
    matches,
    overlaps,
    panoptic_quality,
)
from skyrmlive.trainer.evaluation.pixel_scores import area_ratio, pixel_scores

SHAPE = (48, 64)


def squares(*corners, side=12):
    """Return a label image of squares with these upper left corners."""
    labels = np.zeros(SHAPE, np.uint16)
    for number, (y, x) in enumerate(corners, start=1):
        labels[y : y + side, x : x + side] = number
    return labels


def disc(y, x, radius=10.0):
    rows, columns = np.indices(SHAPE)
    return (np.hypot(rows - y, columns - x) < radius).astype(np.int32)


@pytest.mark.parametrize(("shift", "found"), [(0, True), (3, True), (4, False), (8, False)])
def test_a_shifted_square_is_found_up_to_an_iou_of_one_half(shift, found):
    pairs = overlaps(squares((10, 10 + shift)), squares((10, 10)))
    assert pairs["iou"].item() == pytest.approx((12 - shift) / (12 + shift))
    # a shift of 4 gives exactly one half, and that is not enough
    assert len(matches(pairs)) == found


def test_shifted_discs_overlap_as_the_lens_between_two_circles():
    distance, r = 4.0, 10.0
    lens = 2 * r**2 * np.arccos(distance / 2 / r) - distance / 2 * np.sqrt(4 * r**2 - distance**2)
    pairs = overlaps(disc(24, 30), disc(24, 34))
    assert pairs["iou"].item() == pytest.approx(lens / (2 * np.pi * r**2 - lens), abs=0.02)


def test_touching_objects_stay_apart():
    true = squares((10, 10), (10, 22))
    found = squares((10, 23), (10, 11))
    pairs = overlaps(found, true)
    assert pairs[["found", "true"]].to_numpy().tolist() == [[1, 2], [2, 1], [2, 2]]
    same = matches(pairs)
    assert same[["found", "true"]].to_numpy().tolist() == [[1, 2], [2, 1]]
    np.testing.assert_allclose(same["iou"], 11 / 13)


def test_two_in_one_outline_are_one_at_most():
    both = squares((10, 10), (10, 22))
    assert matches(overlaps((both > 0).astype(int), both)).empty
    larger = np.where(both == 2, 0, both) + disc(16, 40, 4) * 2
    assert len(matches(overlaps((larger > 0).astype(int), larger))) == 1


@pytest.mark.parametrize("labels", [(0, 0), (1, 0), (0, 1)])
def test_without_both_there_is_no_pair(labels):
    found, true = (number * squares((10, 10)) for number in labels)
    pairs = overlaps(found, true)
    assert pairs.empty
    assert matches(pairs).empty


def test_invented_is_what_lies_beside_everything():
    true = squares((10, 10))
    found = squares((10, 20), (30, 40), (21, 4))
    pairs = overlaps(found, true)
    centres = np.array([[15.5, 25.5], [35.5, 45.5], [26.5, 9.5]])
    invented = are_invented(np.array([1, 2, 3]), centres, pairs, true > 0)
    # the first overlaps by 2 of 22 columns, the last by 6 pixels in a corner
    assert pairs["iou"].tolist() == pytest.approx([2 / 22, 6 / 282])
    assert invented.tolist() == [True, True, True]
    centres[0] = [15.5, 20.4]  # its magnetic centre lies in the true one after all
    assert are_invented(np.array([1, 2, 3]), centres, pairs, true > 0).tolist() == [
        False,
        True,
        True,
    ]
    outside = np.array([[-3.0, 70.0]])  # a centre may lie just outside the frame
    assert are_invented(np.array([9]), outside, pairs, true > 0).tolist() == [True]


def test_measures_by_hand():
    assert average_precision(np.array(8), np.array(1), np.array(3)) == pytest.approx(8 / 12)
    quality = panoptic_quality(np.array(6.8), np.array(8), np.array(1), np.array(3))
    assert quality == pytest.approx(6.8 / 10)
    assert count_bias(np.array([9, 12]), np.array([10, 10])) == pytest.approx([-0.1, 0.2])


def test_nothing_found_where_nothing_is_is_perfect():
    zero = np.zeros(1)
    assert average_precision(zero, zero, zero) == 1
    assert panoptic_quality(zero, zero, zero, zero) == 1
    assert count_bias(zero, zero) == 0
    assert average_precision(zero, zero + 1, zero) == 0
    assert np.isnan(count_bias(zero + 2, zero))


def test_pixel_scores_of_known_masks():
    true = np.zeros((10, 10), dtype=bool)
    true[:, :4] = True
    found = np.zeros_like(true)
    found[:, 2:6] = True
    scores = pixel_scores(found, true)
    assert scores["jaccard"] == pytest.approx(20 / 60)
    assert scores["f1"] == pytest.approx(0.5)
    assert scores["subset_accuracy"] == pytest.approx(0.6)
    assert area_ratio(found[:, :5], true[:, :5]) == pytest.approx(3 / 4)
    nothing = np.zeros_like(true)
    assert pixel_scores(nothing, nothing)["jaccard"] == 1.0
    assert np.isnan(area_ratio(found, nothing))


LABELS = arrays(np.int32, (6, 7), elements=st.integers(0, 4))


@settings(max_examples=60)
@given(LABELS, LABELS)
def test_matching_does_not_care_which_is_the_truth(a, b):
    forth, back = overlaps(a, b), overlaps(b, a)
    swapped = back.rename(columns={"found": "true", "true": "found"}).sort_values(["found", "true"])
    np.testing.assert_array_equal(forth, swapped[["found", "true", "iou"]])
    same = matches(forth)
    assert same["found"].is_unique
    assert same["true"].is_unique
    # by definition, one pair at a time
    for found, true, iou in forth.itertuples(index=False):
        union = np.count_nonzero((a == found) | (b == true))
        assert iou == pytest.approx(np.count_nonzero((a == found) & (b == true)) / union)
