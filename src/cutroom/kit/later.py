"""Libraries that are loaded when they are first used: some take a fifth of a second, and most runs need few of them.

    if TYPE_CHECKING:
        import cv2
    else:
        cv2 = later("cv2")

Only for what lies outside of this project, and only for what a command can do without.
"""

from importlib import import_module
from types import ModuleType
from typing import Any


class Later(ModuleType):
    """Stands for a module, and becomes like it when something in it is asked for."""

    def __getattr__(self, name: str) -> Any:
        """What the module has under that name; the first to ask loads it, under Python's lock on imports."""
        found = getattr(import_module(self.__name__), name)
        setattr(self, name, found)
        return found


def later(name: str) -> Any:
    """The module of that name, loaded at its first use."""
    return Later(name)


class _Log:
    """Stands for a logger of structlog."""

    def __getattr__(self, method: str) -> Any:
        return getattr(import_module("structlog").get_logger(), method)


def later_log() -> Any:
    """A logger for what rarely has anything to say: structlog takes a tenth of a second, and is loaded when it does."""
    return _Log()
