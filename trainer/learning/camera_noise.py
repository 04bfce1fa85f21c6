"""Cameras and exposures drawn at random: noise by the dose, as a detector gives it."""

from __future__ import annotations

import math

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field

from ..dataset.film_recipe import Interval, PositiveInterval
from ..lorentz.camera import Camera, expose


class CameraRanges(BaseModel):
    """Ranges that the camera of a training image is drawn from; see `lorentz.camera.Camera`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    electrons_per_pixel: PositiveInterval = Field(
        default=(10.0, 5000.0), description="drawn evenly on a logarithmic scale"
    )
    mtf_half_frequency: PositiveInterval = (0.15, 0.6)
    readout_noise_electrons: Interval = (0.0, 3.0)
    gain_variation: Interval = (0.0, 0.02)
    hot_pixel_share: Interval = (0.0, 1e-4)
    illumination_variation: Interval = (0.0, 0.15)
    drift_nm: Interval = Field(default=(0.0, 9.0), description="in any direction")

    def draw(self, rng: np.random.Generator) -> Camera:
        """Return one camera and its exposure."""
        electrons = math.exp(rng.uniform(*np.log(self.electrons_per_pixel)))
        drift_nm, direction = rng.uniform(*self.drift_nm), rng.uniform(0, 2 * math.pi)
        return Camera(
            electrons_per_pixel=electrons,
            mtf_half_frequency=rng.uniform(*self.mtf_half_frequency),
            readout_noise_electrons=rng.uniform(*self.readout_noise_electrons),
            gain_variation=rng.uniform(*self.gain_variation),
            hot_pixel_share=rng.uniform(*self.hot_pixel_share),
            hot_pixel_electrons=20 * electrons,
            illumination_variation=rng.uniform(*self.illumination_variation),
            drift_nm=(drift_nm * math.cos(direction), drift_nm * math.sin(direction)),
            pattern_seed=int(rng.integers(2**31)),
        )

    def degrade(
        self, image: np.ndarray, pixel_size_nm: float, rng: np.random.Generator
    ) -> tuple[np.ndarray, float]:
        """Return the frame of an image (height, width) relative to the incident beam, float32.

        And the standard deviation of its blur in pixels.
        """
        seed, camera = int(rng.integers(2**31)), self.draw(rng)
        intensity = torch.from_numpy(np.ascontiguousarray(image, np.float32))[None]
        frame = expose(intensity, camera, pixel_size_nm, [seed])[0].numpy()
        return frame, camera.blur_px(pixel_size_nm)
