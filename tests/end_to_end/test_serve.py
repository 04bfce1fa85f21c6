"""Cameras, `serve` and subscribers as separate programs; then the recording once more."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import zmq

from skyrmlive.stream.frame import Frame, FrameMetadata
from skyrmlive.stream.recording import Recording, check
from skyrmlive.stream.result import TABLE_DTYPES
from skyrmlive.stream.sender import FrameSender

from .processes import Serve, serve, skyrmlive, subscribe, write_tiff

N_SENT = 6  # by `skyrmlive send`, before the other cameras


def send_array(socket: zmq.Socket, array: np.ndarray) -> None:
    """Send a frame as pyzmq's documentation does, knowing nothing of us."""
    metadata = {"dtype": str(array.dtype), "shape": array.shape}
    socket.send_json(metadata, zmq.SNDMORE)
    socket.send(array)


@dataclass
class Session:
    run: Serve
    sent: list[np.ndarray]
    summaries: list[dict[str, Any]]
    recording: Recording


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory, sweep: list[Frame]) -> Session:
    """Two cameras send; between good frames of the second lie messages that are none."""
    folder = tmp_path_factory.mktemp("session")
    chosen = sweep[:: len(sweep) // (N_SENT + 2)]
    write_tiff(folder / "sweep.tif", chosen[:N_SENT])
    with zmq.Context() as context, serve("--record", folder / "run") as run:
        results = subscribe(context, run.publishes)
        sent = skyrmlive("send", folder / "sweep.tif", "--to", run.listens)
        assert sent.returncode == 0, sent.stderr
        camera = context.socket(zmq.PUSH)
        camera.connect(run.listens)
        good = [np.ascontiguousarray(frame.pixels) for frame in chosen[N_SENT : N_SENT + 2]]
        send_array(camera, good[0])
        camera.send_multipart([b'{"dtype": "uint17", "shape": [512, 512]}', bytes(2 * 512 * 512)])
        camera.send_multipart([b'{"dtype": "uint16", "shape": [512, 512]}', bytes(1000)])
        send_array(camera, good[1])
        summaries = [json.loads(results.recv_multipart()[1]) for _ in range(N_SENT + 2)]
        summaries.sort(key=lambda summary: summary["frame"])  # the newest comes first
        run.stop()
        context.destroy(linger=0)
    pixels = [frame.pixels for frame in chosen[:N_SENT]] + good
    return Session(run, pixels, summaries, Recording(folder / "run"))


def test_it_stops_cleanly_with_everything_on_disk(session: Session):
    assert session.run.process.returncode == 0
    assert check(session.recording.path) == []
    assert session.recording.closed
    recorded = [frame.pixels for frame in session.recording.frames()]
    assert np.array_equal(recorded, session.sent)
    assert [summary.frame for summary in session.recording.summaries()] == list(range(N_SENT + 2))


def test_bad_messages_are_counted_and_the_stream_goes_on(session: Session):
    warnings = [line for line in session.run.errors.splitlines() if "rejected" in line]
    assert len(warnings) == 2
    assert "uint17" in warnings[0]
    assert "524288 bytes; 1000 came" in warnings[1]
    assert "Traceback" not in session.run.errors
    assert max(summary["counters"]["rejected"] for summary in session.summaries) == 2
    assert f"{N_SENT + 2} frames, {N_SENT + 2} analysed" in session.run.output
    assert ", 2 rejected" in session.run.output


def test_a_subscriber_needs_nothing_but_json(session: Session):
    assert [summary["frame"] for summary in session.summaries] == list(range(N_SENT + 2))
    counts = [summary["n_skyrmions"] + summary["n_stripes"] for summary in session.summaries]
    assert counts == session.recording.table().groupby("frame").size().tolist()
    assert min(counts) > 20
    fields = [summary["field_mt"] for summary in session.summaries]
    assert fields[:N_SENT] == sorted(fields[:N_SENT])
    assert fields[N_SENT:] == [None, None]
    assert session.summaries[0]["metadata"]["source"] == "skyrmlive demo"
    assert all(summary["mean_diameter_nm"] > 0 for summary in session.summaries[:N_SENT])
    assert all(summary["latency_ms"]["total"] > 0 for summary in session.summaries)


def test_a_replay_gives_the_very_same_numbers(session: Session, tmp_path: Path):
    run = skyrmlive("replay", session.recording.path, "--out", tmp_path)
    assert run.returncode == 0, run.stderr
    again = pd.read_csv(tmp_path / "skyrmions.csv", float_precision="round_trip")
    live = session.recording.table()
    assert len(live) > 100
    pd.testing.assert_frame_equal(again.astype(TABLE_DTYPES), live, check_exact=True)


def test_no_frame_of_a_burst_is_lost(tmp_path: Path):
    rng = np.random.default_rng(0)
    burst = rng.poisson(200, (200, 192, 224)).astype(np.uint16)
    with serve("--record", tmp_path / "run", "--max-frames", len(burst)) as run:
        with FrameSender(run.listens) as sender:
            for number, pixels in enumerate(burst):
                sender.send(Frame(pixels, FrameMetadata(seq=number)))
        run.wait()
    assert run.process.returncode == 0, run.errors
    recording = Recording(tmp_path / "run")
    assert np.array_equal([frame.pixels for frame in recording.frames()], burst)
    assert [frame.metadata.seq for frame in recording.frames()] == list(range(len(burst)))
    assert len(recording.summaries()) == len(burst)
    assert "200 frames, 200 analysed, 0 failed.\n" in run.output
