"""What a film costs in a set of many, and images of films. Linux only, for the peak of memory."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from film_relaxation import PRESET, SEED, Film

from skyrmlive.trainer.dataset.film_draw import draw_film
from skyrmlive.trainer.dataset.film_set import SimulatedFilms
from skyrmlive.trainer.dataset.film_store import FilmStore
from skyrmlive.trainer.dataset.recipe_files import load_preset
from skyrmlive.trainer.dataset.relaxed_films import film_batch
from skyrmlive.trainer.dataset.simulate import simulate_films
from skyrmlive.trainer.lorentz.camera import Camera, expose
from skyrmlive.trainer.lorentz.fresnel import lorentz_image
from skyrmlive.trainer.lorentz.microscope import Microscope
from skyrmlive.trainer.micromagnetics.relaxation import RelaxationPlan, relax_film

CELLS = 64

#: Everything that a camera can do to an image.
CAMERA = Camera(
    electrons_per_pixel=200.0,
    mtf_half_frequency=0.25,
    readout_noise_electrons=1.0,
    gain_variation=0.01,
    hot_pixel_share=1e-4,
    hot_pixel_electrons=500.0,
    illumination_variation=0.05,
    drift_nm=(6.0, 3.0),
)


def cost(count: int) -> dict[str, float]:
    """Simulate a set of small films in a fresh process of one thread.

    Returns
    -------
    dict with `seconds_per_film`, `ms_per_step` (films differ in the steps they take) and
    `peak_rss_mb`.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as pool:
        return pool.submit(_cost, count).result()


def _cost(count: int) -> dict[str, float]:
    recipe = load_preset(PRESET).model_copy(update={"cells": CELLS})
    films = SimulatedFilms(recipe=recipe, plan=RelaxationPlan(), seed=SEED)
    with tempfile.TemporaryDirectory() as folder:
        store = FilmStore.create(Path(folder) / "films", recipe.grid, films, count)
        started = time.perf_counter()
        steps = sum(r["steps"] for r in simulate_films(store, count, 1, 1, "cpu"))
        seconds = time.perf_counter() - started
    return {
        "seconds_per_film": seconds / count,
        "ms_per_step": 1e3 * seconds / steps,
        "peak_rss_mb": _peak_rss_mb(),
    }


def _peak_rss_mb() -> float:
    # not from getrusage, which passes a parent's peak on to the processes that it starts
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def cost_on_gpu(batch: int) -> float:
    """Return the seconds that a film takes on the GPU, drawn and relaxed in one batch."""
    recipe = load_preset(PRESET)
    started = time.perf_counter()
    draws = [draw_film(recipe, SEED, index) for index in range(batch)]
    field_t = torch.tensor([draw.applied_field_t for draw in draws]).to("cuda")
    start = torch.tensor(np.stack([draw.start for draw in draws])).to("cuda")
    relax_film(film_batch(draws, recipe).to("cuda"), field_t, start, RelaxationPlan())
    torch.cuda.synchronize()
    return (time.perf_counter() - started) / batch


def images_per_second(film: Film, m: torch.Tensor, seconds: float) -> float:
    """Return how many images a second of a relaxed film: phase, transfer function, camera.

    Sixteen at once, each at its own defocus and tilt.
    """
    batch = 16
    films = film.films
    m_a_m = (films.saturation_magnetisation[:, None] * m).expand(batch, -1, -1, -1)
    defocus_nm, tilt_deg = torch.linspace(-3e6, -1e6, batch), torch.linspace(10, 30, batch)
    images, spent = 0, 0.0
    while spent < seconds:
        started = time.perf_counter()
        image = lorentz_image(
            m_a_m, films.cell_size_nm, films.thickness_nm, Microscope(), defocus_nm, tilt_deg
        )
        expose(image, CAMERA, films.cell_size_nm, range(images, images + batch))
        spent += time.perf_counter() - started
        images += batch
    return images / spent
