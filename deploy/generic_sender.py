"""A camera in five lines: replace the random image by yours.

Usage: python generic_sender.py tcp://192.168.1.10:5555
"""

import sys

import numpy as np
import zmq

camera = zmq.Context().socket(zmq.PUSH)
camera.connect(sys.argv[1])
frame = np.random.default_rng().poisson(1000, (512, 512)).astype(np.uint16)
camera.send_json({"dtype": str(frame.dtype), "shape": frame.shape}, zmq.SNDMORE)
camera.send(np.ascontiguousarray(frame))
