"""The three messages of Stream V2: the start of a series, an image, the end of the series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

import numpy as np
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from ..errors import FrameRejected
from .arrays import decode_image
from .cbor import decode, split_map

#: Detectors have three at most: two thresholds and their difference.
_MAX_CHANNELS = 8
#: Of all its channels together, decompressed.
_MAX_IMAGE_BYTES = 2**30
#: By field, the tags that its value may have: here a date and time.
_TAGS = {"series_date": (0,)}

_Count = Annotated[int, Field(ge=0, lt=2**63)]
_Positive = Annotated[float, Field(gt=0)]
_Text = Annotated[str, StringConstraints(max_length=256)]
# Below version 6 cbor2 makes lists and dicts, above it may make tuples and frozendicts.
_Rational = Annotated[
    tuple[_Count, Annotated[int, Field(gt=0, lt=2**63)]],
    BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
]
_Energies = Annotated[
    dict[_Text, float],
    BeforeValidator(lambda value: dict(value) if isinstance(value, Mapping) else value),
]


class _Message(BaseModel):
    """What is read of a message: every field is optional, and no other is ever decoded."""

    model_config = ConfigDict(
        strict=True, frozen=True, allow_inf_nan=False, arbitrary_types_allowed=True
    )

    series_id: _Count | None = None
    series_unique_id: _Text | None = None

    @property
    def series(self) -> tuple[int | None, str | None]:
        """What tells the series from others."""
        return self.series_id, self.series_unique_id


class StartMessage(_Message):
    """How the detector is set for the series that begins; times in seconds, energies in eV."""

    detector_description: _Text | None = None
    detector_serial_number: _Text | None = None
    count_time: _Positive | None = None
    frame_time: _Positive | None = None
    incident_energy: float | None = None
    number_of_images: _Count | None = None
    saturation_value: _Count | None = None
    sensor_material: _Text | None = None
    threshold_energy: _Energies | None = None


class ImageMessage(_Message):
    """One exposure: read-only pixels of shape (height, width) by channel; times in seconds."""

    data: dict[str, np.ndarray]
    image_id: _Count | None = None
    series_date: AwareDatetime | None = None
    start_time: _Rational | None = None
    real_time: _Rational | None = None


class EndMessage(_Message):
    """The series is over."""


_AnyMessage = TypeVar("_AnyMessage", StartMessage, ImageMessage, EndMessage)


def decode_message(message: memoryview) -> StartMessage | ImageMessage | EndMessage:
    """Decode one message.

    Parameters
    ----------
    message
        Unsigned bytes.

    Raises
    ------
    FrameRejected
        For everything that is not a valid message, with one sentence that says why.
    UserError
        If its pixels are compressed and dectris-compression is not installed.
    """
    fields = split_map(message)
    kind = decode(fields["type"]) if "type" in fields else None
    if kind == "start":
        return _validated(StartMessage, _values(StartMessage, fields))
    if kind == "image":
        values = _values(ImageMessage, fields)
        return _validated(ImageMessage, values | {"data": _images(fields)})
    if kind == "end":
        return _validated(EndMessage, _values(EndMessage, fields))
    raise FrameRejected(f"A message of type {ascii(kind)[:40]} is not known.")


def _values(kind: type[_Message], fields: Mapping[str, memoryview]) -> dict[str, object]:
    return {
        name: decode(fields[name], _TAGS.get(name, ()))
        for name in kind.model_fields
        if name in fields and name != "data"
    }


def _images(fields: Mapping[str, memoryview]) -> dict[str, np.ndarray]:
    channels = split_map(fields["data"]) if "data" in fields else {}
    if not 1 <= len(channels) <= _MAX_CHANNELS:
        raise FrameRejected(
            f"An image message has {len(channels)} channels; 1 to {_MAX_CHANNELS} are taken."
        )
    images: dict[str, np.ndarray] = {}
    n_bytes = 0
    for channel, item in channels.items():
        images[channel] = decode_image(item)
        n_bytes += images[channel].nbytes
        if n_bytes > _MAX_IMAGE_BYTES:
            raise FrameRejected(
                f"The channels of an image have more than {_MAX_IMAGE_BYTES} bytes."
            )
    return images


def _validated(kind: type[_AnyMessage], values: Mapping[str, object]) -> _AnyMessage:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        reason = first["msg"][:1].lower() + first["msg"][1:]
        shown = ascii(first["input"])[:40]
        raise FrameRejected(f"Field {key!a} is refused: {reason}, not {shown}.") from None
