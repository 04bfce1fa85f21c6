"""A small film through a sweep: who lives, what is written, and what a kill leaves behind."""

import errno
import json

import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import ValidationError

from skyrmlive.stream.errors import UserError
from skyrmlive.stream.files import read_frames
from skyrmlive.trainer.dataset.film_recipe import FilmRecipe
from skyrmlive.trainer.dataset.film_statistics import periodic_components
from skyrmlive.trainer.micromagnetics.effective_field import EffectiveField
from skyrmlive.trainer.micromagnetics.relaxation import RelaxationPlan
from skyrmlive.trainer.micromagnetics.start_states import placed_skyrmions
from skyrmlive.trainer.sweep.cores import link
from skyrmlive.trainer.sweep.film import sweep_film
from skyrmlive.trainer.sweep.following import agitate_and_follow, relax_and_follow
from skyrmlive.trainer.sweep.identity import Event, SkyrmionIdentity
from skyrmlive.trainer.sweep.imaging import Imaging, View
from skyrmlive.trainer.sweep.recipe import SweepRecipe
from skyrmlive.trainer.sweep.run import run_sweep
from skyrmlive.trainer.sweep.schedule import Leg
from skyrmlive.trainer.sweep.store import write_whole

CELL_NM = 6.0
FILM = {
    "name": "small",
    "cells": 64,
    "cell_size_nm": CELL_NM,
    "applied_field_t": (0.42, 0.42),
    "saturation_magnetisation": (1.5e5, 3.0e5),
    "exchange_stiffness": (1.3e-11, 1.3e-11),
    "interfacial_dmi": (1.2e-3, 1.2e-3),
    "grain_size_nm": 150.0,
    "grain_spread": (0.2, 0.2),
    "uniform_share": 0.0,
    "placed_share": 1.0,
    "placed_density_per_um2": (80.0, 80.0),
}
RISING = SweepRecipe.model_validate(
    {
        "name": "rising",
        "seed": 4,
        "film": FILM,
        "field_t": 0.42,
        "legs": [{"frames": 6, "field_t": 0.54}],
        "first_relaxation": {"max_steps": 600},
        "relaxation": {"steps_before": 50, "max_steps": 300},
        "imaging": {"camera": {"electrons_per_pixel": 400.0}},
    }
)


@pytest.fixture(scope="module")
def rising(tmp_path_factory):
    torch.set_num_threads(1)
    return run_sweep(RISING, tmp_path_factory.mktemp("rising"))


@pytest.fixture(scope="module")
def truth(rising):
    return tuple(pd.read_csv(rising.path / f"{n}.csv") for n in ("skyrmions", "events", "frames"))


def test_skyrmions_shrink_and_vanish_in_a_rising_field(truth):
    _, events, frames = truth
    assert frames.field_mt.tolist() == pytest.approx(np.linspace(420, 540, 7).tolist())
    assert frames.n_skyrmions.iloc[0] > 8
    assert 0 < frames.n_skyrmions.iloc[-1] < frames.n_skyrmions.iloc[0] - 3
    assert (frames.mean_mz.diff()[1:] > 0).all()
    assert frames.mean_diameter_nm.iloc[3] < frames.mean_diameter_nm.iloc[0]
    assert set(events.kind) == {"death"}
    assert (frames.uncertain_looks == 0).all()


def test_every_life_is_one_unbroken_run_of_frames(truth):
    skyrmions, events, frames = truth
    last_seen = {}
    for particle, frame in skyrmions.groupby("particle").frame:
        assert frame.tolist() == list(range(frame.min(), frame.max() + 1))
        assert frame.min() == 0  # nobody is born in a rising field
        last_seen[particle] = frame.max()
    deaths = dict(zip(events.particle, events.frame, strict=True))
    final = len(frames) - 1
    assert deaths == {p: frame + 1 for p, frame in last_seen.items() if frame < final}


