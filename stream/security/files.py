"""Small files of keys: written whole, with the mode they need, and read back with doubt."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import UserError, cannot_write

_Model = TypeVar("_Model", bound=BaseModel)
_MOST_BYTES = 2**20
#: Windows has no such modes; a user's folders are closed to others there.
_HAS_MODES = os.name == "posix"


def write_model(path: Path, document: BaseModel, *, mode: int, replace: bool = False) -> None:
    """Write `document` as JSON, so that no instant shows half of it.

    Raises
    ------
    UserError
        If it cannot be written, or exists and is not to be replaced.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A file of this kind starts with mode 0600: its text is never open to others.
        handle, part = tempfile.mkstemp(prefix=path.name, suffix=".part", dir=path.parent)
        try:
            with open(handle, "w", encoding="utf-8") as file:
                file.write(document.model_dump_json(indent=2) + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.chmod(part, mode)
            if replace:
                os.replace(part, path)
            else:
                os.link(part, path)  # fails where there is one, even one made this instant
        finally:
            Path(part).unlink(missing_ok=True)
    except OSError as error:
        if isinstance(error, FileExistsError) and path.exists():
            raise UserError(f"{path} exists already and is left as it is.") from None
        raise cannot_write(path, error) from None


def read_model(kind: type[_Model], path: Path, *, closed_to_others: int = 0) -> _Model:
    """Return what `path` holds.

    Parameters
    ----------
    closed_to_others
        Permission bits that the file must not have, on systems that have them.

    Raises
    ------
    UserError
        If it cannot be read, is damaged, or is open to others.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if _HAS_MODES and mode & closed_to_others:
                what = "read" if mode & closed_to_others & 0o044 else "change"
                raise UserError(
                    f"Others can {what} {path}; close it with "
                    f"`chmod {mode & ~closed_to_others:o} {path}`, or make a new one."
                )
            text = file.read(_MOST_BYTES)
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror}.") from None
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(map(str, problem["loc"]))
        reason = problem["msg"].removeprefix("Value error, ").rstrip(".")
        raise UserError(f"{path} is damaged: {where}{': ' * bool(where)}{reason}.") from None
