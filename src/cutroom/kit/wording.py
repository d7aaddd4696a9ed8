"""Words of sentences about what somebody wrote: how it is shown, what may stand there, what was probably meant."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

_NUMERAL: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


def shown(value: Any) -> str:
    """A value of JSON as a few characters for a sentence."""
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 40 else f'"{value[:37]}…"'
    if isinstance(value, bool) or value is None:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return f"{value:.10g}" if abs(value) < 1e15 or value != value else "a very large number"  # noqa: PLR0124 — NaN
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else "no JSON value"


def did_you_mean(value: str, options: Iterable[str], meant_by: Mapping[str, Sequence[str]] | None = None) -> str:
    """A hint at the option that was probably meant, or nothing.

    Args:
        value: what was written.
        options: what is accepted.
        meant_by: words that say something else than what they look like, in lower case, and what they mean.
    """
    known = meant_by or {}
    by_case = {option.casefold(): option for option in options}
    word = value[:60].casefold()
    meant = next((option for option in known.get(word, ()) if option in by_case), None)
    if meant is None and word not in known:
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
