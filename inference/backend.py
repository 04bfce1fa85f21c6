"""What the analysis asks of whatever runs a network."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Backend(Protocol):
    """Runs one loaded network; made by each implementation's constructor from ONNX bytes."""

    def warm_up(self, height: int, width: int) -> None:
        """Compile for images of this shape and run once, so that the first frame does not wait."""
        ...

    def infer(self, batch: np.ndarray) -> np.ndarray:
        """Run the network.

        Parameters
        ----------
        batch
            float32 of shape (n, 1, height, width), normalised.

        Returns
        -------
        np.ndarray
            float32 of shape (n, 2, height, width): the probabilities `mask` and `core`. It belongs
            to the caller.
        """
        ...

    def describe(self) -> str:
        """Say in a few words what runs where, such as 'OpenVINO 2026.4 CPU f32'."""
        ...
