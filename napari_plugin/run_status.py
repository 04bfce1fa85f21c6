"""The state of a run in words, from what `serve` says about itself every second."""

from __future__ import annotations

from ..stream.status import RunStatus
from .words import bytes_in_words

_STATES = {
    "waiting": "waiting for frames",
    "live": "live",
    "behind": "live, older frames wait",
    "catching up": "catching up",
    "settling": "putting the results in order",
    "disk full": "waiting for space on the disk",
    "ended": "the run has ended",
}
_LITTLE_SPACE = 5e9


def run_details(status: RunStatus) -> list[str]:
    """Return what the operator should know at any time, one item each."""
    counters = status.counters
    details = [_STATES[status.state]]
    # A run that says nothing of it is an older one, or records from its first frame to its last.
    told = "recording_to" in status.model_fields_set
    if counters.get("recorded") or ("recorded" in counters and not told):
        details.append(f"{counters['recorded']} frames recorded")
    if "recorded" not in counters or (told and status.recording_to is None):
        details.append("not recording")
    if counters.get("waiting"):
        details.append(f"{counters['waiting']} to catch up")
    if counters.get("caught_up"):
        details.append(f"{counters['caught_up']} caught up")
    for name, words in (("rejected", "rejected"), ("missing", "missing"), ("failed", "failed")):
        if counters.get(name):
            details.append(f"{counters[name]} {words}")
    if status.disk_free_bytes is not None:
        details.append(f"{bytes_in_words(status.disk_free_bytes)} of disk left")
    return details


def run_warnings(status: RunStatus) -> list[str]:
    """Return what should make the operator act, one sentence each."""
    if status.state == "disk full":
        return ["The disk is full: frames wait until there is space. Nothing is lost so far."]
    if status.disk_free_bytes is not None and status.disk_free_bytes < _LITTLE_SPACE:
        return [f"Only {bytes_in_words(status.disk_free_bytes)} of disk are left."]
    return []
