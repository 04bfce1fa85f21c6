"""Frames out of a folder that a camera program writes into while we look."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator

import numpy as np
import pytest
import tifffile

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.files import FilesSource, FolderSource, TakenFiles
from skyrmlive.stream.frame import FrameMetadata

from .watching import gatan_file, image, taken, write


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


@pytest.mark.parametrize("remembered", [False, True])
def test_a_stack_that_is_written_on_is_read_on(tmp_path, remembered: bool):
    memory = TakenFiles(tmp_path / "taken.txt") if remembered else None
    source = FolderSource([tmp_path], poll_s=0, taken=memory)
    for number in range(3):
        tifffile.imwrite(tmp_path / "film.tif", image(number), append=True)
        if number != 1:
            assert taken(source) == list(range(3))[max(0, number - 1) : number + 1]
    assert taken(source) == []


def test_a_stack_that_is_caught_within_a_page_is_read_on_when_that_is_whole(tmp_path):
    for number in range(3):
        tifffile.imwrite(tmp_path / "film.tif", image(number), append=True)
    source = FolderSource([tmp_path], poll_s=0)
    while not (first := source.receive(0, 1)):
        pass
    found = [int(arrival.frame.pixels[0, 0]) for arrival in first]

    def rows() -> Iterator[bytes]:
        for row, pixels in enumerate(image(3)):
            if row == 3:
                writer.filehandle.flush()
                found.extend(taken(source))
                assert found == [0, 1, 2]
            yield pixels.tobytes()

    with tifffile.TiffWriter(tmp_path / "film.tif", append=True) as writer:
        writer.write(rows(), shape=(6, 5), dtype="uint16", rowsperstrip=1, contiguous=False)
        writer.write(image(4), contiguous=False)
    assert found + taken(source) == [0, 1, 2, 3, 4]
    assert source.counters["rejected"] == 0


def test_what_was_taken_of_a_stack_is_not_read_again_when_it_has_grown(tmp_path):
    film = tmp_path / "film.tif"
    tifffile.imwrite(film, image(0))
    source = FolderSource([tmp_path], poll_s=0)
    assert taken(source) == [0]
    with tifffile.TiffFile(film, mode="r+") as tif:
        tif.pages[0].tags["Compression"].overwrite(8)  # they are not packed: an error
    tifffile.imwrite(film, image(1), append=True)
    assert taken(source) == [1]


def test_a_stack_that_is_damaged_gives_what_comes_before_and_is_left_out(tmp_path, caplog):
    film = tmp_path / "film.tif"
    for number in range(3):
        tifffile.imwrite(film, image(number), append=True)
    with tifffile.TiffFile(film, mode="r+") as tif:
        tif.pages[1].tags["Compression"].overwrite(8)
    source = FolderSource([tmp_path], poll_s=0)
    assert taken(source) == [0]
    assert taken(source) == []
    assert source.counters == {"received": 1, "rejected": 1, "missing": 0}
    assert caplog.text.count("Left out") == 1


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
