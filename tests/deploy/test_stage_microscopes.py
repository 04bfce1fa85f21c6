"""The vendors' interfaces: temscript's own emulated microscope, and a stand-in of PyJEM."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
from stage import jeol, thermo_fisher
from stage.calibration import Calibration


def test_thermo_fisher_gives_radians_metres_and_kilovolts():
    temscript = pytest.importorskip("temscript")
    microscope = temscript.NullMicroscope(voltage=300.0)
    microscope.set_stage_position(a=math.radians(20), b=math.radians(-2))
    microscope.set_defocus(-2e-3)
    raw = thermo_fisher.read(microscope)
    assert raw.tilt_x_deg == pytest.approx(20)
    assert raw.tilt_y_deg == pytest.approx(-2)
    assert raw.voltage_kv == 300
    assert raw.objective_current == microscope.get_objective_excitation()
    found = Calibration(defocus_nm_per_unit=1e9).quantities(raw)
    assert found["defocus_nm"] == pytest.approx(-2e6)


def test_without_a_microscope_thermo_fishers_interface_raises():
    pytest.importorskip("temscript")
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever COM raises; the loop asks again
        thermo_fisher.connect()


def tem3(**optics):
    """Return a module that answers as JEOL's reference shows."""
    return SimpleNamespace(
        connect=lambda: None,
        Stage3=lambda: SimpleNamespace(GetPos=lambda: [1000.0, -5.0, 30.0, 20.0, -2.0]),
        HT3=lambda: SimpleNamespace(GetHtValue=lambda: 200000.0),
        Lens3=lambda: SimpleNamespace(GetOLc=lambda: 8000, GetOLf=lambda: 16),
        EOS3=lambda: SimpleNamespace(**optics),
    )


def test_jeol_gives_degrees_volts_and_two_parts_of_a_current():
    microscope = jeol.connect(tem3(GetDefocus=lambda: -7))
    raw = jeol.read(microscope, fine_per_coarse=32)
    assert (raw.tilt_x_deg, raw.tilt_y_deg, raw.voltage_kv) == (20, -2, 200)
    assert raw.objective_current == 8000.5
    assert raw.focus == -7


def test_an_older_pyjem_gives_no_defocus():
    raw = jeol.read(jeol.connect(tem3()), fine_per_coarse=32)
    assert math.isnan(raw.focus)
