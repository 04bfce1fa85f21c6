"""A camera's frame of a settled Neel lattice, any size, with a density that is asked for."""

from __future__ import annotations

import numpy as np
import torch

from skyrmlive.inference.condition import ImagingCondition
from skyrmlive.inference.rehearsal import SKYRMIONS_PER_PIXEL, nominal_metadata
from skyrmlive.stream.frame import Frame
from skyrmlive.trainer.lorentz.fresnel import lorentz_image
from skyrmlive.trainer.lorentz.microscope import Microscope
from skyrmlive.trainer.micromagnetics.start_states import placed_skyrmions, spread_points

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
    count = round(SKYRMIONS_PER_PIXEL * FILM_CELLS**2)
    centres = spread_points(count, shape, rng, rounds=200)
    m = placed_skyrmions(shape, centres, RADIUS_NM / cell_nm, WALL_NM / cell_nm)
    image = lorentz_image(
        torch.from_numpy(m * SATURATION_MAGNETISATION)[None],
        cell_nm,
        THICKNESS_NM,
        Microscope.of(condition),
        condition.defocus_nm,
        condition.tilt_deg,
    )[0].numpy()
    repeats = -(-side // FILM_CELLS)
    clean = np.tile(image, (repeats, repeats))[:side, :side]
    counts = rng.poisson(ELECTRONS_PER_PIXEL * clean).astype(np.uint16)
    return Frame(counts, nominal_metadata(condition))
