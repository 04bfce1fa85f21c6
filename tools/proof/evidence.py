"""What a comparison hands to the page: tables, and a verdict against each limit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Verdict(NamedTuple):
    """One deviation beside its limit, both as a share of 1.

    Attributes
    ----------
    what
        What is compared with what.
    """

    what: str
    deviation: float
    limit: float

    @property
    def is_met(self) -> bool:
        """Whether the deviation is within the limit; of nan it is not."""
        return self.deviation <= self.limit


class Evidence(NamedTuple):
    """One section's tables, by the name that the page gives them, and its verdicts."""

    tables: dict[str, str]
    verdicts: list[Verdict]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are set to the right."""
    rule = ["---", *["--:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))


def share(value: float) -> str:
    """Return a share of 1 in per cent, or as it is where it is far smaller."""
    if 0 < abs(value) < 1e-5:
        return f"{value:.0e}".replace("e-0", "e-")
    return f"{100 * value:.2g} %" if abs(value) < 1e-2 else f"{100 * value:.3g} %"
