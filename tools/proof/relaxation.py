"""Relaxation of one film of the preset `neel-lattice`, with drift and without."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from skyrmlive.trainer.dataset.film_draw import draw_film
from skyrmlive.trainer.dataset.film_statistics import nearest_distances, periodic_components
from skyrmlive.trainer.dataset.recipe_files import load_preset
from skyrmlive.trainer.dataset.relaxed_films import film_batch
from skyrmlive.trainer.micromagnetics.effective_field import EffectiveField
from skyrmlive.trainer.micromagnetics.relaxation import RelaxationPlan, relax_film

from .drawing import BLACK, BLUE, VERMILION, new_figure, save
from .evidence import Evidence, Verdict, share, table

SEED, INDEX = 0, 0  # the first film of the set; it starts from random spins
DRIFTING_STEPS = (200, 300, 400, 500, 700, 900, 1100, 1500, 2000)
PLAIN_STEPS = (200, 300, 500, 1000, 3000, 10000)


class Look(NamedTuple):
    """A film at one moment of its relaxation."""

    steps: int
    energy_j: float
    skyrmions: int
    neighbour_nm: float


def look(steps: int, field: EffectiveField, m: torch.Tensor) -> Look:
    """Return the energy and the mean distance to the nearest neighbour, core to core."""
    _, _, centres = periodic_components(m[0, 2].numpy() < 0)
    ny, nx = m.shape[-2:]
    box = np.array([ny, nx], dtype=float)
    return Look(
        steps,
        float(field.energy(m)),
        len(centres),
        float(nearest_distances(centres, box).mean()) * field.films.cell_size_nm,
    )


def prove(pictures: Path) -> Evidence:
    """Relax one film with drift, without, and ten times longer and as much stricter."""
    recipe, plan = load_preset("neel-lattice"), RelaxationPlan()
    draw = draw_film(recipe, SEED, INDEX)
    films, start = film_batch([draw], recipe).to("cpu"), torch.tensor(draw.start)[None]
    field = EffectiveField(films, draw.applied_field_t)

    def relaxed(by: RelaxationPlan) -> Look:
        found = relax_film(films, draw.applied_field_t, start, by)
        return look(int(found.steps), field, found.m)

    def course(steps: tuple[int, ...], drift_every: int) -> list[Look]:
        never = {"drift_every": drift_every, "settled_nm": 0.0, "settled_energy": 0.0}
        return [relaxed(plan.model_copy(update={**never, "max_steps": each})) for each in steps]

    ours, longer = relaxed(plan), relaxed(plan.longer(10))
    drifting = course(DRIFTING_STEPS, plan.drift_every)
    plain = course(PLAIN_STEPS, drift_every=0)
    _draw(drifting, plain, ours, longer, pictures / "relaxation.png")

    def row(name: str, at: Look) -> tuple[str, ...]:
        return (
            name,
            str(at.steps),
            f"{1e18 * at.energy_j:.3f} aJ",
            share((at.energy_j - longer.energy_j) / abs(longer.energy_j)),
            str(at.skyrmions),
            f"{at.neighbour_nm:.1f} nm",
            f"{100 * (at.neighbour_nm / longer.neighbour_nm - 1):+.1f} %",
        )

    header = ("relaxation", "steps", "energy", "above", "skyrmions", "distance", "deviation")
    rows = [
        row("ten times longer", longer),
        row("ours, settled", ours),
        *(row("plain descent", at) for at in plain if at.steps >= 1000),
    ]
    energy = abs(ours.energy_j / longer.energy_j - 1)
    distance = abs(ours.neighbour_nm / longer.neighbour_nm - 1)
    return Evidence(
        {"relaxation": table(header, rows)},
        [
            Verdict("energy of a relaxed film against a ten times longer run", energy, 1e-3),
            Verdict("its neighbour distance against a ten times longer run", distance, 0.03),
        ],
    )


def _draw(drifting: list[Look], plain: list[Look], ours: Look, longer: Look, path: Path) -> None:
    figure = new_figure(3.8)
    energy, distance = figure.subplots(1, 2)
    for looks, colour, label in (
        (plain, VERMILION, "plain descent"),
        (drifting, BLUE, "with drift"),
    ):
        steps = [at.steps for at in looks]
        above = [at.energy_j / longer.energy_j for at in looks]
        energy.loglog(steps, [1 - each for each in above], ".-", color=colour, label=label)
        distance.semilogx(steps, [at.neighbour_nm for at in looks], ".-", color=colour, label=label)
    energy.plot(ours.steps, 1 - ours.energy_j / longer.energy_j, "o", color=BLACK)
    energy.axhline(1e-3, color=BLACK, lw=0.8, ls=":")
    energy.annotate("limit, 0.1 %", (1200, 1.1e-3))
    energy.set_ylabel("energy above the longer run, relative")
    distance.plot(ours.steps, ours.neighbour_nm, "o", color=BLACK, label="where our films stop")
    distance.axhline(longer.neighbour_nm, color=BLACK, lw=0.8, label="ten times longer run, 3 %")
    distance.axhspan(
        0.97 * longer.neighbour_nm, 1.03 * longer.neighbour_nm, color=BLACK, alpha=0.1, lw=0
    )
    distance.set_ylabel("mean distance to the nearest neighbour (nm)")
    distance.set_ylim(bottom=60)
    distance.legend(loc="lower right")
    for axes in (energy, distance):
        axes.set_xlabel("descent steps")
    figure.suptitle("one film of 256 x 256 cells from random spins", fontsize=10)
    save(figure, path)
