"""The dock widget "SkyrmNet Live": a thin shell around model, layers, plots and connection."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

from napari.viewer import Viewer
from qtpy.QtCore import QEvent, Qt, QTimer
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import QScrollArea, QSizePolicy, QTabWidget, QVBoxLayout, QWidget

from ..stream.errors import UserError
from ..stream.security import ClientAccess
from .connect_panel import DEFAULT_ADDRESS, ConnectPanel
from .connection import Connection
from .curves_panel import CurvesPanel
from .display_panel import DisplayPanel
from .group import Group
from .key_list import KeyList
from .model import LiveModel, Status
from .playback_bar import PlaybackBar
from .recordings.recording_layers import RecordingLayers
from .recordings.recording_mode import RecordingMode
from .recordings.recording_panel import RecordingPanel
from .running.desk import RunDesk
from .selection_panel import SelectionPanel
from .snapshot import Delivery
from .status_texts import StatusTexts, whole_status
from .steering import Steering
from .theme import warning_colour

__all__ = ["DEFAULT_ADDRESS", "LiveWidget"]
_REFRESH_HZ = 25
_STATUS_HZ = 4


class LiveWidget(QWidget):
    """Starts a run or connects to one, and shows its newest frame and its curves.

    Closing it ends the connection and no run; for the window and the program see `CloseGuard`.

    Parameters
    ----------
    napari_viewer
        The viewer to draw into; napari hands it over by this name.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.viewer = napari_viewer
        self.model = LiveModel()
        self.connection = Connection()
        self._insecure_address: str | None = None
        self._layers = RecordingLayers(napari_viewer)
        self._build()
        self.steering = Steering(
            napari_viewer,
            self.model,
            self._layers,
            self.playback,
            self.display,
            self.selected,
            self._show_status,
        )
        self.recordings = RecordingMode(
            napari_viewer,
            model=self.model,
            layers=self._layers,
            curves=self.curves,
            steering=self.steering,
            panel=self.recording_panel,
            live_only=(self.playback, self.desk.engines),
            on_change=self._show_status,
            before_opening=self._make_way_for_recording,
        )
        self._timer = QTimer(self)
        self._timer.setInterval(1000 // _REFRESH_HZ)
        self._timer.timeout.connect(self.refresh)
        self._status_timer = QTimer(self)
        self._status_timer.setInterval(1000 // _STATUS_HZ)
        self._status_timer.timeout.connect(self._show_status)

        # When the window goes, only this is left to say so. A lambda: PySide may forget a bound
        # method of an object that is not one of Qt (seen when windows had been opened before).
        connection = self.connection
        self.destroyed.connect(lambda: connection.stop())
        napari_viewer.events.theme.connect(self._follow_theme)
        self._follow_theme()
        self._show_status()

    def _build(self) -> None:
        self.connecting = ConnectPanel()
        self.connecting.pressed.connect(self.connect_or_disconnect)
        self.address, self.server_key = self.connecting.address, self.connecting.server_key
        self.button = self.connecting.button
        #: Where what is shown comes from, one tab each.
        self.sources = QTabWidget()
        self.desk = RunDesk(self)
        self.desk.ready.connect(self.connect_to_run)
        self.desk.ended.connect(self.disconnect_from_run)
        self.sources.addTab(self.desk.panel, "Run here")
        self.sources.addTab(self.connecting, "Watch a run")
        self.recording_panel = RecordingPanel()
        place = self.sources.addTab(self.recording_panel, "Recording")
        self.sources.setTabToolTip(place, "Look at a finished run or at images, and analyse them")
        self.sources.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.sources.setTabToolTip(0, "Start a run on this computer, and steer it")
        self.sources.setTabToolTip(1, "Watch a run that goes on here or elsewhere")
        self.texts = StatusTexts()
        self.headline, self.details = self.texts.headline, self.texts.details
        self.warnings = self.texts.warnings
        self.curves = CurvesPanel(self.model, self)
        self.playback = PlaybackBar()
        self.display = DisplayPanel()
        self.selected = SelectionPanel()

        layout = QVBoxLayout(self)
        for widget in (self.sources, self.desk.engines, self.texts, self.playback):
            layout.addWidget(widget)
        groups = QWidget()
        inner = QVBoxLayout(groups)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(Group("Picture", self.display, open_at_first=False))
        inner.addWidget(Group("Selected skyrmion", self.selected))
        inner.addWidget(self.curves, stretch=1)
        inner.addWidget(Group("Keys in the picture", KeyList(), open_at_first=False))
        scroll = QScrollArea()
        scroll.setWidget(groups)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout.addWidget(scroll, stretch=1)
        self.setMinimumWidth(360)

    def connect_or_disconnect(self) -> None:
        """Do what the button says."""
        if self.connection.address is not None:
            self.disconnect_from_run()
        else:
            address = self.address.text().strip()
            # What was allowed for an address stays so: nobody can say --insecure in a window.
            insecure = address == self._insecure_address
            self.connect_to_run(address, self.server_key.text().strip(), insecure=insecure)

    def connect_to_run(
        self,
        address: str,
        server_key: str = "",
        keys_folder: Path | None = None,
        *,
        insecure: bool = False,
    ) -> None:
        """Start watching the results published at `address`, from an empty history.

        Parameters
        ----------
        address
            ZeroMQ address of the publisher.
        server_key
            Its public key or the file of one, where it is on the network.
        keys_folder
            Where the own key is; by default where `skyrmlive keys` keeps it.
        insecure
            Allow an address on the network without keys, now and when the button is pressed again.
        """
        self.disconnect_from_run()
        if not self.desk.running:
            self.sources.setCurrentWidget(self.connecting)
        self.recordings.close()
        self.address.setText(address)
        self.server_key.setText(server_key)
        try:
            access = ClientAccess.from_folder(server_key, keys_folder) if server_key else None
            self.connection.start(address, access, insecure=insecure)
        except UserError as error:
            self.texts.show_status(Status(warnings=str(error)))
            return
        if insecure:
            self._insecure_address = address
        self.model.clear()
        self.curves.draw()
        self.connecting.show_connected(True)
        self._timer.start()
        self._status_timer.start()
        self._show_status()

    def open_recording(self, path: Path | str) -> None:
        """Show a recording, or image files, in place of a live run.

        Parameters
        ----------
        path
            Folder of a recording, an image file, or a folder of image files.
        """
        self.recordings.open([path])

    def _make_way_for_recording(self) -> None:
        self.disconnect_from_run()
        self.sources.setCurrentWidget(self.recording_panel)

    def disconnect_from_run(self) -> None:
        """Stop watching; what is on the screen stays."""
        self._timer.stop()
        self._status_timer.stop()
        self.connection.stop()
        self._layers.finish()
        self.connecting.show_connected(False)
        self._show_status()

    def refresh(self) -> None:
        """Draw what has come since the last time, if anything."""
        self._layers.show_drawn()
        delivery = self.connection.mailbox.take()
        if delivery is not None:
            self._draw(delivery)

    def _draw(self, delivery: Delivery) -> None:
        self.model.add(delivery, monotonic())
        picture = None if self.model.view.recent.held is not None else self.model.picture()
        if picture is not None:
            self._layers.show_soon(picture)
        self.steering.show_choices()
        self.curves.draw()
        self._show_status()
        displayed = self.model.displayed
        if displayed is not None:
            result = displayed.result
            self.desk.engines.set_steered(self.desk.running or self.connection.address is None)
            self.desk.engines.follow(result.summary.engine, result.metadata)

    def _show_status(self) -> None:
        recorded = self.recordings.status()
        self.texts.show_status(recorded or whole_status(self.model, self.connection, monotonic()))

    def _follow_theme(self) -> None:
        for part in (self.curves, self.selected, self.texts):
            part.set_theme(self.viewer.theme)
        self.recordings.mark_frame()
        warning = warning_colour(self.viewer.theme)
        self.desk.engines.set_warning_colour(warning)
        self.desk.panel.set_warning_colour(warning)

    def event(self, event: QEvent) -> bool:
        """Stop when napari takes the widget out of its dock, which sends no close event."""
        if event.type() == QEvent.Type.ParentChange and self.parent() is None:
            self._tear_down()
        return super().event(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # the name is Qt's
        """Stop when closed as a window of its own."""
        self._tear_down()
        super().closeEvent(event)

    def _tear_down(self) -> None:
        self.viewer.events.theme.disconnect(self._follow_theme)
        self.desk.close()
        self.recordings.tear_down()
        self.steering.close()
        self.disconnect_from_run()
        self._layers.close()
