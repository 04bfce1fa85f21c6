"""What a camera and a sample add to a clean simulated image.

Levels follow the paper: an image is first stretched to [0, 1], and the level of Gaussian noise is
its standard deviation over the mean intensity.
"""

from __future__ import annotations

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict
from scipy import ndimage


class NoiseRecipe(BaseModel):
    """Ranges of what degrades a training image.

    The first group is the authors' augmentation (weak noise, then blur, then gamma), which their
    published pairs have gone through; the second is what a camera adds; the third a slow background
    and the smoothing that people apply to noisy frames before they look at them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    blur_share: float = 0.6
    blur_pixels: tuple[float, float] = (0.1, 6.0)
    noise_before_blur: tuple[float, float] = (0.0, 0.14)
    gamma: tuple[float, float] = (0.5, 1.8)

    gaussian_percent: tuple[float, float] = (0.0, 120.0)
    poisson_counts: tuple[float, float] = (20.0, 2000.0)
    poisson_share: float = 0.4
    salt_and_pepper: tuple[float, float] = (0.0, 0.02)
    salt_and_pepper_share: float = 0.3

    background_share: float = 0.4
    background_amplitude: tuple[float, float] = (0.0, 0.5)
    smoothing_share: float = 0.15
    smoothing_pixels: tuple[float, float] = (0.5, 2.5)


def stretched(image: np.ndarray) -> np.ndarray:
    """Return the image with its values stretched to [0, 1]; a constant image gives zeros."""
    low, high = float(image.min()), float(image.max())
    return (image - low) / (high - low) if high > low else np.zeros_like(image)


def with_gaussian_noise(image: np.ndarray, percent: float, rng: np.random.Generator) -> np.ndarray:
    """Add Gaussian noise of `percent` of the mean of a stretched image."""
    sigma = percent / 100 * float(image.mean())
    return image + sigma * _white(image.shape, rng)


def slow_background(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return a smooth random field with zero mean and unit standard deviation."""
    coarse = rng.standard_normal((5, 5), dtype=np.float32)
    field = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return (field - field.mean()) / (field.std() + np.float32(1e-9))


def degrade(image: np.ndarray, recipe: NoiseRecipe, rng: np.random.Generator) -> np.ndarray:
    """Return a clean image as a camera might have delivered it, float32."""
    image = stretched(image).astype(np.float32)
    if rng.uniform() < recipe.blur_share:
        image += rng.uniform(*recipe.noise_before_blur) * _white(image.shape, rng)
        # films are periodic, and so is their image
        image = ndimage.gaussian_filter(image, rng.uniform(*recipe.blur_pixels), mode="wrap")
    image = image.clip(0, 1) ** np.float32(rng.uniform(*recipe.gamma))

    if rng.uniform() < recipe.background_share:
        amplitude = rng.uniform(*recipe.background_amplitude) * float(image.std())
        image = image + amplitude * slow_background(image.shape, rng)
    if rng.uniform() < recipe.poisson_share:
        low, high = np.log(recipe.poisson_counts)
        counts = np.exp(rng.uniform(low, high))
        image = rng.poisson(np.maximum(image, 0) * counts).astype(np.float32) / np.float32(counts)
    # the product of two uniform numbers: weak noise is as well represented as strong
    percent = rng.uniform(*recipe.gaussian_percent) * rng.uniform()
    image = with_gaussian_noise(image, percent, rng)
    if rng.uniform() < recipe.salt_and_pepper_share:
        hit = rng.uniform(size=image.shape) < rng.uniform(*recipe.salt_and_pepper)
        image[hit] = rng.choice(
            np.array([image.min(), image.max()], dtype=np.float32), int(hit.sum())
        )
    if rng.uniform() < recipe.smoothing_share:
        sigma = rng.uniform(*recipe.smoothing_pixels)
        image = ndimage.gaussian_filter(image, sigma, mode="nearest")
    return image


def _white(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(shape, dtype=np.float32)
