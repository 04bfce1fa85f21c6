"""What the operator chooses before a run, and the command line that it comes to."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

import platformdirs

from ...stream.addresses import is_loopback
from ...stream.control.folder import runs_directory
from ...stream.security.key_folder import ENVIRONMENT_VARIABLE as KEYS_VARIABLE

DEFAULT_LISTEN = "tcp://127.0.0.1:5555"
#: An example, for a field that is empty at first: every detector has an address of its own.
DEFAULT_DETECTOR = "tcp://DCU:31001"
SourceKind = Literal["camera", "dectris", "files"]
_REMEMBERED = "last_choices.json"


def default_folder() -> str:
    """Return where recordings go if nothing else was ever said."""
    return str(Path(platformdirs.user_documents_dir()) / "skyrmlive")


@dataclass(frozen=True)
class KnownImage:
    """What is assumed of frames that do not say it; None assumes nothing."""

    pixel_size_nm: float | None = None
    defocus_mm: float | None = None
    tilt_deg: float | None = None
    tilt_axis_deg: float | None = None

    def words(self) -> list[str]:
        """Return the words of a command line that say it."""
        defocus_nm = None if self.defocus_mm is None else 1e6 * self.defocus_mm
        options = {
            "--pixel-size-nm": self.pixel_size_nm,
            "--defocus-nm": defocus_nm,
            "--tilt-deg": self.tilt_deg,
            "--tilt-axis-deg": self.tilt_axis_deg,
        }
        return [f"{name}={value:.10g}" for name, value in options.items() if value is not None]


def needs_keys(source: SourceKind, listen: str) -> bool:
    """Tell whether frames come from the network to an address of ours, which wants keys."""
    return source == "camera" and listen != "" and not is_loopback(listen)


@dataclass(frozen=True)
class RunChoices:
    """The choices of a run that is started here.

    Attributes
    ----------
    source
        Whether frames come as messages to `listen`, from a detector of DECTRIS at `detector`, or
        as files in `folder`.
    listen, detector, folder
        Address to wait at for a camera; address of the detector's stream; folder that a camera's
        program writes into.
    keys
        Folder of the keys, for an address on the network; empty for the usual one.
    image
        What is known of the images.
    record
        Whether everything is recorded from the first frame on.
    recordings
        Folder in which every recording gets a folder of its own.
    engine
        Name of an engine; None for the one that suits each frame.
    publish
        Address for the results; None for the usual one.
    """

    source: SourceKind = "camera"
    listen: str = DEFAULT_LISTEN
    detector: str = ""
    folder: str = ""
    keys: str = ""
    image: KnownImage = field(default_factory=KnownImage)
    record: bool = True
    recordings: str = ""
    engine: str | None = None
    publish: str | None = None

    def command(self, control: Path, recording: Path | None) -> list[str]:
        """Return the words that start the run.

        Parameters
        ----------
        control
            Folder that it is steered by.
        recording
            Folder to record in; None to record nothing at first.
        """
        words = [sys.executable, "-m", "skyrmlive.cli.main", "serve"]
        words += {
            "camera": ["--listen", self.listen],
            "dectris": ["--protocol", "dectris-v2", "--connect", self.detector],
            "files": ["--watch", self.folder],
        }[self.source]
        words += self.image.words()
        if recording is not None:
            words += ["--record", str(recording)]
        if self.engine is not None:
            words += ["--engine", self.engine]
        if self.publish is not None:
            words += ["--publish", self.publish]
        return [*words, "--control", str(control)]

    def environment(self) -> dict[str, str]:
        """Return what is set for the run besides what is set here.

        A folder of keys that is named on the command line encrypts the results as well, also those
        that this computer alone can see.
        """
        if self.keys and needs_keys(self.source, self.listen):
            return {KEYS_VARIABLE: str(Path(self.keys).expanduser())}
        return {}

    def problem(self) -> str:
        """Say what is missing, in one sentence; the run itself finds everything else."""
        if self.source == "files" and not self.folder.strip():
            return "Name the folder that the camera program writes into."
        if self.source == "camera" and not self.listen.strip():
            return f"Name the address to wait at, such as {DEFAULT_LISTEN}."
        if self.source == "dectris" and not self.detector.strip():
            return f"Name the address of the detector's stream, such as {DEFAULT_DETECTOR}."
        if self.image.pixel_size_nm is not None and self.image.pixel_size_nm <= 0:
            return "A pixel is larger than 0 nm; leave the field empty if its size is not known."
        if self.record and not self.recordings.strip():
            return "Name the folder for the recordings."
        return ""


def recording_path(folder: str, now: datetime) -> Path:
    """Return a name by date and time for a new recording in `folder`; nothing is there yet."""
    stem = f"run_{now:%Y-%m-%d_%H-%M-%S}"
    path = Path(folder).expanduser() / f"{stem}.ome.zarr"
    number = 2
    while path.exists():
        path = path.with_name(f"{stem}_{number}.ome.zarr")
        number += 1
    return path


def _file() -> Path:
    return runs_directory() / _REMEMBERED


def remembered() -> RunChoices:
    """Return the choices of the last run; recording is always on again."""
    choices = RunChoices(recordings=default_folder())
    try:
        stored = json.loads(_file().read_text(encoding="utf-8"))
        return _stored(stored) if stored.get("recordings") else choices
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return choices


def _stored(stored: dict[str, Any]) -> RunChoices:
    """Return what a file says; KeyError, TypeError or ValueError if it is not one of ours."""
    texts = {name: stored[name] for name in ("listen", "detector", "folder", "keys", "recordings")}
    if stored["source"] not in get_args(SourceKind):
        raise ValueError(stored["source"])
    if not all(isinstance(text, str) for text in texts.values()):
        raise TypeError(texts)
    known = {name: None if v is None else float(v) for name, v in stored["image"].items()}
    return RunChoices(source=stored["source"], image=KnownImage(**known), **texts)


def remember(choices: RunChoices) -> None:
    """Keep `choices` for the next time; a disk that refuses does not matter."""
    try:
        _file().parent.mkdir(parents=True, exist_ok=True)
        _file().write_text(json.dumps(asdict(choices)), encoding="utf-8")
    except OSError:
        return
