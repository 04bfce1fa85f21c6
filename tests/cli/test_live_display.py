"""What a terminal shows of a run, result by result."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from skyrmlive.cli.live_display import LiveDisplay
from skyrmlive.stream.result import ResultSummary


def shown(capsys, *summaries):
    with LiveDisplay() as display:
        for frame, known in enumerate(summaries):
            summary = ResultSummary(
                frame=frame, received_at=0, height=4, width=6, n_skyrmions=12, **known
            )
            display.show(SimpleNamespace(summary=summary))
    return capsys.readouterr()


def test_a_mean_stands_with_its_interval_and_columns_stay_in_line(capsys):
    known = {"mean_diameter_nm": 38.24}
    ends = {"mean_diameter_low_nm": 35.06, "mean_diameter_high_nm": 41.61}
    lines = shown(capsys, known | ends, known, {}).out.splitlines()
    assert "38.2 (35.1 to 41.6)" in lines[1]
    assert "38.2" in lines[2]
    assert "(" not in lines[2]
    assert len({len(line) for line in lines}) == 1


def test_a_warning_that_differs_in_its_numbers_alone_comes_once(capsys):
    warnings = [["unfamiliarity 1.5: check"], ["unfamiliarity 2: check"], ["2 stripes"]]
    told = shown(capsys, *({"warnings": each} for each in warnings)).err
    assert told.count("check") == 1
    assert told.count("stripes") == 1


_SHOW = """
import logging
import sys
from types import SimpleNamespace
from skyrmlive.cli.live_display import LiveDisplay
from skyrmlive.stream.result import ResultSummary
with LiveDisplay() as display:
    sys.stdin.readline()
    for frame in range(300):
        summary = ResultSummary(frame=frame, received_at=0, height=4, width=6, n_skyrmions=1)
        display.show(SimpleNamespace(summary=summary))
    display.settling(300, 300)
print("a last word")
logging.warning("the run went on")
"""


def pipe_whose_reader_leaves() -> tuple[int, int]:
    reading, writing = os.pipe()
    return writing, reading


def full_disk() -> tuple[int, int]:
    return os.open("/dev/full", os.O_WRONLY), os.open(os.devnull, os.O_RDONLY)


@pytest.mark.parametrize("output", [pipe_whose_reader_leaves, full_disk])
@pytest.mark.parametrize("forced", ["", "1"], ids=["lines", "table"])
def test_a_run_goes_on_when_nobody_takes_what_it_shows(output, forced: str):
    theirs, ours = output()
    with subprocess.Popen(
        [sys.executable, "-c", _SHOW],
        stdin=subprocess.PIPE,
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"FORCE_COLOR": forced, "TERM": "xterm"},
    ) as showing:
        os.close(theirs)
        os.read(ours, 1)
        os.close(ours)
        _, said = showing.communicate("go on\n", timeout=60)
    assert said.count("Results are not shown any more: ") == 1
    assert "the run went on" in said
    assert "Traceback" not in said
    assert showing.returncode == 0
