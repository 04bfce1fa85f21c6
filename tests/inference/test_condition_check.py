from __future__ import annotations

import pytest

from skyrmlive.inference.condition_check import (
    condition_warnings,
    contrast_is_inverted,
    optics_are_inside,
)
from skyrmlive.inference.engine_choice import choose_engine
from skyrmlive.stream.errors import UserError
from skyrmlive.stream.frame import FrameMetadata

from .samples import CONDITION

INSIDE = {
    "voltage_kv": 200.0,
    "defocus_nm": -2e6,
    "tilt_x_deg": 20.0,
    "pixel_size_nm": 3.0,
}


def test_inside_the_envelope_there_is_nothing_to_say():
    assert condition_warnings(FrameMetadata(**INSIDE), CONDITION) == []
    assert optics_are_inside(FrameMetadata(**INSIDE), CONDITION)
    assert optics_are_inside(FrameMetadata(), CONDITION), "what is not known is not outside"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"defocus_nm": -8e6},
            "defocus -8 mm is outside the engine's -2.2 to -1.8 mm by 5.8",
        ),
        ({"voltage_kv": 300.0}, "voltage 300 kV is outside the engine's 190 to 210 kV by 90"),
        (
            {"tilt_x_deg": -22.6},
            "tilt 22.6 degrees is outside the engine's 18 to 22 degrees by 0.6",
        ),
        (
            {"pixel_size_nm": 1.25},
            "pixel size 1.25 nm is outside the engine's 2.5 to 3.5 nm by 1.25; "
            "the image is resampled to 3 nm",
        ),
    ],
)
def test_what_lies_outside_and_by_how_much(changed, expected):
    metadata = FrameMetadata(**INSIDE | changed)
    assert condition_warnings(metadata, CONDITION) == [expected]
    assert optics_are_inside(metadata, CONDITION) == changed.keys().isdisjoint(
        {"defocus_nm", "tilt_x_deg"}
    )


def test_the_opposite_defocus():
    metadata = FrameMetadata(**INSIDE | {"defocus_nm": 2e6})
    assert contrast_is_inverted(metadata, CONDITION)
    (warning,) = condition_warnings(metadata, CONDITION)
    assert "opposite sign" in warning
    assert "inverted" in warning


def test_what_is_unknown_is_said():
    text = "; ".join(condition_warnings(FrameMetadata(), CONDITION))
    for word in ("pixel size unknown", "tilt unknown", "defocus unknown"):
        assert word in text
    flat = FrameMetadata(geometry="sample")
    assert "tilt" not in "; ".join(condition_warnings(flat, CONDITION))


def _other(name: str, **changes) -> object:
    limits = CONDITION.envelope.model_dump() | changes
    return CONDITION.model_validate(CONDITION.model_dump() | {"name": name, "envelope": limits})


def test_the_engine_with_the_right_envelope_is_chosen():
    far = _other("far", defocus_nm={"low": -9e6, "high": -7e6})
    choice, reason = choose_engine(FrameMetadata(defocus_nm=-2e6), [far, CONDITION])
    assert choice is CONDITION
    assert "defocus" in reason
    choice, _ = choose_engine(FrameMetadata(defocus_nm=-7.5e6), [CONDITION, far])
    assert choice is far


def test_outside_of_all_the_nearest_is_chosen():
    far = _other("far", defocus_nm={"low": -9e6, "high": -7e6})
    choice, reason = choose_engine(FrameMetadata(defocus_nm=-6e6), [CONDITION, far])
    assert choice is far
    assert "although outside in defocus" in reason


def test_nothing_known_takes_the_first():
    far = _other("far", defocus_nm={"low": -9e6, "high": -7e6})
    assert choose_engine(FrameMetadata(), [far, CONDITION])[0] is far
    with pytest.raises(UserError, match="no engine"):
        choose_engine(FrameMetadata(), [])


def test_of_two_that_fit_the_first_is_chosen_and_of_two_that_do_not_the_wider():
    wide = _other("wide", defocus_nm={"low": -3e6, "high": -1e6})
    for order in ([wide, CONDITION], [CONDITION, wide]):
        assert choose_engine(FrameMetadata(defocus_nm=-2e6), order)[0] is order[0]
        assert choose_engine(FrameMetadata(defocus_nm=-8e6), order)[0] is wide
