"""A series of images, from its start message to its end, and the frames that it becomes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from ..frame import Frame
from ..wire import metadata_from_header
from .messages import EndMessage, ImageMessage, StartMessage

_log = logging.getLogger(__name__)
#: Below it, an incident energy is taken for that of X-rays: no Lorentz microscope works there.
_LOWEST_ELECTRON_ENERGY_EV = 20e3


class Series:
    """One series of exposures.

    Parameters
    ----------
    first
        The first message that came of it: its start, or an image where we connected too late.
    """

    def __init__(self, first: StartMessage | ImageMessage) -> None:
        self._key = first.series
        self._n_images = 0
        self._n_expected: int | None = None
        self._next_image_id: int | None = None
        self._settings: dict[str, Any] = {}
        self._threshold_energy: dict[str, float] = {}
        if isinstance(first, StartMessage):
            self._next_image_id = 0
            self._n_expected = first.number_of_images
            self._settings = _settings(first)
            self._threshold_energy = first.threshold_energy or {}

    def has(self, message: ImageMessage | EndMessage) -> bool:
        """Tell whether `message` belongs to this series."""
        return message.series == self._key

    def count(self, image: ImageMessage) -> int:
        """Count `image` in; return how many should have come before it and did not."""
        self._n_images += 1
        if image.image_id is None:
            return 0
        expected = image.image_id if self._next_image_id is None else self._next_image_id
        self._next_image_id = image.image_id + 1
        missing = max(0, image.image_id - expected)
        if missing:
            _log.warning("%d images before number %d never came.", missing, image.image_id)
        return missing

    def frames(self, image: ImageMessage) -> Iterator[Frame]:
        """Yield a frame for each channel of `image`.

        Raises
        ------
        FrameRejected
            If its metadata are not acceptable.
        """
        shared = self._settings | _metadata(image)
        for channel, pixels in image.data.items():
            own = {"channel": channel, "threshold_energy_ev": self._threshold_energy.get(channel)}
            yield Frame(pixels, metadata_from_header(_given(shared | own)))

    def end(self) -> None:
        """Say in the log if fewer images came than were asked for."""
        if self._n_expected is not None and self._n_images < self._n_expected:
            _log.warning(
                "The series ended after %d of %d images.", self._n_images, self._n_expected
            )


def _settings(start: StartMessage) -> dict[str, Any]:
    names = (start.detector_description, start.detector_serial_number)
    energy_ev = start.incident_energy or 0.0
    return {
        "source": " ".join(name for name in names if name) or None,
        "voltage_kv": energy_ev / 1e3 if energy_ev >= _LOWEST_ELECTRON_ENERGY_EV else None,
        "incident_energy_ev": start.incident_energy,
        "count_time_s": start.count_time,
        "frame_time_s": start.frame_time,
        "saturation_value": start.saturation_value,
        "sensor_material": start.sensor_material,
    }


def _metadata(image: ImageMessage) -> dict[str, Any]:
    timestamp = None
    if image.series_date is not None and image.start_time is not None:
        timestamp = image.series_date.timestamp() + _seconds(image.start_time)
    return {
        "seq": image.image_id,
        "timestamp": timestamp,
        "series_id": image.series_id,
        "series_unique_id": image.series_unique_id,
        "real_time_s": None if image.real_time is None else _seconds(image.real_time),
    }


def _seconds(ratio: tuple[int, int]) -> float:
    numerator, denominator = ratio
    return numerator / denominator


def _given(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value is not None}
