"""OME-Zarr 0.5 metadata (https://ngff.openmicroscopy.org/0.5/)."""

from __future__ import annotations

from typing import Any

_VERSION = "0.5"


def image_attributes(
    name: str, pixel_size_nm: float | None, frame_interval_s: float | None
) -> dict[str, Any]:
    """Return the group attributes of an image with axes t, y, x in the dataset ``0``.

    Parameters
    ----------
    name
        Title of the image.
    pixel_size_nm
        Side of a pixel; None leaves the spatial axes without a unit and the scale at 1.
    frame_interval_s
        Seconds from frame to frame; None likewise.
    """
    return {"ome": {"version": _VERSION, **_multiscales(name, pixel_size_nm, frame_interval_s)}}


def labels_attributes() -> dict[str, Any]:
    """Return the attributes of the group that lists the label images."""
    return {"ome": {"version": _VERSION, "labels": ["skyrmions"]}}


def label_image_attributes(
    pixel_size_nm: float | None, frame_interval_s: float | None
) -> dict[str, Any]:
    """Return the attributes of the label image ``skyrmions``, scaled like its image."""
    return {
        "ome": {
            "version": _VERSION,
            **_multiscales("skyrmions", pixel_size_nm, frame_interval_s),
            "image-label": {"source": {"image": "../../"}},
        }
    }


def _multiscales(name: str, pixel_size_nm: float | None, interval_s: float | None) -> dict:
    axes = [
        _axis("t", "time", "second", interval_s),
        _axis("y", "space", "nanometer", pixel_size_nm),
        _axis("x", "space", "nanometer", pixel_size_nm),
    ]
    scale = [interval_s or 1.0, pixel_size_nm or 1.0, pixel_size_nm or 1.0]
    dataset = {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scale}]}
    return {"multiscales": [{"name": name, "axes": axes, "datasets": [dataset]}]}


def _axis(name: str, kind: str, unit: str, scale: float | None) -> dict[str, str]:
    # A unit would be a lie while the scale is not known; the specification allows to leave it out.
    return {"name": name, "type": kind} | ({} if scale is None else {"unit": unit})
