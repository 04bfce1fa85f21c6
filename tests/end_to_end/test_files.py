"""`segment` on files of every kind of the base install, and real micrographs."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import tifffile
import zmq

from skyrmlive.stream.frame import Frame
from skyrmlive.stream.recording import Recording
from skyrmlive.stream.result import TABLE_DTYPES

from .processes import serve, skyrmlive, subscribe, write_tiff

FGT = "fgt_190K_df-8mm_Tx-22.6_B500G.tif"


def test_the_same_frames_in_three_kinds_of_file_give_the_same(tmp_path: Path, sweep: list[Frame]):
    frame = sweep[-1]
    height, width = 400, 512  # not square: nothing may be turned on the way
    pixels = np.ascontiguousarray(frame.pixels[:height])
    write_tiff(tmp_path / "a.tif", [Frame(pixels, frame.metadata)])
    cv2.imwrite(str(tmp_path / "b.png"), pixels)
    np.save(tmp_path / "c.npy", pixels)
    files = [tmp_path / name for name in ("a.tif", "b.png", "c.npy")]
    known = ["--pixel-size-nm", 3, "--tilt-axis-deg", 0, "--tilt-deg", 20, "--defocus-nm", -2e6]
    known += ["--blur-px", 0]  # as the TIFF says by itself
    out = tmp_path / "out"
    run = skyrmlive("segment", *files, *known, "--out", out)
    assert run.returncode == 0, run.stderr
    first = tifffile.imread(out / "a.labels.tif")
    assert (first.shape, first.dtype) == ((height, width), np.uint16)
    assert first.max() > 30
    tables = [pd.read_csv(out / f"{stem}.csv") for stem in "abc"]
    for stem, table in zip("abc", tables, strict=True):
        assert np.array_equal(tifffile.imread(out / f"{stem}.labels.tif"), first)
        pd.testing.assert_frame_equal(table, tables[0], check_exact=True)
        overlay = cv2.imread(str(out / f"{stem}.overlay.png"))
        assert overlay.shape == (2 * height, 2 * width, 3)
    assert list(tables[0].columns) == list(TABLE_DTYPES)
    assert sorted(tables[0]["label"]) == list(range(1, first.max() + 1))


def test_a_real_field_of_view_twenty_times(tmp_path: Path, shared_data: Path):
    with zmq.Context() as context, serve("--record", tmp_path / "run") as run:
        results = subscribe(context, run.publishes)
        known = ("--defocus-nm", -8e6, "--tilt-deg", 22.6)
        sent = skyrmlive("send", shared_data / FGT, "--repeat", 20, "--to", run.listens, *known)
        assert sent.returncode == 0, sent.stderr
        summaries = [json.loads(results.recv_multipart()[1]) for _ in range(20)]
        run.stop()
        context.destroy(linger=0)
    assert run.process.returncode == 0
    assert sorted(summary["frame"] for summary in summaries) == list(range(20))
    assert len({summary["n_skyrmions"] for summary in summaries}) == 1, "one image, one result"
    assert {summary["engine"].partition("@")[0] for summary in summaries} == {"fgt-8mm-22deg"}
    assert not any("outside" in text for text in summaries[0]["warnings"])
    recording = Recording(tmp_path / "run")
    assert recording.n_frames == len(recording.summaries()) == 20
    assert recording.labels(19) is not None
