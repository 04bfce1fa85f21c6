"""A run on this computer without a window: choices, state, engines."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from skyrmlive.inference.bundle import EngineBundle
from skyrmlive.inference.engine_store import find_engine, list_engines
from skyrmlive.napari_plugin.running import choices as remembering
from skyrmlive.napari_plugin.running.choices import RunChoices, recording_path
from skyrmlive.napari_plugin.running.engine_facts import (
    accuracy_of,
    installed_engines,
    match,
)
from skyrmlive.napari_plugin.running.local_run import LocalRun, RunState
from skyrmlive.stream.control import Event, running_folders
from skyrmlive.stream.control.folder import ENVIRONMENT_VARIABLE
from skyrmlive.stream.demo_sweep import camera_frames
from skyrmlive.stream.frame import FrameMetadata
from skyrmlive.stream.recording import Recording, check
from skyrmlive.stream.sender import FrameSender

NOW = datetime(2026, 3, 1, 14, 5, 9)
ANY_PORT = "tcp://127.0.0.1:*"
PATIENCE_S = 110


@pytest.fixture(autouse=True)
def _own_runs(tmp_path, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path / "runs"))


def until(run: LocalRun, phase: str) -> RunState:
    deadline = time.monotonic() + PATIENCE_S
    while run.state.phase != phase:
        assert time.monotonic() < deadline, run.state
        run.poll()
        time.sleep(0.02)
    return run.state


def test_every_recording_has_a_name_of_its_own(tmp_path):
    first = recording_path(str(tmp_path), NOW)
    assert first == tmp_path / "run_2026-03-01_14-05-09.ome.zarr"
    first.mkdir()
    second = recording_path(str(tmp_path), NOW)
    second.mkdir()
    assert second != first
    assert recording_path(str(tmp_path), NOW) not in (first, second)


def test_recording_is_on_unless_somebody_says_otherwise(tmp_path):
    assert RunChoices().record
    remembering.remember(
        RunChoices(record=False, source="files", folder="/camera", recordings="/r")
    )
    again = remembering.remembered()
    assert (again.source, again.folder, again.recordings) == ("files", "/camera", "/r")
    assert again.record
    (tmp_path / "runs" / "last_choices.json").write_text('{"source": 1')
    assert remembering.remembered().recordings == remembering.default_folder()


def test_what_is_missing_is_said_before_anything_is_started():
    whole = RunChoices(recordings="/somewhere")
    assert whole.problem() == ""
    assert "folder that the camera" in replace(whole, source="files").problem()
    assert "address" in replace(whole, listen=" ").problem()
    assert "recordings" in replace(whole, recordings="").problem()
    assert replace(whole, recordings="", record=False).problem() == ""


def test_the_state_follows_what_the_run_says():
    state = RunState()
    ready = Event(event="ready", source="here", results="there", path="/run")
    state = state.after(ready)
    assert (state.phase, state.results, state.recording) == ("running", "there", "/run")
    refused = state.after(Event(event="refused", text="No."))
    assert refused == replace(state, message="No.", failed=True)
    stopped = state.after(Event(event="not recording", path="/run"))
    assert (stopped.recording, stopped.recorded) == (None, "/run")
    state = state.after(Event(event="stopping"))
    assert state.after(ready).phase == "stopping"  # a stop that came while it was starting
    assert state.after(Event(event="ended")).phase == "ended"


def test_a_real_run_is_started_recorded_in_parts_and_stopped(tmp_path):
    choices = RunChoices(listen=ANY_PORT, publish=ANY_PORT, recordings=str(tmp_path / "my runs"))
    run = LocalRun.start(choices)
    assert run.state.phase == "starting"  # nobody has waited for it
    frames = [frame for frame, _ in zip(camera_frames(), range(6), strict=False)]
    state = until(run, "running")
    assert state.recording is not None
    first = Path(state.recording)
    assert first.parent == tmp_path / "my runs"
    assert state.source is not None
    with FrameSender(state.source) as sender:

        def send(some):
            for frame in some:
                sender.send(frame)

        def recorded(n, where):
            deadline = time.monotonic() + PATIENCE_S
            while time.monotonic() < deadline:
                if (where / "run.json").exists() and Recording(where).n_frames == n:
                    return
                time.sleep(0.05)
            raise AssertionError(f"{n} frames never came to {where}")

        def until_recording(wanted):
            deadline = time.monotonic() + PATIENCE_S
            while (run.state.recording is not None) != wanted:
                assert time.monotonic() < deadline
                run.poll()
                time.sleep(0.02)

        send(frames[:2])
        recorded(2, first)
        run.stop_recording()
        until_recording(False)
        send(frames[2:3])
        run.record(str(tmp_path / "my runs"), NOW)
        until_recording(True)
        second = Path(run.state.recording or "")
        send(frames[3:])
    run.stop()
    state = until(run, "ended")
    assert not state.failed
    assert "analysed" in state.message
    for path in (first, second):
        assert check(path) == []
    numbers = [
        [metadata.seq for metadata in (frame.metadata for frame in Recording(path).frames())]
        for path in (first, second)
    ]
    assert numbers[0] == [0, 1]
    # The third frame may have been on its way still when the second recording began.
    assert numbers[1] in ([3, 4, 5], [2, 3, 4, 5])
    assert len(Recording(second).summaries()) == len(numbers[1])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"listen": "tcp:/127.0.0.1"}, "is not an address"),
        ({"source": "files", "folder": "/no/such/folder"}, "/no/such/folder"),
    ],
)
def test_a_run_that_cannot_begin_says_why_in_one_sentence(tmp_path, wrong, words):
    choices = RunChoices(publish=ANY_PORT, recordings=str(tmp_path), **wrong)
    run = LocalRun.start(choices)
    state = until(run, "ended")
    assert state.failed
    assert words in state.message
    assert "\n" not in state.message
    assert not list(tmp_path.glob("*.ome.zarr"))


def test_a_port_that_is_taken_is_said(tmp_path):
    import zmq

    with zmq.Context() as context, context.socket(zmq.PULL) as taken:
        port = taken.bind_to_random_port("tcp://127.0.0.1")
        address = f"tcp://127.0.0.1:{port}"
        run = LocalRun.start(RunChoices(listen=address, publish=ANY_PORT, recordings=str(tmp_path)))
        state = until(run, "ended")
    assert address in state.message
    assert "in use" in state.message


def test_a_run_that_is_killed_is_not_taken_for_a_silent_one_and_is_found_no_more(tmp_path):
    run = LocalRun.start(RunChoices(listen=ANY_PORT, publish=ANY_PORT, recordings=str(tmp_path)))
    until(run, "running")
    (folder,) = running_folders()
    found = LocalRun.found(folder)
    assert found.state == run.state
    assert run._process is not None
    os.kill(run._process.pid, 9)
    for each in (run, found):
        state = until(each, "ended")
        assert state.failed
        assert "without a word" in state.message
    assert running_folders() == []


def test_each_engine_says_what_it_is_for_and_how_good():
    engines = {facts.name: facts for facts in installed_engines()}
    assert list(engines) == list(list_engines())
    line = engines["neel-1to3mm"].line.replace("\N{NO-BREAK SPACE}", " ")
    assert line.startswith("-2 mm (-0.9 to -3.1), 20° (9 to 31), 200 kV, 3 nm/px (0.3 to 6)")
    card = EngineBundle.load(find_engine("neel-1to3mm")).card
    at_10_percent = next(row for row in card.splitlines() if row.startswith("| 10 |"))
    _, _, jaccard, _, _, _, _, spread, *_ = (cell.strip() for cell in at_10_percent.split("|"))
    assert line.endswith(f"Jaccard {jaccard}, sizes ±{spread} % at 10 % noise")
    assert accuracy_of("no table here") == ""


def test_a_damaged_engine_says_so_and_hides_no_other(tmp_path, monkeypatch):
    broken = tmp_path / "engines" / "broken"
    broken.mkdir(parents=True)
    (broken / "manifest.json").write_text("{}")
    monkeypatch.setenv("SKYRMLIVE_ENGINES", str(tmp_path / "engines"))
    engines = {facts.name: facts for facts in installed_engines()}
    assert engines["broken"].line.startswith("cannot be used")
    assert engines["neel-1to3mm"].condition is not None


def test_frames_that_do_not_match_are_said_with_the_engine_that_suits_better():
    engines = installed_engines()
    by_name = {facts.name: facts.condition for facts in engines}
    narrow, wide = by_name["neel-2mm-20deg"], by_name["neel-1to3mm"]
    at_15_mm = FrameMetadata(
        pixel_size_nm=3.0, defocus_nm=-1.5e6, tilt_x_deg=20.0, tilt_y_deg=0.0, voltage_kv=200.0
    )
    assert match(at_15_mm, wide, engines).warning == ""
    found = match(at_15_mm, narrow, engines)
    assert found.better == "neel-1to3mm"
    assert "defocus -1.5 mm instead of" in found.warning
    assert "neel-1to3mm suits better: voltage, defocus, tilt, pixel size lie" in found.warning
    at_half_a_mm = at_15_mm.model_copy(update={"defocus_nm": -0.5e6})
    found = match(at_half_a_mm, wide, engines)
    assert found.better is None
    assert "skyrmlive train" in found.warning
