"""A movie is written, and read back by its own program."""

import numpy as np
import pytest

from skyrmlive.inference.movie import Cancelled, draw_frame, write_movie
from skyrmlive.stream.errors import UserError

imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="the extra 'movie' is missing")


def pictures(n, height=65, width=97):
    ramp = np.linspace(40, 200, width)
    for number in range(n):
        grey = np.clip(np.tile(ramp + 10 * number, (height, 1)), 0, 255).astype(np.uint8)
        yield np.stack([grey] * 3, axis=-1)


def test_pictures_come_back(tmp_path):
    done = []
    write_movie(tmp_path / "a.mp4", pictures(5), rate_hz=8, progress=done.append)
    reader = imageio_ffmpeg.read_frames(str(tmp_path / "a.mp4"))
    about = next(reader)
    assert about["size"] == (98, 66)  # made even
    assert about["fps"] == 8
    assert about["codec"] == "h264"
    frames = [np.frombuffer(frame, np.uint8).reshape(66, 98, 3) for frame in reader]
    assert len(frames) == 5
    for frame, picture in zip(frames, pictures(5), strict=True):
        assert abs(frame[:65, :97].astype(float) - picture).mean() < 4
    assert done == [1, 2, 3, 4, 5]
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_cancelled_or_impossible_leaves_nothing(tmp_path):
    with pytest.raises(Cancelled):
        write_movie(tmp_path / "a.mp4", pictures(5), rate_hz=8, cancelled=lambda: True)
    calls = iter([False, False, True])
    with pytest.raises(Cancelled):
        write_movie(tmp_path / "a.mp4", pictures(5), rate_hz=8, cancelled=lambda: next(calls))
    with pytest.raises(UserError, match=r"must end in \.mp4"):
        write_movie(tmp_path / "a.avi", pictures(5), rate_hz=8)
    with pytest.raises(UserError, match="no frame"):
        write_movie(tmp_path / "a.mp4", pictures(0), rate_hz=8)
    with pytest.raises(UserError, match="more than 0"):
        write_movie(tmp_path / "a.mp4", pictures(1), rate_hz=0)
    with pytest.raises(UserError, match="Cannot write"):
        write_movie(tmp_path / "nowhere" / "a.mp4", pictures(3), rate_hz=8)
    assert not list(tmp_path.iterdir())


def test_large_frames_are_reduced_with_their_scale():
    labels = np.zeros((3000, 4000), np.uint16)
    labels[1000:1600, 1000:1600] = 1
    picture = draw_frame(np.random.default_rng(0).random((3000, 4000)), labels, None, 1.0)
    assert picture.shape == (1536, 2048, 3)
    turquoise = (picture == (64, 224, 208)).all(axis=-1)
    rows, columns = np.nonzero(turquoise)
    assert abs(rows.min() - 512) <= 1
    assert abs(columns.max() - 819) <= 1
