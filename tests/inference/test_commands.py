from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import tifffile

from skyrmlive.cli.main import main
from skyrmlive.stream.result import TABLE_DTYPES

from .samples import blobs, triangular

SHAPE = (120, 170)
POINTS = triangular(34, SHAPE, 24)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the real command line in this process; gives exit code, output and errors."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["skyrmlive", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        return int(stop.value.code or 0), captured.out, captured.err

    return run


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "film.tif"
    tifffile.imwrite(path, blobs(SHAPE, POINTS).astype(np.uint16))
    return path


def test_segment_leaves_labels_table_and_picture(run, image, tiny_bundle, tmp_path):
    out = tmp_path / "deep" / "out"
    options = ("--engine", tiny_bundle, "--pixel-size-nm", 3, "--defocus-nm", -8e6, "--out", out)
    code, printed, _ = run("segment", image, *options)
    assert code == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "film.csv",
        "film.json",
        "film.labels.tif",
        "film.overlay.png",
    ]
    labels = tifffile.imread(out / "film.labels.tif")
    assert (labels.shape, labels.dtype, labels.max()) == (SHAPE, np.uint16, len(POINTS))
    table = pd.read_csv(out / "film.csv")
    assert list(table.columns) == list(TABLE_DTYPES)
    assert len(table) == len(POINTS)
    assert cv2.imread(str(out / "film.overlay.png")).shape == (2 * SHAPE[0], 2 * SHAPE[1], 3)
    mean, spread = table["diameter_nm"].mean(), table["diameter_nm"].std()
    sizes = f"mean diameter {mean:.1f} nm, spread {spread:.1f} nm"
    assert f"film: {len(POINTS)} skyrmions, {sizes}" in printed
    warning = "defocus -8 mm is outside the engine's -2.2 to -1.8 mm by 5.8"
    assert warning in printed
    summary = json.loads((out / "film.json").read_text())
    assert summary["n_skyrmions"] == len(POINTS)
    assert summary["mean_diameter_nm"] == pytest.approx(mean)
    assert any(warning in each for each in summary["warnings"])
    assert summary["engine"].startswith("tiny")
    assert summary["metadata"]["defocus_nm"] == -8e6
    assert "analysed" not in summary


def test_segment_takes_several_files_and_pages(run, tiny_bundle, tmp_path):
    frame = blobs(SHAPE, POINTS)
    tifffile.imwrite(tmp_path / "stack.tif", np.stack([frame, frame]).astype(np.float32))
    np.save(tmp_path / "array.npy", frame)
    cv2.imwrite(str(tmp_path / "picture.png"), frame.astype(np.uint8))
    files = [tmp_path / name for name in ("stack.tif", "array.npy", "picture.png")]
    out = tmp_path / "out"
    code, _, _ = run("segment", *files, "--engine", tiny_bundle, "--tilt-deg", 30, "--out", out)
    assert code == 0
    names = {path.name.partition(".")[0] for path in out.iterdir()}
    assert names == {"stack_0000", "stack_0001", "array", "picture"}
    assert (pd.read_csv(out / "stack_0001.csv")["frame"] == 1).all()


def test_a_page_never_overwrites_the_results_of_another_file(run, tiny_bundle, tmp_path):
    frame = blobs(SHAPE, POINTS)
    alone, stack = tmp_path / "a_0001.npy", tmp_path / "a.npy"
    np.save(alone, frame)
    np.save(stack, np.stack([frame, np.zeros_like(frame)]))
    out = tmp_path / "out"
    code, _, error = run("segment", alone, stack, "--engine", tiny_bundle, "--out", out)
    assert code == 2
    assert f"The results of {alone} and {stack} would have the same names." in error
    assert len(pd.read_csv(out / "a_0001.csv")) == len(POINTS)


