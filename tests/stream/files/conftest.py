"""Files of microscopes that several tests look at."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from skyrmlive.stream.files import rosettasciio

from .made_files import digital_micrograph, stack


class DmFile(NamedTuple):
    """A file, and what is in it."""

    path: Path
    images: np.ndarray


@pytest.fixture(params=[3, 4])
def dm_version(request):
    return request.param


@pytest.fixture(params=[False, True], ids=["at once", "lazily"])
def read_lazily(request, monkeypatch):
    monkeypatch.setattr(rosettasciio, "_AT_ONCE_BYTES", 0 if request.param else 2**30)


@pytest.fixture(params=[stack[0], stack], ids=["image", "stack"])
def dm_file(request, tmp_path, dm_version, read_lazily):
    """A DM3 or DM4 file of one image or of several, 2.5 nm a pixel, 200 kV."""
    pytest.importorskip("rsciio")
    path = tmp_path / f"a.dm{dm_version}"
    path.write_bytes(digital_micrograph(request.param, 2.5, "nm", 200000.0, dm_version))
    return DmFile(path, request.param.reshape(-1, *request.param.shape[-2:]))
