"""Noise and background that several parts add to an image."""

from __future__ import annotations

import cv2
import numpy as np


def stretched(image: np.ndarray) -> np.ndarray:
    """Return the image with its values stretched to [0, 1]; a constant image gives zeros."""
    low, high = float(image.min()), float(image.max())
    return (image - low) / (high - low) if high > low else np.zeros_like(image)


def with_gaussian_noise(image: np.ndarray, percent: float, rng: np.random.Generator) -> np.ndarray:
    """Add Gaussian noise of `percent` of the mean of a stretched image, as the paper defines it."""
    sigma = percent / 100 * float(image.mean())
    return image + sigma * white(image.shape, rng)


def slow_background(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return a smooth random field with zero mean and unit standard deviation."""
    coarse = rng.standard_normal((5, 5), dtype=np.float32)
    field = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return (field - field.mean()) / (field.std() + np.float32(1e-9))


def white(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return white Gaussian noise of unit standard deviation, float32."""
    return rng.standard_normal(shape, dtype=np.float32)
