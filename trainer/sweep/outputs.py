"""A finished sweep as files for others: images to send, and the truth about them as tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import tifffile
import torch

from .film import film_under, sweep_film
from .identity import SkyrmionIdentity
from .imaging import View, take_frame
from .schedule import Condition
from .seeds import seed_of
from .store import SweepState, SweepStore, write_whole


def write_outputs(store: SweepStore) -> None:
    """Write what a finished sweep shows, beside its states.

    `frames.tif`
        One page a frame, with its metadata as JSON, as `skyrmlive send` and `segment` read it.
    `skyrmions.csv`
        One row a skyrmion and frame: `frame, particle`; `y, x`, the centre of its core in pixels of
        the frame, wrapped into it (see `identity`); `y_nm, x_nm`, the same in the sample; then
        `core_area_nm2`, `diameter_nm` (both of Mz = 0), `touches_border` (the film's border cuts
        the core) and `polarity`, the direction of Mz in the core.
    `events.csv`
        `frame, kind, particle, other`, as `identity.Event`; the first frame has none.
    `frames.csv`
        One row a frame: field, temperature, number and mean diameter of the skyrmions, mean Mz,
        whether it is relaxed, and how many looks left doubt about identities.

    Raises
    ------
    UserError
        If they cannot be written.
    """
    skyrmions, events, frames = [], [], []
    for frame in range(store.completed()):
        state = store.read(frame)
        rows = _skyrmions(store, frame, state)
        skyrmions.append(rows)
        events += [{"frame": frame, **event} for event in state.record["events"]]
        frames.append(_summary(frame, state, rows))
    _write_csv(store.path / "skyrmions.csv", pd.concat(skyrmions, ignore_index=True))
    columns = ["frame", "kind", "particle", "other"]
    _write_csv(store.path / "events.csv", pd.DataFrame(events, columns=columns))
    _write_csv(store.path / "frames.csv", pd.DataFrame(frames))
    write_whole(store.path / "frames.tif", lambda file: _write_images(store, file, frames))


def _write_csv(path: Path, table: pd.DataFrame) -> None:
    write_whole(path, lambda file: file.write(table.to_csv(index=False).encode()))


def _view(store: SweepStore, state: SweepState) -> View:
    _, ny, nx = state.m.shape
    return View(store.recipe.imaging, (ny, nx), store.recipe.film.cell_size_nm)


def _skyrmions(store: SweepStore, frame: int, state: SweepState) -> pd.DataFrame:
    film = store.recipe.film
    view = _view(store, state)
    identity = SkyrmionIdentity.restored(state.m[2], state.identity, film.grid.periodic)
    found = identity.table(film.cell_size_nm)
    pixels = view.pixels(found[["y", "x"]].to_numpy())
    sample_nm = view.sample_nm(pixels)
    return pd.DataFrame(
        {
            "frame": frame,
            "particle": found["particle"],
            "y": pixels[:, 0],
            "x": pixels[:, 1],
            "y_nm": sample_nm[:, 0],
            "x_nm": sample_nm[:, 1],
            "core_area_nm2": found["area_nm2"],
            "diameter_nm": found["diameter_nm"],
            "touches_border": found["crosses_border"],
            "polarity": found["polarity"],
        }
    )


def _summary(frame: int, state: SweepState, skyrmions: pd.DataFrame) -> dict[str, Any]:
    return {
        "frame": frame,
        "field_mt": round(1e3 * state.record["field_t"], 6),
        "temperature_k": state.record["temperature_k"],
        "n_skyrmions": len(skyrmions),
        "mean_diameter_nm": skyrmions["diameter_nm"].mean(),
        "mean_mz": float(state.m[2].mean(dtype=float)),
        "is_settled": state.record["is_settled"],
        "uncertain_looks": state.record["uncertain_looks"],
    }


def _write_images(store: SweepStore, file: IO[bytes], frames: list[dict[str, Any]]) -> None:
    recipe = store.recipe
    imaging = recipe.imaging
    films, _ = sweep_film(recipe, "cpu")
    with tifffile.TiffWriter(file) as tiff:
        for frame, summary in enumerate(frames):
            state = store.read(frame)
            view = _view(store, state)
            condition = Condition(state.record["field_t"], state.record["temperature_k"])
            film = film_under(films, recipe, condition)
            pixels = take_frame(
                imaging,
                view,
                torch.from_numpy(state.m)[None] * film.saturation_magnetisation[:, None],
                film.cell_size_nm,
                film.thickness_nm,
                seed_of(recipe.seed, frame, "camera"),
            )
            metadata = {
                "seq": frame,
                "field_mt": summary["field_mt"],
                "temperature_k": summary["temperature_k"],
                "voltage_kv": imaging.microscope.voltage_kv,
                "defocus_nm": imaging.defocus_nm,
                "tilt_x_deg": imaging.tilt_deg,
                "tilt_y_deg": 0.0,
                "tilt_axis_deg": 0.0,
                "pixel_size_nm": view.pixel_size_nm,
                "source": f"skyrmlive sweep {recipe.name}",
            }
            tiff.write(
                pixels,
                description=json.dumps({k: v for k, v in metadata.items() if v is not None}),
                metadata=None,
                compression="zlib",
                predictor=pixels.dtype == np.uint16,
                contiguous=False,
            )
