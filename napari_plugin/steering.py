"""Lets controls, keys and clicks reach the model, and draws what comes of it."""

from __future__ import annotations

from collections.abc import Callable

from napari.viewer import Viewer

from .display_panel import DisplayPanel
from .filters import Filters
from .keys import Clicks, Keys
from .layers import CENTRES, FIVE_FOLD, PARTS, SEVEN_FOLD, TAILS, LiveLayers
from .model import LiveModel
from .playback_bar import PlaybackBar
from .selection_panel import SelectionPanel

#: What each key does while the picture has the focus.
KEYS = {
    "Space": "hold, or live again",
    "Left": "the frame before",
    "Right": "the next frame",
    "C": "the next colouring",
    "T": "tails",
    "P": "centre points",
    "D": "defects",
    "Escape": "select no skyrmion",
}


class Steering:
    """What the operator wants to see, from every control of the picture.

    Parameters
    ----------
    viewer
        Its keys and clicks are listened to.
    model
        The run.
    layers
        Where it is drawn.
    playback, display, selected
        The controls.
    on_change
        Called when the frame on the screen was drawn anew.
    """

    def __init__(
        self,
        viewer: Viewer,
        model: LiveModel,
        layers: LiveLayers,
        playback: PlaybackBar,
        display: DisplayPanel,
        selected: SelectionPanel,
        on_change: Callable[[], None],
    ) -> None:
        self._model = model
        self._layers = layers
        self._playback, self._display, self._selected = playback, display, selected
        self._on_change = on_change
        playback.toggled.connect(self.hold_or_live)
        playback.sought.connect(self.seek)
        display.colouring_chosen.connect(self.set_colouring)
        display.filters_chosen.connect(self.set_filters)
        display.switched.connect(layers.set_shown)
        layers.on_switched = display.show_switch
        for name in PARTS:
            display.show_switch(name, layers.is_shown(name))
        self._keys = Keys(viewer, self._actions())
        self._clicks = Clicks(viewer, self._click)
        self.show_choices()

    def close(self) -> None:
        """Listen to keys and clicks no more."""
        self._keys.close()
        self._clicks.close()

    def hold_or_live(self) -> None:
        """Stop the picture at the present frame, or let it be live again."""
        recent = self._model.view.recent
        if recent.held is None:
            recent.hold()
        else:
            recent.live()
        self.redraw()

    def seek(self, position: int) -> None:
        """Hold the recent frame at `position`."""
        self._model.view.recent.seek(position)
        self.redraw()

    def step(self, by: int) -> None:
        """Hold the frame `by` further on among the recent ones."""
        self.seek(self._model.view.recent.position + by)

    def set_colouring(self, by: str) -> None:
        """Colour outlines by a key of `colouring.COLOURINGS`."""
        self._model.view.colour_by = by
        self.redraw()

    def set_filters(self, filters: Filters) -> None:
        """Show only what passes `filters`."""
        self._model.view.filters = filters
        self.redraw()

    def clear_selection(self) -> None:
        """Select no skyrmion."""
        self._model.view.selection = None
        self.redraw()

    def redraw(self) -> None:
        """Draw the frame on the screen anew, after a change of what is wanted."""
        picture = self._model.picture()
        if picture is not None:
            self._layers.show(picture)
        self.show_choices()
        self._on_change()

    def show_choices(self) -> None:
        """Let the controls show what the model says."""
        view = self._model.view
        self._playback.follow(view.recent)
        self._display.follow(view)
        self._selected.follow(view, self._model.displayed)

    def _actions(self) -> dict[str, Callable[[], None]]:
        return {
            "Space": self.hold_or_live,
            "Left": lambda: self.step(-1),
            "Right": lambda: self.step(1),
            "C": lambda: self.set_colouring(self._model.view.next_colouring()),
            "D": lambda: self._flip(FIVE_FOLD, SEVEN_FOLD),
            "T": lambda: self._flip(TAILS),
            "P": lambda: self._flip(CENTRES),
            "Escape": self.clear_selection,
        }

    def _flip(self, *names: str) -> None:
        shown = not self._layers.is_shown(names[0])
        for name in names:
            self._layers.set_shown(name, shown)

    def _click(self, position: tuple[float, ...]) -> None:
        snapshot = self._model.displayed
        if snapshot is not None:
            self._model.view.click(snapshot, *self._layers.to_pixels(position))
            self.redraw()
