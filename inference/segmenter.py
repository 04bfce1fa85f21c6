"""One image becomes a label image and a table, without memory of other images."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..stream.errors import UserError
from ..stream.frame import FrameMetadata
from .backends.backend import NetworkOutput
from .condition_check import condition_warnings, contrast_is_inverted, optics_are_inside
from .credible import credible
from .density import skyrmions_in_view
from .doubts import doubts_about
from .engine import Engine
from .familiarity import mean_confidence
from .frame_diameter import FrameDiameter, frame_diameter
from .frame_parts import FrameParts
from .geometry import Geometry, geometry_for
from .instances import CORE_THRESHOLD, find_instances, smallest_core_px
from .lattice import lattice_order
from .measure import measure
from .normalise import (
    masked_areas,
    normalise,
    replace_non_finite,
    saturated_fraction,
    without_masked,
)
from .other_optics import OpticsSeen, optics_seen
from .probability_map import ProbabilityMap
from .side_by_side import beside
from .size_map import SizeMap
from .tiling import infer_in_parts
from .told import optics_of, told

_MANY_SATURATED = 0.001


@dataclass(frozen=True)
class Segmentation:
    """What was found in one image.

    Attributes
    ----------
    labels
        uint16 of the image's (height, width), 0 is background.
    table
        One row a skyrmion, columns `TABLE_DTYPES`; not linked: `particle` is -1.
    mask, core
        Maps of `geometry.content_shape`, in engine geometry.
    geometry
        The maps between image, engine and sample.
    told
        Shape (TOLD,): what is known of the frame as a whole; None of a constant image.
    unfamiliarity
        How unlike the training set the frame looks to the engine; above 1 it warns. None from an
        engine that cannot tell.
    warnings
        What the reader of the numbers should know.
    latency_ms
        Wall time by stage.
    sizes
        As the network drew them; None from one that does not, and of a constant image.
    diameter
        Of the frame's skyrmions, and how well it is known.
    optics
        What the frame shows of its optics; None where it shows nothing of them.
    density_per_um2
        Skyrmions in an area of the sample, those by half of which the border cuts the core. None
        while the pixel size is unknown.
    """

    labels: np.ndarray
    table: pd.DataFrame
    mask: ProbabilityMap
    core: ProbabilityMap
    geometry: Geometry
    told: np.ndarray | None = None
    unfamiliarity: float | None = None
    warnings: list[str] = field(default_factory=list)
    latency_ms: dict[str, float] = field(default_factory=dict)
    sizes: SizeMap | None = None
    diameter: FrameDiameter = field(default_factory=FrameDiameter)
    optics: OpticsSeen | None = None
    density_per_um2: float | None = None

    @property
    def mask_probability(self) -> np.ndarray:
        """float32 of `geometry.content_shape`, made anew; see `geometry.camera_image`."""
        return self.mask.image()

    @property
    def core_probability(self) -> np.ndarray:
        """As `mask_probability`."""
        return self.core.image()


class StageClock:
    """Wall time by stage, in ms; `total` is kept up to date."""

    def __init__(self) -> None:
        self.latency_ms: dict[str, float] = {"total": 0.0}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Book the time since the last lap on `stage`."""
        now = time.perf_counter()
        elapsed = (now - self._last) * 1e3
        self.latency_ms[stage] = self.latency_ms.get(stage, 0.0) + elapsed
        self.latency_ms["total"] += elapsed
        self._last = now


