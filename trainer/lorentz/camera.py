"""What a camera makes of an ideal image: electrons, their spread in the detector, and its faults.

The order is that of the physics. The film drifts during the exposure; an uneven beam lights it;
electrons arrive one by one (Poisson); each spreads over the pixels in the scintillator, so that the
MTF shapes the signal and the shot noise alike and a flat frame has the noise power dose * MTF^2;
the pixels' gain differs; the readout adds white noise, and hot pixels add their dark signal.

That every electron gives the same signal is this model's simplification: in a real scintillator
they vary, which adds noise.

A frame's pixels are the image's. A film in the sample's geometry is thus seen by pixels stretched
by 1 / cos(tilt) across the tilt axis. Drift and MTF work in Fourier space, periodic as the films.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from pydantic import BaseModel, ConfigDict, Field

from .detector import (
    drift_transfer,
    filtered,
    gain_map,
    hot_pixel_map,
    illumination_map,
    lorentzian_mtf,
)
from .random_fields import random_stream


class Camera(BaseModel):
    """A camera and its exposure. By default it counts every electron where it falls.

    Signals are in units of one electron's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    electrons_per_pixel: float = Field(gt=0, description="mean dose of a frame")
    mtf_half_frequency: float | None = Field(
        default=None, gt=0, description="cycles per pixel at which the MTF is 1/2; None: no spread"
    )
    readout_noise_electrons: float = Field(default=0.0, ge=0, description="standard deviation")
    gain_variation: float = Field(
        default=0.0, ge=0, lt=1, description="relative standard deviation of the pixels' gain"
    )
    hot_pixel_share: float = Field(default=0.0, ge=0, le=1)
    hot_pixel_electrons: float = Field(
        default=0.0, ge=0, description="mean dark signal of a hot pixel, exponentially distributed"
    )
    illumination_variation: float = Field(
        default=0.0, ge=0, lt=1, description="relative standard deviation of the beam over a frame"
    )
    drift_nm: tuple[float, float] = Field(
        default=(0.0, 0.0), description="way of the film during the exposure, x and y"
    )
    pattern_seed: int = Field(
        default=0, ge=0, description="of gain, hot pixels and illumination: the same in all frames"
    )

    def blur_px(self, pixel_size_nm: float) -> float:
        """Return the standard deviation in pixels of the Gaussian that blurs long waves as much.

        To second order in q the MTF 1 / (1 + (q / q_half)^2) is that of a Gaussian of
        1 / (sqrt(2) pi q_half). A steady drift by d has the variance d^2 / 12 along its way, half
        of that in the mean over directions.
        """
        detector = 0.0
        if self.mtf_half_frequency is not None:
            detector = 1 / (math.sqrt(2) * math.pi * self.mtf_half_frequency)
        return math.hypot(detector, math.hypot(*self.drift_nm) / pixel_size_nm / math.sqrt(24))


def electrons_per_pixel(
    electrons_per_nm2: float, pixel_size_nm: float, tilt_deg: float = 0.0
) -> float:
    """Return the dose of a pixel of the sample's geometry for a dose across the beam.

    The sample's pixel, tilted, fills cos(tilt) of its area across the beam.
    """
    return electrons_per_nm2 * pixel_size_nm**2 * math.cos(math.radians(tilt_deg))


def expose(
    intensity: torch.Tensor,
    cameras: Camera | Sequence[Camera],
    pixel_size_nm: float,
    seeds: Sequence[int],
) -> torch.Tensor:
    """Return one frame of each image.

    Parameters
    ----------
    intensity
        Relative to the incident beam, shape (batch, ny, nx).
    cameras
        One for all images, or one for each.
    pixel_size_nm
        Of image and frame; only the drift is measured by it.
    seeds
        One for each image, not negative. Image, camera and seed settle a frame, whatever the batch
        (on one kind of device).

    Returns
    -------
    Signal in electrons, shape and precision of `intensity`.

    Raises
    ------
    ValueError
        Cameras or seeds are not as many as images.
    """
    batch, ny, nx = intensity.shape
    each = [cameras] * batch if isinstance(cameras, Camera) else list(cameras)
    if len(each) != batch or len(seeds) != batch:
        raise ValueError(f"{len(each)} cameras and {len(seeds)} seeds for {batch} images")
    images_of: dict[Camera, list[int]] = {}
    for number, camera in enumerate(each):
        images_of.setdefault(camera, []).append(number)
    frames = torch.empty_like(intensity)
    for camera, numbers in images_of.items():
        exposure = _Exposure.of(camera, (ny, nx), pixel_size_nm, intensity)
        # One by one: they stay in the processor's cache, and no rounding depends on the batch.
        for number in numbers:
            frames[number] = exposure.frame(intensity[number], seeds[number])
    return frames


@dataclass(frozen=True)
class _Exposure:
    """What a camera does to every image of one shape."""

    camera: Camera
    drift: torch.Tensor | None
    mtf: torch.Tensor | None
    beam: torch.Tensor
    gain: torch.Tensor
    dark_signal: torch.Tensor

    @classmethod
    def of(
        cls, camera: Camera, shape: tuple[int, int], pixel_size_nm: float, like: torch.Tensor
    ) -> _Exposure:
        half_frequency, seed = camera.mtf_half_frequency, camera.pattern_seed
        is_steady = camera.drift_nm == (0.0, 0.0)
        return cls(
            camera,
            None if is_steady else drift_transfer(shape, pixel_size_nm, camera.drift_nm, like),
            None if half_frequency is None else lorentzian_mtf(shape, half_frequency, like),
            camera.electrons_per_pixel
            * illumination_map(shape, camera.illumination_variation, seed, like),
            gain_map(shape, camera.gain_variation, seed, like),
            hot_pixel_map(shape, camera.hot_pixel_share, camera.hot_pixel_electrons, seed, like),
        )

    def frame(self, intensity: torch.Tensor, seed: int) -> torch.Tensor:
        """Return the frame of one image, shape (ny, nx)."""
        if self.drift is not None:
            intensity = filtered(intensity, self.drift)
        # a drift may undershoot 0 beside a sharp edge
        rate = (self.beam * intensity).clamp(min=0.0)
        signal = torch.poisson(rate, random_stream(seed, "electrons", rate.device))
        if self.mtf is not None:
            signal = filtered(signal, self.mtf)
        readout = torch.randn(
            rate.shape,
            generator=random_stream(seed, "readout", rate.device),
            dtype=rate.dtype,
            device=rate.device,
        )
        noise = self.camera.readout_noise_electrons * readout
        return self.gain * signal + noise + self.dark_signal
