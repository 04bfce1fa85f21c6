from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skyrmlive.inference.overlay import (
    BORDER_RGB,
    OUTLINE_RGB,
    STRIPE_RGB,
    draw_overlay,
    label_outlines,
)


def test_outlines_lie_inside_and_part_neighbours():
    labels = np.zeros((12, 14), np.uint16)
    labels[2:8, 2:6] = 1
    labels[2:8, 6:10] = 2
    outline = label_outlines(labels)
    assert (outline[labels == 0] == 0).all()
    assert (outline[4, 2], outline[4, 5], outline[4, 6], outline[4, 9]) == (1, 1, 2, 2)
    assert not outline[3:7, 3:5].any()


def test_the_picture_shows_outlines_in_colour_on_grey():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 4000, (60, 80)).astype(np.uint16)
    labels = np.zeros((60, 80), np.uint16)
    labels[10:30, 10:30] = 1
    labels[40:60, 50:70] = 2
    labels[5:8, 40:75] = 3
    table = pd.DataFrame(
        {
            "label": [1, 2, 3],
            "touches_border": [False, True, False],
            "is_stripe": [False, False, True],
        }
    )
    picture = draw_overlay(pixels, labels, table)
    assert picture.shape == (120, 160, 3)
    assert picture.dtype == np.uint8
    assert tuple(picture[20, 20]) == OUTLINE_RGB
    assert tuple(picture[80, 100]) == BORDER_RGB
    assert tuple(picture[10, 80]) == STRIPE_RGB
    assert len(set(picture[0, 0])) == 1


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (40, 40), (1200, 1100)])
def test_any_size_takes_a_scale_bar(shape):
    for pixels in (np.zeros(shape), np.full(shape, np.nan)):
        picture = draw_overlay(pixels, np.zeros(shape, np.uint16), pixel_size_nm=3.0)
        zoom = 1 if max(shape) >= 1000 else 2
        assert picture.shape == (zoom * shape[0], zoom * shape[1], 3)


def test_the_scale_bar_is_as_long_as_it_says():
    picture = draw_overlay(np.zeros((1200, 1600)), np.zeros((1200, 1600), int), pixel_size_nm=2.0)
    white = (picture == 255).all(axis=2)
    longest = max(np.count_nonzero(row) for row in white)
    assert longest == 251  # 500 nm, both ends included
