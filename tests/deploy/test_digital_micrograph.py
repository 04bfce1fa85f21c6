"""The sender for DigitalMicrograph, against a stand-in of the few calls that it uses.

The stand-in behaves as the pages cited in the README say; DigitalMicrograph itself cannot be here.
"""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from digital_micrograph import live_view
from digital_micrograph.live_view import LiveViewSender, pixel_size_nm, voltage_kv
from hypothesis import given
from hypothesis import strategies as st

NM = (0.0, 3.0, "nm")


class Tags:
    def __init__(self, volts: float | None) -> None:
        self._volts = volts

    def GetTagAsFloat(self, path: str):
        assert path == "Microscope Info:Voltage"
        return (False, 0.0) if self._volts is None else (True, self._volts)


class Image:
    """An image whose array is its own memory."""

    def __init__(self, pixels: np.ndarray, x=NM, y=NM, volts: float | None = 200e3) -> None:
        self.pixels, self.calibrations, self.tags = pixels, (x, y), Tags(volts)

    def GetNumArray(self) -> np.ndarray:
        return self.pixels

    def GetDimensionCalibration(self, dimension: int, form: int):
        return self.calibrations[dimension]

    def GetTagGroup(self) -> Tags:
        return self.tags

    def GetName(self) -> str:
        return "View"


class ScriptObject:
    """Calls the handlers that were registered."""

    def __init__(self) -> None:
        self.images: list = []
        self.windows: list = []

    def ImageHandleDataChangedEvent(self, image: Image, plugin: str) -> None:
        assert plugin == "pythonplugin"
        self.images.append(image)

    def WindowHandleWindowClosedEvent(self, window: str, plugin: str) -> None:
        self.windows.append(window)

    def UnregisterAllListeners(self) -> None:
        self.images, self.windows = [], []

    def __del__(self) -> None:
        pass


@pytest.fixture
def run_script(monkeypatch, deploy, listener, wait_until_connected):
    """Return a function that executes the script as DigitalMicrograph does, with two lines set."""

    def run(image: Image) -> ScriptObject:
        module = ModuleType("DigitalMicrograph")
        module.Py_ScriptObject = ScriptObject
        module.GetFrontImage = lambda: image
        module.GetFrontImageDocument = lambda: SimpleNamespace(GetWindow=lambda: "window")
        monkeypatch.setitem(sys.modules, "DigitalMicrograph", module)
        source = (deploy / "digital_micrograph" / "send_live_view.py").read_text("utf-8")
        for default, mine in (
            (r"C:\skyrmlive", str(deploy)),
            ("tcp://192.168.1.10:5555", listener.address),
        ):
            assert source.count(default) == 1
            source = source.replace(default, mine)
        exec(compile(source, "send_live_view.py", "exec"), {"__name__": "__main__"})
        wait_until_connected(live_view.listener.sender._push)
        return live_view.listener

    yield run
    if live_view.listener is not None:
        live_view.listener.end()
        live_view.listener = None


def test_every_change_of_the_live_view_arrives_as_it_was(run_script, receive, capsys):
    image = Image(np.zeros((3, 4), np.uint16))
    script = run_script(image)
    for value in range(3):
        image.pixels[:] = value
        for changed in script.images:
            script.HandleDataChangedEvent(0, changed)
    image.pixels[:] = 99
    frames = receive(3)
    assert [frame.pixels.max() for frame in frames] == [0, 1, 2]
    assert [frame.metadata.seq for frame in frames] == [0, 1, 2]
    first = frames[0].metadata
    assert (first.pixel_size_nm, first.voltage_kv) == (3.0, 200.0)
    assert first.source == "DigitalMicrograph View"
    assert first.timestamp is not None
    assert "1 frames sent, 0 dropped" in capsys.readouterr().out


