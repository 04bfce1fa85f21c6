"""A folder through a whole run: recorded while it is written, stopped, sent on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from itertools import islice

import numpy as np
import pytest
import zmq

from skyrmlive.cli.send import _watched as watched
from skyrmlive.stream.errors import UserError
from skyrmlive.stream.files import FolderSource, TakenFiles
from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.receiver import Receiver
from skyrmlive.stream.recording import Recording, RunRecorder
from skyrmlive.stream.sender import FrameSender

from .watching import gatan_file, image, write


def test_files_are_recorded_while_they_are_written(tmp_path):
    folder = tmp_path / "camera"
    folder.mkdir()

    def camera() -> None:
        for number in range(500):
            part = folder / f"frame_{number}.part"
            with part.open("wb") as file:
                np.save(file, image(number))
            part.rename(folder / f"frame_{number}.npy")

    recorder = RunRecorder(tmp_path / "run")
    source = FolderSource([folder], poll_s=0.05)
    receiver = Receiver(source, recorder, max_frames=500)
    writer = threading.Thread(target=camera)
    writer.start()
    receiver.start()
    receiver.join(60)
    writer.join()
    recorder.close()
    assert receiver.error is None
    assert receiver.n_frames == 500
    pixels = [int(frame.pixels[0, 0]) for frame in Recording(tmp_path / "run").frames()]
    assert pixels == list(range(500))


def test_a_stop_takes_what_is_whole_on_disk(tmp_path):
    folder = tmp_path / "camera"
    folder.mkdir()
    receiver = Receiver(FolderSource([folder], poll_s=1000))
    receiver.start()
    for number in range(20):
        ready = write(tmp_path / f"frame_{number}.npy", number)
        os.utime(ready, (1e9, 1e9))
        ready.rename(folder / ready.name)
    receiver.stop()
    receiver.join(60)
    assert receiver.n_frames == 20


def test_a_watched_folder_is_sent_until_ctrl_c(tmp_path, context):
    listener = FrameListener("tcp://127.0.0.1:*", context=context)
    command = [sys.executable, "-m", "skyrmlive.cli.main", "send", "--watch", str(tmp_path)]
    options = ["--to", listener.address, "--patience", "1", "--tilt-deg", "20"]
    write(gatan_file(tmp_path, 0, 0), number=1)
    (tmp_path / "damaged.npy").write_bytes(b"x" * 500)
    np.save(tmp_path / "complex.npy", image(0) * 1j)
    with (
        listener,
        subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as sender,
    ):
        found = listener.receive(60)
        write(gatan_file(tmp_path, 1, 0), number=2)
        found += listener.receive(60)
        assert sender.stderr is not None
        said = sender.stderr.readline() + sender.stderr.readline()
        sender.send_signal(signal.SIGINT)
        said += sender.stderr.read()
        assert sender.wait(60) == 0
    assert [int(arrival.frame.pixels[0, 0]) for arrival in found] == [1, 2]
    assert [arrival.frame.metadata.seq for arrival in found] == [0, 1]
    assert found[0].frame.metadata.tilt_x_deg == 20
    assert found[0].frame.metadata.assumed == ["timestamp"]
    assert "Left out: complex.npy" in said
    assert "damaged.npy has stood still for 1 s" in said
    assert "Traceback" not in said


def test_a_file_that_was_not_handed_over_is_not_remembered(tmp_path, context):
    busy = context.socket(zmq.PULL)
    busy.setsockopt(zmq.RCVHWM, 1)
    busy.setsockopt(zmq.RCVBUF, 2**16)
    busy.bind("tcp://127.0.0.1:*")
    address = busy.getsockopt_string(zmq.LAST_ENDPOINT)
    memory, folder = tmp_path / "sent.txt", tmp_path / "frames"
    folder.mkdir()
    for number in range(6):
        np.save(folder / f"frame_{number}.npy", np.full((2048, 2048), number, np.uint16))

    def watch_and_send(n: int) -> None:
        with (
            TakenFiles(memory) as taken,
            FolderSource([folder], poll_s=0, taken=taken) as source,
            FrameSender(address, linger_s=0.3) as sender,
        ):
            frames = watched(source, taken, lambda: sender.unsent)
            for frame in islice(frames, n):
                sender.send(frame)

    with pytest.raises(UserError, match="has not taken"):
        watch_and_send(6)
    remembered = memory.read_text().splitlines()
    assert len(remembered) < 6
    for number, line in enumerate(remembered):
        assert line.endswith(f"frame_{number}.npy")
        assert busy.poll(60_000)
        assert np.frombuffer(busy.recv_multipart()[1], np.uint16)[0] == number
