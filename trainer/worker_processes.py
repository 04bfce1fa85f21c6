"""Pools of worker processes of one thread each, that end with the process that asked for them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

import cv2
import torch

from ..stream.errors import UserError


@contextmanager
def worker_pool(
    workers: int, start: Callable[..., None], *arguments: Any, hint: str
) -> Iterator[ProcessPoolExecutor]:
    """Give a pool of processes, each of which calls `start` first; end it without waiting for more.

    Parameters
    ----------
    start
        A function of a module; it and its arguments are picklable.
    hint
        What is to be said if a worker is killed: what is kept, what may help.

    Raises
    ------
    UserError
        A worker was killed.
    """
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _start_worker, (start, *arguments))
    try:
        yield pool
    except BrokenProcessPool:
        raise UserError(f"A worker was killed, perhaps for want of memory; {hint}.") from None
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker(start: Callable[..., None], *arguments: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    start(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
