"""How well skyrmions could be placed: the engine beside a fit that knows each film's form factor.

The fit takes an image for a sum of equal, round skyrmions that differ in place and strength alone
(the model of `skyrmlive.inference.form_factor`), starts from the places that the engine found, and
moves them by Gauss and Newton. It is told the true optics, the film's true form factor and how far
the image lies aside of the skyrmions, so that what it misses is what the model cannot know: grains,
and each skyrmion's own shape.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import report
from scipy import fft

from skyrmlive.inference.bundle import EngineBundle
from skyrmlive.inference.engine import Engine
from skyrmlive.inference.engine_store import find_engine
from skyrmlive.inference.segmenter import Segmenter
from skyrmlive.inference.transfer import tilted_response
from skyrmlive.trainer.dataset.film_set import SimulatedFilms
from skyrmlive.trainer.dataset.film_store import FilmStore
from skyrmlive.trainer.dataset.labels import LabelRule
from skyrmlive.trainer.dataset.recipe_files import load_preset
from skyrmlive.trainer.dataset.simulate import simulate_films
from skyrmlive.trainer.evaluation.conditions import Condition, Setting
from skyrmlive.trainer.evaluation.film_processes import evaluation_source
from skyrmlive.trainer.evaluation.truth_table import true_objects
from skyrmlive.trainer.learning.examples import ExampleSource
from skyrmlive.trainer.lorentz.microscope import Microscope
from skyrmlive.trainer.micromagnetics.relaxation import RelaxationPlan

PRESET, SEED = "neel-lattice", 2001
CONDITIONS = ((-2e6, 0.0), (-2e6, 10.0), (-2e6, 100.0), (-1e6, 10.0), (-3e6, 10.0))
"""Defocus in nm and Gaussian noise in percent."""

BANDS = np.linspace(0.004, 0.045, 22)
"""Edges of the waves' bands in 1/nm."""
ASIDE_NM = np.arange(-14.0, 14.1)
STEPS, FARTHEST_STEP_NM = 8, 4.0
PLACE_NM, STRENGTH = 3.0, 0.3
"""Standard deviations that the fit expects: of the places it starts from, of relative strengths."""
INSIDE_NM, MATCH_NM = 24.0, 15.0


