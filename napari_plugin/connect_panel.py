"""Where to listen: the address of a run and the key of its computer."""

from __future__ import annotations

from qtpy.QtCore import Signal  # pyright: ignore[reportPrivateImportUsage]
from qtpy.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

DEFAULT_ADDRESS = "tcp://127.0.0.1:5556"


class ConnectPanel(QWidget):
    """Watches a run that goes on somewhere; it tells the widget and decides nothing."""

    #: The button was pressed, or Return in the address.
    pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.address = QLineEdit(DEFAULT_ADDRESS)
        self.address.setToolTip("Where skyrmlive serve publishes its results")
        self.address.returnPressed.connect(self.pressed)
        self.server_key = QLineEdit()
        self.server_key.setPlaceholderText("key of that computer; none on this one")
        self.server_key.setToolTip(
            "On the network: the public key of the computer that serve runs on, or its file. "
            "Your own comes from `skyrmlive keys new` and must be authorised there."
        )
        self.button = QPushButton("Connect")
        self.button.setToolTip("Start or stop watching; the run itself is not touched")
        self.button.clicked.connect(self.pressed)
        top = QHBoxLayout()
        top.addWidget(self.address, stretch=1)
        top.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addLayout(top)
        layout.addWidget(self.server_key)

    def show_connected(self, connected: bool) -> None:
        """Show whether a run is watched: then its address stays as it is."""
        self.button.setText("Disconnect" if connected else "Connect")
        self.address.setEnabled(not connected)
        self.server_key.setEnabled(not connected)
