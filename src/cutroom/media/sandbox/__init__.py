"""The sandbox in which FFmpeg and every decoder run: the highest level that this machine can hold."""

from cutroom.media.sandbox.boxes import for_program, for_python
from cutroom.media.sandbox.choice import Sandbox, current, use
from cutroom.media.sandbox.ladder import HIGHEST

__all__ = ["HIGHEST", "Sandbox", "current", "for_program", "for_python", "use"]
