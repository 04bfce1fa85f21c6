"""napari's reader: recordings, and the image files of microscopes that napari does not read itself.

A folder is offered to every plugin that reads folders, whatever its name, and napari asks the user
which one is meant. So this one says no to folders that hold neither a recording nor images; see
docs/decisions/0014.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...stream.errors import UserError
from ...stream.files import SUFFIXES
from ...stream.files.order import images_in
from ...stream.recording import Recording
from ...stream.recording.layout import RUN, stem
from ..layers import contrast_limits
from .lazy_images import frames_of_files, frames_of_recording, labels_of_recording

LayerData = tuple[Any, dict[str, Any], str]
#: Key of a layer's metadata that holds the folder of the recording it shows.
RECORDING = "skyrmlive recording"


def get_reader(path: str | Sequence[str]) -> Callable[[Any], list[LayerData]] | None:
    """Return a function that reads `path`, None if it is not ours; for npe2."""
    paths = [Path(each) for each in ([path] if isinstance(path, str) else path)]
    if len(paths) == 1 and recording_folder(paths[0]) is not None:
        return _read_recording
    if paths and all(_holds_images(each) for each in paths):
        return _read_files
    return None


def recording_folder(path: Path) -> Path | None:
    """Return the folder of the recording that `path` is, or whose ``run.json`` it is; else None."""
    folder = path.parent if path.name == RUN else path
    try:
        Recording(folder)
    except UserError:
        return None
    return folder


def layers_of_recording(path: Path) -> list[LayerData]:
    """Return frames and label images of a recording as lazy layers.

    Raises
    ------
    UserError
        If it is no recording, or has no frame.
    """
    recording = Recording(path)
    if not recording.n_frames:
        raise UserError(f"{path} holds no frames yet.")
    frames = frames_of_recording(recording)
    known = _place(recording.metadata(0).pixel_size_nm)
    known["metadata"] = {RECORDING: str(path.resolve())}
    name = stem(path.resolve())
    layers: list[LayerData] = [(frames, _image(frames, known | {"name": name}), "image")]
    if recording.has_labels:
        labels = labels_of_recording(Recording(path))
        options = known | {"name": f"{name} skyrmions", "opacity": 0.4}
        layers.append((labels, options, "labels"))
    return layers


def layers_of_files(paths: Sequence[Path]) -> list[LayerData]:
    """Return the frames of image files as one lazy layer.

    Raises
    ------
    UserError
        If there is none, or the first cannot be read.
    """
    frames, files = frames_of_files(paths)
    known = _place(files.frame(0).metadata.pixel_size_nm)
    name = paths[0].stem if len(paths) == 1 else f"{paths[0].stem} ..."
    return [(frames, _image(frames, known | {"name": name}), "image")]


def _image(frames: Any, known: dict[str, Any]) -> dict[str, Any]:
    limits = contrast_limits(frames.image(0))
    return known | {"contrast_limits": limits, "colormap": "gray"}


def _place(pixel_size_nm: float | None) -> dict[str, Any]:
    if pixel_size_nm is None:
        return {}
    units = ("pixel", "nm", "nm")
    return {"scale": (1.0, pixel_size_nm, pixel_size_nm), "units": units}


def _holds_images(path: Path) -> bool:
    if path.is_dir():
        try:
            return bool(images_in(path))
        except UserError:
            return False
    return path.suffix.lower() in SUFFIXES


def _read_recording(path: str | Sequence[str]) -> list[LayerData]:
    first = Path(path if isinstance(path, str) else path[0])
    return layers_of_recording(recording_folder(first) or first)


def _read_files(path: str | Sequence[str]) -> list[LayerData]:
    return layers_of_files([Path(each) for each in ([path] if isinstance(path, str) else path)])
