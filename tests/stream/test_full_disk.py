"""A disk that fills up in mid-run: the frames wait, and nothing is lost."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from skyrmlive.stream.csv_files import CsvResults
from skyrmlive.stream.errors import UserError
from skyrmlive.stream.frame import Frame, FrameMetadata
from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.live import LiveRun
from skyrmlive.stream.recording import Recording, RunRecorder, check
from skyrmlive.stream.recording.comparison import Comparison, ComparisonCsv
from skyrmlive.stream.recording.layout import DiskFull
from skyrmlive.stream.sender import FrameSender


@pytest.fixture
def small_disk(disk_of_size):
    """A file system of its own of 1 MiB."""
    return disk_of_size("1m")


def noisy(seq: int) -> Frame:
    pixels = np.random.default_rng(seq).integers(0, 65536, (200, 300), dtype=np.uint16)
    return Frame(pixels, FrameMetadata(seq=seq))


def fill(disk: Path) -> Path:
    """Leave no space on a disk; return what takes it."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        while room := os.statvfs(disk).f_bavail:
            file.write(bytes(room * 4096))
            file.flush()
    return ballast


def wait_for(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_run_waits_for_space_and_goes_on(small_disk, disk_of_size, context, analyser, caplog):
    recorder = RunRecorder(small_disk / "run")
    with FrameListener("tcp://127.0.0.1:*", context=context) as listener:
        run = LiveRun(listener, analyser, recorder=recorder, max_frames=20)
        running = threading.Thread(target=run.run)
        running.start()
        with FrameSender(listener.address) as sender:
            for seq in range(20):  # 2.4 MB that no compression makes smaller
                sender.send(noisy(seq))
                if seq == 0:
                    wait_for(lambda: recorder.n_frames == 1)
            wait_for(lambda: recorder.disk_is_full)
            assert run.status().state == "disk full"
            assert run.status().disk_free_bytes < 200_000
            assert 0 < recorder.n_frames < 20
            disk_of_size("20m")
        running.join(60)
    assert not recorder.disk_is_full
    assert "wait until there is space" in caplog.text
    assert check(small_disk / "run") == []
    recording = Recording(small_disk / "run")
    assert len(recording.summaries()) == recording.n_frames == 20
    for seq, frame in enumerate(recording.frames()):
        assert frame.metadata.seq == seq
        assert np.array_equal(frame.pixels, noisy(seq).pixels)


def test_a_recording_cannot_even_be_begun(small_disk):
    (small_disk / "ballast").write_bytes(bytes(2**20 - 4096))
    recorder = RunRecorder(small_disk / "run")
    recorder.stop_waiting()
    with pytest.raises(DiskFull):
        recorder.append([(noisy(0), 0.0)])
    (small_disk / "ballast").unlink()
    assert recorder.append([(noisy(0), 0.0)]) == 0
    recorder.close()
    assert check(small_disk / "run") == []


def test_a_second_recording_waits_for_space_in_one_folder(small_disk):
    recorder = RunRecorder(small_disk / "run")
    recorder.append([(Frame(np.zeros((8, 8), np.uint8), FrameMetadata()), 0.0)])
    ballast = fill(small_disk)
    appending = threading.Thread(target=recorder.append, args=[[(noisy(0), 0.0)]])
    appending.start()
    wait_for(lambda: recorder.disk_is_full)
    time.sleep(1.2)  # it tries again every half second
    ballast.unlink()
    appending.join(60)
    recorder.close()
    assert sorted(path.name for path in small_disk.iterdir()) == ["run", "run-2"]
    assert Recording(small_disk / "run-2").n_frames == 1


def test_a_stop_ends_the_waiting(small_disk, context, analyser):
    recorder = RunRecorder(small_disk / "run")
    errors = []
    with FrameListener("tcp://127.0.0.1:*", context=context) as listener:
        run = LiveRun(listener, analyser, recorder=recorder)

        def running() -> None:
            try:
                run.run()
            except DiskFull as error:
                errors.append(error)

        thread = threading.Thread(target=running)
        thread.start()
        with FrameSender(listener.address, linger_s=0) as sender:
            for seq in range(20):
                sender.send(noisy(seq))
                if seq < 3:
                    wait_for(lambda expected=seq + 1: recorder.n_frames == expected)
            wait_for(lambda: recorder.disk_is_full)
            run.stop()
            thread.join(60)
    assert "No space left" in str(errors[0])
    recording = Recording(small_disk / "run")
    assert recording.n_frames >= 3
    for seq, frame in enumerate(recording.frames()):
        assert np.array_equal(frame.pixels, noisy(seq).pixels)


@pytest.mark.parametrize("n", [1, 5000])  # refused when the file is closed, and before
def test_tables_that_find_no_space_are_one_sentence(small_disk, analyser, make_frame, n: int):
    results, rows = CsvResults(small_disk), ComparisonCsv(small_disk / "comparison.csv")
    fill(small_disk)
    result = analyser.analyse(make_frame(3), 0, 0.0)
    found = Comparison().add(0, result.table, result.table)

    def write_results() -> None:
        with results:
            for _ in range(n):
                results.append(result.summary, result.table)

    def write_rows() -> None:
        with rows:
            for _ in range(n):
                rows.append(found)

    for write, name in ((write_results, "disk"), (write_rows, r"comparison\.csv")):
        with pytest.raises(UserError, match=rf"^Cannot write \S+{name}: No space left on .+\.$"):
            write()
