"""What the conditions of an evaluation are, and what they make of an image."""

from dataclasses import replace

import numpy as np
import pytest

from skyrmlive.trainer.evaluation.conditions import (
    Condition,
    Setting,
    all_conditions,
    evaluation_axes,
)

NOMINAL = Setting(-2e6, 20.0)
AXES = evaluation_axes(NOMINAL)


def test_the_axes_are_those_of_the_paper():
    assert list(AXES["noise"].points) == [0, 10, 20, 50, 100]
    assert list(AXES["defocus"].points) == [
        -1.0, -1.25, -1.5, -1.75, -2.0, -2.25, -2.5, -2.75, -3.0,
    ]  # fmt: skip
    assert list(AXES["tilt"].points) == [10, 12.5, 15, 17.5, 20, 22.5, 25, 27.5, 30]
    for axis in ("defocus", "tilt"):
        for told, not_told in zip(
            AXES[axis].points.values(), AXES[f"{axis}-not-told"].points.values(), strict=True
        ):
            assert told.true == told.told == not_told.true
            assert not_told.told == NOMINAL
    wrong = AXES["told-defocus"].points
    assert {error: c.told.defocus_nm for error, c in wrong.items()} == pytest.approx(
        {-10.0: -1.8e6, 0.0: -2e6, 10.0: -2.2e6}
    )
    assert all(c.true == NOMINAL for c in wrong.values())


def test_what_several_axes_share_is_done_once():
    conditions = all_conditions(AXES.values())
    assert len(conditions) == len({c.name for c in conditions}) == 5 + 5 + 4 * 8 + 2 + 5 + 6


def test_a_blurred_image_is_told_so_or_not():
    blurred, unknown = (AXES[name].points[3.0] for name in ("blur", "blur-not-told"))
    assert blurred.metadata(3.0, 200.0).blur_px == 3
    assert unknown.metadata(3.0, 200.0).blur_px is None
    wave = np.tile(np.cos(2 * np.pi * np.arange(64) / 16, dtype=np.float32), (64, 1))
    sharp, frame = (
        replace(condition, noise_percent=None, electrons_per_pixel=1e9).frame(2 + wave, (0, 1))
        for condition in (AXES["noise"].points[0.0], blurred)
    )
    weaker = np.exp(-2 * (np.pi * 3 / 16) ** 2)
    assert frame.std() / sharp.std() == pytest.approx(weaker, rel=0.01)


def test_what_the_camera_blurs_is_told_too():
    told = Condition(NOMINAL, NOMINAL, electrons_per_pixel=300.0).metadata(3.0, 200.0).blur_px
    assert told == pytest.approx(0.2251 / 0.3, rel=1e-3)


def test_a_small_tilt_has_no_negative_ones_beside_it():
    assert min(evaluation_axes(Setting(-2e6, 5.0))["tilt"].points) == 0.0


def test_noise_is_measured_against_the_mean_of_the_stretched_image():
    clean = np.tile(np.linspace(1.0, 3.0, 200, dtype=np.float32), (200, 1))
    quiet = Condition(NOMINAL, NOMINAL, noise_percent=0.0).frame(clean, (0, 1))
    np.testing.assert_allclose(quiet, (clean - 1) / 2, atol=1e-6)
    half = Condition(NOMINAL, NOMINAL, noise_percent=50.0)
    assert (half.frame(clean, (0, 1)) - quiet).std() == pytest.approx(0.25, rel=0.02)
    np.testing.assert_array_equal(half.frame(clean, (0, 1)), half.frame(clean, (0, 1)))
    assert (half.frame(clean, (0, 2)) != half.frame(clean, (0, 1))).any()


def test_a_dose_is_counted_in_electrons():
    clean = np.ones((128, 128), np.float32)
    dose = Condition(NOMINAL, NOMINAL, electrons_per_pixel=300.0)
    frame = dose.frame(clean, (0, 1))
    assert frame.mean() == pytest.approx(300, rel=0.01)
    # the MTF takes from the shot noise, the readout adds to it
    assert 1 < frame.std() < np.sqrt(300)


@pytest.mark.parametrize("levels", [{}, {"noise_percent": 1.0, "electrons_per_pixel": 1.0}])
def test_a_condition_has_either_noise_or_a_dose(levels):
    with pytest.raises(ValueError, match="either"):
        Condition(NOMINAL, NOMINAL, **levels)


def test_the_engine_is_told_what_the_condition_says():
    told = Condition(NOMINAL, Setting(-3e6, 25.0), noise_percent=0.0).metadata(3.0, 200.0)
    assert (told.defocus_nm, told.tilt_x_deg, told.geometry) == (-3e6, 25.0, "sample")
    assert (told.pixel_size_nm, told.voltage_kv) == (3.0, 200.0)
