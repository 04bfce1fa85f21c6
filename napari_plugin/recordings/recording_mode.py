"""The dock widget on a recording in place of a live run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from napari.layers import Layer
from napari.viewer import Viewer
from qtpy.QtCore import QObject, Signal  # pyright: ignore[reportPrivateImportUsage]
from qtpy.QtWidgets import QWidget

from ...stream.errors import UserError
from ...stream.recording.layout import RUN
from ..births import TrackChanges
from ..curves_panel import CurvesPanel
from ..history import History
from ..model import LiveModel, Status
from ..recent import RecentSnapshots
from ..selection import Traces
from ..soon import soon
from ..steering import Steering
from ..words import unbroken
from .offered import OfferedRecordings
from .playback import RecordedPlayback
from .reader import layers_of_files, recording_folder
from .reading import Reading
from .recorded_run import RecordedFrame, RecordedRun
from .recording_layers import RecordingLayers
from .recording_panel import RecordingPanel
from .slider import Slider
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
        self.slider = Slider(
            viewer,
            model=model,
            layers=layers,
            curves=curves,
            steering=steering,
            on_change=on_change,
            parent=self,
        )
        self.run: RecordedRun | None = None
        self._reading: Reading | None = None
        self._files: list[Path] = []
        self._file_layer: Layer | None = None
        self._engines: list[str] = []
        self._problem = ""
        #: Whether numbers and births of the whole run have been read.
        self.history_is_complete = self.survey_is_complete = False
        self.work = Work(panel, self.open)
        self._readings: list[Reading] = []
        # When the window goes, only this is left to say so.
        readings = self._readings
        panel.destroyed.connect(lambda: [reading.close() for reading in readings])
        self._history_read.connect(self._take_history)
        self._frame_ready.connect(self.slider.follow)
        self._track_ready.connect(steering.show_choices)
        self._problem_met.connect(self._take_problem)
        self._surveyed.connect(self._take_survey)
        panel.opened.connect(self.open)
        panel.closed.connect(self.close)
        viewer.layers.events.removed.connect(self._on_removed)
        self._offered = OfferedRecordings(viewer, self._open_offered, self)

    @property
    def frame(self) -> int:
        """Number of the frame on which the slider stands."""
        return self.slider.frame

    @property
    def shown(self) -> RecordedFrame | None:
        """The frame whose outlines are drawn, None before the first or while they are drawn."""
        return self.slider.shown

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
        self.run = None
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
        self._offered.close()
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        self.work.close()
        self._end_reading()

    def go_to(self, frame: int) -> None:
        """Move the slider to frame number `frame`."""
        self.slider.go_to(frame)

    def mark_frame(self) -> None:
        """Draw the line in the curves anew, in the colours that these have now."""
        self.slider.mark()

    def status(self) -> Status | None:
        """Return what the frame on the screen says, None while no recording is open."""
        if self.run is None:
            return None
        details = [f"{self.run.name}, frame {self.frame} of {len(self.run)}"]
        if not self.history_is_complete:
            details.append("reading the results")
        shown = self.slider.latest
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
        self.run, self._problem, self._engines = run, "", []
        self.history_is_complete = self.survey_is_complete = False
        self._offered.remove(run.path)
        self._model.view.recent = RecordedPlayback(len(run), self.go_to)
        self._show_live_only(False)
        self._layers.show_recording(run.images, run.pixel_size_nm)
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
        self.slider.start(self._reading)
        self.panel.path.setText(str(run.path))
        self.panel.say("")
        self.work.follow(run.path, [run.path], len(run))
        self._show_info()
        self.slider.follow()
        self._curves.fit()

    def _end_reading(self) -> None:
        if self._reading is None:
            return
        self.slider.stop()
        self._reading.close()
        self._readings.remove(self._reading)
        self._reading = None

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

    def _take_history(self, history: History, engines: list[str]) -> None:
        if self._reading is None or history is not self._reading.history:
            return
        self._model.history, self._engines = history, engines
        self.history_is_complete = True
        self._show_info()
        self._curves.fit()
        self.slider.follow()
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
            soon(self, self.close)

    def _open_offered(self, path: Path) -> None:
        if self.run is None:
            self.open([path])

    def _show_live_only(self, shown: bool) -> None:
        for widget in self._live_only:
            widget.setVisible(shown)

    def _remove_file_layer(self) -> None:
        if self._file_layer is not None and self._file_layer in self._viewer.layers:
            self._viewer.layers.remove(self._file_layer)
        self._file_layer = None


def _lines(texts: Sequence[str]) -> str:
    return "\n".join(text for text in texts if text)
