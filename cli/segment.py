"""`skyrmlive segment`: label images, tables and overlays of image files."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..stream.errors import UserError, cannot_write
from .imaging_options import BlurPx, DefocusNm, PixelSizeNm, TiltAxisDeg, TiltDeg, given_metadata
from .run_options import BackendOption, PrecisionOption

if TYPE_CHECKING:
    from ..inference.engine import Engine
    from ..inference.segmenter import Segmentation
    from ..stream.frame import Frame, FrameMetadata
    from ..stream.result import ResultSummary

_OF_A_RUN = {"analysed", "counters"}
"""What a summary says of a run, and files have none."""


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
    backend: BackendOption = "auto",
    precision: PrecisionOption = "auto",
    find_calibration: Annotated[
        bool,
        typer.Option(
            "--find-calibration",
            help="Find the direction of the tilt axis, and the pixel size if it is not known, "
            "from the lattice in each image.",
        ),
    ] = False,
    pixel_size_nm: PixelSizeNm = None,
    tilt_axis_deg: TiltAxisDeg = None,
    tilt_deg: TiltDeg = None,
    defocus_nm: DefocusNm = None,
    blur_px: BlurPx = None,
) -> None:
    """Find and measure the skyrmions in image files.

    For every image there will be NAME.labels.tif (uint16, one number a skyrmion), NAME.csv (one row
    a skyrmion), NAME.json (counts, mean diameter with its interval, warnings, and by which engine
    and what knowledge of the image) and NAME.overlay.png (the outlines, to look at). The options
    about the image replace what its file says.
    """
    _refuse_equal_stems(images)
    from ..inference.engine_store import load_engine
    from ..inference.frame_summary import summarise
    from ..inference.segmenter import Segmenter
    from ..stream.files import read_frames

    if find_calibration and tilt_axis_deg is not None:
        raise UserError("--find-calibration finds the tilt axis; leave --tilt-axis-deg out.")
    given = given_metadata(
        pixel_size_nm=pixel_size_nm,
        tilt_axis_deg=tilt_axis_deg,
        tilt_deg=tilt_deg,
        defocus_nm=defocus_nm,
        blur_px=blur_px,
    ).model_dump(exclude_unset=True)
    segmenter: Segmenter | None = None
    names: dict[str, Path] = {}
    for path in images:
        frames = read_frames(path)
        first = list(islice(frames, 2))  # pages are numbered if there is more than one
        for page, frame in enumerate(chain(first, frames)):
            metadata = frame.metadata.model_copy(update=given)
            if segmenter is None:
                segmenter = Segmenter(
                    load_engine(engine, metadata=metadata, backend=backend, precision=precision)
                )
                typer.echo(f"Engine: {segmenter.engine.describe()}")
            name = path.stem if len(first) == 1 else f"{path.stem}_{page:04d}"
            _take_name(names, name, path)
            if find_calibration:
                metadata = _calibrated(name, frame, metadata, segmenter.engine)
            frame = replace(frame, metadata=metadata)
            found = segmenter.segment(frame.pixels, metadata)
            found.table["frame"] = page
            summary = summarise(frame, found, segmenter.engine, page, time.time())
            summary.latency_ms = found.latency_ms
            _write(out, name, frame, found, summary)
            typer.echo(f"{name}: {_findings(found)}")
            for note in (*found.warnings, *_advice(found, metadata, segmenter.engine)):
                typer.echo(f"  note: {note}")
    typer.echo(f"Labels, tables, summaries and overlays are in {out}.")


def _refuse_equal_stems(images: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for path in images:
        _take_name(seen, path.stem, path)


def _take_name(names: dict[str, Path], name: str, path: Path) -> None:
    """Results are named after the images, so two images of one name would share them.

    A page may have the name of another file, which shows only when the pages are counted.
    """
    other = names.get(name)
    if other is not None:
        raise UserError(f"The results of {other} and {path} would have the same names.")
    names[name] = path


def _calibrated(name: str, frame: Frame, metadata: FrameMetadata, engine: Engine) -> FrameMetadata:
    """Find scale and direction of a frame, say what was found, and return it as its metadata."""
    from ..inference.calibration import estimate_calibration

    found = estimate_calibration(frame.pixels, engine, metadata)
    typer.echo(
        f"{name}: looks to the engine as with pixels of {found.pixel_size_nm:.2f} nm and the tilt "
        f"axis at {found.tilt_axis_deg:.0f} degrees, score {found.score:.2f} "
        f"(opposite direction {found.reversed_score:.2f}); lattice of "
        f"{found.neighbour_distance_px:.1f} pixels\n"
        f"  for send and serve: --pixel-size-nm {found.pixel_size_nm:.2f} "
        f"--tilt-axis-deg {found.tilt_axis_deg:.0f}"
    )
    if metadata.pixel_size_nm is None:
        typer.echo(
            "  note: this scale is what suits the engine; sizes in nm are equivalent sizes, "
            "not measurements"
        )
    for doubt in found.doubts():
        typer.echo(f"  note: {doubt}")
    return found.applied_to(metadata)


def _write(out: Path, name: str, frame: Frame, found: Segmentation, summary: ResultSummary) -> None:
    import cv2
    import tifffile

    from ..inference.overlay import draw_overlay

    # No scale bar of nanometres that nobody measured.
    metadata = frame.metadata
    measured = "pixel_size_nm" not in (metadata.assumed or ())
    pixel_size_nm = metadata.pixel_size_nm if measured else None
    overlay = draw_overlay(frame.pixels, found.labels, found.table, pixel_size_nm)
    encoded, png = cv2.imencode(".png", cv2.cvtColor(overlay, cv2.COLOR_RGB2BGR))
    if not encoded:
        raise UserError(f"The overlay of {name} is too large for a PNG image.")
    known = {"metadata": metadata.model_dump(mode="json", exclude_none=True)}
    numbers = summary.model_dump(mode="json", exclude=_OF_A_RUN)
    written = json.dumps(numbers | known, indent=2)
    try:
        out.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(out / f"{name}.labels.tif", found.labels, compression="zlib")
        found.table.to_csv(out / f"{name}.csv", index=False)
        (out / f"{name}.json").write_text(written + "\n")
        # Through Python, since OpenCV's own writer fails on non-ASCII paths on Windows.
        (out / f"{name}.overlay.png").write_bytes(png.tobytes())
    except OSError as error:
        raise cannot_write(out, error) from None


def _advice(found: Segmentation, metadata: FrameMetadata, engine: Engine) -> list[str]:
    """Return what to try where nothing was found."""
    if len(found.table) or metadata.tilt_axis_deg is not None or not engine.condition.tilt_deg:
        return []
    return [
        "nothing was found with the tilt axis assumed to lie along x; --find-calibration looks "
        "for axis and scale"
    ]


def _findings(found: Segmentation) -> str:
    from ..stream.size_text import size_text

    stripes = int(found.table["is_stripe"].sum())
    skyrmions = len(found.table) - stripes
    count = f"{skyrmions} skyrmion{'' if skyrmions == 1 else 's'}"
    if stripes:
        count += f" and {stripes} stripe{'' if stripes == 1 else 's'}"
    mean_nm, std_nm, low_nm, high_nm = found.diameter
    if mean_nm is None:
        return count
    spread = "" if std_nm is None else f", spread {std_nm:.1f} nm"
    return f"{count}, mean diameter {size_text(mean_nm, low_nm, high_nm)}{spread}"
