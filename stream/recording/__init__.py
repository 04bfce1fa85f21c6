"""A run on disk: an OME-Zarr image with labels, the metadata of its frames, and the results."""

from .check import check
from .reader import Recording
from .recorder import Recorder
from .repair import repair
from .run import RunRecorder
from .settling import settle
from .switched import SwitchedRecorder

__all__ = [
    "Recorder",
    "Recording",
    "RunRecorder",
    "SwitchedRecorder",
    "check",
    "repair",
    "settle",
]
