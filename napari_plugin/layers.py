"""The layers of the live view: made once, then only given new data."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from napari.layers import Image, Labels, Layer, Tracks
from napari.utils.colormaps import Colormap, CyclicLabelColormap
from napari.viewer import Viewer

from .snapshot import Snapshot
from .tails import NEWEST

FRAME, OUTLINES, TAILS = "frame", "outlines", "tracks"
_OUTLINE_WIDTH = 2

# Light colours of the same weight, far from the grey of the image: neighbours can be told apart
# and none shouts.
_TRACK_COLOURS = (
    "#7fd1e8",
    "#f2c14e",
    "#8ee3a1",
    "#f59ca9",
    "#b9a8f5",
    "#f7a86b",
    "#6fe0cf",
    "#d9d77a",
)
_TAIL_COLOUR = (1.0, 0.93, 0.70, 1.0)

LayerT = TypeVar("LayerT", bound=Layer)


class LiveLayers:
    """Draws snapshots into a viewer.

    The three layers appear with the first frame. One that the operator deletes comes back with
    the next frame; what they set on a layer (visibility, colours, contrast) is left alone.

    Parameters
    ----------
    viewer
        The napari viewer to draw into.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._frame: Image | None = None
        self._outlines: Labels | None = None
        self._tails: Tracks | None = None
        self._shape: tuple[int, ...] | None = None
        self._pixel_size_nm: float | None = None

    def show(self, snapshot: Snapshot, tails: np.ndarray) -> None:
        """Draw one frame.

        Parameters
        ----------
        snapshot
            The frame. Without pixels the previous picture stays if it has the same shape.
        tails
            Vertices as `Tails.vertices` returns them.
        """
        summary = snapshot.result.summary
        shape = (summary.height, summary.width)
        self._forget_deleted()
        resized = shape != self._shape
        rescaled = summary.pixel_size_nm != self._pixel_size_nm
        self._shape, self._pixel_size_nm = shape, summary.pixel_size_nm

        if snapshot.pixels is not None:
            self._show_frame(snapshot.pixels, resized)
        elif resized and self._frame is not None:
            _set_data(self._frame, np.zeros(shape, self._frame.dtype))
        # A frame without labels must not wear the outlines of another one.
        outlines = snapshot.outlines
        self._show_outlines(np.zeros(shape, np.uint16) if outlines is None else outlines)
        self._show_tails(tails)
        if resized or rescaled:
            self._rescale()
            scale_bar(self._viewer).visible = True
            self._viewer.reset_view()
            if self._frame is not None:  # its contrast is what one reaches for first
                self._viewer.layers.selection.active = self._frame

    def _show_frame(self, pixels: np.ndarray, resized: bool) -> None:
        if self._frame is None:
            self._frame = self._add(Image(pixels, name=FRAME, colormap="gray"), 0)
            resized = True
        else:
            resized |= pixels.dtype != self._frame.dtype
            _set_data(self._frame, pixels)
        if resized:
            self._frame.contrast_limits = contrast_limits(pixels)

    def _show_outlines(self, outlines: np.ndarray) -> None:
        if self._outlines is not None:
            _set_data(self._outlines, outlines)
            return
        colours = np.array([_rgba("#000000", 0.0), *(_rgba(colour) for colour in _TRACK_COLOURS)])
        layer = Labels(
            outlines, name=OUTLINES, opacity=0.9, colormap=CyclicLabelColormap(colors=colours)
        )
        layer.contour = _OUTLINE_WIDTH
        layer.editable = False
        self._outlines = self._add(layer, 1)

    def _show_tails(self, vertices: np.ndarray) -> None:
        if self._tails is not None and not len(vertices):  # napari has no tracks without vertices
            self._viewer.layers.remove(self._tails)
            self._tails = None
        elif self._tails is not None:
            _set_data(self._tails, vertices)
        elif len(vertices):
            layer = Tracks(
                vertices,
                name=TAILS,
                tail_length=1,
                tail_width=2,
                blending="translucent",
                colormaps_dict={"track_id": Colormap([_TAIL_COLOUR, _TAIL_COLOUR], name="tail")},
            )
            self._tails = self._add(layer, 2)
        self._look_at_newest()

    def _look_at_newest(self) -> None:
        """Put the (hidden, one-step) time axis of the tails to its end, where nothing has faded."""
        if self._tails is None:
            return
        axis = self._viewer.dims.ndim - self._tails.ndim
        if self._viewer.dims.point[axis] != NEWEST:
            self._viewer.dims.set_point(axis, NEWEST)

    def _rescale(self) -> None:
        """Tell all layers the size of a pixel, in nm where it is known."""
        for layer in (self._frame, self._outlines, self._tails):
            if layer is not None:
                self._place(layer)

    def _place(self, layer: Layer) -> None:
        size, unit = (1.0, "pixel") if self._pixel_size_nm is None else (self._pixel_size_nm, "nm")
        leading = layer.ndim - 2
        layer.scale = np.array([1.0] * leading + [size, size])
        layer.units = ("pixel",) * leading + (unit, unit)

    def _add(self, layer: LayerT, order: int) -> LayerT:
        """Add `layer` in its place above the layers of a lower `order`."""
        below = [self._frame, self._outlines, self._tails][:order]
        self._place(layer)
        positions = [self._viewer.layers.index(known) for known in below if known is not None]
        self._viewer.layers.insert(max(positions, default=-1) + 1, layer)
        return layer

    def _forget_deleted(self) -> None:
        layers = self._viewer.layers
        if self._frame is not None and self._frame not in layers:
            self._frame = None
        if self._outlines is not None and self._outlines not in layers:
            self._outlines = None
        if self._tails is not None and self._tails not in layers:
            self._tails = None


def scale_bar(viewer: Viewer) -> Any:
    """Return the scale bar of `viewer`."""
    canvas = getattr(viewer, "canvas", None)  # where napari 0.9 has moved it
    return viewer.scale_bar if canvas is None else canvas.overlays.scale_bar


def _set_data(layer: Any, data: np.ndarray) -> None:
    """Replace the data of a layer; napari's annotations do not know that arrays fit."""
    layer.data = data


def contrast_limits(pixels: np.ndarray) -> tuple[float, float]:
    """Return limits that a few hot or dead pixels do not move (0.3 % and 99.7 % of a sample)."""
    step = max(1, int(np.sqrt(pixels.size / 65536)))
    sample = pixels[::step, ::step]
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(sample, (0.3, 99.7)))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _rgba(colour: str, alpha: float = 1.0) -> tuple[float, float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue, alpha
