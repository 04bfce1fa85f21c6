"""Keys and clicks in the picture, for as long as the widget is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from napari.viewer import Viewer


class Keys:
    """Binds keys of the viewer; what they did before comes back in the end.

    The keys of the active layer come before those of the viewer (C of an image sets its contrast),
    so they are bound there as well, where it is one of the live layers.

    Parameters
    ----------
    viewer
        Its canvas must have the focus for a key to act.
    actions
        What each key does.
    """

    def __init__(self, viewer: Viewer, actions: dict[str, Callable[[], None]]) -> None:
        self._viewer = viewer
        self._actions = actions
        self._before: list[tuple[Any, dict[str, Any]]] = []
        self._known: set[Any] = set()
        self._bind(viewer)
        viewer.layers.selection.events.active.connect(self._follow_active)
        self._follow_active()

    def close(self) -> None:
        """Give the keys back."""
        self._viewer.layers.selection.events.active.disconnect(self._follow_active)
        for owner, before in reversed(self._before):
            for key, action in before.items():
                owner.bind_key(key, action, overwrite=True)
        self._before = []

    def _follow_active(self, event: Any = None) -> None:
        layer = self._viewer.layers.selection.active
        if layer is None or "skyrmlive" not in layer.metadata:
            return
        # Plugins get a new wrapper of a layer at every look: only its id tells which one it is.
        if layer.unique_id not in self._known:
            self._known.add(layer.unique_id)
            self._bind(layer)

    def _bind(self, owner: Any) -> None:
        before = {
            key: owner.bind_key(key, _ignoring_owner(action), overwrite=True)
            for key, action in self._actions.items()
        }
        self._before.append((owner, before))


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


def _ignoring_owner(action: Callable[[], None]) -> Callable[[Any], None]:
    def act(owner: Any) -> None:
        action()

    return act
