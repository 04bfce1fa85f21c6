"""One sentence when the trainer's extra is missing."""

from __future__ import annotations

import importlib.util

from ..stream.errors import UserError


def need_torch(command: str, device: str = "cpu") -> None:
    """Raise a UserError unless torch is there, and the device for it."""
    if importlib.util.find_spec("torch") is None:
        raise UserError(
            f'`skyrmlive {command}` needs torch; install it with `pip install "skyrmlive[train]"`.'
        )
    if device not in ("cpu", "cuda"):
        raise UserError(f"--device is cpu or cuda, not {device!r}.")
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise UserError("--device cuda: torch sees no NVIDIA GPU here.")
