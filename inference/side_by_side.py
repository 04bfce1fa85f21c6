"""Work that goes on beside the caller's, on the computer's other cores."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class _Helpers:
    """Threads that outlive the frames; a forked process makes its own."""

    pool: ThreadPoolExecutor | None = None

    @classmethod
    def forget(cls) -> None:
        cls.pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Helpers.forget)


def beside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Start `work`; the future's `result()` has what it returns or raises.

    For work that leaves the interpreter alone for most of its time, as numpy's and OpenCV's on
    whole images. It may not start such work itself and wait for it: there is one helper.
    """
    if _Helpers.pool is None:
        _Helpers.pool = ThreadPoolExecutor(1, thread_name_prefix="beside")
    return _Helpers.pool.submit(work, *args, **kwargs)
