"""Seeded randomness: independent streams, and smooth periodic fields drawn from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch


def random_stream(seed: int, purpose: str, device: torch.device) -> torch.Generator:
    """Return the generator of one purpose of one seed; streams of different purposes differ.

    A seed for each image, instead of one stream for a batch, gives an image the same noise in
    every batch.
    """
    entropy = np.random.SeedSequence([seed, *purpose.encode()])
    state = int(entropy.generate_state(1, np.uint64)[0])
    return torch.Generator(device).manual_seed(state)


def smooth_fields(
    shape: tuple[int, int],
    correlation_length_px: float,
    seeds: Sequence[int],
    purpose: str,
    like: torch.Tensor,
) -> torch.Tensor:
    """Return Gaussian random fields, periodic, each of mean 0 and standard deviation 1.

    Their autocorrelation is exp(-r^2 / (2 L^2)) with L the correlation length, less the mean.

    Returns
    -------
    Shape (len(seeds), ny, nx), in the precision and on the device of `like`.

    Raises
    ------
    ValueError
        The correlation length exceeds the shorter side: nothing of such a field is periodic.
    """
    ny, nx = shape
    if not 0 < correlation_length_px <= min(shape):
        raise ValueError(
            f"a correlation length of {correlation_length_px:g} px does not fit {ny}x{nx} px"
        )
    qx = torch.fft.rfftfreq(nx, dtype=torch.float64, device=like.device)
    qy = torch.fft.fftfreq(ny, dtype=torch.float64, device=like.device)[:, None]
    # the root of the power spectrum exp(-k^2 L^2 / 2)
    weight = torch.exp(-((np.pi * correlation_length_px) ** 2) * (qx**2 + qy**2))
    weight[0, 0] = 0.0
    white = torch.stack(
        [
            torch.randn(
                shape,
                generator=random_stream(seed, purpose, like.device),
                dtype=torch.float64,
                device=like.device,
            )
            for seed in seeds
        ]
    )
    fields = torch.fft.irfft2(torch.fft.rfft2(white) * weight, s=shape)
    return (fields / fields.square().mean(dim=(1, 2), keepdim=True).sqrt()).to(like)
