"""All marks of a picture in one image of colour indices, the cheapest thing napari can show."""

from __future__ import annotations

from collections.abc import Collection

import cv2
import numpy as np

from .colouring import BOND, CENTRE, FIVE, RIM, SEVEN, TAILS_BY_AGE, value_of_label
from .outlines import SHIFT, to_fixed
from .picture import Picture

OUTLINES, TAILS, BONDS, CENTRES = "outlines", "tails", "lattice bonds", "centres"
FIVE_FOLD, SEVEN_FOLD = "five neighbours or fewer", "seven neighbours or more"
#: What can be drawn, from the lowest to the uppermost.
PARTS = (BONDS, OUTLINES, TAILS, CENTRES, FIVE_FOLD, SEVEN_FOLD)

_FINE_PX = 2048  # small frames are drawn as finely as large ones
_FINEST = 4
_TRIANGLE = np.array([(0.0, -1.15), (1.0, 0.6), (-1.0, 0.6)])  # x, y; y runs down
_SQUARE = np.array([(-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)])


def zoom_of(shape: tuple[int, int]) -> int:
    """Return how many pixels of the drawing there are for one of a frame of `shape`."""
    return max(1, min(_FINEST, _FINE_PX // max(shape)))


def draw(picture: Picture, parts: Collection[str]) -> np.ndarray:
    """Draw those of `PARTS` that are in `parts`: slow work, for a thread beside the window.

    Returns
    -------
    numpy.ndarray
        Colour indices, see `colouring.colours`: uint8 of the shape of the picture times
        `zoom_of` it.
    """
    height, width = picture.shape
    zoom = zoom_of(picture.shape)
    image = np.zeros((zoom * height, zoom * width), np.uint8)
    if BONDS in parts:
        _lines(image, picture.bonds(), zoom, BOND)
    outlines = picture.snapshot.outlines
    # A frame without labels must not wear the outlines of another one.
    if OUTLINES in parts and outlines is not None and outlines.shape == picture.shape:
        table = picture.snapshot.result.table
        outlines.draw(image, zoom, value_of_label(table, picture.indices, picture.shown))
    if BONDS in parts or OUTLINES in parts:
        # Thicker lines by one pass over the image, several times as fast as drawing them thick;
        # the higher index, an outline, wins over a bond.
        image = cv2.dilate(image, np.ones((_thickness(zoom),) * 2, np.uint8))
    if TAILS in parts:
        _draw_tails(image, picture.tails(), zoom)
    size = picture.typical_diameter_px()
    if CENTRES in parts:
        _draw_crosses(image, picture.centres(), zoom, max(0.11 * size, 1.5))
    radius = max(0.24 * size, 3.0)
    if FIVE_FOLD in parts:
        _draw_marks(image, picture.five_fold(), zoom, radius * _TRIANGLE, FIVE)
    if SEVEN_FOLD in parts:
        _draw_marks(image, picture.seven_fold(), zoom, radius * _SQUARE, SEVEN)
    return image


def _thickness(zoom: int) -> int:
    return 2 if zoom == 1 else 1 + zoom


def _lines(image: np.ndarray, ends: np.ndarray, zoom: int, index: int) -> None:
    """Draw lines between `ends`, x, y of shape (m, 2, 2)."""
    if len(ends):
        lines = list(to_fixed(ends, zoom))
        cv2.polylines(image, lines, False, index, 1, cv2.LINE_8, SHIFT)


def _draw_tails(image: np.ndarray, vertices: np.ndarray, zoom: int) -> None:
    """Draw `vertices` as `Tails.vertices` returns them, the older the fainter."""
    if not len(vertices):
        return
    vertices = vertices[np.lexsort((vertices[:, 1], vertices[:, 0]))]
    steps = len(TAILS_BY_AGE)
    # The last step has the newest vertices.
    step = np.clip(vertices[:, 1] * steps, 0, steps - 1).astype(np.int64)
    points = to_fixed(vertices[:, [3, 2]], zoom)
    same_track = vertices[1:, 0] == vertices[:-1, 0]
    bounds = np.flatnonzero((~same_track) | (step[1:] != step[:-1])) + 1
    starts, ends = np.append(0, bounds), np.append(bounds, len(points))
    joined = np.append(same_track, False)[ends - 1]  # a line goes on to where the next begins
    for number, index in enumerate(TAILS_BY_AGE):
        chosen = np.flatnonzero(step[starts] == number)
        lines = [points[starts[i] : ends[i] + joined[i]] for i in chosen]
        cv2.polylines(image, lines, False, index, (zoom + 1) // 2, cv2.LINE_8, SHIFT)


def _draw_crosses(image: np.ndarray, places: np.ndarray, zoom: int, arm: float) -> None:
    """Draw an upright cross at each of `places`, y, x of shape (m, 2)."""
    if len(places):
        middle = places[:, None, ::-1]
        for end in (np.array([arm, 0.0]), np.array([0.0, arm])):
            lines = list(to_fixed(np.concatenate([middle - end, middle + end], axis=1), zoom))
            cv2.polylines(image, lines, False, CENTRE, (zoom + 1) // 2, cv2.LINE_8, SHIFT)


def _draw_marks(
    image: np.ndarray, places: np.ndarray, zoom: int, corners: np.ndarray, index: int
) -> None:
    """Fill a polygon with a dark rim at each of `places`, y, x of shape (m, 2)."""
    if len(places):
        polygons = list(to_fixed(places[:, None, ::-1] + corners, zoom))
        cv2.fillPoly(image, polygons, index, cv2.LINE_8, SHIFT)
        cv2.polylines(image, polygons, True, RIM, (zoom + 1) // 2, cv2.LINE_8, SHIFT)
