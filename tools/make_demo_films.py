"""Make the film series that the demo plays: `python tools/make_demo_films.py` (about a minute).

A lattice of Neel skyrmions on 6 nm cells goes through a rising field: it shrinks, and grain by
grain its skyrmions collapse. (On such cells they do so at about 20 nm, sooner than on finer ones:
the sequence is what an operator sees, the fields are not a material's.) Images are those of the
default engine's condition, 200 kV, -2 mm, 20 degrees, in the camera's geometry, without noise.
At this defocus nothing finer than 12 nm is left in them, so 6 nm a pixel holds all there is; the
demo's camera doubles the size and adds the electrons.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import tifffile
import torch

from skyrmlive.trainer.dataset.field_sweep import SweepRecipe, field_sweep
from skyrmlive.trainer.dataset.film_statistics import film_statistics
from skyrmlive.trainer.lorentz.fresnel import lorentz_image
from skyrmlive.trainer.lorentz.microscope import Microscope

OUT = Path(__file__).parent.parent / "cli" / "demo_films" / "field_sweep.tif"
FRAMES = 64
SIDE = 256
CELL_NM = 6.0
DEFOCUS_NM = -2e6
TILT_DEG = 20.0
#: Intensity is stored in 8 bits: value = (intensity - LOW) / (HIGH - LOW) * 255.
LOW, HIGH = 0.88, 1.12

RECIPE = SweepRecipe(
    shape=(288, SIDE),
    fields_t=np.linspace(0.44, 0.64, FRAMES),
    seed=5,
    cell_size_nm=CELL_NM,
    mean_ms=2.1e5,
    interfacial_dmi=1.2e-3,
    grain_spread=0.2,
    grain_size_nm=250.0,
    density_per_um2=75.0,
    steps_first=2000,
    steps_each=400,
)


def camera_view(image: np.ndarray) -> np.ndarray:
    """Return the tilted film as the camera sees it: rows foreshortened, SIDE x SIDE pixels."""
    rows = round(image.shape[0] * np.cos(np.radians(TILT_DEG)))
    seen = cv2.resize(image, (image.shape[1], rows), interpolation=cv2.INTER_CUBIC)
    top = (rows - SIDE) // 2
    return seen[top : top + SIDE]


def main() -> None:
    """Simulate, image and write the series."""
    torch.set_num_threads(1)  # a film of this size fits one core's cache
    OUT.parent.mkdir(exist_ok=True)
    with tifffile.TiffWriter(OUT) as tiff:
        for number, (field_t, m, ms) in enumerate(field_sweep(RECIPE)):
            image = lorentz_image(
                m * ms[:, None], CELL_NM, RECIPE.thickness_nm, Microscope(), DEFOCUS_NM, TILT_DEG
            )
            seen = camera_view(image[0].numpy())
            truth = film_statistics(m[0, 2].numpy(), CELL_NM)
            stored = np.clip((seen - LOW) / (HIGH - LOW), 0, 1)
            metadata = {
                "field_mt": round(1e3 * field_t, 2),
                "temperature_k": 190.0,
                "voltage_kv": 200.0,
                "defocus_nm": DEFOCUS_NM,
                "tilt_x_deg": TILT_DEG,
                "tilt_y_deg": 0.0,
                "tilt_axis_deg": 0.0,
                "pixel_size_nm": CELL_NM,
                "true_skyrmions_in_film": truth["skyrmions"],
                "true_mean_diameter_nm": truth["mean_diameter_nm"],
                "intensity_low": LOW,
                "intensity_high": HIGH,
            }
            tiff.write(
                np.rint(255 * stored).astype(np.uint8),
                description=json.dumps(metadata),
                metadata=None,
                compression="zlib",
                predictor=True,
                contiguous=False,
            )
            found = int((seen.min() < LOW) + (seen.max() > HIGH))
            print(f"frame {number + 1}/{FRAMES}, {1e3 * field_t:.0f} mT{', clipped' * bool(found)}")
    print(f"{OUT}: {OUT.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
