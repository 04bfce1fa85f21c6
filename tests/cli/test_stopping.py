from __future__ import annotations

import os
import signal

from skyrmlive.cli.stopping import on_signals


class Run:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def stop(self) -> None:
        self.calls.append("stop")

    def abandon(self) -> None:
        self.calls.append("abandon")


def test_the_first_signal_stops_and_the_second_abandons(capfd):
    run = Run()
    before = signal.getsignal(signal.SIGTERM)
    with on_signals() as signals:
        signals.stops(run)
        assert not signals.asked
        os.kill(os.getpid(), signal.SIGTERM)
        assert signals.asked
        os.kill(os.getpid(), signal.SIGINT)
    assert run.calls == ["stop", "abandon"]
    assert signal.getsignal(signal.SIGTERM) is before
    assert capfd.readouterr().err.count("Stopping") == 1


def test_a_signal_that_comes_before_the_run_stops_it_when_it_is_there():
    run = Run()
    with on_signals() as signals:
        os.kill(os.getpid(), signal.SIGTERM)
        signals.stops(run)
        assert run.calls == ["stop"]
        os.kill(os.getpid(), signal.SIGTERM)
    assert run.calls == ["stop", "abandon"]
