"""The dock widget on a recording in place of a live run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from napari.layers import Layer
from napari.viewer import Viewer
from qtpy.QtCore import QObject, QTimer, Signal  # pyright: ignore[reportPrivateImportUsage]
from qtpy.QtWidgets import QWidget

from ...stream.errors import UserError
from ...stream.recording.layout import RUN
from ..births import TrackChanges
from ..curves_panel import CurvesPanel
from ..history import History
from ..model import LiveModel, Status
from ..recent import RecentSnapshots
from ..selection import Traces
from ..steering import Steering
from ..words import unbroken
from .frame_marker import FrameMarker
from .playback import RecordedPlayback
from .reader import RECORDING, layers_of_files, recording_folder
from .reading import Reading
from .recorded_run import RecordedFrame, RecordedRun
from .recording_layers import RecordingLayers
from .recording_panel import RecordingPanel
from .work import Work


class RecordingMode(QObject):
    """Opens recordings and images into the window, and follows napari's slider.

    Parameters
    ----------
    viewer
        Whose slider is followed.
    model, layers, curves, steering
        Those of the widget: they show a recording as they show a live run.
    panel
        Its controls.
    live_only
        Controls of a live run, which are hidden while a recording is open.
    on_change
        Called when the status is to be shown anew.
    before_opening
        Called before a recording takes the place of a live run.
    """

    _history_read = Signal(object, object)
    _frame_ready = Signal()
    _track_ready = Signal()
    _problem_met = Signal(str)
    _surveyed = Signal(object)

    def __init__(
        self,
        viewer: Viewer,
        *,
        model: LiveModel,
        layers: RecordingLayers,
        curves: CurvesPanel,
        steering: Steering,
        panel: RecordingPanel,
        live_only: Sequence[QWidget],
        on_change: Callable[[], None],
        before_opening: Callable[[], None],
    ) -> None:
        super().__init__(panel)
        self._viewer, self._model, self._layers = viewer, model, layers
        self._curves, self._steering, self.panel = curves, steering, panel
        self._live_only = live_only
        self._on_change, self._before_opening = on_change, before_opening
        self.run: RecordedRun | None = None
        self._reading: Reading | None = None
        self._marker: FrameMarker | None = None
        self._files: list[Path] = []
        self._file_layer: Layer | None = None
        self._engines: list[str] = []
        self._problem = ""
        self._is_following = False
        self._shown: RecordedFrame | None = None
        #: Whether numbers and births of the whole run have been read.
        self.history_is_complete = self.survey_is_complete = False
        self.work = Work(panel, self.open)
        self._readings: list[Reading] = []
        # When the window goes, only this is left to say so.
        readings = self._readings
        panel.destroyed.connect(lambda: [reading.close() for reading in readings])
        self._history_read.connect(self._take_history)
        self._frame_ready.connect(self._follow_slider)
        self._track_ready.connect(steering.show_choices)
        self._problem_met.connect(self._take_problem)
        self._surveyed.connect(self._take_survey)
        panel.opened.connect(self.open)
        panel.closed.connect(self.close)
        viewer.layers.events.inserted.connect(self._on_inserted)
        viewer.layers.events.removed.connect(self._on_removed)
        for layer in list(viewer.layers):
            self._offer(layer)

    @property
    def frame(self) -> int:
        """Number of the frame on which the slider stands."""
        axis = self._layers.axis
        return 0 if axis is None else int(self._viewer.dims.current_step[axis])

    @property
    def shown(self) -> RecordedFrame | None:
        """The frame whose outlines are drawn, None before the first."""
        return self._shown

    def open(self, paths: Sequence[Path | str]) -> None:
        """Open a recording, or image files and folders of them.

        What cannot be opened is said in the panel, and what was open before stays.
        """
        paths = [Path(path) for path in paths]
        try:
            folder = recording_folder(paths[0]) if len(paths) == 1 else None
            if folder is not None:
                self._open_recording(RecordedRun(folder))
            elif len(paths) == 1 and (paths[0] / RUN).exists():
                RecordedRun(paths[0])  # says what is wrong with it
            else:
                self._open_files(paths)
        except UserError as error:
            self.panel.say(str(error))

    def close(self) -> None:
        """Close what is open; the window is empty then, and ready for a live run."""
        self.work.follow(None, [], 0)
        self._remove_file_layer()
        self._files = []
        self.panel.show_open("", is_recording=False)
        if self._reading is None:
            return
        self._end_reading()
        self.run = self._shown = None
        self._show_live_only(True)
        self._layers.clear()
        self._model.view.recent = RecentSnapshots()
        self._model.view.traces = Traces()
        self._model.history = History()
        self._model.clear()
        self._steering.show_choices()
        self._curves.draw_now()
        self._on_change()

    def tear_down(self) -> None:
        """End all threads and processes, and leave the layers."""
        self._viewer.layers.events.inserted.disconnect(self._on_inserted)
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        self.work.close()
        self._end_reading()

    def go_to(self, frame: int) -> None:
        """Move the slider to frame number `frame`."""
        if self._layers.axis is not None:
            self._viewer.dims.set_current_step(self._layers.axis, frame)

    def mark_frame(self) -> None:
        """Draw the line in the curves where the slider is, in the colours that these have now."""
        if self._marker is not None:
            self._marker.mark(self._model.history, self.frame)

    def status(self) -> Status | None:
        """Return what the frame on the screen says, None while no recording is open."""
        if self.run is None:
            return None
        details = [f"{self.run.name}, frame {self.frame} of {len(self.run)}"]
        if not self.history_is_complete:
            details.append("reading the results")
        shown = self._shown
        if shown is None:
            return Status("", details[0], self._problem)
        warnings = [self._problem, *shown.snapshot.result.summary.warnings]
        if shown.absent:
            text = "  ·  ".join(map(unbroken, details))
            return Status("No result", text, _lines([shown.absent, *warnings]))
        return self._model.describe(shown.snapshot, details, [text for text in warnings if text])

    def _open_recording(self, run: RecordedRun) -> None:
        self.close()
        self._before_opening()
        self._model.clear()
        self.run, self._shown, self._problem, self._engines = run, None, "", []
        self.history_is_complete = self.survey_is_complete = False
        self._remove_layers_of(run.path)
        self._model.view.recent = RecordedPlayback(len(run), self.go_to)
        self._show_live_only(False)
        self._layers.show_recording(run.images, run.pixel_size_nm)
        self._marker = FrameMarker(self._curves, self.go_to)
        self._reading = Reading(
            run,
            on_history=self._history_read.emit,
            on_changes=self._surveyed.emit,
            on_frame=self._frame_ready.emit,
            on_track=self._track_ready.emit,
            on_problem=self._problem_met.emit,
        )
        self._readings.append(self._reading)
        self._model.view.traces = self._reading.traces
        self._viewer.dims.events.current_step.connect(self.follow_slider)
        self.panel.path.setText(str(run.path))
        self.panel.say("")
        self.work.follow(run.path, [run.path], len(run))
        self._show_info()
        self._follow_slider()
        self._curves.fit()

    def _end_reading(self) -> None:
        if self._reading is None:
            return
        self._viewer.dims.events.current_step.disconnect(self.follow_slider)
        self._reading.close()
        self._readings.remove(self._reading)
        self._reading = None
        if self._marker is not None:
            self._marker.close()
            self._marker = None

    def _open_files(self, paths: list[Path]) -> None:
        data = layers_of_files(paths)
        self.close()
        self._before_opening()
        self._layers.clear()
        layer = Layer.create(*data[0])
        self._file_layer = self._viewer.add_layer(layer)
        self._files = paths
        self.panel.path.setText(str(paths[0]))
        self.panel.say("")
        frames = data[0][0]
        self.work.follow(None, paths, len(frames))
        height, width = frames.shape[1:]
        text = f"{len(frames)} frames of {width} x {height} pixels. They are not analysed."
        self.panel.show_open(text, is_recording=False)

    def _show_info(self) -> None:
        assert self.run is not None
        n_frames, height, width = self.run.images.shape
        text = f"{n_frames} frames of {width} x {height} pixels"
        if self.history_is_complete:
            text += f", {len(self._model.history)} analysed"
        if self._engines:
            text += " by " + ", ".join(name.partition("@")[0] for name in self._engines if name)
        self.panel.show_open(f"{text}.", is_recording=True)

    def follow_slider(self, event: Any = None) -> None:
        """Show the frame on which the slider stands, or as soon as it has been read."""
        self._follow_slider()

    def _follow_slider(self) -> None:
        # Adding a layer moves the slider, too, as napari sees it.
        reading = self._reading
        if reading is None or self._layers.axis is None or self._is_following:
            return
        self._is_following = True
        try:
            self._show_frame(reading, self.frame)
        finally:
            self._is_following = False

    def _show_frame(self, reading: Reading, frame: int) -> None:
        recent = self._model.view.recent
        if isinstance(recent, RecordedPlayback):
            recent.frame = frame
        self.mark_frame()
        found = reading.loader.want(frame)
        if found is None or found is self._shown:
            return  # a layer that somebody deletes moves the slider as well, and stays deleted
        self._shown = found
        self._model.newest, self._model.tails = found.snapshot, found.tails
        self._steering.redraw()
        if self._curves.shown["sizes"].isChecked():
            self._curves.draw()

    def _take_history(self, history: History, engines: list[str]) -> None:
        if self._reading is None or history is not self._reading.history:
            return
        self._model.history, self._engines = history, engines
        self.history_is_complete = True
        self._show_info()
        self._curves.fit()
        self._follow_slider()
        self._on_change()

    def _take_survey(self, changes: list[TrackChanges]) -> None:
        if self._reading is None or changes is not self._reading.changes:
            return
        for change in changes:
            self._model.history.note(change)
            self._model.bursts.note(change)
        self.survey_is_complete = True
        self._curves.draw_now()

    def _take_problem(self, text: str) -> None:
        self._problem = text
        self._on_change()

    def _on_removed(self, event: Any) -> None:
        """Close a recording whose frames somebody has deleted: its slider has gone with them."""
        if self._reading is not None and self._layers.axis is None:
            QTimer.singleShot(0, self, self.close)

    def _show_live_only(self, shown: bool) -> None:
        for widget in self._live_only:
            widget.setVisible(shown)

    def _on_inserted(self, event: Any) -> None:
        self._offer(event.value)

    def _offer(self, layer: Any) -> None:
        """Take over a recording that napari's reader has put into the viewer."""
        path = layer.metadata.get(RECORDING)
        if path is not None and self.run is None:
            QTimer.singleShot(0, self, lambda: self._take_over(path))

    def _take_over(self, path: str) -> None:
        still_there = any(layer.metadata.get(RECORDING) == path for layer in self._viewer.layers)
        if self.run is None and still_there:
            self.open([path])

    def _remove_layers_of(self, path: Path) -> None:
        for layer in list(self._viewer.layers):
            if layer.metadata.get(RECORDING) == str(path):
                self._viewer.layers.remove(layer)

    def _remove_file_layer(self) -> None:
        if self._file_layer is not None and self._file_layer in self._viewer.layers:
            self._viewer.layers.remove(self._file_layer)
        self._file_layer = None


def _lines(texts: Sequence[str]) -> str:
    return "\n".join(text for text in texts if text)
