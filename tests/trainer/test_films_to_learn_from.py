"""Films as a training takes them: kept along the beam, turned, mirrored, with noise."""

import numpy as np
import pytest
import torch

from skyrmlive.stream.errors import UserError
from skyrmlive.trainer.dataset.film_draw import draw_film
from skyrmlive.trainer.dataset.film_store import FilmStore
from skyrmlive.trainer.dataset.relaxed_films import film_batch
from skyrmlive.trainer.dataset.simulate import simulate_films
from skyrmlive.trainer.learning.examples import ExampleSource, turned
from skyrmlive.trainer.learning.film_split import split_films
from skyrmlive.trainer.learning.noise import with_gaussian_noise
from skyrmlive.trainer.micromagnetics.effective_field import EffectiveField
from skyrmlive.trainer.micromagnetics.start_states import placed_skyrmions

from .small_training import FILM_SOURCE, RECIPE, TINY


def test_films_are_unit_vectors_with_skyrmions(films):
    m = films.magnetisation(0)
    assert m.shape == (3, 64, 64)
    np.testing.assert_allclose(np.linalg.norm(m, axis=0), 1, atol=2e-3)
    assert films.records()[0]["skyrmions"] > 0
    assert np.ptp(films.saturation_magnetisation(0)) >= 0


def test_a_field_against_the_beam_is_kept_as_one_with_it(tmp_path):
    """They are kept reversed, so that the background points along +z."""
    records = []
    for name, field_t in (("against", -0.49), ("along", 0.49)):
        recipe = RECIPE.model_copy(update={"applied_field_t": (field_t, field_t)})
        source = FILM_SOURCE.model_copy(update={"recipe": recipe})
        store = FilmStore.create(tmp_path / name, RECIPE.grid, source, 1)
        records += simulate_films(store, 1, batch=1, workers=1, device="cpu")
        assert store.magnetisation(0)[2].mean() > 0
    assert [record["reversed"] for record in records] == [True, False]
    for quantity in ("applied_field_t", "energy_j", "skyrmions", "mean_diameter_nm"):
        assert records[0][quantity] == pytest.approx(records[1][quantity], rel=1e-3)
    assert records[0]["skyrmions"] > 0


def test_noise_is_measured_against_the_mean():
    rng = np.random.default_rng(0)
    image = np.full((400, 400), 0.4, dtype=np.float32)
    assert with_gaussian_noise(image, 50.0, rng).std() == pytest.approx(0.2, rel=0.01)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
def test_a_turned_film_is_what_turned_places_and_vectors_make(quarter_turns, mirrored):
    """A turned or mirrored Neel skyrmion is the Neel skyrmion at the turned or mirrored place."""
    place = np.zeros((48, 48))
    place[8, 12] = 1

    def neel(at):
        return placed_skyrmions(at.shape, np.argwhere(at).astype(float), 4.0, 1.5)

    moved = np.rot90(place, quarter_turns)
    moved = moved[:, ::-1] if mirrored else moved
    np.testing.assert_allclose(turned(neel(place), quarter_turns, mirrored), neel(moved), atol=1e-6)


@pytest.mark.parametrize(
    ("term", "texture", "is_symmetric"),
    [
        ("interfacial_dmi", "neel", True),
        ("bulk_dmi", "bloch", False),
        ("d2d_dmi", "antiskyrmion", False),
    ],
)
def test_only_films_that_a_mirror_leaves_possible_are_mirrored(term, texture, is_symmetric):
    """A mirror turns the energy of bulk and D2d DMI into its opposite, that of interfacial not."""
    off = {"interfacial_dmi": (0.0, 0.0), "applied_field_t": (0.4, 0.4)}
    recipe = RECIPE.model_copy(update={**off, term: (1e-3, 1e-3), "texture": texture})
    draw = draw_film(recipe, 0, 0)
    field = EffectiveField(film_batch([draw], recipe), 0.4)

    def dmi_energy(m):
        energies = field.energies(torch.tensor(m, dtype=torch.float64)[None])
        return float(next(e for name, e in energies.items() if term.split("_")[0] in name))

    mirrored = dmi_energy(turned(draw.start, 0, True))
    sign = 1 if is_symmetric else -1
    assert mirrored == pytest.approx(sign * dmi_energy(draw.start), rel=1e-3)
    assert FILM_SOURCE.model_copy(update={"recipe": recipe}).mirror_symmetric == is_symmetric


