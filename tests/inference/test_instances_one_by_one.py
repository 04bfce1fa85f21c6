"""Instances, pixel by pixel and one by one, as their docstrings define them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy import ndimage

from skyrmlive.inference.instances import RIM_PX, find_instances


def blobs_of_noise(shape: tuple[int, int], width: float, seed: int) -> np.ndarray:
    """Return a smooth random map between 0 and 1: odd shapes, many of which touch."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), width)
    return (1 / (1 + np.exp(-4 * noise / noise.std()))).astype(np.float32)


def numbers_of(image: np.ndarray) -> np.ndarray:
    """Return the number of each pixel's connected component (8 neighbours), 0 outside."""
    numbers = np.zeros(image.shape, np.int32)
    ndimage.label(image, np.ones((3, 3)), numbers)
    return numbers


def on_squares(image: np.ndarray) -> np.ndarray:
    """Return the largest value in each square of 2 x 2 pixels."""
    padded = np.pad(image, [(0, side % 2) for side in image.shape])
    return padded.reshape(len(padded) // 2, 2, -1, 2).max(axis=(1, 3))


@pytest.mark.parametrize("shape", [(200, 240), (151, 97)])
@pytest.mark.parametrize("seed", range(3))
def test_instances_are_those_of_their_definition(shape, seed):
    core_map = blobs_of_noise(shape, 4.0, seed)
    mask_map = np.clip(core_map + 0.5 * blobs_of_noise(shape, 6.0, seed + 50) - 0.1, 0, 1)
    found = find_instances(mask_map, core_map, None, min_core_area=40)

    numbered = numbers_of(core_map >= 0.5)
    areas = np.bincount(numbered.ravel())[1:]
    kept = 1 + np.flatnonzero(areas >= 40)
    assert found.count == len(kept) > 5
    cores = np.zeros(shape, int)
    for number, label in enumerate(kept, 1):  # both number them by their first pixel
        cores[numbered == label] = number
    mask = (mask_map >= 0.5) | (cores > 0)
    owners = on_squares(cores)
    blobs = numbers_of(on_squares(mask))
    _, sources = cv2.distanceTransformWithLabels(
        (owners == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    owner_of = {
        int(s): int(o) for s, o in zip(sources[owners > 0], owners[owners > 0], strict=True)
    }
    nearest = np.vectorize(owner_of.__getitem__)(sources)
    near = cv2.dilate(
        (cores > 0).astype(np.uint8),
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * RIM_PX + 1,) * 2),
    )
    blob_of = {int(o): int(b) for o, b in zip(owners[owners > 0], blobs[owners > 0], strict=True)}
    for y, x in np.ndindex(shape):
        square = y // 2, x // 2
        owner = nearest[square]
        mine = mask[y, x] and blob_of[owner] == blobs[square]
        assert found.labels[y, x] == (owner if mine else 0)
    owner_of_pixel = np.kron(nearest, np.ones((2, 2), int))[: shape[0], : shape[1]]
    for number in range(1, found.count + 1):
        inside = cores == number
        assert found.core_mean[number - 1] == pytest.approx(core_map[inside].mean(), rel=1e-5)
        y, x = np.nonzero((near > 0) & (owner_of_pixel == number))
        weight = core_map[y, x].astype(float)
        assert found.core_area[number - 1] == pytest.approx(weight.sum(), rel=1e-5)
        centre = np.average(np.stack([x, y]), axis=1, weights=weight)
        np.testing.assert_allclose(found.centre[number - 1], centre, atol=1e-6)
