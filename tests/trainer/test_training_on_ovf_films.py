"""Imported films with edges: their images, and a training on them."""

import numpy as np
import pytest
import torch

from skyrmlive.inference.engine import Engine
from skyrmlive.inference.segmenter import Segmenter
from skyrmlive.inference.told import TOLD
from skyrmlive.trainer.dataset.film_set import ImportedFilms
from skyrmlive.trainer.dataset.film_store import FilmStore
from skyrmlive.trainer.dataset.labels import LabelRule
from skyrmlive.trainer.dataset.ovf import OvfField
from skyrmlive.trainer.dataset.ovf_import import import_films, look_through
from skyrmlive.trainer.dataset.ovf_writer import write_ovf
from skyrmlive.trainer.engine.engine_writer import write_engine
from skyrmlive.trainer.learning.architectures import PaperNetwork
from skyrmlive.trainer.learning.examples import ExampleSource
from skyrmlive.trainer.learning.training import Training
from skyrmlive.trainer.lorentz.fresnel import lorentz_image
from skyrmlive.trainer.lorentz.microscope import Microscope
from skyrmlive.trainer.micromagnetics.start_states import placed_skyrmions

from .small_training import DEGRADATION, OPTICS, TINY, sources

#: A training, on a machine that may be busy.
pytestmark = [pytest.mark.timeout(600), pytest.mark.long]


@pytest.fixture(scope="module")
def mumax_films(tmp_path_factory):
    """Ten oblong films with edges, larger than an example, as mumax3 would have left them."""
    folder = tmp_path_factory.mktemp("mumax")
    rng = np.random.default_rng(0)
    for number in range(10):
        centres = rng.uniform((15, 20), (25, 250), (4, 2))
        m = placed_skyrmions((40, 270), centres, 6.0, 2.0)
        values = np.moveaxis(m, 0, -1)[None]
        write_ovf(folder / f"m{number:06d}.ovf", OvfField(values, (3.0, 3.0, 27.5)))
    found = look_through(folder, periodic=False)
    source = ImportedFilms(folder=str(folder), files=found.files, saturation_magnetisation=2.5e5)
    store = FilmStore.create(folder / "set", found.grid, source, 10)
    for _ in import_films(store):
        pass
    return store


def test_imported_films_with_edges_go_the_same_road(mumax_films, tmp_path):
    plan = TINY.plan.model_copy(update={"steps": 2, "validate_every": 2, "window": 256})
    recipe = TINY.model_copy(update={"plan": plan})
    source, validation = sources([mumax_films], recipe)
    assert source.window == (32, 256)
    rng = np.random.default_rng(0)
    for _ in range(8):
        image, told, labels = source.draw(rng)
        assert image.shape == (1, 32, 256)
        assert labels.shape == (3, 32, 256)
        assert told.shape == (TOLD,)
        np.testing.assert_allclose(told[:2], (-2, 20), rtol=0.4)
        assert np.isfinite(image).all()
        # a core lies in its mask wherever the window was cut
        assert (labels[0][labels[1] > 0.5] > 0.5).mean() > 0.9
    training = Training(tmp_path, recipe, "cpu")
    assert len(list(training.run(source, validation))) == 2


def test_the_papers_network_makes_an_engine_of_imported_films(mumax_films, tmp_path):
    plan = TINY.plan.model_copy(update={"steps": 2, "validate_every": 2})
    recipe = TINY.model_copy(update={"network": PaperNetwork(filters=4), "plan": plan})
    source, validation = sources([mumax_films], recipe)
    training = Training(tmp_path / "run", recipe, "cpu")
    assert len(list(training.run(source, validation))) == 2
    bundle = write_engine(tmp_path / "paper", "paper", training, [mumax_films], source, validation)
    assert bundle.condition.description.startswith("Skyrmions at 200 kV")
    assert "OVF files of" in bundle.card
    engine = Engine.from_bundle(bundle)
    image = np.random.default_rng(0).standard_normal((1, 1, 64, 64)).astype(np.float32)
    assert engine.backend.infer(image, np.zeros((1, TOLD), np.float32)).log_diameter is None
    assert len(Segmenter(engine).segment(image[0, 0]).labels) == 64


def test_an_open_film_is_seen_in_vacuum_not_beside_itself(mumax_films):
    """Its image is that of the same film in a far larger box, not that of a periodic one."""
    source = ExampleSource([(mumax_films, [0])], LabelRule(), OPTICS, DEGRADATION)
    image, labels = source.clean(0, -2e6, 20.0, 0, False)
    assert image.shape == (40, 270)
    assert labels.shape == (3, 40, 270)
    m = mumax_films.magnetisation(0) * mumax_films.saturation_magnetisation(0)

    def seen(around):
        padded = np.pad(m, [(0, 0), (around, around), (around, around)])
        wide = lorentz_image(torch.tensor(padded)[None], 3.0, 27.5, Microscope(), -2e6, 20.0)
        return wide[0, around : around + 40, around : around + 270].numpy()

    far, periodic = seen(300), seen(0)
    contrast = np.ptp(far)
    assert np.abs(image - far).max() < 0.05 * contrast
    assert np.abs(periodic - far).max() > 0.2 * contrast
