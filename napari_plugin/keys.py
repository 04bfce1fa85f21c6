"""Keys and clicks in the picture, for as long as the widget is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from napari.viewer import Viewer


class Keys:
    """Binds keys of the viewer; what they did before comes back in the end.

    Parameters
    ----------
    viewer
        Its canvas must have the focus for a key to act.
    actions
        What each key does.
    """

    def __init__(self, viewer: Viewer, actions: dict[str, Callable[[], None]]) -> None:
        self._viewer = viewer
        self._before = {
            key: viewer.bind_key(key, _ignoring_viewer(action), overwrite=True)
            for key, action in actions.items()
        }

    def close(self) -> None:
        """Give the keys back."""
        for key, before in self._before.items():
            self._viewer.bind_key(key, before, overwrite=True)
        self._before = {}


class Clicks:
    """Calls back with the place of a click in the picture; dragging is no click.

    Parameters
    ----------
    viewer
        Where to listen.
    on_click
        Called with the position in the world of the viewer.
    """

    def __init__(self, viewer: Viewer, on_click: Callable[[tuple[float, ...]], None]) -> None:
        self._viewer = viewer
        self._on_click = on_click
        viewer.mouse_drag_callbacks.append(self._pressed)

    def close(self) -> None:
        """Listen no more."""
        if self._pressed in self._viewer.mouse_drag_callbacks:
            self._viewer.mouse_drag_callbacks.remove(self._pressed)

    def _pressed(self, viewer: Viewer, event: Any) -> Iterator[None]:
        if event.button != 1:
            return
        position = tuple(event.position)
        dragged = False
        yield
        while event.type == "mouse_move":
            dragged = True
            yield
        if not dragged:
            self._on_click(position)


def _ignoring_viewer(action: Callable[[], None]) -> Callable[[Viewer], None]:
    def act(viewer: Viewer) -> None:
        action()

    return act
