"""The layers of the live view: made once, then only given new data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from napari.layers import Image, Labels, Layer, Points
from napari.utils.colormaps import DirectLabelColormap
from napari.viewer import Viewer

from .colouring import colours
from .drawing import BONDS, CENTRES, FIVE_FOLD, OUTLINES, PARTS, SEVEN_FOLD, TAILS, draw, zoom_of
from .drawing_thread import DrawingThread
from .picture import Picture

__all__ = ["BONDS", "CENTRES", "FIVE_FOLD", "OUTLINES", "PARTS", "SEVEN_FOLD", "TAILS"]
FRAME, MARKS, SELECTED = "frame", "skyrmions", "selected"
#: From the lowest layer to the uppermost. All marks of the skyrmions are in one layer: each layer
#: costs napari some milliseconds a frame, and points and tracks cost it tens.
ORDER = (FRAME, MARKS, SELECTED)
_PARTS_AT_FIRST = frozenset({OUTLINES, TAILS})

_RING_COLOUR = "#ffe94d"
_RING_SIZE = 1.7  # over the diameter of a skyrmion


class LiveLayers:
    """Draws pictures into a viewer.

    A layer appears when it is first needed. One that the operator deletes comes back with the
    next frame; what they set on a layer (visibility, colours, contrast) is left alone.

    Parameters
    ----------
    viewer
        The napari viewer to draw into. Layers that an earlier widget left in it are taken over.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._layers: dict[str, Any] = {}
        self._parts = set(_PARTS_AT_FIRST)
        self._picture: Picture | None = None
        self._shape: tuple[int, ...] | None = None
        self._pixel_size_nm: float | None = None
        self._colour_by = ""
        self._thread = DrawingThread()
        #: Called with name and visibility when one of `PARTS` is switched on or off.
        self.on_switched: Callable[[str, bool], None] = lambda name, shown: None
        for layer in viewer.layers:
            name = layer.metadata.get("skyrmlive")
            if name in ORDER:
                self._layers[name] = layer

    def close(self) -> None:
        """Leave the layers to the viewer."""
        self._thread.close()
        self._layers.clear()

    def is_shown(self, name: str) -> bool:
        """Tell whether the part `name`, one of `PARTS`, is drawn."""
        return name in self._parts

    def set_shown(self, name: str, shown: bool) -> None:
        """Draw or leave out the part `name`, one of `PARTS`."""
        if self.is_shown(name) == shown:
            return
        (self._parts.add if shown else self._parts.discard)(name)
        picture = self._thread.newest or self._picture
        if picture is not None:
            self.show(picture)
        self.on_switched(name, shown)

    def show(self, picture: Picture) -> None:
        """Draw one frame; without pixels the previous ones stay if they have the same shape."""
        self._thread.forget()
        self._show(picture, draw(picture, self._parts))

    def show_soon(self, picture: Picture) -> None:
        """Let a thread draw one frame; it takes the place of one that still waits."""
        self._thread.draw(picture, self._parts)

    @property
    def is_drawing(self) -> bool:
        """Whether the thread has something that is not shown yet."""
        return self._thread.newest is not None

    @property
    def on_drawn(self) -> Callable[[], None] | None:
        """What the thread calls when `show_drawn` will find something, if anything."""
        return self._thread.on_drawn

    @on_drawn.setter
    def on_drawn(self, call: Callable[[], None] | None) -> None:
        self._thread.on_drawn = call

    def show_drawn(self) -> bool:
        """Show what the thread has drawn since the last call; tell whether there was anything."""
        done = self._thread.take()
        if done is not None:
            self._show(*done)
        return done is not None

    def finish(self) -> None:
        """Show at once what the thread was asked to draw."""
        picture = self._thread.newest
        if picture is not None:
            self.show(picture)

    def _show(self, picture: Picture, marks: np.ndarray) -> None:
        self._forget_deleted()
        same = self._picture is not None and self._picture.snapshot is picture.snapshot
        self._picture = picture
        resized = picture.shape != self._shape
        rescaled = picture.pixel_size_nm != self._pixel_size_nm
        self._shape, self._pixel_size_nm = picture.shape, picture.pixel_size_nm
        if not (same and FRAME in self._layers):
            self._draw_frame(picture)
        self._draw_marks(picture, marks)
        self._draw_selected(picture)
        if resized or rescaled:
            for name, layer in self._layers.items():
                self._place(name, layer)
            scale_bar(self._viewer).visible = True
            self._viewer.reset_view()
            if FRAME in self._layers:  # its contrast is what one reaches for first
                self._viewer.layers.selection.active = self._layers[FRAME]

    def to_pixels(self, position: tuple[float, ...]) -> tuple[float, float]:
        """Return y, x in pixels of a position in the world of the viewer."""
        size = self._pixel_size_nm or 1.0
        return position[-2] / size, position[-1] / size

    def _draw_frame(self, picture: Picture) -> None:
        layer, pixels = self._layers.get(FRAME), picture.snapshot.pixels
        if pixels is None:
            if layer is not None and layer.data.shape != picture.shape:
                layer.data = np.zeros(picture.shape, layer.dtype)
            return
        if layer is None:
            layer = self._add(FRAME, Image(pixels.copy(), colormap="gray"))
        elif not self._overwrite(layer, pixels):
            layer.data = pixels.copy()
        else:
            return
        layer.contrast_limits = contrast_limits(pixels)

    def _draw_marks(self, picture: Picture, marks: np.ndarray) -> None:
        """Show `marks`, colour indices as `draw` returns them."""
        layer = self._layers.get(MARKS)
        if layer is None or picture.colour_by != self._colour_by:
            self._colour_by = picture.colour_by
            table = _label_colours(colours(picture.colour_by))
            if layer is None:
                layer = self._add(MARKS, Labels(marks, opacity=0.9, colormap=table))
                layer.editable = False
                return
            layer.colormap = table
        if not self._overwrite(layer, marks):
            layer.data = marks

    def _draw_selected(self, picture: Picture) -> None:
        points, layer = picture.selected(), self._layers.get(SELECTED)
        if layer is not None:
            if len(points) or len(layer.data):
                layer.data = points
        elif len(points):
            layer = Points(
                points,
                ndim=2,
                symbol="disc",
                size=max(3, round(_RING_SIZE * picture.typical_diameter_px())),
                face_color="transparent",
                border_color=_RING_COLOUR,
                border_width=0.08,
            )
            self._add(SELECTED, layer)
            layer.editable = False

    def _overwrite(self, layer: Any, data: np.ndarray) -> bool:
        """Write `data` into the array of `layer` if it fits: a third of the time of a new array."""
        if layer.data.shape != data.shape or layer.data.dtype != data.dtype:
            return False
        np.copyto(layer.data, data)
        # The list of layers would be painted anew for it, though nothing in it has changed.
        with self._viewer.layers.events.blocker_all():
            layer.refresh(extent=False, thumbnail=False, highlight=False)
        return True

    def _place(self, name: str, layer: Layer) -> None:
        """Tell a layer the size of a pixel, in nm where it is known."""
        size, unit = (1.0, "pixel") if self._pixel_size_nm is None else (self._pixel_size_nm, "nm")
        leading = layer.ndim - 2
        layer.units = ("pixel",) * leading + (unit, unit)
        zoom = 1
        if name == MARKS and self._shape is not None:
            zoom = zoom_of((self._shape[0], self._shape[1]))
        layer.scale = np.array([1.0] * leading + [size / zoom] * 2)
        layer.translate = np.array([0.0] * leading + [size * (0.5 / zoom - 0.5)] * 2)

    def _add(self, name: str, layer: Any) -> Any:
        """Add `layer` above those that come before it in `ORDER`."""
        layer.name = name
        layer.metadata["skyrmlive"] = name
        self._place(name, layer)
        below = [
            self._layers[other] for other in ORDER[: ORDER.index(name)] if other in self._layers
        ]
        positions = [self._viewer.layers.index(other) for other in below]
        active = self._viewer.layers.selection.active
        self._viewer.layers.insert(max(positions, default=-1) + 1, layer)
        if active is not None:
            self._viewer.layers.selection.active = active
        self._layers[name] = layer
        return layer

    def _forget_deleted(self) -> None:
        present = set(self._viewer.layers)
        self._layers = {name: layer for name, layer in self._layers.items() if layer in present}


def scale_bar(viewer: Viewer) -> Any:
    """Return the scale bar of `viewer`."""
    canvas = getattr(viewer, "canvas", None)  # where napari 0.9 has moved it
    return viewer.scale_bar if canvas is None else canvas.overlays.scale_bar


def contrast_limits(pixels: np.ndarray) -> tuple[float, float]:
    """Return limits that a few hot or dead pixels do not move (0.3 % and 99.7 % of a sample)."""
    step = max(1, int(np.sqrt(pixels.size / 65536)))
    sample = pixels[::step, ::step]
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(sample, (0.3, 99.7)))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _label_colours(table: np.ndarray) -> DirectLabelColormap:
    clear = np.zeros(4)
    values: dict[int | None, np.ndarray] = {None: clear}
    values.update(enumerate(table))
    return DirectLabelColormap(color_dict=values)
