"""Simulations killed at random instants, gone on with, and held against one that was not killed.

    python benchmarks/kills.py [--quick] [--json PATH] [--kills N]

Most kills hit a process of one thread, started by a fork so that none of its time goes into
imports: its films are tiny, so that a kill falls into the writing of arrays, register or
description as often as into a relaxation. Every twentieth hits `skyrmlive simulate` with two
workers, at random from its start on; its workers must be gone soon after. A set counts as identical
when every file in its folder, names and bytes, is that of the uninterrupted one. Linux only.
"""

from __future__ import annotations

import contextlib
import filecmp
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import numpy as np
import report
import torch

from skyrmlive.trainer.dataset.film_recipe import FilmRecipe
from skyrmlive.trainer.dataset.film_set import SimulatedFilms
from skyrmlive.trainer.dataset.film_store import FilmStore
from skyrmlive.trainer.dataset.simulate import simulate_films
from skyrmlive.trainer.micromagnetics.relaxation import RelaxationPlan
from skyrmlive.trainer.toml_models import model_from_toml

RECIPE = """
name = "tiny"
cells = 32
applied_field_t = 0.3
saturation_magnetisation = [1.5e5, 3.0e5]
exchange_stiffness = [1.1e-11, 1.9e-11]
interfacial_dmi = [1.0e-3, 1.3e-3]
grain_size_nm = 40
grain_spread = [0.0, 0.2]
"""
FILMS, MAX_STEPS, SEED = 12, 210, 1
EVERY_COMMAND, COMMAND_S, WORKERS_GONE_S = 20, 8.0, 30.0


def simulate(folder: Path) -> None:
    recipe = model_from_toml(FilmRecipe, RECIPE, "recipe")
    plan = RelaxationPlan(max_steps=MAX_STEPS)
    films = SimulatedFilms(recipe=recipe, plan=plan, seed=SEED)
    store = FilmStore.create(folder, recipe.grid, films, FILMS)
    for _ in simulate_films(store, FILMS, batch=3, workers=1, device="cpu"):
        pass


def forked(folder: Path) -> int:
    """Start a simulation in a process of its own; return its id."""
    child = os.fork()
    if child == 0:
        try:
            simulate(folder)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


def ended(child: int) -> bool:
    """Wait for a child of ours; return whether it ended by itself, and not by a kill.

    Raises
    ------
    RuntimeError
        If it failed.
    """
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return False
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError("A simulation failed.")
    return True


def kill_command(folder: Path, after_s: float) -> bool:
    """Kill `skyrmlive simulate` after a while; return whether its workers are then gone."""
    recipe = folder.with_suffix(".toml")
    recipe.write_text(RECIPE, encoding="utf-8")
    words = ["simulate", "--recipe", recipe, "--films", FILMS, "--seed", SEED]
    words += ["--max-steps", MAX_STEPS, "--workers", 2, "--batch", 1, "--out", folder]
    command = subprocess.Popen(
        [sys.executable, "-m", "skyrmlive.cli.main", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(after_s)
    command.kill()
    command.wait()
    until = time.monotonic() + WORKERS_GONE_S
    while running(command.pid):
        if time.monotonic() > until:
            os.killpg(command.pid, signal.SIGKILL)
            return False
        time.sleep(0.05)
    return True


def running(group: int) -> bool:
    """Return whether a process of a group is more than a zombie that nobody has reaped."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # what follows the name in brackets: state, parent, group
            state, _, of_group = stat.read_text().rpartition(")")[2].split()[:3]
            if int(of_group) == group and state != "Z":
                return True
    return False


def differing(folder: Path, other: Path) -> list[str]:
    """Return the files that are not byte for byte the same in both folders."""
    names = {
        path.relative_to(root).as_posix()
        for root in (folder, other)
        for path in root.rglob("*")
        if path.is_file()
    }
    _, unlike, missing = filecmp.cmpfiles(folder, other, sorted(names), shallow=False)
    return unlike + missing


def run(kills: int, scratch: Path) -> dict[str, int]:
    """Kill so often, finish every set that was begun, and return the figures."""
    rng = np.random.default_rng()
    whole = scratch / "whole"
    ended(forked(scratch / "warm-up"))
    started = time.perf_counter()
    ended(forked(whole))
    duration_s = time.perf_counter() - started
    done = command_kills = sets = identical = left = 0
    while done < kills:
        folder = scratch / f"set{sets}"
        while True:
            if done % EVERY_COMMAND == EVERY_COMMAND - 1:
                left += not kill_command(folder, rng.uniform(0, COMMAND_S))
                command_kills += 1
                done += 1
            child = forked(folder)
            if done < kills:
                time.sleep(rng.uniform(0, duration_s))
                os.kill(child, signal.SIGKILL)
            if ended(child):
                break
            done += 1
        sets += 1
        unlike = differing(whole, folder)
        identical += not unlike
        if unlike:
            print(f"{folder.name} differs in {', '.join(unlike)}", file=sys.stderr)
    return {
        "kills": done,
        "kills_of_the_command": command_kills,
        "sets": sets,
        "identical_sets": identical,
        "workers_left_behind": left,
    }


def main() -> None:
    parser = report.parser(__doc__, quick="20 kills")
    parser.add_argument("--kills", type=int, default=200)
    options = parser.parse_args()
    torch.set_num_threads(1)  # a fork would not take threads along
    with tempfile.TemporaryDirectory() as scratch:
        figures = run(20 if options.quick else options.kills, Path(scratch))
    report.show(f"{FILMS} films of 32x32 cells, killed and gone on with", figures)
    report.write(options.json, figures)
    if figures["identical_sets"] < figures["sets"] or figures["workers_left_behind"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
