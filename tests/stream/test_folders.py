"""Folders that a camera program writes into while we look."""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import struct
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.files import FilesSource, FolderSource, FolderWatch, TakenFiles
from skyrmlive.stream.files.order import natural_key
from skyrmlive.stream.frame import FrameMetadata
from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.receiver import Receiver
from skyrmlive.stream.recording import Recording, RunRecorder


def image(number: int) -> np.ndarray:
    return np.full((6, 5), number, np.uint16)


def mrc(pixels: np.ndarray) -> bytes:
    n_images, height, width = pixels.shape
    header = struct.pack("<4i", width, height, n_images, 6)
    return header.ljust(1024, b"\0") + pixels.astype("<u2").tobytes()


def write(path: Path, number: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, image(number))
    elif path.suffix == ".png":
        path.write_bytes(cv2.imencode(".png", image(number))[1].tobytes())
    elif path.suffix == ".mrc":
        path.write_bytes(mrc(image(number)[np.newaxis]))
    else:
        tifffile.imwrite(path, image(number))
    return path


def seen(watched: FolderWatch, looks: int = 3) -> list[str]:
    return [file.name for _ in range(looks) for file in watched.look()]


def numbers(source: FolderSource) -> list[int]:
    found = []
    while arrivals := source.receive(0, 100):
        found += [int(arrival.frame.pixels[0, 0]) for arrival in arrivals]
    return found


def taken(source: FolderSource) -> list[int]:
    return [number for _ in range(3) for number in numbers(source)]


@given(st.lists(st.integers(0, 10**6), min_size=1, unique=True), st.text(max_size=5))
def test_numbers_in_names_are_counted_not_spelled(found: list[int], stem: str):
    stem = stem.rstrip("0123456789")
    names = [f"{stem}x{number}.tif" for number in found]
    in_order = [f"{stem}x{number}.tif" for number in sorted(found)]
    assert sorted(names, key=natural_key) == in_order


def test_a_flat_series_comes_in_the_order_of_its_numbers(tmp_path):
    watched = FolderWatch([tmp_path], poll_s=0)
    for number in random.Random(0).sample(range(5, 105), 100):
        write(tmp_path / f"frame_{number}.npy")
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / ".frame_3.npy").write_text("hidden")
    write(tmp_path / "other" / "frame_1.npy")
    assert seen(watched) == [f"frame_{number}.npy" for number in range(5, 105)]
    assert seen(watched) == []


def gatan_file(root: Path, second: int, frame: int) -> Path:
    clock = (
        f"Hour_{second // 3600:02d}",
        f"Minute_{second // 60 % 60:02d}",
        f"Second_{second % 60:02d}",
    )
    return root.joinpath(*clock, "_".join(["run", *clock, f"Frame_{frame:04d}.tif"]))


def test_gatans_folders_are_followed_as_they_appear(tmp_path):
    source = FolderSource([tmp_path], poll_s=0)
    expected = []
    found = []
    for second in (0, 1, 59, 60, 61, 3599, 3600):
        for frame in range(3):
            write(gatan_file(tmp_path, second, frame), number=second + frame)
            expected.append(second + frame)
        found += taken(source)
    assert found == expected
    # The frames of a second that had ended come late; they come all the same.
    write(gatan_file(tmp_path, 3600, 3), number=7)
    assert taken(source) == [7]
    assert source.counters == {"received": 22, "rejected": 0, "missing": 0}


def test_what_lies_there_is_read_in_time_order_and_says_when(tmp_path):
    for second in (3600, 60, 59, 2):
        write(gatan_file(tmp_path, second, 0), number=second)
    frames = list(FilesSource([tmp_path]))
    assert [int(frame.pixels[0, 0]) for frame in frames] == [2, 59, 60, 3600]
    assert [(f.metadata.model_extra or {})["elapsed_s"] for f in frames] == [2, 59, 60, 3600]


@pytest.mark.parametrize("suffix", [".tif", ".npy", ".png", ".mrc"])
def test_a_writer_that_pauses_is_not_read_half(tmp_path, suffix: str):
    data = write(tmp_path / "elsewhere" / f"a{suffix}").read_bytes()
    watched = FolderWatch([tmp_path], poll_s=0)
    with (tmp_path / f"a{suffix}").open("wb", buffering=0) as file:
        for start in range(0, len(data), 13):
            assert seen(watched, looks=4) == []
            file.write(data[start : start + 13])
    assert seen(watched) == [f"a{suffix}"]


def test_a_file_that_just_grew_is_not_read_although_it_looks_whole(tmp_path):
    write(tmp_path / "a.tif")
    watched = FolderWatch([tmp_path], poll_s=1000)
    assert seen(watched) == []


def test_a_file_that_is_moved_into_place_is_taken_at_the_first_look(tmp_path):
    ready = write(tmp_path / "elsewhere" / "a.tif")
    os.utime(ready, (1e9, 1e9))
    watched = FolderWatch([tmp_path], poll_s=1000)
    ready.rename(tmp_path / "a.tif")
    assert [file.name for file in watched.look()] == ["a.tif"]


