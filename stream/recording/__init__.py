"""A run on disk: an OME-Zarr image with labels, the metadata of its frames, and the results."""

from .check import check
from .reader import Recording
from .repair import repair
from .run import RunRecorder
from .settling import settle

__all__ = ["Recording", "RunRecorder", "check", "repair", "settle"]
