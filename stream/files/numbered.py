"""The frames of files by their number, in whatever order they are asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

from ..errors import UserError
from ..frame import Frame
from .readers import count_frames
from .source import FilesSource, frames_of

#: Lengths that differ by less than this part are those of files with equally many images.
_ALIKE = 0.2


class NumberedFrames:
    """Random access to the frames of image files, stacks and folders.

    Only the frame that is asked for is read, and the file of the last one is kept open: going
    forward through a stack reads each frame once.

    Parameters
    ----------
    paths
        As for `FilesSource`.

    Raises
    ------
    UserError
        If there is no image, or one that does not say how many it holds cannot be read.

    Attributes
    ----------
    files
        The files, in the order of their frames.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.files = FilesSource(paths).files
        counts = _Counts()
        self._ends = list(accumulate(counts.of(file) for file in self.files))
        self._open: tuple[int, int, Iterator[Frame]] | None = None  # file, next frame in it, frames

    def __len__(self) -> int:
        return self._ends[-1]

    def frame(self, index: int) -> Frame:
        """Return frame number `index`, from 0.

        Raises
        ------
        IndexError
            If there is no such frame.
        UserError
            If its file is missing or damaged.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"There are {len(self)} frames, not {index + 1}.")
        number = bisect_right(self._ends, index)
        place = index - (self._ends[number - 1] if number else 0)
        frames = None
        if self._open is not None and self._open[:2] == (number, place):
            frames = self._open[2]
        if frames is None:
            frames = frames_of(self.files[number], start=place)
        self._open = None
        frame = next(frames, None)
        if frame is None:
            raise UserError(f"{self.files[number]} has fewer frames than it had.")
        self._open = number, place + 1, frames
        return frame


class _Counts:
    """Numbers of frames, without opening each of thousands of files that are all alike.

    Files of one kind and one length hold equally many frames. Where a format does not say how many
    (DM3, DM4), a file about as long as one with a single image holds a single image.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], int] = {}
        self._single: dict[str, int] = {}

    def of(self, file: Path) -> int:
        suffix = file.suffix.lower()
        try:
            size = file.stat().st_size
        except OSError as error:
            raise UserError(f"{file} cannot be read: {error.strerror or error}.") from None
        if (suffix, size) not in self._known:
            self._known[suffix, size] = self._count(file, suffix, size)
        return self._known[suffix, size]

    def _count(self, file: Path, suffix: str, size: int) -> int:
        single = self._single.get(suffix)
        if single is not None and abs(size - single) <= _ALIKE * single:
            return 1
        n_frames = count_frames(file)
        if n_frames is None:
            n_frames = sum(1 for _ in frames_of(file))
            if n_frames == 1:
                self._single[suffix] = size
        return n_frames
