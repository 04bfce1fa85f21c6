"""Recordings made by the real pipeline from the demo's simulated sweep."""

from itertools import islice
from pathlib import Path

import pytest

from skyrmlive.inference.analyser import SkyrmionAnalyser
from skyrmlive.inference.engine_store import load_engine
from skyrmlive.stream.demo_sweep import camera_frames
from skyrmlive.stream.files import PacedFiles
from skyrmlive.stream.frame import Frame
from skyrmlive.stream.live import LiveRun
from skyrmlive.stream.recording import Recording, RunRecorder
from skyrmlive.stream.recording.tiff_stack import TiffStack

N_FRAMES = 12
SIDE = 256


@pytest.fixture(scope="session")
def sweep_stack(tmp_path_factory) -> Path:
    """A TIFF stack of part of the sweep, one frame in five, cut to 256 x 256 pixels."""
    path = tmp_path_factory.mktemp("sweep") / "frames.tif"
    frames = list(islice(camera_frames(), 0, 5 * N_FRAMES, 5))
    n_bytes = SIDE * SIDE * frames[0].pixels.itemsize
    with TiffStack(path, N_FRAMES, n_bytes) as stack:
        for number, frame in enumerate(frames):
            said = frame.metadata.model_dump(exclude_unset=True)
            said |= {"seq": number, "timestamp": 1.7e9 + 0.25 * number}
            stack.append(frame.pixels[:SIDE, :SIDE], said, frame.metadata.pixel_size_nm)
    return path


@pytest.fixture(scope="session")
def made_recording(sweep_stack, tmp_path_factory) -> Path:
    """The stack analysed and recorded; not to be written to."""
    path = tmp_path_factory.mktemp("recorded") / "run.ome.zarr"
    analyser = SkyrmionAnalyser(load_engine())
    LiveRun(PacedFiles([sweep_stack]), analyser, recorder=RunRecorder(path), replay=True).run()
    return path


@pytest.fixture
def recorded(made_recording) -> Recording:
    """Its reader."""
    return Recording(made_recording)


@pytest.fixture(scope="session")
def half_analysed(made_recording, tmp_path_factory) -> Path:
    """A recording of four frames, of which one was not analysed and one could not be."""
    source = Recording(made_recording)
    path = tmp_path_factory.mktemp("half") / "half.ome.zarr"
    recorder = RunRecorder(path)
    analyser = SkyrmionAnalyser(load_engine())
    for index in range(4):
        frame = source.frame(index)
        recorder.append([(Frame(frame.pixels, frame.metadata), source.received_at(index))])
    for index in (0, 3):
        frame = source.frame(index)
        recorder.append_result(index, analyser.analyse(frame, index, source.received_at(index)))
    recorder.append_failure(2, "The image has no contrast.")
    recorder.close()
    return path
