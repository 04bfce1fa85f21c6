"""What the commands that receive share: where frames come from, and how a run is summed up."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from ..stream.errors import UserError
from .access_options import client_access, server_access

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..stream.arrival import FrameSource
    from ..stream.recording import Recorder
    from ..stream.stage import StageLog

DEFAULT_LISTEN = "tcp://127.0.0.1:5555"
DEFAULT_PUBLISH = "tcp://127.0.0.1:5556"
ANY_PORT = "tcp://127.0.0.1:*"


class Protocol(str, Enum):
    """How the camera speaks."""

    NATIVE = "native"
    DECTRIS_V2 = "dectris-v2"


@dataclass(frozen=True)
class SourceOptions:
    """The options that say where frames come from, as in `run_options` and `access_options`."""

    listen: str | None = None
    connect: str | None = None
    subscribe: bool = False
    protocol: Protocol = Protocol.NATIVE
    watch: Path | None = None
    stage: str | None = None
    keys: Path | None = None
    server_key: str | None = None
    insecure: bool = False


@dataclass(frozen=True)
class OpenSource:
    """Where frames come from.

    Attributes
    ----------
    frames
        The source.
    name
        What to call it.
    stage
        The readings of the stage that come with it or beside it; None if none can.
    """

    frames: FrameSource
    name: str
    stage: StageLog | None

    def record_stage(self, recorder: Recorder | None) -> None:
        """Let the readings of the stage be recorded as they come."""
        if recorder is not None and self.stage is not None:
            self.stage.on_reading = recorder.append_stage


def open_source(options: SourceOptions, stack: ExitStack) -> OpenSource:
    """Open what frames come in by, until `stack` is closed.

    Raises
    ------
    UserError
        If the options do not go together, or the address cannot be used.
    """
    _check_together(options)
    if options.watch is None and options.protocol is Protocol.NATIVE:
        return _native(options, stack)
    if options.watch is not None:
        from ..stream.files import FolderSource

        source = stack.enter_context(FolderSource([options.watch]))
    else:
        from ..stream.dectris.listener import DectrisListener

        assert options.connect is not None
        source = stack.enter_context(DectrisListener(options.connect))
    if options.stage is None:
        return OpenSource(source, source.address, None)
    from ..stream.listener import FrameListener
    from ..stream.staged import StagedSource

    access = server_access(options.stage, keys=options.keys, insecure=options.insecure)
    listener = stack.enter_context(
        FrameListener(options.stage, access=access, insecure=options.insecure)
    )
    name = f"{source.address}, readings of the stage at {listener.address}"
    return OpenSource(StagedSource(source, listener), name, listener.stage)


def in_words(counters: Mapping[str, int]) -> str:
    """Return what a source counted besides the frames, where there is something to say."""
    words = {
        "rejected": "rejected",
        "missing": "missing by their numbers",
        "repeated": "repeated",
        "restarts": "restarts of the camera",
        "refused": "connections refused",
    }
    return "".join(f", {counters[key]} {text}" for key, text in words.items() if counters.get(key))


def _native(options: SourceOptions, stack: ExitStack) -> OpenSource:
    from ..stream.listener import FrameListener

    if options.connect is None:
        address = options.listen or DEFAULT_LISTEN
        access = server_access(address, keys=options.keys, insecure=options.insecure)
        listener = FrameListener(address, access=access, insecure=options.insecure)
    else:
        access = client_access(options.server_key, keys=options.keys, insecure=options.insecure)
        listener = FrameListener(
            options.connect,
            mode="connect",
            pattern="sub" if options.subscribe else "pull",
            access=access,
            insecure=options.insecure,
        )
    stack.enter_context(listener)
    return OpenSource(listener, listener.address, listener.stage)


def _check_together(options: SourceOptions) -> None:
    ways = [options.listen, options.connect, options.watch]
    if sum(way is not None for way in ways) > 1:
        raise UserError("Give only one of --listen, --connect and --watch.")
    if options.connect is None and (options.subscribe or options.server_key):
        raise UserError("--subscribe and --server-key go with --connect.")
    if options.protocol is Protocol.DECTRIS_V2:
        if options.connect is None:
            raise UserError("--protocol dectris-v2 needs --connect tcp://DCU:31001.")
        if options.subscribe or options.server_key:
            raise UserError("--subscribe and --server-key are not for --protocol dectris-v2.")
    elif options.stage is not None and options.watch is None:
        raise UserError("--stage is for --watch and dectris-v2; send readings to --listen instead.")
