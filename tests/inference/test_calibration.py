from __future__ import annotations

import math

import numpy as np
import pytest

from skyrmlive.inference.backends.openvino_backend import OpenVinoBackend
from skyrmlive.inference.calibration import Calibration, estimate_calibration, lattice_likeness
from skyrmlive.inference.condition_check import condition_warnings
from skyrmlive.inference.engine import Engine
from skyrmlive.inference.engine_store import SHIPPED, load_engine
from skyrmlive.inference.lattice_spectrum import lattice_rings
from skyrmlive.inference.transfer import electron_wavelength_nm
from skyrmlive.inference.weak_phase import WeakPhaseImage
from skyrmlive.stream.errors import UserError
from skyrmlive.stream.frame import FrameMetadata

from .dipoles import PIXEL_SIZE_NM, as_seen, inverse_filter, lattice_image, placed
from .samples import CONDITION, blobs, triangular


@pytest.fixture(scope="module")
def lattice() -> np.ndarray:
    return lattice_image(140)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine("inverse-filter", CONDITION, OpenVinoBackend(inverse_filter(), "f32", 2))


def turned(found: float, true: float, period: float = 360) -> float:
    """Return the difference of two directions, between plus and minus half a period."""
    return (found - true + period / 2) % period - period / 2


@pytest.mark.parametrize(
    ("pixel_size_nm", "axis_deg", "noise"), [(2.0, 17, 0.1), (3.0, 250, 0.5), (4.5, 131, 0.3)]
)
def test_the_spectrum_tells_period_and_axis(lattice, pixel_size_nm, axis_deg, noise):
    ring = lattice_rings(as_seen(lattice, pixel_size_nm, axis_deg, noise))[0]
    assert ring.neighbour_distance * pixel_size_nm == pytest.approx(140, rel=0.12)
    assert abs(turned(ring.axis_deg, axis_deg, 180)) < 7
    assert ring.anisotropy == pytest.approx(0.5, abs=0.12)


def test_a_perfect_hexagon_has_no_axis_of_its_own():
    shape, step = (400, 400), 2 * math.pi / 25
    y, x = np.indices(shape)
    angles = np.radians([11, 71, 131])
    waves = [np.cos(step * (x * math.cos(a) + y * math.sin(a))) for a in angles]
    ring = lattice_rings(np.sum(waves, axis=0) + 1e-3 * np.random.default_rng(0).random(shape))[0]
    assert ring.neighbour_distance == pytest.approx(25 * 2 / math.sqrt(3), rel=0.03)
    assert ring.anisotropy < 0.05


def test_no_pattern_is_said(tiny_engine):
    noise = np.random.default_rng(0).standard_normal((300, 300))
    with pytest.raises(UserError, match="no regular pattern"):
        estimate_calibration(noise, tiny_engine)
    with pytest.raises(UserError, match="no regular pattern"):
        estimate_calibration(np.full((300, 300), 7, np.uint8), tiny_engine)
    with pytest.raises(UserError, match="too small"):
        estimate_calibration(noise[:50], tiny_engine)


def test_true_cores_make_the_image_and_others_do_not():
    magnetisation, image = placed(120)
    core = (magnetisation[2] < 0).astype(np.float32)
    everywhere = np.ones(image.shape, bool)
    rendered = WeakPhaseImage(CONDITION, image.shape)
    true = rendered.agreement(core, image, everywhere)
    assert true > 0.97
    assert rendered.agreement(core, -image, everywhere) < 0.6 * true
    assert rendered.agreement(core.T, image.T, everywhere) < 0.6 * true
    assert rendered.agreement(np.zeros_like(core), image, everywhere) == 0
    # the same picture under half the defocus has its zero of contrast elsewhere
    other = CONDITION.model_copy(update={"defocus_nm": -8e6})
    assert WeakPhaseImage(other, image.shape).agreement(core, image, everywhere) < 0.9 * true
    assert electron_wavelength_nm(200) == pytest.approx(0.0025079, rel=1e-4)


