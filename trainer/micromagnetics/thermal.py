"""Landau-Lifshitz-Gilbert dynamics with thermal agitation.

Every cell feels a random field beside its effective field (Brown, Phys. Rev. 130, 1677, 1963), in
one time step

    B_th = eta sqrt(2 alpha kB T / (Ms gamma V dt)),

eta standard normal in each component, drawn anew for every cell and step (Leliaert et al., AIP
Advances 7, 125010, 2017). Heun's scheme converges to the Stratonovich solution, which is the one
that has the Boltzmann distribution as its equilibrium (Garcia-Palacios and Lazaro, Phys. Rev. B 58,
14937, 1998).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from .effective_field import EffectiveField
from .llg import GYROMAGNETIC_RATIO, per_film, turning
from .unit_vectors import normalised

BOLTZMANN = 1.380649e-23
"""kB in J/K."""


def longest_step_s(
    field: EffectiveField, damping: float | torch.Tensor, temperature_k: float | torch.Tensor
) -> torch.Tensor:
    """Return the longest time step that leaves the equilibrium nearly unbiased.

    The noise may turn a spin by 0.1 rad in a step, which adds about 0.001 to the mean of free
    moments (0.2 rad: 0.004, 0.4 rad: 0.012). The phase x of the fastest spin wave, at 8 times the
    coupling of two cells, may advance by 0.5 rad, or less at a low damping: Heun's scheme amplifies
    a wave by x^4 / 8 in a step, which must stay well below the loss alpha x.

    Returns
    -------
    float64 tensor of shape (batch,), in seconds.
    """
    films = field.films
    like = films.saturation_magnetisation
    alpha, kelvin = (per_film(each, like).double().flatten() for each in (damping, temperature_k))
    moment = like.double() * films.cell_volume_m3
    least = torch.where(moment > 0, moment, torch.inf).amin(dim=(1, 2))
    diffusion = 2 * GYROMAGNETIC_RATIO * BOLTZMANN * alpha * kelvin / least
    phase = ((0.4 * alpha) ** (1 / 3)).clamp(max=0.5)
    turning_rate = 8 * GYROMAGNETIC_RATIO * field.stiffness_t.double()
    return torch.minimum(0.1**2 / diffusion, phase / turning_rate)


class ThermalLLG:
    """Magnetisation of a batch of films at finite temperature, in fixed time steps.

    The material is taken as it stands: a caller who wants Ms(T) puts it into the films.

    Parameters
    ----------
    field, m, damping
        As for `llg.LLG`; the damping must be positive, for the agitation comes through it.
    temperature_k
        One number or one a film, shape (batch,).
    seeds
        One integer a film: its noise does not depend on what else is in the batch.
    step_s
        As `longest_step_s` says or shorter.

    Attributes
    ----------
    m
        Unit vectors, shape (batch, 3, ny, nx), at `time_s`.
    time_s
        Time since the start in seconds.

    Raises
    ------
    ValueError
        If a temperature is negative or there is not one seed a film.
    """

    def __init__(
        self,
        field: EffectiveField,
        m: torch.Tensor,
        damping: float | torch.Tensor,
        temperature_k: float | torch.Tensor,
        seeds: Sequence[int],
        step_s: float,
    ) -> None:
        if len(seeds) != len(m):
            raise ValueError(f"{len(seeds)} seeds for {len(m)} films: each film needs one.")
        temperature = per_film(temperature_k, m)
        if bool((temperature < 0).any()):
            raise ValueError(f"A temperature of {float(temperature.min()):g} K is negative.")
        self.field = field
        self.m = m.clone()
        self.time_s = 0.0
        self._damping = per_film(damping, m)
        self._step_s = step_s
        moment = (field.films.saturation_magnetisation * field.films.cell_volume_m3)[:, None]
        # in float64: the numbers under the root span more than float32 does
        variance = (2 * BOLTZMANN / (GYROMAGNETIC_RATIO * step_s)) * (
            self._damping.double() * temperature.double() / moment.double()
        )
        self._noise_t = torch.where(moment > 0, torch.sqrt(variance), 0.0).to(m.dtype)
        self._generators = [torch.Generator(device=m.device).manual_seed(seed) for seed in seeds]

    def advance(self, steps: int) -> None:
        """Take `steps` steps."""
        h = GYROMAGNETIC_RATIO * self._step_s
        for _ in range(steps):
            random = torch.stack([self._normal(generator) for generator in self._generators])
            random *= self._noise_t
            first = turning(self.m, self.field.field(self.m) + random, self._damping)
            ahead = self.m + h * first
            second = turning(ahead, self.field.field(ahead) + random, self._damping)
            m = self.m.add(first, alpha=h / 2).add_(second, alpha=h / 2)
            self.m = normalised(m)
        self.time_s += steps * self._step_s

    def _normal(self, generator: torch.Generator) -> torch.Tensor:
        like = self.m
        return torch.randn(
            like.shape[1:], generator=generator, dtype=like.dtype, device=like.device
        )
