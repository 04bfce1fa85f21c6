"""DECTRIS detectors as a source of frames: the Stream V2 interface."""

from .listener import DectrisListener

__all__ = ["DectrisListener"]
