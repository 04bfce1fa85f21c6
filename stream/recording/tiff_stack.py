"""A TIFF stack that grows page by page."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from ..closing import Closing

_NM_PER_CM = 1e7
#: Bytes that a classic TIFF file may have, less room for its tags.
_CLASSIC_LIMIT = 2**32 - 2**26
_BYTES_OF_TAGS = 4096


class TiffStack(Closing):
    """A new TIFF file, one image a page, described by a JSON object.

    Scale is told in the baseline tags too (pixels per centimetre). Beyond 4 GiB, which classic TIFF
    cannot hold, the file is a BigTIFF.

    Parameters
    ----------
    path
        The file, which must not exist.
    n_pages, page_bytes
        Number of pages that will come, and bytes of each before compression.
    compression
        As `tifffile` names it; None leaves the pixels as they are.

    Raises
    ------
    OSError
        If it cannot be written.
    """

    def __init__(
        self, path: Path, n_pages: int, page_bytes: int, compression: str | None = None
    ) -> None:
        self._compression = compression
        self._file = io.BufferedWriter(_FileThatGivesReasons(path, "x"))
        bigtiff = n_pages * (page_bytes + _BYTES_OF_TAGS) > _CLASSIC_LIMIT
        self._writer = tifffile.TiffWriter(self._file, bigtiff=bigtiff)
        self._n_pages = 0

    def append(
        self, image: np.ndarray, description: Mapping[str, Any], pixel_size_nm: float | None
    ) -> None:
        """Append a page.

        Parameters
        ----------
        image
            Shape (height, width).
        description
            What to say about it, as JSON.
        pixel_size_nm
            Side of a pixel where known.

        Raises
        ------
        OSError
            If the disk refuses.
        """
        per_cm = 0.0 if pixel_size_nm is None else _NM_PER_CM / pixel_size_nm
        fits = 1 <= per_cm < 2**32  # the tag is a fraction of two 32-bit numbers
        self._writer.write(
            image,
            photometric="minisblack",
            compression=self._compression,
            description=json.dumps(description),
            metadata=None,
            contiguous=False,
            software="skyrmlive",
            resolution=(per_cm, per_cm) if fits else None,
            resolutionunit="CENTIMETER" if fits else None,
            # PageName: viewers show it.
            extratags=[(285, "s", 0, f"frame {self._n_pages}", True)],
        )
        self._n_pages += 1

    def close(self) -> None:
        """Close the file."""
        try:
            self._writer.close()
        finally:
            self._file.close()


class _FileThatGivesReasons(io.FileIO):
    """A file without a number, which makes numpy write through Python.

    Otherwise it would write by itself, and say of a full disk how many bytes were not written, but
    not why.
    """

    def fileno(self) -> int:
        raise io.UnsupportedOperation("fileno")
