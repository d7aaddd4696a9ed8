"""Captions of a video: which to take, and what they say."""

import html
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from cutroom.kit.errors import Invalid
from cutroom.media.youtube.video import CaptionTrack

PARAGRAPH_MS: Final = 2_500
"""A pause after which a new paragraph begins."""
MOST_LINES: Final = 100_000
_STAMP: Final = re.compile(r"(?:(\d{1,3}):)?(\d\d):(\d\d)[.,](\d{3})")
_TAG: Final = re.compile(r"<[^>]{0,200}>")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of captions, its times in milliseconds from the beginning of the video."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Captions:
    """What captions say.

    Args:
        lines: in order.
        language: which they are in.
        automatic: whether a machine heard them.
        translated: whether a machine translated them.
    """

    lines: tuple[Line, ...]
    language: str
    automatic: bool
    translated: bool

    @property
    def text(self) -> str:
        """To be read: a paragraph for what is said without a long pause."""
        paragraphs: list[list[str]] = []
        last_ms = -PARAGRAPH_MS
        for line in self.lines:
            if line.start_ms - last_ms >= PARAGRAPH_MS:
                paragraphs.append([])
            paragraphs[-1].append(line.text)
            last_ms = line.end_ms
        return "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)

    @property
    def timed_text(self) -> str:
        """A line for each, which begins with its time: `[HH:MM:SS] text`."""
        return "\n".join(f"[{_clock(line.start_ms)}] {line.text}" for line in self.lines)


def choose(tracks: Sequence[CaptionTrack], language: str | None) -> list[CaptionTrack]:
    """The tracks to try, best first: those in the asked language, then those in the one that is spoken, then any.

    Within a language, what people wrote comes before what a machine heard, and that before what it translated; each in
    the form with the best times first.
    """
    heard = next((track.tag for track in tracks if track.is_heard), None)

    def rank(track: CaptionTrack) -> tuple[int, int, int, str]:
        way = 0 if track.kind == "manual" else 1 if track.is_heard else 2
        if language is not None and _same(track.tag, language):
            place = 0
        elif heard is not None and _same(track.tag, heard):
            place = 2
        else:
            place = 3 if track.kind == "manual" else 4
        exact = language is not None and track.tag.lower() == language.lower()
        return place, way, 0 if exact else 1, "" if track.format == "json3" else track.format

    return [track for track in sorted(tracks, key=rank) if rank(track)[0] < 4]


def is_in(tag: str, language: str) -> bool:
    """Whether captions are in a language that was asked for, in whatever country."""
    return _same(tag, language)


def read_captions(data: bytes, track: CaptionTrack, heard: str | None) -> Captions:
    """What a file of captions says.

    Args:
        data: of it.
        track: which it is.
        heard: the language that is spoken, where that is known.

    Raises:
        Invalid: `captions_damaged`; also when they are empty, which is how YouTube refuses them.
    """
    try:
        text = data.decode("utf-8-sig")
        lines = _json3(text) if track.format == "json3" else _vtt(text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged() from error
    found = list(_in_order(lines))
    if not found:
        raise _damaged()
    translated = track.kind == "automatic" and not track.is_heard and heard is not None and not _same(track.tag, heard)
    return Captions(tuple(found), track.tag, track.kind == "automatic", translated)


def _json3(text: str) -> list[Line]:
    """YouTube's own form: events, each of words with offsets. Those that append are ends of lines."""
    lines: list[Line] = []
    for event in json.loads(text)["events"][:MOST_LINES]:
        said = "".join(str(segment.get("utf8", "")) for segment in event.get("segs", ()))
        start = _whole(event.get("tStartMs", 0))
        lines.append(Line(start, start + _whole(event.get("dDurationMs", 0)), said))
    return lines


def _vtt(text: str) -> list[Line]:
    """WebVTT. What rolls up is said once: a line that was there before is left out."""
    lines: list[Line] = []
    shown: list[str] = []
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n"))[: 4 * MOST_LINES]:
        rows = block.strip("\n").split("\n")
        at = next((number for number, row in enumerate(rows) if " --> " in row), None)
        if at is None:
            continue
        start, end = (_STAMP.search(part) for part in rows[at].split(" --> ", 1))
        if start is None or end is None:
            raise ValueError(rows[at])
        now = [" ".join(html.unescape(_TAG.sub("", row)).split()) for row in rows[at + 1 :]]
        now = [row for row in now if row]
        lines += [Line(_ms(start), _ms(end), row) for row in now if row not in shown]
        shown = now or shown
    return lines


def _in_order(lines: Iterable[Line]) -> Iterable[Line]:
    """Lines with words in them, one after the other: what rolls up says that two are shown at once."""
    said = [replace(line, text=" ".join(line.text.split())) for line in lines]
    kept = sorted((line for line in said if line.text), key=lambda line: line.start_ms)
    for number, line in enumerate(kept):
        following = kept[number + 1].start_ms if number + 1 < len(kept) else line.end_ms
        yield replace(line, end_ms=max(line.start_ms, min(line.end_ms, following)))


def _whole(value: Any) -> int:
    return max(0, min(int(value), 1 << 31))


def _ms(stamp: "re.Match[str]") -> int:
    hours, minutes, seconds, rest = (int(part or 0) for part in stamp.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def _clock(moment_ms: int) -> str:
    seconds = moment_ms // 1000
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _same(left: str, right: str) -> bool:
    return left.partition("-")[0].lower() == right.partition("-")[0].lower()


def _damaged() -> Invalid:
    return Invalid("captions_damaged", "The captions of this video are empty or cannot be read.")
