"""`skyrmlive evaluate`: the paper's three measures of an engine against noise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..stream.errors import UserError


def evaluate(
    engine: Annotated[
        str | None, typer.Option(help="Name or folder; the shipped one if absent.")
    ] = None,
    films: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of films to image; seeds unlike the training's."),
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(help="Folder of pairs NAME_image.tif, NAME_label.tif.")
    ] = None,
    mask_threshold: Annotated[float, typer.Option(help="The films' mask is Mz below this.")] = 0.97,
    erosion_cells: Annotated[int, typer.Option(min=0, help="Erosion of the films' labels.")] = 1,
    noise: Annotated[
        list[float] | None, typer.Option(help="Noise in percent; may be given several times.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the table and the plot.")] = Path("."),
) -> None:
    """Print subset accuracy, F1 and Jaccard index against noise; write them as CSV and a plot."""
    from rich.progress import Progress

    from ..inference.engine_store import load_engine
    from .needs_torch import need_torch

    need_torch("evaluate")
    from ..trainer.dataset.film_store import FilmStore
    from ..trainer.dataset.labels import LabelRule
    from ..trainer.learning import evaluation
    from ..trainer.learning.examples import ExampleSource, Optics
    from ..trainer.learning.noise import NoiseRecipe
    from ..trainer.lorentz.microscope import Microscope

    if (films is None) == (pairs is None):
        raise UserError("Give either --films or --pairs.")
    loaded = load_engine(engine)
    condition = loaded.condition
    if pairs is not None:
        truth = evaluation.pairs_from_folder(pairs)
        total = len(list(pairs.glob("*_image.tif")))
        title = pairs.name
    else:
        stores = [FilmStore.open(path) for path in films or []]
        optics = Optics(Microscope.of(condition), condition.defocus_nm, condition.tilt_deg)
        selection = [(store, [r["index"] for r in store.records()]) for store in stores]
        rule = LabelRule(threshold=mask_threshold, erosion_cells=erosion_cells)
        source = ExampleSource(selection, rule, optics, NoiseRecipe())
        truth, total = evaluation.pairs_from_films(source), len(source)
        title = f"{total} films"
    with Progress(transient=True) as progress:
        task = progress.add_task("Evaluating", total=total)
        scores = evaluation.evaluate(
            loaded,
            truth,
            noise or evaluation.NOISE_LEVELS_PERCENT,
            on_pair=lambda: progress.advance(task),
        )
    summary = evaluation.summarise(scores)
    out.mkdir(parents=True, exist_ok=True)
    scores.to_csv(out / "scores.csv", index=False)
    evaluation.plot_scores(summary, f"{condition.name} on {title}", out / "scores.png")
    print(f"{loaded.engine_id} on {title}, mean over {total} images")
    print(summary.dropna(axis="columns", how="all").to_string(float_format="{:.3f}".format))
    print(f"Every image in {out / 'scores.csv'}, plot in {out / 'scores.png'}.")