def test_the_living_are_the_regions_of_every_frame(rising, truth):
    skyrmions, _, frames = truth
    assert rising.completed() == len(frames) == 7
    for frame in range(7):
        labels, areas, _ = periodic_components(rising.read(frame).m[2] < 0)
        living = skyrmions[skyrmions.frame == frame]
        assert len(living) == len(areas) == frames.n_skyrmions[frame]
        assert sorted(living.core_area_nm2) == pytest.approx(sorted(areas * CELL_NM**2))
        cos = np.cos(np.radians(20))
        y = np.rint((living.y + 0.5) / cos - 0.5).astype(int) % 64
        x = np.rint(living.x).astype(int) % 64
        assert sorted(labels[y, x]) == list(range(1, len(areas) + 1))


def test_a_field_along_minus_z_shows_the_same_film_turned_round(rising, tmp_path):
    falling = RISING.model_copy(update={"field_t": -0.42, "legs": (Leg(frames=1, field_t=-0.45),)})
    turned = run_sweep(falling, tmp_path)
    assert turned.read(0).m == pytest.approx(-rising.read(0).m, abs=1e-3)
    first = [pd.read_csv(s.path / "skyrmions.csv").query("frame == 0") for s in (turned, rising)]
    assert first[0].x.to_numpy() == pytest.approx(first[1].x.to_numpy(), abs=0.05)
    assert (first[0].polarity == 1).all()
    assert (first[1].polarity == -1).all()


@pytest.mark.parametrize("look_every", [10, 300])
def test_skyrmions_that_spread_keep_their_numbers_however_rare_the_looks(look_every):
    uniform = FILM | {"uniform_share": 1.0, "saturation_magnetisation": 2.1e5}
    films, _ = sweep_film(RISING.model_copy(update={"film": FilmRecipe(**uniform)}), "cpu")
    # six around one, too close: the ring widens, every skyrmion along its own ray, the middle dies
    turn = np.arange(6) * np.pi / 3
    ring = 32 + 7.5 * np.stack([np.sin(turn), np.cos(turn)], axis=1)
    centres = np.concatenate([ring, [[32, 32]]])
    start = torch.tensor(placed_skyrmions((64, 64), centres, 2.5, 1.5))[None]
    identity = SkyrmionIdentity(start[0, 2].numpy())
    crowded, before = identity.cores, identity.table(CELL_NM).set_index("particle")
    middle = int(crowded.labels[32, 32])

    plan = RelaxationPlan(max_steps=300, settled_nm=0, drift_every=0)
    field = EffectiveField(films, 0.36)
    _, steps, _, uncertain = relax_and_follow(field, start, identity, plan, look_every)
    assert (steps, uncertain) == (300, 0)
    assert identity.end_frame() == [Event("death", middle)]
    assert not link(crowded, identity.cores).is_certain  # one look at the end would not do
    for particle, after in identity.table(CELL_NM).set_index("particle").iterrows():
        rays = [complex(at.y - 32, at.x - 32) for at in (before.loc[particle], after)]
        assert abs(rays[1]) > abs(rays[0]) + 2
        assert abs(np.angle(rays[1] / rays[0], deg=True)) < 15


def test_hotter_spins_tremble_more_and_skyrmions_stay_who_they_are(rising):
    films, _ = sweep_film(RISING, "cpu")
    field = EffectiveField(films, 0.42)
    calm = torch.from_numpy(rising.read(0).m)[None]
    turned = []
    for temperature_k in (0.0, 50.0, 200.0):
        identity = SkyrmionIdentity(calm[0, 2].numpy())
        m, *_, uncertain = agitate_and_follow(field, calm, identity, temperature_k, 0.3, 3e-12, 1)
        assert uncertain == 0
        assert identity.end_frame() == []
        turned.append(float((1 - (m * calm).sum(dim=1)).mean()))
    # small angles: 1 - cos is half their square, and that is as the temperature
    assert turned[0] < 0.05 * turned[1]
    assert (turned[2] - turned[0]) / (turned[1] - turned[0]) == pytest.approx(4, rel=0.2)


