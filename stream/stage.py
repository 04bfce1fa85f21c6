"""Slow quantities from the holder's own software, and how they reach the frames."""

from __future__ import annotations

import math
import sys
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import FrameRejected
from .frame import Frame

#: Keys of a stage message that say something about the message, not about the specimen.
_NOT_QUANTITIES = frozenset({"type", "timestamp", "seq", "source", "geometry"})
_MAX_QUANTITIES = 64


@dataclass(frozen=True, slots=True)
class StageReading:
    """Slow quantities at one instant.

    Attributes
    ----------
    timestamp
        Unix seconds.
    quantities
        Name to value, named as in `FrameMetadata` (`temperature_k`, `field_mt`, ...).
    """

    timestamp: float
    quantities: dict[str, float] = field(default_factory=dict)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> StageReading:
        """Build a reading from the JSON object of a stage message.

        Raises
        ------
        FrameRejected
            If the timestamp or a quantity is missing or not a finite number.
        """
        timestamp = _number(document, "timestamp")
        names = [name for name in document if name not in _NOT_QUANTITIES]
        if not names:
            raise FrameRejected("The stage message carries no quantity.")
        return cls(timestamp, {name: _number(document, name) for name in names})


class StageLog:
    """Remembers recent readings and attaches them to frames by time.

    Each quantity is kept on its own, since temperature and field often come from two programs.
    Between two readings the value is interpolated linearly, outside them the nearest is taken; the
    frame's `stage_age_s` says how far away in time it was.

    Parameters
    ----------
    keep
        Number of readings to remember of each quantity; those that came first are forgotten, so
        that a clock that was set back is followed at once.

    Attributes
    ----------
    on_reading
        Called with each reading that is added.
    """

    def __init__(self, keep: int = 1024) -> None:
        self.on_reading: Callable[[StageReading], object] | None = None
        self._keep = keep
        self._series: dict[str, list[tuple[float, float]]] = {}
        self._as_they_came: dict[str, deque[tuple[float, float]]] = {}

    def add(self, reading: StageReading) -> None:
        """Remember `reading`; late ones are sorted in.

        Raises
        ------
        FrameRejected
            If it would add an unreasonable number of different quantities.
        """
        names = self._series.keys() | reading.quantities.keys()
        if len(names) > _MAX_QUANTITIES:
            raise FrameRejected(f"Stage messages name more than {_MAX_QUANTITIES} quantities.")
        for name, value in reading.quantities.items():
            series = self._series.setdefault(name, [])
            insort(series, (reading.timestamp, value))
            as_they_came = self._as_they_came.setdefault(name, deque())
            as_they_came.append((reading.timestamp, value))
            if len(series) > self._keep:
                del series[bisect_left(series, as_they_came.popleft())]
        if self.on_reading is not None:
            self.on_reading(reading)

    def attach(self, frame: Frame, received_at: float) -> Frame:
        """Return `frame` with every remembered quantity that its own metadata does not give.

        Parameters
        ----------
        frame
            A frame; its `timestamp` is used where it has one.
        received_at
            Unix seconds of its arrival, used where it has none.
        """
        if not self._series:
            return frame
        own = frame.metadata.model_dump(exclude_none=True)
        time = frame.metadata.timestamp
        time = received_at if time is None else time
        missing = {
            name: _value_at(series, time)
            for name, series in self._series.items()
            if name not in own
        }
        if not missing:
            return frame
        ages = {name: round(_age_at(self._series[name], time), 3) for name in missing}
        metadata = frame.metadata.model_copy(update=missing | {"stage_age_s": ages})
        return Frame(frame.pixels, metadata)


def _number(document: Mapping[str, Any], name: str) -> float:
    value = document.get(name)
    try:
        number = math.nan if isinstance(value, bool | str | None) else float(value)
    except (TypeError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise FrameRejected(f"The stage message needs a finite number for {ascii(name)[:60]}.")
    return number


def _age_at(series: list[tuple[float, float]], time: float) -> float:
    """Return the seconds from the nearest of time-sorted (time, value) pairs."""
    after = bisect_left(series, (time, -math.inf))
    ages = (abs(time - moment) for moment, _ in series[max(0, after - 1) : after + 1])
    return min(sys.float_info.max, *ages)  # JSON has no infinity


def _value_at(series: list[tuple[float, float]], time: float) -> float:
    """Interpolate in time-sorted (time, value) pairs; hold the ends."""
    after = bisect_left(series, (time, -math.inf))
    if after == 0:
        return series[0][1]
    if after == len(series):
        return series[-1][1]
    (t0, v0), (t1, v1) = series[after - 1], series[after]
    # Halves keep the difference of absurd, but finite, times from overflowing.
    span = t1 / 2 - t0 / 2
    weight = (time / 2 - t0 / 2) / span if span else 1.0
    value = v0 * (1 - weight) + v1 * weight
    # Rounding must not leave what was validated: a voltage that is tiny must not become zero.
    return min(max(value, min(v0, v1)), max(v0, v1))
