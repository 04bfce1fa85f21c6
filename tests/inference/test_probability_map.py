from __future__ import annotations

import numpy as np
import pytest

from skyrmlive.inference.probability_map import ProbabilityMap


def blocks_of(image: np.ndarray, block: int) -> np.ndarray:
    """Fold an image pixel by pixel, as the map's docstring says."""
    height, width = image.shape
    blocks = np.empty((height // block, width // block, block * block), image.dtype)
    for y, x in np.ndindex(image.shape):
        blocks[y // block, x // block, y % block * block + x % block] = image[y, x]
    return blocks


@pytest.mark.parametrize("block", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("are_logits", [False, True])
def test_a_map_in_blocks_is_the_image(block, are_logits):
    rng = np.random.default_rng(block)
    image = rng.random((48, 72)).astype(np.float32)
    values = np.log(image / (1 - image)) if are_logits else image
    whole = ProbabilityMap(blocks_of(values, block), block, (48, 72), are_logits)
    cut = whole.cut((41, 50))
    for found, expected in ((whole, image), (cut, image[:41, :50])):
        np.testing.assert_allclose(found.image(), expected, atol=1e-6)
        np.testing.assert_array_equal(found.at_least(0.4), expected >= 0.4)
        y, x = np.nonzero(expected > 0.7)
        in_row, in_column = found.offsets()
        np.testing.assert_allclose(found.at(in_row[y] + in_column[x]), expected[y, x], atol=1e-6)


def test_extreme_logits_are_certain():
    logits = np.array([[-200.0, 0.0, 200.0]], np.float32)
    found = ProbabilityMap(logits[..., np.newaxis], 1, (1, 3), are_logits=True)
    np.testing.assert_array_equal(found.image(), [[0.0, 0.5, 1.0]])


def test_several_images_are_taken_apart():
    images = np.random.default_rng(0).random((3, 5, 7)).astype(np.float32)
    found = ProbabilityMap.of(images)
    np.testing.assert_array_equal(found[1].image(), images[1])
    assert ProbabilityMap.of(found) is found
