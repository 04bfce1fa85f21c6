"""From what a microscope shows to physical quantities with skyrmlive's signs."""

from __future__ import annotations

import csv
import logging
import math
from typing import NamedTuple

import numpy as np

_log = logging.getLogger("skyrmlive")


class FieldTable:
    """Field at the sample against the current of the objective lens, interpolated linearly.

    Parameters
    ----------
    currents
        In the units that the microscope's interface uses, each once.
    fields_mt
        Millitesla, one for each current.

    Raises
    ------
    ValueError
        If there are fewer than two rows, a number that is not finite, or a current twice.
    """

    def __init__(self, currents, fields_mt) -> None:
        order = np.argsort(currents)
        self._currents = np.asarray(currents, dtype=float)[order]
        self._fields_mt = np.asarray(fields_mt, dtype=float)[order]
        if len(self._currents) < 2:
            raise ValueError("A field table needs at least two rows.")
        if not np.isfinite([self._currents, self._fields_mt]).all():
            raise ValueError("A field table holds finite numbers only.")
        if (np.diff(self._currents) == 0).any():
            raise ValueError("A field table holds each current only once.")

    @classmethod
    def read(cls, path: str) -> FieldTable:
        """Read a CSV file of two columns: current, and field in mT; one line of headings may lead.

        Raises
        ------
        ValueError
            If the file is not there, or not such a table.
        """
        try:
            with open(path, newline="", encoding="utf-8-sig") as file:
                rows = [row for row in csv.reader(file) if row]
        except OSError as error:
            raise ValueError(f"The field table cannot be read: {error}.") from None
        except (csv.Error, UnicodeError) as error:
            raise ValueError(f"{path} is not a CSV file: {error}.") from None
        if rows and not _is_number(rows[0][0]):
            rows = rows[1:]
        try:
            numbers = [(float(current), float(field_mt)) for current, field_mt in rows]
        except ValueError:
            raise ValueError(f"{path} must hold two columns of numbers: current, field.") from None
        try:
            return cls(*zip(*numbers)) if numbers else cls([], [])
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None

    def field_mt(self, current: float) -> float | None:
        """Return the field in mT; None outside of the table, which is never extended."""
        if not self._currents[0] <= current <= self._currents[-1]:
            return None
        return float(np.interp(current, self._currents, self._fields_mt))


class Raw(NamedTuple):
    """What a microscope's interface shows, in its own signs.

    Attributes
    ----------
    tilt_x_deg, tilt_y_deg
        About the holder's axis, and the axis across it.
    voltage_kv
        0 if it is off.
    objective_current
        Of the objective lens, in the interface's units.
    focus
        Its reading of defocus, in the interface's units.
    """

    tilt_x_deg: float
    tilt_y_deg: float
    voltage_kv: float
    objective_current: float
    focus: float


class Calibration:
    """Makes quantities of readings; what it does not know it leaves out.

    Parameters
    ----------
    reverse_tilt
        Whether the interface's tilts count the other way round.
    defocus_nm_per_unit
        Nanometres of defocus (negative: underfocus) for one unit of the interface's reading; None
        sends no defocus.
    focus_zero
        The interface's reading when the image is in focus.
    field_table
        None sends no field.
    """

    def __init__(
        self,
        reverse_tilt: bool = False,
        defocus_nm_per_unit: float | None = None,
        focus_zero: float = 0.0,
        field_table: FieldTable | None = None,
    ) -> None:
        self._tilt_sign = -1 if reverse_tilt else 1
        self._defocus_nm_per_unit = defocus_nm_per_unit
        self._focus_zero = focus_zero
        self._field_table = field_table
        self._outside = False

    def quantities(self, raw: Raw) -> dict:
        """Return name to number, as stage messages carry them."""
        found = {
            "tilt_x_deg": self._tilt_sign * raw.tilt_x_deg,
            "tilt_y_deg": self._tilt_sign * raw.tilt_y_deg,
            "voltage_kv": raw.voltage_kv,
            "objective_current": raw.objective_current,
        }
        if self._defocus_nm_per_unit is not None:
            found["defocus_nm"] = (raw.focus - self._focus_zero) * self._defocus_nm_per_unit
        if self._field_table is not None:
            field_mt = self._field_table.field_mt(raw.objective_current)
            if field_mt is not None:
                found["field_mt"] = field_mt
            self._log_outside(field_mt is None, raw.objective_current)
        return found

    def _log_outside(self, outside: bool, current: float) -> None:
        if outside and not self._outside:
            _log.warning("Current %g is outside the field table: no field is sent.", current)
        self._outside = outside


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
