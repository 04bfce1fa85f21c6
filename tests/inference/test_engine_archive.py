"""Engines go out as one file and come back the same; what is no engine stays out."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from skyrmlive.inference.bundle import EngineBundle
from skyrmlive.inference.engine_archive import export_engine, import_engine, remove_engine
from skyrmlive.inference.engine_store import ENVIRONMENT_VARIABLE, list_engines
from skyrmlive.stream.errors import UserError


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path / "engines"))
    return tmp_path / "engines"


@pytest.fixture
def archive(tiny_bundle, tmp_path: Path) -> Path:
    export_engine(str(tiny_bundle), tmp_path / "tiny.zip")
    return tmp_path / "tiny.zip"


def test_there_and_back(tiny_bundle, archive, own_folder):
    installed = import_engine(archive)
    assert installed.path == own_folder / "tiny"
    assert installed.files == EngineBundle.load(tiny_bundle).files
    assert list_engines()["tiny"] == installed.path
    assert [path.name for path in own_folder.iterdir()] == ["tiny"], "nothing is left over"
    assert remove_engine("tiny") == installed.path
    assert "tiny" not in list_engines()


def test_a_folder_is_taken_too_but_not_twice(tiny_bundle):
    import_engine(Path(tiny_bundle))
    with pytest.raises(UserError, match="tiny already; --replace"):
        import_engine(Path(tiny_bundle))
    import_engine(Path(tiny_bundle), replace=True)
    assert EngineBundle.load(list_engines()["tiny"]).condition.name == "tiny"


def test_what_came_with_the_program_stays():
    with pytest.raises(UserError, match="came with the program"):
        remove_engine("neel-1to3mm")
    with pytest.raises(UserError, match="no engine called"):
        remove_engine("nobody")


def rewritten(archive: Path, files: dict[str, bytes]) -> Path:
    """Return an archive with more files, or others."""
    with zipfile.ZipFile(archive) as old:
        content = {name: old.read(name) for name in old.namelist()} | files
    other = archive.with_name("other.zip")
    with zipfile.ZipFile(other, "w") as new:
        for name, data in content.items():
            new.writestr(name, data)
    return other


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"../evil.txt": b"x"}, "outside of it"),
        ({"/evil.txt": b"x"}, "outside of it"),
        ({"model.onnx": b"another"}, "was changed"),
        ({"manifest.json": b"{}"}, "cannot be read"),
    ],
)
def test_a_bad_archive_is_refused_and_leaves_nothing(archive, own_folder, files, reason):
    with pytest.raises(UserError, match=reason):
        import_engine(rewritten(archive, files))
    assert list(own_folder.iterdir()) == []
    assert not (own_folder.parent / "evil.txt").exists()


def test_a_name_that_leads_elsewhere_is_refused(archive, own_folder):
    with zipfile.ZipFile(archive) as old:
        condition = json.loads(old.read("condition.json"))
    condition["name"] = "../elsewhere"
    content = json.dumps(condition).encode()
    with zipfile.ZipFile(archive) as old:
        manifest = json.loads(old.read("manifest.json"))
    manifest["files"]["condition.json"] = hashlib.sha256(content).hexdigest()
    bad = {"condition.json": content, "manifest.json": json.dumps(manifest).encode()}
    with pytest.raises(UserError, match="name: String should match"):
        import_engine(rewritten(archive, bad))
    assert not (own_folder.parent / "elsewhere").exists()


def test_what_is_no_archive(tmp_path):
    (tmp_path / "note.txt").write_text("hello")
    with pytest.raises(UserError, match="neither a bundle's folder nor its archive"):
        import_engine(tmp_path / "note.txt")
    with pytest.raises(UserError, match="There is no"):
        import_engine(tmp_path / "absent.zip")
