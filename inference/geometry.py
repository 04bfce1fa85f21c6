"""From the camera's geometry to the engine's and back.

Camera geometry: the frame as it came. Engine geometry: the tilt axis along +x, the engine's pixel
size in both directions of the sample plane (foreshortening stretched back by 1/cos(tilt) across
the axis). Sample plane: camera directions with the foreshortening undone, in nm.

Points are (x, y) of pixel centres: the upper left pixel's centre is (0, 0), its corner
(-0.5, -0.5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import cv2
import numpy as np

from ..stream.errors import FrameRejected
from ..stream.frame import FrameMetadata
from .condition import ImagingCondition
from .frame_parts import part_places
from .normalise import normalise
from .part_places import PartPlaces
from .view import View

#: Smaller changes are not worth the blur of a resampling. Measurements stay exact: they use the
#: true matrix to the sample plane.
ANGLE_TOLERANCE_DEG = 1.0
SCALE_TOLERANCE = 0.01
MAX_ENGINE_SIDE = 16384


@dataclass(frozen=True)
class Tilt:
    """Tilt of the sample against the image plane.

    Attributes
    ----------
    tilt_deg
        Angle between sample and image plane; None if unknown.
    axis_deg
        Direction of the tilt axis in the image, from +x towards +y.
    """

    tilt_deg: float | None
    axis_deg: float


def tilt_of(metadata: FrameMetadata) -> Tilt:
    """Combine both tilts of the holder into one tilt about one axis.

    cos t = cos(tilt_x) cos(tilt_y); the axis is turned from `tilt_axis_deg` by
    atan2(tilt_y, tilt_x), so a negative tilt about x turns it by 180 degrees.
    """
    axis_deg = metadata.tilt_axis_deg or 0.0
    if metadata.tilt_x_deg is None and metadata.tilt_y_deg is None:
        return Tilt(None, axis_deg)
    tilt_x, tilt_y = math.radians(metadata.tilt_x_deg or 0), math.radians(metadata.tilt_y_deg or 0)
    tilt = math.acos(math.cos(tilt_x) * math.cos(tilt_y))
    return Tilt(math.degrees(tilt), axis_deg + math.degrees(math.atan2(tilt_y, tilt_x)))


@dataclass(frozen=True, eq=False)
class Geometry:
    """The maps between camera, engine and sample for frames of one shape and one setting.

    Attributes
    ----------
    camera_shape
        (height, width) of the frame.
    content_shape
        (height, width) of the frame's bounding box in engine geometry.
    engine_shape
        `content_shape` padded at the right and at the bottom up to the engine's size multiple.
    to_engine
        Shape (2, 3): affine map of camera points (x, y) to engine points.
    to_sample
        Shape (2, 2): camera vectors (x, y) to sample vectors, in units of the camera's pixel size.
    pixel_size_nm
        The camera's pixel size, None if unknown.
    resampled
        False when engine geometry is camera geometry, padded.
    masked
        Bool of `camera_shape`: where the camera measured nothing; None if it did everywhere.
    """

    camera_shape: tuple[int, int]
    content_shape: tuple[int, int]
    engine_shape: tuple[int, int]
    to_engine: np.ndarray
    to_sample: np.ndarray
    pixel_size_nm: float | None
    resampled: bool
    masked: np.ndarray | None = None

    def without(self, masked: np.ndarray) -> Geometry:
        """Return it for frames that show nothing in some areas, bool of `camera_shape`."""
        return replace(self, masked=masked)

    @cached_property
    def measured(self) -> np.ndarray | None:
        """Bool of `camera_shape`: the opposite of `masked`."""
        return None if self.masked is None else ~self.masked

    @cached_property
    def engine_to_camera(self) -> np.ndarray:
        """Shape (2, 3): the inverse of `to_engine`."""
        return cv2.invertAffineTransform(self.to_engine)

    @cached_property
    def view(self) -> View:
        """Where the frame is in an image of `content_shape`."""
        if not self.resampled:
            return View.of(self.measured, self.content_shape)
        return View.resampled(
            self.camera_shape, self.content_shape, self.to_engine, measured=self.measured
        )

    @cached_property
    def part_places(self) -> PartPlaces:
        """Where parts of the frame are cut out of an engine image."""
        return part_places(self.content_shape, self.view.inside)

    @property
    def sample_nm(self) -> np.ndarray:
        """Shape (2, 2): camera vectors (x, y) in pixels to sample vectors in nm; NaN if unknown."""
        size = math.nan if self.pixel_size_nm is None else self.pixel_size_nm
        return self.to_sample * size

    @property
    def engine_pixel_nm(self) -> float:
        """Side in nm of a square in the sample as large as an engine pixel; NaN if unknown."""
        (xx, xy), (yx, yy) = self.sample_nm @ self.engine_to_camera[:, :2]
        return math.sqrt(abs(float(xx * yy - xy * yx)))

    @property
    def view_area_um2(self) -> float | None:
        """Area of the sample in view, None while the pixel size is unknown."""
        if self.pixel_size_nm is None:
            return None
        height, width = self.camera_shape
        seen = height * width if self.measured is None else np.count_nonzero(self.measured)
        stretch = abs(float(np.linalg.det(self.to_sample)))
        return seen * stretch * self.pixel_size_nm**2 * 1e-6

    @property
    def view_corners(self) -> np.ndarray:
        """Shape (4, 2): the frame's corners in the sample plane, in units of the camera pixel."""
        height, width = self.camera_shape
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float) - 0.5
        return corners @ self.to_sample.T

    def camera_points(self, points: np.ndarray) -> np.ndarray:
        """Map engine points (n, 2), (x, y), to camera points."""
        return points @ self.engine_to_camera[:, :2].T + self.engine_to_camera[:, 2]

    def engine_points(self, points: np.ndarray) -> np.ndarray:
        """Map camera points (n, 2), (x, y), to engine points."""
        return points @ self.to_engine[:, :2].T + self.to_engine[:, 2]

    def engine_image(self, image: np.ndarray) -> np.ndarray:
        """Bring a normalised camera image to `engine_shape`, and normalise it there.

        Outside the frame it is 0, its mean. Its mirror image there would be one of skyrmions that
        are seen from another side, except below an image whose tilt axis lies along x, which is
        padded with it (docs/decisions/0033).
        """
        if self.resampled:
            image, matrix = reduced(image, self.to_engine)
            height, width = self.content_shape
            # cubic: a linear interpolation blurs, and blur and size look alike; the border goes on,
            # so that its pixels are not interpolated with nothing
            image = cv2.warpAffine(
                image,
                matrix,
                (width, height),
                flags=cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_REPLICATE,
            )
            # resampling averages noise away: the deviation is another one
            image = normalise(image, self.view.inside)
        below, right = np.subtract(self.engine_shape, image.shape)
        if below == right == 0:
            return image
        image = cv2.copyMakeBorder(image, 0, below, 0, 0, cv2.BORDER_REFLECT_101)
        return cv2.copyMakeBorder(image, 0, 0, 0, right, cv2.BORDER_CONSTANT, value=0)

    def camera_image(self, image: np.ndarray, *, nearest: bool = False) -> np.ndarray:
        """Bring an image of `content_shape` or `engine_shape` back to `camera_shape`.

        Parameters
        ----------
        image
            float32, or uint16 labels.
        nearest
            Take the nearest pixel (for labels) instead of interpolating.
        """
        height, width = self.camera_shape
        if not self.resampled:
            return np.ascontiguousarray(image[:height, :width])
        kind = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
        return cv2.warpAffine(
            image,
            self.to_engine,
            (width, height),
            flags=kind | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )


