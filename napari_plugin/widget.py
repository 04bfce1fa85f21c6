"""The dock widget "SkyrmNet Live": a thin shell around model, layers, plots and connection."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

from napari.utils.theme import get_theme
from napari.viewer import Viewer
from qtpy.QtCore import QEvent, Qt, QTimer
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..stream.errors import UserError
from ..stream.security import ClientAccess
from .connection import Connection
from .layers import LiveLayers
from .model import LiveModel, Status
from .plots import AXES, LivePlots
from .run_status import run_details, run_warnings
from .snapshot import Delivery

DEFAULT_ADDRESS = "tcp://127.0.0.1:5556"
_REFRESH_HZ = 25
_STATUS_HZ = 4


class LiveWidget(QWidget):
    """Connects to a running `skyrmlive serve` and shows its newest frame and the curves of its run.

    Closing it, the window or the program ends the connection.

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
        self._layers = LiveLayers(napari_viewer)
        self._build()

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
        self.address = QLineEdit(DEFAULT_ADDRESS)
        self.address.setToolTip("Where skyrmlive serve publishes its results")
        self.address.returnPressed.connect(self.connect_or_disconnect)
        self.server_key = QLineEdit()
        self.server_key.setPlaceholderText("key of that computer; none on this one")
        self.server_key.setToolTip(
            "On the network: the public key of the computer that serve runs on, or its file. "
            "Your own comes from `skyrmlive keys new` and must be authorised there."
        )
        self.button = QPushButton("Connect")
        self.button.setToolTip("Start or stop watching; the run itself is not touched")
        self.button.clicked.connect(self.connect_or_disconnect)
        self.headline, self.details, self.warnings = QLabel(), QLabel(), QLabel()
        for label in (self.headline, self.details, self.warnings):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.axis = QComboBox()
        self.axis.setToolTip("Horizontal axis of the curves")
        for column, name in AXES.items():
            self.axis.addItem(name, column)
        self.axis.currentIndexChanged.connect(self._draw_curves)
        self.plots = LivePlots(self)

        top, axis_row = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.address, stretch=1)
        top.addWidget(self.button)
        axis_row.addWidget(QLabel("Curves against"))
        axis_row.addWidget(self.axis, stretch=1)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.server_key)
        for widget in (self.headline, self.details, self.warnings):
            layout.addWidget(widget)
        layout.addWidget(self.plots, stretch=1)
        layout.addLayout(axis_row)
        self.setMinimumWidth(360)

    def connect_or_disconnect(self) -> None:
        """Do what the button says."""
        if self.connection.address is not None:
            self.disconnect_from_run()
        else:
            self.connect_to_run(self.address.text().strip(), self.server_key.text().strip())

    def connect_to_run(
        self, address: str, server_key: str = "", keys_folder: Path | None = None
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
        """
        self.disconnect_from_run()
        self.address.setText(address)
        self.server_key.setText(server_key)
        try:
            access = ClientAccess.from_folder(server_key, keys_folder) if server_key else None
            self.connection.start(address, access)
        except UserError as error:
            self._show_texts(Status(warnings=str(error)))
            return
        self.model.clear()
        self._draw_curves()
        self.button.setText("Disconnect")
        self._enable_entries(False)
        self._timer.start()
        self._status_timer.start()
        self._show_status()

    def disconnect_from_run(self) -> None:
        """Stop watching; what is on the screen stays."""
        self._timer.stop()
        self._status_timer.stop()
        self.connection.stop()
        self.button.setText("Connect")
        self._enable_entries(True)
        self._show_status()

    def _enable_entries(self, enabled: bool) -> None:
        self.address.setEnabled(enabled)
        self.server_key.setEnabled(enabled)

    def refresh(self) -> None:
        """Draw what has come since the last time, if anything."""
        delivery = self.connection.mailbox.take()
        if delivery is not None:
            self._draw(delivery)

    def _draw(self, delivery: Delivery) -> None:
        self.model.add(delivery, monotonic())
        if self.model.newest is not None:
            self._layers.show(self.model.newest, self.model.tails.vertices())
        self._draw_curves()
        self._show_status()

    def _draw_curves(self) -> None:
        self.plots.draw(self.model.history, self.axis.currentData())

    def _show_status(self) -> None:
        address = self.connection.address
        status = self.model.status(monotonic())
        if address is None:
            prefix = "Not connected"
        elif self.model.newest is None:
            prefix = f"Waiting for results from {address}"
        else:
            prefix = ""
        run = self.connection.status
        items = [] if run is None else run_details(run)
        # Lines may break between two items, not within one.
        items = [item.replace(" ", "\N{NO-BREAK SPACE}") for item in items]
        details = [prefix, status.details, *items]
        warnings = [
            self.connection.problem,
            status.warnings,
            *(() if run is None else run_warnings(run)),
        ]
        self._show_texts(
            Status(
                status.headline,
                "  ·  ".join(text for text in details if text),
                "\n".join(text for text in warnings if text),
            )
        )

    def _show_texts(self, status: Status) -> None:
        for label, text in (
            (self.headline, status.headline),
            (self.details, status.details),
            (self.warnings, status.warnings),
        ):
            if label.text() != text:
                label.setText(text)
            label.setVisible(bool(text))

    def _follow_theme(self) -> None:
        theme = get_theme(self.viewer.theme)
        self.plots.set_theme(self.viewer.theme)
        self.headline.setStyleSheet("font-size: 16pt;")
        self.warnings.setStyleSheet(f"color: {theme.warning.as_hex()};")

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
        self.disconnect_from_run()
