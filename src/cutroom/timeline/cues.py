"""Caption files as cues: SRT, WebVTT, ASS and our own transcript JSON; and cues as SRT and WebVTT.

Text is taken as text: tags and styling codes are dropped, entities decoded, nothing is ever run or fetched.
"""

import html
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from cutroom.kit.later import later
from cutroom.timeline.cuesheet import CueSheet, lines_of, split_words
from cutroom.timeline.resolved.captions import Cue
from cutroom.timeline.transcript import read_transcript
from cutroom.timeline.wordtimes import MOST_SECONDS, Timed, bad_captions, spread

if TYPE_CHECKING:
    import pysubs2
else:
    pysubs2 = later("pysubs2")

MOST_BYTES: Final = 2_000_000
MOST_CUES: Final = 20_000

_MOMENT: Final = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMES: Final = re.compile(rf"\s*{_MOMENT}\s*-->\s*{_MOMENT}(?:\s.*)?")
_INNER: Final = re.compile(rf"<{_MOMENT}>")
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>")
_STYLE: Final = re.compile(r"\{\\[^{}]*\}")
_ASS_CODE: Final = re.compile(r"\{([^{}]*)\}")
_KARAOKE: Final = re.compile(r"\\(?:k|K|kf|ko)(\d{1,6})")
_DRAWING: Final = re.compile(r"\\p[1-9]")
_CONTROL: Final = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\u200e\\u200f\\u202a-\\u202e]")


def parse_cues(text: str) -> CueSheet:
    """Read a caption file; which kind it is shows in its text.

    Words with no times of their own share the time of their cue by the number of their letters.

    Raises:
        Invalid: `bad_captions`; the sentence names the line where one is known.
    """
    if len(text) > MOST_BYTES or len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise bad_captions(
            f"The captions have more than {MOST_BYTES // 1_000_000} MB; split them or remove what is not text"
        )
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    start = text.lstrip()
    if start.startswith(("{", "[")) and not start.startswith("[Script Info]"):
        cues = read_transcript(text)
    elif start.startswith("WEBVTT"):
        cues = list(_vtt(text))
    elif re.search(r"^\[(?:Script Info|Events)\]", text, re.MULTILINE | re.IGNORECASE):
        cues = list(_ass(text))
    else:
        cues = list(_srt(text))
    if not cues:
        raise bad_captions("There is no cue in these captions; SRT, WebVTT, ASS and transcript JSON are read")
    if len(cues) > MOST_CUES:
        raise bad_captions(f"There are {len(cues)} cues; at most {MOST_CUES} are read: split the file")
    return CueSheet(tuple(sorted(cues, key=lambda cue: cue.start)))


def to_srt(cues: Iterable[Cue]) -> str:
    """Cues as a SubRip file."""
    return "\n".join(
        f"{number}\n{_stamp(cue.start, ',')} --> {_stamp(cue.end, ',')}\n"
        + "".join(f"{line.replace('-->', '→')}\n" for line in lines_of(cue))
        for number, cue in enumerate(cues, 1)
    )


def to_vtt(cues: Iterable[Cue]) -> str:
    """Cues as a WebVTT file."""
    blocks = (
        f"{_stamp(cue.start, '.')} --> {_stamp(cue.end, '.')}\n"
        + "".join(f"{html.escape(line, quote=False)}\n" for line in lines_of(cue))
        for cue in cues
    )
    return "\n".join(["WEBVTT\n", *blocks])


def _srt(text: str) -> Iterator[Cue]:
    """Everything between two lines of times belongs to the first, but for the number before the second."""
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if "-->" in line]
    if not starts:
        if text.strip():
            raise bad_captions("No times such as '00:00:01,000 --> 00:00:02,500' are found; give a caption file")
        return
    for number, following in zip(starts, [*starts[1:], len(lines)], strict=True):
        body = lines[number + 1 : following]
        if following < len(lines):
            while body and not body[-1].strip():
                body.pop()
            if body and body[-1].strip().isdigit():
                body.pop()
        yield from _cue(lines[number], [line for line in body if line.strip()], number + 1)


def _vtt(text: str) -> Iterator[Cue]:
    """WebVTT 1, section 4: blocks apart by empty lines; what has no times is a note, a style or a region."""
    lines = text.split("\n")
    number = 1
    while number < len(lines):
        if "-->" not in lines[number] or _inside_note(lines, number):
            number += 1
            continue
        end = number + 1
        while end < len(lines) and lines[end].strip() and "-->" not in lines[end]:
            end += 1
        yield from _cue(lines[number], lines[number + 1 : end], number + 1)
        number = end


