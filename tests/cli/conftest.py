from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from skyrmlive.cli import main


@pytest.fixture
def refusal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Run a command that must be refused; gives its one sentence.

    In this process, since starting one for each would take long.
    """

    def refusal(*words: object) -> str:
        monkeypatch.setattr(sys, "argv", ["skyrmlive", *map(str, words)])
        monkeypatch.setattr(main, "app", main.typer.Typer(pretty_exceptions_enable=False))
        with pytest.raises(SystemExit) as end:
            main.main()
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert end.value.code == 2
        assert line.startswith("skyrmlive: ")
        assert line.endswith(".")
        return line

    return refusal
