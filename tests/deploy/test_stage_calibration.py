from __future__ import annotations

import logging

import pytest
from stage.calibration import Calibration, FieldTable, Raw

RAW = Raw(tilt_x_deg=20.0, tilt_y_deg=-1.0, voltage_kv=200.0, objective_current=2.5, focus=-3e-3)


def test_the_field_is_interpolated_and_never_extended():
    table = FieldTable([3.0, 1.0, 2.0], [900.0, 300.0, 500.0])
    assert table.field_mt(1.0) == 300
    assert table.field_mt(2.5) == 700
    assert table.field_mt(0.999) is None
    assert table.field_mt(3.001) is None
    assert table.field_mt(float("nan")) is None


@pytest.mark.parametrize(
    "text", ["0,10\n1,20\n", "\ufeffcurrent,field (mT)\r\n1,20\r\n\r\n0,10\r\n"]
)
def test_a_table_is_read(tmp_path, text):
    path = tmp_path / "lens.csv"
    path.write_text(text, "utf-8")
    assert FieldTable.read(str(path)).field_mt(0.5) == 15


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "two rows"),
        (b"0,10\n", "two rows"),
        (b"0,10\n0,20\n", "only once"),
        (b"0,10\n1,nan\n", "finite"),
        (b"0,10\n1,x\n", "two columns of numbers"),
        (b"0,10,5\n1,20,5\n", "two columns of numbers"),
        (b"0;10\n1;20\n", "two rows|two columns"),
        (b"\xff\xfe\x00", "not a CSV file"),
    ],
)
def test_what_is_no_table_is_said_in_one_sentence(tmp_path, content, why):
    path = tmp_path / "lens.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=why):
        FieldTable.read(str(path))


def test_a_missing_table_is_said_in_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="cannot be read"):
        FieldTable.read(str(tmp_path / "none.csv"))


def test_without_calibration_nothing_is_made_up():
    assert Calibration().quantities(RAW) == {
        "tilt_x_deg": 20.0,
        "tilt_y_deg": -1.0,
        "voltage_kv": 200.0,
        "objective_current": 2.5,
    }


def test_signs_units_and_zero():
    calibration = Calibration(
        reverse_tilt=True,
        defocus_nm_per_unit=-1e9,
        focus_zero=-1e-3,
        field_table=FieldTable([2, 3], [400, 500]),
    )
    found = calibration.quantities(RAW)
    assert (found["tilt_x_deg"], found["tilt_y_deg"]) == (-20, 1)
    assert found["defocus_nm"] == pytest.approx(2e6)
    assert found["field_mt"] == 450


def test_a_current_outside_the_table_is_said_once(caplog):
    calibration = Calibration(field_table=FieldTable([0, 1], [0, 1]))
    with caplog.at_level(logging.WARNING):
        for current in (2.5, 2.6, 0.5, 2.5):
            found = calibration.quantities(RAW._replace(objective_current=current))
            assert ("field_mt" in found) == (current == 0.5)
    assert len(caplog.records) == 2
