"""How many files and connections this process may have open."""

from __future__ import annotations

import sys


def allow_many_open_files() -> None:
    """Raise the limit to what the system allows; the usual 1024 a crowd of connections uses up."""
    if sys.platform == "win32":  # no such limit
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
