"""Engines as one file, to be handed on, and their way into the user's own folder."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path

from ..stream.errors import UserError, cannot_write
from .bundle import MANIFEST, EngineBundle, is_inner_path
from .engine_store import SHIPPED, find_engine, list_engines, user_directory

#: Of all files of an archive, unpacked; bundles have a few megabytes.
_MAX_BYTES = 1 << 30


def export_engine(name_or_path: str | None, file: Path) -> EngineBundle:
    """Write a verified bundle as a zip archive, and return it.

    Raises
    ------
    UserError
        There is no such engine, it is damaged, or the file exists or cannot be written.
    """
    bundle = EngineBundle.load(find_engine(name_or_path))
    if file.exists():
        raise UserError(f"{file} exists already.")
    try:
        with zipfile.ZipFile(file, "x", zipfile.ZIP_DEFLATED) as archive:
            for name, content in bundle.files.items():
                archive.writestr(name, content)
            archive.writestr(MANIFEST, (bundle.path / MANIFEST).read_bytes())
    except OSError as error:
        raise cannot_write(file, error) from None
    return bundle


def import_engine(source: Path, *, replace: bool = False) -> EngineBundle:
    """Take a bundle, its folder or its zip archive, into the user's own folder and return it.

    Raises
    ------
    UserError
        It is no whole bundle, or an engine of its name is there already and not to be replaced.
    """
    root = user_directory()
    try:
        root.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(dir=root, prefix=".import-")
    except OSError as error:
        raise cannot_write(root, error) from None
    with scratch:
        folder = Path(scratch.name) / "bundle"
        if source.is_dir():
            _copied(source, folder)
        else:
            _unpacked(source, folder)
        name = EngineBundle.load(folder).condition.name
        target = root / name
        if name in list_engines():
            if not replace:
                raise UserError(f"There is an engine {name} already; --replace replaces it.")
            if target.exists():
                target.rename(Path(scratch.name) / "old")
        folder.rename(target)
    return EngineBundle.load(target)


def remove_engine(name: str) -> Path:
    """Delete one of the user's own engines, and return where it was.

    Raises
    ------
    UserError
        There is none of this name, or it came with the program.
    """
    path = list_engines().get(name)
    if path is None:
        raise UserError(f"There is no engine called {name!r}.")
    if path.is_relative_to(SHIPPED):
        raise UserError(f"The engine {name} came with the program and stays.")
    shutil.rmtree(path)
    return path


def _copied(source: Path, folder: Path) -> None:
    """Copy the files that the manifest lists, as they were verified."""
    bundle = EngineBundle.load(source)
    for name, content in bundle.files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    shutil.copyfile(source / MANIFEST, folder / MANIFEST)


def _unpacked(source: Path, folder: Path) -> None:
    """Unpack an archive, unless a file of it would lie outside of the folder."""
    try:
        with zipfile.ZipFile(source) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if sum(member.file_size for member in members) > _MAX_BYTES:
                raise UserError(f"{source} is too large for an engine.")
            for member in members:
                if not is_inner_path(member.filename):
                    raise UserError(f"{source} holds a file outside of it: {member.filename!r}.")
            folder.mkdir()
            archive.extractall(folder, members)
    except FileNotFoundError:
        raise UserError(f"There is no {source}.") from None
    except (OSError, zipfile.BadZipFile):
        raise UserError(f"{source} is neither a bundle's folder nor its archive.") from None
