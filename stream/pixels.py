"""Arrays from files and cameras, brought into the pixel types that a frame may have."""

from __future__ import annotations

import logging

import numpy as np

from .errors import UserError
from .frame import ALLOWED_DTYPES, MAX_SIDE

_log = logging.getLogger(__name__)
#: ITU-R BT.601 luma, the weights OpenCV and Pillow use.
_LUMA = np.array([0.299, 0.587, 0.114])
_WIDER = {"bool": "uint8", "int8": "int16", "float16": "float32"}


def as_frame_pixels(image: np.ndarray, name: str) -> np.ndarray:
    """Return `image` as native, C-contiguous pixels of one of `ALLOWED_DTYPES`.

    Parameters
    ----------
    image
        Shape (height, width), or (height, width, 3 or 4) for colours, which are turned to grey.
    name
        What to call it in messages.

    Raises
    ------
    UserError
        If it is empty, too large, or of a type that cannot be held without loss.
    """
    if image.ndim == 3 and image.shape[2] in (3, 4):
        _log.warning("%s is a colour image: using its brightness.", name)
        grey = image[..., :3] @ _LUMA
        image = (grey if image.dtype.kind == "f" else np.rint(grey)).astype(image.dtype)
    if image.ndim != 2:
        raise UserError(f"{name} is not a grey image: its shape is {image.shape}.")
    if not (min(image.shape) > 0 and max(image.shape) <= MAX_SIDE):
        height, width = image.shape
        raise UserError(f"{name}: {height} x {width} pixels is outside 1 to {MAX_SIDE}.")
    return np.ascontiguousarray(image, dtype=_lossless_dtype(image, name))


def _lossless_dtype(image: np.ndarray, name: str) -> str:
    kind = image.dtype.name
    if kind in ALLOWED_DTYPES:
        return kind
    if kind in _WIDER:
        return _WIDER[kind]
    if kind in ("int64", "uint64"):
        low, high = int(image.min()), int(image.max())
        for narrower in ("int32", "uint32"):
            if np.iinfo(narrower).min <= low and high <= np.iinfo(narrower).max:
                return narrower
        if max(-low, high) <= 2**53:
            return "float64"
    raise UserError(f"{name}: pixels of type {kind} cannot be used.")
