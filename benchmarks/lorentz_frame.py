"""A camera's frame of a settled Neel lattice, any size, with a density that is asked for."""

from __future__ import annotations

import numpy as np
import torch

from skyrmlive.inference.condition import ImagingCondition
from skyrmlive.stream.frame import Frame, FrameMetadata
from skyrmlive.trainer.lorentz.fresnel import lorentz_image
from skyrmlive.trainer.lorentz.microscope import Microscope
from skyrmlive.trainer.micromagnetics.start_states import placed_skyrmions, spread_points

PER_MEGAPIXEL = 1500 / 2.048**2
FILM_CELLS = 512
RADIUS_NM, WALL_NM = 17.0, 12.0
SATURATION_MAGNETISATION, THICKNESS_NM = 225e3, 27.5
ELECTRONS_PER_PIXEL = 400.0


def lorentz_frame(side: int, condition: ImagingCondition) -> Frame:
    """Return a frame of side x side pixels in the engine's geometry and condition, uint16.

    One periodic film is repeated; each pixel of the whole counts its own electrons.
    """
    cell_nm = condition.pixel_size_nm
    shape = (FILM_CELLS, FILM_CELLS)
    rng = np.random.default_rng(0)
    count = round(PER_MEGAPIXEL * FILM_CELLS**2 / 1e6)
    centres = spread_points(count, shape, rng, rounds=200)
    m = placed_skyrmions(shape, centres, RADIUS_NM / cell_nm, WALL_NM / cell_nm)
    microscope = Microscope(
        voltage_kv=condition.voltage_kv,
        spherical_aberration_nm=condition.spherical_aberration_nm,
        beam_convergence_rad=condition.beam_convergence_rad,
        defocus_spread_nm=condition.defocus_spread_nm,
    )
    image = lorentz_image(
        torch.from_numpy(m * SATURATION_MAGNETISATION)[None],
        cell_nm,
        THICKNESS_NM,
        microscope,
        condition.defocus_nm,
        condition.tilt_deg,
    )[0].numpy()
    repeats = -(-side // FILM_CELLS)
    clean = np.tile(image, (repeats, repeats))[:side, :side]
    counts = rng.poisson(ELECTRONS_PER_PIXEL * clean).astype(np.uint16)
    metadata = FrameMetadata(
        pixel_size_nm=cell_nm,
        tilt_x_deg=condition.tilt_deg,
        defocus_nm=condition.defocus_nm,
        voltage_kv=condition.voltage_kv,
        geometry="sample",
    )
    return Frame(counts, metadata)