def test_an_agitated_sweep_is_the_same_again_from_the_same_seed(rising, tmp_path):
    agitated = SweepRecipe.model_validate(
        RISING.model_dump()
        | {
            "temperature_k": 150.0,
            "legs": [{"frames": 2, "field_t": 0.46}],
            "agitation": {"duration_ps": 5.0},
        }
    )
    one, other = (run_sweep(agitated, tmp_path / name) for name in ("one", "other"))
    assert np.array_equal(one.read(0).m, rising.read(0).m)
    for frame in (1, 2):
        assert np.array_equal(one.read(frame).m, other.read(frame).m)
        assert np.abs(one.read(frame).m - rising.read(frame).m).max() > 1e-3
    skyrmions = pd.read_csv(one.path / "skyrmions.csv")
    assert skyrmions.groupby("frame").particle.apply(tuple).nunique() == 1
    with pytest.raises(ValidationError, match="agitation needs a temperature"):
        SweepRecipe.model_validate(RISING.model_dump() | {"agitation": {"duration_ps": 5.0}})


def test_a_sweep_that_was_killed_ends_bit_for_bit_as_one_that_was_not(rising, tmp_path):
    for alive_for in (1, 5):

        def kill(done, _, last=alive_for):
            if done == last:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_sweep(RISING, tmp_path, progress=kill)
    # a torn file of the frame that was being written
    (tmp_path / "states" / "00005.npz.part").write_bytes(b"half")
    reported = []
    run_sweep(RISING, tmp_path, progress=lambda *done_of: reported.append(done_of))
    assert reported[0] == (5, 7)
    assert reported[-1] == (7, 7)
    files = sorted(p.relative_to(rising.path) for p in rising.path.rglob("*.*"))
    assert len(files) == 7 + 1 + 4
    for name in files:
        assert (tmp_path / name).read_bytes() == (rising.path / name).read_bytes(), name


def test_frames_are_what_a_camera_delivers(rising, truth):
    skyrmions, _, frames = truth
    delivered = list(read_frames(rising.path / "frames.tif"))
    assert len(delivered) == 7
    assert [frame.metadata.field_mt for frame in delivered] == frames.field_mt.tolist()
    first = delivered[0]
    assert first.pixels.dtype == np.uint16
    assert first.pixels.shape == (60, 64)  # 64 cos(20 degrees) = 60.1
    assert first.pixels.mean() == pytest.approx(400, rel=0.01)
    assert first.metadata.pixel_size_nm == CELL_NM
    assert (first.metadata.tilt_x_deg, first.metadata.defocus_nm) == (20, -2e6)
    inside = skyrmions[~skyrmions.touches_border]
    assert inside.y.between(0, 60).all()
    assert inside.x.between(0, 64).all()
    assert inside.y_nm.to_numpy() == pytest.approx(
        inside.y.to_numpy() * CELL_NM / np.cos(np.radians(20))
    )


@pytest.mark.parametrize("pixel_size_nm", [None, 2.0, 7.5])
def test_images_and_places_go_through_the_same_view(pixel_size_nm):
    imaging = Imaging(tilt_deg=30, pixel_size_nm=pixel_size_nm)
    view = View(imaging, (80, 60), 3.0)
    y, x = np.indices((80, 60))
    spot = np.exp(-((y - 40.3) ** 2 + (x - 21.6) ** 2) / 72)
    image = view.image(spot)
    pixel_nm = pixel_size_nm or 3.0
    cos = np.cos(np.radians(30))
    assert image.shape == (int(240 * cos / pixel_nm), int(180 / pixel_nm))
    rows, columns = np.indices(image.shape)
    centre = [(rows * image).sum() / image.sum(), (columns * image).sum() / image.sum()]
    assert view.pixels(np.array([40.3, 21.6])) == pytest.approx(centre, abs=0.02)
    assert view.sample_nm(np.array([10.0, 10.0])) == pytest.approx(
        [10 * pixel_nm / cos, 10 * pixel_nm]
    )


def test_a_folder_holds_one_sweep(rising):
    other = RISING.model_copy(update={"seed": 5})
    before = (rising.path / "sweep.json").read_text()
    with pytest.raises(UserError, match="another sweep"):
        run_sweep(other, rising.path)
    assert json.loads(before) == json.loads((rising.path / "sweep.json").read_text())


def test_a_full_disk_leaves_the_old_file_and_one_sentence(tmp_path):
    path = tmp_path / "states.npz"
    write_whole(path, lambda file: file.write(b"whole"))

    def fill(file):
        file.write(b"torn")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(UserError, match="No space left"):
        write_whole(path, fill)
    assert path.read_bytes() == b"whole"
    assert [p.name for p in tmp_path.iterdir()] == ["states.npz"]
