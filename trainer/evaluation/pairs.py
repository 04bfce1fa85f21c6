"""The protocol of the authors' kit: their images and masks, with noise added to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import tifffile

from ...inference.segmenter import Segmenter
from ...stream.errors import UserError
from ..learning.noise import with_gaussian_noise
from .bootstrap import interval
from .conditions import NOISE_PERCENT, Condition, Setting
from .pixel_scores import PIXEL_SCORES, area_ratio, found_mask, pixel_scores


class TruthPair(NamedTuple):
    """An image without added noise, float32 (height, width), and its mask, bool."""

    name: str
    image: np.ndarray
    mask: np.ndarray


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
        name = path.name.removesuffix("_image.tif")
        yield TruthPair(name, tifffile.imread(path).astype(np.float32), tifffile.imread(label) > 0)


def score_pairs(
    segmenter: Segmenter,
    pairs: Iterable[TruthPair],
    noise_percent: Iterable[float] = NOISE_PERCENT,
    seed: int = 0,
    on_pair: Callable[[], None] | None = None,
) -> pd.DataFrame:
    """Return the scores of every pair at every level of noise.

    Gaussian noise of `noise_percent` of the mean intensity is added to each image. The engine is
    told its own nominal setting and pixel size, that the image is in the sample's geometry, and
    nothing of its blur.

    Returns
    -------
    DataFrame with columns `noise_percent`, `pair` (its name), `subset_accuracy`, `f1`, `jaccard` of
    the mask and `area_ratio` (found over true mask area, NaN where there is nothing to compare).
    """
    levels = list(noise_percent)
    condition = segmenter.engine.condition
    nominal = Setting.of(condition)
    told = Condition(nominal, nominal._replace(blur_px=None), noise_percent=0.0).metadata(
        condition.pixel_size_nm, condition.voltage_kv
    )
    rows = []
    for number, pair in enumerate(pairs):
        for level in levels:
            rng = np.random.default_rng([seed, number, round(level * 10)])
            mask = found_mask(segmenter.segment(with_gaussian_noise(pair.image, level, rng), told))
            scores = pixel_scores(mask, pair.mask)
            ratio = area_ratio(mask, pair.mask)
            rows.append({"noise_percent": level, "pair": pair.name, **scores, "area_ratio": ratio})
        if on_pair:
            on_pair()
    return pd.DataFrame(rows)


def summarise_pairs(scores: pd.DataFrame) -> pd.DataFrame:
    """Return mean and 95 % interval of every score at each level of noise.

    Indexed by `noise_percent`; columns NAME, NAME_low and NAME_high, as in a film summary.
    """
    rows = {}
    for level, group in scores.groupby("noise_percent"):
        row = rows[level] = {}
        for name in (*PIXEL_SCORES, "area_ratio"):
            known = group[name].dropna().to_numpy()
            values = np.stack([known, np.ones(len(known))], axis=1)
            estimate = interval(values, lambda t: t[..., 0] / t[..., 1])
            row.update(zip((name, f"{name}_low", f"{name}_high"), estimate, strict=True))
    return pd.DataFrame(list(rows.values()), index=pd.Index(list(rows), name="noise_percent"))
