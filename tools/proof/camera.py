"""The noise of the camera model against dose times MTF squared."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from skyrmlive.trainer.lorentz.camera import Camera, expose
from skyrmlive.trainer.lorentz.detector import lorentzian_mtf

from .drawing import BLUE, GREEN, VERMILION, new_figure, save
from .evidence import Evidence, Verdict, table

SIDE, FRAMES, MTF_HALF = 256, 100, 0.2
RINGS = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7)  # cycles per pixel
LIMIT = 0.01
CAMERAS = {
    "4 e/px": Camera(electrons_per_pixel=4, mtf_half_frequency=MTF_HALF),
    "400 e/px": Camera(electrons_per_pixel=400, mtf_half_frequency=MTF_HALF),
    "40 e/px, readout 3 e": Camera(
        electrons_per_pixel=40, mtf_half_frequency=MTF_HALF, readout_noise_electrons=3
    ),
}


class NoisePower(NamedTuple):
    """Mean noise power of each ring, per pixel in electrons squared: seen and expected."""

    seen: np.ndarray
    expected: np.ndarray

    @property
    def deviations(self) -> np.ndarray:
        """Relative, one a ring."""
        return np.abs(self.seen / self.expected - 1)


def prove(pictures: Path) -> Evidence:
    """Expose flat frames and take their noise power spectrum."""
    powers = {name: noise_power(camera) for name, camera in CAMERAS.items()}
    rings = [f"{low:g} to {high:g}" for low, high in itertools.pairwise(RINGS)]
    rows = [
        (ring, *(f"{each.seen[i] / each.expected[i]:.4f}" for each in powers.values()))
        for i, ring in enumerate(rings)
    ]
    _draw(pictures / "camera.png")
    worst = max(float(each.deviations.max()) for each in powers.values())
    return Evidence(
        {"camera": table(("frequency (cycles/px)", *CAMERAS), rows)},
        [Verdict("noise power of a flat frame against dose x MTF^2, any ring", worst, LIMIT)],
    )


def noise_power(camera: Camera, edges: Sequence[float] = RINGS) -> NoisePower:
    """Return the noise power of flat frames, and dose x MTF^2 with the readout's variance.

    Means over rings of frequency with these edges, in cycles per pixel.
    """
    flat = torch.ones(FRAMES, SIDE, SIDE, dtype=torch.float64)
    frames = expose(flat, camera, 3.0, range(FRAMES))
    spectrum = torch.fft.rfft2(frames - frames.mean(dim=0)).abs().square()
    seen = spectrum.sum(dim=0) / (FRAMES - 1) / SIDE**2
    mtf = lorentzian_mtf((SIDE, SIDE), MTF_HALF, frames)
    expected = camera.electrons_per_pixel * mtf**2 + camera.readout_noise_electrons**2
    q = torch.hypot(torch.fft.rfftfreq(SIDE), torch.fft.fftfreq(SIDE)[:, None])
    rings = [(q >= low) & (q < high) for low, high in itertools.pairwise(edges)]
    return NoisePower(
        *(np.array([float(p[ring].mean()) for ring in rings]) for p in (seen, expected))
    )


def _draw(path: Path) -> None:
    figure = new_figure(3.6, 8.0)
    axes = figure.subplots()
    edges = np.linspace(0.0, 0.7, 36)
    q = (edges[1:] + edges[:-1]) / 2
    for (name, camera), colour, marker in zip(
        CAMERAS.items(), (BLUE, VERMILION, GREEN), ("o", "x", "s"), strict=True
    ):
        power, dose = noise_power(camera, edges.tolist()), camera.electrons_per_pixel
        axes.semilogy(q, power.expected / dose, color=colour, lw=1)
        axes.semilogy(q, power.seen / dose, marker, color=colour, mfc="none", label=name)
    axes.plot([], [], color="gray", label="expected")
    axes.set_xlabel("frequency (cycles per pixel)")
    axes.set_ylabel("noise power / dose")
    axes.set_title("noise power spectrum of a flat frame")
    axes.legend()
    save(figure, path)
