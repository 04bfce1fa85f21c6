"""An engine bundle on disk: written whole, verified when read.

    condition.json    the imaging condition, see `ImagingCondition`
    model.onnx        the network
    model-fp16.onnx   the same with convolutions in half precision, for GPUs
    card.md           figures from its own evaluation
    reliability.json  how far its answers can be relied on, see `Reliability`
    weights.npz       the network's weights, for trainings that start from them
    recipe.json       what it was trained by, see `trainer.learning.training_recipe`
    manifest.json     SHA-256 of every file above, and of any further one

A file that the manifest does not list is never read.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, ValidationError

from ..stream.errors import UserError
from .condition import ImagingCondition
from .reliability import Reliability

MANIFEST = "manifest.json"
CONDITION = "condition.json"
MODEL = "model.onnx"
HALF_MODEL = "model-fp16.onnx"
CARD = "card.md"
RELIABILITY = "reliability.json"
WEIGHTS = "weights.npz"
RECIPE = "recipe.json"
#: No bundle file is nearly that large; a wrong path should not fill the memory.
_MAX_FILE_BYTES = 1 << 30


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format_version: int
    files: dict[str, str]


@dataclass(frozen=True)
class EngineBundle:
    """A verified bundle.

    Attributes
    ----------
    path
        Its directory.
    condition
        What it was trained for.
    files
        The contents of every listed file, as they were verified: what is used later is what was
        checked.
    """

    path: Path
    condition: ImagingCondition
    files: Mapping[str, bytes]

    @property
    def model_onnx(self) -> bytes:
        """The network. Being handed on as bytes, it cannot refer to other files."""
        return self.files[MODEL]

    @property
    def half_model_onnx(self) -> bytes | None:
        """The network with convolutions in half precision, None from a bundle without it."""
        return self.files.get(HALF_MODEL)

    @property
    def card(self) -> str:
        """The card as Markdown, empty if there is none."""
        return self.files.get(CARD, b"").decode("utf-8", errors="replace")

    @property
    def reliability(self) -> Reliability:
        """How far its answers can be relied on.

        Raises
        ------
        UserError
            The file cannot be used.
        """
        content = self.files.get(RELIABILITY)
        return Reliability() if content is None else Reliability.from_json(content)

    @property
    def engine_id(self) -> str:
        """Name and the first eight digits of the network's SHA-256."""
        return f"{self.condition.name}@{hashlib.sha256(self.model_onnx).hexdigest()[:8]}"

    @classmethod
    def load(cls, path: str | Path) -> EngineBundle:
        """Read a bundle and verify every listed file.

        Raises
        ------
        UserError
            The bundle or one of its files is missing, unreadable or differs from the manifest.
        """
        directory = Path(path)
        if not directory.is_dir():
            raise UserError(f"There is no engine bundle at {directory}.")
        manifest = _read_manifest(directory)
        files = {
            name: _read_verified(directory, name, digest) for name, digest in manifest.files.items()
        }
        for name in (CONDITION, MODEL):
            if name not in files:
                raise UserError(f"The engine bundle {directory} lists no {name} in its manifest.")
        try:
            condition = ImagingCondition.model_validate_json(files[CONDITION])
        except ValidationError as error:
            raise UserError(
                f"The {CONDITION} of the engine bundle {directory} cannot be used: "
                f"{_first_problem(error)}."
            ) from None
        return cls(directory, condition, files)


def write_manifest(directory: str | Path) -> None:
    """Write the manifest of all files in a bundle's directory.

    Parameters
    ----------
    directory
        The bundle; every file in it and its subfolders is listed.
    """
    root = Path(directory)
    digests = {
        file.relative_to(root).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(root.rglob("*"))
        if file.is_file() and file != root / MANIFEST
    }
    text = json.dumps({"format_version": 1, "files": digests}, indent=2)
    (root / MANIFEST).write_text(text + "\n", encoding="utf-8")


def write_bundle(
    directory: str | Path,
    condition: ImagingCondition,
    model_onnx: bytes,
    card_markdown: str,
    extra_files: Mapping[str, bytes] | None = None,
) -> EngineBundle:
    """Write a bundle; it appears under its name only when it is complete, and replaces an old one.

    Parameters
    ----------
    directory
        Where; its parents are made.
    condition, model_onnx, card_markdown
        The contents.
    extra_files
        More files by plain name, such as plots of the card.

    Returns
    -------
    EngineBundle
        The bundle, read back and verified.
    """
    target = Path(directory)
    target.parent.mkdir(parents=True, exist_ok=True)
    files = {
        **(extra_files or {}),
        CONDITION: (condition.model_dump_json(indent=2) + "\n").encode(),
        MODEL: model_onnx,
        CARD: card_markdown.encode(),
    }
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
        fresh = Path(scratch) / "new"
        fresh.mkdir()
        for name, content in files.items():
            (fresh / name).write_bytes(content)
        write_manifest(fresh)
        if target.is_dir():
            target.rename(Path(scratch) / "old")
        shutil.move(fresh, target)
    return EngineBundle.load(target)


def _read_manifest(directory: Path) -> _Manifest:
    try:
        text = (directory / MANIFEST).read_bytes()
    except OSError:
        raise UserError(f"{directory} is not an engine bundle: it has no {MANIFEST}.") from None
    try:
        manifest = _Manifest.model_validate_json(text)
    except ValidationError as error:
        raise UserError(
            f"The {MANIFEST} of the engine bundle {directory} cannot be read: "
            f"{_first_problem(error)}."
        ) from None
    if manifest.format_version != 1:
        raise UserError(
            f"The engine bundle {directory} has format {manifest.format_version}; "
            "this version of skyrmlive reads format 1."
        )
    return manifest


def is_inner_path(name: str) -> bool:
    """Say whether a file's name leads to a place inside of the folder that it is relative to."""
    path = PurePosixPath(name)
    inside = bool(path.parts) and not path.is_absolute() and ".." not in path.parts
    # backslashes and drive letters are separators elsewhere
    return inside and not any(character in name for character in "\\:\0")


def _read_verified(directory: Path, name: str, digest: str) -> bytes:
    file = directory.joinpath(*PurePosixPath(name).parts)
    # links may lead out of the bundle
    if not is_inner_path(name) or not file.resolve().is_relative_to(directory.resolve()):
        raise UserError(
            f"The manifest of the engine bundle {directory} names a file outside it: {name!r}."
        )
    try:
        if file.stat().st_size > _MAX_FILE_BYTES:
            raise UserError(f"The file {name} of the engine bundle {directory} is too large.")
        content = file.read_bytes()
    except OSError:
        raise UserError(f"The engine bundle {directory} lacks the file {name}.") from None
    if hashlib.sha256(content).hexdigest() != digest.lower():
        raise UserError(
            f"The file {name} of the engine bundle {directory} was changed: "
            "its SHA-256 differs from the manifest."
        )
    return content


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else problem["msg"]
