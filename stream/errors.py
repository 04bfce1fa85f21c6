"""Errors that a user can act on: one plain sentence each."""

from pathlib import Path


class UserError(Exception):
    """Something the user gave cannot be used; the message is one sentence for them.

    The command line prints it and exits with code 2, without a traceback.
    """


class FrameRejected(UserError):
    """A message on the wire is not a valid frame; it is counted and logged, the stream goes on."""


def cannot_write(path: Path, error: OSError) -> UserError:
    """Return what to raise when the disk refuses `path`."""
    return UserError(f"Cannot write {path}: {error.strerror or error}.")
