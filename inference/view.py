"""Where a frame is in an image of engine geometry, and where it ends."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from .pixels import Runs

_CORNER = 8  # engine pixels that an acute corner may be narrower than one
_RESAMPLED_EDGE = 2


@dataclass(frozen=True, eq=False)
class View:
    """The part of an image that shows the frame, not its mirrored surroundings.

    Attributes
    ----------
    inside
        Bool of the image's shape; None if all of it does.
    edge
        Flat indices of the pixels at the part's edge.
    edge_width
        How many pixels wide that edge is.
    """

    inside: np.ndarray | None
    edge: np.ndarray
    edge_width: int

    def edge_lengths(self, objects: Runs, count: int) -> np.ndarray:
        """Return how much of the edge each of `count` objects takes, in pixels, shape (count,)."""
        at_edge = np.bincount(objects.owners_at(self.edge), minlength=count + 1)
        return at_edge[1:] / self.edge_width

    @classmethod
    def whole(cls, shape: tuple[int, int]) -> View:
        """Return the view of an image that is the frame."""
        return cls(None, _edge(np.ones(shape, np.uint8), 1), 1)

    @classmethod
    def of(cls, measured: np.ndarray | None, shape: tuple[int, int]) -> View:
        """Return the view of an image that is the frame, or what was `measured` of it, bool."""
        if measured is None:
            return cls.whole(shape)
        return cls(measured, _edge(measured.view(np.uint8), 1), 1)

    @classmethod
    def resampled(
        cls,
        camera_shape: tuple[int, int],
        shape: tuple[int, int],
        to_engine: np.ndarray,
        *,
        measured: np.ndarray | None = None,
    ) -> View:
        """Return the view of an image of `shape` into which a frame was resampled.

        One pixel wider than the frame, so that every camera pixel has its nearest engine pixel
        inside; the edge is `_RESAMPLED_EDGE` pixels wide therefore.

        Parameters
        ----------
        to_engine
            Shape (2, 3): affine map of camera points (x, y) to those of the image.
        measured
            Bool of `camera_shape`: what of the frame shows anything; all by default.
        """
        height, width = shape
        shown = np.ones(camera_shape, bool) if measured is None else measured
        inside = cv2.warpAffine(
            shown.view(np.uint8),
            to_engine,
            (width, height),
            flags=cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=0,
        )
        inside = cv2.dilate(inside, np.ones((3, 3), np.uint8))
        # an acute corner goes on where no engine pixel has its middle inside any more
        corners = _pixels_at_corners(camera_shape, to_engine)
        corners = corners[shown[corners[:, 1], corners[:, 0]]]
        x, y = np.rint(corners @ to_engine[:, :2].T + to_engine[:, 2]).astype(int).T
        inside[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)] = 1
        return cls(inside.view(bool), _edge(inside, _RESAMPLED_EDGE), _RESAMPLED_EDGE)


def _pixels_at_corners(camera_shape: tuple[int, int], to_engine: np.ndarray) -> np.ndarray:
    """Camera pixels (x, y) within `_CORNER` engine pixels of a corner, shape (n, 2)."""
    scale = np.linalg.svd(to_engine[:, :2], compute_uv=False)[-1]
    reach = math.ceil(_CORNER / scale)
    rows, columns = (
        np.unique(np.r_[: min(reach, side), max(side - reach, 0) : side]) for side in camera_shape
    )
    return np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)


def _edge(inside: np.ndarray, width: int) -> np.ndarray:
    size = 2 * width + 1
    core = cv2.erode(
        inside, np.ones((size, size), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0
    )
    return np.flatnonzero(inside.ravel() != core.ravel())
