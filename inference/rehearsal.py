"""An engine tried out on a frame drawn for it, to see that it works and how fast."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from ..stream.frame import Frame, FrameMetadata
from .analyser import SkyrmionAnalyser
from .condition import ImagingCondition
from .engine import Engine
from .weak_phase import WeakPhaseImage

SKYRMIONS_PER_PIXEL = 1500 / 2048**2
_CORE_DIAMETER_NM = 34.0
_NOISE = 0.1
"""Standard deviation over that of the image."""


@dataclass(frozen=True)
class Rehearsal:
    """How an engine did.

    Attributes
    ----------
    n_drawn, n_found
        Skyrmions in the frame, and in the table.
    first_ms
        Time of the first frame, for which everything is compiled.
    latency_ms
        Median of the others by stage, `total` among them.
    """

    n_drawn: int
    n_found: int
    first_ms: float
    latency_ms: dict[str, float]


def rehearse(engine: Engine, side: int = 2048, repeats: int = 5) -> Rehearsal:
    """Return how an engine does on frames of side x side pixels, from array to table and labels."""
    frame, n_drawn = lattice_frame(engine.condition, side)
    analyser = SkyrmionAnalyser(engine)
    results = [analyser.analyse(frame, index, 0.0).summary for index in range(1 + repeats)]
    others = results[1:] or results
    return Rehearsal(
        n_drawn,
        results[-1].n_skyrmions,
        results[0].latency_ms["total"],
        {
            stage: float(np.median([result.latency_ms[stage] for result in others]))
            for stage in results[0].latency_ms
        },
    )


def lattice_frame(condition: ImagingCondition, side: int) -> tuple[Frame, int]:
    """Return a frame of a slightly disordered lattice as dense as 1500 in 2048 x 2048.

    The image of cores by `WeakPhaseImage`, with noise, in the engine's geometry; a picture for
    tests and timing, not a simulation.

    Returns
    -------
    frame
        uint16 of side x side pixels.
    count
        Number of skyrmions.
    """
    spacing = math.sqrt(2 / (math.sqrt(3) * SKYRMIONS_PER_PIXEL))
    rows, columns = np.mgrid[: side / (spacing * math.sqrt(3) / 2), : side / spacing]
    rng = np.random.default_rng(0)
    x = (columns + rows % 2 / 2 + 0.25) * spacing + rng.normal(0, 2, columns.shape)
    y = (rows + 0.5) * spacing * math.sqrt(3) / 2 + rng.normal(0, 2, rows.shape)
    radius = _CORE_DIAMETER_NM / 2 / condition.pixel_size_nm
    cores = np.zeros((side, side), np.float32)
    inside = (x > radius) & (y > radius) & (x < side - radius) & (y < side - radius)
    for centre in np.rint(np.stack([x[inside], y[inside]], axis=1)).astype(int):
        cv2.circle(cores, tuple(map(int, centre)), round(radius), 1.0, cv2.FILLED)
    image = WeakPhaseImage(condition, (side, side)).render(cores)
    image /= image.std()
    counts = 2000 * (1 + 0.05 * (image + rng.normal(0, _NOISE, image.shape)))
    frame = Frame(np.rint(counts).astype(np.uint16), nominal_metadata(condition))
    return frame, int(np.count_nonzero(inside))


def nominal_metadata(condition: ImagingCondition) -> FrameMetadata:
    """Return what a frame tells that is in an engine's geometry and condition."""
    return FrameMetadata(
        pixel_size_nm=condition.pixel_size_nm,
        tilt_x_deg=condition.tilt_deg,
        defocus_nm=condition.defocus_nm,
        voltage_kv=condition.voltage_kv,
        geometry="sample",
    )
