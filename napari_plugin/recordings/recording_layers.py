"""The layers of the live view, with a whole recording as the layer of frames."""

from __future__ import annotations

from typing import Any

from napari.layers import Image
from napari.viewer import Viewer

from ..layers import FRAME, LiveLayers, contrast_limits, scale_bar
from ..picture import Picture
from .lazy_images import LazyImages


class RecordingLayers(LiveLayers):
    """Draws live pictures, or those of a recording.

    In a recording the layer of frames holds all of them, from the disk, so that napari has a slider
    over time and other plugins a stack to work on; the other layers follow the slider, one frame
    each.

    Parameters
    ----------
    viewer
        As for `LiveLayers`.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._frames: LazyImages | None = None

    def show_recording(self, frames: LazyImages, pixel_size_nm: float | None) -> None:
        """Replace what is shown by the first frame of a recording."""
        self.clear()
        self._frames = frames
        self._shape, self._pixel_size_nm = (frames.shape[1], frames.shape[2]), pixel_size_nm
        self._add_frames(frames)

    def clear(self) -> None:
        """Remove all layers of ours; live pictures are drawn from now on."""
        self._thread.forget()
        self._frames = self._picture = self._shape = None
        for layer in list(self._layers.values()):
            if layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        self._layers.clear()

    @property
    def axis(self) -> int | None:
        """The axis of the viewer that is the time of the recording, None while there is none."""
        if self._frames is None or self._layers.get(FRAME) not in set(self._viewer.layers):
            return None
        return self._viewer.dims.ndim - 3

    def _add_frames(self, frames: LazyImages) -> None:
        limits = contrast_limits(frames.image(0))
        data: Any = frames  # all of an array that napari asks for
        layer = Image(data, colormap="gray", contrast_limits=limits, metadata={})
        self._viewer.layers.selection.active = self._add(FRAME, layer)
        scale_bar(self._viewer).visible = True
        self._viewer.reset_view()
        if self.axis is not None:
            self._viewer.dims.set_current_step(self.axis, 0)

    def _draw_frame(self, picture: Picture) -> None:
        if self._frames is None:  # napari reads those of a recording itself
            super()._draw_frame(picture)
