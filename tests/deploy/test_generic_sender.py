"""The five-line camera, run as it is, and with the three lines of the page for keys."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np

from skyrmlive.stream.listener import FrameListener
from skyrmlive.stream.security import KeyPair, ServerAccess
from skyrmlive.stream.security.authorised import authorise
from skyrmlive.stream.security.key_folder import make_own_key


def run(source: str, address: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", source, address], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_the_file_as_it_is_is_a_camera(deploy, listener, receive):
    run((deploy / "generic_sender.py").read_text("utf-8"), listener.address)
    (frame,) = receive(1)
    assert frame.shape == (512, 512)
    assert frame.pixels.dtype == np.uint16
    assert listener.counters["rejected"] == 0


def test_three_lines_of_the_page_add_keys(deploy, context, tmp_path):
    make_own_key(tmp_path, "server")
    camera = KeyPair.new()
    authorise(tmp_path, camera.public, "camera", "send")
    access = ServerAccess.from_folder(tmp_path)
    (lines,) = re.findall(r"```python\n(.*?)```", (deploy / "README.md").read_text("utf-8"), re.S)
    values = {
        "server_key": access.own.public,
        "public_key": camera.public,
        "secret_key": camera.secret,
    }
    given = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    source = (deploy / "generic_sender.py").read_text("utf-8")
    assert source.count("camera.connect(") == 1
    source = source.replace("camera.connect(", given + lines + "camera.connect(")
    with FrameListener("tcp://127.0.0.1:*", access=access, context=context) as listener:
        run(source, listener.address)
        (arrival,) = listener.receive(20)
    assert arrival.frame.shape == (512, 512)