def test_closing_the_window_or_running_again_ends_it(run_script, receive):
    image = Image(np.ones((3, 4), np.float32))
    first = run_script(image)
    second = run_script(image)
    assert first.images == []
    first.HandleDataChangedEvent(0, image)  # one that was under way
    second.HandleDataChangedEvent(0, image)
    (frame,) = receive(1)
    assert frame.pixels.dtype == np.float32
    second.HandleWindowClosedEvent(0, "window")
    second.HandleWindowClosedEvent(0, "window")
    second.HandleDataChangedEvent(0, image)
    assert second.sender is second.image is None


def test_a_fault_is_printed_and_the_live_view_goes_on(run_script, receive, capsys):
    image = Image(np.ones((3, 4), np.uint8))
    script = run_script(image)
    image.tags, tags = None, image.tags
    script.HandleDataChangedEvent(0, image)
    assert "AttributeError" in capsys.readouterr().out
    image.tags = tags
    script.HandleDataChangedEvent(0, image)
    (frame,) = receive(1)
    assert frame.metadata.seq == 1


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((2, 2), complex), np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), bool)],
    ids=lambda pixels: f"{pixels.ndim}d-{pixels.dtype}",
)
def test_what_is_no_camera_image_is_refused_and_counted(push, pixels):
    sender = LiveViewSender(push, clock=lambda: 100.0)
    assert not sender.offer(Image(pixels))
    assert (sender.offered, sender.refused, push.sent) == (1, 1, 0)
    assert str(pixels.dtype) in sender.report()


def test_strides_and_byte_order_do_not_matter(push, receive):
    pixels = np.arange(24, dtype=">i4").reshape(4, 6)[::-1, ::2]
    assert LiveViewSender(push).offer(Image(pixels))
    (frame,) = receive(1)
    assert frame.pixels.dtype == np.int32
    assert np.array_equal(frame.pixels, pixels)


def test_the_report_comes_every_ten_seconds(push):
    now = [100.0]
    sender = LiveViewSender(push, clock=lambda: now[0])
    assert sender.report() == "skyrmlive: 0 frames sent, 0 dropped."
    now[0] = 109.0
    assert sender.report() is None
    now[0] = 110.0
    assert sender.report() is not None


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        ((0, 3.0, "nm"), (0, 3.0, "nm"), 3.0),
        ((5, -0.003, b"\xb5m"), (0, 0.003, b"\xb5m"), 3.0),
        ((0, 0.003, "\u03bcm"), (0, 0.003, "\u03bcm"), 3.0),
        ((0, 3.0, "nm"), (0, 3.1, "nm"), None),
        ((0, 3.0, "nm"), (0, 3.0, ""), None),
        ((0, 1.0, ""), (0, 1.0, ""), None),
        ((0, 1.0, "1/nm"), (0, 1.0, "1/nm"), None),
        ((0, 0.0, "nm"), (0, 0.0, "nm"), None),
        ((0, float("nan"), "nm"), (0, float("nan"), "nm"), None),
    ],
)
def test_pixel_size(x, y, expected):
    assert pixel_size_nm(x, y) == (expected if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("volts", [None, 0.0, float("nan"), -1.0])
def test_a_voltage_that_is_not_known_is_not_sent(volts):
    assert voltage_kv(Tags(volts)) is None


@given(
    scale=st.floats(),
    unit=st.one_of(st.text(), st.binary(), st.sampled_from(["nm", "mm"])),
    volts=st.floats(),
)
def test_no_calibration_makes_a_header_that_is_refused(scale, unit, volts):
    from skyrmlive.stream.wire import decode_message

    size = pixel_size_nm((0, scale, unit), (0, scale, unit))
    pixels = np.zeros((1, 2), np.uint8)
    header = live_view.frame_header(
        pixels, pixel_size_nm=size, voltage_kv=voltage_kv(Tags(volts)), source=str(unit)
    )
    assert decode_message([header, pixels.data]).metadata.pixel_size_nm == size
