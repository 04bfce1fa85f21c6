"""How the gallery shows a film: colours, outlines, images and scale bars."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

MASK_COLOUR, CORE_COLOUR = "#1f77b4", "#d62728"


def magnetisation_colours(m: np.ndarray) -> np.ndarray:
    """Return RGB of unit vectors (3, ny, nx): in-plane direction as hue, Mz as lightness.

    White is along +z, black along -z, a pure colour lies in the plane. Shape (ny, nx, 3).
    """
    hue = (np.arctan2(m[1], m[0]) / (2 * np.pi)) % 1
    return hsv_to_rgb(np.stack([hue, np.clip(1 - m[2], 0, 1), np.clip(1 + m[2], 0, 1)], axis=-1))


def draw_magnetisation(axes: Axes, m: np.ndarray) -> None:
    """Draw unit vectors (3, ny, nx), with the colours' wheel in a corner."""
    axes.imshow(magnetisation_colours(m))
    wheel = axes.inset_axes((0.76, 0.02, 0.22, 0.22))
    wheel.imshow(_colour_wheel())
    wheel.axis("off")


def _colour_wheel(size: int = 161) -> np.ndarray:
    """Return RGBA of a disc that shows every direction: +z in the middle, -z along the rim."""
    y, x = np.mgrid[-1 : 1 : 1j * size, -1 : 1 : 1j * size]
    radius = np.hypot(x, y) / 0.92
    angle, polar = np.arctan2(y, x), np.pi * radius.clip(0, 1)
    m = np.stack([np.sin(polar) * np.cos(angle), np.sin(polar) * np.sin(angle), np.cos(polar)])
    colours = np.dstack([magnetisation_colours(m), np.ones_like(x)])
    colours[radius > 1] = (1, 1, 1, 1)  # a white ring sets it off
    colours[radius > 1 / 0.92] = 0
    return colours


def draw_label(axes: Axes, mz: np.ndarray, mask: np.ndarray, core: np.ndarray) -> None:
    """Draw Mz in grey with the outlines of mask and core, all of shape (ny, nx)."""
    axes.imshow(mz, cmap="gray", vmin=-1.6, vmax=1)
    for region, colour in ((mask, MASK_COLOUR), (core, CORE_COLOUR)):
        if region.any() and not region.all():
            axes.contour(region.astype(float), [0.5], colors=colour, linewidths=0.9)


def draw_image(axes: Axes, image: np.ndarray, half_range: float, greys: int = 256) -> None:
    """Draw intensities (ny, nx) in grey, from 1 - `half_range` to 1 + `half_range`.

    A noisy image needs no more than a few `greys`, and makes a smaller file so.
    """
    axes.imshow(
        image, cmap=colormaps["gray"].resampled(greys), vmin=1 - half_range, vmax=1 + half_range
    )


def save_small(figure: Figure, path: Path) -> None:
    """Write a picture as PNG with 86 levels a colour: no loss to the eye, a third off the file."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    Image.fromarray((np.minimum(pixels, 254) + 1) // 3 * 3).save(path, optimize=True)


def finish_panel(axes: Axes, title: str) -> None:
    """Leave only the picture and its title."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(title, fontsize=9)


def draw_scale_bar(axes: Axes, cell_size_nm: float) -> None:
    """Draw a bar of about a quarter of the panel's width, with its length."""
    low, high = sorted(axes.get_xlim())
    width_nm = (high - low) * cell_size_nm
    length_nm = max(n for n in (50, 100, 200, 500, 1000) if n <= 0.3 * width_nm)
    bar, unit = length_nm / cell_size_nm, (high - low) / 100
    bottom = max(axes.get_ylim())
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8}
    axes.add_patch(Rectangle((2 * unit, bottom - 12 * unit), bar + 4 * unit, 10 * unit, **box))
    axes.add_patch(Rectangle((4 * unit, bottom - 5 * unit), bar, 1.6 * unit, color="black"))
    axes.text(
        4 * unit + bar / 2,
        bottom - 6 * unit,
        f"{length_nm} nm",
        fontsize=7,
        ha="center",
        va="bottom",
    )
