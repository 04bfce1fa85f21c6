"""Recordings and files as lazy arrays and layers, without a window."""

import json

import numpy as np
import pytest

pytest.importorskip("napari", reason="the extra 'viewer' is not installed")

from skyrmlive.napari_plugin.recordings.lazy_images import LazyImages
from skyrmlive.napari_plugin.recordings.reader import (
    get_reader,
    layers_of_files,
    layers_of_recording,
)
from skyrmlive.stream.errors import UserError
from skyrmlive.stream.files import read_frames


@pytest.fixture
def stack():
    rng = np.random.default_rng(0)
    return rng.integers(0, 60000, (9, 5, 7), np.uint16)


def test_slices_are_those_of_numpy_and_read_no_more_than_they_show(stack):
    images = LazyImages(9, (5, 7), np.dtype(np.uint16), lambda index: stack[index].copy())
    np.testing.assert_array_equal(images[3], stack[3])
    assert images.n_read == 1
    np.testing.assert_array_equal(images[3, 1:4, ::2], stack[3, 1:4, ::2])
    assert images.n_read == 1
    np.testing.assert_array_equal(images[2:5, :, 1], stack[2:5, :, 1])
    assert images.n_read == 3
    np.testing.assert_array_equal(images[-1], stack[-1])
    np.testing.assert_array_equal(images[[0, 2]], stack[[0, 2]])
    np.testing.assert_array_equal(np.asarray(images), stack)
    assert images[4:4].shape == (0, 5, 7)
    with pytest.raises(IndexError):
        images[9]


def test_what_cannot_be_read_is_black(stack):
    def read(index):
        if index == 1:
            raise UserError("It is damaged.")
        return stack[index][:, :5] if index == 2 else stack[index].copy()

    images = LazyImages(9, (5, 7), np.dtype(np.uint16), read)
    assert not images[1].any()
    assert not images[2].any()
    np.testing.assert_array_equal(images[3], stack[3])


def test_a_recording_is_two_lazy_layers_in_nanometres(recorded, made_recording):
    (frames, image, kind), (labels, options, other) = layers_of_recording(made_recording)
    assert (kind, other) == ("image", "labels")
    assert (frames.n_read, labels.n_read) == (1, 0)
    size_nm = recorded.metadata(0).pixel_size_nm
    assert image["scale"] == options["scale"] == (1.0, size_nm, size_nm)
    for index in (0, 5):
        np.testing.assert_array_equal(frames[index], recorded.frame(index).pixels)
        np.testing.assert_array_equal(labels[index], recorded.labels(index))


def test_frames_without_labels_have_none(half_analysed):
    (_, _, _), (labels, _, _) = layers_of_recording(half_analysed)
    assert labels[0].any()
    assert not labels[1].any()
    assert not labels[2].any()


def test_frames_of_a_stack_and_of_a_folder(sweep_stack, tmp_path):
    expected = [frame.pixels for frame in read_frames(sweep_stack)]
    for index, pixels in enumerate(expected):
        np.save(tmp_path / f"frame_{index}.npy", pixels)
    for path in (sweep_stack, tmp_path):
        ((frames, _, _),) = layers_of_files([path])
        assert frames.shape[0] == len(expected)
        assert frames.n_read == 1
        for index in (7, 8, 2, 11):
            np.testing.assert_array_equal(frames[index], expected[index])


def test_only_what_is_ours_has_a_reader(made_recording, tmp_path):
    assert get_reader(str(made_recording)) is not None
    assert get_reader([str(made_recording / "run.json")]) is not None
    foreign = tmp_path / "foreign.ome.zarr"
    foreign.mkdir()
    (foreign / "zarr.json").write_text(json.dumps({"zarr_format": 3, "node_type": "group"}))
    assert get_reader(str(foreign)) is None
    (tmp_path / "run.json").write_text(json.dumps({"format": "something else"}))
    assert get_reader(str(tmp_path / "run.json")) is None
    assert get_reader(str(tmp_path / "image.czi")) is None


def test_napari_keeps_its_own_reader_of_pictures():
    from npe2 import PluginManager

    manager = PluginManager.instance()
    manager.discover()
    for name in ("image.tif", "image.png", "image.npy", "image.jpg"):
        names = {reader.plugin_name for reader in manager.iter_compatible_readers([name])}
        assert "skyrmlive" not in names
    for name in ("image.dm4", "stack.mrc", "run.json"):
        names = {reader.plugin_name for reader in manager.iter_compatible_readers([name])}
        assert "skyrmlive" in names
