"""Image files as a source of frames."""

from .folder import FolderSource
from .paced import PacedFiles
from .readers import SUFFIXES, read_frames
from .source import FilesSource, frames_of
from .taken import TakenFiles
from .watch import FolderWatch

__all__ = [
    "SUFFIXES",
    "FilesSource",
    "FolderSource",
    "FolderWatch",
    "PacedFiles",
    "TakenFiles",
    "frames_of",
    "read_frames",
]
