from __future__ import annotations

import cv2
import numpy as np
import pytest

from skyrmlive.inference.pixels import Moments, Runs


def one_by_one(labels: np.ndarray, weight: np.ndarray, count: int) -> list[Moments]:
    """Return the moments of each object by their definition."""
    found = []
    for number in range(1, count + 1):
        y, x = np.nonzero(labels == number)
        points, w = np.stack([x, y]), weight[y, x].astype(float)
        centre = np.average(points, axis=1, weights=w)
        covariance = np.cov(points, aweights=w, bias=True)
        found.append(Moments(w.sum(), centre, covariance))
    return found


@pytest.fixture
def labels() -> np.ndarray:
    """Objects of any shape, some in several pieces and over the ends of rows."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 12, (60, 47)).astype(np.uint16)
    labels[20:30, 5:25] = 3
    labels[28:40, 20:47] = 7
    labels[41, :5] = 7  # goes on in the next row of memory
    return labels


def test_runs_are_the_pixels_of_the_image(labels):
    runs = Runs.of(labels)
    again = np.zeros_like(labels)
    again.ravel()[runs.places] = np.repeat(runs.owner, runs.length)
    np.testing.assert_array_equal(runs.columns, np.nonzero(labels)[1])
    np.testing.assert_array_equal(again, labels)
    assert (runs.first + runs.length <= labels.shape[1]).all()
    assert len(runs.y) < np.count_nonzero(labels)


def test_every_pixel_is_known_by_whose_it_is(labels):
    places = np.random.default_rng(2).permutation(labels.size)
    np.testing.assert_array_equal(Runs.of(labels).owners_at(places), labels.ravel()[places])
    nobody = Runs.of(np.zeros_like(labels))
    assert not nobody.owners_at(places).any()


def test_moments_of_labels_are_those_of_their_pixels(labels):
    found = Runs.of(labels).moments(11)
    for number, expected in enumerate(one_by_one(labels, np.ones(labels.shape), 11)):
        assert found.area[number] == expected.area
        np.testing.assert_allclose(found.centre[number], expected.centre)
        np.testing.assert_allclose(found.covariance[number], expected.covariance, atol=1e-9)


def test_weighted_sums_are_those_of_their_definition(labels):
    weight = np.random.default_rng(1).uniform(0.1, 1, labels.shape).astype(np.float32)
    runs = Runs.of(labels)
    values = runs.of_image(weight)
    total, centre = runs.weighted(values, 11)
    means = runs.means(values, 11)
    for number, expected in enumerate(one_by_one(labels, weight, 11)):
        assert total[number] == pytest.approx(expected.area)
        np.testing.assert_allclose(centre[number], expected.centre)
        assert means[number] == pytest.approx(weight[labels == number + 1].mean())


def test_sums_over_runs_that_lie_in_others(labels):
    weight = np.random.default_rng(2).uniform(0.1, 1, labels.shape)
    outer, inner = Runs.of(labels > 0), Runs.of(np.where(labels % 3 == 1, labels, 0))
    found = inner.per_object(inner.sums_inside(outer, outer.of_image(weight)), 11)
    for number in range(1, 12):
        expected = weight[labels == number].sum() if number % 3 == 1 else 0
        assert found[number - 1] == pytest.approx(expected)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (61, 83)])
def test_components_are_opencvs(shape, share):
    image = np.random.default_rng(0).random(shape) < share
    runs = Runs.of(image)
    count, component = runs.components()
    expected_count, expected = cv2.connectedComponents(image.astype(np.uint8), connectivity=8)
    assert count == expected_count - 1
    found = np.zeros(shape, int)
    found.ravel()[runs.places] = np.repeat(component + 1, runs.length)
    pairs = set(zip(found[image].tolist(), expected[image].tolist(), strict=True))
    assert len(pairs) == count, "one to one"
    firsts = [np.flatnonzero(component == number)[0] for number in range(count)]
    assert firsts == sorted(firsts), "numbered from top to bottom"
