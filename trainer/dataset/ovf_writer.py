"""Write OVF 2.0, with the header lines that mumax3's own reader knows (its package `oommf`).

mumax3 refuses a file with any other key; `m.loadfile` takes what is written here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from ...stream.errors import cannot_write
from .ovf import CHECK_VALUES, OvfField

Encoding = Literal["text", "binary 4", "binary 8"]


def write_ovf(path: Path, field: OvfField, encoding: Encoding = "binary 4") -> None:
    """Write `field` to `path`.

    Raises
    ------
    UserError
        If `path` cannot be written.
    """
    values = field.values
    name = encoding.title()
    try:
        with path.open("wb") as file:
            file.write(f"{_header(field)}# Begin: Data {name}\n".encode())
            if encoding == "text":
                # as many digits as give the same number back
                digits = "%.9g" if values.dtype.itemsize <= 4 else "%.17g"
                np.savetxt(file, values.reshape(-1, values.shape[-1]), fmt=digits)
            else:
                width = int(encoding[-1])
                file.write(np.array(CHECK_VALUES[width], f"<f{width}").tobytes())
                file.write(values.astype(f"<f{width}").tobytes())
            file.write(f"# End: Data {name}\n# End: Segment\n".encode())
    except OSError as error:
        raise cannot_write(path, error) from None


def _header(field: OvfField) -> str:
    *nodes_zyx, components = field.values.shape
    nodes = nodes_zyx[::-1]
    steps = [f"{size:.9g}e-9" for size in field.cell_size_nm]
    ends = [f"{size * n:.9g}e-9" for size, n in zip(field.cell_size_nm, nodes, strict=True)]
    bases = [f"{size / 2:.9g}e-9" for size in field.cell_size_nm]
    labels = [f"{field.title}_{axis}" for axis in "xyz"] if components == 3 else [field.title]

    def per_axis(key: str, values: list) -> str:
        return "".join(f"# {a}{key}: {value}\n" for a, value in zip("xyz", values, strict=True))

    return (
        "# OOMMF OVF 2.0\n"
        "# Segment count: 1\n"
        "# Begin: Segment\n"
        "# Begin: Header\n"
        f"# Title: {field.title}\n"
        "# meshtype: rectangular\n"
        "# meshunit: m\n"
        + per_axis("min", [0, 0, 0])
        + per_axis("max", ends)
        + f"# valuedim: {components}\n"
        f"# valuelabels: {' '.join(labels)}\n"
        f"# valueunits: {' '.join([field.unit or '1'] * components)}\n"
        + per_axis("base", bases)
        + per_axis("nodes", nodes)
        + per_axis("stepsize", steps)
        + "# End: Header\n"
    )
