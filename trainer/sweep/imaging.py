"""A sweep as a camera sees it: Lorentz images in the camera's geometry, and places in them."""

from __future__ import annotations

import math

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from scipy import ndimage

from ..lorentz.camera import Camera, expose
from ..lorentz.fresnel import lorentz_image
from ..lorentz.microscope import Microscope


class Imaging(BaseModel):
    """How the frames of a sweep are taken; the tilt axis lies along the rows of pixels.

    Without a `camera`, images are ideal: the intensity relative to the incident beam.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    microscope: Microscope = Microscope()
    defocus_nm: float = Field(default=-2e6, description="negative is underfocus")
    tilt_deg: float = Field(default=20.0, gt=-90, lt=90, description="about x, the rows")
    pixel_size_nm: float | None = Field(
        default=None, gt=0, description="of the camera; by default a cell of the film"
    )
    camera: Camera | None = None


class View:
    """The map between a film and its frames; one period of the film fills a frame.

    The frame shows rows foreshortened by cos(tilt) and is cut to whole pixels. A pixel's and a
    cell's centre have whole numbers, and the film's upper left corner is the frame's. A film that
    ends in vacuum is shown as if it repeated.

    Attributes
    ----------
    shape
        (height, width) of a frame in pixels.
    pixel_size_nm
        Of the camera.
    """

    def __init__(self, imaging: Imaging, film_shape: tuple[int, int], cell_size_nm: float) -> None:
        self.pixel_size_nm = imaging.pixel_size_nm or cell_size_nm
        self._cos = math.cos(math.radians(imaging.tilt_deg))
        per_cell = cell_size_nm / self.pixel_size_nm
        self._pixels_per_cell = np.array([per_cell * self._cos, per_cell])
        # a hair more than the product: 256 cells of 3 nm are 256 pixels of 3 nm
        height, width = np.floor(np.array(film_shape) * self._pixels_per_cell + 1e-6).astype(int)
        self.shape = int(height), int(width)

    def image(self, film_image: np.ndarray) -> np.ndarray:
        """Return the frame that shows `film_image`, periodic and one value a cell."""
        rows, columns = (
            (np.arange(pixels) + 0.5) / scale - 0.5
            for pixels, scale in zip(self.shape, self._pixels_per_cell, strict=True)
        )
        return ndimage.map_coordinates(
            film_image, np.meshgrid(rows, columns, indexing="ij"), mode="grid-wrap"
        )

    def pixels(self, cells: np.ndarray) -> np.ndarray:
        """Return places y, x in the film, shape (..., 2) in cells, as pixels of the frame."""
        return (cells + 0.5) * self._pixels_per_cell - 0.5

    def sample_nm(self, pixels: np.ndarray) -> np.ndarray:
        """Return places y, x in the frame as nm in the sample, foreshortening undone."""
        return pixels * self.pixel_size_nm / np.array([self._cos, 1.0])


def take_frame(
    imaging: Imaging,
    view: View,
    magnetisation: torch.Tensor,
    cell_size_nm: float,
    thickness_nm: float,
    seed: int,
) -> np.ndarray:
    """Return a frame of a film with M in A/m, shape (1, 3, ny, nx).

    uint16, electrons rounded, or float32 where there is no camera.
    """
    image = lorentz_image(
        magnetisation,
        cell_size_nm,
        thickness_nm,
        imaging.microscope,
        imaging.defocus_nm,
        imaging.tilt_deg,
    )
    intensity = view.image(image[0].double().cpu().numpy())
    if imaging.camera is None:
        return intensity.astype(np.float32)
    frame = expose(torch.from_numpy(intensity)[None], imaging.camera, view.pixel_size_nm, [seed])
    return frame[0].round().clamp(0, np.iinfo(np.uint16).max).numpy().astype(np.uint16)
