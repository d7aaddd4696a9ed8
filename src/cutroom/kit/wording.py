"""Words of sentences about what somebody wrote: how it is shown, what may stand there, what was probably meant."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

_NUMERAL: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_MEANT: Final[Mapping[str, tuple[str, ...]]] = {
    "middle": ("center",),
    "circle": ("ellipse",),
    "oval": ("ellipse",),
    "square": ("1:1", "rectangle"),
    "portrait": ("9:16",),
    "vertical": ("9:16", "vertical"),
    "landscape": ("16:9",),
    "widescreen": ("16:9",),
    "bold": ("700",),
    "regular": ("400",),
    "oblique": ("italic",),
    "hevc": ("h265",),
    "avc": ("h264",),
    "avi": ("mp4",),
    "mkv": ("mp4",),
    "best": ("highest",),
    "good": ("high",),
    "burn": ("color-burn",),
    "dodge": ("color-dodge",),
    "invert": ("negative",),
    "1280x720": ("720p",),
    "1920x1080": ("1080p",),
    "fontsize": ("size",),
    "framerate": ("fps",),
    "end": (),
}
"""Words that say something else than what they look like, in lower case, and what is meant where that is accepted."""


def shown(value: Any) -> str:
    """A value of the document as a few characters for a sentence."""
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 40 else f'"{value[:37]}…"'
    if isinstance(value, bool) or value is None:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return f"{value:.10g}" if abs(value) < 1e15 or value != value else "a very large number"  # noqa: PLR0124 — NaN
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else "no JSON value"


def did_you_mean(value: str, options: Iterable[str]) -> str:
    """A hint at the option that was probably meant, or nothing."""
    by_case = {option.casefold(): option for option in options}
    word = value[:60].casefold()
    meant = next((option for option in _MEANT.get(word, ()) if option in by_case), None)
    if meant is None and word not in _MEANT:
        close = difflib.get_close_matches(word, by_case, n=1, cutoff=0.75)
        begun = sorted((option for option in by_case if len(option) > 2 and word.startswith(option)), key=len)
        close = close or begun[-1:] or difflib.get_close_matches(word, by_case, n=1, cutoff=0.6)
        meant = close[0] if close else None
    return f" (did you mean '{by_case[meant]}'?)" if meant else ""


def unquoted(value: Any) -> str:
    """A hint at a number or a flag that stands in quotes, as form fields and language models write them."""
    bare = value.strip() if isinstance(value, str) and len(value) <= 40 else ""
    return f" (write {bare}, without quotes)" if _NUMERAL.fullmatch(bare) or bare in {"true", "false"} else ""


def one_of(words: Sequence[str]) -> str:
    """The words as a sentence names them: "a", "a or b", "a, b or c"."""
    return " or ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), words[-1]])
