"""DECTRIS detectors as a source of frames: the Stream V2 interface."""
