"""The commands `send`, `record` and `replay` as a user starts them."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from skyrmlive.stream.recording import Recording, RunRecorder

SKYRMLIVE = [sys.executable, "-m", "skyrmlive.cli.main"]


def skyrmlive(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SKYRMLIVE, *map(str, arguments)], capture_output=True, text=True, timeout=100
    )


def test_files_are_sent_recorded_and_checked(tmp_path: Path, address: str):
    stack = np.random.default_rng(0).integers(0, 60000, (3, 20, 31)).astype(np.uint16)
    np.save(tmp_path / "film.npy", stack)
    run = tmp_path / "run"
    with subprocess.Popen([*SKYRMLIVE, "record", "--listen", address, "--to", run]) as recorder:
        options = ("--to", address, "--repeat", 2, "--rate", 1000, "--tilt-deg", 20)
        sent = skyrmlive("send", tmp_path / "film.npy", *options, "--timeout", 60)
        assert sent.returncode == 0, sent.stderr
        assert "6 frames sent" in sent.stdout
        recorder.send_signal(signal.SIGTERM)
        assert recorder.wait(60) == 0
    recording = Recording(run)
    assert recording.closed
    assert np.array_equal([f.pixels for f in recording.frames()], [*stack, *stack])
    assert [f.metadata.seq for f in recording.frames()] == list(range(6))
    assert recording.metadata(0).tilt_x_deg == 20
    checked = skyrmlive("record", "--check", run)
    assert checked.returncode == 0
    assert "6 frames of 31 x 20 pixels" in checked.stdout
    (run / "0/c.4.0.0").unlink()
    checked = skyrmlive("record", "--check", run)
    assert checked.returncode == 2
    assert "Frame 4" in checked.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["send", "{tmp}/none.tif"], "does not exist"),
        (["send", "{tmp}/bad.tif", "--to", "tcp://127.0.0.1:9", "--timeout", "0"], "bad.tif"),
        (
            ["send", "{tmp}/good.npy", "--to", "tcp://127.0.0.1:9", "--timeout", "0"],
            "did not answer",
        ),
        (["send", "{tmp}/good.npy", "--to", "nowhere"], "is not an address"),
        (["send", "{tmp}/good.npy", "--pixel-size-nm", "-1"], "--pixel-size-nm"),
        (["record", "--listen", "{occupied}", "--to", "{tmp}/run"], "already in use"),
        (["record", "--listen", "tcp://0.0.0.0:0", "--to", "{tmp}/run"], "--insecure"),
        (["record", "--listen", "tcp://127.0.0.1:*", "--to", "{tmp}"], "not empty"),
        (["record"], "--to"),
        (["record", "--repair", "{tmp}"], "is not a recording"),
        (["record", "--check", "{tmp}"], "is not a recording"),
        (["serve", "--protocol", "dectris-v2"], "needs --connect"),
        (["serve", "--listen", "tcp://127.0.0.1:1", "--watch", "{tmp}"], "only one of"),
        (["serve", "--stage", "tcp://127.0.0.1:*"], "--stage is for"),
        (["record", "--watch", "{tmp}/none", "--to", "{tmp}/run"], "is not a folder"),
        (["serve", "--listen", "{occupied}"], "already in use"),
        (["replay", "{tmp}/none"], "does not exist"),
        (["replay", "{tmp}/good.npy", "--rate", "0"], "must be greater than 0"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    tmp_path, capsys, monkeypatch, arguments, sentence
):
    (tmp_path / "bad.tif").write_bytes(b"II*\0junk")
    np.save(tmp_path / "good.npy", np.eye(5))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        occupied = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        filled = [a.format(tmp=tmp_path, occupied=occupied) for a in arguments]
        monkeypatch.setattr(sys, "argv", ["skyrmlive", *filled])
        # In this process, since starting one for each would take long.
        from skyrmlive.cli import main

        monkeypatch.setattr(main, "app", main.typer.Typer(pretty_exceptions_enable=False))
        with pytest.raises(SystemExit) as stopped:
            main.main()
    captured = capsys.readouterr()
    assert stopped.value.code == 2
    (line,) = captured.err.strip().splitlines()
    assert line.startswith("skyrmlive: ")
    assert sentence in line


def test_a_recording_can_be_sent_to_a_spreadsheet(tmp_path, analyser, make_frame):
    import pandas as pd

    from skyrmlive.stream.csv_files import CsvResults

    recorder = RunRecorder(tmp_path / "run")
    frames = [make_frame(i, seq=i, temperature_k=100.0 + i) for i in range(1, 4)]
    recorder.append([(frame, 0.0) for frame in frames])
    for i in (0, 2, 1):
        recorder.append_result(i, analyser.analyse(frames[i], i, 0.0))
    recorder.close()
    with CsvResults(tmp_path / "out") as tables:
        tables.append_recording(Recording(tmp_path / "run"))
    rows = pd.read_csv(tables.skyrmions)
    assert rows["frame"].tolist() == [0, 1, 1, 2, 2, 2]
    assert pd.read_csv(tables.frames)["temperature_k"].tolist() == [101, 102, 103]
