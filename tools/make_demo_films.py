"""Make the film series that the demo plays: `python tools/make_demo_films.py` (half an hour).

A lattice of Neel skyrmions goes through a rising field: it shrinks, and grain by grain its
skyrmions collapse. Images are those of the default engine's condition, 200 kV, -2 mm, 20 degrees,
in the camera's geometry, without noise. At this defocus nothing finer than 12 nm is left in them,
so 6 nm a pixel holds all there is; the demo's camera doubles the size and adds the electrons.

The truth about every skyrmion, its number, place and diameter, lies beside the series.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile
import torch

from skyrmlive.stream.files import read_frames
from skyrmlive.trainer.sweep.recipe import SweepRecipe
from skyrmlive.trainer.sweep.run import run_sweep

OUT = Path(__file__).parent.parent / "stream" / "demo_films" / "field_sweep.tif"
TRUTH = OUT.with_name("truth.csv")
FRAMES = 64
SIDE = 256
CELL_NM, PIXEL_NM = 3.0, 6.0
#: Intensity is stored in 8 bits: value = (intensity - LOW) / (HIGH - LOW) * 255.
LOW, HIGH = 0.88, 1.12

RECIPE = SweepRecipe.model_validate(
    {
        "name": "demo",
        "seed": 5,
        "film": {
            "name": "demo",
            "cells": 560,
            "cell_size_nm": CELL_NM,
            "applied_field_t": 0.42,
            "saturation_magnetisation": (1.7e5, 2.5e5),
            "exchange_stiffness": 1.3e-11,
            "interfacial_dmi": 1.2e-3,
            "grain_size_nm": 250.0,
            "grain_spread": 0.2,
            "uniform_share": 0.0,
            "placed_share": 1.0,
            "placed_density_per_um2": 75.0,
        },
        "field_t": 0.42,
        "legs": [{"frames": FRAMES - 1, "field_t": 0.74}],
        "temperature_k": 190.0,
        "imaging": {"defocus_nm": -2e6, "tilt_deg": 20.0, "pixel_size_nm": PIXEL_NM},
    }
)


def corner(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return where SIDE x SIDE pixels in the middle of a frame begin, y and x."""
    top, left = ((length - SIDE) // 2 for length in shape)
    return top, left


def write_series(sweep: Path) -> None:
    """Write the middle of every frame, with what the camera knows."""
    with tifffile.TiffWriter(OUT) as tiff:
        for frame in read_frames(sweep / "frames.tif"):
            top, left = corner(frame.pixels.shape)
            seen = frame.pixels[top : top + SIDE, left : left + SIDE]
            if seen.min() < LOW or seen.max() > HIGH:
                print(f"frame {frame.metadata.seq} is clipped")
            stored = np.clip((seen - LOW) / (HIGH - LOW), 0, 1)
            metadata = frame.metadata.model_dump(exclude_none=True, exclude={"seq", "source"})
            tiff.write(
                np.rint(255 * stored).astype(np.uint8),
                description=json.dumps(metadata | {"intensity_low": LOW, "intensity_high": HIGH}),
                metadata=None,
                compression="zlib",
                predictor=True,
                contiguous=False,
            )


def write_truth(sweep: Path) -> None:
    """Write number, place (in the series' pixels) and diameter of every skyrmion in view."""
    truth = pd.read_csv(sweep / "skyrmions.csv")
    shape = next(iter(read_frames(sweep / "frames.tif"))).pixels.shape
    truth[["y", "x"]] -= list(corner(shape))
    seen = truth[["y", "x"]].ge(-0.5).all(axis=1) & truth[["y", "x"]].lt(SIDE - 0.5).all(axis=1)
    columns = ["frame", "particle", "y", "x", "diameter_nm"]
    truth.loc[seen, columns].round(3).to_csv(TRUTH, index=False)


def main() -> None:
    """Simulate, image and write the series."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sweep", type=Path, help="keep it there; go on with what is there")
    chosen = parser.parse_args().sweep
    torch.set_num_threads(1)
    OUT.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        store = run_sweep(
            RECIPE,
            chosen or Path(folder),
            progress=lambda done, total: print(f"state {done} of {total}"),
        )
        write_series(store.path)
        write_truth(store.path)
    print(f"{OUT}: {OUT.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
