"""The camera model's statistics: dose, spread, readout, fixed pattern, drift."""

import itertools
import math

import pytest
import torch
from pydantic import ValidationError

from skyrmlive.trainer.lorentz.camera import Camera, electrons_per_pixel, expose
from skyrmlive.trainer.lorentz.detector import drift_transfer, illumination_map, lorentzian_mtf

PIXEL_NM = 3.0
SIDE = 64
MTF_HALF = 0.2


def flat(count, side=SIDE):
    return torch.ones(count, side, side, dtype=torch.float64)


def wave(period, count=1, contrast=0.5):
    """A cosine along x, `period` pixels long."""
    x = torch.arange(SIDE, dtype=torch.float64)
    return (1 + contrast * torch.cos(2 * math.pi * x / period)).expand(count, SIDE, SIDE)


def contrast_of(frames, period):
    """Amplitude over mean of that cosine, from the mean frame."""
    spectrum = torch.fft.rfft(frames.mean((0, 1)))
    return float(2 * spectrum[SIDE // period].real / spectrum[0].real)


def noise_power(frames):
    """Mean power of the half spectrum over frames, 1 for white noise of variance 1."""
    noise = frames - frames.mean(0)
    power = torch.fft.rfft2(noise).abs().square().sum(0) / (len(frames) - 1)
    return power / noise[0].numel()


def in_rings(power, edges=(0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.72)):
    """Mean power in rings of frequency, in cycles per pixel."""
    q = torch.hypot(torch.fft.rfftfreq(SIDE), torch.fft.fftfreq(SIDE)[:, None])
    rings = [(q >= low) & (q < high) for low, high in itertools.pairwise(edges)]
    return torch.stack([power[ring].mean() for ring in rings])


@pytest.mark.parametrize("dose", [0.5, 5.0, 50.0, 5000.0])
def test_counted_electrons_are_poisson_distributed(dose):
    """Integers whose variance is their mean: the Fano factor is 1."""
    frames = expose(flat(16), Camera(electrons_per_pixel=dose), PIXEL_NM, range(16))
    assert torch.equal(frames, frames.round())
    counts = 16 * SIDE**2
    assert float(frames.mean()) == pytest.approx(dose, abs=5 * math.sqrt(dose / counts))
    assert float(frames.var()) / dose == pytest.approx(
        1, abs=5 * math.sqrt((2 + 1 / dose) / counts)
    )


def test_noise_follows_the_local_intensity():
    image = wave(16, 200)
    frames = expose(image, Camera(electrons_per_pixel=40), PIXEL_NM, range(200))
    assert contrast_of(frames, 16) == pytest.approx(0.5, rel=0.01)
    variance = frames.var(0).mean(0)
    torch.testing.assert_close(variance, 40 * image[0, 0], rtol=0.1, atol=0)


@pytest.mark.parametrize("dose", [4.0, 400.0])
def test_shot_noise_power_is_the_dose_times_the_squared_mtf(dose):
    camera = Camera(electrons_per_pixel=dose, mtf_half_frequency=MTF_HALF)
    frames = expose(flat(100), camera, PIXEL_NM, range(100))
    assert float(frames.mean()) == pytest.approx(dose, rel=5e-3)
    mtf = lorentzian_mtf((SIDE, SIDE), MTF_HALF, frames)
    seen, expected = in_rings(noise_power(frames)), dose * in_rings(mtf**2)
    torch.testing.assert_close(seen, expected, rtol=0.03, atol=0)


def test_readout_noise_is_white_and_joins_after_the_spread():
    spread = Camera(electrons_per_pixel=10, mtf_half_frequency=MTF_HALF)
    noisy = spread.model_copy(update={"readout_noise_electrons": 2.0})
    with_readout = expose(flat(100), noisy, PIXEL_NM, range(100))
    # the electrons of a seed are the same with and without it
    readout = with_readout - expose(flat(100), spread, PIXEL_NM, range(100))
    power = in_rings(noise_power(readout))
    torch.testing.assert_close(power, torch.full_like(power, 4.0), rtol=0.03, atol=0)
    expected = 10 * in_rings(lorentzian_mtf((SIDE, SIDE), MTF_HALF, readout) ** 2) + 4
    torch.testing.assert_close(in_rings(noise_power(with_readout)), expected, rtol=0.03, atol=0)


@pytest.mark.parametrize("period", [32, 8, 4])
def test_signal_is_weakened_by_the_mtf(period):
    camera = Camera(electrons_per_pixel=1e4, mtf_half_frequency=MTF_HALF)
    frames = expose(wave(period, 4), camera, PIXEL_NM, range(4))
    expected = 0.5 / (1 + (1 / period / MTF_HALF) ** 2)
    assert contrast_of(frames, period) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("drift_px", [3.0, 8.0, 11.0])
def test_drift_weakens_waves_along_it_by_a_sinc(drift_px):
    camera = Camera(electrons_per_pixel=1e4, drift_nm=(drift_px * PIXEL_NM, 5.0))
    frames = expose(wave(8, 4), camera, PIXEL_NM, range(4))
    x = math.pi * drift_px / 8
    assert contrast_of(frames, 8) == pytest.approx(0.5 * math.sin(x) / x, abs=2e-3)
    across = expose(wave(8, 4).mT, camera, PIXEL_NM, range(4)).mT
    x = math.pi * 5 / PIXEL_NM / 8
    assert contrast_of(across, 8) == pytest.approx(0.5 * math.sin(x) / x, abs=2e-3)


@pytest.mark.parametrize(
    "camera",
    [
        {"mtf_half_frequency": 0.3},
        {"mtf_half_frequency": 0.2, "drift_nm": (4.0, 0.0)},
        {"drift_nm": (6.0, 6.0)},
    ],
)
def test_the_blur_is_that_of_a_gaussian_for_long_waves(camera):
    """In the mean over both directions, as drift has one."""
    camera, side, pixel_nm = Camera(electrons_per_pixel=1e6, **camera), 64, PIXEL_NM
    like = torch.zeros((), dtype=torch.float64)
    transfer = torch.ones((side, side // 2 + 1), dtype=torch.float64)
    if camera.mtf_half_frequency:
        transfer = transfer * lorentzian_mtf((side, side), camera.mtf_half_frequency, like)
    transfer = transfer * drift_transfer((side, side), pixel_nm, camera.drift_nm, like)
    loss = (2 - transfer[0, 1] - transfer[1, 0]).item() / 2
    sigma_px = math.sqrt(loss / 2) * side / math.pi
    assert camera.blur_px(pixel_nm) == pytest.approx(sigma_px, rel=0.01)


def test_drift_moves_the_film_and_not_the_electrons():
    camera = Camera(electrons_per_pixel=20, drift_nm=(30.0, 10.0))
    power = in_rings(noise_power(expose(flat(100), camera, PIXEL_NM, range(100))))
    torch.testing.assert_close(power, torch.full_like(power, 20.0), rtol=0.03, atol=0)


def test_drift_is_the_mean_of_the_shifted_images():
    """A soft spot, drifting 6 pixels, beside the mean over 61 places."""
    offset = torch.arange(SIDE, dtype=torch.float64) - SIDE / 2

    def spot(dx, dy):
        y, x = offset[:, None] - dy, offset - dx
        return torch.exp(-(x**2 + y**2) / (2 * 2.0**2))

    way = torch.linspace(-0.5, 0.5, 62, dtype=torch.float64)
    middles = (way[1:] + way[:-1]) / 2
    expected = torch.stack([spot(6 * s, -4 * s) for s in middles.tolist()]).mean(0)
    camera = Camera(electrons_per_pixel=1e9, drift_nm=(6 * PIXEL_NM, -4 * PIXEL_NM))
    frame = expose(spot(0, 0)[None], camera, PIXEL_NM, [0])[0]
    torch.testing.assert_close(frame / 1e9, expected, rtol=0, atol=3e-4)


def test_hot_pixels_have_their_share_and_keep_their_place():
    camera = Camera(
        electrons_per_pixel=1e-3, hot_pixel_share=0.01, hot_pixel_electrons=500, pattern_seed=4
    )
    first, second = expose(flat(2, 512), camera, PIXEL_NM, [0, 1])
    hot = first > 10
    assert torch.equal(hot, second > 10)
    # of the exponential distribution exp(-10 / 500) lies above 10
    share = 0.01 * math.exp(-10 / 500)
    assert float(hot.double().mean()) == pytest.approx(share, abs=5 * math.sqrt(share) / 512)
    assert float(first[hot].mean()) == pytest.approx(510, rel=0.1)
    other = camera.model_copy(update={"pattern_seed": 5})
    elsewhere = expose(flat(1, 512), other, PIXEL_NM, [0])[0] > 10
    assert float((hot & elsewhere).double().mean()) < 0.001


def test_gain_is_a_fixed_pattern():
    camera = Camera(electrons_per_pixel=1e6, gain_variation=0.05, pattern_seed=3)
    first, second = expose(flat(2), camera, PIXEL_NM, [0, 1]) / 1e6
    assert float(first.mean()) == pytest.approx(1, abs=5 * 0.05 / SIDE)
    assert float(first.std()) == pytest.approx(0.05, rel=0.05)
    # dividing one frame by the other leaves the shot noise
    assert float((first / second).std()) == pytest.approx(math.sqrt(2 / 1e6), rel=0.05)


def test_illumination_is_uneven_and_slow():
    camera = Camera(electrons_per_pixel=1e8, illumination_variation=0.1, pattern_seed=1)
    frame = expose(flat(1), camera, PIXEL_NM, [0])[0] / 1e8
    assert float(frame.mean()) == pytest.approx(1, abs=1e-4)
    assert float(frame.std(correction=0)) == pytest.approx(0.1, rel=1e-3)
    steps = torch.stack([frame.diff(dim=1)[:-1].abs().max(), frame.diff(dim=0).abs().max()])
    assert float(steps.max()) < 0.025, "no more than the slowest waves' slope"
    beam = illumination_map((SIDE, SIDE), 0.1, 2, frame)
    assert abs(float(((beam - 1) * (frame - 1)).mean())) < 0.9 * 0.1**2, (
        "another seed, another beam"
    )


def test_illumination_carries_its_shot_noise():
    camera = Camera(electrons_per_pixel=30, illumination_variation=0.4)
    frames = expose(flat(300), camera, PIXEL_NM, range(300))
    beam = illumination_map((SIDE, SIDE), 0.4, 0, frames)
    bright = beam > 1.3
    assert float(frames.var(0)[bright].mean()) == pytest.approx(
        30 * float(beam[bright].mean()), rel=0.02
    )


def test_a_frame_depends_on_its_image_camera_and_seed_alone():
    rich = Camera(
        electrons_per_pixel=50,
        mtf_half_frequency=MTF_HALF,
        readout_noise_electrons=1,
        gain_variation=0.02,
        hot_pixel_share=0.01,
        hot_pixel_electrons=100,
        illumination_variation=0.1,
        drift_nm=(4.0, 2.0),
    )
    poor = rich.model_copy(update={"electrons_per_pixel": 5.0, "mtf_half_frequency": None})
    images = wave(8, 3).float() * torch.tensor([1.0, 0.9, 1.1])[:, None, None]
    together = expose(images, [rich, poor, rich], PIXEL_NM, [11, 12, 13])
    assert together.dtype == torch.float32
    assert torch.equal(together, expose(images, [rich, poor, rich], PIXEL_NM, [11, 12, 13]))
    assert torch.equal(together[1:2], expose(images[1:2], poor, PIXEL_NM, [12]))
    assert torch.equal(together[2:], expose(images[2:], rich, PIXEL_NM, [13]))
    assert float(together[1].mean()) == pytest.approx(5 * 0.9, abs=2)
    again = expose(images[2:], rich, PIXEL_NM, [14])
    assert not torch.equal(together[2:], again)


def test_global_random_state_is_neither_used_nor_changed():
    torch.manual_seed(0)
    first = expose(flat(1), Camera(electrons_per_pixel=5), PIXEL_NM, [0])
    state = torch.get_rng_state()
    torch.manual_seed(1)
    assert torch.equal(first, expose(flat(1), Camera(electrons_per_pixel=5), PIXEL_NM, [0]))
    torch.manual_seed(0)
    assert torch.equal(torch.get_rng_state(), state)


def test_dose_across_the_beam():
    """10 electrons/nm2 on 3 nm pixels; a film at 60 degrees catches half of them a pixel."""
    assert electrons_per_pixel(10, 3.0) == pytest.approx(90)
    assert electrons_per_pixel(10, 3.0, tilt_deg=60) == pytest.approx(45)


def test_cameras_and_seeds_must_be_as_many_as_the_images():
    camera = Camera(electrons_per_pixel=5)
    with pytest.raises(ValueError, match="2 cameras and 3 seeds for 3 images"):
        expose(flat(3), [camera, camera], PIXEL_NM, range(3))
    with pytest.raises(ValueError, match="3 cameras and 1 seeds for 3 images"):
        expose(flat(3), camera, PIXEL_NM, [0])


@pytest.mark.parametrize(
    "faulty",
    [
        {"electrons_per_pixel": 0},
        {"electrons_per_pixel": math.nan},
        {"mtf_half_frequency": 0},
        {"readout_noise_electrons": -1},
        {"hot_pixel_share": 1.5},
        {"drift_nm": (math.inf, 0)},
        {"dose": 3},
    ],
)
def test_impossible_cameras_are_refused(faulty):
    with pytest.raises(ValidationError):
        Camera.model_validate({"electrons_per_pixel": 5.0, **faulty})