def _inside_note(lines: list[str], number: int) -> bool:
    while number > 0 and lines[number - 1].strip():
        number -= 1
    return lines[number].startswith(("NOTE", "STYLE", "REGION"))


def _cue(times: str, body: list[str], number: int) -> Iterator[Cue]:
    """The cue of one block; none when nothing of it could be seen."""
    match = _TIMES.fullmatch(times)
    if match is None:
        raise bad_captions(f"Line {number}: these are no times; write '00:00:01,000 --> 00:00:02,500'")
    start, end = _moment(match.groups()[:4]), _moment(match.groups()[4:])
    if end < start:
        raise bad_captions(f"Line {number}: the cue ends before it starts")
    yield from _timed_cue(start, end, [list(_pieces(line, start)) for line in body])


def _pieces(line: str, start: Fraction) -> Iterator[tuple[Fraction | None, str]]:
    """The parts of a line and when each starts, by WebVTT's inner times."""
    line = _STYLE.sub("", line)
    at: Fraction | None = None
    place = 0
    for match in _INNER.finditer(line):
        yield at, _plain(line[place : match.start()])
        at, place = max(start, _moment(match.groups())), match.end()
    yield at, _plain(line[place:])


def _plain(text: str) -> str:
    return _CONTROL.sub("", html.unescape(_TAG.sub("", text)))


def _ass(text: str) -> Iterator[Cue]:
    """Advanced SubStation Alpha, read by pysubs2: dialogue without its override codes; karaoke times words."""
    try:
        file = pysubs2.SSAFile.from_string(text, format_="ass")
    except Exception as error:  # pysubs2 names no common error for what it cannot read
        raise bad_captions("These look like ASS captions, but their events cannot be read; save them anew") from error
    for number, event in enumerate(file.events, 1):
        if event.is_comment or _DRAWING.search(event.text):
            continue
        start, end = Fraction(event.start, 1000), Fraction(event.end, 1000)
        if end < start or start < 0 or end > MOST_SECONDS:
            raise bad_captions(f"Event {number}: the cue ends before it starts, or its times are out of range")
        yield from _timed_cue(start, end, _sung(event.text, start))


def _sung(text: str, start: Fraction) -> list[list[tuple[Fraction | None, str]]]:
    """Lines of parts with their starts, by the karaoke codes."""
    lines: list[list[tuple[Fraction | None, str]]] = [[]]
    at: Fraction | None = None
    now = start
    for index, part in enumerate(_ASS_CODE.split(text)):
        if index % 2:
            for length in _KARAOKE.findall(part):
                at, now = now, now + Fraction(int(length), 100)
            continue
        plain = part.replace("\\h", "\u00a0").replace("\\n", "\\N")
        for number, line in enumerate(plain.split("\\N")):
            if number:
                lines.append([])
            lines[-1].append((at, _CONTROL.sub("", line)))
    return lines


def _timed_cue(start: Fraction, end: Fraction, lines: list[list[tuple[Fraction | None, str]]]) -> Iterator[Cue]:
    """A cue of lines of parts; a word starts with the part in which its first letter stands."""
    timed: list[Timed] = []
    counts: list[int] = []
    for line in lines:
        words = _words(line)
        timed += [(word, at, None) for at, word in words]
        if words:
            counts.append(len(words))
    if timed and end > start:
        yield Cue(start, end, spread(start, end, timed), tuple(counts) if len(counts) > 1 else ())


def _words(line: list[tuple[Fraction | None, str]]) -> list[tuple[Fraction | None, str]]:
    whole = "".join(text for _, text in line)
    starts: list[Fraction | None] = [at for at, text in line for _ in text]
    found: list[tuple[Fraction | None, str]] = []
    place = 0
    told: Fraction | None = None
    for word in split_words(whole):
        place = whole.index(word, place)
        at = starts[place]
        found.append((at if at != told else None, word))
        told, place = at, place + len(word)
    return found


def _moment(parts: tuple[str | None, ...]) -> Fraction:
    hours, minutes, seconds, rest = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + Fraction(int((rest or "0").ljust(3, "0")), 1000)


def _stamp(moment: Fraction, point: str) -> str:
    total = round(moment * 1000)
    return f"{total // 3_600_000:02}:{total // 60_000 % 60:02}:{total // 1000 % 60:02}{point}{total % 1000:03}"
