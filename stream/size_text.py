"""A mean diameter in words, the same in terminal and viewer."""

from __future__ import annotations


def size_text(
    mean_nm: float, low_nm: float | None, high_nm: float | None, unit: str = " nm"
) -> str:
    """Return `38.2 nm (35.1 to 41.6)`, without the brackets where no interval is known."""
    text = f"{mean_nm:.1f}{unit}"
    return text if low_nm is None or high_nm is None else f"{text} ({low_nm:.1f} to {high_nm:.1f})"
