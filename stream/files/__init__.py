"""Image files as a source of frames."""

from .folder import FolderSource
from .numbered import NumberedFrames
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
    "NumberedFrames",
    "PacedFiles",
    "TakenFiles",
    "frames_of",
    "read_frames",
]
