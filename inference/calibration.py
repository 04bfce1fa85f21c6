"""Scale and direction of a frame that does not tell, as the engine sees them.

An engine knows one pixel size and one direction of the tilt axis. For a frame of unknown
calibration they are found in three steps: the lattice's ring in the power spectrum gives a period
and the axis without its sense; a coarse grid over scales and both senses, and a fine one around the
best, maximise how well the engine's answer explains the frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..stream.frame import FrameMetadata
from .condition_check import contrast_is_inverted
from .engine import Engine
from .frame_parts import FrameParts, part_places
from .geometry import geometry_for, reduced, tilt_of
from .instances import CORE_THRESHOLD, THRESHOLD
from .lattice_spectrum import lattice_rings
from .normalise import normalise, replace_non_finite
from .pixels import Runs
from .structure_factor import implied_count
from .tiling import infer_in_parts
from .told import told
from .weak_phase import WeakPhaseImage

#: Side of the part of the frame that is tried, in engine pixels, rounded to the size multiple.
_TILE = 512
#: What the edge of a frame, mirrored beyond, may spoil, in engine pixels.
_EDGE = 24
#: Neighbour distances to try, in nm; the lattices of the training set lie within.
_DISTANCES_NM = np.geomspace(80, 200, 9)
#: Cores are the lesser part of a lattice in a field, up to a third in Fe3GeTe2's. A network that
#: knows stripes may draw its negative, seen in the opposite direction, as walls between stripes,
#: which hang together (docs/decisions/0028).
_MOST_CORE = 0.4
#: And they are about as many as the lattice has places, or as many times as few.
_FEWEST_CORES = 0.6
_FIRST_STEP_DEG, _FIRST_STEP_SCALE = 6.0, 1.08
_HALVINGS = 3
#: With less, the pattern is not one that the engine knows.
_LOW_SCORE = 0.35
_CLEAR_MARGIN = 0.05
_CLEAR_ANISOTROPY = 0.2


@dataclass(frozen=True)
class Calibration:
    """Scale and direction at which an engine explains a frame best.

    Attributes
    ----------
    pixel_size_nm
        The pixel size at which the pattern looks to the engine as those it was trained on. It
        equals the true one only in the engine's own imaging condition: at another defocus it is an
        *equivalent* size.
    tilt_axis_deg
        Direction of the tilt axis from +x towards +y, 0 to 360, in the sense that makes the
        contrast the engine's.
    score
        0 to 1: share of the frame's contrast that the cores explain (r^2 with the image that they
        would make), times the decisiveness of the core probabilities (sum p^2 / sum p).
    reversed_score
        The same at the opposite direction; a score that is not clearly higher leaves the sense
        open.
    neighbour_distance_px
        Of the lattice in the frame's pixels, from the power spectrum.
    anisotropy
        Of the lattice's ring, 0.5 for a pure dipole pattern, see `LatticeRing`.
    """

    pixel_size_nm: float
    tilt_axis_deg: float
    score: float
    reversed_score: float
    neighbour_distance_px: float
    anisotropy: float

    def applied_to(self, metadata: FrameMetadata) -> FrameMetadata:
        """Return the metadata with this scale and direction in it, marked as assumed."""
        found = {"pixel_size_nm": self.pixel_size_nm, "tilt_axis_deg": self.tilt_axis_deg}
        if metadata.pixel_size_nm == self.pixel_size_nm:  # it was known and kept
            del found["pixel_size_nm"]
        assumed = sorted({*(metadata.assumed or ()), *found})
        return metadata.model_copy(update=found | {"assumed": assumed})

    def doubts(self) -> list[str]:
        """Say what makes the result doubtful, empty if nothing does."""
        found = []
        if self.score < _LOW_SCORE:
            found.append(
                f"score {self.score:.2f} is low: the frame hardly looks like what the engine knows"
            )
        if self.score - self.reversed_score < _CLEAR_MARGIN:
            found.append(
                f"the opposite direction scores {self.reversed_score:.2f}, nearly as well: "
                "the sense of the tilt axis is uncertain"
            )
        if self.anisotropy < _CLEAR_ANISOTROPY:
            found.append(
                "the pattern has hardly a direction: is the sample tilted, and of the Neel type?"
            )
        return found


def estimate_calibration(
    image: np.ndarray, engine: Engine, metadata: FrameMetadata | None = None
) -> Calibration:
    """Find the scale and the direction of the tilt axis that suit a frame and an engine.

    Parameters
    ----------
    image
        Shape (height, width), any real dtype, with a lattice of skyrmions in its middle.
    engine
        Whose training condition is taken as the measure.
    metadata
        What is known. A pixel size is kept, the tilt undoes the foreshortening, and a defocus of
        the opposite sign inverts the contrast; the direction is always searched for.

    Raises
    ------
    UserError
        The image is too small or shows no regular pattern.
    """
    metadata = metadata or FrameMetadata()
    image = normalise(replace_non_finite(image)[0])
    if contrast_is_inverted(metadata, engine.condition):
        image = -image
    ring = lattice_rings(image)[0]
    trial = _Trial(image, engine, metadata, ring.neighbour_distance)
    # The axis of a combined tilt is turned against `tilt_axis_deg`.
    turned = tilt_of(metadata.model_copy(update={"tilt_axis_deg": 0.0})).axis_deg
    axis_deg = ring.axis_deg - turned
    sizes = _DISTANCES_NM / ring.neighbour_distance
    if metadata.pixel_size_nm is not None:
        sizes = np.array([metadata.pixel_size_nm])
    starts = [(float(size), axis_deg + sense) for size in sizes for sense in (0, 180)]
    size, axis_deg = max(starts, key=lambda start: trial.score(*start) * trial.likeness(*start))

    step_deg, step_scale = _FIRST_STEP_DEG, _FIRST_STEP_SCALE
    for _ in range(_HALVINGS):
        around = (axis_deg - step_deg, axis_deg, axis_deg + step_deg)
        axis_deg = max(around, key=lambda axis: trial.score(size, axis))
        step_deg /= 2
        if metadata.pixel_size_nm is None:
            around = (size / step_scale, size, size * step_scale)
            size = max(around, key=lambda pixel: trial.score(pixel, axis_deg))
            step_scale **= 0.5
    return Calibration(
        pixel_size_nm=size,
        tilt_axis_deg=axis_deg % 360,
        score=trial.score(size, axis_deg),
        reversed_score=trial.score(size, axis_deg + 180),
        neighbour_distance_px=ring.neighbour_distance,
        anisotropy=ring.anisotropy,
    )


def lattice_likeness(core: np.ndarray, inside: np.ndarray, distance: float) -> float:
    """Return how nearly there is one core for each place of a lattice, 0 to 1; 0 far from it.

    At a wrong scale, too, may cores explain the image, large ones and more than there are places.

    Parameters
    ----------
    core
        Probabilities, float32 (height, width).
    inside
        Bool of that shape: the pixels that count.
    distance
        Between neighbours of the lattice, in pixels.
    """
    n_cores, _ = Runs.of(inside & (core >= CORE_THRESHOLD)).components()
    if n_cores == 0 or np.mean(core[inside] >= THRESHOLD) > _MOST_CORE:
        return 0.0
    per_place = n_cores / implied_count(inside, distance)
    likeness = min(per_place, 1 / per_place)
    return likeness if likeness >= _FEWEST_CORES else 0.0


class _Trial:
    """Scores scales and directions on the middle of one frame; keeps what it has computed.

    `neighbour_distance` is that of the lattice in the frame's pixels.
    """

    def __init__(
        self,
        image: np.ndarray,
        engine: Engine,
        metadata: FrameMetadata,
        neighbour_distance: float,
    ) -> None:
        self._image = image
        self._engine = engine
        self._metadata = metadata
        self._neighbour_distance = neighbour_distance
        multiple = engine.condition.size_multiple
        # One size for every scale, so that the network is compiled once.
        self._side = max(1, round(_TILE / multiple)) * multiple
        self._render = WeakPhaseImage(engine.condition, (self._side, self._side))
        self._known: dict[tuple[float, float], tuple[float, float]] = {}

    def score(self, pixel_size_nm: float, axis_deg: float) -> float:
        """Return how well the engine explains the frame so, 0 to 1; see `Calibration.score`."""
        return self._tried(pixel_size_nm, axis_deg)[0]

    def likeness(self, pixel_size_nm: float, axis_deg: float) -> float:
        """Return the `lattice_likeness` of what it finds so.

        It tells scales far apart from each other. Those nearby it would part by chance, as it
        counts some hundred cores.
        """
        return self._tried(pixel_size_nm, axis_deg)[1]

    def _tried(self, pixel_size_nm: float, axis_deg: float) -> tuple[float, float]:
        key = (pixel_size_nm, axis_deg % 360)
        if key not in self._known:
            self._known[key] = self._try(*key)
        return self._known[key]

    def _try(self, pixel_size_nm: float, axis_deg: float) -> tuple[float, float]:
        tile, shown = self._tile(pixel_size_nm, axis_deg)
        inside = _far_from_edge(shown)
        if not inside.any():
            return 0.0, 0.0
        condition = self._engine.condition
        places = part_places((self._side, self._side), shown)
        parts = FrameParts.of(tile, condition.pixel_size_nm, places)
        known = told(parts, self._metadata, condition)
        deconvolved = self._engine.deconvolved(parts.image, known)
        output = infer_in_parts(self._engine.backend, tile, known, condition, deconvolved)
        core = output.core[0].image()
        distance = self._neighbour_distance * pixel_size_nm / condition.pixel_size_nm
        likeness = lattice_likeness(core, inside, distance)
        if likeness == 0:
            return 0.0, 0.0
        found = core[inside]
        decisiveness = float(found @ found) / float(found.sum())
        agreement = max(0.0, self._render.agreement(core, tile, inside))
        return agreement**2 * decisiveness, likeness

    def _tile(self, pixel_size_nm: float, axis_deg: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the middle of the frame in engine geometry, and what of it shows the frame."""
        update = {"pixel_size_nm": pixel_size_nm, "tilt_axis_deg": axis_deg}
        metadata = self._metadata.model_copy(update=update)
        shape = (self._image.shape[0], self._image.shape[1])
        linear = geometry_for(shape, metadata, self._engine.condition).to_engine[:, :2]
        middle = (np.array(shape[::-1]) - 1) / 2
        matrix = np.column_stack([linear, (self._side - 1) / 2 - linear @ middle])
        size = (self._side, self._side)
        inside = cv2.warpAffine(np.ones(shape, np.uint8), matrix, size, flags=cv2.INTER_NEAREST)
        image, matrix = reduced(self._image, matrix)
        tile = cv2.warpAffine(
            image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        return normalise(tile, inside.view(bool)), inside


def _far_from_edge(shown: np.ndarray) -> np.ndarray:
    """Return where a tile is far enough from the frame's edge, bool of its shape."""
    framed = cv2.copyMakeBorder(shown, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1] > _EDGE