def test_scale_and_sense_come_back(lattice, engine):
    """Within what so crude a network allows; `test_the_shipped_engine...` is the strict one."""
    found = estimate_calibration(as_seen(lattice, 3.9, 250, 0.1), engine)
    assert abs(turned(found.tilt_axis_deg, 250)) < 20
    assert found.pixel_size_nm == pytest.approx(3.9, rel=0.15)
    assert found.score > 2 * found.reversed_score


@pytest.mark.skipif(not SHIPPED.is_dir(), reason="no engine is shipped with this checkout")
@pytest.mark.parametrize(
    ("distance_nm", "pixel_size_nm", "axis_deg", "noise"),
    [(110, 2.3, 200, 0.1), (130, 4.2, 80, 0.5), (150, 3.0, 325, 0.3)],
)
def test_the_shipped_engine_finds_scale_and_direction(distance_nm, pixel_size_nm, axis_deg, noise):
    seen = as_seen(lattice_image(distance_nm, seed=2), pixel_size_nm, axis_deg, noise)
    found = estimate_calibration(seen, load_engine())
    assert abs(turned(found.tilt_axis_deg, axis_deg)) < 8
    assert found.pixel_size_nm == pytest.approx(pixel_size_nm, rel=0.1)
    assert found.doubts() == []


def test_walls_that_hang_together_are_no_lattice():
    """The negative of a lattice, as a network that knows stripes draws it in a wrong direction."""
    shape, spacing = (300, 300), 36.0
    whole = np.ones(shape, bool)
    cores = blobs(shape, triangular(spacing, shape, 0)).astype(np.float32)
    cores = (cores > cores.mean() + cores.std()).astype(np.float32)
    assert lattice_likeness(cores, whole, spacing) > 0.9
    assert lattice_likeness(cores, whole, 0.9 * spacing) == pytest.approx(0.81, rel=0.1)
    assert lattice_likeness(cores, whole, 1.1 * spacing) == pytest.approx(0.83, rel=0.1)
    assert lattice_likeness(cores, whole, 1.4 * spacing) == 0
    assert lattice_likeness(1 - cores, whole, spacing) == 0
    x = np.indices(shape)[1]
    walls = (x % spacing < 0.35 * spacing).astype(np.float32)
    assert walls.mean() < 0.4
    assert lattice_likeness(walls, whole, spacing) == 0
    assert lattice_likeness(np.zeros(shape, np.float32), whole, spacing) == 0


def test_what_is_known_is_kept(lattice, engine):
    seen = as_seen(lattice, PIXEL_SIZE_NM, 40, 0.1)
    known = FrameMetadata(pixel_size_nm=PIXEL_SIZE_NM, defocus_nm=+2e6, tilt_y_deg=20)
    found = estimate_calibration(seen, engine, known)
    assert found.pixel_size_nm == PIXEL_SIZE_NM
    # Overfocus turns the contrast, a tilt about y the axis.
    assert abs(turned(found.tilt_axis_deg, 40 + 180 - 90)) < 20
    applied = found.applied_to(known)
    assert applied.assumed == ["tilt_axis_deg"]
    assert applied.tilt_axis_deg == found.tilt_axis_deg


def test_a_round_pattern_is_called_doubtful(tiny_engine):
    shape = (300, 300)
    found = estimate_calibration(blobs(shape, triangular(30, shape, 0)), tiny_engine)
    assert any("hardly a direction" in doubt for doubt in found.doubts())
    assert any("hardly looks like" in doubt for doubt in found.doubts())


def test_assumed_values_are_marked_in_every_result():
    found = Calibration(2.9, 327.0, 0.7, 0.4, 38.5, 0.48)
    metadata = found.applied_to(FrameMetadata(defocus_nm=-8e6, assumed=["defocus_nm"]))
    assert metadata.assumed == ["defocus_nm", "pixel_size_nm", "tilt_axis_deg"]
    warnings = " ".join(condition_warnings(metadata, CONDITION))
    assert "defocus -8 mm is outside" in warnings
    assert "assumed, not told by the camera: defocus, pixel size, direction" in warnings
    assert "sizes in nm are only as good as that" in warnings
