"""The demo's camera: a process of its own that sends a simulated field sweep.

`python -m skyrmlive.cli.demo_camera ADDRESS [--rate FPS]`
"""

from __future__ import annotations

import argparse
import time

from ..stream.demo_sweep import camera_frames
from ..stream.frame import Frame
from ..stream.sender import FrameSender


def main() -> None:
    """Send the sweep to the address on the command line."""
    parser = argparse.ArgumentParser(description="Send the demo's field sweep.")
    parser.add_argument("address")
    parser.add_argument("--rate", type=float, default=4.0, help="frames per second")
    arguments = parser.parse_args()
    with FrameSender(arguments.address) as sender:
        start = time.monotonic()
        for number, frame in enumerate(camera_frames()):
            time.sleep(max(0.0, start + number / arguments.rate - time.monotonic()))
            stamped = frame.metadata.model_copy(update={"timestamp": time.time()})
            sender.send(Frame(frame.pixels, stamped))


if __name__ == "__main__":
    main()
