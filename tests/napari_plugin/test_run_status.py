import pytest

from skyrmlive.napari_plugin.run_status import run_details, run_warnings
from skyrmlive.stream.status import RunStatus


def status(state="live", free=None, **counters):
    return RunStatus(time=0.0, state=state, counters=counters, disk_free_bytes=free)


def test_a_run_that_keeps_up():
    said = run_details(status(recorded=12, waiting=0, rejected=0, free=51_400_000_000))
    assert said == ["live", "12 frames recorded", "51 GB of disk left"]


def test_a_run_that_does_not():
    said = run_details(status("behind", recorded=90, waiting=30, caught_up=4, rejected=2, failed=1))
    assert said[0] == "live, older frames wait"
    assert said[1:] == [
        "90 frames recorded",
        "30 to catch up",
        "4 caught up",
        "2 rejected",
        "1 failed",
    ]


def test_without_a_recording_that_is_said():
    assert "not recording" in run_details(status())


@pytest.mark.parametrize(
    ("state", "free", "warning"),
    [
        ("disk full", 10_000, "disk is full"),
        ("live", 3_200_000_000, "Only 3 GB"),
        ("live", 820_000_000, "Only 820 MB"),
    ],
)
def test_what_the_operator_must_act_on(state, free, warning):
    (said,) = run_warnings(status(state, free))
    assert warning in said


def test_the_end_of_a_run_is_told():
    assert run_details(status("ended", recorded=12))[0] == "the run has ended"


def test_enough_space_is_no_warning():
    assert run_warnings(status(free=2 * 10**12)) == []
    assert "2.0 TB of disk left" in run_details(status(free=2 * 10**12))
