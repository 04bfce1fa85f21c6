"""Turns images of DigitalMicrograph into messages, without a line of DigitalMicrograph's own."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from nonblocking_push import NonblockingPush

#: Pixel types that skyrmlive takes.
DTYPES = ("uint8", "uint16", "uint32", "int16", "int32", "float32", "float64")
_UNIT_NM = {"nm": 1.0, "um": 1e3, "\u00b5m": 1e3, "\u03bcm": 1e3, "mm": 1e6, "\u00c5": 0.1}
_VOLTAGE_TAG = "Microscope Info:Voltage"
_REPORT_EVERY_S = 10.0
#: What send_live_view.py has running: this module outlives the script, and a second run finds it.
listener: Any = None


def pixel_size_nm(x: tuple, y: tuple) -> float | None:
    """Return the size of a pixel in nm; None if it is not calibrated, or pixels are not square.

    Parameters
    ----------
    x, y
        What ``GetDimensionCalibration`` says of either axis: origin, scale and unit. The unit may
        come as bytes.
    """
    (_, x_scale, x_unit), (_, y_scale, y_unit) = x, y
    unit_nm = _UNIT_NM.get(_text(x_unit))
    if unit_nm is None or _text(y_unit) != _text(x_unit):
        return None
    size = abs(x_scale) * unit_nm
    square = math.isclose(abs(x_scale), abs(y_scale), rel_tol=1e-4)
    return size if square and math.isfinite(size) and size > 0 else None


def voltage_kv(tags) -> float | None:
    """Return the acceleration voltage from an image's tags; None if it is not there."""
    found, volts = tags.GetTagAsFloat(_VOLTAGE_TAG)
    kilovolts = volts * 1e-3
    return kilovolts if found and 0 < kilovolts < math.inf else None


def frame_header(pixels: np.ndarray, **metadata) -> bytes:
    """Return the JSON header of a frame; what is None is left out."""
    header = {"dtype": pixels.dtype.name, "shape": list(pixels.shape)}
    header.update((key, value) for key, value in metadata.items() if value is not None)
    return json.dumps(header, allow_nan=False).encode()


class LiveViewSender:
    """Offers each image of the live view to the receiver, and never waits for it.

    Every image gets the next number, whether it is sent or not: the receiver counts the gaps.

    Parameters
    ----------
    push
        Socket to the receiver.
    clock
        Returns Unix seconds.

    Attributes
    ----------
    offered, refused
        Number of images seen so far, and of those whose pixels cannot be sent at all.
    """

    def __init__(self, push: NonblockingPush, clock: Callable[[], float] = time.time) -> None:
        self.offered = 0
        self.refused = 0
        self._push = push
        self._clock = clock
        self._reported_at = -math.inf
        self._why_refused = ""

    def offer(self, image) -> bool:
        """Send `image` if the receiver takes it now, and return whether it does.

        The pixels are copied before this returns: the array is the live view's own memory.

        Parameters
        ----------
        image
            A ``Py_Image`` of DigitalMicrograph.
        """
        timestamp = self._clock()
        seq = self.offered
        self.offered += 1
        pixels = image.GetNumArray()
        if pixels.ndim != 2 or pixels.dtype.name not in DTYPES:
            self.refused += 1
            self._why_refused = f"{pixels.ndim} dimensions of {pixels.dtype.name}"
            return False
        header = frame_header(
            pixels,
            seq=seq,
            timestamp=timestamp,
            pixel_size_nm=pixel_size_nm(
                image.GetDimensionCalibration(0, 0), image.GetDimensionCalibration(1, 0)
            ),
            voltage_kv=voltage_kv(image.GetTagGroup()),
            source=f"DigitalMicrograph {image.GetName()}",
        )
        little_endian = pixels.dtype.newbyteorder("<")
        return self._push.send(header, np.ascontiguousarray(pixels, little_endian))

    def report(self) -> str | None:
        """Return one line on what was sent and dropped, every ten seconds; otherwise None."""
        now = self._clock()
        if now - self._reported_at < _REPORT_EVERY_S:
            return None
        self._reported_at = now
        text = f"skyrmlive: {self._push.sent} frames sent, {self._push.dropped} dropped"
        if self.refused:
            text += f", {self.refused} refused ({self._why_refused})"
        return text + "."

    def close(self) -> None:
        """Close the socket."""
        self._push.close()


def _text(unit: object) -> str:
    return unit.decode("latin-1") if isinstance(unit, bytes) else str(unit)
