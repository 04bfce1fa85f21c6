"""An image layer of napari as frames for the engine, and what is found in them as layers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from napari.layers import Image, Labels, Layer, Points, Tracks

from ..inference.analyser import SkyrmionAnalyser
from ..inference.engine_store import InstalledEngines, load_engine
from ..stream.errors import UserError
from ..stream.frame import Frame, FrameMetadata
from ..stream.result import FrameResult
from .units import in_nm

_log = logging.getLogger(__name__)
#: Key of a layer's metadata that holds fields of `FrameMetadata`, the same for all its images.
IMAGE_METADATA = "skyrmlive image"


@dataclass(frozen=True)
class LayerFrames:
    """The images of a layer, and what is known of them.

    Attributes
    ----------
    images
        Shape (t, height, width), perhaps read when it is looked at; t is 1 for a single image.
    metadata
        Of every image.
    is_stack
        Whether the layer has a time axis.
    name, scale, units
        Of the layer; the last two are of its last two axes.
    """

    images: Any
    metadata: FrameMetadata
    is_stack: bool
    name: str
    scale: tuple[float, float]
    units: tuple[str, str]

    @classmethod
    def of(cls, layer: Image) -> LayerFrames:
        """Take the images of `layer` with the size of a pixel from its scale, if that is a length.

        Raises
        ------
        UserError
            If it has colours, or more axes than time, y and x.
        """
        if layer.rgb or layer.ndim not in (2, 3) or layer.multiscale:
            raise UserError(
                f"{layer.name} is no grey image and no stack of them; choose one that is."
            )
        data: Any = layer.data
        images = data if layer.ndim == 3 else data[np.newaxis]
        y, x = (float(each) for each in layer.scale[-2:])
        known = dict(layer.metadata.get(IMAGE_METADATA, {}))
        nm = in_nm(layer.units[-1])
        if nm is not None and np.isclose(y, x):
            known["pixel_size_nm"] = x * nm
        return cls(
            images,
            FrameMetadata.model_validate(known),
            layer.ndim == 3,
            layer.name,
            (y, x),
            (str(layer.units[-2]), str(layer.units[-1])),
        )

    def analysed(self, engine: str | None, *, only: int | None = None) -> Iterator[FrameResult]:
        """Yield the result of each image: slow work, not for the main thread.

        Parameters
        ----------
        engine
            Name of the engine, None for the one that suits the images best.
        only
            Number of a single image to analyse; None for all.

        Raises
        ------
        UserError
            If there is no such engine, or no image can be brought to its geometry.
        """
        suiting = InstalledEngines().suiting if engine is None else load_engine(engine)
        analyser = SkyrmionAnalyser(suiting)
        for index in range(len(self.images)) if only is None else [only]:
            frame = Frame(np.ascontiguousarray(self.images[index]), self.metadata)
            yield analyser.analyse(frame, index, 0.0)


def layers_of(frames: LayerFrames, results: list[FrameResult], *, tracks: bool) -> list[Layer]:
    """Return label images, centres with their table, and on request the tracks.

    Parameters
    ----------
    frames
        What was analysed.
    results
        Of all images in their order, or of one.
    tracks
        Whether to add the tracks of a stack.
    """
    whole = frames.is_stack and len(results) == len(frames.images)
    table = pd.concat([result.table for result in results], ignore_index=True)
    labels = [np.zeros((0, 0)) if r.labels is None else r.labels for r in results]
    step = [1.0] if whole else []
    unit = ["pixel"] if whole else []
    place: dict[str, Any] = {
        "scale": (*step, *frames.scale),
        "units": (*unit, *frames.units),
        "metadata": {"engine": results[0].summary.engine},
    }
    positions = table[["frame", "y", "x"] if whole else ["y", "x"]].to_numpy()
    found: list[Layer] = []
    found.append(
        Labels(
            np.stack(labels) if whole else labels[0],
            name=f"{frames.name} skyrmions",
            opacity=0.4,
            **place,
        )
    )
    found.append(
        Points(
            positions,
            name=f"{frames.name} centres",
            features=table,
            # A point as large as a skyrmion would reach as far along the axis of time.
            size=1 if whole else _size(table),
            canvas_size_limits=(9, 10_000) if whole else (2, 10_000),
            symbol="cross",
            face_color="#ffe94d",
            border_color="#101010",
            border_width=0.1,
            **place,
        )
    )
    if tracks and whole:
        linked = table.loc[table["particle"] >= 0]
        if len(linked):
            vertices = linked[["particle", "frame", "y", "x"]].to_numpy(dtype=float)
            features = linked.drop(columns=["frame", "y", "x"])
            name = f"{frames.name} tracks"
            found.append(Tracks(vertices, name=name, features=features, **place))
    return found


def in_words(results: list[FrameResult]) -> str:
    """Sum up what was found, with what makes one doubt it."""
    counts = [result.summary.n_skyrmions for result in results]
    number = f"{counts[0]}" if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
    text = f"{number} skyrmions a frame" if len(counts) > 1 else f"{number} skyrmions"
    sizes = [r.summary.mean_diameter_nm for r in results if r.summary.mean_diameter_nm is not None]
    if sizes:
        text += f", mean diameter {np.mean(sizes):.1f} nm"
    doubts = dict.fromkeys(warning for result in results for warning in result.summary.warnings)
    return ". ".join([f"{text}, by {results[0].summary.engine}", *doubts]) + "."


def _size(table: pd.DataFrame) -> int:
    median = table["equivalent_diameter_area"].median()
    return 5 if pd.isna(median) else max(3, round(0.3 * float(median)))
