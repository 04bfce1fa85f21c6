"""What the operator chooses before a run, and the command line that it comes to."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import platformdirs

from ...stream.control.folder import runs_directory

DEFAULT_LISTEN = "tcp://127.0.0.1:5555"
_REMEMBERED = "last_choices.json"


def default_folder() -> str:
    """Return where recordings go if nothing else was ever said."""
    return str(Path(platformdirs.user_documents_dir()) / "skyrmlive")


@dataclass(frozen=True)
class RunChoices:
    """The choices of a run that is started here.

    Attributes
    ----------
    watch
        Whether frames come as files in `folder`, in place of messages to `listen`.
    listen, folder
        Address to wait at for a camera; folder that its program writes into.
    record
        Whether everything is recorded from the first frame on.
    recordings
        Folder in which every recording gets a folder of its own.
    engine
        Name of an engine; None for the one that suits each frame.
    publish
        Address for the results; None for the usual one.
    """

    watch: bool = False
    listen: str = DEFAULT_LISTEN
    folder: str = ""
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
        words += ["--watch", self.folder] if self.watch else ["--listen", self.listen]
        if recording is not None:
            words += ["--record", str(recording)]
        if self.engine is not None:
            words += ["--engine", self.engine]
        if self.publish is not None:
            words += ["--publish", self.publish]
        return [*words, "--control", str(control)]

    def problem(self) -> str:
        """Say what is missing, in one sentence; the run itself finds everything else."""
        if self.watch and not self.folder.strip():
            return "Name the folder that the camera program writes into."
        if not self.watch and not self.listen.strip():
            return f"Name the address to wait at, such as {DEFAULT_LISTEN}."
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
        known = {name: stored[name] for name in ("watch", "listen", "folder", "recordings")}
    except (OSError, ValueError, KeyError, TypeError):
        return choices
    fits = all(isinstance(value, type(getattr(choices, name))) for name, value in known.items())
    return RunChoices(**known) if fits and known["recordings"] else choices


def remember(choices: RunChoices) -> None:
    """Keep `choices` for the next time; a disk that refuses does not matter."""
    try:
        _file().parent.mkdir(parents=True, exist_ok=True)
        _file().write_text(json.dumps(asdict(choices)), encoding="utf-8")
    except OSError:
        return
