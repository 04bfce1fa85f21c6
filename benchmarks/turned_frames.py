"""Films of known truth on a camera whose tilt axis lies anywhere, at coarse and at fine pixels.

All other figures of an engine are of frames whose tilt axis lies along x, with the engine's pixels.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import report
from place_limit import simulated
from scipy import ndimage

from skyrmlive.inference.bundle import EngineBundle
from skyrmlive.inference.engine import Engine
from skyrmlive.inference.engine_store import find_engine
from skyrmlive.inference.segmenter import Segmenter
from skyrmlive.stream.frame import FrameMetadata
from skyrmlive.trainer.dataset.film_store import FilmStore
from skyrmlive.trainer.dataset.labels import LabelRule
from skyrmlive.trainer.evaluation.film_processes import evaluation_source
from skyrmlive.trainer.evaluation.truth_table import true_objects
from skyrmlive.trainer.learning.examples import ExampleSource

CASES = ((0, 1), (20, 1), (45, 1), (326, 1), (0, 2), (45, 2))
"""Direction of the tilt axis in degrees; side of the camera's pixels over that of the film's."""

SIDE, NOISE = 600, 0.1
"""Film pixels along the side of a frame; standard deviation of its noise over its mean."""


class View(NamedTuple):
    """How a camera sees a periodic film of `period` pixels a side: its middle in the middle."""

    axis_deg: float
    scale: float
    period: int

    @property
    def side(self) -> int:
        """Pixels of the camera along a side."""
        return round(SIDE / self.scale)

    @property
    def turn(self) -> np.ndarray:
        """Shape (2, 2): directions (x, y) of the camera to those of the film."""
        cos, sin = np.cos(np.radians(self.axis_deg)), np.sin(np.radians(self.axis_deg))
        return np.array([[cos, sin], [-sin, cos]])

    def frame(self, film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return what it records of the film's image."""
        y, x = np.mgrid[: self.side, : self.side] - (self.side - 1) / 2
        places = np.einsum("ij,jyx->iyx", self.turn, np.stack([x, y])) * self.scale
        places += self.period / 2
        image = ndimage.map_coordinates(film, places[::-1], order=5, mode="grid-wrap")
        image = (image - film.min()) / (film.max() - film.min())
        return image + NOISE * image.mean() * rng.standard_normal(image.shape)

    def places(self, film_places: np.ndarray) -> np.ndarray:
        """Return the places (x, y) of the film in the frame."""
        return (film_places - self.period / 2) @ self.turn / self.scale + (self.side - 1) / 2


class Found(NamedTuple):
    """Of the true skyrmions of a frame: whether each was found, how far off, and its size's ratio.

    `unfamiliarity` is the frame's.
    """

    is_found: np.ndarray
    off_nm: np.ndarray
    ratio: np.ndarray
    unfamiliarity: float


def compare(segmenter: Segmenter, source: ExampleSource, film: int, case: tuple) -> Found:
    """Return what the engine finds in one film, seen as `case` says."""
    condition, pixel_nm = segmenter.engine.condition, source.grid.cell_size_nm
    clean, labels = source.clean(film, condition.defocus_nm, condition.tilt_deg, 0, False)
    view = View(*case, period=len(clean))
    frame = view.frame(clean.astype(float), np.random.default_rng([film, int(case[0])]))
    known = FrameMetadata(
        pixel_size_nm=pixel_nm * view.scale,
        tilt_axis_deg=view.axis_deg,
        tilt_x_deg=condition.tilt_deg,
        defocus_nm=condition.defocus_nm,
        voltage_kv=condition.voltage_kv,
        geometry="sample",
        blur_px=0.0,
    )
    result = segmenter.segment(frame.astype(np.float32), known)
    copies = true_objects(np.tile(labels, (1, 5, 5)), pixel_nm).table
    copies = copies.query("not is_stripe and not touches_border")
    true = view.places(copies[["x", "y"]].to_numpy() - 2 * view.period)
    in_view = ((true > 0) & (true < view.side - 1)).all(axis=1)
    true, true_nm = true[in_view], copies["diameter_nm"].to_numpy()[in_view]
    table = result.table.query("not is_stripe")
    off = np.linalg.norm(true[:, None] - table[["x", "y"]].to_numpy(), axis=-1)
    off_nm, nearest = pixel_nm * view.scale * off.min(axis=1), off.argmin(axis=1)
    is_found = off_nm < true_nm / 2
    whole = is_found & ~table["touches_border"].to_numpy()[nearest]
    ratio = table["diameter_nm"].to_numpy()[nearest] / true_nm
    return Found(is_found, off_nm[is_found], ratio[whole], float(result.unfamiliarity or 0))


def main() -> None:
    parser = report.parser(__doc__, quick="four films")
    parser.add_argument("--engine", help="name or folder; by default the shipped one")
    parser.add_argument("--films", type=Path, help="a set of films; simulated by default")
    options = parser.parse_args()
    engine = Engine.from_bundle(EngineBundle.load(find_engine(options.engine)))
    segmenter, figures = Segmenter(engine), {}
    with tempfile.TemporaryDirectory() as folder:
        count = 4 if options.quick else 16
        store = FilmStore.open(options.films) if options.films else simulated(Path(folder), count)
        films = range(min(count, len(store.records())))
        rule = LabelRule(threshold=0.98, erosion_cells=1)
        source = evaluation_source([(store, list(films))], rule, engine.condition)
        for case in CASES:
            found = [compare(segmenter, source, film, case) for film in films]
            name = f"axis_{case[0]}_deg_pixels_{case[1]}"
            is_found, off_nm, ratio = (
                np.concatenate([getattr(each, key) for each in found])
                for key in ("is_found", "off_nm", "ratio")
            )
            figures[f"found_{name}"] = float(is_found.mean())
            figures[f"off_nm_{name}"] = float(off_nm.mean())
            figures[f"diameter_bias_percent_{name}"] = float(100 * (ratio.mean() - 1))
            figures[f"diameter_spread_percent_{name}"] = float(100 * ratio.std())
            figures[f"unfamiliarity_{name}"] = float(np.mean([f.unfamiliarity for f in found]))
    report.show(f"Turned frames, {len(films)} films, {engine.engine_id}", figures)
    report.write(options.json, figures)


if __name__ == "__main__":
    main()
