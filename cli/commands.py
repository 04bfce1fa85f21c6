"""The table of commands: name on the command line to function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .demo import demo
from .doctor import doctor
from .engines import engines
from .evaluate import evaluate
from .export import export
from .keys import keys
from .record import record
from .replay import replay
from .segment import segment
from .send import send
from .serve import serve
from .simulate import simulate
from .train import train

COMMANDS: dict[str, Callable[..., Any]] = {
    "demo": demo,
    "serve": serve,
    "send": send,
    "segment": segment,
    "replay": replay,
    "record": record,
    "export": export,
    "simulate": simulate,
    "train": train,
    "evaluate": evaluate,
    "engines": engines,
    "keys": keys,
    "doctor": doctor,
}
