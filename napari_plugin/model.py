"""What the window shows, without any Qt: testable, and free of the toolkit."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..inference.frame_diameter import frame_diameter
from ..stream.result import FrameResult, ResultSummary
from ..stream.size_text import size_text
from .events import BurstLog
from .history import History
from .picture import Picture
from .snapshot import Delivery, Snapshot
from .tails import Tails
from .view import View
from .words import unbroken

_RATE_WINDOW_S = 3.0
#: Without a result for this long the status says so instead of showing a rate.
QUIET_AFTER_S = 3.0


@dataclass(frozen=True, slots=True)
class Status:
    """Three texts for the operator; an empty one is not shown.

    Attributes
    ----------
    headline
        Number and size of the skyrmions.
    details
        Frame, rate, latency, temperature and field.
    warnings
        What should make the operator doubt, one sentence a line.
    """

    headline: str = ""
    details: str = ""
    warnings: str = ""


@dataclass
class LiveModel:
    """The state of one run as the viewer has seen it.

    Attributes
    ----------
    newest
        The newest frame, None before the first.
    history
        Numbers of all frames.
    bursts
        When many skyrmions came or went at once.
    tails
        Recent positions of the skyrmions.
    view
        What the operator looks at.
    """

    newest: Snapshot | None = None
    history: History = field(default_factory=History)
    bursts: BurstLog = field(default_factory=BurstLog)
    tails: Tails = field(default_factory=Tails)
    view: View = field(default_factory=View)
    _arrivals: deque[tuple[float, int]] = field(default_factory=deque)

    def clear(self) -> None:
        """Forget the run."""
        self.newest = None
        self.history.clear()
        self.bursts.clear()
        self.tails.clear()
        self.view.clear()
        self._arrivals.clear()

    def add(self, delivery: Delivery, now: float) -> None:
        """Take in what the mailbox held.

        Parameters
        ----------
        delivery
            The newest snapshot, and the summaries of those it replaced.
        now
            Seconds on any clock that runs evenly, such as `time.monotonic`.
        """
        changes = {change.frame: change for change in delivery.changes}
        for summary in (*delivery.passed, delivery.newest.result.summary):
            if self._starts_again(summary):
                self.clear()
            self.history.add(summary)
            told = changes.pop(summary.frame, None)
            if told is not None:
                self.history.note(told)
                self.bursts.note(told)
        summary = delivery.newest.result.summary
        self._arrivals.append((now, 1 + len(delivery.passed)))
        while self._arrivals[0][0] < now - _RATE_WINDOW_S:
            self._arrivals.popleft()
        if summary.analysed == "caught-up" and self.newest is not None:
            return  # belongs to the curves, but is older than what is on the screen
        self.newest = delivery.newest
        self.tails.add(summary.frame, delivery.newest.result.table)
        self.view.add(delivery.newest)

    @property
    def displayed(self) -> Snapshot | None:
        """The frame on the screen: the one that is held, or the newest."""
        return self.view.recent.held or self.newest

    def picture(self) -> Picture | None:
        """Return what is to be drawn, None before the first frame."""
        snapshot = self.displayed
        return None if snapshot is None else self.view.picture(snapshot, self.tails)

    def rate_hz(self, now: float) -> float | None:
        """Return the results per second of the last seconds, None while too few have come."""
        recent = [(at, count) for at, count in self._arrivals if at >= now - _RATE_WINDOW_S]
        if len(recent) < 2 or recent[-1][0] == recent[0][0]:
            return None
        # The first arrival only starts the clock: its results came before.
        return sum(count for _, count in recent[1:]) / (recent[-1][0] - recent[0][0])

    def status(self, now: float) -> Status:
        """Put the frame on the screen into words; `now` as in `add`."""
        displayed = self.displayed
        if self.newest is None or displayed is None:
            return Status()
        summary = displayed.result.summary
        quiet_s = now - self._arrivals[-1][0]
        rate_hz = self.rate_hz(now)
        if self.view.recent.held is None:
            details = [f"frame {summary.frame}"]
        else:
            live = self.newest.result.summary.frame
            details = [f"held at frame {summary.frame}, live is at {live}"]
        if quiet_s > QUIET_AFTER_S:
            details.append(f"no result for {quiet_s:.0f} s")
        elif rate_hz is not None:
            details.append(f"{rate_hz:.1f} frames/s")
        if "total" in summary.latency_ms:
            details.append(f"latency {summary.latency_ms['total']:.0f} ms")
        return self.describe(displayed, details, self._warnings(displayed, self.newest))

    def describe(
        self, displayed: Snapshot, details: Sequence[str], warnings: Sequence[str]
    ) -> Status:
        """Put a frame into words, with `details` and `warnings` besides its own numbers."""
        summary, details = displayed.result.summary, list(details)
        if summary.temperature_k is not None:
            details.append(f"{summary.temperature_k:.1f} K")
        if summary.field_mt is not None:
            details.append(f"{summary.field_mt:.0f} mT")
        text = "  ·  ".join(map(unbroken, details))
        if self.view.filters.active:
            headline = _filtered_headline(displayed.result, self.view.shown(displayed))
        else:
            headline = _headline(summary)
        return Status(headline, text, "\n".join(warnings))

    def _warnings(self, displayed: Snapshot, newest: Snapshot) -> list[str]:
        warnings = list(displayed.result.summary.warnings)
        if newest is not displayed:  # a picture that is held must hide no new trouble
            new = [text for text in newest.result.summary.warnings if text not in warnings]
            warnings += [f"Live: {text}" for text in new]
        if displayed.pixels is None:
            warnings.append("The picture of this frame has not arrived, only its result.")
        if displayed.outlines is None:
            warnings.append("The publisher sends no label image, so no outlines are drawn.")
        return warnings

    def _starts_again(self, summary: ResultSummary) -> bool:
        """Tell whether a frame number that has gone back means that a new run has begun."""
        if summary.analysed == "caught-up" or not len(self.history):
            return False
        return summary.frame < self.history.column("frame")[-1]


def _headline(summary: ResultSummary) -> str:
    number = f"{summary.n_skyrmions} skyrmion{'' if summary.n_skyrmions == 1 else 's'}"
    if summary.mean_diameter_nm is None:
        size = "" if summary.pixel_size_nm is not None else "size unknown without a pixel size"
    else:
        ends = summary.mean_diameter_low_nm, summary.mean_diameter_high_nm
        size = size_text(summary.mean_diameter_nm, *ends)
    return f"{number}   {size}".rstrip()


def _filtered_headline(result: FrameResult, shown: np.ndarray) -> str:
    """Say how many skyrmions pass the filters, and their mean diameter without the border's."""
    summary, table = result.summary, result.table
    skyrmions = shown & ~table["is_stripe"].to_numpy()
    number = f"{int(skyrmions.sum())} of {summary.n_skyrmions} shown"
    if summary.pixel_size_nm is None:
        return f"{number}   size unknown without a pixel size"
    size = frame_diameter(table.loc[skyrmions], None)
    if size.mean_nm is None:
        return number
    spread = "" if size.std_nm is None else f", spread {size.std_nm:.1f} nm"
    return f"{number}   {size.mean_nm:.1f} nm{spread}"
