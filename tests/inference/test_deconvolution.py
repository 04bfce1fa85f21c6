"""The microscope taken back out of images of which every wave is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from skyrmlive.inference.deconvolution import DECONVOLVED, deconvolve
from skyrmlive.inference.frame_parts import BINNING, binned
from skyrmlive.inference.told import optics

from .weak_phases import MICROSCOPE, PIXEL_NM, lattice, weak_phase_image


@pytest.mark.parametrize("defocus_nm", [-1e6, -2e6, -3e6, 2e6])
@pytest.mark.parametrize("tilt_deg", [10.0, 30.0])
def test_skyrmions_come_back_to_their_places(defocus_nm, tilt_deg):
    places = np.array([[150, 200], [330, 260], [520, 180], [420, 480], [210, 550]], float)
    image = weak_phase_image(places, 9.0, (256, 224), defocus_nm, tilt_deg)
    known = optics(defocus_nm, tilt_deg, None)
    found = deconvolve(binned(image), known, MICROSCOPE, PIXEL_NM)
    assert found.shape == (DECONVOLVED, 128, 112)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.std(axis=(1, 2)), 1, atol=1e-3)
    for each in found:
        highest = each == ndimage.maximum_filter(each, size=9)
        y, x = np.nonzero(highest & (each > 0.5 * each.max()))
        seen = (np.column_stack([x, y]) + 0.5) * BINNING * PIXEL_NM - 0.5 * PIXEL_NM
        distance = np.linalg.norm(places[:, None] - seen, axis=-1)
        assert distance.min(axis=1).max() < 1.5 * BINNING * PIXEL_NM, "each is found"
        assert len(seen) == len(places), "and nothing else"


@pytest.mark.parametrize("defocus_nm", [-1e6, -2e6, -3e6])
def test_left_and_right_edges_show_what_is_there(defocus_nm):
    image = weak_phase_image(lattice((512, 512), 85.0, 3), 9.0, (512, 512), defocus_nm)
    known = optics(defocus_nm, 20.0, None)
    whole, cut = (
        deconvolve(binned(part), known, MICROSCOPE, PIXEL_NM)[0]
        for part in (image, image[128:384, 128:384])
    )
    whole = whole[64:192, 64:192]
    off = cut - whole / whole.std()
    assert np.sqrt(np.mean(np.stack([off[:, :8], off[:, -8:]]) ** 2)) < 0.55, "mirrored, 0.6 to 0.7"


def test_a_blur_that_is_told_is_taken_out_too():
    places = np.array([[200, 220], [420, 300], [300, 500]], float)
    image = weak_phase_image(places, np.hypot(9.0, 12.0))
    sharp, untold = (
        deconvolve(binned(image), optics(-2e6, 20.0, blur), MICROSCOPE, PIXEL_NM)[1]
        for blur in (12.0, None)
    )
    assert np.mean(sharp > sharp.max() / 2) < np.mean(untold > untold.max() / 2)


def test_nothing_comes_of_nothing():
    known = optics(-2e6, 20.0, None)
    for shape in ((32, 32), (64, 96)):
        found = deconvolve(np.zeros(shape, np.float32), known, MICROSCOPE, PIXEL_NM)
        assert not found.any()
    image = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32)
    in_focus = deconvolve(binned(image), optics(0.0, 0.0, None), MICROSCOPE, PIXEL_NM)
    assert np.isfinite(in_focus).all()
