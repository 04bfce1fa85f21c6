"""A picture of a frame with its skyrmions outlined."""

from __future__ import annotations

import cv2
import numpy as np
import pandas as pd

from .normalise import replace_non_finite

#: Turquoise, clear on grey.
OUTLINE_RGB = (64, 224, 208)
#: Skyrmions at the border, which the mean diameter leaves out.
BORDER_RGB = (120, 150, 200)
#: Stripes, which are not counted.
STRIPE_RGB = (255, 160, 64)
_TEXT_RGB = (255, 255, 255)
_SMALL_SIDE = 1000
_STRETCH_PERCENT = (0.5, 99.5)


def draw_overlay(
    pixels: np.ndarray,
    labels: np.ndarray,
    table: pd.DataFrame | None = None,
    pixel_size_nm: float | None = None,
) -> np.ndarray:
    """Draw a frame in grey with thin outlines of its skyrmions.

    Parameters
    ----------
    pixels
        Shape (height, width).
    labels
        Integers of the same shape, 0 is background.
    table
        With the columns `label`, `touches_border` and `is_stripe`; skyrmions at the border are then
        drawn paler, and stripes orange.
    pixel_size_nm
        Draws a scale bar.

    Returns
    -------
    np.ndarray
        uint8 RGB of shape (s height, s width, 3); s is 2 for images under 1000 pixels, otherwise 1.
    """
    zoom = 2 if max(pixels.shape) < _SMALL_SIDE else 1
    grey = _stretched(pixels)
    if zoom > 1:
        grey = cv2.resize(grey, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
        labels = np.repeat(np.repeat(labels, zoom, axis=0), zoom, axis=1)
    picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)
    outline = label_outlines(labels)
    for _ in range(zoom - 1):  # as thick as a pixel of the frame
        outline = np.maximum(outline, label_outlines(np.where(outline, 0, labels)))
    picture[outline > 0] = OUTLINE_RGB
    if table is not None:
        for column, colour in (("touches_border", BORDER_RGB), ("is_stripe", STRIPE_RGB)):
            chosen = np.zeros(int(labels.max()) + 1, bool)
            chosen[table.loc[table[column], "label"].to_numpy()] = True
            picture[chosen[outline]] = colour
    if pixel_size_nm is not None:
        _draw_scale_bar(picture, pixel_size_nm / zoom)
    return picture


def label_outlines(labels: np.ndarray) -> np.ndarray:
    """Return the label image with only the outermost pixels of every label left.

    A pixel is outermost when one of its four neighbours has another label; the edge of the image
    is none.
    """
    edge = np.zeros(labels.shape, bool)
    across, down = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    return np.where(edge, labels, 0)


def _stretched(pixels: np.ndarray) -> np.ndarray:
    """Return uint8 between two percentiles, so that hot pixels do not darken the picture."""
    pixels, _ = replace_non_finite(pixels)
    values = pixels.astype(np.float64)
    low, high = np.percentile(
        values.ravel()[:: max(1, values.size // 100_000) | 1], _STRETCH_PERCENT
    )
    if not low < high:
        return np.full(pixels.shape, 128, np.uint8)
    return np.rint(np.clip((values - low) / (high - low), 0, 1) * 255).astype(np.uint8)


def _draw_scale_bar(picture: np.ndarray, pixel_size_nm: float) -> None:
    """Draw a bar of a round length, at most a quarter of the width, at the lower left."""
    height, width = picture.shape[:2]
    longest_nm = width * pixel_size_nm / 4
    decade = 10.0 ** np.floor(np.log10(longest_nm))
    length_nm = max(f * decade for f in (1, 2, 5) if f * decade <= longest_nm * (1 + 1e-9))
    length = round(length_nm / pixel_size_nm)
    margin, thickness = max(2, width // 40), max(1, width // 200)
    if height < 4 * margin or length < 1:
        return  # too small a picture for a bar
    bottom = height - margin
    cv2.rectangle(
        picture, (margin, bottom - thickness), (margin + length, bottom), _TEXT_RGB, cv2.FILLED
    )
    draw_text(picture, f"{length_nm:g} nm", (margin, bottom - 3 * thickness))


def draw_text(picture: np.ndarray, text: str, place: tuple[int, int]) -> None:
    """Write into a picture, in white with a dark rim, which is legible on any ground.

    Parameters
    ----------
    picture
        uint8 RGB of shape (height, width, 3); its width settles the size of the letters.
    text
        One line of ASCII.
    place
        x, y of the lower left corner, in pixels.
    """
    scale = max(0.3, picture.shape[1] / 1000)
    weight, rim = round(max(1.0, scale)), max(1, round(2 * scale))
    # The rim is the text itself, moved: bolder letters would be wider, too.
    around = [(dy, dx) for dy in (-rim, 0, rim) for dx in (-rim, 0, rim) if dy or dx]
    for dy, dx in (*around, (0, 0)):
        cv2.putText(
            picture,
            text,
            (place[0] + dx, place[1] + dy),
            cv2.FONT_HERSHEY_SIMPLEX,
            scale,
            (0, 0, 0) if dy or dx else _TEXT_RGB,
            weight,
            cv2.LINE_AA,
        )