def test_where_nothing_is_found_the_search_for_the_axis_is_named(run, tiny_bundle, tmp_path):
    image = tmp_path / "empty.npy"
    np.save(image, np.random.default_rng(0).normal(100, 1, SHAPE))
    words = ("segment", image, "--engine", tiny_bundle, "--out", tmp_path / "out")
    _, printed, _ = run(*words)
    assert "empty: 0 skyrmions" in printed
    assert "--find-calibration looks for axis and scale" in printed
    _, printed, _ = run(*words, "--tilt-axis-deg", 0)
    assert "--find-calibration" not in printed


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--pixel-size-nm", -3, "--pixel-size-nm: Input should be greater than 0."),
        ("--tilt-deg", 95, "--tilt-deg: Input should be less than 90."),
        ("--engine", "nowhere", "There is no engine called 'nowhere'"),
    ],
)
def test_bad_options_give_one_sentence(run, image, tiny_bundle, tmp_path, option, value, sentence):
    code, _, error = run(
        "segment", image, "--engine", tiny_bundle, "--out", tmp_path, option, value
    )
    assert code == 2
    assert sentence in error
    assert len(error.strip().splitlines()) == 1


def test_segment_finds_scale_and_direction(run, tiny_bundle, tmp_path):
    out, image = tmp_path / "out", tmp_path / "film.npy"
    np.save(image, blobs((300, 300), triangular(34, (300, 300), 0)))
    options = ("--engine", tiny_bundle, "--out", out, "--find-calibration")
    code, printed, _ = run("segment", image, *options, "--defocus-nm", -8e6)
    assert code == 0
    found = re.search(r"--pixel-size-nm ([\d.]+) --tilt-axis-deg (\d+)", printed)
    assert found, printed
    assert "defocus -8 mm is outside" in printed
    assert "sizes in nm are equivalent sizes, not measurements" in printed
    assert "hardly" in printed, "round blobs are no dipoles"
    table = pd.read_csv(out / "film.csv")
    size = float(found[1])
    lengths = table["equivalent_diameter_area_nm"] / table["equivalent_diameter_area"]
    assert np.allclose(lengths, size, rtol=0.01)

    code, _, error = run("segment", image, *options, "--tilt-axis-deg", 10)
    assert code == 2
    assert "leave --tilt-axis-deg out" in error
    np.save(tmp_path / "noise.npy", np.random.default_rng(0).random((200, 200)))
    code, _, error = run("segment", tmp_path / "noise.npy", *options)
    assert code == 2
    assert "no regular pattern" in error


def test_damaged_input_gives_one_sentence(run, image, tiny_bundle, tmp_path):
    out = tmp_path / "out"
    image.write_bytes(image.read_bytes()[:100])
    missing = tmp_path / "missing.tif"
    spoilt = Path(shutil.copytree(tiny_bundle, tmp_path / "spoilt"))
    (spoilt / "model.onnx").write_bytes(b"changed")
    good = tmp_path / "good.npy"
    np.save(good, blobs(SHAPE, POINTS))
    for arguments, word in (
        ((image, "--engine", tiny_bundle), "film.tif"),
        ((missing, "--engine", tiny_bundle), "missing.tif does not exist"),
        ((good, "--engine", spoilt), "model.onnx"),
        ((good, tmp_path / "other" / "good.tif", "--engine", tiny_bundle), "same names"),
    ):
        code, _, error = run("segment", *arguments, "--out", out)
        assert code == 2
        assert word in error
        assert len(error.strip().splitlines()) == 1
    assert not out.exists()


def test_engines_are_listed_shown_and_verified(run, tiny_bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("SKYRMLIVE_ENGINES", str(tmp_path))
    mine = Path(shutil.copytree(tiny_bundle, tmp_path / "mine"))
    code, printed, _ = run("engines")
    assert code == 0
    assert "mine" in printed
    assert "-2 mm" in printed
    code, printed, _ = run("engines", "show", "mine")
    assert code == 0
    assert '"pixel_size_nm": 3.0' in printed
    code, printed, _ = run("engines", "verify", "mine")
    assert (code, "3 files as in the manifest" in printed) == (0, True)

    manifest = json.loads((mine / "manifest.json").read_text())
    manifest["files"]["card.md"] = "0" * 64
    (mine / "manifest.json").write_text(json.dumps(manifest))
    code, _, error = run("engines", "verify", "mine")
    assert code == 2
    assert "card.md" in error
    code, printed, _ = run("engines", "list")
    assert code == 0, "one damaged bundle does not hide the others"
    assert "was changed" in " ".join(printed.split())
