from __future__ import annotations

import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skyrmlive.stream.arrival import Arrival
from skyrmlive.stream.backlog import Backlog
from skyrmlive.stream.frame import Frame


def never() -> bool:
    return False


def arrival() -> Arrival:
    """A frame of 64 bytes."""
    return Arrival(Frame(np.zeros((8, 8), np.uint8)), 0.0)


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 6))
def test_the_newest_goes_first_and_none_is_forgotten(puts, room):
    """Whatever the order of putting (True) and taking."""
    backlog = Backlog(room * 64, on_disk=lambda index: True)
    put, taken = 0, []
    for is_put in [*puts, *[False] * len(puts)]:
        if is_put:
            backlog.put(put, arrival(), never)
            put += 1
            continue
        waiting = backlog.take(0)
        left = set(range(put)) - {index for index, _ in taken}
        if waiting is None:
            assert not left
            continue
        live = [index for index, overtaken in taken if not overtaken]
        if max(left) > max(live, default=-1):
            assert (waiting.index, waiting.overtaken) == (max(left), False)
        else:
            assert (waiting.index, waiting.overtaken) == (min(left), True)
        taken.append((waiting.index, waiting.overtaken))
    assert sorted(index for index, _ in taken) == list(range(put))


def test_the_oldest_pixels_leave_the_memory_first():
    backlog = Backlog(3 * 64, on_disk=lambda index: True)
    for index in range(5):
        backlog.put(index, arrival(), never)
    held = [waiting.frame is not None for waiting in (backlog.take(0) for _ in range(5))]
    # taken: 4, then 0, 1, 2, 3
    assert held == [True, False, False, True, True]


def test_one_frame_always_fits():
    backlog = Backlog(1, on_disk=lambda index: True)
    for index in range(2):
        backlog.put(index, arrival(), never)
    newest, oldest = backlog.take(0), backlog.take(0)
    assert newest is not None
    assert newest.frame is not None
    assert oldest is not None
    assert oldest.frame is None


def test_in_order_means_in_order():
    backlog = Backlog(10**6, on_disk=lambda index: False, in_order=True)
    for index in range(4):
        backlog.put(index, arrival(), never)
    taken = [backlog.take(0) for _ in range(4)]
    assert [(w.index, w.overtaken) for w in taken if w] == [(i, False) for i in range(4)]


def test_without_a_disk_the_next_frame_waits_for_room():
    backlog = Backlog(64, on_disk=lambda index: False)
    backlog.put(0, arrival(), never)
    putting = threading.Thread(target=backlog.put, args=(1, arrival(), never))
    putting.start()
    putting.join(0.3)
    assert putting.is_alive()
    assert len(backlog) == 1
    assert backlog.take(0) is not None
    putting.join(60)
    assert len(backlog) == 1


def test_a_stop_ends_that_waiting():
    backlog = Backlog(64, on_disk=lambda index: False)
    backlog.put(0, arrival(), never)
    backlog.put(1, arrival(), lambda: True)
    assert len(backlog) == 2
