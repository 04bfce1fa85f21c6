"""The conditions of an evaluation: what an image is like, and what the engine is told of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from scipy import ndimage

from ...inference.condition import ImagingCondition
from ...stream.frame import FrameMetadata
from ..learning.noise import stretched, with_gaussian_noise
from ..lorentz.camera import Camera, expose

NOISE_PERCENT = (0.0, 10.0, 20.0, 50.0, 100.0)
DOSES = (10.0, 30.0, 100.0, 300.0, 1000.0)
DEFOCUS_FACTORS = tuple(0.5 + 0.125 * step for step in range(9))
TILT_STEPS_DEG = tuple(-10 + 2.5 * step for step in range(9))
TOLD_DEFOCUS_ERRORS_PERCENT = (-10.0, 0.0, 10.0)
USUAL_NOISE_PERCENT = 10.0

BLURS_PX = (0.0, 1.0, 2.0, 3.0, 4.5, 6.0)

MTF_HALF_FREQUENCY = 0.3
READOUT_NOISE_ELECTRONS = 1.0


class Setting(NamedTuple):
    """Defocus in nm, negative is underfocus, tilt in degrees, and blur before the camera.

    The blur is the standard deviation of a Gaussian, in pixels; an engine that is told None
    does not know it.
    """

    defocus_nm: float
    tilt_deg: float
    blur_px: float | None = 0.0

    @classmethod
    def of(cls, condition: ImagingCondition) -> Setting:
        """Return the nominal setting of an engine, sharp."""
        return cls(condition.defocus_nm, condition.tilt_deg)


@dataclass(frozen=True)
class Condition:
    """One condition of an evaluation, with noise either of the paper's kind or of a dose.

    Attributes
    ----------
    true, told
        How the image is made, and what the engine is told.
    noise_percent
        Standard deviation of Gaussian noise over the mean of the image stretched to [0, 1].
    electrons_per_pixel
        Mean dose of a camera with an MTF of one half at 0.3 cycles a pixel and a readout noise of
        one electron.
    """

    true: Setting
    told: Setting
    noise_percent: float | None = None
    electrons_per_pixel: float | None = None

    def __post_init__(self) -> None:
        if (self.noise_percent is None) == (self.electrons_per_pixel is None):
            raise ValueError("a condition has either noise or a dose")

    @property
    def name(self) -> str:
        """All of it in one line; no other condition has the same name."""
        if self.electrons_per_pixel is None:
            noise = f"{self.noise_percent:g} % noise"
        else:
            noise = f"{self.electrons_per_pixel:g} electrons"
        return f"{noise}, {_in_words(self.true)}, told {_in_words(self.told)}"

    @property
    def columns(self) -> dict[str, str | float]:
        """The condition as columns of a table."""
        return {
            "condition": self.name,
            "noise_percent": or_nan(self.noise_percent),
            "electrons_per_pixel": or_nan(self.electrons_per_pixel),
            "defocus_nm": self.true.defocus_nm,
            "tilt_deg": self.true.tilt_deg,
            "told_defocus_nm": self.told.defocus_nm,
            "told_tilt_deg": self.told.tilt_deg,
            "blur_px": or_nan(self.true.blur_px),
            "told_blur_px": or_nan(self.told.blur_px),
        }

    def frame(self, clean: np.ndarray, seed: tuple[int, int]) -> np.ndarray:
        """Return an image (ny, nx), relative to the incident beam, with this blur and noise.

        `seed` names the series and the film; each level of noise has numbers of its own.
        """
        if self.true.blur_px:
            clean = ndimage.gaussian_filter(clean, self.true.blur_px, mode="wrap")
        if self.electrons_per_pixel is None:
            percent = self.noise_percent or 0.0
            rng = np.random.default_rng([*seed, round(percent * 10)])
            return with_gaussian_noise(stretched(clean), percent, rng).astype(np.float32)
        camera = self._camera(self.electrons_per_pixel)
        rng = np.random.default_rng([*seed, round(self.electrons_per_pixel), 1])
        intensity = torch.from_numpy(np.ascontiguousarray(clean, np.float32))[None]
        # without drift the pixels' size is of no account
        return expose(intensity, camera, 1.0, [int(rng.integers(2**31))])[0].numpy()

    @staticmethod
    def _camera(electrons_per_pixel: float) -> Camera:
        return Camera(
            electrons_per_pixel=electrons_per_pixel,
            mtf_half_frequency=MTF_HALF_FREQUENCY,
            readout_noise_electrons=READOUT_NOISE_ELECTRONS,
        )

    def metadata(self, pixel_size_nm: float, voltage_kv: float) -> FrameMetadata:
        """Return what the engine is told of an image of a film."""
        blur_px = self.told.blur_px
        if blur_px is not None and self.electrons_per_pixel is not None:
            camera = self._camera(self.electrons_per_pixel)
            blur_px = math.hypot(blur_px, camera.blur_px(pixel_size_nm))
        return FrameMetadata(
            pixel_size_nm=pixel_size_nm,
            defocus_nm=self.told.defocus_nm,
            tilt_x_deg=self.told.tilt_deg,
            blur_px=blur_px,
            voltage_kv=voltage_kv,
            geometry="sample",
        )


def _in_words(setting: Setting) -> str:
    blur = "unknown blur" if setting.blur_px is None else f"blur {setting.blur_px:g} px"
    return f"{_mm(setting):g} mm {setting.tilt_deg:g} deg {blur}"


def or_nan(value: float | None) -> float:
    """Return the value as a number, which None is not."""
    return float("nan") if value is None else value


def _mm(setting: Setting) -> float:
    return round(setting.defocus_nm * 1e-6, 6)


@dataclass(frozen=True)
class Axis:
    """Conditions that differ in one quantity.

    Attributes
    ----------
    name
        Short, for files.
    title
        The quantity with its unit.
    points
        The condition at each of its values, in their order.
    """

    name: str
    title: str
    points: dict[float, Condition]


def evaluation_axes(nominal: Setting) -> dict[str, Axis]:
    """Return the axes that an engine is evaluated along, by name.

    Those of the paper's figures 3(f), (i) and (l), the latter two once told the true setting and
    once, as in the paper, the nominal one: for a nominal -2 mm and 20 degrees, -1 to -3 mm and 10
    to 30 degrees. Besides, the dose, a defocus that is told wrong, and the blur, told and unknown.
    """
    defocus_nm, tilt_deg, _ = nominal

    def noisy(true: Setting, told: Setting) -> Condition:
        return Condition(true, told, noise_percent=USUAL_NOISE_PERCENT)

    defocuses = [nominal._replace(defocus_nm=factor * defocus_nm) for factor in DEFOCUS_FACTORS]
    blurs = {blur: nominal._replace(blur_px=blur) for blur in BLURS_PX}
    tilts = [nominal._replace(tilt_deg=t) for t in (tilt_deg + s for s in TILT_STEPS_DEG) if t >= 0]
    axes = [
        Axis(
            "noise",
            "Gaussian noise (% of mean intensity)",
            {p: Condition(nominal, nominal, noise_percent=p) for p in NOISE_PERCENT},
        ),
        Axis(
            "dose",
            "dose (electrons per pixel)",
            {d: Condition(nominal, nominal, electrons_per_pixel=d) for d in DOSES},
        ),
        Axis("defocus", "defocus (mm)", {_mm(s): noisy(s, s) for s in defocuses}),
        Axis(
            "defocus-not-told",
            "defocus (mm), the engine is told the nominal one",
            {_mm(s): noisy(s, nominal) for s in defocuses},
        ),
        Axis("tilt", "tilt (degrees)", {s.tilt_deg: noisy(s, s) for s in tilts}),
        Axis(
            "tilt-not-told",
            "tilt (degrees), the engine is told the nominal one",
            {s.tilt_deg: noisy(s, nominal) for s in tilts},
        ),
        Axis(
            "blur",
            "blur (pixels)",
            {blur: noisy(s, s) for blur, s in blurs.items()},
        ),
        Axis(
            "blur-not-told",
            "blur (pixels), unknown to the engine",
            {blur: noisy(s, s._replace(blur_px=None)) for blur, s in blurs.items()},
        ),
        Axis(
            "told-defocus",
            "error of the defocus that the engine is told (%)",
            {
                error: noisy(nominal, nominal._replace(defocus_nm=defocus_nm * (1 + error / 100)))
                for error in TOLD_DEFOCUS_ERRORS_PERCENT
            },
        ),
    ]
    return {axis.name: axis for axis in axes}


def all_conditions(axes: Iterable[Axis]) -> list[Condition]:
    """Return the conditions of some axes, each once."""
    return list(dict.fromkeys(c for axis in axes for c in axis.points.values()))
