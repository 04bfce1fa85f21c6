"""The frames of the last seconds, to stop at one and to step back."""

from __future__ import annotations

from collections import deque

from .snapshot import Snapshot


class RecentSnapshots:
    """A ring of snapshots within a number of bytes, of which one may be held.

    While one is held nothing is dropped, so that the operator can step through what they stopped
    at; newer frames are then kept only while there is room.

    Parameters
    ----------
    limit_bytes
        Bytes of all snapshots together.
    """

    def __init__(self, limit_bytes: int = 512 * 2**20) -> None:
        self._limit_bytes = limit_bytes
        self._snapshots: deque[Snapshot] = deque()
        self._bytes = 0
        self._held: Snapshot | None = None

    def __len__(self) -> int:
        return len(self._snapshots)

    @property
    def nbytes(self) -> int:
        """Bytes of the snapshots in the ring."""
        return self._bytes

    @property
    def held(self) -> Snapshot | None:
        """The snapshot that is held, None while the picture is live."""
        return self._held

    @property
    def position(self) -> int:
        """Place of the held snapshot in the ring, of the last one while live; -1 when empty."""
        for position, snapshot in enumerate(self._snapshots):
            if snapshot is self._held:
                return position
        return len(self._snapshots) - 1

    def clear(self) -> None:
        """Forget all snapshots and be live."""
        self._snapshots.clear()
        self._bytes = 0
        self._held = None

    def add(self, snapshot: Snapshot) -> None:
        """Keep `snapshot` as the newest; the oldest make room for it unless one is held."""
        size = snapshot.nbytes
        if self._held is not None and self._bytes + size > self._limit_bytes:
            return
        self._snapshots.append(snapshot)
        self._bytes += size
        while self._bytes > self._limit_bytes and len(self._snapshots) > 1:
            self._bytes -= self._snapshots.popleft().nbytes

    def hold(self) -> None:
        """Hold the newest snapshot, if there is one and none is held."""
        if self._held is None and self._snapshots:
            self._held = self._snapshots[-1]

    def live(self) -> None:
        """Hold none."""
        self._held = None

    def seek(self, position: int) -> None:
        """Hold the snapshot at `position`, or the nearest end of the ring."""
        if self._snapshots:
            self._held = self._snapshots[min(max(position, 0), len(self._snapshots) - 1)]

    def until_held(self, count: int) -> list[Snapshot]:
        """Return the held snapshot and those before it, `count` at most, oldest first."""
        end = self.position + 1
        return [self._snapshots[i] for i in range(max(0, end - count), end)]
