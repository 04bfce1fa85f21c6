from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from skyrmlive.cli import main


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[object, str, str]]:
    """Run a command; gives its exit code, and what it wrote to stdout and stderr.

    In this process, since starting one for each would take long.
    """

    def run(*words: object) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["skyrmlive", *map(str, words)])
        monkeypatch.setattr(main, "app", main.typer.Typer(pretty_exceptions_enable=False))
        with pytest.raises(SystemExit) as end:
            main.main()
        return end.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def skyrmlive(run: Callable[..., tuple[object, str, str]]) -> Callable[..., str]:
    """Run a command that must succeed; gives what it printed."""

    def skyrmlive(*words: object) -> str:
        code, printed, errors = run(*words)
        assert not code, errors
        return printed

    return skyrmlive


@pytest.fixture
def refusal(run: Callable[..., tuple[object, str, str]]) -> Callable[..., str]:
    """Run a command that must be refused; gives its one sentence."""

    def refusal(*words: object) -> str:
        code, _, errors = run(*words)
        (line,) = errors.strip().splitlines()
        assert code == 2
        assert line.startswith("skyrmlive: ")
        assert line.endswith(".")
        return line

    return refusal
