"""Buttons that say what they do."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtWidgets import QPushButton


def push_button(text: str, tip: str, act: Callable[[], object]) -> QPushButton:
    """Return a button with a tooltip; `act` is called without what Qt tells of the click."""
    button = QPushButton(text)
    button.setToolTip(tip)
    button.clicked.connect(lambda: act())
    return button
