"""Image files as a source of frames."""

from .source import SUFFIXES, FilesSource, read_frames
from .watch import watch

__all__ = ["SUFFIXES", "FilesSource", "read_frames", "watch"]
