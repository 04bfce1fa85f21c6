"""napari's writer: any stack of frames, with its labels if there are any, as a movie."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...inference.movie import RATE_HZ, draw_frame, write_movie
from ...stream.errors import UserError
from ..units import in_nm


def write_layers(path: str, layer_data: list[tuple[Any, dict[str, Any], str]]) -> list[str]:
    """Write an image layer (t, y, x) and at most one labels layer as MP4; for npe2.

    The scale bar is drawn where the layer has a unit of length.

    Raises
    ------
    UserError
        If the image is no stack of grey frames, the labels are of another size, or the file cannot
        be written.
    """
    image, options = next((data, options) for data, options, kind in layer_data if kind == "image")
    labels = next((data for data, _, kind in layer_data if kind == "labels"), None)
    if options.get("rgb") or getattr(image, "ndim", 0) not in (2, 3):
        raise UserError("A movie is made of one image layer of grey frames, with axes t, y, x.")
    if labels is not None and (labels.ndim < 2 or labels.shape[-2:] != image.shape[-2:]):
        raise UserError(
            "The labels are not of the size of the frames, so no movie is made of them."
        )
    write_movie(Path(path), _pictures(image, labels, pixel_size_nm(options)), rate_hz=RATE_HZ)
    return [path]


def pixel_size_nm(options: dict[str, Any]) -> float | None:
    """Return the size of a pixel of a layer in nm, None where it has no length or is not square."""
    scale, units = options.get("scale"), options.get("units")
    if scale is None or units is None:
        return None
    y, x = (str(unit) for unit in tuple(units)[-2:])
    nm = in_nm(x)
    if x != y or nm is None or not np.isclose(scale[-1], scale[-2]):
        return None
    return float(scale[-1]) * nm


def _pictures(image: Any, labels: Any, size_nm: float | None) -> Iterator[np.ndarray]:
    n_frames = 1 if image.ndim == 2 else len(image)
    for index in range(n_frames):
        pixels = image if image.ndim == 2 else image[index]
        shown = labels
        if labels is not None and labels.ndim == 3:
            shown = labels[min(index, len(labels) - 1)]
        yield draw_frame(np.asarray(pixels), shown, None, size_nm)
