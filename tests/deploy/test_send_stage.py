"""The command itself, as a process."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
import time

import pytest
import send_stage


def command(deploy, *arguments: str) -> list[str]:
    return [sys.executable, str(deploy / "send_stage.py"), *arguments]


def test_a_growing_log_reaches_the_frames(deploy, listener, receive, push, tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("T\n20\n")
    arguments = ["holder-log", str(log), "--column", "temperature_k=T", "--celsius"]
    process = subprocess.Popen(
        command(deploy, *arguments, "--to", listener.address, "--every", "0.05"),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 90
        while not listener.counters["stage_readings"]:
            assert time.monotonic() < deadline, "no reading came"
            with open(log, "a") as file:
                file.write("30\n")
            listener.receive(0.2)
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Sending to" in errors
    push.send(b'{"dtype": "uint8", "shape": [1, 1]}', b"\0")
    (frame,) = receive(1)
    assert frame.metadata.temperature_k == pytest.approx(303.15)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["jeol", "--to", "nowhere"], "'nowhere' or the keys cannot be used"),
        (["jeol", "--to", "tcp://127.0.0.1:9", "--every", "0.01"], "PyJEM"),
        (["jeol", "--to", "tcp://127.0.0.1:9", "--field-table", "none.csv"], "cannot be read"),
        (
            ["jeol", "--to", "tcp://127.0.0.1:9", "--server-key", "a", "--own-key", "b"],
            "key cannot be read",
        ),
        (["jeol", "--to", "tcp://127.0.0.1:9", "--server-key", "a"], "go together"),
        (["jeol", "--to", "tcp://127.0.0.1:9", "--every", "0"], "not greater than 0"),
        (["holder-log", "x", "--column", "T", "--to", "tcp://127.0.0.1:9"], "HEADING"),
        ([], "SOURCE"),
    ],
)
def test_bad_input_is_one_sentence(deploy, arguments, sentence):
    run = subprocess.run(command(deploy, *arguments), capture_output=True, text=True, timeout=60)
    assert run.returncode == 2
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr


def test_the_commands_of_the_page_are_understood(deploy):
    page = (deploy / "stage" / "README.md").read_text("utf-8")
    commands = re.findall(r"^python C:\\skyrmlive\\send_stage.py (.*)$", page, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        options = send_stage._parser().parse_args(shlex.split(command.replace("\\", "/")))
        assert options.to.startswith("tcp://")
        assert options.name in command
    options = re.findall(r"`(--[a-z-]+)", page)
    helps = "".join(
        subprocess.run(
            [sys.executable, deploy / "send_stage.py", name, "--help"],
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
        for name in ("jeol", "thermo-fisher", "holder-log")
    )
    assert options
    assert {option for option in options if option not in helps} == set()
