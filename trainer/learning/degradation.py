"""What stands between an ideal image and what a network is shown."""

from __future__ import annotations

import math

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy import ndimage

from ..dataset.film_recipe import Interval
from .camera_noise import CameraRanges
from .noise import slow_background
from .published_noise import PublishedNoise


class Degradation(BaseModel):
    """One of two kinds of noise, a slow background, and what people do to noisy frames.

    A share of the images is degraded as the authors did it, the others as a camera does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    published_share: float = Field(ge=0, le=1)
    published: PublishedNoise
    camera: CameraRanges = CameraRanges()
    background_share: float = Field(default=0.4, ge=0, le=1)
    background_amplitude: Interval = Field(
        default=(0.0, 0.5), description="over the standard deviation of the clean image"
    )
    smoothing_share: float = Field(default=0.1, ge=0, le=1)
    smoothing_pixels: Interval = (0.5, 2.5)

    def degrade(
        self, image: np.ndarray, pixel_size_nm: float, rng: np.random.Generator
    ) -> tuple[np.ndarray, float]:
        """Return an ideal image (height, width) as it might have reached us, float32.

        And the standard deviation of all that has blurred it, in pixels.
        """
        if rng.uniform() < self.background_share:
            amplitude = rng.uniform(*self.background_amplitude) * float(image.std())
            image = image + np.float32(amplitude) * slow_background(image.shape, rng)
        if rng.uniform() < self.published_share:
            image, blur_px = self.published.degrade(image, rng)
        else:
            image, blur_px = self.camera.degrade(image, pixel_size_nm, rng)
        if rng.uniform() < self.smoothing_share:
            sigma = rng.uniform(*self.smoothing_pixels)
            image = ndimage.gaussian_filter(image, sigma, mode="nearest")
            blur_px = math.hypot(blur_px, sigma)
        return image, blur_px
