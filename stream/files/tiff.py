"""TIFF files: one frame a page, with what their writers say about the pixels."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import tifffile

from ..frame import Frame
from ..pixels import as_frame_pixels
from ..wire import metadata_from_header, parse_header
from .packed import read_packed

# What is wrong with a file is said once, by the exception, unless somebody asks for the log.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_UNIT_NM = {"nm": 1.0, "um": 1e3, "µm": 1e3, "μm": 1e3, "micron": 1e3, "microns": 1e3}
#: Written by tifffile itself into its JSON descriptions; they say nothing about the specimen.
_TIFFFILE_KEYS = frozenset({"shape", "dtype", "axes", "truncated"})


def read_tiff(path: Path, start: int = 0) -> Iterator[Frame]:
    """Yield the frames of a TIFF file in the order of its pages, from number `start` on.

    A page whose description is a JSON object gives its keys as metadata. The pixel size is taken
    from ImageJ and OME files that state a unit of length and square pixels, and not guessed
    otherwise.
    """
    with tifffile.TiffFile(path) as tif:
        pixel_size_nm = _pixel_size_nm(tif)
        for image, description in _images(tif, path, start):
            keys = _json_keys(description)
            if pixel_size_nm is not None:
                keys.setdefault("pixel_size_nm", pixel_size_nm)
            yield Frame(as_frame_pixels(image, path.name), metadata_from_header(keys))


def count_tiff(path: Path) -> int:
    """Return how many frames `read_tiff` will yield."""
    with tifffile.TiffFile(path) as tif:
        packed = _packed_series(tif)
        if packed is not None:
            return int(np.prod(packed.shape[:-2]))
        return sum(not _is_reduced(page) for page in tif.pages)


def tiff_is_whole(path: Path) -> bool:
    """Tell whether all pages that a TIFF file names, and their pixels, lie within the file.

    A stack that is written page by page is a whole file after every page.
    """
    with tifffile.TiffFile(path) as tif:
        file = tif.filehandle
        ends: list[int] = []
        for page in tif.pages:
            if not any(page.databytecounts):  # its writer will say where its pixels are
                return False
            places = zip(page.dataoffsets, page.databytecounts, strict=True)
            ends += (offset + n_bytes for offset, n_bytes in places)
        packed = _packed_series(tif)
        if packed is not None and packed.dataoffset is not None:
            ends.append(packed.dataoffset + packed.nbytes)
        # tifffile leaves out pages beyond the end of the file; the link to them stays.
        link = tif.pages.next_page_offset
        if link is None or not ends or max(ends) > file.size:
            return False
        file.seek(link)
        return file.read(tif.tiff.offsetsize) == bytes(tif.tiff.offsetsize)


def _images(tif: tifffile.TiffFile, path: Path, start: int) -> Iterator[tuple[np.ndarray, str]]:
    packed = _packed_series(tif)
    if packed is not None:
        for image in _packed_images(packed, path, start):
            yield image, packed.keyframe.description
        return
    for page in islice((page for page in tif.pages if not _is_reduced(page)), start, None):
        image = page.asarray()
        if page.aspage().axes == "SYX":  # colours in planes
            image = np.moveaxis(image, 0, -1)
        yield image, page.aspage().description


def _packed_series(tif: tifffile.TiffFile) -> tifffile.TiffPageSeries | None:
    """Return the series of a stack that lies contiguously behind one single page, if it is one."""
    if len(tif.pages) != 1:
        return None
    series = tif.series[0]
    if series.ndim > 2 and "S" not in series.axes:
        return series
    return None


def _packed_images(series: tifffile.TiffPageSeries, path: Path, start: int) -> Iterator[np.ndarray]:
    if series.dataoffset is None:  # compressed, or in tiles
        stack = series.asarray()
        return iter(stack.reshape(-1, *stack.shape[-2:])[start:])
    dtype = series.dtype.newbyteorder(series.keyframe.parent.byteorder)
    return read_packed(path, series.dataoffset, series.shape, dtype, start)


def _is_reduced(page: tifffile.TiffPage | tifffile.TiffFrame) -> bool:
    return bool(page.aspage().is_reduced)


def _json_keys(description: str) -> dict[str, Any]:
    if not description.lstrip().startswith("{"):
        return {}
    document = parse_header(description.encode())
    return {key: value for key, value in document.items() if key not in _TIFFFILE_KEYS}


def _pixel_size_nm(tif: tifffile.TiffFile) -> float | None:
    size = _imagej_pixel_size_nm(tif) if tif.is_imagej else None
    if size is None and tif.is_ome and tif.ome_metadata:
        size = _ome_pixel_size_nm(tif.ome_metadata)
    return size if size is not None and np.isfinite(size) and size > 0 else None


def _imagej_pixel_size_nm(tif: tifffile.TiffFile) -> float | None:
    unit = str((tif.imagej_metadata or {}).get("unit", "")).replace("\\u00B5", "µ")
    tags = tif.pages.first.tags
    if unit not in _UNIT_NM or "XResolution" not in tags or "YResolution" not in tags:
        return None
    pixels, units = tags["XResolution"].value
    if tags["YResolution"].value != (pixels, units) or not pixels:
        return None
    return units / pixels * _UNIT_NM[unit]


def _ome_pixel_size_nm(xml: str) -> float | None:
    pixels = ElementTree.fromstring(xml).find(".//{*}Pixels")
    if pixels is None:
        return None
    x, y = pixels.get("PhysicalSizeX"), pixels.get("PhysicalSizeY")
    # The OME schema gives micrometres as the default unit.
    units = pixels.get("PhysicalSizeXUnit", "µm"), pixels.get("PhysicalSizeYUnit", "µm")
    if x is None or x != y or units[0] != units[1] or units[0] not in _UNIT_NM:
        return None
    return float(x) * _UNIT_NM[units[0]]
