"""Pictures of a finished run: a frame with outlines, and curves against the field."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..inference.overlay import draw_overlay
from ..stream.recording import Recording

#: Blur of the overlay's ground, in pixels: what the eye would do from a distance. The analysis has
#: seen the frame as it is recorded.
_SHOWN_BLUR_PX = 1.0


def telling_frame(frames: pd.DataFrame) -> int:
    """Return the number of the frame in which about 70 % of the most skyrmions are left.

    Parameters
    ----------
    frames
        One row a frame with the columns of `ResultSummary`.
    """
    count = frames["n_skyrmions"].to_numpy()
    row = np.abs(count - 0.7 * count.max()).argmin()
    return int(frames["frame"].to_numpy()[row])


def save_overlay(recording: Recording, frame: int, path: Path) -> None:
    """Write frame `frame` of a recording with its skyrmions outlined as a PNG."""
    labels = recording.labels(frame)
    if labels is None:
        raise ValueError(f"frame {frame} has no result")
    shown = recording.frame(frame)
    smooth = cv2.GaussianBlur(shown.pixels.astype(np.float32), (0, 0), _SHOWN_BLUR_PX)
    table = recording.table().query("frame == @frame")
    picture = draw_overlay(smooth, labels, table, shown.metadata.pixel_size_nm)
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


def save_curves(frames: pd.DataFrame, path: Path) -> None:
    """Draw number and mean diameter of the skyrmions against the field into a PNG.

    Parameters
    ----------
    frames
        One row a frame with the columns of `ResultSummary`.
    """
    figure = Figure(figsize=(6.4, 5.6), layout="constrained")
    number, diameter = figure.subplots(2, 1, sharex=True)
    field_mt = frames["field_mt"]
    number.plot(field_mt, frames["n_skyrmions"], ".-", color="tab:blue")
    number.set_ylabel("skyrmions in the frame")
    number.set_ylim(bottom=0)
    mean = frames["mean_diameter_nm"]
    low, high = frames["mean_diameter_low_nm"], frames["mean_diameter_high_nm"]
    diameter.plot(field_mt, mean, ".-", color="tab:red", label="mean")
    diameter.fill_between(
        field_mt,
        low.to_numpy(np.float64),
        high.to_numpy(np.float64),
        color="tab:red",
        alpha=0.2,
        linewidth=0,
        label="interval of the mean (90 %)",
    )
    diameter.set_ylabel("diameter at Mz = 0 (nm)")
    diameter.set_xlabel("applied field (mT)")
    diameter.legend(frameon=False)
    for axes in (number, diameter):
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=150)
