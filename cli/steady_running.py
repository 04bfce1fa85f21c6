"""Runs without pauses: neither the garbage collector's nor the kernel's."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
"""Of glibc's `mallopt`."""


@contextmanager
def without_pauses() -> Iterator[None]:
    """Keep the collector from looking through all that was loaded before, again and again.

    Every few dozen frames it would, for a tenth of a second. What a run makes is collected as ever.
    And keep what a frame has freed for the next one, see `keep_freed_memory`.
    """
    keep_freed_memory()
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def keep_freed_memory() -> bool:
    """Have the memory of large arrays used again, and say whether that could be had.

    Arrays over 32 MB, those of frames of 4096 x 4096, go back to the kernel as they are freed, and
    the next frame waits until it has cleared as many pages: a sixth of its processor time. For the
    rest of the process; only glibc, that is Linux, is asked.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    return bool(mallopt(_M_MMAP_MAX, 0) and mallopt(_M_TRIM_THRESHOLD, 2**31 - 1))
