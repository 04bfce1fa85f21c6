"""How a program steers a run that it has started: by lines of JSON in a private folder."""

from .folder import RunFolder, new_run_folder, running_folders
from .lines import LineTail, append_line
from .messages import Command, Event

__all__ = [
    "Command",
    "Event",
    "LineTail",
    "RunFolder",
    "append_line",
    "new_run_folder",
    "running_folders",
]
