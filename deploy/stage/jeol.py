"""JEOL microscopes, through JEOL's PyJEM."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from .calibration import Raw

_TILT_X, _TILT_Y = 3, 4


class Microscope(NamedTuple):
    """The parts of TEM3 that are asked."""

    stage: Any
    high_tension: Any
    lenses: Any
    optics: Any


def connect(tem3=None) -> Microscope:
    """Connect to the microscope of this computer.

    Parameters
    ----------
    tem3
        The module ``PyJEM.TEM3``, imported by default.

    Raises
    ------
    ImportError
        If PyJEM is not installed.
    """
    if tem3 is None:
        from PyJEM import TEM3 as tem3
    tem3.connect()
    return Microscope(tem3.Stage3(), tem3.HT3(), tem3.Lens3(), tem3.EOS3())


def read(microscope: Microscope, fine_per_coarse: float) -> Raw:
    """Return what the microscope shows.

    Parameters
    ----------
    microscope
        From `connect`.
    fine_per_coarse
        Steps of the objective lens' fine control that do as much as one coarse step. The current is
        given in coarse steps.
    """
    position = microscope.stage.GetPos()
    coarse, fine = microscope.lenses.GetOLc(), microscope.lenses.GetOLf()
    return Raw(
        tilt_x_deg=position[_TILT_X],
        tilt_y_deg=position[_TILT_Y],
        voltage_kv=microscope.high_tension.GetHtValue() * 1e-3,
        objective_current=coarse + fine / fine_per_coarse,
        focus=_defocus(microscope.optics),
    )


def _defocus(optics) -> float:
    # PyJEM has it since version 1.3.0.
    return optics.GetDefocus() if hasattr(optics, "GetDefocus") else math.nan
