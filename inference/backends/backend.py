"""What the analysis asks of whatever runs a network."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ...stream.errors import UserError
from ..deconvolution import DECONVOLVED
from ..frame_parts import BINNING
from ..probability_map import ProbabilityMap
from ..told import TOLD


class BackendFailed(UserError):
    """A backend cannot run here, or no longer; another one may."""


@dataclass(frozen=True)
class NetworkOutput:
    """What a network makes of a batch of n images; all of it the caller's own.

    Attributes
    ----------
    mask, core
        Maps of n images.
    log_diameter
        float32 (n, 2, height / block, width / block): mean and log of the standard deviation of
        ln(diameter / nm) of the skyrmion at a place; None from a network that does not size.
    """

    mask: ProbabilityMap
    core: ProbabilityMap
    log_diameter: np.ndarray | None = None

    @classmethod
    def of_images(
        cls, probability: np.ndarray, log_diameter: np.ndarray | None = None
    ) -> NetworkOutput:
        """Return what a network gives pixel by pixel, float32 (n, 2, height, width)."""
        mask, core = (ProbabilityMap.of(probability[:, index]) for index in (0, 1))
        return cls(mask, core, log_diameter)

    @property
    def probability(self) -> np.ndarray:
        """float32 (n, 2, height, width) of mask and core, made anew."""
        return np.stack([self.mask.image(), self.core.image()], axis=1)


def inputs_for(
    names: Container[str],
    images: np.ndarray,
    told: np.ndarray,
    deconvolved: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Return what a network with inputs of these names is given, of all that is known."""
    known = {"image": images, "told": told, "deconvolved": deconvolved}
    given = {name: array for name, array in known.items() if name in names}
    if any(array is None for array in given.values()):
        raise ValueError("this network is to be given the image deconvolved")
    return {name: np.ascontiguousarray(array, np.float32) for name, array in given.items()}


def input_shapes(count: int, height: int, width: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of all inputs that a network may have, for so many images."""
    return {
        "image": (count, 1, height, width),
        "told": (count, TOLD),
        "deconvolved": (count, DECONVOLVED, height // BINNING, width // BINNING),
    }


class Backend(Protocol):
    """Runs one loaded network; made by each implementation's constructor from ONNX bytes."""

    def warm_up(self, height: int, width: int) -> None:
        """Compile for images of this shape and run once, so that the first frame does not wait."""
        ...

    def infer(
        self, images: np.ndarray, told: np.ndarray, deconvolved: np.ndarray | None = None
    ) -> NetworkOutput:
        """Run the network.

        Parameters
        ----------
        images
            float32 of shape (n, 1, height, width), normalised.
        told
            float32 of shape (n, TOLD): what is known of each image, see `inference.told`. A network
            that takes none does without.
        deconvolved
            float32 of shape (n, DECONVOLVED, height / 2, width / 2), see `inference.deconvolution`;
            None only for a network that is not given it.
        """
        ...

    def describe(self) -> str:
        """Say in a few words what runs where, such as 'OpenVINO 2026.4 CPU f32'."""
        ...
