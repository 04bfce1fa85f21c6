"""What a run says about itself every second, whether results come or not."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from .publisher import ResultPublisher

State = Literal["waiting", "live", "behind", "catching up", "settling", "disk full", "ended"]
_EVERY_S = 1.0


class RunStatus(BaseModel):
    """State of a run, as flat JSON on the topic ``skyrmlive.status``."""

    model_config = ConfigDict(extra="allow")

    time: float = Field(description="Unix seconds")
    state: State = Field(
        description="waiting: nothing to do; live: every frame is analysed as it comes; behind: "
        "frames are overtaken, and wait; catching up: these are analysed; settling: the run is "
        "over and its results are put in order; disk full: everything waits for space; ended: "
        "nothing more will come"
    )
    engine: str = ""
    newest_frame: int | None = Field(default=None, description="number of the last frame analysed")
    frames_per_second: float = Field(default=0.0, description="received, over the last second")
    counters: dict[str, int] = Field(default_factory=dict)
    recordings: list[str] = Field(default_factory=list, description="folders that are written")
    recording_to: str | None = Field(
        default=None, description="folder that new frames go to; empty while they are not recorded"
    )
    disk_free_bytes: int | None = Field(default=None, description="where the recording lies")


class StatusTicker:
    """Publishes a status every second from a thread of its own, until the `with` block is left.

    Parameters
    ----------
    publisher
        Where to.
    status
        Returns the status of this moment.
    """

    def __init__(self, publisher: ResultPublisher, status: Callable[[], RunStatus]) -> None:
        self._publisher = publisher
        self._status = status
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="status", daemon=True)

    def __enter__(self) -> StatusTicker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._publisher.publish_status(self._status())

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY_S):
            self._publisher.publish_status(self._status())


class RateMeter:
    """Rate of a counter between two looks at it."""

    def __init__(self) -> None:
        self._last = (time.monotonic(), 0)

    def rate(self, count: int) -> float:
        """Return by how much `count` has grown a second since the last look."""
        now = time.monotonic()
        before, known = self._last
        self._last = (now, count)
        return max(0, count - known) / max(now - before, 1e-3)


def disk_free_bytes(folder: Path) -> int | None:
    """Return the free space where `folder` lies, None if that cannot be told."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
