from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from skyrmlive.inference.bundle import EngineBundle, write_bundle, write_manifest
from skyrmlive.inference.engine import Engine
from skyrmlive.inference.engine_store import find_engine, list_engines, load_engine
from skyrmlive.stream.errors import UserError
from skyrmlive.stream.frame import FrameMetadata

from .samples import CONDITION, sizing_model, tiny_model


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A bundle to spoil."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / "spoilt"))


def _edit_manifest(bundle: Path, files: dict[str, str]) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"].update(files)
    (bundle / "manifest.json").write_text(json.dumps(manifest))


def test_a_whole_bundle_loads(tiny_bundle):
    bundle = EngineBundle.load(tiny_bundle)
    assert bundle.condition == CONDITION
    assert bundle.model_onnx == tiny_model()
    assert bundle.card == "# tiny\n"
    assert bundle.engine_id.startswith("tiny@")


@pytest.mark.parametrize("name", ["model.onnx", "condition.json", "card.md"])
@pytest.mark.parametrize("place", [0, -1])
def test_a_changed_byte_names_the_file(bundle, name, place):
    content = bytearray((bundle / name).read_bytes())
    content[place] ^= 1
    (bundle / name).write_bytes(content)
    with pytest.raises(UserError, match=rf"{name} of the engine bundle .* was changed"):
        EngineBundle.load(bundle)


@pytest.mark.parametrize("name", ["model.onnx", "condition.json", "card.md"])
def test_a_missing_file_is_named(bundle, name):
    (bundle / name).unlink()
    with pytest.raises(UserError, match=f"lacks the file {name}"):
        EngineBundle.load(bundle)


@pytest.mark.parametrize("name", ["model.onnx", "condition.json"])
def test_an_unlisted_file_is_not_trusted(bundle, name):
    manifest = json.loads((bundle / "manifest.json").read_text())
    del manifest["files"][name]
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match=f"lists no {name}"):
        EngineBundle.load(bundle)


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/hostname", "a/../../outside", "..\\outside", "C:x", "", "a\0b"]
)
def test_paths_out_of_the_bundle_are_refused(bundle, name):
    (bundle.parent / "outside").write_text("secret")
    _edit_manifest(bundle, {name: "0" * 64})
    with pytest.raises(UserError, match="names a file outside it"):
        EngineBundle.load(bundle)


def test_links_out_of_the_bundle_are_refused(bundle):
    model = bundle / "model.onnx"
    model.rename(bundle.parent / "model.onnx")
    model.symlink_to(bundle.parent / "model.onnx")
    with pytest.raises(UserError, match="names a file outside it"):
        EngineBundle.load(bundle)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format_version": 1, "files": {"a": 1}}'])
def test_an_unreadable_manifest(bundle, text):
    (bundle / "manifest.json").write_text(text)
    with pytest.raises(UserError, match=r"manifest\.json .* cannot be read"):
        EngineBundle.load(bundle)


def test_a_future_format(bundle):
    (bundle / "manifest.json").write_text('{"format_version": 2, "files": {}}')
    with pytest.raises(UserError, match="format 2"):
        EngineBundle.load(bundle)


@pytest.mark.parametrize("text", ["", "{}", '{"name": "Bad Name"}', "\ud800"])
def test_an_unreadable_condition(bundle, text):
    (bundle / "condition.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    write_manifest(bundle)
    with pytest.raises(UserError, match=r"condition\.json of the engine bundle .* cannot be used"):
        EngineBundle.load(bundle)


@pytest.mark.parametrize("model", [b"", b"not a model", tiny_model()[:200]])
def test_an_unreadable_network(tmp_path, model):
    bundle = write_bundle(tmp_path / "engine", CONDITION, model, "")
    with pytest.raises(UserError, match="network"):
        Engine.from_bundle(bundle)


def test_a_network_that_is_told_something_else(tmp_path):
    bundle = write_bundle(tmp_path / "engine", CONDITION, sizing_model(numbers_told=56), "")
    with pytest.raises(UserError, match=r"told 56 numbers.*train it anew"):
        Engine.from_bundle(bundle)


def test_no_bundle(tmp_path):
    with pytest.raises(UserError, match="no engine bundle"):
        EngineBundle.load(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"no manifest\.json"):
        EngineBundle.load(tmp_path)


def test_writing_again_replaces(tmp_path):
    folder = tmp_path / "deep" / "engine"
    write_bundle(folder, CONDITION, b"first", "", {"plot.png": b"png"})
    bundle = write_bundle(folder, CONDITION, b"second", "")
    assert bundle.model_onnx == b"second"
    assert set(bundle.files) == {"condition.json", "model.onnx", "card.md"}
    assert [path.name for path in folder.parent.iterdir()] == ["engine"], "no scratch is left"


def test_engines_are_found_by_name_and_folder(tiny_bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("SKYRMLIVE_ENGINES", str(tmp_path))
    shutil.copytree(tiny_bundle, tmp_path / "mine")
    (tmp_path / "not-an-engine").mkdir()
    assert list_engines()["mine"] == tmp_path / "mine"
    assert "not-an-engine" not in list_engines()
    assert find_engine("mine") == tmp_path / "mine"
    assert load_engine(str(tiny_bundle)).condition.name == "tiny"
    with pytest.raises(UserError, match=r"no engine called 'other'.*mine"):
        find_engine("other")


def test_the_best_match_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setenv("SKYRMLIVE_ENGINES", str(tmp_path))
    monkeypatch.setattr("skyrmlive.inference.engine_store.SHIPPED", tmp_path / "none")
    for name, defocus_nm in (("far", -8e6), ("near", -2e6)):
        limits = CONDITION.envelope.model_dump()
        limits["defocus_nm"] = {"low": defocus_nm * 1.1, "high": defocus_nm * 0.9}
        condition = CONDITION.model_validate(
            CONDITION.model_dump() | {"name": name, "defocus_nm": defocus_nm, "envelope": limits}
        )
        write_bundle(tmp_path / name, condition, tiny_model(), "")
    metadata = FrameMetadata(defocus_nm=-2.1e6)
    assert load_engine(metadata=metadata).condition.name == "near"
    assert load_engine().condition.name == "far", "the first, without a frame to choose for"