class Segmenter:
    """Finds and measures the skyrmions of single images.

    Parameters
    ----------
    engine
        Which network, and for what.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._last_masked: tuple[Geometry, Geometry] | None = None

    def segment(self, pixels: np.ndarray, metadata: FrameMetadata | None = None) -> Segmentation:
        """Find and measure the skyrmions of one image.

        Parameters
        ----------
        pixels
            Shape (height, width), any real dtype.
        metadata
            What is known about it; nothing by default.

        Raises
        ------
        UserError
            The image has no pixels, or would be too large in engine geometry.
        """
        clock = StageClock()
        metadata = metadata or FrameMetadata()
        warnings = condition_warnings(metadata, self.engine.condition)
        geometry = geometry_for(_shape(pixels), metadata, self.engine.condition)

        pixels = without_masked(pixels, metadata.saturation_value)
        masked = masked_areas(pixels)
        if masked is not None:
            geometry = self._without(geometry, masked)
            warnings.append(f"{masked.mean():.1%} of the frame are masked and left out")
        n_masked = 0 if masked is None else np.count_nonzero(masked)
        pixels, n_bad = replace_non_finite(pixels)
        if n_bad > n_masked:
            n_filled = n_bad - n_masked
            warnings.append(f"{n_filled} pixels were masked, NaN or infinite and were filled in")
        saturated = saturated_fraction(pixels)
        if saturated > _MANY_SATURATED:
            warnings.append(f"{saturated:.1%} of the pixels are saturated")
        image = normalise(pixels, geometry.measured)
        constant = not image.any()
        if contrast_is_inverted(metadata, self.engine.condition):
            np.negative(image, out=image)
        clock.lap("normalise")

        image = geometry.engine_image(image)
        clock.lap("geometry")

        height, width = geometry.content_shape
        known = asked = None
        if constant:
            warnings.append("the image is constant: there is nothing to see")
            output = NetworkOutput.of_images(np.zeros((1, 2, height, width), np.float32))
        else:
            condition = self.engine.condition
            parts = FrameParts.of(image, condition.pixel_size_nm, geometry.part_places)
            known = told(parts, metadata, condition)
            if optics_are_inside(metadata, condition):  # else it is told others, see `told`
                optics = *optics_of(known), condition.defocus_nm
                asked = beside(optics_seen, parts, condition, *optics)
            clock.lap("spectrum")
            deconvolved = self.engine.deconvolved(parts.image, known)
            clock.lap("deconvolution")
            output = infer_in_parts(self.engine.backend, image, known, condition, deconvolved)
        optics = asked.result() if asked else None
        clock.lap("network")

        mask, core = (each[0].cut((height, width)) for each in (output.mask, output.core))
        smallest = smallest_core_px(self.engine.condition.pixel_size_nm)
        instances = find_instances(mask, core, geometry.view, smallest, CORE_THRESHOLD)
        sizes = self._size_map(output)
        instances = credible(instances, geometry.view, sizes, self.engine.reliability)
        if instances.n_dropped:
            warnings.append(f"{instances.n_dropped} skyrmions beyond 65535 were left out")
        labels = geometry.camera_image(instances.labels, nearest=True)
        clock.lap("instances")

        points = geometry.camera_points(instances.centre) @ geometry.to_sample.T
        order = beside(lattice_order, points, geometry.view_corners)
        table = measure(instances, geometry, sizes, self.engine.reliability)
        diameter = frame_diameter(table, self.engine.reliability.mean_interval_share)
        is_stripe, area = table["is_stripe"].to_numpy(), table["area"].to_numpy()
        n_stripes = int(is_stripe.sum())
        if n_stripes:
            stripes = "1 stripe" if n_stripes == 1 else f"{n_stripes} stripes"
            warnings.append(f"{stripes} without a diameter, left out of the count")
        area_um2 = geometry.view_area_um2
        density_per_um2 = None
        if area_um2 is not None:
            density_per_um2 = skyrmions_in_view(instances, is_stripe, geometry.view) / area_um2
        clock.lap("measure")
        table["n_neighbours"], table["psi6_abs"] = order.result()
        clock.lap("lattice")
        confidence = mean_confidence(table["confidence"].to_numpy()[~is_stripe])
        striped = float(area[is_stripe].sum() / area.sum()) if n_stripes else 0.0
        unfamiliarity, doubts = doubts_about(
            self.engine.reliability, known, confidence, optics, saturated, striped
        )
        warnings += doubts
        return Segmentation(
            labels,
            table,
            mask,
            core,
            geometry,
            known,
            unfamiliarity,
            warnings,
            clock.latency_ms,
            sizes,
            diameter,
            optics,
            density_per_um2,
        )

    def _without(self, geometry: Geometry, masked: np.ndarray) -> Geometry:
        """Return the geometry of frames with masked areas, that of the last one if it is the same.

        A detector's gaps stay where they are, and what follows from them is kept with it.
        """
        if self._last_masked is not None:
            whole, without = self._last_masked
            before = without.masked
            if whole is geometry and before is not None and np.array_equal(before, masked):
                return without
        self._last_masked = geometry, geometry.without(masked)
        return self._last_masked[1]

    def _size_map(self, output: NetworkOutput) -> SizeMap | None:
        condition = self.engine.condition
        if output.log_diameter is None or condition.size_block is None:
            return None
        return SizeMap(output.log_diameter[0], condition.size_block, condition.pixel_size_nm)


def _shape(pixels: np.ndarray) -> tuple[int, int]:
    if pixels.ndim != 2 or pixels.size == 0:
        raise UserError(f"An image needs two dimensions and pixels; this one is {pixels.shape}.")
    height, width = pixels.shape
    return height, width
