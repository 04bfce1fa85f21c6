"""The units of napari's layers."""

from __future__ import annotations

from typing import Any


def in_nm(unit: Any) -> float | None:
    """Return how many nm a unit, one of pint's or the name of one, is; None if it is no length."""
    import pint

    try:
        return float(pint.get_application_registry().Quantity(1, str(unit)).to("nm").magnitude)
    except (pint.DimensionalityError, pint.UndefinedUnitError):
        return None
