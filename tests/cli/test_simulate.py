"""Films by the command: what its options make of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from skyrmlive.trainer.sweep.store import SweepStore

SWEEP = """
name = "small"
seed = 4
field_t = 0.42

[[legs]]
frames = 1
field_t = 0.44

[film]
name = "small"
cells = 32
cell_size_nm = 6.0
applied_field_t = 0.42
saturation_magnetisation = 2e5
exchange_stiffness = 1.3e-11
interfacial_dmi = 1.2e-3
placed_share = 1.0
placed_density_per_um2 = 80.0

[first_relaxation]
max_steps = 60

[relaxation]
steps_before = 10
max_steps = 20
"""


def test_a_sweep_has_its_own_seed_or_the_one_that_is_given(
    tmp_path: Path, skyrmlive: Callable[..., str]
):
    recipe = tmp_path / "sweep.toml"
    recipe.write_text(SWEEP)
    seeds = {"own": (), "given": ("--seed", 7), "default": ("--seed", 1)}
    frames = set()
    for name, words in seeds.items():
        skyrmlive("simulate", "--sweep", recipe, "--out", tmp_path / name, *words)
        frames.add((tmp_path / name / "frames.tif").read_bytes())
    found = {name: SweepStore.open(tmp_path / name).recipe.seed for name in seeds}
    assert found == {"own": 4, "given": 7, "default": 1}
    assert len(frames) == 3
