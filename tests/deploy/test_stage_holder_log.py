from __future__ import annotations

import os

import pytest
from stage.holder_log import GrowingCsv

COLUMNS = {"temperature_k": "T (K)", "heater_mw": "P"}


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("A holder's log\ntime,T (K),P\n0,300,0.1\n", "utf-8")
    return path


def add(path, text: str) -> None:
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


def test_each_new_line_is_read_once(log):
    reader = GrowingCsv(str(log), COLUMNS)
    assert reader.read() == {}, "what was there before is old"
    add(log, "1,310,0.2\n")
    assert reader.read() == {"temperature_k": 310, "heater_mw": 0.2}
    assert reader.read() == {}
    add(log, "2,320,0.3\n3,330,0.4\n")
    assert reader.read() == {"temperature_k": 330, "heater_mw": 0.4}


def test_half_a_line_is_waited_for(log):
    reader = GrowingCsv(str(log), COLUMNS)
    reader.read()
    add(log, "1,31")
    assert reader.read() == {}
    add(log, "0,0.2\n")
    assert reader.read()["temperature_k"] == 310


def test_a_long_log_is_read_from_its_end(log):
    reader = GrowingCsv(str(log), COLUMNS)
    reader.read()
    add(log, "".join(f"{i},{300 + i},0.1\n" for i in range(20_000)))
    assert reader.read()["temperature_k"] == 300 + 19_999


def test_the_newest_file_of_a_pattern_is_read(log, tmp_path):
    reader = GrowingCsv(str(tmp_path / "*.csv"), COLUMNS)
    reader.read()
    newer = tmp_path / "log2.csv"
    newer.write_text("P;time;T (K)\n0,1;0;200,5\n", "utf-8")
    later = os.stat(log).st_mtime + 10
    os.utime(newer, (later, later))
    assert reader.read() == {}, "a comma is no decimal point unless it is said"
    other = GrowingCsv(str(tmp_path / "*.csv"), COLUMNS, decimal=",")
    other.read()
    add(newer, "0,2;1;201,5\n")
    os.utime(newer, (later + 1, later + 1))
    assert other.read() == {"temperature_k": 201.5, "heater_mw": 0.2}


@pytest.mark.parametrize("line", ["1,---,0.2\n", "1\n", "1,,0.2\n", '"1\n', "\x00,\x00\n"])
def test_cells_that_hold_no_number_are_left_out(log, line):
    reader = GrowingCsv(str(log), COLUMNS)
    reader.read()
    add(log, line)
    assert "temperature_k" not in reader.read()


def test_missing_files_and_headings_are_said_in_one_sentence(log, tmp_path):
    with pytest.raises(ValueError, match="no file"):
        GrowingCsv(str(tmp_path / "none*.csv"), COLUMNS).read()
    with pytest.raises(ValueError, match="'T \\(C\\)'"):
        GrowingCsv(str(log), {"temperature_k": "T (C)"}).read()
