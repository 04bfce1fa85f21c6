"""Bad input to commands: one sentence, exit code 2, nothing left behind.

Bad files, addresses and options of `send`, `record`, `segment` and `engines` are tested where those
parts are.
"""

from __future__ import annotations

import importlib.util
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from skyrmlive.cli import needs_torch, viewer_process
from skyrmlive.inference.bundle import CARD, CONDITION, MANIFEST, MODEL, write_manifest
from skyrmlive.trainer.learning.training_recipe import PRESETS

ANY_PORT = "tcp://127.0.0.1:*"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle of which one byte was changed after its manifest was written."""
    folder = tmp_path / "engine"
    folder.mkdir()
    for name in (CONDITION, MODEL, CARD):
        (folder / name).write_bytes(b"{}")
    write_manifest(folder)
    (folder / MODEL).write_bytes(b"{]")
    return folder


def test_serve_refuses_missing_and_changed_engines(refusal, tmp_path: Path, bundle: Path):
    options = ("serve", "--listen", ANY_PORT, "--publish", ANY_PORT, "--record", tmp_path / "run")
    assert "no engine called 'nowhere'" in refusal(*options, "--engine", "nowhere")
    assert f"no {MANIFEST}" in refusal(*options, "--engine", tmp_path)
    assert MODEL in refusal(*options, "--engine", bundle)
    assert not (tmp_path / "run").exists()


def test_serve_refuses_an_occupied_port_for_results(refusal):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        options = ("--listen", ANY_PORT, "--publish", f"tcp://127.0.0.1:{port}")
        assert "already in use" in refusal("serve", *options)


def test_options_that_do_not_go_together(refusal, tmp_path: Path):
    assert "only one of" in refusal("serve", "--listen", ANY_PORT, "--connect", ANY_PORT)
    assert "--publish off" in refusal("serve", "--viewer", "--publish", "off")
    assert "--speed" in refusal("replay", tmp_path, "--speed", 0)
    assert "--watch" in refusal("send", tmp_path, "--watch", "--repeat", 2)


def test_the_trainer_refuses_what_is_not_there(refusal, tmp_path: Path):
    out = ("--out", tmp_path / "out")
    assert "no preset 'gold'; there are" in refusal("simulate", "--preset", "gold", *out)
    missing = tmp_path / "missing"
    assert str(missing) in refusal("train", "--films", missing, *out)
    assert "'Mine!' cannot name" in refusal(
        "train", "--films", missing, "--out", tmp_path / "Mine!"
    )
    assert "cpu or cuda" in refusal("simulate", "--device", "abacus", *out)
    assert "In focus" in refusal("train", "--films", missing, "--defocus-nm", 0, *out)
    for option, value, sentence in (
        ("--defocus-nm", 5, "--defocus-nm is 5 nm, and skyrmions are seen from 10000 nm on"),
        ("--tilt-deg", 95, "--tilt-deg: Input should be less than 80."),
        ("--tilt-deg", 79, "--tilt-deg is outside"),
        ("--voltage-kv", -1, "--voltage-kv: Input should be greater than 0."),
    ):
        assert sentence in refusal("train", "--films", missing, option, value, *out)
    assert "no preset 'gold'; there are" in refusal("train", "--preset", "gold", *out)
    assert "no engine called 'none'" in refusal("train", "--start-from", "none", *out)
    assert "no engine called 'none'" in refusal("train", "--go-on-from", "none", *out)
    assert "--out" in refusal("train")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("name = 'mine'\n[plan]\nstepps = 3\n")
    assert "optics is missing" in refusal("train", "--recipe", recipe, *out)
    assert "--films, --pairs" in refusal("evaluate")
    assert "NAME=FOLDER" in refusal("evaluate", "--films", missing, "--unlike", "stripes")
    assert "no history" in refusal("evaluate", "--films", missing, "--history", missing)
    assert "--report needs --films" in refusal(
        "evaluate", "--pairs", missing, "--report", tmp_path / "page.md"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words", [("--steps", 0), ("--batch", 0), ("--seed", -1)], ids=lambda words: words[0]
)
def test_training_refuses_a_plan_that_is_none(run, tmp_path: Path, words):
    code, _, errors = run("train", "--films", tmp_path, "--out", tmp_path / "out", *words)
    assert code == 2
    assert words[0] in errors
    assert not (tmp_path / "out").exists()


def test_a_recipe_may_not_mistake_the_unit_of_its_defocus(refusal, tmp_path: Path):
    recipe = tmp_path / "recipe.toml"
    text = PRESETS.text("neel-2mm-20deg")
    for values in ("defocus_nm = -2.0", "defocus_range_nm = [-2.2, -1.8]"):
        name = values.partition(" ")[0]
        text = re.sub(rf"(?m)^{name} = .*$", values, text)
    recipe.write_text(text)
    words = ("train", "--recipe", recipe, "--films", tmp_path, "--out", tmp_path / "out")
    assert "optics defocus_nm is -2 nm" in refusal(*words)


@pytest.mark.parametrize(
    "words",
    [
        ("--films", 400),
        ("--preset", "neel-lattice"),
        ("--recipe", "mine.toml"),
        ("--workers", 0),
        ("--max-steps", 9),
        ("--batch", 0),
    ],
    ids=lambda words: words[0],
)
def test_simulate_drops_no_option_in_silence(refusal, tmp_path: Path, words):
    out = ("--out", tmp_path / "out")
    for other in (("--sweep", "field-loop"), ("--from-ovf", tmp_path)):
        said = refusal("simulate", *other, *words, *out)
        assert f"{words[0]} does not go with {other[0]}" in said
    assert not (tmp_path / "out").exists()


def test_a_sweep_has_no_ovf_files_and_imported_films_have_no_seed(refusal, tmp_path: Path):
    words = ("simulate", "--out", tmp_path / "out", "--sweep", "field-loop")
    for option in (("--from-ovf", tmp_path), ("--to-ovf", tmp_path), ("--ms", 1e5)):
        assert f"{option[0]} does not go with --sweep" in refusal(*words, *option)
    words = ("simulate", "--out", tmp_path / "out", "--from-ovf", tmp_path)
    assert "--seed does not go with --from-ovf" in refusal(*words, "--seed", 1)
    assert not (tmp_path / "out").exists()


def test_simulate_refuses_what_no_film_is_made_of(refusal, tmp_path: Path):
    out = tmp_path / "out"
    recipe = tmp_path / "mine.toml"
    options = ("simulate", "--recipe", recipe, "--out", out)
    assert "cannot be read" in refusal(*options)
    recipe.write_text(
        "name = 'mine'\napplied_field_t = 0.4\nexchange_stiffness = 1e-11\n"
        "saturation_magnetisation = -1e5\n"
    )
    assert "saturation_magnetisation [-100000.0, -100000.0] is not above" in refusal(*options)
    assert "--out" in refusal("simulate")
    assert "belong to --from-ovf" in refusal("simulate", "--ms", 1e5, "--out", out)
    imported = ("simulate", "--from-ovf", tmp_path, "--out", out)
    assert "no magnetisation in OVF files" in refusal(*imported)
    assert "no magnet is so" in refusal(*imported, "--ms", -1)
    (tmp_path / "m.ovf").write_bytes(b"# OOMMF OVF 2.0\n")
    assert "m.ovf cannot be read as OVF: its header is cut short" in refusal(*imported)
    assert not out.exists()


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("simulate", ["--out", "here"]),
        ("train", ["--films", "there", "--out", "here"]),
        ("evaluate", ["--films", "there"]),
    ],
)
def test_without_torch_the_trainer_says_what_to_install(
    refusal, monkeypatch: pytest.MonkeyPatch, command: str, options: list[str]
):
    _hide(monkeypatch, needs_torch, "torch")
    assert 'pip install "skyrmlive[train]"' in refusal(command, *options)


def test_the_viewer_says_what_to_install(refusal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    _hide(monkeypatch, viewer_process, "napari")
    sentence = refusal("demo", "--viewer", "--out", tmp_path / "out")
    assert 'pip install "skyrmlive[viewer]"' in sentence
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only there a screen can be missing")
@pytest.mark.skipif(importlib.util.find_spec("napari") is None, reason="needs the extra 'viewer'")
def test_the_viewer_needs_a_screen(refusal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert "needs a screen" in refusal("demo", "--viewer", "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_installed_program_ends_the_same_way(tmp_path: Path):
    run = subprocess.run(
        [sys.executable, "-m", "skyrmlive.cli.main", "replay", str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr == f"skyrmlive: {tmp_path} is neither a recording nor a folder of images.\n"


def _hide(monkeypatch: pytest.MonkeyPatch, module, library: str) -> None:
    """Let `module` look for `library` in vain."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        module.importlib.util,
        "find_spec",
        lambda name, *rest: None if name == library else find_spec(name, *rest),
    )
