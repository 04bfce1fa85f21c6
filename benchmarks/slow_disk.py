"""Run a command with a disk that takes only so many megabytes a second.

    python benchmarks/slow_disk.py MB_PER_SECOND [--folder DIR] COMMAND...

On a disk that takes more than two cores can pack, a recording is as fast as the cores; this shows
how close it comes to a disk that is slower than they are:

    python benchmarks/slow_disk.py 400 python benchmarks/streaming.py

Needs root and Linux, whose control groups (of either version) limit what the command and all its
children write to the disk of `--folder`, by default that of temporary files. Under version 1 what
the kernel writes later by itself is not limited, so a write without a sync at its end is too fast.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")
_NAME = "skyrmlive-slow-disk"


def disk_of(folder: Path) -> str:
    """Return the major and minor number of the whole disk that `folder` lies on."""
    number = os.stat(folder).st_dev
    device = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve()
    if (device / "partition").exists():
        device = device.parent
    if not (device / "dev").exists():
        raise SystemExit(f"{folder} lies on no disk; name another --folder.")
    return (device / "dev").read_text().strip()


def limited_group(disk: str, bytes_per_second: int) -> Path:
    """Make a control group that writes no faster to `disk`; return its folder."""
    if (_GROUPS / "cgroup.controllers").exists():
        (_GROUPS / "cgroup.subtree_control").write_text("+io")
        group, file, limit = _GROUPS / _NAME, "io.max", f"wbps={bytes_per_second}"
    else:
        group, file = _GROUPS / "blkio" / _NAME, "blkio.throttle.write_bps_device"
        limit = str(bytes_per_second)
    group.mkdir(exist_ok=True)
    (group / file).write_text(f"{disk} {limit}")
    return group


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mb_per_second", type=float)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if not options.command:
        parser.error("Name a command.")
    try:
        group = limited_group(disk_of(options.folder), round(1e6 * options.mb_per_second))
    except OSError as error:
        raise SystemExit(f"The disk cannot be limited: {error}.") from None
    try:
        (group / "cgroup.procs").write_text(str(os.getpid()))
        code = subprocess.run(options.command).returncode
    finally:
        # whoever is in the group keeps it from being removed
        (group.parent / "cgroup.procs").write_text(str(os.getpid()))
        group.rmdir()
    sys.exit(code)


if __name__ == "__main__":
    main()
