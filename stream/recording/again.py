"""A recording with the frames of another one and results of its own."""

from __future__ import annotations

import os
import shutil
from importlib.metadata import version
from pathlib import Path
from types import TracebackType

from ..errors import UserError
from ..frame import Frame
from ..result import Analyser, FrameResult, Tracks
from .completion import complete, now
from .layout import FRAMES, IMAGE, RUN, STAGE, stem, write_error, write_json
from .reader import Recording
from .result_writer import ResultWriter


class RecordingAgain:
    """Writes new results of a recording into a recording beside it, which shares its frames.

    The files of the frames are linked where the disk can do that, and then need no space; elsewhere
    they are copied. Files of frames are never written to once they are there, so that neither
    recording can spoil the other.

    Use it as a context, and call `finish` within: if that is not reached, nothing is left.

    Parameters
    ----------
    recording
        The recording, which stays as it is.
    path
        Folder to make.

    Raises
    ------
    UserError
        If `path` exists, there is nothing to analyse, or the disk refuses.
    """

    def __init__(self, recording: Recording, path: Path) -> None:
        self.path = path
        self._recording = recording
        self._part = part_of(path)
        self._n_frames = recording.n_frames
        self._closed = False
        if path.exists():
            raise UserError(f"{path} exists already; a recording never overwrites anything.")
        if not self._n_frames:
            raise UserError(f"{recording.path} holds no frames.")
        self._pixel_size_nm = recording.metadata(0).pixel_size_nm
        self._run = {
            key: recording.run[key] for key in ("format", "version", "dtype", "height", "width")
        } | {
            "program": f"skyrmlive {version('skyrmlive')}",
            "created_at": now(),
            "closed_at": None,
            "frames_of": recording.path.resolve().name,
        }
        try:
            self._part.mkdir(parents=True)
        except FileExistsError:
            raise UserError(
                f"{self._part} is being written, or is left of an analysis that was killed; "
                "if so, remove it first."
            ) from None
        except OSError as error:
            raise write_error(path, error) from None
        try:
            self._share_frames()
            self._results = ResultWriter(self._part, recording.shape, self._pixel_size_nm)
        except OSError as error:
            self._remove()
            raise write_error(path, error) from None
        except BaseException:
            self._remove()
            raise

    def append(self, result: FrameResult) -> None:
        """Append the result of frame `result.summary.frame`, in the order of the frames.

        Raises
        ------
        RecordingError
            If the disk refuses.
        """
        self._results.append(result.summary.frame, result)

    def append_failure(self, frame: int, reason: str) -> None:
        """Note that a frame could not be analysed; raises as `append` does."""
        self._results.append_failure(frame, reason)

    def finish(self) -> None:
        """Complete the new recording, which has its name then; raise as `append` does."""
        self._close()
        recording, last = self._recording, self._n_frames - 1
        between = recording.taken_at(0), recording.taken_at(last)
        run = self._run | {"settled": self._results.settled}
        complete(self._part, run, self._n_frames, self._pixel_size_nm, between, name=self.path.name)
        try:
            self._part.rename(self.path)
        except OSError as error:
            raise write_error(self.path, error) from None

    def __enter__(self) -> RecordingAgain:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._close()
        finally:
            self._remove()

    def _close(self) -> None:
        if not self._closed:
            self._closed = True
            self._results.close()

    def _share_frames(self) -> None:
        source = self._recording.path
        shutil.copytree(source / IMAGE, self._part / IMAGE, copy_function=_link_or_copy)
        # Only what was complete when it was looked at: the run may still be going on.
        with (source / FRAMES).open("rb") as index, (self._part / FRAMES).open("wb") as mine:
            for _ in range(self._n_frames):
                mine.write(index.readline())
        if (source / STAGE).exists():
            shutil.copyfile(source / STAGE, self._part / STAGE)
        write_json(self._part / RUN, self._run)

    def _remove(self) -> None:
        shutil.rmtree(self._part, ignore_errors=True)


class NotingFailures:
    """An analyser that notes in a new recording which frames it could not analyse, and why.

    Parameters
    ----------
    analyser
        What analyses.
    again
        The new recording.
    """

    def __init__(self, analyser: Analyser, again: RecordingAgain) -> None:
        self._analyser = analyser
        self._again = again

    @property
    def engine_id(self) -> str:
        """As the analyser says."""
        return self._analyser.engine_id

    def analyse(
        self, frame: Frame, index: int, received_at: float, *, linked: bool = True
    ) -> FrameResult:
        """Analyse a frame, see `Analyser.analyse`; a failure is noted and raised."""
        try:
            return self._analyser.analyse(frame, index, received_at, linked=linked)
        except Exception as error:
            self._again.append_failure(index, str(error) or type(error).__name__)
            raise

    def new_tracks(self) -> Tracks:
        """As the analyser does."""
        return self._analyser.new_tracks()


def part_of(path: Path) -> Path:
    """Return what the new recording at `path` is called until everything is in it."""
    return path.with_name(path.name + ".part")


def name_beside(path: Path, engine: str) -> Path:
    """Return a name that is free for the results of `engine`, beside the recording at `path`."""
    path = path.resolve()
    number = 1
    while True:
        suffix = "" if number == 1 else f"-{number}"
        beside = path.with_name(f"{stem(path)}-{engine}{suffix}.ome.zarr")
        if not beside.exists() and not part_of(beside).exists():
            return beside
        number += 1


def _link_or_copy(source: str, target: str) -> None:
    # The description of the array is rewritten at the end, so it is never shared. A file system
    # without links, such as that of a memory stick, gets a copy.
    if not source.endswith("zarr.json"):
        try:
            os.link(source, target)
            return
        except OSError:
            pass
    if not source.endswith(".__lock"):  # tensorstore's, while it writes
        shutil.copyfile(source, target)
