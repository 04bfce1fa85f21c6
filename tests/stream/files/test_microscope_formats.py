"""The formats of microscopes: MRC, TVIPS and DigitalMicrograph."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.files import FilesSource, read_frames, rosettasciio

from .made_files import mrc, stack


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_mrc_stacks_are_read(tmp_path, dtype: str, order: str):
    images = stack.astype(dtype)
    (tmp_path / "a.mrcs").write_bytes(mrc(images, 25.0, order, extended=bytes(13)))
    frames = list(FilesSource([tmp_path / "a.mrcs"]))
    assert np.array_equal([f.pixels for f in frames], images)
    assert {f.pixels.dtype.name for f in frames} == {dtype}
    assert frames[0].metadata.pixel_size_nm == pytest.approx(2.5)
    assert FilesSource([tmp_path / "a.mrcs"]).count() == 3


@pytest.mark.parametrize("angstrom", [0.0, 1.0, -3.0, np.nan, np.inf])
def test_mrc_files_that_do_not_know_their_pixel_size_have_none(tmp_path, angstrom: float):
    (tmp_path / "a.mrc").write_bytes(mrc(stack, angstrom))
    assert next(read_frames(tmp_path / "a.mrc")).metadata.pixel_size_nm is None


def test_mrc_is_read_as_rosettasciio_reads_it(tmp_path):
    reader = pytest.importorskip("rsciio.mrc")
    (tmp_path / "a.mrc").write_bytes(mrc(stack, 25.0))
    (signal,) = reader.file_reader(str(tmp_path / "a.mrc"))
    frames = list(read_frames(tmp_path / "a.mrc"))
    assert np.array_equal([f.pixels for f in frames], signal["data"])
    assert signal["axes"][-1]["scale"] == pytest.approx(frames[0].metadata.pixel_size_nm)


@pytest.mark.parametrize("lazily", [False, True])
def test_tvips_streams_are_read_over_their_parts(tmp_path, lazily: bool, monkeypatch):
    writer = pytest.importorskip("rsciio.tvips")
    monkeypatch.setattr(rosettasciio, "_AT_ONCE_BYTES", 0 if lazily else 2**30)
    images = np.arange(6 * 20 * 31, dtype=np.uint16).reshape(6, 20, 31)
    scales = [("t", 0.1, "s"), ("y", 2.5, "nm"), ("x", 2.5, "nm")]
    axes = [
        {"name": name, "size": size, "scale": scale, "offset": 0.0, "units": unit}
        | {"navigate": name == "t"}
        for size, (name, scale, unit) in zip(images.shape, scales, strict=True)
    ]
    signal = {"data": images, "axes": axes, "metadata": {}, "attributes": {"_lazy": False}}
    file = str(tmp_path / "film_000.tvips")
    writer.file_writer(file, signal, max_file_size=6000, mode=1)
    assert len(list(tmp_path.iterdir())) > 1
    frames = list(FilesSource([tmp_path]))
    assert np.array_equal([f.pixels for f in frames], images)
    assert frames[0].metadata.pixel_size_nm is None
    with pytest.raises(UserError, match=r"_000\.tvips"):
        list(read_frames(tmp_path / "film_001.tvips"))


def test_dm_files_bring_their_calibration(dm_file):
    frames = list(read_frames(dm_file.path))
    assert np.array_equal([f.pixels for f in frames], dm_file.images)
    for frame in frames:
        assert frame.metadata.pixel_size_nm == pytest.approx(2.5)
        assert frame.metadata.voltage_kv == pytest.approx(200)


@pytest.mark.parametrize("name", ["a.dm4", "a_000.tvips"])
def test_without_the_extra_files_say_what_to_install(tmp_path, name: str, monkeypatch):
    monkeypatch.setitem(sys.modules, "rsciio", None)  # as Python itself marks what is not there
    for module in ("rsciio.digitalmicrograph", "rsciio.tvips"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(UserError, match=r"skyrmlive\[formats\]"):
        list(read_frames(tmp_path / name))
