"""napari's File > Open Sample: the simulated field sweep, without any network."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..stream.demo_sweep import FILMS, camera_frame
from ..stream.files import NumberedFrames
from .layer_frames import IMAGE_METADATA
from .layers import contrast_limits
from .recordings.lazy_images import LazyImages


def field_sweep() -> list[tuple[Any, dict[str, Any], str]]:
    """Return the sweep as one lazy image layer; `skyrmlive.track_layer` follows its skyrmions.

    Frames are made when they are looked at, each with electrons of its own, always the same.
    """
    films = NumberedFrames([FILMS])

    def frame(number: int) -> np.ndarray:
        rng = np.random.default_rng((0, number))
        return camera_frame(films.frame(number), number, rng).pixels

    first = camera_frame(films.frame(0), 0, np.random.default_rng((0, 0)))
    known = first.metadata.model_dump(
        include={"pixel_size_nm", "defocus_nm", "tilt_x_deg", "tilt_y_deg", "tilt_axis_deg"}
        | {"voltage_kv"}
    )
    size_nm = first.metadata.pixel_size_nm or 1.0
    options = {
        "name": "field sweep",
        "colormap": "gray",
        "contrast_limits": contrast_limits(first.pixels),
        "scale": (1.0, size_nm, size_nm),
        "units": ("pixel", "nm", "nm"),
        "metadata": {IMAGE_METADATA: known},
    }
    images = LazyImages(len(films), first.shape, first.pixels.dtype, frame)
    return [(images, options, "image")]