def test_an_unfinished_file_keeps_the_order_but_not_for_ever(tmp_path, caplog):
    whole = write(tmp_path / "elsewhere" / "a.npy", number=2).read_bytes()
    source = FolderSource([tmp_path], poll_s=0, patience_s=1000)
    impatient = FolderSource([tmp_path], poll_s=0, patience_s=0)
    write(tmp_path / "frame_1.npy", number=1)
    (tmp_path / "frame_2.npy").write_bytes(whole[:-9])
    write(tmp_path / "frame_3.npy", number=3)
    with caplog.at_level(logging.WARNING):
        assert taken(source) == [1]
        assert taken(impatient) == [1, 3]
        assert taken(impatient) == []
    assert caplog.text.count("frame_2.npy has stood still") == 1
    (tmp_path / "frame_2.npy").write_bytes(whole)
    assert taken(source) == [2, 3]
    assert taken(impatient) == [2]


def test_a_file_that_grows_and_grows_does_not_stop_the_others(tmp_path, caplog):
    watched = FolderWatch([tmp_path], poll_s=0, patience_s=0)
    film = mrc(np.stack([image(0)] * 1000))
    found = []
    for number in range(4):
        with (tmp_path / "a_long_film.mrc").open("ab") as file:
            file.write(film[1000 * number : 1000 * (number + 1)])
        write(tmp_path / f"frame_{number}.npy")
        found += seen(watched, looks=1)
    assert found == [f"frame_{number}.npy" for number in range(4)]
    assert "a_long_film" not in caplog.text


def test_a_folder_that_is_away_is_said_once_and_looked_into_again(tmp_path, caplog):
    folder, away = tmp_path / "camera", tmp_path / "away"
    write(folder / "frame_0.npy", 0)
    source = FolderSource([folder], poll_s=0)
    assert taken(source) == [0]
    folder.rename(away)
    assert taken(source) == []
    assert caplog.text.count("cannot be looked into") == 1
    write(away / "frame_1.npy", 1)
    away.rename(folder)
    assert taken(source) == [1]


def test_a_stack_that_is_written_on_is_read_on(tmp_path):
    source = FolderSource([tmp_path], poll_s=0)
    for number in range(3):
        tifffile.imwrite(tmp_path / "film.tif", image(number), append=True)
        if number != 1:
            assert taken(source) == list(range(3))[max(0, number - 1) : number + 1]
    assert taken(source) == []


def test_damaged_files_are_said_once_and_the_others_come(tmp_path, caplog):
    for number in range(4):
        write(tmp_path / f"frame_{number}.npy", number)
    np.save(tmp_path / "frame_1.npy", image(1) * 1j)
    (tmp_path / "frame_2.npy").write_bytes(b"")
    source = FolderSource([tmp_path], poll_s=0, patience_s=0)
    with source, caplog.at_level(logging.WARNING):
        assert taken(source) == [0, 3]
        assert source.counters == {"received": 2, "rejected": 1, "missing": 0}
    assert caplog.text.count("frame_1.npy") == 1
    assert "1 of the files in" in caplog.text  # the empty one, at the end


def test_files_that_are_gone_before_their_turn_are_missing(tmp_path, caplog):
    for number in range(3):
        write(tmp_path / f"frame_{number}.npy", number)
    source = FolderSource([tmp_path], poll_s=0)
    while not (first := source.receive(0, 1)):
        pass
    (tmp_path / "frame_1.npy").unlink()
    with caplog.at_level(logging.WARNING):
        assert [int(first[0].frame.pixels[0, 0]), *taken(source)] == [0, 2]
    assert source.counters == {"received": 2, "rejected": 0, "missing": 1}
    assert "frame_1.npy does not exist. It is tried again." in caplog.text
    write(tmp_path / "frame_1.npy", 1)  # back again, for example on a share that was away
    assert taken(source) == [1]


def test_single_images_get_the_time_of_their_file(tmp_path):
    os.utime(write(tmp_path / "a.npy"), (1e9, 1e9))
    np.save(tmp_path / "b.npy", np.stack([image(1)] * 2))
    description = json.dumps({"timestamp": 5.0})
    tifffile.imwrite(tmp_path / "c.tif", image(0), description=description, metadata=None)
    source = FolderSource([tmp_path], poll_s=0, overrides=FrameMetadata(pixel_size_nm=2.0))
    found = [a.frame.metadata for _ in range(4) for a in source.receive(0, 100)]
    assert [m.timestamp for m in found] == [1e9, None, None, 5.0]
    assert [m.assumed for m in found] == [["timestamp"], None, None, None]
    assert {m.pixel_size_nm for m in found} == {2.0}


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


def test_what_was_taken_is_remembered_over_a_new_start(tmp_path):
    path = tmp_path / "state" / "taken.txt"
    folder = tmp_path / "frames"
    for number in (1, 2, 10):
        write(folder / f"é{number}.npy", number)
    with TakenFiles(path) as memory, FolderSource([folder], poll_s=0, taken=memory) as source:
        assert taken(source) == [1, 2, 10]
    path.write_bytes(path.read_bytes()[:-1])  # cut short in its last line
    write(folder / "é11.npy", 11)
    with TakenFiles(path) as memory, FolderSource([folder], poll_s=0, taken=memory) as source:
        assert taken(source) == [11]
    with pytest.raises(UserError, match="Cannot remember"):
        TakenFiles(tmp_path)


def test_what_cannot_be_watched_is_said_at_once(tmp_path):
    with pytest.raises(UserError, match="is not a folder"):
        FolderSource([write(tmp_path / "a.npy")])
    with pytest.raises(UserError, match="is not a folder"):
        FolderWatch([tmp_path / "none"])


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
