"""Fonts that strangers bring: what they hold, found out by a child that no font can do harm with."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from cutroom.kit.adapter import Adapter
from cutroom.kit.errors import Invalid, Unavailable
from cutroom.kit.later import later_log
from cutroom.kit.process import Limits, TimedOut, run
from cutroom.media.info import FontFace
from cutroom.media.sandbox import for_python
from cutroom.media.turns import turn

MOST_FONT_BYTES: Final = 48 << 20
"""Of one file: more than any family of one script, and room for all of Chinese, Japanese and Korean in one weight."""
MOST_FACES: Final = 64
"""Of one collection."""
_CHILD: Final = Path(__file__).with_name("fonts_child.py")
_TIMEOUT_S: Final = 60.0
_LIMITS: Final = Limits(memory_bytes=1 << 30, file_bytes=0, cpu_s=20, files=64)
_FACES: Final[Adapter[tuple[FontFace, ...]]] = Adapter(tuple[FontFace, ...])
_DAMAGED: Final = "The font cannot be read: it is damaged, or made to do harm."
_SENTENCES: Final = {
    "too_many_faces": f"The collection holds more than {MOST_FACES} fonts; take those out that are needed.",
    "too_many_letters": "The font claims letters for more characters than there are; save it with those that it has.",
    "no_letters": "The font has no letters that Unicode knows; save it with a Unicode character map.",
    "nothing_drawn": "The font has no outlines to draw at any size; convert it to TrueType or OpenType outlines.",
}
_log = later_log()


async def read_font(path: Path, size_bytes: int) -> tuple[FontFace, ...]:
    """The faces of a font file that was sniffed as one.

    Raises:
        Invalid: `font_too_large`; `font_damaged`; `font_unsupported`, with a sentence that says what to do.
        Unavailable: `probe_timeout`, when the machine did not manage it in a minute.
    """
    if size_bytes > MOST_FONT_BYTES:
        sentence = f"A font has at most {MOST_FONT_BYTES >> 20} MiB; take out of it what is not needed."
        raise Invalid("font_too_large", sentence)
    try:
        async with turn("probe"):
            done = await run(
                [sys.executable, "-I", str(_CHILD), str(path.absolute()), str(MOST_FACES)],
                cwd=path.absolute().parent,
                timeout_s=_TIMEOUT_S,
                limits=_LIMITS,
                box=for_python([_CHILD, path], memory_bytes=_LIMITS.memory_bytes),
            )
    except TimedOut as error:
        raise Unavailable("probe_timeout", "The font could not be examined in time; try again later.") from error
    told = _told(done.stdout)
    if "faces" in told:
        return _FACES.validate_json(json.dumps(told["faces"]))
    said = done.stderr[-2000:].decode("utf-8", "replace")
    _log.info("font.refused", returncode=done.returncode, reason=told, stderr=said)
    if told.get("error") in _SENTENCES:
        raise Invalid("font_unsupported", _SENTENCES[told["error"]])
    raise Invalid("font_damaged", _DAMAGED)


def _told(stdout: bytes) -> dict[str, Any]:
    try:
        told = json.loads(stdout)
    except ValueError:  # it died
        return {}
    return told if isinstance(told, dict) else {}
