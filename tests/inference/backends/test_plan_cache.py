"""Plans are kept, and taken only as they were written."""

from __future__ import annotations

import os

import pytest

from skyrmlive.inference.backends.plan_cache import cache_key, cached


class Builder:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> bytes:
        self.count += 1
        return b"plan %d" % self.count


def test_a_plan_is_built_once(tmp_path):
    build = Builder()
    assert [cached("key", build, tmp_path / "plans") for _ in range(3)] == [b"plan 1"] * 3
    assert cached("another", build, tmp_path / "plans") == b"plan 2"
    assert oct((tmp_path / "plans").stat().st_mode)[-3:] == "700"


@pytest.mark.parametrize("damage", [b"", b"short", None])
def test_a_damaged_plan_is_built_anew(tmp_path, damage):
    build = Builder()
    cached("key", build, tmp_path)
    (file,) = tmp_path.glob("*.plan")
    stored = file.read_bytes()
    file.write_bytes(stored[:-1] + b"x" if damage is None else damage)
    assert cached("key", build, tmp_path) == b"plan 2"
    assert cached("key", build, tmp_path) == b"plan 2"


def test_without_a_place_it_is_built_every_time(tmp_path):
    (tmp_path / "file").write_text("")
    build = Builder()
    plans = [cached("key", build, tmp_path / "file" / "plans") for _ in range(2)]
    assert plans == [b"plan 1", b"plan 2"]


def test_keys_differ_with_every_part():
    parts = [b"model", "tensorrt", "11.0", "GPU", "driver"]
    keys = {cache_key(*parts)}
    for index in range(len(parts)):
        keys.add(cache_key(*parts[:index], "other", *parts[index + 1 :]))
    keys.add(cache_key(b"model", "tensorrt11.0", "", "GPU", "driver"))
    assert len(keys) == len(parts) + 2
    assert all(os.sep not in key for key in keys)
