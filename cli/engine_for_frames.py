"""The engine of a run: the one that is named, or the one that suits each frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..inference.backends.selection import BackendName, Precision
    from ..inference.engine import Engine
    from ..stream.frame import FrameMetadata


def engine_for_frames(
    name: str | None, backend: BackendName, precision: Precision
) -> Engine | Callable[[FrameMetadata], Engine]:
    """Return what `SkyrmionAnalyser` asks for.

    Raises
    ------
    UserError
        There is no such engine, or it cannot run here.
    """
    from ..inference.engine_store import InstalledEngines, load_engine

    if name is None:
        return InstalledEngines(backend, precision).suiting
    return load_engine(name, backend=backend, precision=precision)