class Waves(NamedTuple):
    """The waves that are looked at: kx and ky in 1/nm, their bands, and where they stand."""

    kx: np.ndarray
    ky: np.ndarray
    band: np.ndarray
    where: np.ndarray

    @classmethod
    def of(cls, side: int, pixel_nm: float) -> Waves:
        """Return those of a square image."""
        kx, ky = fft.rfftfreq(side, pixel_nm), fft.fftfreq(side, pixel_nm)[:, None]
        k = np.hypot(kx, ky)
        where = (k > BANDS[0]) & (k < BANDS[-1])
        band = np.digitize(k[where], BANDS) - 1
        return cls(
            np.broadcast_to(kx, k.shape)[where], np.broadcast_to(ky, k.shape)[where], band, where
        )

    def phases(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return exp(-2 pi i k r) of points in nm, complex (waves, points)."""
        return np.exp(-2j * np.pi * (np.outer(self.kx, x) + np.outer(self.ky, y)))

    def spectrum(self, image: np.ndarray) -> np.ndarray:
        """Return the image's Fourier components."""
        return np.asarray(fft.rfft2(image))[self.where]


def form_factor(waves: Waves, moment_z: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Return what one skyrmion of the film is on average, for each wave, real.

    `sums` are those of the skyrmions' phases.
    """
    true = waves.spectrum(moment_z)
    share = np.bincount(waves.band, (true * sums.conj()).real) / np.bincount(
        waves.band, np.abs(sums) ** 2
    )
    middles = (BANDS[:-1] + BANDS[1:]) / 2
    return np.interp(np.hypot(waves.kx, waves.ky), middles, share)


def aside(waves: Waves, clean: np.ndarray, centred: np.ndarray) -> tuple[float, float]:
    """Return the shift along y that explains most of the image, and which share it explains.

    `centred` is what skyrmions with their images right at their places would make.
    """

    def explained(shift_nm: float) -> float:
        made = centred * np.exp(-2j * np.pi * waves.ky * shift_nm)
        norm = np.vdot(made, made).real * np.vdot(clean, clean).real
        return float(np.abs(np.vdot(made, clean)) ** 2 / norm)

    best = max(ASIDE_NM, key=explained)
    return float(best), explained(best)


def fitted_places(
    waves: Waves, image: np.ndarray, one: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """Return the places (x, y) in nm that the image is most likely of, one skyrmion being `one`."""
    x, y = start.T.copy()
    count = len(x)
    sums = waves.phases(x, y).sum(axis=1) * one
    usual = np.vdot(sums, image).real / np.vdot(sums, sums).real
    strength = np.full(count, usual)
    expected = np.concatenate([np.full(2 * count, PLACE_NM), np.full(count, STRENGTH * abs(usual))])
    for _ in range(STEPS):
        each = waves.phases(x, y) * one[:, None]
        left = image - each @ strength
        along = each * strength * (-2j * np.pi)
        slopes = np.hstack([along * waves.kx[:, None], along * waves.ky[:, None], each])
        slopes, left = (np.concatenate([part.real, part.imag]) for part in (slopes, left))
        noise = np.var(left) + 1e-12
        off = np.concatenate([x - start[:, 0], y - start[:, 1], strength - usual])
        curvature = slopes.T @ slopes / noise + np.diag(expected**-2)
        step = np.linalg.solve(curvature, slopes.T @ left / noise - off / expected**2)
        moves = step[: 2 * count].clip(-FARTHEST_STEP_NM, FARTHEST_STEP_NM)
        x, y = x + moves[:count], y + moves[count:]
        strength = strength + step[2 * count :]
    return np.column_stack([x, y])


def centre_errors(
    segmenter: Segmenter, store: FilmStore, source: ExampleSource, film: int, condition: Condition
) -> tuple[np.ndarray, np.ndarray, float] | None:
    """Return the errors in nm of the engine's places and the fit's, and the share explained.

    Of the film's skyrmions that the engine found and the border does not cut; None with too few.
    """
    setting, pixel_nm = condition.true, source.grid.cell_size_nm
    clean, labels = source.clean(film, setting.defocus_nm, setting.tilt_deg, 0, False)
    true = true_objects(labels, pixel_nm).table.query("not is_stripe")
    image = condition.frame(clean, (7, film))
    metadata = condition.metadata(pixel_nm, segmenter.engine.condition.voltage_kv)
    found = segmenter.segment(image, metadata).table
    if len(true) < 3 or not len(found):
        return None
    places, start = (table[["x", "y"]].to_numpy() * pixel_nm for table in (true, found))
    waves = Waves.of(len(clean), pixel_nm)
    moment_z = store.magnetisation(film)[2] * store.saturation_magnetisation(film)
    lens = Microscope.of(segmenter.engine.condition)
    response = tilted_response(waves.kx, waves.ky, lens, setting.defocus_nm, setting.tilt_deg)
    sums = waves.phases(*places.T).sum(axis=1)
    one = form_factor(waves, moment_z, sums) * response
    shift_nm, explained = aside(waves, waves.spectrum(clean), sums * one)
    one = one * np.exp(-2j * np.pi * waves.ky * shift_nm)
    fitted = fitted_places(waves, waves.spectrum(image), one, start)
    whole = places[(true["distance_to_border_nm"] > INSIDE_NM).to_numpy()]
    distances = np.linalg.norm(whole[:, None] - start, axis=-1)
    nearest, is_found = distances.argmin(axis=1), distances.min(axis=1) < MATCH_NM
    after = np.linalg.norm(whole - fitted[nearest], axis=1)
    return distances.min(axis=1)[is_found], after[is_found], explained


def main() -> None:
    parser = report.parser(__doc__, quick="six films")
    parser.add_argument("--engine", help="name or folder; by default the shipped one")
    parser.add_argument("--films", type=Path, help="a set of films; simulated by default")
    options = parser.parse_args()
    count = 6 if options.quick else 30
    engine = Engine.from_bundle(EngineBundle.load(find_engine(options.engine)))
    segmenter, figures = Segmenter(engine), {}
    with tempfile.TemporaryDirectory() as folder:
        store = FilmStore.open(options.films) if options.films else simulated(Path(folder), count)
        films = [record["index"] for record in store.records()][:count]
        assert films == list(range(len(films))), "a source counts films as the set does"
        rule = LabelRule(threshold=0.98, erosion_cells=1)
        source = evaluation_source([(store, films)], rule, engine.condition)
        for defocus_nm, noise in CONDITIONS:
            setting = Setting.of(engine.condition)._replace(defocus_nm=defocus_nm)
            condition = Condition(setting, setting, noise_percent=noise)
            of_films = [
                errors
                for film in films
                if (errors := centre_errors(segmenter, store, source, film, condition))
            ]
            engines, fits, explained = zip(*of_films, strict=True)
            name = f"{-defocus_nm * 1e-6:g}_mm_{noise:g}_percent"
            figures[f"engine_nm_{name}"] = float(np.concatenate(engines).mean())
            figures[f"fit_nm_{name}"] = float(np.concatenate(fits).mean())
            figures[f"explained_{name}"] = float(np.mean(explained))
    report.show(f"Centre errors, {count} films, {engine.engine_id}", figures)
    report.write(options.json, figures)


def simulated(folder: Path, count: int) -> FilmStore:
    """Return films relaxed for this, of a seed that no engine has learned from."""
    recipe = load_preset(PRESET)
    films = SimulatedFilms(recipe=recipe, plan=RelaxationPlan(), seed=SEED)
    store = FilmStore.create(folder / "films", recipe.grid, films, count)
    for _ in simulate_films(store, count, 4, 2, "cpu"):
        pass
    return store


if __name__ == "__main__":
    main()
