from __future__ import annotations

import numpy as np
import pytest

from skyrmlive.inference.pixels import Moments, OwnedPixels, label_moments


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


def test_moments_of_labels_are_those_of_their_pixels(labels):
    found = label_moments(labels, 11)
    for number, expected in enumerate(one_by_one(labels, np.ones(labels.shape), 11)):
        assert found.area[number] == expected.area
        np.testing.assert_allclose(found.centre[number], expected.centre)
        np.testing.assert_allclose(found.covariance[number], expected.covariance, atol=1e-9)


def test_moments_of_weighted_pixels_are_those_of_their_definition(labels):
    weight = np.random.default_rng(1).uniform(0.1, 1, labels.shape).astype(np.float32)
    pixels = OwnedPixels.where((labels > 0).view(np.uint8), labels)
    found = pixels.moments(pixels.of(weight), 11)
    means = pixels.means(weight, 11)
    for number, expected in enumerate(one_by_one(labels, weight, 11)):
        assert found.area[number] == pytest.approx(expected.area)
        np.testing.assert_allclose(found.centre[number], expected.centre)
        np.testing.assert_allclose(found.covariance[number], expected.covariance, atol=1e-6)
        assert means[number] == pytest.approx(weight[labels == number + 1].mean())
