"""What is asked of a run, and what it answers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Command(BaseModel):
    """One wish.

    Attributes
    ----------
    do
        ``record``: record the frames from now on, in the new folder `path`; ``stop recording``;
        ``engine``: analyse with `engine` from now on, None for the one that suits each frame;
        ``stop``: take in what has come and finish it, a second time leave the rest.
    """

    model_config = ConfigDict(extra="forbid")

    do: Literal["record", "stop recording", "engine", "stop"]
    path: str | None = None
    engine: str | None = None


class Event(BaseModel):
    """One thing that has happened.

    Attributes
    ----------
    event
        ``ready``: frames come in; ``recording``, ``not recording``, ``engine``: as was asked for;
        ``refused``: what was asked for could not be done; ``stopping``; ``ended``.
    text
        In words, for people.
    source, results
        Of ``ready``: where frames come from, and the address at which results are published.
    path
        Of ``recording`` and ``not recording``: the folder. Of ``ready``: the folder, None if
        nothing is recorded.
    engine
        Of ``ready`` and ``engine``: what was chosen, None for the one that suits each frame.
    failed
        Of ``ended``: whether the run could not begin, or ended by an error.
    """

    model_config = ConfigDict(extra="ignore")

    event: Literal["ready", "recording", "not recording", "engine", "refused", "stopping", "ended"]
    text: str = ""
    source: str | None = None
    results: str | None = None
    path: str | None = None
    engine: str | None = None
    failed: bool = False
