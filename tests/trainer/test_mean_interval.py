"""The interval of a frame's mean diameter holds as many true means as it says."""

import numpy as np
import pandas as pd
import pytest

from skyrmlive.inference.frame_diameter import frame_diameter
from skyrmlive.inference.reliability import Reliability
from skyrmlive.trainer.engine.mean_interval_fit import fit_mean_interval_share

PLAIN = Reliability(interval_factor=1.64)


def frames(count, common, own, seed, skyrmions=40):
    """Return frames whose skyrmions err together by one part and each by another, and the truth."""
    rng = np.random.default_rng(seed)
    true_nm = rng.uniform(20, 60, count)
    number = np.repeat(np.arange(count), skyrmions)
    off = np.repeat(rng.normal(0, common, count), skyrmions) + rng.normal(0, own, len(number))
    found_nm = true_nm[number] * np.exp(off)
    rows = {
        "frame": number,
        "touches_border": False,
        "diameter_nm": found_nm,
        "drawn_nm": found_nm,
        "log_sigma": np.full(len(number), np.log(np.hypot(common, own))),
    }
    return pd.DataFrame(rows), true_nm


@pytest.mark.parametrize("common", [0.0, 0.05, 0.1])
def test_nine_true_means_in_ten_lie_inside(common):
    own = 0.1
    share = fit_mean_interval_share(PLAIN, *frames(800, common, own, seed=1))
    expected = np.hypot(common, own / np.sqrt(40)) / np.hypot(common, own)
    assert share == pytest.approx(expected, rel=0.1)
    found, true_nm = frames(800, common, own, seed=2)
    low, high = PLAIN.interval(found["diameter_nm"].to_numpy(), found["log_sigma"].to_numpy())
    table = found.assign(diameter_low_nm=low, diameter_high_nm=high)
    inside = [
        means.low_nm <= true <= means.high_nm
        for true, (_, rows) in zip(true_nm, table.groupby("frame"), strict=True)
        if (means := frame_diameter(rows, share))
    ]
    assert np.mean(inside) == pytest.approx(0.9, abs=0.03)


def test_frames_without_skyrmions_do_not_count_and_too_few_say_nothing():
    found, true_nm = frames(200, 0.05, 0.1, seed=1)
    share = fit_mean_interval_share(PLAIN, found, true_nm)
    assert fit_mean_interval_share(PLAIN, found, np.append(true_nm, np.nan)) == share
    none_left = np.where(np.arange(200) < 10, true_nm, np.nan)
    assert fit_mean_interval_share(PLAIN, found, none_left) is None
    assert fit_mean_interval_share(Reliability(), found, true_nm) is None
