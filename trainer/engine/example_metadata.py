"""A training example as a frame at the microscope, with what its operator would tell of it."""

from __future__ import annotations

from ...inference.told import OPTICS
from ...stream.frame import FrameMetadata
from ..learning.examples import Example, ExampleSource


def example_metadata(example: Example, source: ExampleSource) -> FrameMetadata:
    """Return what an operator would tell of the frame."""
    defocus_mm, tilt_deg, blur_nm, is_known = map(float, example.told[:OPTICS])
    return FrameMetadata(
        pixel_size_nm=source.grid.cell_size_nm,
        geometry="sample",
        defocus_nm=defocus_mm * 1e6,
        tilt_x_deg=tilt_deg,
        blur_px=blur_nm / source.grid.cell_size_nm if is_known else None,
        voltage_kv=source.optics.microscope.voltage_kv,
    )
