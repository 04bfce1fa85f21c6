"""Entry point: assembles the commands and turns user errors into one sentence and exit code 2.

Each command stands in its own file. Heavy libraries are imported inside the functions, so that
`skyrmlive --help` answers at once and a missing extra hurts only the command that needs it.
"""

from __future__ import annotations

import sys

import typer

from ..stream.errors import UserError

app = typer.Typer(
    name="skyrmlive",
    help="Find, size and follow every magnetic skyrmion in every Lorentz TEM frame, live.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _register() -> None:
    from . import commands

    for name, function in commands.COMMANDS.items():
        app.command(name)(function)


def main() -> None:
    """Run the command line."""
    _register()
    try:
        app()
    except UserError as error:
        print(f"skyrmlive: {error}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
