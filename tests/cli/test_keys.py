"""`skyrmlive keys`, the files it writes, and what becomes of damaged ones."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyrmlive.cli import main
from skyrmlive.cli.access_options import client_access, server_access
from skyrmlive.stream.errors import UserError
from skyrmlive.stream.security.authorised import AUTHORISED, read_clients
from skyrmlive.stream.security.key_folder import (
    OWN_KEY,
    public_file,
    read_own_key,
    read_public_key,
)
from skyrmlive.stream.security.keys import KeyPair, is_key, quoted

KEY = KeyPair.new()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SKYRMLIVE_KEYS", str(tmp_path / "keys"))
    return tmp_path / "keys"


@pytest.fixture
def keys(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Run `skyrmlive keys`; gives what it prints."""

    def keys(*words: object) -> str:
        monkeypatch.setattr(sys, "argv", ["skyrmlive", "keys", *map(str, words)])
        monkeypatch.setattr(main, "app", main.typer.Typer(pretty_exceptions_enable=False))
        with pytest.raises(SystemExit) as end:
            main.main()
        assert end.value.code == 0
        return capsys.readouterr().out

    return keys


def test_a_key_is_made_once(keys, refusal, folder: Path):
    said = keys("new", "server")
    own = read_own_key(folder)
    assert f"\n  {own.public_key}\n" in said
    assert own.secret_key not in said
    assert own.name == "server"
    before = (folder / OWN_KEY).read_bytes()
    assert "exists already" in refusal("keys", "new", "other")
    assert (folder / OWN_KEY).read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == [OWN_KEY, "server.public.json"]
    assert own.secret_key not in public_file(folder, "server").read_text()
    if os.name == "posix":
        assert (folder / OWN_KEY).stat().st_mode & 0o777 == 0o600
        assert folder.stat().st_mode & 0o777 == 0o700


def test_clients_come_and_go(keys, refusal, folder: Path, tmp_path: Path):
    elsewhere = tmp_path / "camera"
    keys("new", "camera-pc", "--keys", elsewhere)
    camera = read_own_key(elsewhere)
    file = public_file(elsewhere, "camera-pc")
    assert "camera-pc may send frames" in keys("authorise", file, "--may", "send")
    assert "client-1 may send and see" in keys("authorise", KEY.public)
    assert "viewer may see results" in keys(
        "authorise", KEY.public, "--name", "viewer", "--may", "see"
    )
    found = {client.name: client for client in read_clients(folder)}
    assert {name: client.may for name, client in found.items()} == {
        "camera-pc": "send",
        "viewer": "see",
    }
    said = keys("list")
    assert camera.public_key in said
    assert KEY.public in said
    assert found["viewer"].since.isoformat() in said
    another = KeyPair.new().public
    assert "Another client" in refusal("keys", "authorise", another, "--name", "viewer")
    keys("revoke", "camera-pc")
    keys("revoke", KEY.public)
    assert read_clients(folder) == ()
    assert "No client 'viewer'" in refusal("keys", "revoke", "viewer")


def test_what_cannot_be_used_is_said(refusal, folder: Path, tmp_path: Path):
    assert "cannot name a key" in refusal("keys", "new", "../name")
    assert "neither a key" in refusal("keys", "authorise", "no-such-file")
    assert "needs a key" in refusal("keys", "authorise")
    assert "cannot name a key" in refusal("keys", "authorise", KEY.public, "--name", "a b")
    damaged = tmp_path / "damaged.json"
    damaged.write_text(json.dumps({"name": "x", "public_key": "short"}))
    assert "public_key" in refusal("keys", "authorise", damaged)
    (tmp_path / "file").touch()
    assert "Cannot write" in refusal("keys", "new", "--keys", tmp_path / "file")
    assert not folder.exists()


def test_a_pair_must_belong_together(keys, refusal, folder: Path):
    keys("new", "server")
    own = json.loads((folder / OWN_KEY).read_text())
    (folder / OWN_KEY).write_text(json.dumps(own | {"public_key": KEY.public}))
    assert "does not belong" in refusal("keys", "list")


def test_options_become_access(keys, folder: Path):
    assert server_access("tcp://127.0.0.1:5555") is None
    assert server_access("tcp://*:5555", insecure=True) is None
    assert client_access(None, keys=folder) is None
    with pytest.raises(UserError, match="no key in"):
        server_access("tcp://*:5555")
    keys("new", "server")
    public = read_own_key(folder).public_key
    for server in (server_access("tcp://*:5555"), server_access("tcp://127.0.0.1:5", keys=folder)):
        assert server is not None
        assert server.own.public == public
    access = client_access(str(public_file(folder, "server")))
    assert access is not None
    assert access.server_key == access.own.public == public
    for wrong in (
        lambda: server_access("tcp://*:5555", keys=folder, insecure=True),
        lambda: client_access(public, insecure=True),
        lambda: client_access("no-key"),
        lambda: server_access("nowhere"),
    ):
        with pytest.raises(UserError):
            wrong()


def test_keys_are_told_from_what_is_none():
    assert is_key(KEY.public)
    assert not is_key(KEY.public[:-1])
    assert not is_key(KEY.public + "\n")
    assert not is_key("~" * 40)
    assert not is_key("#" * 40)  # each five of them stand for more than four bytes can hold
    assert KEY.secret not in repr(KEY)


@given(st.binary(min_size=32, max_size=32))
def test_every_key_survives_text_and_shell(raw: bytes):
    import shlex

    from zmq.utils import z85

    key = z85.encode(raw).decode()
    assert is_key(key)
    assert read_public_key(key) == (key, None)
    assert shlex.split(quoted(key))[-1] == key


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=300),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=5) | st.just(KEY.public),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["clients", "name", "public_key", "secret_key", "may"]), inner
                )
            ),
        ).map(lambda document: json.dumps(document).encode()),
    )
)
def test_any_file_is_read_or_refused_in_one_sentence(tmp_path: Path, text: bytes):
    for path in (tmp_path / OWN_KEY, tmp_path / AUTHORISED):
        path.write_bytes(text)
        path.chmod(0o600)
    for read in (read_own_key, read_clients, lambda folder: read_public_key(str(path))):
        sentence = refusal_of(lambda read=read: read(tmp_path))
        assert len(sentence.splitlines()) <= 1
        assert sentence == "" or str(tmp_path) in sentence or "belong" in sentence


def refusal_of(action: Callable[[], object]) -> str:
    """Return the sentence of a UserError; any other error goes on its way."""
    try:
        action()
    except UserError as error:
        return str(error)
    return ""