def source_of(*stores, window):
    """Return all films of some sets to draw from."""
    films = [(store, [record["index"] for record in store.records()]) for store in stores]
    return ExampleSource(films, TINY.labels, TINY.optics, TINY.degradation, window=window)


def test_a_periodic_film_smaller_than_the_image_is_repeated(films):
    example = source_of(films, window=160).draw(np.random.default_rng(3))
    assert example.image.shape == (1, 160, 160)
    mask, core, log_diameter = example.labels
    for each in (mask, core, log_diameter):
        np.testing.assert_array_equal(each[:, 64:], each[:, :-64])
        np.testing.assert_array_equal(each[64:], each[:-64])
    # the noise is not
    assert not np.array_equal(example.image[0, :, 64:], example.image[0, :, :-64])


@pytest.fixture(scope="module")
def larger(tmp_path_factory):
    """Ten films of 96 x 96 cells."""
    recipe = RECIPE.model_copy(update={"cells": 96})
    source = FILM_SOURCE.model_copy(update={"recipe": recipe})
    store = FilmStore.create(tmp_path_factory.mktemp("larger"), recipe.grid, source, 10)
    assert len(list(simulate_films(store, 10, batch=10, workers=1, device="cpu"))) == 10
    return store


def test_periodic_films_of_several_sizes_are_learned_from_together(films, larger):
    learning, _ = split_films([films, larger])
    assert [len(numbers) for _, numbers in learning] == [11, 9]
    # small ones are repeated to fill an image, which nobody's frame is
    assert split_films([films, larger], window=96)[1] == [(larger, [9])]
    assert [store for store, _ in split_films([films, larger], window=128)[1]] == [films, larger]
    both = source_of(films, larger, window=128)
    rng = np.random.default_rng(0)
    assert {both.draw(rng).image.shape for _ in range(12)} == {(1, 128, 128)}


def test_films_that_fill_an_image_can_be_drawn_alone(films, larger):
    both, only_small = source_of(films, larger, window=96), source_of(films, window=96)
    assert (len(both), len(both.filling())) == (22, 10)
    assert both.filling().window == both.window
    rng = np.random.default_rng(0)
    drawn = both.filling().draw(rng).labels
    assert not np.array_equal(drawn[:, :, :32], drawn[:, :, 64:]), "nothing is repeated"
    assert only_small.filling() is only_small


def test_films_of_some_sets_can_be_left_out(films, larger):
    both = source_of(films, larger, window=96)
    assert len(both.without([])) == 22
    assert len(both.without([films])) == 10
    assert len(both.without([larger]).without([larger])) == 12
    drawn = both.without([films]).draw(np.random.default_rng(0))
    again = source_of(larger, window=96).draw(np.random.default_rng(0))
    np.testing.assert_array_equal(drawn.image, again.image)
    assert both.without([films, larger]) is both


@pytest.mark.parametrize("difference", [{"cell_size_nm": 2.5}, {"boundary": "open"}])
def test_films_of_other_cells_or_borders_are_not_learned_from_together(films, tmp_path, difference):
    recipe = RECIPE.model_copy(update={"cells": 96, **difference})
    source = FILM_SOURCE.model_copy(update={"recipe": recipe})
    other = FilmStore.create(tmp_path / "other", recipe.grid, source, 1)
    with pytest.raises(UserError, match="different grids"):
        split_films([films, other])
