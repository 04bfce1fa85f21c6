"""The frames of a recording as the frames that the operator can step through."""

from __future__ import annotations

from collections.abc import Callable

from ..recent import RecentSnapshots
from ..snapshot import Snapshot


class RecordedPlayback(RecentSnapshots):
    """As `RecentSnapshots`, over all frames of a recording, none of which it holds.

    Parameters
    ----------
    n_frames
        Number of frames.
    go_to
        Called with the number of the frame that is sought.
    """

    def __init__(self, n_frames: int, go_to: Callable[[int], None]) -> None:
        super().__init__()
        self._n_frames, self._go_to = n_frames, go_to
        self.frame = 0

    def __len__(self) -> int:
        return self._n_frames

    @property
    def held(self) -> Snapshot | None:
        """None: a recording is never live, so that nothing has to be held."""
        return None

    @property
    def position(self) -> int:
        """Number of the frame on the screen."""
        return self.frame

    def add(self, snapshot: Snapshot) -> None:
        """Do nothing: everything is on the disk."""

    def hold(self) -> None:
        """Do nothing."""

    def seek(self, position: int) -> None:
        """Go to frame number `position`, or the nearest end."""
        self._go_to(min(max(position, 0), self._n_frames - 1))
