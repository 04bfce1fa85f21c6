from __future__ import annotations

import os
import signal

from skyrmlive.cli.stopping import on_signals


def test_the_first_signal_stops_and_the_second_abandons(capfd):
    calls: list[str] = []
    before = signal.getsignal(signal.SIGTERM)
    with on_signals(lambda: calls.append("stop"), lambda: calls.append("abandon")) as signals:
        assert not signals.asked
        os.kill(os.getpid(), signal.SIGTERM)
        assert signals.asked
        os.kill(os.getpid(), signal.SIGINT)
    assert calls == ["stop", "abandon"]
    assert signal.getsignal(signal.SIGTERM) is before
    assert capfd.readouterr().err.count("Stopping") == 1