def reduced(image: np.ndarray, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Low-pass an image that `matrix` is going to shrink, and return the matrix for what is left.

    Whole factors are averaged away block by block, the rest is a Gaussian of (1/s - 1)/2 pixels
    for the remaining scale s, the rule of scikit-image's `resize`.
    """
    scale = float(np.linalg.svd(matrix[:, :2], compute_uv=False)[0])
    factor = int(min(1 / scale, *image.shape))
    if factor > 1:
        bottom, right = -image.shape[0] % factor, -image.shape[1] % factor
        image = cv2.copyMakeBorder(image, 0, bottom, 0, right, cv2.BORDER_REFLECT_101)
        size = (image.shape[1] // factor, image.shape[0] // factor)
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        # Centre of reduced pixel i: factor * i + (factor - 1) / 2.
        shift = matrix[:, :2].sum(axis=1) * (factor - 1) / 2 + matrix[:, 2]
        matrix = np.column_stack([matrix[:, :2] * factor, shift])
        scale *= factor
    sigma = (1 / scale - 1) / 2
    if sigma > 0.05:
        image = cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
    return image, matrix


def geometry_for(
    shape: tuple[int, int], metadata: FrameMetadata, condition: ImagingCondition
) -> Geometry:
    """Return the geometry of a frame for an engine.

    Parameters
    ----------
    shape
        (height, width) of the frame.
    metadata
        `pixel_size_nm`, the tilts, `tilt_axis_deg` and `geometry` are used. Without a pixel size
        the engine's is assumed, without a tilt nothing is stretched.
    condition
        The engine's condition.

    Raises
    ------
    FrameRejected
        The frame would be larger than 16384 pixels in engine geometry.
    """
    tilt = tilt_of(metadata)
    stretch = 1.0
    if metadata.geometry == "camera" and tilt.tilt_deg is not None:
        stretch = 1 / math.cos(math.radians(tilt.tilt_deg))
    return _geometry(
        shape,
        tilt.axis_deg % 360.0,
        stretch,
        metadata.pixel_size_nm,
        condition.pixel_size_nm,
        condition.size_multiple,
    )


@lru_cache(maxsize=4)
def _geometry(
    shape: tuple[int, int],
    axis_deg: float,
    stretch: float,
    pixel_size_nm: float | None,
    engine_pixel_size_nm: float,
    size_multiple: int,
) -> Geometry:
    height, width = shape
    scale = 1.0 if pixel_size_nm is None else pixel_size_nm / engine_pixel_size_nm
    cos, sin = math.cos(math.radians(axis_deg)), math.sin(math.radians(axis_deg))
    turn = np.array([[cos, sin], [-sin, cos]])  # the tilt axis to +x
    stretched = np.diag([1.0, stretch]) @ turn
    linear = scale * stretched
    resampled = (
        min(axis_deg, 360.0 - axis_deg) > ANGLE_TOLERANCE_DEG
        or abs(scale - 1) > SCALE_TOLERANCE
        or abs(scale * stretch - 1) > SCALE_TOLERANCE
    )
    if not resampled:
        linear = np.eye(2)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float) - 0.5
    mapped = corners @ linear.T
    low, high = mapped.min(axis=0), mapped.max(axis=0)
    columns, rows = (max(1, math.ceil(side - 1e-6)) for side in high - low)
    if max(columns, rows) > MAX_ENGINE_SIDE:
        raise FrameRejected(
            f"A frame of {width}x{height} pixels of {pixel_size_nm or 0:g} nm would have "
            f"{columns}x{rows} of the engine's {engine_pixel_size_nm:g} nm, more than "
            f"{MAX_ENGINE_SIDE}: is its pixel size right?"
        )
    return Geometry(
        camera_shape=shape,
        content_shape=(rows, columns),
        engine_shape=(
            math.ceil(rows / size_multiple) * size_multiple,
            math.ceil(columns / size_multiple) * size_multiple,
        ),
        to_engine=np.column_stack([linear, -0.5 - low]),
        to_sample=turn.T @ stretched,
        pixel_size_nm=pixel_size_nm,
        resampled=resampled,
    )
