"""Score an engine against ground truth at several levels of noise.

Images go through the same normalisation and the same backend as a frame at the microscope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import tifffile

from ...inference.engine import Engine
from ...inference.normalise import normalise
from ...stream.errors import UserError
from .examples import ExampleSource
from .metrics import segmentation_scores
from .noise import stretched, with_gaussian_noise

NOISE_LEVELS_PERCENT = (0.0, 10.0, 20.0, 50.0, 100.0)


@dataclass(frozen=True)
class TruthPair:
    """An image without added noise, float32 (height, width), its mask and, if known, core, bool."""

    image: np.ndarray
    mask: np.ndarray
    core: np.ndarray | None = None


def pairs_from_films(source: ExampleSource) -> Iterator[TruthPair]:
    """Yield one pair a film, at the exact imaging condition, stretched to [0, 1]."""
    optics = source.optics
    for film in range(len(source)):
        image, labels = source.clean(film, optics.defocus_nm, optics.tilt_deg, 0, False)
        yield TruthPair(stretched(image).astype(np.float32), labels[0] > 0.5, labels[1] > 0.5)


def pairs_from_folder(folder: Path) -> Iterator[TruthPair]:
    """Yield the pairs NAME_image.tif, NAME_label.tif of a folder.

    Raises
    ------
    UserError
        If there is none.
    """
    images = sorted(folder.glob("*_image.tif"))
    if not images:
        raise UserError(f"{folder} holds no pairs NAME_image.tif and NAME_label.tif.")
    for path in images:
        label = path.with_name(path.name.replace("_image.tif", "_label.tif"))
        if not label.exists():
            raise UserError(f"{path.name} has no {label.name} beside it.")
        yield TruthPair(tifffile.imread(path).astype(np.float32), tifffile.imread(label) > 0)


def _padded(image: np.ndarray, multiple: int) -> np.ndarray:
    rows, columns = (-side % multiple for side in image.shape)
    return cv2.copyMakeBorder(image, 0, rows, 0, columns, cv2.BORDER_REFLECT_101)


def evaluate(
    engine: Engine,
    pairs: Iterable[TruthPair],
    noise_percent: Iterable[float] = NOISE_LEVELS_PERCENT,
    seed: int = 0,
    on_pair: Callable[[], None] | None = None,
) -> pd.DataFrame:
    """Return the scores of every pair at every level of noise.

    Gaussian noise of `noise_percent` of the mean intensity is added to each image; the mask is
    where the engine's probability exceeds one half.

    Returns
    -------
    DataFrame with columns `noise_percent, pair, subset_accuracy, f1, jaccard` of the mask,
    `area_ratio` (found over true mask area) and `diameter_ratio` (found over true diameter at
    Mz = 0: the root of the ratio of all cores' area), NaN where there is nothing to compare.
    """
    levels = list(noise_percent)
    rows = []
    for number, pair in enumerate(pairs):
        height, width = pair.image.shape
        for level in levels:
            rng = np.random.default_rng([seed, number, round(level * 10)])
            noisy = normalise(with_gaussian_noise(pair.image, level, rng))
            batch = _padded(noisy, engine.condition.size_multiple)[None, None]
            mask, core = engine.backend.infer(batch)[0, :, :height, :width] > 0.5
            rows.append(
                {
                    "noise_percent": level,
                    "pair": number,
                    **segmentation_scores(mask, pair.mask),
                    "area_ratio": _area_ratio(mask, pair.mask),
                    "diameter_ratio": np.sqrt(_area_ratio(core, pair.core)),
                }
            )
        if on_pair:
            on_pair()
    return pd.DataFrame(rows)


def _area_ratio(found: np.ndarray, true: np.ndarray | None) -> float:
    if true is None or not true.any():
        return float("nan")
    return float(np.count_nonzero(found) / np.count_nonzero(true))


def summarise(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the mean over the pairs at each level of noise, indexed by `noise_percent`."""
    return pd.DataFrame(scores.drop(columns="pair").groupby("noise_percent").mean())


def plot_scores(summary: pd.DataFrame, title: str, path: Path) -> None:
    """Draw the three measures against noise, as figure 3(f) of the paper does, into a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    names = {"subset_accuracy": "subset accuracy", "f1": "F1", "jaccard": "Jaccard index"}
    for column, name in names.items():
        axes.plot(summary.index, summary[column], marker="o", label=name)
    axes.set(xlabel="Gaussian noise (% of mean intensity)", ylabel="score", title=title)
    axes.set_ylim(min(0.5, float(summary["jaccard"].min()) - 0.05), 1.0)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)
