"""Films relaxed as `simulate` does it, held against runs ten times as long, and plain descent."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from skyrmlive.trainer.dataset.film_draw import draw_film
from skyrmlive.trainer.dataset.film_statistics import (
    film_statistics,
    nearest_distances,
    periodic_components,
)
from skyrmlive.trainer.dataset.recipe_files import load_preset
from skyrmlive.trainer.dataset.relaxed_films import film_batch
from skyrmlive.trainer.micromagnetics.effective_field import EffectiveField
from skyrmlive.trainer.micromagnetics.material import FilmBatch
from skyrmlive.trainer.micromagnetics.minimise import Descent
from skyrmlive.trainer.micromagnetics.relaxation import RelaxationPlan, relax_film

PRESET, SEED = "neel-lattice", 7
ENERGY_WITHIN_PERCENT, DISTANCE_WITHIN_PERCENT = 0.1, 3.0


@dataclass(frozen=True)
class Film:
    """A batch of one film of the preset, before relaxation, in float32."""

    films: FilmBatch
    field_t: torch.Tensor
    start: torch.Tensor
    starts_at_random: bool

    @classmethod
    def drawn(cls, index: int) -> Film:
        """Draw film `index` of the preset."""
        recipe = load_preset(PRESET)
        draw = draw_film(recipe, SEED, index)
        return cls(
            film_batch([draw], recipe).to("cpu"),
            torch.tensor([draw.applied_field_t]),
            torch.tensor(draw.start)[None],
            draw.start_kind == "random",
        )

    @cached_property
    def exact_field(self) -> EffectiveField:
        """The field in float64."""
        return EffectiveField(self.films.to("cpu", torch.float64), self.field_t.double())


@dataclass(frozen=True)
class Outcome:
    """What a relaxed film is judged by."""

    energy_j: float
    texture_energy_j: float
    distance_nm: float | None

    @classmethod
    def of(cls, film: Film, m: torch.Tensor) -> Outcome:
        """Judge a state of a film."""
        uniform = torch.zeros_like(m, dtype=torch.float64)
        uniform[:, 2] = 1
        energy_j = float(film.exact_field.energy(m.double()))
        return cls(
            energy_j,
            energy_j - float(film.exact_field.energy(uniform)),
            neighbour_distance_nm(m[0, 2].numpy(), film.films.cell_size_nm),
        )

    def errors_percent(self, reference: Outcome) -> tuple[float, float, float | None]:
        """Return the errors of energy, of the texture's share of it, and of the distance.

        Where only one of the two has a distance it is 100 % off.
        """
        energy = abs(self.energy_j - reference.energy_j)
        distance = None if self.distance_nm is None and reference.distance_nm is None else 100.0
        if self.distance_nm is not None and reference.distance_nm is not None:
            distance = 100 * abs(self.distance_nm / reference.distance_nm - 1)
        return (
            100 * energy / abs(reference.energy_j),
            100 * energy / max(abs(reference.texture_energy_j), 1e-30),
            distance,
        )


def neighbour_distance_nm(mz: np.ndarray, cell_size_nm: float) -> float | None:
    """Return the mean distance to the nearest skyrmion; None below two, or with stripes."""
    statistics = film_statistics(mz, cell_size_nm)
    if statistics["stripes"] or statistics["skyrmions"] < 2:
        return None
    _, _, centres = periodic_components(mz < 0)
    box = np.array(mz.shape, dtype=float)
    return float(nearest_distances(centres, box).mean()) * cell_size_nm


@dataclass(frozen=True)
class Relaxation:
    """One film relaxed: seconds, descent steps, and errors against a run ten times as long."""

    m: torch.Tensor
    seconds: float
    steps: int
    is_settled: bool
    reference: Outcome
    energy_percent: float
    texture_energy_percent: float
    distance_percent: float | None


def measured(film: Film) -> Relaxation:
    """Relax one film by the plan that `simulate` uses, and ten times as long."""
    plan = RelaxationPlan()
    started = time.perf_counter()
    relaxed = relax_film(film.films, film.field_t, film.start, plan)
    seconds = time.perf_counter() - started
    steps = int(relaxed.steps[0])
    # never settled: ten times the steps, all of them
    ten_times = {"max_steps": 10 * steps, "settled_nm": 0.0, "settled_energy": 0.0}
    longer = relax_film(film.films, film.field_t, film.start, plan.model_copy(update=ten_times))
    reference = Outcome.of(film, longer.m)
    errors = Outcome.of(film, relaxed.m).errors_percent(reference)
    return Relaxation(relaxed.m, seconds, steps, bool(relaxed.is_settled[0]), reference, *errors)


def plain_descent_seconds(film: Film, reference: Outcome, cap_s: float) -> float | None:
    """Return how long descent alone takes to come as near to the reference as is asked of us.

    None if it has not after `cap_s`. Looking at the film does not count.
    """
    descent = Descent(EffectiveField(film.films, film.field_t), film.start)
    seconds = 0.0
    while seconds < cap_s:
        started = time.perf_counter()
        descent.advance(90)
        descent.calm(10)  # a long step now and then lifts the energy
        seconds += time.perf_counter() - started
        energy, _, distance = Outcome.of(film, descent.m).errors_percent(reference)
        if energy < ENERGY_WITHIN_PERCENT and (distance or 0.0) < DISTANCE_WITHIN_PERCENT:
            return seconds
    return None
