"""What another engine, or the same one once more, finds in the frames of a recording."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import numpy as np
import pandas as pd

from ..closing import Closing
from ..errors import UserError, cannot_write
from ..result import TABLE_DTYPES
from .matching import diameter_ratios, match, same_bits

Tables = Iterable[tuple[int, pd.DataFrame]]


@dataclass(frozen=True)
class FrameComparison:
    """One frame analysed twice; see `compare`.

    Attributes
    ----------
    n_recorded, n_other
        Rows of the two tables.
    matched, only_recorded, only_other
        Pairs of rows that are one skyrmion, and rows without a partner.
    ratio_mean, ratio_p5, ratio_p50, ratio_p95
        Diameter of the other over the recorded one, over the pairs; NaN without any.
    distance_mean_px, distance_p95_px
        Between the centres of pairs.
    identical, identical_but_tracks
        Whether all values of the tables agree in every bit; all but the track numbers.
    """

    frame: int
    n_recorded: int
    n_other: int
    matched: int
    only_recorded: int
    only_other: int
    ratio_mean: float
    ratio_p5: float
    ratio_p50: float
    ratio_p95: float
    distance_mean_px: float
    distance_p95_px: float
    identical: bool
    identical_but_tracks: bool


@dataclass
class Comparison:
    """All frames together. Of each pair of skyrmions 16 bytes are kept, of a frame nothing.

    Attributes
    ----------
    n_frames
        Frames that have both results.
    frames_only_recorded, frames_only_other
        Frames that have one result.
    identical, identical_but_tracks
        Frames whose tables agree in every bit; in all but the track numbers.
    n_recorded, n_other, matched
        Rows, and pairs of them, over all frames with both results.
    """

    n_frames: int = 0
    frames_only_recorded: int = 0
    frames_only_other: int = 0
    identical: int = 0
    identical_but_tracks: int = 0
    n_recorded: int = 0
    n_other: int = 0
    matched: int = 0
    _ratios: array[float] = field(default_factory=lambda: array("d"), repr=False)
    _distances_px: array[float] = field(default_factory=lambda: array("d"), repr=False)

    def add(self, frame: int, recorded: pd.DataFrame, other: pd.DataFrame) -> FrameComparison:
        """Compare one frame and count it in."""
        rows, other_rows, distances_px = match(recorded, other)
        ratios = diameter_ratios(recorded.iloc[rows], other.iloc[other_rows])
        names = [name for name in TABLE_DTYPES if name != "particle"]
        but_tracks = same_bits(recorded, other, names)
        found = FrameComparison(
            frame,
            len(recorded),
            len(other),
            len(rows),
            len(recorded) - len(rows),
            len(other) - len(rows),
            *_mean_and_quantiles(ratios, 5, 50, 95),
            *_mean_and_quantiles(distances_px, 95),
            identical=but_tracks and same_bits(recorded, other, ["particle"]),
            identical_but_tracks=but_tracks,
        )
        self.n_frames += 1
        self.n_recorded += found.n_recorded
        self.n_other += found.n_other
        self.matched += found.matched
        self.identical += found.identical
        self.identical_but_tracks += found.identical_but_tracks
        self._ratios.frombytes(ratios.tobytes())
        self._distances_px.frombytes(distances_px.tobytes())
        return found

    @property
    def diameter_ratio(self) -> tuple[float, ...]:
        """Mean and 5, 50 and 95 % quantiles of other over recorded diameter; NaN without any."""
        return _mean_and_quantiles(np.array(self._ratios), 5, 50, 95)

    @property
    def distance_px(self) -> tuple[float, ...]:
        """Mean and 95 % quantile of the distance of the centres of a pair; NaN without any."""
        return _mean_and_quantiles(np.array(self._distances_px), 95)

    def describe(self) -> str:
        """Return everything as a few lines of text."""
        alike = f"{self.identical} bit-identical"
        if self.identical_but_tracks > self.identical:
            alike += f", {self.identical_but_tracks - self.identical} more but for the tracks"
        lone = f"{self.frames_only_recorded} only recorded, {self.frames_only_other} only other"
        recorded, other = self.n_recorded - self.matched, self.n_other - self.matched
        lines = {
            "frames compared": f"{self.n_frames}, {alike}",
            "frames with one result": lone,
            "skyrmions and stripes": f"{self.n_recorded} recorded, {self.n_other} other",
            "matched": f"{self.matched}",
            "without a partner": f"{recorded} only recorded, {other} only other",
        }
        if self._ratios:
            mean, low, median, high = self.diameter_ratio
            spread = f"5, 50 and 95 %: {low:.4f}, {median:.4f}, {high:.4f}"
            lines["diameter, other / recorded"] = f"mean {mean:.4f}; {spread}"
        if self._distances_px:
            distance_px, far_px = self.distance_px
            lines["distance of the centres"] = f"mean {distance_px:.3f} px; 95 %: {far_px:.3f} px"
        return "\n".join(f"{name:28} {value}" for name, value in lines.items())


class RunningComparison:
    """Holds results against those of a recording, as they come.

    Parameters
    ----------
    recorded
        Frame number and table, in the order of the frames: `Recording.tables`.
    on_frame
        Called with the comparison of each frame.
    """

    def __init__(
        self,
        recorded: Tables,
        on_frame: Callable[[FrameComparison], object] = lambda found: None,
    ) -> None:
        self.total = Comparison()
        self._recorded = iter(recorded)
        self._on_frame = on_frame
        self._next = next(self._recorded, None)

    def append(self, frame: int, table: pd.DataFrame) -> None:
        """Compare the next result; its frame must come after that of the last one."""
        while self._next is not None and self._next[0] < frame:
            self._skip()
        if self._next is None or self._next[0] != frame:
            self.total.frames_only_other += 1
            return
        self._on_frame(self.total.add(frame, self._next[1], table))
        self._next = next(self._recorded, None)

    def finish(self) -> Comparison:
        """Count the frames that are left of the recording, and return the whole."""
        while self._next is not None:
            self._skip()
        return self.total

    def _skip(self) -> None:
        self.total.frames_only_recorded += 1
        self._next = next(self._recorded, None)


def compare(
    recorded: Tables,
    other: Tables,
    on_frame: Callable[[FrameComparison], object] = lambda found: None,
) -> Comparison:
    """Compare two analyses of the same frames, one frame at a time.

    Rows of the tables are one skyrmion (or stripe) if their centres are less than half a diameter
    apart, see `match`; for diameters see `diameter_ratios`.

    Parameters
    ----------
    recorded, other
        Frame number and table (columns as `TABLE_DTYPES`), in the order of the frames.
    on_frame
        Called with the comparison of each frame that has both results.
    """
    running = RunningComparison(recorded, on_frame)
    for frame, table in other:
        running.append(frame, table)
    return running.finish()


class ComparisonCsv(Closing):
    """Writes one row a frame to a CSV file, columns as `FrameComparison`.

    Parameters
    ----------
    path
        The file, which must not exist.

    Raises
    ------
    UserError
        If it exists or the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("x", newline="", encoding="utf-8")
        except FileExistsError:
            raise UserError(f"{path} exists already.") from None
        except OSError as error:
            raise cannot_write(self._path, error) from None
        self._rows = csv.DictWriter(self._file, [column.name for column in fields(FrameComparison)])
        self._rows.writeheader()

    def append(self, found: FrameComparison) -> None:
        """Append one frame, what is NaN stays empty; raise UserError if the disk refuses."""
        try:
            self._rows.writerow({k: v for k, v in asdict(found).items() if v == v})
        except OSError as error:
            raise cannot_write(self._path, error) from None

    def close(self) -> None:
        """Close the file; raise UserError if the disk refuses what is not there yet."""
        try:
            self._file.close()
        except OSError as error:
            raise cannot_write(self._path, error) from None


def _mean_and_quantiles(values: np.ndarray, *percent: float) -> tuple[float, ...]:
    if not len(values):
        return (float("nan"),) * (1 + len(percent))
    return (float(np.mean(values)), *map(float, np.percentile(values, percent)))
