"""A look through the whole document before its meaning: placeholders, text that cannot be stored, depth, counts.

`kit.strict_json` refuses most of this in text that strangers send; documents also come as Python values, from tests,
tools and notebooks.
"""

import re
from typing import Any, Final

from cutroom.kit.errors import Detail, Invalid
from cutroom.kit.schema import pointer
from cutroom.kit.strict_json import UNSTORABLE
from cutroom.kit.wording import shown
from cutroom.timeline.limits import MAX_NESTED, Limits

MAX_DEPTH: Final = 40
"""Levels of a document: a colour in a gradient of a shape in the fourth timeline inside of the first is at 37."""
MAX_VALUES: Final = 2_000_000
_PLACEHOLDER: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_ODD: Final = re.compile("\\{\\{|[\\x00\\ud800-\\udfff]")
"""What every text that is refused has in it."""
_Trail = tuple[Any, ...]
"""Where a value stands: () for the document, else (trail of its parent, key)."""

NOT_AVAILABLE: Final = {
    "longform": "A 'longform' is taken in a document of its own only, beside no 'timeline' and in no template.",
    "callbackUrl": "'callbackUrl' belongs in the request that makes a job (POST /render); it is not taken here.",
}


def scan(document: Any, limits: Limits) -> list[Detail]:
    """Everything that is wrong with the document whatever it means; empty when nothing is.

    Raises:
        Invalid: `too_deep` or `too_large` when looking further makes no sense.
    """
    problems = [*_not_available(document), *_counts(document, limits)]
    return problems if _is_plain(document) else problems + _odd_places(document)


def _is_plain(document: Any) -> bool:
    """Whether nothing in it is odd, as in nearly every document; not where, so that all texts are searched as one."""
    level, texts, seen = [document], [""], 0
    for _ in range(MAX_DEPTH + 1):
        seen += len(level)
        below: list[Any] = []
        for value in level:
            if isinstance(value, str):
                texts.append(value)
            elif isinstance(value, dict):
                texts += value
                below += value.values()
            elif isinstance(value, list):
                below += value
            # Python's values may lie in several places at once: a few of them can make billions.
            if seen + len(below) > MAX_VALUES:
                return False
        if not below:
            texted = all(isinstance(text, str) for text in texts)
            return texted and _ODD.search("\n".join(texts)) is None
        level = below
    return False


def _odd_places(document: Any) -> list[Detail]:
    """A detail for every place that is odd.

    Raises:
        Invalid: as `scan`.
    """
    problems: list[Detail] = []
    stack: list[tuple[Any, _Trail, int]] = [(document, (), 0)]
    seen = 0
    while stack:
        value, trail, depth = stack.pop()
        seen += 1
        if depth > MAX_DEPTH:
            raise _stop("too_deep", f"The document nests deeper than {MAX_DEPTH} levels.", trail)
        if seen > MAX_VALUES:
            raise _stop("too_large", f"The document holds more than {MAX_VALUES} values.", trail)
        if isinstance(value, str):
            if _ODD.search(value) is not None:
                problems.extend(_text(value, trail))
        elif isinstance(value, dict):
            for key, item in reversed(value.items()):
                if not isinstance(key, str) or _ODD.search(key) is not None:
                    problems.extend(_key(key, trail))
                stack.append((item, (trail, key), depth + 1))
        elif isinstance(value, list):
            stack.extend((item, (trail, index), depth + 1) for index, item in reversed([*enumerate(value)]))
    return problems


def _text(text: str, trail: _Trail) -> list[Detail]:
    if (found := _PLACEHOLDER.search(text)) is not None:
        sentence = f"{shown(found.group())} was not filled in; give it a value in 'merge'; names are case-sensitive."
        return [Detail(_place(trail), "unresolved_placeholder", sentence)]
    if (found := UNSTORABLE.search(text)) is not None:
        wrong = "NUL" if found.group() == "\x00" else "a lone surrogate"
        return [Detail(_place(trail), "bad_text", f"Text with {wrong} in it cannot be stored; remove that character.")]
    return []


def _key(key: Any, trail: _Trail) -> list[Detail]:
    if not isinstance(key, str):
        return [Detail(_place(trail), "wrong_type", "The names of an object's fields are text.")]
    return _text(key, trail)


def _place(trail: _Trail) -> str:
    parts: list[str | int] = []
    while trail:
        trail, part = trail
        parts.append(part if isinstance(part, int) else str(part)[:80].encode("utf-8", "replace").decode())
    return pointer(parts[::-1])


def _stop(code: str, sentence: str, trail: _Trail) -> Invalid:
    return Invalid(code, sentence, details=[Detail(_place(trail), code, sentence)])


def _not_available(document: Any) -> list[Detail]:
    if not isinstance(document, dict):
        return []
    return [Detail(pointer([n]), "not_available", text) for n, text in NOT_AVAILABLE.items() if n in document]


def _counts(document: Any, limits: Limits) -> list[Detail]:
    """Too many tracks in a timeline, too many clips in all of them together, timelines too deep in each other."""
    waiting: list[tuple[Any, _Trail, int]] = [(_get(document, "timeline"), ((), "timeline"), 0)]
    clips = 0
    while waiting:
        timeline, trail, depth = waiting.pop()
        tracks = _list(timeline, "tracks")
        if len(tracks) > limits.tracks:
            sentence = f"The timeline has {len(tracks)} tracks; at most {limits.tracks} are accepted."
            return [Detail(_place((trail, "tracks")), "too_many_tracks", sentence)]
        if depth > MAX_NESTED:
            sentence = f"Timelines lie deeper in each other than {MAX_NESTED} levels; bring this one further out."
            return [Detail(_place(trail), "too_many_levels", sentence)]
        for row, track in enumerate(tracks):
            found = _list(track, "clips")
            clips += len(found)
            if clips > limits.clips:
                break
            for index, clip in enumerate(found):
                inner = _get(_get(clip, "asset"), "timeline")
                if isinstance(inner, dict):
                    below = (((trail, "tracks"), row), "clips"), index
                    waiting.append((inner, ((below, "asset"), "timeline"), depth + 1))
    if clips > limits.clips:
        count = max(clips, sum(len(_list(track, "clips")) for track in _list(_get(document, "timeline"), "tracks")))
        sentence = f"The timeline has {count} clips or more; at most {limits.clips} are accepted."
        return [Detail("/timeline/tracks", "too_many_clips", sentence)]
    return []


def brings_fonts(document: Any) -> bool:
    """Whether a timeline of a document whose depth has been checked brings fonts, whose names only they know."""
    waiting = [_get(document, "timeline")]
    while waiting:
        timeline = waiting.pop()
        if _get(timeline, "fonts"):
            return True
        clips = (clip for track in _list(timeline, "tracks") for clip in _list(track, "clips"))
        waiting += [inner for clip in clips if isinstance(inner := _get(_get(clip, "asset"), "timeline"), dict)]
    return False


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _list(value: Any, name: str) -> list[Any]:
    found = _get(value, name)
    return found if isinstance(found, list) else []
