"""Parts of the camera model: what blurs a frame, and what is the same in all frames."""

from __future__ import annotations

import torch

from .random_fields import random_stream


def lorentzian_mtf(
    shape: tuple[int, int], half_frequency: float, like: torch.Tensor
) -> torch.Tensor:
    """Return the MTF 1 / (1 + (q / q_half)^2), of pixels and scintillator together.

    Grob et al. (Ultramicroscopy 133, 1, 2013) fit it to the shot noise of scintillator and direct
    cameras.

    Parameters
    ----------
    half_frequency
        Cycles per pixel at which the MTF is 1/2.

    Returns
    -------
    Half spectrum, shape (ny, nx // 2 + 1).
    """
    qx, qy = _frequencies(shape, 1.0, like)
    return (1 / (1 + (qx**2 + qy**2) / half_frequency**2)).to(like)


def drift_transfer(
    shape: tuple[int, int],
    pixel_size_nm: float,
    drift_nm: tuple[float, float],
    like: torch.Tensor,
) -> torch.Tensor:
    """Return the half spectrum, shape (ny, nx // 2 + 1), of a steady drift (x, y) by `drift_nm`.

    The mean over the way is sinc(q . d), about the place at mid-exposure.
    """
    qx, qy = _frequencies(shape, pixel_size_nm, like)
    return torch.sinc(qx * drift_nm[0] + qy * drift_nm[1]).to(like)


def filtered(image: torch.Tensor, transfer: torch.Tensor) -> torch.Tensor:
    """Return an image (ny, nx), periodic, after a transfer of half spectrum."""
    ny, nx = image.shape
    return torch.fft.irfft2(torch.fft.rfft2(image) * transfer, s=(ny, nx))


def gain_map(
    shape: tuple[int, int], variation: float, seed: int, like: torch.Tensor
) -> torch.Tensor:
    """Return the pixels' gain, normally distributed about 1, shape (ny, nx)."""
    stream = random_stream(seed, "gain", like.device)
    return 1 + variation * torch.randn(
        shape, generator=stream, dtype=like.dtype, device=like.device
    )


def hot_pixel_map(
    shape: tuple[int, int], share: float, mean_electrons: float, seed: int, like: torch.Tensor
) -> torch.Tensor:
    """Return the dark signal of the hot pixels in electrons, elsewhere 0, shape (ny, nx).

    Each pixel is hot with the probability `share`; the signals are exponentially distributed.
    """
    stream = random_stream(seed, "hot pixels", like.device)
    options = {"generator": stream, "dtype": like.dtype, "device": like.device}
    is_hot = torch.rand(shape, **options) < share
    # 1 - [0, 1) is never 0
    signal = -mean_electrons * torch.log(1 - torch.rand(shape, **options))
    return torch.where(is_hot, signal, 0.0)


def illumination_map(
    shape: tuple[int, int], variation: float, seed: int, like: torch.Tensor
) -> torch.Tensor:
    """Return the relative beam intensity, mean 1, shape (ny, nx): a random gradient and its bend.

    A random sum of the five slowest cosines of the frame, up to one period a side, with the
    relative standard deviation `variation`; not periodic. It is cut off at 0.
    """
    ny, nx = shape
    stream = random_stream(seed, "illumination", torch.device("cpu"))
    options = {"dtype": torch.float64, "device": like.device}
    x = torch.pi * (torch.arange(nx, **options) + 0.5) / nx
    y = torch.pi * (torch.arange(ny, **options)[:, None] + 0.5) / ny
    orders = ((1, 0), (0, 1), (1, 1), (2, 0), (0, 2))
    weights = torch.randn(len(orders), generator=stream, dtype=torch.float64).tolist()
    waves = [
        w * torch.cos(b * y) * torch.cos(a * x) for w, (a, b) in zip(weights, orders, strict=True)
    ]
    field = torch.stack(waves).sum(dim=0)
    field = field / field.square().mean().sqrt()
    return (1 + variation * field).clamp(min=0.0).to(like)


def _frequencies(
    shape: tuple[int, int], pixel_size: float, like: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return qx (nx // 2 + 1,) and qy (ny, 1) in cycles per unit of the pixel size, float64."""
    ny, nx = shape
    options = {"dtype": torch.float64, "device": like.device}
    return (
        torch.fft.rfftfreq(nx, pixel_size, **options),
        torch.fft.fftfreq(ny, pixel_size, **options)[:, None],
    )
