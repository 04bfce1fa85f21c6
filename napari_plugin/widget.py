"""The dock widget "SkyrmNet Live": a thin shell around model, layers, plots and connection."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

from napari.utils.theme import get_theme
from napari.viewer import Viewer
from qtpy.QtCore import QEvent, Qt, QTimer
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..stream.errors import UserError
from ..stream.security import ClientAccess
from .connection import Connection
from .curves_panel import CurvesPanel
from .display_panel import DisplayPanel
from .filters import Filters
from .group import Group
from .keys import Clicks, Keys
from .layers import CENTRES, FIVE_FOLD, ORDER, SEVEN_FOLD, TAILS, LiveLayers
from .model import LiveModel, Status
from .playback_bar import PlaybackBar
from .run_status import run_details, run_warnings
from .selection_panel import SelectionPanel
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
        self._steer()

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
        self.curves = CurvesPanel(self.model, self)

        self.playback = PlaybackBar()
        self.display = DisplayPanel()
        self.selected = SelectionPanel()

        top = QHBoxLayout()
        top.addWidget(self.address, stretch=1)
        top.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.server_key)
        for widget in (self.headline, self.details, self.warnings, self.playback):
            layout.addWidget(widget)
        groups = QWidget()
        inner = QVBoxLayout(groups)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(Group("Picture", self.display, open_at_first=False))
        inner.addWidget(Group("Selected skyrmion", self.selected))
        inner.addWidget(self.curves, stretch=1)
        scroll = QScrollArea()
        scroll.setWidget(groups)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout.addWidget(scroll, stretch=1)
        self.setMinimumWidth(360)

    def _steer(self) -> None:
        """Let controls, keys and clicks reach the model."""
        self.playback.toggled.connect(self.hold_or_live)
        self.playback.sought.connect(self.seek)
        self.display.colouring_chosen.connect(self.set_colouring)
        self.display.filters_chosen.connect(self.set_filters)
        self.display.switched.connect(self._layers.set_shown)
        self._layers.on_switched = self.display.show_switch
        for name in ORDER:
            self.display.show_switch(name, self._layers.is_shown(name))
        actions = {
            "Space": self.hold_or_live,
            "Left": lambda: self.step(-1),
            "Right": lambda: self.step(1),
            "C": lambda: self.set_colouring(self.model.view.next_colouring()),
            "D": lambda: self._flip(FIVE_FOLD, SEVEN_FOLD),
            "T": lambda: self._flip(TAILS),
            "P": lambda: self._flip(CENTRES),
            "Escape": self.clear_selection,
        }
        self._keys = Keys(self.viewer, actions)
        self._clicks = Clicks(self.viewer, self._click)
        self._show_choices()

    def hold_or_live(self) -> None:
        """Stop the picture at the present frame, or let it be live again."""
        recent = self.model.view.recent
        if recent.held is None:
            recent.hold()
        else:
            recent.live()
        self._redraw()

    def seek(self, position: int) -> None:
        """Hold the recent frame at `position`."""
        self.model.view.recent.seek(position)
        self._redraw()

    def step(self, by: int) -> None:
        """Hold the frame `by` further on among the recent ones."""
        self.seek(self.model.view.recent.position + by)

    def set_colouring(self, by: str) -> None:
        """Colour outlines by a key of `colouring.COLOURINGS`."""
        self.model.view.colour_by = by
        self._redraw()

    def set_filters(self, filters: Filters) -> None:
        """Show only what passes `filters`."""
        self.model.view.filters = filters
        self._redraw()

    def clear_selection(self) -> None:
        """Select no skyrmion."""
        self.model.view.selection = None
        self._redraw()

    def _flip(self, *names: str) -> None:
        shown = not self._layers.is_shown(names[0])
        for name in names:
            self._layers.set_shown(name, shown)

    def _click(self, position: tuple[float, ...]) -> None:
        snapshot = self.model.displayed
        if snapshot is not None:
            self.model.view.click(snapshot, *self._layers.to_pixels(position))
            self._redraw()

    def _redraw(self) -> None:
        """Draw the frame on the screen anew, after a change of what is wanted."""
        picture = self.model.picture()
        if picture is not None:
            self._layers.show(picture)
        self._show_choices()
        self._show_status()

    def _show_choices(self) -> None:
        view = self.model.view
        self.playback.follow(view.recent)
        self.display.follow(view)
        self.selected.follow(view, self.model.displayed)

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
        picture = None if self.model.view.recent.held is not None else self.model.picture()
        if picture is not None:
            self._layers.show(picture)
        self._show_choices()
        self._draw_curves()
        self._show_status()

    def _draw_curves(self) -> None:
        self.curves.draw()

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
        self.curves.set_theme(self.viewer.theme)
        self.selected.set_theme(self.viewer.theme)
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
        self._keys.close()
        self._clicks.close()
        self._layers.close()
        self.disconnect_from_run()
