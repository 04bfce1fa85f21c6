"""Tilted Neel lattices of known scale and direction, and an engine that knows them.

The network is a Wiener filter, one convolution, and a steep sigmoid. It is a real ONNX model on the
real path, and needs no training.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import torch
from onnx import helper

from skyrmlive.trainer.lorentz.fresnel import lorentz_image
from skyrmlive.trainer.lorentz.microscope import Microscope
from skyrmlive.trainer.micromagnetics.start_states import placed_skyrmions, spread_points

from .samples import CONDITION, serialised

PIXEL_SIZE_NM = CONDITION.pixel_size_nm
_CELLS = 320
_REACH = 12  # of the filter, in pixels of twice the side


def placed(neighbour_distance_nm: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return the magnetisation of a settled lattice, periodic, and its image."""
    distance = neighbour_distance_nm / PIXEL_SIZE_NM
    count = round(_CELLS**2 / (math.sqrt(3) / 2 * distance**2))
    shape = (_CELLS, _CELLS)
    centres = spread_points(count, shape, np.random.default_rng(seed), rounds=300)
    magnetisation = placed_skyrmions(shape, centres, 5.5, 4.0)
    return magnetisation, _image(magnetisation)


def lattice_image(neighbour_distance_nm: float, seed: int = 0) -> np.ndarray:
    """Return the Lorentz image of a settled lattice in the engine's condition, periodic."""
    return placed(neighbour_distance_nm, seed)[1]


def as_seen(
    image: np.ndarray,
    pixel_size_nm: float,
    tilt_axis_deg: float,
    noise: float,
    shape: tuple[int, int] = (420, 460),
) -> np.ndarray:
    """Return a periodic engine image as a camera of this scale and direction sees it.

    Slow background and Gaussian noise, `noise` times the mean of the image between 0 and 1, are
    added.
    """
    image = np.tile(image, (5, 5))
    angle, scale = math.radians(tilt_axis_deg), pixel_size_nm / PIXEL_SIZE_NM
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    middle = (np.array(shape[::-1]) - 1) / 2
    there = (np.array(image.shape[::-1]) - 1) / 2
    matrix = np.column_stack([scale * turn, there - scale * turn @ middle])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(
        cv2.GaussianBlur(image, (0, 0), 0.4 * scale), matrix, shape[::-1], flags=flags
    )
    seen = (seen - seen.min()) / np.ptp(seen)
    y, x = np.indices(shape) / max(shape)
    rng = np.random.default_rng(1)
    return seen + 0.4 * x**2 - 0.3 * y + noise * seen.mean() * rng.standard_normal(shape)


def inverse_filter() -> bytes:
    """Return the ONNX model that turns the image of a core into a blob at its place.

    On pixels of twice the side, a fifteenth of the work: an image holds nothing so fine.
    """
    side = _CELLS // 2
    # in the middle of a pair of pixels
    one = placed_skyrmions((_CELLS, _CELLS), np.full((1, 2), (_CELLS - 1) / 2), 5.5, 4.0)
    contrast = (_image(one) - 1).reshape(side, 2, side, 2).mean(axis=(1, 3))
    seen = np.fft.fft2(contrast / lattice_image(110).std())  # as strong as normalised
    y, x = np.indices((side, side)) - (side - 1) / 2
    blob = np.fft.fft2(np.exp(-(x**2 + y**2) / (2 * 2.0**2)))
    power = np.abs(seen) ** 2
    inverse = np.fft.ifft2(np.conj(seen) * blob / (power + 1e-3 * power.max())).real
    # Conv correlates, so the kernel is turned round.
    width = 2 * _REACH + 1
    kernel = np.roll(inverse, (_REACH, _REACH), (0, 1))[:width, :width][::-1, ::-1]
    threshold = np.array([0.3, 0.5], np.float32)
    weights = {
        "inverse": np.ascontiguousarray(kernel)[None, None].astype(np.float32),
        "twice": np.array([1, 1, 2, 2], np.float32),
        "gain": np.full((2, 1, 1, 1), 12.0, np.float32),
        "bias": -12 * threshold,
    }
    nodes = [
        helper.make_node("AveragePool", ["image"], ["small"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["small", "inverse"], ["found"], auto_pad="SAME_UPPER"),
        helper.make_node("Resize", ["found", "", "twice"], ["enlarged"], mode="linear"),
        helper.make_node("Conv", ["enlarged", "gain", "bias"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["probability"]),
    ]
    return serialised("inverse-filter", nodes, weights)


def _image(magnetisation: np.ndarray) -> np.ndarray:
    """Return the image of a film with Ms = 0.2 MA/m, 27.5 nm thick, float32."""
    moments = torch.from_numpy(magnetisation)[None] * 2e5
    defocus_nm, tilt_deg = CONDITION.defocus_nm, CONDITION.tilt_deg
    seen = lorentz_image(moments, PIXEL_SIZE_NM, 27.5, Microscope(), defocus_nm, tilt_deg)
    return seen[0].numpy()
