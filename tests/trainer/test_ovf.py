"""OVF files: what is written reads back, what mumax3 writes is read, what is broken is refused."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skyrmlive.stream.errors import UserError
from skyrmlive.trainer.dataset.ovf import OvfField, read_ovf, read_ovf_header
from skyrmlive.trainer.dataset.ovf_writer import write_ovf

REAL_FILE = Path(__file__).parents[3] / "shared" / "data" / "example_mumax.ovf"
FORMS = ("text", "binary 4", "binary 8")
# the keys that mumax3 3.11 knows; at any other its reader stops (oommf.go, readHeader)
MUMAX_KEYS = {
    *("segment count", "begin", "end", "title", "desc", "meshtype", "meshunit"),
    *("valuedim", "valuelabels", "valueunits"),
    *(f"{axis}{key}" for axis in "xyz" for key in ("base", "min", "max", "nodes", "stepsize")),
}
in_place = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


def mumax_version_1(values: np.ndarray, form: str, **changes: str) -> bytes:
    """Return the file that mumax3 writes with OutputFormat = OVF1_TEXT or OVF1_BINARY."""
    nz, ny, nx, _ = values.shape
    header = {
        "Desc": " Time (s) :  0",
        "Title": "m",
        "meshtype": "rectangular",
        "meshunit": "m",
        **{f"{axis}base": "1.5e-09" for axis in "xyz"},
        **{f"{axis}stepsize": "3e-09" for axis in "xyz"},
        **{f"{axis}min": "0" for axis in "xyz"},
        **{f"{a}max": str(n * 3e-9) for a, n in zip("xyz", (nx, ny, nz), strict=True)},
        **{f"{a}nodes": str(n) for a, n in zip("xyz", (nx, ny, nz), strict=True)},
        "ValueRangeMinMag": "1e-08",
        "ValueRangeMaxMag": "1",
        "valueunit": "",
        "valuemultiplier": "1",
    } | changes
    lines = ["# OOMMF: rectangular mesh v1.0", "# Segment count: 1", "# Begin: Segment"]
    lines += ["# Begin: Header", *(f"# {key}: {value}" for key, value in header.items())]
    lines += ["# End: Header", f"# Begin: Data {form.title()}", ""]
    if form == "text":
        rows = values.reshape(-1, 3).tolist()
        data = "".join(f"{x!r} {y!r} {z!r} \n" for x, y, z in rows).encode()
    else:
        check = 1234567.0 if form == "binary 4" else 123456789012345.0
        data = np.array([check, *values.ravel()], f">f{form[-1]}").tobytes()
    return (
        "\n".join(lines).encode() + data + f"# End: Data {form.title()}\n# End: Segment\n".encode()
    )


def fields(dtype):
    sizes = st.tuples(*[st.integers(1, 4)] * 3, st.sampled_from([1, 3]))
    numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
    return sizes.flatmap(lambda shape: arrays(dtype, shape, elements=numbers))


@in_place
@given(values=fields(np.float32), form=st.sampled_from(FORMS), step=st.floats(0.01, 1e4))
def test_what_is_written_reads_back(tmp_path, values, form, step):
    path = tmp_path / "field.ovf"
    step = float(f"{step:.6g}")
    write_ovf(path, OvfField(values, (step, 2 * step, 27.5), "m_full", "A/m"), form)
    read = read_ovf(path)
    np.testing.assert_array_equal(read.values.astype(np.float32), values)
    assert read.cell_size_nm == pytest.approx((step, 2 * step, 27.5), rel=1e-8)
    assert (read.title, read.unit) == ("m_full", "A/m")
    assert read_ovf_header(path).shape == values.shape


@pytest.mark.parametrize("form", ["text", "binary 8"])
def test_double_precision_survives(tmp_path, form):
    values = np.random.default_rng(0).standard_normal((1, 2, 3, 3))
    write_ovf(tmp_path / "m.ovf", OvfField(values, (3, 3, 3)), form)
    np.testing.assert_array_equal(read_ovf(tmp_path / "m.ovf").values, values)


def test_what_is_written_is_what_mumax_reads(tmp_path):
    path = tmp_path / "m.ovf"
    values = np.arange(24, dtype=np.float32).reshape(1, 2, 4, 3)
    write_ovf(path, OvfField(values, (3.0, 3.0, 27.5)))
    header, _, data = path.read_bytes().partition(b"# Begin: Data Binary 4\n")
    first, *lines = header.decode().splitlines()
    assert first == "# OOMMF OVF 2.0"
    assert {line.strip("# ").partition(":")[0].lower() for line in lines} <= MUMAX_KEYS
    assert "# zstepsize: 27.5e-9" in lines
    assert "# ynodes: 2" in lines
    numbers = np.frombuffer(data[: 25 * 4], "<f4")
    assert numbers[0] == 1234567.0
    # x fastest: the second vector is the next cell along x
    np.testing.assert_array_equal(numbers[4:7], values[0, 0, 1])


@pytest.mark.parametrize("form", FORMS)
def test_version_1_is_big_endian(tmp_path, form):
    values = np.random.default_rng(1).standard_normal((2, 3, 4, 3)).astype(np.float32)
    path = tmp_path / "m.ovf"
    path.write_bytes(mumax_version_1(values, form))
    read = read_ovf(path)
    np.testing.assert_array_equal(read.values.astype(np.float32), values)
    assert read.cell_size_nm == (3.0, 3.0, 3.0)
    path.write_bytes(mumax_version_1(values, form, valuemultiplier="8e5", valueunit="A/m"))
    read = read_ovf(path)
    np.testing.assert_allclose(read.values, 8e5 * values, rtol=1e-6)
    assert read.unit == "A/m"


@pytest.mark.skipif(not REAL_FILE.exists(), reason="needs the shared data")
def test_a_real_file_of_mumax():
    """In-plane islands with nothing between them."""
    field = read_ovf(REAL_FILE)
    assert field.values.shape == (1, 500, 500, 3)
    assert field.cell_size_nm == (5.0, 5.0, 5.0)
    assert (field.title, field.unit) == ("m", "")
    length = np.linalg.norm(field.values, axis=-1)
    assert ((length == 0) | (np.abs(length - 1) < 1e-6)).all()
    assert 0.1 < (length > 0).mean() < 0.3


GOOD = mumax_version_1(np.full((1, 2, 2, 3), 0.5, np.float32), "binary 4")


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (b"# OOMMF: rectangular mesh v1.0", b"# OOMMF: irregular mesh v1.0", "rectangular mesh"),
        (b"# OOMMF: rectangular mesh v1.0", b"# OOMMF OVF 2.0", "valuedim is missing"),
        (b"Segment count: 1", b"Segment count: 2", "2 segments"),
        (b"meshtype: rectangular", b"meshtype: irregular", "mesh is 'irregular'"),
        (b"meshunit: m", b"meshunit: parsec", "unit of length is 'parsec'"),
        (b"xnodes: 2", b"xnodes: two", "xnodes is 'two'"),
        (b"xnodes: 2", b"xnodes: 2.5", "xnodes is '2.5'"),
        (b"xnodes: 2", b"xnodes: 0", "xnodes is '0'"),
        (b"xnodes: 2", b"xnodes: -2", "xnodes is '-2'"),
        (b"xnodes: 2", b"xnodes: 1e300", "cut short"),
        (b"xnodes: 2", b"xnodes: 123456789012", "cut short"),
        (b"xnodes: 2", b"xnodes: 3", "do not end after 18 values"),
        (b"xnodes: 2", b"xnodes: 1", "do not end after 6 values"),
        (b"# xnodes: 2\n", b"", "xnodes is missing"),
        (b"xstepsize: 3e-09", b"xstepsize: 0", "xstepsize is '0'"),
        (b"xstepsize: 3e-09", b"xstepsize: nan", "xstepsize is 'nan'"),
        (b"# Title: m", b"Title m", "header has the line 'Title m'"),
        (b"Data Binary 4", b"Data Binary 8", "cut short"),
        (b"Data Binary 4", b"Data Binary 16", "its header does not end|header has the line"),
        (np.array(1234567.0, ">f4").tobytes(), np.array(1234567.0, "<f4").tobytes(), "check value"),
        (np.array(0.5, ">f4").tobytes(), np.array(np.nan, ">f4").tobytes(), "finite"),
    ],
)
def test_a_broken_file_is_refused_in_one_sentence(tmp_path, before, after, sentence):
    path = tmp_path / "m.ovf"
    assert before in GOOD
    path.write_bytes(GOOD.replace(before, after))
    with pytest.raises(UserError, match=sentence) as refused:
        read_ovf(path)
    assert str(path) in str(refused.value)
    assert str(refused.value).endswith(".")


def test_text_with_too_few_too_many_or_no_numbers_is_refused(tmp_path):
    path = tmp_path / "m.ovf"
    good = mumax_version_1(np.full((1, 2, 2, 3), 0.5, np.float32), "text")
    for bad in (
        good.replace(b"0.5 0.5 0.5 \n", b"", 1),
        good.replace(b"0.5 0.5 0.5 \n", b"0.5 0.5 0.5 0.5 \n", 1),
        good.replace(b"0.5 0.5 0.5 \n", b"0.5 half 0.5 \n", 1),
        good.replace(b"0.5 0.5 0.5 \n", b"0.5 nan 0.5 \n", 1),
        good.partition(b"# End: Data")[0],
    ):
        path.write_bytes(bad)
        with pytest.raises(UserError, match="cannot be read as OVF"):
            read_ovf(path)
    with pytest.raises(UserError, match="No such file"):
        read_ovf(tmp_path / "none.ovf")


@pytest.mark.parametrize("form", FORMS)
def test_a_file_cut_short_is_never_read(tmp_path, form):
    whole = mumax_version_1(np.full((1, 2, 2, 3), 0.5, np.float32), form)
    needed = whole.index(b"# End: Data") + len(b"# End: Data")
    path = tmp_path / "m.ovf"
    for length in range(0, needed, 7):
        path.write_bytes(whole[:length])
        with pytest.raises(UserError):
            read_ovf(path)


@in_place
@given(start=st.sampled_from([b"", b"# OOMMF OVF 2.0\n", GOOD[:200]]), noise=st.binary())
def test_random_bytes_are_refused(tmp_path, start, noise):
    path = tmp_path / "noise.ovf"
    path.write_bytes(start + noise)
    with pytest.raises(UserError):
        read_ovf(path)


@in_place
@given(
    whole=st.sampled_from([GOOD, mumax_version_1(np.ones((1, 2, 2, 3), np.float32), "text")]),
    place=st.floats(0, 1, exclude_max=True),
    patch=st.binary(min_size=1, max_size=4),
)
def test_a_changed_file_is_read_or_refused(tmp_path, whole, place, patch):
    at = math.floor(place * len(whole))
    path = tmp_path / "changed.ovf"
    path.write_bytes(whole[:at] + patch + whole[at + len(patch) :])
    try:
        field = read_ovf(path)
    except UserError:
        return
    assert np.isfinite(field.values).all()
