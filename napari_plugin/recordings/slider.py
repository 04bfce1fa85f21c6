"""Follows napari's slider through a recording: the frame it stands on is read, drawn and marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.viewer import Viewer
from qtpy.QtCore import QObject, Signal  # pyright: ignore[reportPrivateImportUsage]

from ..curves_panel import CurvesPanel
from ..model import LiveModel
from ..steering import Steering
from .frame_marker import FrameMarker
from .playback import RecordedPlayback
from .reading import Reading
from .recorded_run import RecordedFrame
from .recording_layers import RecordingLayers


class Slider(QObject):
    """Shows the frame on which the slider stands; reading and drawing are left to threads.

    Parameters
    ----------
    viewer
        Whose slider is followed.
    model, layers, curves, steering
        Those of the widget.
    on_change
        Called when another frame is shown.
    parent
        Qt parent.
    """

    _drawn = Signal()

    def __init__(
        self,
        viewer: Viewer,
        *,
        model: LiveModel,
        layers: RecordingLayers,
        curves: CurvesPanel,
        steering: Steering,
        on_change: Callable[[], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._viewer, self._model, self._layers = viewer, model, layers
        self._curves, self._steering, self._on_change = curves, steering, on_change
        self._reading: Reading | None = None
        self._marker: FrameMarker | None = None
        self._is_following = False
        self._latest: RecordedFrame | None = None
        self._drawn.connect(self._show_drawn)

    @property
    def frame(self) -> int:
        """Number of the frame on which the slider stands."""
        axis = self._layers.axis
        return 0 if axis is None else int(self._viewer.dims.current_step[axis])

    @property
    def latest(self) -> RecordedFrame | None:
        """The frame that was read last for the slider; its outlines may not be drawn yet."""
        return self._latest

    @property
    def shown(self) -> RecordedFrame | None:
        """The frame whose outlines are drawn, None before the first or while they are drawn."""
        return None if self._layers.is_drawing else self._latest

    @property
    def marker(self) -> FrameMarker | None:
        """The line in the curves, None while no recording is open."""
        return self._marker

    def go_to(self, frame: int) -> None:
        """Move the slider to frame number `frame`."""
        if self._layers.axis is not None:
            self._viewer.dims.set_current_step(self._layers.axis, frame)

    def start(self, reading: Reading) -> None:
        """Follow from now on, with frames from `reading`."""
        self._reading, self._latest = reading, None
        self._marker = FrameMarker(self._curves, self.go_to)
        self._layers.on_drawn = self._tell_drawn
        self._viewer.dims.events.current_step.connect(self.follow)

    def stop(self) -> None:
        """Follow no more."""
        if self._reading is None:
            return
        self._viewer.dims.events.current_step.disconnect(self.follow)
        self._layers.on_drawn = None
        self._reading = self._latest = None
        if self._marker is not None:
            self._marker.close()
            self._marker = None

    def mark(self) -> None:
        """Draw the line in the curves where the slider is, in the colours that these have now."""
        if self._marker is not None:
            self._marker.mark(self._model.history, self.frame)

    def follow(self, event: Any = None) -> None:
        """Show the frame on which the slider stands, or as soon as it has been read."""
        # Adding a layer moves the slider, too, as napari sees it.
        reading = self._reading
        if reading is None or self._layers.axis is None or self._is_following:
            return
        self._is_following = True
        try:
            self._show(reading, self.frame)
        finally:
            self._is_following = False

    def _show(self, reading: Reading, frame: int) -> None:
        recent = self._model.view.recent
        if isinstance(recent, RecordedPlayback):
            recent.frame = frame
        self.mark()
        found = reading.loader.want(frame)
        if found is None or found is self._latest:
            return  # a layer that somebody deletes moves the slider as well, and stays deleted
        self._latest = found
        self._model.newest, self._model.tails = found.snapshot, found.tails
        self._layers.show_soon(self._model.view.picture(found.snapshot, found.tails))
        self._steering.show_choices()
        self._on_change()
        if self._curves.shown["sizes"].isChecked():
            self._curves.draw()

    def _tell_drawn(self) -> None:
        """Say to the window, from the thread that draws, that it has; the window may be gone."""
        try:
            self._drawn.emit()
        except RuntimeError:
            return

    def _show_drawn(self) -> None:
        if self._reading is None:
            return
        self._is_following = True  # a first layer of marks moves the slider
        try:
            self._layers.show_drawn()
        finally:
            self._is_following = False
