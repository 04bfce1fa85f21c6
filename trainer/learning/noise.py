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
    """Ranges of the training noise: the paper's four kinds, and a slow background."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gaussian_percent: tuple[float, float] = (0.0, 120.0)
    poisson_counts: tuple[float, float] = (20.0, 2000.0)
    poisson_share: float = 0.4
    salt_and_pepper: tuple[float, float] = (0.0, 0.02)
    salt_and_pepper_share: float = 0.3
    gamma: tuple[float, float] = (0.5, 1.8)
    background_share: float = 0.4
    background_amplitude: tuple[float, float] = (0.0, 0.5)
    blur_share: float = 0.6
    blur_pixels: tuple[float, float] = (0.1, 5.0)


def stretched(image: np.ndarray) -> np.ndarray:
    """Return the image with its values stretched to [0, 1]; a constant image gives zeros."""
    low, high = float(image.min()), float(image.max())
    return (image - low) / (high - low) if high > low else np.zeros_like(image)


def with_gaussian_noise(image: np.ndarray, percent: float, rng: np.random.Generator) -> np.ndarray:
    """Add Gaussian noise of `percent` of the mean of a stretched image."""
    sigma = percent / 100 * float(image.mean())
    return image + sigma * rng.standard_normal(image.shape, dtype=np.float32)


def slow_background(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return a smooth random field with zero mean and unit standard deviation."""
    coarse = rng.standard_normal((5, 5), dtype=np.float32)
    field = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return (field - field.mean()) / (field.std() + np.float32(1e-9))


def degrade(image: np.ndarray, recipe: NoiseRecipe, rng: np.random.Generator) -> np.ndarray:
    """Return a clean image as a camera might have delivered it, float32."""
    image = stretched(image).astype(np.float32) ** np.float32(rng.uniform(*recipe.gamma))
    spread = float(image.std())
    if rng.uniform() < recipe.background_share:
        amplitude = rng.uniform(*recipe.background_amplitude) * spread
        image = image + amplitude * slow_background(image.shape, rng)
    if rng.uniform() < recipe.poisson_share:
        low, high = np.log(recipe.poisson_counts)
        counts = np.exp(rng.uniform(low, high))
        image = rng.poisson(np.maximum(image, 0) * counts).astype(np.float32) / np.float32(counts)
    # noise levels below ten percent are as common as those above
    percent = rng.uniform(*recipe.gaussian_percent) * rng.uniform()
    image = with_gaussian_noise(image, percent, rng)
    if rng.uniform() < recipe.salt_and_pepper_share:
        hit = rng.uniform(size=image.shape) < rng.uniform(*recipe.salt_and_pepper)
        image[hit] = rng.choice(
            np.array([image.min(), image.max()], dtype=np.float32), int(hit.sum())
        )
    if rng.uniform() < recipe.blur_share:
        image = ndimage.gaussian_filter(image, rng.uniform(*recipe.blur_pixels), mode="nearest")
    return image
