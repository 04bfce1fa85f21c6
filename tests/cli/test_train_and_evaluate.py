"""From a recipe of one's own to an engine, its tables and its page, by the commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch

from skyrmlive.inference.bundle import EngineBundle
from skyrmlive.trainer.engine.weights import weights_of
from skyrmlive.trainer.learning.training_recipe import recipe_of

RECIPE = """
name = "mine"

[[films]]
preset = "neel-lattice"
films = 10
seed = 1
cells = 64
max_steps = 100

[[films]]
preset = "stripes"
films = 10
seed = 1
cells = 64
max_steps = 50
is_ordinary = false

[optics]
defocus_nm = -3.0e6
tilt_deg = 25.0
defocus_range_nm = [-3.3e6, -2.7e6]
tilt_range_deg = [22.0, 28.0]

[degradation]
published_share = 1.0

[degradation.published]
blur_share = 0.0
poisson_share = 0.0
salt_and_pepper_share = 0.0
gaussian_percent = 20.0

[network]
architecture = "blocks"
widths = [8, 16]
block = 4

[plan]
steps = 6
batch = 2
validate_every = 3
validation_examples = 2
reliability_frames = 10
window = 64
loader_processes = 0
"""
#: A training, on a machine that may be busy.
pytestmark = [pytest.mark.timeout(600), pytest.mark.long]


def test_a_recipe_becomes_an_engine_and_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, skyrmlive: Callable[..., str]
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipe.toml").write_text(RECIPE)
    said = skyrmlive("train", "--recipe", "recipe.toml", "--farm", "farm", "--out", "mine")
    assert "Learning from 18 films, validating on 2." in said
    assert "Jaccard" in said
    bundle = EngineBundle.load(tmp_path / "mine")
    assert (bundle.condition.defocus_nm, bundle.condition.tilt_deg) == (-3e6, 25)
    # what it says of itself is of films as it is made for
    assert "1 validation films" in bundle.card
    skyrmlive("train", "--go-on-from", "mine", "--steps", "3", "--farm", "farm", "--out", "further")
    further = EngineBundle.load(tmp_path / "further")
    assert "from `mine`: 3 steps" in further.card
    before, after = weights_of(bundle), weights_of(further)
    kept = [name for name in after if torch.equal(before[name], after[name])]
    assert all(name in kept for name in after if name.startswith("size_sense"))
    assert "stem.weight" not in kept
    assert recipe_of(further).optics == recipe_of(bundle).optics
    again = ("--steps", "2", "--sense-examples", "20", "--farm", "farm", "--out", "again")
    skyrmlive("train", "--go-on-from", "further", *again)
    anew = weights_of(EngineBundle.load(tmp_path / "again"))
    assert not torch.equal(anew["size_sense.0.weight"], after["size_sense.0.weight"])
    others = ("--films", "farm/neel-lattice-1", "--unlike", "stripes=farm/stripes-1")
    said = skyrmlive(
        "evaluate",
        *("--engine", "mine", *others),
        *("--limit", "2", "--axes-limit", "1", "--workers", "1", "--report", "page.md"),
        *("--history", "runs/mine/history.jsonl"),
        *("--mask-threshold", "0.9", "--erosion-cells", "0"),
    )
    assert "2 films" in said
    (folder,) = (tmp_path / "accuracy").iterdir()
    images = pd.read_parquet(folder / "images.parquet")
    assert set(images["film"]) == {0, 1}
    assert set(images["defocus_nm"]) >= {-1.5e6, -3e6, -4.5e6}
    assert set(images.loc[images["defocus_nm"] == -1.5e6, "film"]) == {0}
    page = (tmp_path / "page.md").read_text()
    assert "evaluate --engine mine --films neel-lattice-1 --limit 2 --axes-limit 1 --unlike" in page
    assert "--mask-threshold 0.9 --erosion-cells 0" in page
    assert "Along the axes other than noise the first 1 of the films" in page
    for picture in ("scores-noise", "training", "unfamiliarity-mine"):
        assert (tmp_path / "pictures" / "accuracy" / f"{picture}.png").stat().st_size > 5000
