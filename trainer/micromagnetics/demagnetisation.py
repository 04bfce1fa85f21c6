"""Demagnetising field of a film one cell thick and periodic in the plane."""

from __future__ import annotations

import torch

from .material import MU0, FilmBatch


class Demagnetisation:
    """Field averaged over the thickness, exact for each Fourier component.

    A wave M(k) that is uniform through the thickness t has, averaged over the thickness,

        H_z = -f(kt) M_z,   H_xy = -(1 - f(kt)) k (k . M) / k^2,   f(s) = (1 - exp(-s)) / s,

    so that an infinite uniform film has H_z = -M_z (Bruno, Phys. Rev. B 39, 865, 1989). Nothing is
    truncated: the film repeats for ever.
    """

    def __init__(self, films: FilmBatch) -> None:
        _, ny, nx = films.shape
        like = films.saturation_magnetisation
        cell = films.cell_size_nm
        # the half spectrum of a real image; angular wave numbers in 1/nm
        kx = 2 * torch.pi * torch.fft.rfftfreq(nx, cell, dtype=torch.float64)
        ky = 2 * torch.pi * torch.fft.fftfreq(ny, cell, dtype=torch.float64)[:, None]
        # a Nyquist component has no direction of its own: as a gradient it vanishes
        kx_odd, ky_odd = kx.clone(), ky.clone()
        if nx % 2 == 0:
            kx_odd[-1] = 0.0
        if ny % 2 == 0:
            ky_odd[ny // 2] = 0.0
        k = torch.sqrt(kx**2 + ky**2)
        kt = k * films.thickness_nm
        surface = torch.where(kt > 0, -torch.expm1(-kt) / kt.clamp(min=1e-30), 1.0)
        volume = (1 - surface) / (k**2).clamp(min=1e-30)
        self._surface = (MU0 * surface).to(like)
        self._kx = kx_odd.expand_as(k).to(like)
        self._ky = ky_odd.expand_as(k).to(like)
        self._volume = (MU0 * volume).to(like)
        self._size = (ny, nx)

    def field(self, magnetisation: torch.Tensor) -> torch.Tensor:
        """Return B = mu0 H in tesla.

        Parameters
        ----------
        magnetisation
            M = Ms m in A/m, shape (batch, 3, ny, nx), components x, y, z.
        """
        spectrum = torch.fft.rfft2(magnetisation)
        charge = self._volume * (spectrum[:, 0] * self._kx + spectrum[:, 1] * self._ky)
        spectrum = torch.stack(
            (-self._kx * charge, -self._ky * charge, -self._surface * spectrum[:, 2]), dim=1
        )
        return torch.fft.irfft2(spectrum, s=self._size)
