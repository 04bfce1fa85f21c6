"""Electrostatic phase of a film whose thickness varies."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from .beam import PerImage, per_image
from .microscope import Microscope
from .random_fields import smooth_fields


def electrostatic_phase(
    thickness_nm: torch.Tensor,
    mean_inner_potential_v: float,
    microscope: Microscope,
    tilt_deg: PerImage = 0.0,
) -> torch.Tensor:
    """Return the phase C_E V t / cos(tilt) of the mean inner potential, to add to the magnetic one.

    The path through the film is taken as that through a plate of the local thickness, so the
    thickness must vary little over t tan(tilt).

    Parameters
    ----------
    thickness_nm
        Shape (batch, ny, nx).
    mean_inner_potential_v
        Volts; positive for solids.

    Returns
    -------
    Phase in radians, shape (batch, ny, nx), in the sample's geometry.
    """
    path_nm = thickness_nm / torch.cos(torch.deg2rad(per_image(tilt_deg, thickness_nm)))
    phase = microscope.interaction_constant_per_v_nm * mean_inner_potential_v * path_nm
    return phase.to(thickness_nm)


def uneven_thickness(
    shape: tuple[int, int],
    cell_size_nm: float,
    thickness_nm: float,
    variation_nm: float,
    correlation_length_nm: float,
    seeds: Sequence[int],
    like: torch.Tensor,
) -> torch.Tensor:
    """Return smooth random thickness maps, periodic, whose contours an image shows as a nuisance.

    The magnetic phase keeps its uniform thickness: the two are independent here, as they nearly are
    when the unevenness is that of a cap or a support.

    Parameters
    ----------
    thickness_nm, variation_nm
        Mean and standard deviation of each map; it is cut off at 0.
    correlation_length_nm
        Of the Gaussian random field; no more than the film's shorter side.

    Returns
    -------
    Shape (len(seeds), ny, nx), in the precision and on the device of `like`.
    """
    fields = smooth_fields(shape, correlation_length_nm / cell_size_nm, seeds, "thickness", like)
    return (thickness_nm + variation_nm * fields).clamp(min=0.0)
