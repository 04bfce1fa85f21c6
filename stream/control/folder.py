"""The private folder of a run that another program has started."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import platformdirs

from ..closing import Closing
from ..errors import UserError
from ..file_lock import try_lock

#: Folder of the runs' folders, instead of the platform's own.
ENVIRONMENT_VARIABLE = "SKYRMLIVE_RUNS"
_KEPT = 20


def runs_directory() -> Path:
    """Return where the folders of the runs are; it need not exist."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return Path(named)
    return Path(platformdirs.user_state_dir("skyrmlive", appauthor=False)) / "runs"


@dataclass(frozen=True)
class RunFolder:
    """Files by which a run is steered and told of; only its owner may read or write them.

    The run holds a lock as long as its process lives, whatever ends it: so one that was left by the
    program that had started it is found again, and one that died is told from one that is silent.

    Attributes
    ----------
    path
        The folder.
    """

    path: Path

    @property
    def commands(self) -> Path:
        """Lines that say what is wanted of the run."""
        return self.path / "commands.jsonl"

    @property
    def events(self) -> Path:
        """Lines that say what has happened."""
        return self.path / "events.jsonl"

    @property
    def log(self) -> Path:
        """What the run writes to its standard error."""
        return self.path / "log.txt"

    def is_running(self) -> bool:
        """Say whether a process is at work in it."""
        try:
            lock = RunLock(self.path)
        except OSError:
            return False
        with lock:
            return not lock.taken


class RunLock(Closing):
    """Tries to take the lock of a run's folder, and gives it back at the end of the block.

    Attributes
    ----------
    taken
        Whether it was free.
    """

    def __init__(self, folder: Path) -> None:
        self._file: IO[bytes] = (folder / "running.lock").open("ab")
        try:
            self.taken = try_lock(self._file)
        except OSError:
            self.taken = False

    def close(self) -> None:
        """Close the file; with it goes its lock."""
        self._file.close()


def new_run_folder() -> RunFolder:
    """Make the folder of a new run; those of the oldest runs that are over are removed.

    Raises
    ------
    UserError
        If it cannot be made.
    """
    directory = runs_directory()
    name = f"{datetime.now():%Y-%m-%d_%H-%M-%S}_{os.getpid()}"
    number = 0
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        _remove_old(directory)
        while True:
            path = directory / (f"{name}_{number}" if number else name)
            try:
                path.mkdir(mode=0o700)
            except FileExistsError:
                number += 1
                continue
            return RunFolder(path)
    except OSError as error:
        raise UserError(f"Cannot use the folder {directory}: {error.strerror}.") from None


def running_folders() -> list[RunFolder]:
    """Return the folders of all runs that go on, the latest first."""
    return [folder for folder in _folders(runs_directory()) if folder.is_running()]


def _folders(directory: Path) -> list[RunFolder]:
    try:
        paths = [path for path in directory.iterdir() if path.is_dir()]
    except OSError:
        return []
    return [RunFolder(path) for path in sorted(paths, reverse=True)]


def _remove_old(directory: Path) -> None:
    for folder in _folders(directory)[_KEPT:]:
        if not folder.is_running():
            shutil.rmtree(folder.path, ignore_errors=True)
