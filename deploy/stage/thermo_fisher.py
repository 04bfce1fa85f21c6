"""Thermo Fisher and FEI microscopes, through the package temscript."""

from __future__ import annotations

import math

from .calibration import Raw


def connect():
    """Return the microscope of this computer.

    Raises
    ------
    ImportError
        If temscript is not installed.
    """
    import temscript

    return temscript.Microscope()


def read(microscope) -> Raw:
    """Return what the microscope shows.

    Parameters
    ----------
    microscope
        ``temscript.Microscope``, or another class of its high-level interface. It gives tilts in
        radians, the voltage in kV, and defocus in metres on newer software (positive: overfocus).
    """
    position = microscope.get_stage_position()
    return Raw(
        tilt_x_deg=math.degrees(position.get("a", math.nan)),
        tilt_y_deg=math.degrees(position.get("b", math.nan)),
        voltage_kv=microscope.get_voltage(),
        objective_current=microscope.get_objective_excitation(),
        focus=microscope.get_defocus(),
    )
