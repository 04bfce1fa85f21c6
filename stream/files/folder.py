"""Folders that a camera program writes into, as a source of frames."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..arrival import BATCH_BYTES, Arrival
from ..closing import Closing
from ..errors import UserError
from ..frame import Frame, FrameMetadata
from .readers import is_whole
from .source import frames_of
from .taken import TakenFiles
from .watch import FolderWatch

_log = logging.getLogger(__name__)
_MAX_IN_FLIGHT = 64
#: Files that were read last, whose growth is noticed.
_RECENT = 32


class FolderSource(Closing):
    """The frames of image files as they appear in folders, see `FolderWatch`.

    A file that is damaged is logged, counted and left out; one that the disk or the share does not
    give is tried again. When a stack has grown after it was read, its new frames are taken; one
    that was caught in the middle of a frame is read on when that is whole. A single image without a
    timestamp gets the time at which its file was written, marked as assumed.

    Parameters
    ----------
    paths
        Folders to watch.
    overrides
        Metadata that wins over what the files say.
    poll_s
        Seconds between two looks.
    patience_s
        Seconds for which an unfinished file may hold back the others, or stand still unnoticed.
    taken
        Files that are left out if they were taken before, and to which those are added that are.

    Raises
    ------
    UserError
        If a path is not a folder.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        overrides: FrameMetadata | None = None,
        poll_s: float = 0.5,
        patience_s: float = 5.0,
        taken: TakenFiles | None = None,
    ) -> None:
        self._taken = taken
        self.address = ", ".join(map(str, paths))
        self.received = 0
        self.rejected = 0
        self._overrides = overrides
        self._poll_s = poll_s
        self._watch = FolderWatch(paths, poll_s=poll_s, patience_s=patience_s)
        self._next_look = time.monotonic()
        self._files: deque[Path] = deque()
        self._file: Path | None = None
        self._frames: Iterator[Frame] = iter(())
        self._size = 0
        self._start = 0
        self._n_taken = 0
        self._recent: deque[tuple[Path, int, int]] = deque(maxlen=_RECENT)
        self._resume_at: dict[Path, int] = {}
        self._failed: set[Path] = set()

    @property
    def exhausted(self) -> bool:
        """Never: another file may come."""
        return False

    @property
    def counters(self) -> dict[str, int]:
        """Frames received, damaged files left out, and files that were gone before their turn."""
        return {
            "received": self.received,
            "rejected": self.rejected,
            "missing": self._watch.vanished,
        }

    @property
    def in_flight(self) -> int:
        """Most frames that a stop still takes from disk; the rest stays there."""
        return _MAX_IN_FLIGHT

    def receive(self, timeout_s: float, max_frames: int) -> list[Arrival]:
        """Return the frames at hand, waiting at most `timeout_s` seconds for the first.

        At most `max_frames` are returned, and fewer if they are large.
        """
        deadline = time.monotonic() + timeout_s
        if timeout_s == 0 and not self._files:
            self._next_look = deadline  # who does not wait asks what there is now
        arrivals: list[Arrival] = []
        n_bytes = 0
        while len(arrivals) < max_frames and n_bytes < BATCH_BYTES:
            frame = self._next_frame()
            if frame is not None:
                arrivals.append(Arrival(frame, time.time()))
                n_bytes += frame.pixels.nbytes
            elif arrivals or not self._look(deadline):
                break
        self.received += len(arrivals)
        return arrivals

    def close(self) -> None:
        """Let go of the file that is being read, and say what was left on disk."""
        self._frames = iter(())
        if n_left := len(self._files) + self._watch.n_waiting:
            _log.warning("%d of the files in %s were not taken.", n_left, self.address)
        self._files.clear()

    def _look(self, deadline: float) -> bool:
        """Wait until it is time to look for files, and do; say False if `deadline` is before."""
        time.sleep(max(0.0, min(self._next_look, deadline) - time.monotonic()))
        if self._next_look > deadline:
            return False
        self._put_grown_back()
        found = [file for file in self._watch.look() if not self._is_done(file)]
        self._files += found
        # Where there were files, there are more of them as soon as these are read.
        self._next_look = time.monotonic() + (0 if found else self._poll_s)
        return True

    def _is_done(self, file: Path) -> bool:
        return self._taken is not None and file in self._taken and file not in self._resume_at

    def _next_frame(self) -> Frame | None:
        """Return the next frame of the files that are whole, or None if there is none."""
        while self._file is not None or self._files:
            file = self._file or self._open(self._files.popleft())
            try:
                frame = next(self._frames, None)
            except UserError as error:
                self._refused(file, error)
            else:
                if frame is not None:
                    self._n_taken += 1
                    return frame
                self._recent.append((file, self._size, self._n_taken))
                if self._taken is not None:
                    self._taken.add(file)
            self._file = None
        return None

    def _open(self, file: Path) -> Path:
        self._file = file
        self._size = _size(file)
        self._start = self._n_taken = self._resume_at.pop(file, 0)
        self._frames = frames_of(file, self._overrides, file_times=True, start=self._start)
        return file

    def _refused(self, file: Path, error: UserError) -> None:
        """Have the rest of a file read later if it may come then, and else leave it out."""
        if isinstance(error.__cause__, OSError) and file not in self._failed:
            _log.warning("%s It is tried again.", error)
            self._failed.add(file)
            self._read_on_later(file, self._n_taken)
        elif self._may_be_growing(file):
            _log.debug("%s It is tried again.", error)
            self._read_on_later(file, self._n_taken)
        else:
            _log.warning("Left out: %s", error)
            self.rejected += 1

    def _may_be_growing(self, file: Path) -> bool:
        # A damaged file comes to an end of this: it gives no more frames, and grows no more.
        return self._n_taken > self._start or _size(file) > self._size or not is_whole(file)

    def _read_on_later(self, file: Path, n_taken: int) -> None:
        self._resume_at[file] = n_taken
        self._watch.put_back(file)

    def _put_grown_back(self) -> None:
        """Have the stacks read on that have grown since they were read."""
        for entry in list(self._recent):
            file, size, n_taken = entry
            if _size(file) > size:
                self._recent.remove(entry)
                self._read_on_later(file, n_taken)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
