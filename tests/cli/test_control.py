"""A run that another program steers by lines in a folder."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from skyrmlive.stream.control import Command, Event, LineTail, append_line, new_run_folder
from skyrmlive.stream.control.folder import ENVIRONMENT_VARIABLE, RunLock, running_folders
from skyrmlive.stream.demo_sweep import camera_frames
from skyrmlive.stream.recording import Recording, check
from skyrmlive.stream.recording.layout import RUN
from skyrmlive.stream.sender import FrameSender

SERVE = [sys.executable, "-m", "skyrmlive.cli.main", "serve", "--publish", "tcp://127.0.0.1:*"]
PATIENCE_S = 110


@pytest.fixture(autouse=True)
def _own_runs(tmp_path, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path / "runs"))


class Steered:
    """A real `serve`, and both ends of what is said."""

    def __init__(self, *options: object) -> None:
        self.folder = new_run_folder()
        self._tail = LineTail(self.folder.events)
        self._events: list[Event] = []
        words = [*SERVE, *map(str, options), "--control", str(self.folder.path)]
        with self.folder.log.open("wb") as log:
            self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=log)

    def ask(self, do: str, **more: str) -> None:
        document = Command.model_validate({"do": do, **more}).model_dump()
        append_line(self.folder.commands, document)

    def until(self, kind: str) -> Event:
        """Return the next event of this kind."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            self._events += map(Event.model_validate, self._tail.read())
            while self._events:
                event = self._events.pop(0)
                if event.event == kind:
                    return event
            time.sleep(0.02)
        raise AssertionError(f"no {kind!r}; the log says: {self.folder.log.read_text()}")

    def until_analysed(self, recording: Path, count: int) -> None:
        """Wait until so many frames of a recording have their results."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            begun = (recording / RUN).exists()
            if begun and len(Recording(recording).summaries()) >= count:
                return
            time.sleep(0.05)
        raise AssertionError(f"no results; the log says: {self.folder.log.read_text()}")


@contextmanager
def steered(*options: object):
    run = Steered(*options)
    try:
        yield run
    finally:
        run.process.kill()
        run.process.wait()


def test_recording_and_engine_change_in_the_middle_of_a_run(tmp_path):
    frames = [frame for frame, _ in zip(camera_frames(), range(9), strict=False)]
    with steered("--listen", "tcp://127.0.0.1:*", "--record", tmp_path / "whole") as run:
        ready = run.until("ready")
        assert ready.path == str(tmp_path / "whole")
        assert ready.engine is None
        assert [each.path for each in running_folders()] == [run.folder.path]
        run.ask("record", path=str(tmp_path / "other"))
        assert "recorded already" in run.until("refused").text
        run.ask("engine", engine="no such engine")
        assert "There is no engine called" in run.until("refused").text
        append_line(run.folder.commands, {"do": "dance"})
        assert "Not understood" in run.until("refused").text
        assert ready.source is not None
        with FrameSender(ready.source) as sender:
            for frame in frames[:4]:
                sender.send(frame)
            # The newest is analysed first: an older one that waits would get the new engine.
            run.until_analysed(tmp_path / "whole", 4)
            run.ask("engine", engine="neel-2mm-20deg")
            assert run.until("engine").engine == "neel-2mm-20deg"
            for frame in frames[4:]:
                sender.send(frame)
        run.ask("stop")
        run.until("stopping")
        ended = run.until("ended")
        assert run.process.wait(PATIENCE_S) == 0
        assert not ended.failed
        assert "9 frames, 9 analysed" in ended.text
        assert not running_folders()
    recording = Recording(tmp_path / "whole")
    assert check(tmp_path / "whole") == []
    assert recording.n_frames == 9
    engines = [summary.engine.split("@")[0] for summary in recording.summaries()]
    assert len(engines) == 9
    assert engines == sorted(engines)
    assert engines[-5:] == ["neel-2mm-20deg"] * 5
    assert set(engines) == {"neel-1to3mm", "neel-2mm-20deg"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--listen", "tcp:/here"), "is not an address"),
        (("--watch", "no/such/folder"), "no/such/folder"),
    ],
)
def test_a_run_that_cannot_begin_says_why(options, expected):
    with steered(*options) as run:
        ended = run.until("ended")
        assert ended.failed
        assert expected in ended.text
        assert "Traceback" not in ended.text
        assert run.process.wait(PATIENCE_S) == 2


def test_a_run_goes_on_when_the_program_that_started_it_is_gone(tmp_path):
    """It is found again, and ends whole."""
    code = (
        "import os, subprocess, sys\n"
        "subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,"
        " start_new_session=True)\n"
        "os.abort()"
    )
    folder = new_run_folder()
    words = [*SERVE, "--listen", "tcp://127.0.0.1:*", "--record", str(tmp_path / "run")]
    words += ["--control", str(folder.path)]
    started = subprocess.run([sys.executable, "-c", code, *words], check=False)
    assert started.returncode == -signal.SIGABRT
    tail, events = LineTail(folder.events), []

    def until(kind):
        deadline = time.monotonic() + PATIENCE_S
        while kind not in {event.event for event in events}:
            assert time.monotonic() < deadline
            events.extend(map(Event.model_validate, tail.read()))
            time.sleep(0.02)
        return next(event for event in events if event.event == kind)

    ready = until("ready")
    (found,) = running_folders()
    assert found == folder
    assert ready.source is not None
    with FrameSender(ready.source) as sender:
        for frame, _ in zip(camera_frames(), range(3), strict=False):
            sender.send(frame)
    append_line(found.commands, {"do": "stop"})
    assert "3 frames, 3 analysed" in until("ended").text
    assert check(tmp_path / "run") == []
    assert Recording(tmp_path / "run").n_frames == 3


def test_a_lock_is_free_again_when_its_run_is_gone(tmp_path):
    folder = new_run_folder()
    assert not folder.is_running()
    with RunLock(folder.path) as lock:
        assert lock.taken
        assert folder.is_running()
        assert running_folders() == [folder]
    assert not folder.is_running()


def test_only_complete_lines_are_read(tmp_path):
    path = tmp_path / "lines"
    tail = LineTail(path)
    assert tail.read() == []
    append_line(path, {"a": 1})
    with path.open("ab") as file:
        file.write(b'[1, 2]\nnonsense\n{"b": ')
    assert tail.read() == [{"a": 1}]
    with path.open("ab") as file:
        file.write(b"2}\n")
    assert tail.read() == [{"b": 2}]
