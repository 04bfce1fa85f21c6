"""What a recording holds of the frames that a camera sent."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from camera import window

from skyrmlive.stream.recording import Recording


def acknowledged(recording: Path) -> list[int]:
    """Return the numbers, given by the camera, of the frames whose lines in the index are whole."""
    index = recording / "frames.jsonl"
    if not index.exists():
        return []
    lines = index.read_bytes().split(b"\n")[:-1]  # what follows the last end of line is torn
    return [json.loads(line)["metadata"]["seq"] for line in lines]


def altered(recording: Path, image: np.ndarray) -> int:
    """Return how many acknowledged frames do not read back as they were sent, bit for bit."""
    numbers = acknowledged(recording)
    if not numbers:
        return 0
    reader = Recording(recording)
    same = [
        np.array_equal(reader.frame(place).pixels, window(image, number))
        and reader.metadata(place).seq == number
        for place, number in enumerate(numbers)
    ]
    return len(numbers) - sum(same)


def lost(recording: Path, image: np.ndarray, sent: range) -> int:
    """Return how many of the frames sent are not in a recording, once and as they were sent."""
    numbers = acknowledged(recording)
    twice = len(numbers) - len(set(numbers))
    return len(set(sent) - set(numbers)) + twice + altered(recording, image)
