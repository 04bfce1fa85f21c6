"""The layers of the live view: made once, then only given new data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from napari.layers import Image, Labels, Layer, Points, Tracks
from napari.utils.colormaps import Colormap, DirectLabelColormap
from napari.viewer import Viewer

from .colouring import colours, rgba
from .picture import Picture
from .tails import NEWEST

FRAME, OUTLINES, TAILS = "frame", "outlines", "tracks"
BONDS, CENTRES, SELECTED = "lattice bonds", "centres", "selected"
FIVE_FOLD, SEVEN_FOLD = "five neighbours or fewer", "seven neighbours or more"
#: From the lowest layer to the uppermost.
ORDER = (FRAME, BONDS, OUTLINES, TAILS, CENTRES, FIVE_FOLD, SEVEN_FOLD, SELECTED)
_SHOWN_AT_FIRST = frozenset({FRAME, OUTLINES, TAILS, SELECTED})

_TAIL_COLOUR = (1.0, 0.93, 0.70, 1.0)
# Symbol, colour, and diameter over that of a skyrmion. Vermilion and sky blue stay apart for
# colour-blind eyes, and their symbols for all.
_POINTS = {
    CENTRES: ("cross", "#ffffff", 0.22),
    FIVE_FOLD: ("triangle_up", "#ff6a3d", 0.55),
    SEVEN_FOLD: ("square", "#56b4ff", 0.45),
    SELECTED: ("disc", "#ffe94d", 1.7),
}


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
        self._wanted = dict.fromkeys(ORDER, False) | dict.fromkeys(_SHOWN_AT_FIRST, True)
        self._picture: Picture | None = None
        self._shape: tuple[int, ...] | None = None
        self._pixel_size_nm: float | None = None
        self._colour_by = ""
        #: Called with name and visibility when a layer is switched on or off, here or in napari.
        self.on_switched: Callable[[str, bool], None] = lambda name, shown: None
        for layer in viewer.layers:
            name = layer.metadata.get("skyrmlive")
            if name in ORDER:
                self._take_over(name, layer)

    def close(self) -> None:
        """Leave the layers to the viewer."""
        for layer in self._layers.values():
            layer.events.visible.disconnect(self._on_visible)
        self._layers.clear()

    def is_shown(self, name: str) -> bool:
        """Tell whether the layer `name`, one of `ORDER`, is or will be visible."""
        return self._wanted[name]

    def set_shown(self, name: str, shown: bool) -> None:
        """Show or hide the layer `name`, one of `ORDER`."""
        if self._wanted[name] == shown:
            return
        self._wanted[name] = shown
        if name in self._layers:
            self._layers[name].visible = shown
        self._draw(name)
        self.on_switched(name, shown)

    def show(self, picture: Picture) -> None:
        """Draw one frame; without pixels the previous ones stay if they have the same shape."""
        self._forget_deleted()
        same = self._picture is not None and self._picture.snapshot is picture.snapshot
        self._picture = picture
        resized = picture.shape != self._shape
        rescaled = picture.pixel_size_nm != self._pixel_size_nm
        self._shape, self._pixel_size_nm = picture.shape, picture.pixel_size_nm
        for name in ORDER:
            # Filters and colours change neither the frame nor its bonds.
            if not (same and name in (FRAME, BONDS) and name in self._layers):
                self._draw(name)
        if resized or rescaled:
            for layer in self._layers.values():
                self._place(layer)
            scale_bar(self._viewer).visible = True
            self._viewer.reset_view()
            if FRAME in self._layers:  # its contrast is what one reaches for first
                self._viewer.layers.selection.active = self._layers[FRAME]

    def to_pixels(self, position: tuple[float, ...]) -> tuple[float, float]:
        """Return y, x in pixels of a position in the world of the viewer."""
        size = self._pixel_size_nm or 1.0
        return position[-2] / size, position[-1] / size

    def _draw(self, name: str) -> None:
        """Give the layer `name` its part of the picture; what is hidden costs nothing."""
        picture = self._picture
        if picture is None or not (self._wanted[name] or name == FRAME):
            return
        if name == FRAME:
            self._draw_frame(picture)
        elif name == OUTLINES:
            self._draw_outlines(picture)
        elif name == BONDS:
            self._draw_labels(BONDS, picture.bonds(), _bond_colours())
        elif name == TAILS:
            self._draw_tails(picture.tails())
        else:
            parts = {
                CENTRES: picture.centres,
                FIVE_FOLD: picture.five_fold,
                SEVEN_FOLD: picture.seven_fold,
                SELECTED: picture.selected,
            }
            self._draw_points(name, parts[name](), picture)

    def _draw_frame(self, picture: Picture) -> None:
        layer, pixels = self._layers.get(FRAME), picture.snapshot.pixels
        if pixels is None:
            if layer is not None and layer.data.shape != picture.shape:
                layer.data = np.zeros(picture.shape, layer.dtype)
            return
        if layer is None:
            layer = self._add(FRAME, Image(pixels.copy(), colormap="gray"))
        elif not _overwrite(layer, pixels):
            layer.data = pixels.copy()
        else:
            return
        layer.contrast_limits = contrast_limits(pixels)

    def _draw_outlines(self, picture: Picture) -> None:
        """Draw outlines; a frame without labels must not wear the outlines of another one."""
        table = None
        if picture.colour_by != self._colour_by or OUTLINES not in self._layers:
            table = colours(picture.colour_by)
            self._colour_by = picture.colour_by
        self._draw_labels(OUTLINES, picture.outlines(), table)

    def _draw_labels(self, name: str, data: np.ndarray, table: np.ndarray | None) -> None:
        """Show uint8 `data` in the colours of `table`, shape (256, 4); None leaves the colours."""
        layer = self._layers.get(name)
        if layer is None:
            assert table is not None
            layer = self._add(name, Labels(data, opacity=0.9, colormap=_label_colours(table)))
            layer.editable = False
            return
        if table is not None and name == OUTLINES:
            layer.colormap = _label_colours(table)
        if not _overwrite(layer, data):
            layer.data = data

    def _draw_tails(self, vertices: np.ndarray) -> None:
        layer = self._layers.get(TAILS)
        if layer is not None and not len(vertices):  # napari has no tracks without vertices
            self._viewer.layers.remove(self._layers.pop(TAILS))
        elif layer is not None:
            layer.data = vertices
        elif len(vertices):
            colour = Colormap([_TAIL_COLOUR, _TAIL_COLOUR], name="tail")
            layer = Tracks(
                vertices,
                tail_length=1,
                tail_width=2,
                blending="translucent",
                colormaps_dict={"track_id": colour},
            )
            self._add(TAILS, layer)
        self._look_at_newest()

    def _look_at_newest(self) -> None:
        """Put the (hidden, one-step) time axis of the tails to its end, where nothing has faded."""
        if TAILS not in self._layers:
            return
        axis = self._viewer.dims.ndim - self._layers[TAILS].ndim
        if self._viewer.dims.point[axis] != NEWEST:
            self._viewer.dims.set_point(axis, NEWEST)

    def _draw_points(self, name: str, points: np.ndarray, picture: Picture) -> None:
        layer = self._layers.get(name)
        if layer is not None:
            if len(points) or len(layer.data):
                layer.data = points
            return
        if name == SELECTED and not len(points):
            return
        symbol, colour, size = _POINTS[name]
        hollow = name == SELECTED
        layer = Points(
            points,
            ndim=2,
            symbol=symbol,
            size=max(3, round(size * picture.typical_diameter_px())),
            face_color="transparent" if hollow else colour,
            border_color=colour if hollow else "#101010",
            border_width=0.08,
        )
        self._add(name, layer)
        layer.editable = False

    def _place(self, layer: Layer) -> None:
        """Tell a layer the size of a pixel, in nm where it is known."""
        size, unit = (1.0, "pixel") if self._pixel_size_nm is None else (self._pixel_size_nm, "nm")
        leading = layer.ndim - 2
        layer.scale = np.array([1.0] * leading + [size, size])
        layer.units = ("pixel",) * leading + (unit, unit)

    def _add(self, name: str, layer: Any) -> Any:
        """Add `layer` above those that come before it in `ORDER`."""
        layer.name = name
        layer.metadata["skyrmlive"] = name
        self._place(layer)
        below = [
            self._layers[other] for other in ORDER[: ORDER.index(name)] if other in self._layers
        ]
        positions = [self._viewer.layers.index(other) for other in below]
        active = self._viewer.layers.selection.active
        self._viewer.layers.insert(max(positions, default=-1) + 1, layer)
        if active is not None:
            self._viewer.layers.selection.active = active
        self._take_over(name, layer)
        return layer

    def _take_over(self, name: str, layer: Any) -> None:
        self._layers[name] = layer
        self._wanted[name] = layer.visible
        layer.events.visible.connect(self._on_visible)

    def _on_visible(self, event: Any) -> None:
        name, shown = event.source.metadata["skyrmlive"], event.source.visible
        self.set_shown(name, shown)

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


def _overwrite(layer: Any, data: np.ndarray) -> bool:
    """Write `data` into the array of `layer` if it fits: a third of the time of a new array."""
    if layer.data.shape != data.shape or layer.data.dtype != data.dtype:
        return False
    np.copyto(layer.data, data)
    layer.refresh(extent=False, thumbnail=False, highlight=False)
    return True


def _label_colours(table: np.ndarray) -> DirectLabelColormap:
    clear = np.zeros(4)
    values: dict[int | None, np.ndarray] = {None: clear}
    values.update(enumerate(table))
    return DirectLabelColormap(color_dict=values)


def _bond_colours() -> np.ndarray:
    table = np.zeros((256, 4))
    table[1:] = rgba("#e8e8e8", 0.7)
    return table
