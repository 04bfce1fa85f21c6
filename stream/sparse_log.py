"""Warnings of which there may be millions."""

from __future__ import annotations

import logging

_FIRST = 100
_EVERY = 1000


class SparseLog:
    """Logs the first hundred warnings and then every thousandth, lest the log fill the disk.

    Parameters
    ----------
    log
        Where to.
    """

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._count = 0

    def warning(self, message: str, *values: object) -> None:
        """Count a warning, and log it if it is its turn; as `logging.Logger.warning`."""
        self._count += 1
        if self._count <= _FIRST or self._count % _EVERY == 0:
            self._log.warning(message, *values)
