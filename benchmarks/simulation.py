"""Films and images a second, and how good they are: relaxation, effective field, light, a set.

    python benchmarks/simulation.py [--quick] [--json PATH]

Films are those of the preset `neel-lattice`, 256x256 cells of 3 nm, in float32, relaxed as
`simulate` relaxes them. They are held against runs of ten times the steps. Beside them stand
descent alone, taken as near to those as is asked of us, and NeuralMag's field, compiled as it is by
default, eager as well without --quick; the faster one counts.

One thread or two, whichever is faster now: two share a film well only while nothing else asks for a
core, and become many times slower then. A set is another matter: `simulate` has a process of one
thread on each core.
"""

from __future__ import annotations

import os
from itertools import count

import numpy as np
import report
import torch
from field_throughput import bandwidth_share, neuralmag, ours, per_second
from film_farm import CELLS, cost, cost_on_gpu, images_per_second
from film_relaxation import PRESET, Film, measured, plain_descent_seconds
from rich.console import Console
from rich.table import Table

Figures = dict[str, float]


def faster_threads(film: Film) -> int:
    """Return the number of threads, one or two, with which a film's field is faster now."""
    rates = {}
    for threads in (1, 2):
        torch.set_num_threads(threads)
        rates[threads] = per_second({"field": ours(film, 1, "cpu")}, 3, "cpu")["field"]
    return max(rates, key=rates.__getitem__)


def relaxation(films: list[Film], cap_s: float, table: Table) -> tuple[Figures, torch.Tensor]:
    """Return the figures, and the first film relaxed."""
    results = [measured(film) for film in films]
    seconds = [result.seconds for result in results]
    plain = plain_descent_seconds(films[0], results[0].reference, cap_s)
    figures: Figures = {
        "films": len(films),
        "film_seconds": float(np.median(seconds)),
        "film_seconds_worst": max(seconds),
        "film_steps": float(np.median([result.steps for result in results])),
        "films_settled": sum(result.is_settled for result in results),
        "plain_descent_seconds": plain or cap_s,
        "plain_descent_is_capped": plain is None,
    }
    table.add_row(
        f"one film relaxed, s (median of {len(films)}, worst {max(seconds):.1f})",
        f"{figures['film_seconds']:.2f}",
        f"descent alone {f'{plain:.0f}' if plain else f'more than {cap_s:.0f}'}",
    )
    table.add_row(
        "its descent steps",
        f"{figures['film_steps']:.0f}",
        f"{figures['films_settled']} of {len(films)} settled",
    )
    for key, what in (
        ("energy", "its energy, % off ten times the steps"),
        ("texture_energy", "its energy over the uniform film's, % off"),
        ("distance", "its neighbour distance, % off"),
    ):
        errors = [getattr(result, f"{key}_percent") for result in results]
        errors = [error for error in errors if error is not None]
        if errors:
            figures[f"film_{key}_error_percent"] = float(np.median(errors))
            figures[f"film_{key}_error_percent_worst"] = max(errors)
            table.add_row(f"{what} (worst)", f"{np.median(errors):.3f} ({max(errors):.3f})", "")
    return figures, results[0].m


def throughput(film: Film, quick: bool, device: str, table: Table) -> Figures:
    evaluations = {f"{batch} films": ours(film, batch, device) for batch in (1, 4, 16)}
    try:
        theirs = neuralmag(film, device, both=not quick)
    except ImportError:
        theirs = {}
    rates = per_second({**evaluations, **theirs}, 3 if quick else 20, device)
    mine = {name: rates[name] * int(name.split()[0]) for name in evaluations}
    best = max(mine, key=mine.__getitem__)
    figures: Figures = {
        "fields_per_second_one_film": mine["1 films"],
        "fields_per_second": mine[best],
    }
    peer = "NeuralMag is not installed"
    if theirs:
        fastest = max(theirs, key=rates.__getitem__)
        figures["neuralmag_fields_per_second"] = rates[fastest]
        figures["ratio_neuralmag"] = mine[best] / rates[fastest]
        all_forms = ", ".join(f"{name} {rates[name]:.0f}" for name in theirs)
        peer = f"NeuralMag {all_forms}: {figures['ratio_neuralmag']:.1f} times"
    table.add_row(
        f"fields a second and film, {device} (one film alone {mine['1 films']:.0f})",
        f"{mine[best]:.0f}",
        peer,
    )
    return figures


def farm(counts: list[int], table: Table) -> Figures:
    figures: Figures = {}
    for number in counts:
        result = cost(number)
        figures |= {f"{key}_at_{number}_films": value for key, value in result.items()}
        table.add_row(
            f"a film of {CELLS}x{CELLS} in a set of {number}, s on one core",
            f"{result['seconds_per_film']:.3f}",
            f"{result['ms_per_step']:.3f} ms a step, {result['peak_rss_mb']:.0f} MB at most",
        )
    return figures


def on_gpu(film: Film, quick: bool, table: Table) -> Figures:
    figures = throughput(film, quick, "cuda", table)
    figures |= bandwidth_share(film, 64, "cuda")
    table.add_row(
        "share of the memory bandwidth, 64 films on the GPU",
        f"{figures['bandwidth_share']:.0%}",
        f"{figures['bytes_per_step_and_film'] / 2**20:.0f} MiB a step and film, "
        f"a copy reaches {figures['bandwidth_limit_gb_s']:.0f} GB/s",
    )
    batch = 64 if quick else 512
    cost_on_gpu(8)  # the first kernels are slow
    figures["seconds_per_film"] = cost_on_gpu(batch)
    minutes = figures["minutes_10000_films"] = figures["seconds_per_film"] * 1e4 / 60
    table.add_row(f"10,000 films on the GPU, minutes (from {batch} at once)", f"{minutes:.1f}", "")
    return {f"gpu_{key}": value for key, value in figures.items()}


def main() -> None:
    parser = report.parser(__doc__, quick="fewer films and repetitions")
    options = parser.parse_args()
    quick = options.quick
    load = os.getloadavg()[0]

    # the first film starts from random spins: the slow ones do
    drawn = (Film.drawn(index) for index in count())
    first = next(film for film in drawn if film.starts_at_random)
    threads = faster_threads(first)
    torch.set_num_threads(threads)
    films = [first] if quick else [first, *(next(drawn) for _ in range(5))]
    table = Table("what", "ours", "beside it")

    figures, m = relaxation(films, 3.0 if quick else 180.0, table)
    figures |= throughput(first, quick, "cpu", table)
    figures["images_per_second"] = images_per_second(first, m, 1.0 if quick else 10.0)
    table.add_row("images a second, light and camera", f"{figures['images_per_second']:.0f}", "")
    figures |= farm([4, 12] if quick else [10, 100, 1000], table)
    if torch.cuda.is_available():
        figures |= on_gpu(first, quick, table)
    figures |= {"threads": threads, "load_at_start": load, "load_at_end": os.getloadavg()[0]}
    loads = f"{load:.1f} before, {figures['load_at_end']:.1f} after"
    table.title = f"preset {PRESET}, threads: {threads}, load {loads}"
    Console().print(table)
    report.write(options.json, figures)


if __name__ == "__main__":
    main()
