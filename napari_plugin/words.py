"""Numbers and texts as people read them."""

from __future__ import annotations


def bytes_in_words(n_bytes: int) -> str:
    """Return a size as people say it."""
    if n_bytes >= 1e12:
        return f"{n_bytes / 1e12:.1f} TB"
    if n_bytes >= 1e9:
        return f"{n_bytes / 1e9:.0f} GB"
    return f"{n_bytes / 1e6:.0f} MB"


def unbroken(text: str) -> str:
    """Return a text that is not broken at its spaces: lines may break between two items only."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")
