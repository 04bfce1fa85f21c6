"""What deserves a mark on the time axis: bursts of births and deaths, and thresholds crossed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from scipy.special import betainc

from .births import TrackChanges

#: Frames in which a burst is looked for, and frames before them that tell the usual rate.
WINDOW_FRAMES, REFERENCE_FRAMES = 5, 50
#: Of these frames, so many must be known at least.
KNOWN_REFERENCE_FRAMES = 10
#: Probability below which so many births are no chance. 150,000 frames a day are tested.
BURST_PROBABILITY = 1e-6
#: A burst is over when chance explains the window again.
CALM_PROBABILITY = 1e-2
SMALLEST_BURST = 5
#: A value has crossed a threshold when it is beyond by more than this part of it.
HYSTERESIS_PART = 0.02
_MOST_BURSTS = 1000


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run.

    Attributes
    ----------
    frame
        Number of the frame at which it was noticed.
    label
        A few characters for the axis.
    text
        One sentence for a list.
    """

    frame: int
    label: str
    text: str


class BurstDetector:
    """Finds bursts in counts that come frame by frame.

    Let k be the count of the last `WINDOW_FRAMES` frames and b that of the `REFERENCE_FRAMES`
    before them; unknown frames are left out of both. If both were Poisson with one rate, k would
    be binomial among n = k + b, with the window's part of the known frames as its probability
    (Przyborowski and Wilenski, Biometrika 31, 313, 1940). There is a burst when a count of k or
    more has a probability below `BURST_PROBABILITY` and k is at least `SMALLEST_BURST`; it is
    told once, until its probability is above `CALM_PROBABILITY` again.
    """

    def __init__(self) -> None:
        self._recent: deque[tuple[int, int]] = deque()
        self._bursting = False

    def add(self, frame: int, count: int) -> int | None:
        """Take in the count of the next known frame.

        Returns
        -------
        int or None
            The count of the window if a burst begins with this frame.
        """
        if self._recent and frame <= self._recent[-1][0]:
            self._recent.clear()  # another run
            self._bursting = False
        self._recent.append((frame, count))
        while self._recent[0][0] <= frame - WINDOW_FRAMES - REFERENCE_FRAMES:
            self._recent.popleft()
        window = [known for at, known in self._recent if at > frame - WINDOW_FRAMES]
        reference_frames = len(self._recent) - len(window)
        if reference_frames < KNOWN_REFERENCE_FRAMES:
            return None
        in_window = sum(window)
        total = sum(known for _, known in self._recent)
        probability = chance_of(in_window, total, len(window) / len(self._recent))
        if self._bursting:
            self._bursting = probability < CALM_PROBABILITY
            return None
        self._bursting = in_window >= SMALLEST_BURST and probability < BURST_PROBABILITY
        return in_window if self._bursting else None


@dataclass
class BurstLog:
    """Bursts of births and deaths in a run.

    Attributes
    ----------
    events
        The last thousand, in the order in which they were noticed.
    """

    events: deque[Event] = field(default_factory=lambda: deque(maxlen=_MOST_BURSTS))
    _births: BurstDetector = field(default_factory=BurstDetector)
    _deaths: BurstDetector = field(default_factory=BurstDetector)

    def clear(self) -> None:
        """Forget the run."""
        self.events.clear()
        self._births, self._deaths = BurstDetector(), BurstDetector()

    def note(self, changes: TrackChanges) -> None:
        """Take in what one more frame tells; frames must come in order."""
        if changes.births is not None:
            count = self._births.add(changes.frame, changes.births)
            if count is not None:
                text = f"Nucleation burst: {count} births in {WINDOW_FRAMES} frames."
                self.events.append(Event(changes.frame, f"+{count}", text))
        if changes.deaths is not None and changes.last_seen is not None:
            count = self._deaths.add(changes.last_seen, changes.deaths)
            if count is not None:
                text = f"Collapse burst: {count} deaths in {WINDOW_FRAMES} frames."
                self.events.append(Event(changes.last_seen, f"\N{MINUS SIGN}{count}", text))


def chance_of(count: int, total: int, part: float) -> float:
    """Return the probability that a binomial count among `total` is `count` or more.

    Parameters
    ----------
    count, total
        0 <= `count` <= `total`.
    part
        Probability of each, between 0 and 1.
    """
    return 1.0 if count <= 0 else float(betainc(count, total - count + 1, part))


def crossings(
    frames: np.ndarray,
    values: np.ndarray,
    threshold: float,
    *,
    name: str,
    unit: str = "",
    smallest_step: float = 0.0,
) -> list[Event]:
    """Find where a value crosses a threshold.

    Parameters
    ----------
    frames, values
        Shape (n,), in the order of the frames; values are NaN where unknown.
    threshold
        In the unit of `values`. The value has crossed at the first frame where it is beyond by
        more than `HYSTERESIS_PART` of the threshold; jitter around it is no crossing.
    name, unit
        What the value is, for the label and the text.
    smallest_step
        Least hysteresis, in the unit of `values`.

    Returns
    -------
    list of Event
        In the order of the frames.
    """
    margin = max(HYSTERESIS_PART * abs(threshold), smallest_step)
    side = (values > threshold + margin).astype(np.int8)
    side -= values < threshold - margin
    decided = np.flatnonzero(side)
    crossed = decided[1:][np.diff(side[decided]) != 0]
    events = []
    for row in crossed:
        upwards = side[row] > 0
        sign, verb = (">", "rose above") if upwards else ("<", "fell below")
        label = f"{name[0]} {sign} {threshold:g}"
        text = f"The {name} {verb} {threshold:g}{f' {unit}' if unit else ''}."
        events.append(Event(int(frames[row]), label, text))
    return events
