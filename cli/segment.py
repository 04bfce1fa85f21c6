"""`skyrmlive segment`: label images, tables and overlays of image files."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..stream.errors import UserError

if TYPE_CHECKING:
    from ..inference.segmenter import Segmentation
    from ..stream.frame import Frame, FrameMetadata


def segment(
    images: Annotated[
        list[Path], typer.Argument(help="TIFF, PNG or NPY files; DM3/DM4 with the extra 'formats'.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results; made if missing.")],
    engine: Annotated[
        str | None,
        typer.Option(
            help="Name of an installed engine or folder of a bundle; "
            "by default the best match for the first image."
        ),
    ] = None,
    pixel_size_nm: Annotated[
        float | None, typer.Option(help="Pixel size, if the file does not tell.")
    ] = None,
    tilt_axis_deg: Annotated[
        float | None,
        typer.Option(help="Direction of the tilt axis in the image, from +x (right) towards down."),
    ] = None,
    tilt_deg: Annotated[
        float | None,
        typer.Option(help="Tilt of the sample about that axis; its foreshortening is undone."),
    ] = None,
    defocus_nm: Annotated[
        float | None, typer.Option(help="Defocus, negative for underfocus.")
    ] = None,
) -> None:
    """Find and measure the skyrmions in image files.

    For every image there will be NAME.labels.tif (uint16, one number a skyrmion), NAME.csv (one row
    a skyrmion) and NAME.overlay.png (the outlines, to look at). The options about the image replace
    what its file says.
    """
    _refuse_equal_stems(images)
    from ..inference.engine_store import load_engine
    from ..inference.segmenter import Segmenter
    from ..stream.files import read_frames

    given = {
        "pixel_size_nm": pixel_size_nm,
        "tilt_axis_deg": tilt_axis_deg,
        "tilt_x_deg": tilt_deg,
        "tilt_y_deg": None if tilt_deg is None else 0.0,
        "defocus_nm": defocus_nm,
    }
    segmenter: Segmenter | None = None
    for path in images:
        frames = read_frames(path)
        first = list(islice(frames, 2))  # pages are numbered if there is more than one
        for page, frame in enumerate(chain(first, frames)):
            metadata = _with_given(frame.metadata, given)
            if segmenter is None:
                segmenter = Segmenter(load_engine(engine, metadata=metadata))
                typer.echo(f"Engine: {segmenter.engine.describe()}")
            name = path.stem if len(first) == 1 else f"{path.stem}_{page:04d}"
            found = segmenter.segment(frame.pixels, metadata)
            found.table["frame"] = page
            _write(out, name, frame, found)
            typer.echo(f"{name}: {_findings(found)}")
            for warning in found.warnings:
                typer.echo(f"  note: {warning}")
    typer.echo(f"Labels, tables and overlays are in {out}.")


def _refuse_equal_stems(images: Sequence[Path]) -> None:
    """Results are named after the images, so two images of one name would share them."""
    seen: dict[str, Path] = {}
    for path in images:
        other = seen.setdefault(path.stem, path)
        if other is not path:
            raise UserError(f"The results of {other} and {path} would have the same names.")


def _with_given(metadata: FrameMetadata, given: dict[str, float | None]) -> FrameMetadata:
    from pydantic import ValidationError

    from ..stream.frame import FrameMetadata

    known = {key: value for key, value in given.items() if value is not None}
    values: dict[str, Any] = metadata.model_dump() | known
    try:
        return FrameMetadata.model_validate(values)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        option = {"tilt_x_deg": "tilt_deg"}.get(str(problem["loc"][0]), str(problem["loc"][0]))
        raise UserError(f"--{option.replace('_', '-')}: {problem['msg']}.") from None


def _write(out: Path, name: str, frame: Frame, found: Segmentation) -> None:
    import cv2
    import tifffile

    from ..inference.overlay import draw_overlay

    overlay = draw_overlay(frame.pixels, found.labels, found.table, found.geometry.pixel_size_nm)
    encoded, png = cv2.imencode(".png", cv2.cvtColor(overlay, cv2.COLOR_RGB2BGR))
    if not encoded:
        raise UserError(f"The overlay of {name} is too large for a PNG image.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(out / f"{name}.labels.tif", found.labels, compression="zlib")
        found.table.to_csv(out / f"{name}.csv", index=False)
        # Through Python, since OpenCV's own writer fails on non-ASCII paths on Windows.
        (out / f"{name}.overlay.png").write_bytes(png.tobytes())
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror or error}.") from None


def _findings(found: Segmentation) -> str:
    from ..inference.analyser import diameter_statistics

    count = f"{len(found.table)} skyrmion{'' if len(found.table) == 1 else 's'}"
    mean_nm, std_nm = diameter_statistics(found.table)
    if mean_nm is None:
        return count
    spread = "" if std_nm is None else f" ± {std_nm:.1f}"
    return f"{count}, diameter {mean_nm:.1f}{spread} nm"
