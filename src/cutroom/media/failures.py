"""What went wrong with a run of ffmpeg, in errors that have names.

What it said decides, and never goes into a message: it names folders and addresses of ours (threat A92).
"""

import re
import signal
import stat
from pathlib import Path
from typing import Final

from cutroom.kit.errors import CutroomError, Detail, Internal, Invalid, Unavailable
from cutroom.kit.process import Completed, TimedOut
from cutroom.media.command import Command

# libavutil/error.h: a status is the low byte of a negative errno or tag.
_NO_MEMORY, _NO_SPACE, _FILE_TOO_BIG, _INVALID_DATA = 256 - 12, 256 - 28, 256 - 27, 256 - 0x49
_DECODE_ERROR_RATE: Final = 69  # fftools/ffmpeg.c: more than two thirds of the frames could not be decoded
_SAYS_NO_MEMORY: Final = re.compile(r"Cannot allocate memory|malloc of size|bad_alloc|Resource temporarily unavailable")
_SAYS_NO_SPACE: Final = re.compile(r"No space left on device|Disk quota exceeded")
_SAYS_DAMAGED: Final = re.compile(r"\[(?:in|vist|aist)#(\d+)[^\n]*Invalid data")
# Without memory for its threads x264 gives up in silence; with wrong settings it says which.
_SAYS_NO_ENCODER: Final = re.compile(
    r"\A(?![\s\S]*\[lib)[\s\S]*Error while opening encoder[\s\S]*in an external library"
)
_SAYS_NO_SUCH_ENCODER: Final = re.compile(r"Unknown encoder '([\w-]{1,40})'")
_SAYS_NO_DECODER: Final = re.compile(r"\[[av]ist#(\d+)[^\n]*no decoder found for")
_SAYS_TOO_LARGE: Final = re.compile(r"exceeds specified max pixel count|Picture size \d{5,}x\d+ is invalid")
_SAYS_INPUT: Final = re.compile(r"\[[av]ist#(\d+)")
_SAYS_NO_STREAM: Final = re.compile(r"filtergraph description [^\n]{0,200}?\[(\d+):[^\n]*matches no streams")


def failure(done: Completed, said: str, command: Command) -> CutroomError | None:
    """What went wrong, by status first and by what ffmpeg said second."""
    status = done.returncode
    too_large = any(_size(output.path) >= output.max_bytes for output in command.outputs)
    if status in {-signal.SIGXFSZ, _FILE_TOO_BIG} or too_large:
        sentence = "The output is larger than allowed; make it shorter, smaller or of less quality."
        return Invalid("output_too_large", sentence)
    if status == 0:
        return None if all(_plain(output.path) for output in command.outputs) else _strange()
    if (error := _short_of_room(status, said)) is not None:
        return error
    if (unfit := _unfit(said, command)) is not None:
        return unfit
    damaged = _SAYS_DAMAGED.search(said)
    if damaged is not None or status in {_INVALID_DATA, _DECODE_ERROR_RATE}:
        return _at_input(
            damaged,
            command,
            Invalid("source_damaged", "A source could not be decoded; it is damaged or not what it was."),
        )
    return Internal("ffmpeg_failed", f"The video engine stopped with status {status}; its log has the cause.")


def late(error: TimedOut, said: str, timeout_s: float) -> Unavailable:
    """The error for a run that took too long, or stood still: for want of memory if ffmpeg says so."""
    if error.code == "process_timeout":
        sentence = f"This did not finish within {timeout_s:g} seconds; make it shorter or smaller."
        return Unavailable("media_timeout", sentence, retryable=False)
    if (short := _short_of_room(0, said)) is not None:
        return short
    return Unavailable("media_stalled", "The video engine stood still and was stopped; try again.")


def _short_of_room(status: int, said: str) -> Unavailable | None:
    if status == _NO_SPACE or _SAYS_NO_SPACE.search(said):
        return Unavailable("disk_full", "The disk is full; try again when there is room.", retry_after_s=60)
    if status == -signal.SIGKILL:  # not by us: by the kernel, for want of memory on the machine
        return Unavailable("out_of_memory", "The machine ran out of memory; try again later.")
    if status == _NO_MEMORY or _SAYS_NO_MEMORY.search(said) or _SAYS_NO_ENCODER.search(said):
        sentence = "This needs more memory than one render may have; use smaller pictures or fewer at a time."
        return Unavailable("out_of_memory", sentence, retryable=False)
    return None


def _unfit(said: str, command: Command) -> Invalid | None:
    """The error for what a source is not, or this ffmpeg has not."""
    if (missing := _SAYS_NO_SUCH_ENCODER.search(said)) is not None:
        sentence = f"The video engine here has no encoder '{missing.group(1)}'; choose another codec."
        return Invalid("encoder_missing", sentence, details=[Detail("/output/codec", "encoder_missing", sentence)])
    if (match := _SAYS_NO_DECODER.search(said)) is not None:
        return _at_input(
            match,
            command,
            Invalid(
                "source_codec_unsupported",
                "A source is in a codec that cannot be read here; convert it to H.264 in MP4, for example.",
            ),
        )
    if _SAYS_TOO_LARGE.search(said) is not None:
        return _at_input(
            _SAYS_INPUT.search(said),
            command,
            Invalid("source_too_large", "A source has more pixels than are read here; scale it down."),
        )
    if (match := _SAYS_NO_STREAM.search(said)) is not None:
        return _at_input(
            match,
            command,
            Invalid("source_stream_missing", "A source has no such pictures or sound any more; it is not what it was."),
        )
    return None


def _at_input(match: re.Match[str] | None, command: Command, error: Invalid) -> Invalid:
    """An error that points at the input that ffmpeg names, or at the only one."""
    number = int(match.group(1)) if match is not None else 0 if len(command.inputs) == 1 else None
    return error if number is None or number >= len(command.inputs) else error.at(f"/inputs/{number}")


def _strange() -> Internal:
    # A link would lead us to a file that ffmpeg itself cannot reach, and us to give it away.
    return Internal("ffmpeg_failed", "The video engine left something that is no file of its own.")


def _plain(path: Path) -> bool:
    """Whether there is nothing yet, or a file that goes by this name alone."""
    try:
        about = path.lstat()
    except FileNotFoundError:
        return True
    return stat.S_ISREG(about.st_mode) and about.st_nlink == 1


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
