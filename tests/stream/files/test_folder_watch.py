"""Which files of a folder are taken, when and in which order, while a camera program writes."""

from __future__ import annotations

import os
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.files import FolderSource, FolderWatch
from skyrmlive.stream.files.order import natural_key

from .made_files import mrc
from .watching import image, write


def seen(watched: FolderWatch, looks: int = 3) -> list[str]:
    return [file.name for _ in range(looks) for file in watched.look()]


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


def test_a_file_that_grows_and_grows_does_not_stop_the_others(tmp_path, caplog):
    watched = FolderWatch([tmp_path], poll_s=0, patience_s=0)
    film = mrc(np.stack([image(0)] * 1000), angstrom=0.0)
    found = []
    for number in range(4):
        with (tmp_path / "a_long_film.mrc").open("ab") as file:
            file.write(film[1000 * number : 1000 * (number + 1)])
        write(tmp_path / f"frame_{number}.npy")
        found += seen(watched, looks=1)
    assert found == [f"frame_{number}.npy" for number in range(4)]
    assert "a_long_film" not in caplog.text


def test_what_cannot_be_watched_is_said_at_once(tmp_path):
    with pytest.raises(UserError, match="is not a folder"):
        FolderSource([write(tmp_path / "a.npy")])
    with pytest.raises(UserError, match="is not a folder"):
        FolderWatch([tmp_path / "none"])
