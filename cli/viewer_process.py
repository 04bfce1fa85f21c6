"""`--viewer`: napari in a process of its own, so that drawing cannot slow a run down.

`python -m skyrmlive.cli.viewer_process ADDRESS [SERVER_KEY [KEYS_FOLDER]]` is that process.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import typer

from ..stream.addresses import from_here
from ..stream.errors import UserError
from .stopping import on_signals

if TYPE_CHECKING:
    from ..stream.publisher import ResultPublisher
    from ..stream.security import ServerAccess

_START_TIMEOUT_S = 60.0


class ViewerProcess:
    """A napari window that shows what a publisher sends; it goes when the `with` block is left.

    Somebody who closes it earlier ends nothing but the watching.

    Parameters
    ----------
    publisher
        What to watch.
    access
        The keys of the publisher, where it has some: on its own computer they open.
    keys_folder
        Where they are, if not in their usual place.

    Raises
    ------
    UserError
        If napari is not installed or there is no screen.
    """

    def __init__(
        self,
        publisher: ResultPublisher,
        access: ServerAccess | None = None,
        keys_folder: Path | None = None,
    ) -> None:
        if importlib.util.find_spec("napari") is None:
            raise UserError(
                '--viewer needs napari; install it with `pip install "skyrmlive[viewer]"`.'
            )
        if not _has_screen():
            raise UserError("--viewer needs a screen, and there is none.")
        self._publisher = publisher
        words = [sys.executable, "-m", __name__, from_here(publisher.address)]
        if access is not None:
            words += [access.own.public, *(() if keys_folder is None else (str(keys_folder),))]
        self._process = subprocess.Popen(
            words,
            # A session of its own: Ctrl-C in the terminal is meant for the run.
            start_new_session=True,
        )

    def wait_until_listening(self) -> None:
        """Wait until the window is there, so that it misses nothing.

        Raises
        ------
        UserError
            If it does not come.
        """
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self._publisher.has_subscribers():
            if self._process.poll() is not None:
                raise UserError("napari could not be opened; its own message stands above.")
            if time.monotonic() > deadline:
                raise UserError("napari did not answer within a minute.")
            time.sleep(0.1)

    def wait_until_closed(self) -> None:
        """Wait until somebody closes the window; SIGINT and SIGTERM close it as well."""
        typer.echo("Close the napari window to end.", err=True)
        with on_signals("Closing the window.") as signals:
            signals.stops(self)
            self._process.wait()

    def stop(self) -> None:
        """Close the window; safe in a signal handler."""
        self._process.terminate()

    def abandon(self) -> None:
        """Close the window."""
        self.stop()

    def __enter__(self) -> ViewerProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        self._process.wait()


def _has_screen() -> bool:
    """Say whether a window can be opened; without a screen Qt would end the process abruptly."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def main() -> None:
    """Watch what the command line says."""
    from ..napari_plugin.launch import watch

    address, server_key, keys_folder = (*sys.argv[1:], "", "")[:3]
    # Where the run that is watched uses no keys, its own command has allowed that already.
    insecure = not server_key
    watch(address, server_key, Path(keys_folder) if keys_folder else None, insecure=insecure)


if __name__ == "__main__":
    main()
