"""The options that describe an image, the same for every command that takes some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..stream.errors import UserError

if TYPE_CHECKING:
    from ..stream.frame import FrameMetadata

_PANEL = "The image"


def _option(text: str) -> Any:
    return typer.Option(help=text, rich_help_panel=_PANEL)


PixelSizeNm = Annotated[float | None, _option("Size of a pixel.")]
TiltAxisDeg = Annotated[
    float | None, _option("Direction of the tilt axis in the image, from +x (right) towards down.")
]
TiltDeg = Annotated[
    float | None, _option("Tilt of the sample about that axis; its foreshortening is undone.")
]
DefocusNm = Annotated[float | None, _option("Defocus; negative is underfocus.")]
BlurPx = Annotated[
    float | None,
    _option(
        "Blur of the image: its standard deviation in pixels, of detector, vibration and drift "
        "together. A detector whose MTF is one half at f cycles a pixel blurs by 0.225 / f."
    ),
]
VoltageKv = Annotated[float | None, _option("Acceleration voltage.")]
TemperatureK = Annotated[float | None, _option("Temperature.")]
FieldMt = Annotated[float | None, _option("Magnetic field.")]


def given_metadata(*, tilt_deg: float | None = None, **given: float | None) -> FrameMetadata:
    """Return what these options say, with nothing else set.

    Parameters
    ----------
    tilt_deg
        About the axis that `tilt_axis_deg` names.
    **given
        Fields of `FrameMetadata`; None is left out.

    Raises
    ------
    UserError
        If a value is impossible; it names the option.
    """
    from pydantic import ValidationError

    from ..stream.frame import FrameMetadata

    known = {key: value for key, value in given.items() if value is not None}
    if tilt_deg is not None:
        known |= {"tilt_x_deg": tilt_deg, "tilt_y_deg": 0.0}
    try:
        return FrameMetadata.model_validate(known)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        name = str(problem["loc"][0])
        option = {"tilt_x_deg": "tilt_deg"}.get(name, name).replace("_", "-")
        raise UserError(f"--{option}: {problem['msg']}.") from None
