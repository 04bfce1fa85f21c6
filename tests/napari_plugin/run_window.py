"""What the tests share that start runs from a window."""

from pathlib import Path

ANY_PORT = "tcp://127.0.0.1:*"
PATIENCE_MS = 150_000
_OUTPUT = Path(__file__).parents[2] / "test-output"


def picture(qtbot, viewer, name):
    """Write what the window looks like, for people."""
    qtbot.wait(300)  # layouts and the canvas settle
    _OUTPUT.mkdir(exist_ok=True)
    viewer.screenshot(_OUTPUT / f"{name}.png", canvas_only=False, flash=False)
