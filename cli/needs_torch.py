"""One sentence when the trainer's extra is missing."""

from __future__ import annotations

import importlib.util

from ..stream.errors import UserError


def need_torch(command: str) -> None:
    """Raise a UserError that says what to install unless torch is there."""
    if importlib.util.find_spec("torch") is None:
        raise UserError(
            f'`skyrmlive {command}` needs torch; install it with `pip install "skyrmlive[train]"`.'
        )
