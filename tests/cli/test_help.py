"""`--help` explains every command, and costs nothing."""

from __future__ import annotations

import subprocess
import sys

from skyrmlive.cli.commands import COMMANDS

HELP_OF_ALL = """
import sys
from skyrmlive.cli import commands, main

for words in (["--help"], *([name, "--help"] for name in commands.COMMANDS)):
    main.app = main.typer.Typer(pretty_exceptions_enable=False)
    sys.argv = ["skyrmlive", *words]
    try:
        main.main()
    except SystemExit as end:
        assert end.code == 0, words
heavy = {"numpy", "pandas", "cv2", "zmq", "matplotlib", "openvino", "torch", "napari", "qtpy"}
assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()
"""


def test_help_of_every_command_without_heavy_imports():
    run = subprocess.run([sys.executable, "-c", HELP_OF_ALL], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    for name, command in COMMANDS.items():
        assert f"Usage: skyrmlive {name} " in run.stdout
        summary = (command.__doc__ or "").splitlines()[0]
        # Twice: in the list of commands, where it may be broken into lines, and in its own help.
        assert summary.split()[0] in run.stdout
        assert summary in " ".join(run.stdout.replace("│", " ").split())
