"""Cues as Advanced SubStation Alpha: looks, and words that are marked as they are spoken.

The looks are those of burnt-in captions (`timeline.assets.presets`), as far as the format has them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import pysubs2

from cutroom.speech.cues import Cue
from cutroom.speech.transcript import Word
from cutroom.timeline.assets.presets import PRESETS, Preset, PresetName, base_size
from cutroom.timeline.colors import read_color
from cutroom.timeline.cuesheet import gap

CANVAS: Final = (1920, 1080)
"""The picture that sizes are written for, where it is not known; players scale them to theirs."""
_BLACK: Final = pysubs2.Color(0, 0, 0, 0)
_SHADE: Final = 0x60
_GROW_MS: Final = 90
_JOINER: Final = "\u2060"
"""Word joiner: it is not seen, and parts a backslash from the letter with which it would be a code."""
_BRACES: Final = str.maketrans({"{": "(", "}": ")", "\\": f"\\{_JOINER}"})


def to_ass(
    cues: Sequence[Cue], *, style: PresetName = "outline", canvas: tuple[int, int] = CANVAS, title: str = ""
) -> str:
    """Cues as an ASS file.

    Args:
        cues: in order.
        style: how they look.
        canvas: width and height of the picture.
        title: what the recording is called.
    """
    preset = PRESETS[style]
    file = pysubs2.SSAFile()
    file.info.clear()
    file.info.update(
        {
            "ScriptType": "v4.00+",
            "Title": " ".join(plain(title).split()),
            "PlayResX": str(canvas[0]),
            "PlayResY": str(canvas[1]),
            "WrapStyle": "2",  # lines are ours; nothing is wrapped
            "ScaledBorderAndShadow": "yes",
        }
    )
    file.styles.clear()
    file.styles["Default"] = _style(preset, canvas)
    for cue in cues:
        file.events += list(_events(cue, preset))
    return file.to_string("ass", header_notice="")


def plain(text: str) -> str:
    """Text that no player takes for codes: ASS knows no escapes for braces, so they become round ones."""
    return text.translate(_BRACES)


def _style(preset: Preset, canvas: tuple[int, int]) -> pysubs2.SSAStyle:
    size = base_size(canvas) * preset.size
    marked = preset.animation != "none"
    boxed = preset.box > 0
    return pysubs2.SSAStyle(
        fontname=preset.family,
        fontsize=round(size, 1),
        bold=preset.weight >= 600,
        # Of karaoke, the first colour is that of what is sung, the second that of what is not yet.
        primarycolor=_color(preset.active if preset.animation == "karaoke" else preset.color),
        secondarycolor=_color(preset.color) if marked else _color(preset.active),
        outlinecolor=pysubs2.Color(0, 0, 0, round(255 * (1 - preset.box))) if boxed else _BLACK,
        backcolor=pysubs2.Color(0, 0, 0, 255 - _SHADE),
        borderstyle=3 if boxed else 1,
        outline=round(size * (0.25 if boxed else preset.stroke), 1),
        shadow=round(size * 0.04, 1) if preset.shadow is not None and not boxed else 0,
        alignment=pysubs2.Alignment.BOTTOM_CENTER,
        marginl=round(canvas[0] * 0.05),
        marginr=round(canvas[0] * 0.05),
        marginv=round(canvas[1] * (0.2 if canvas[1] > canvas[0] else 0.05)),
    )


def _events(cue: Cue, preset: Preset) -> Iterator[pysubs2.SSAEvent]:
    # Hundredths of a second are all that the format has: no cue grows by that.
    start, end = -(-cue.start_ms // 10) * 10, cue.end_ms // 10 * 10
    if preset.animation == "single":
        words = cue.words
        starts = [start, *(min(max(word.start_ms, start), end) for word in words[1:]), end]
        for word, comes, goes in zip(words, starts, starts[1:], strict=False):
            if goes > comes:
                yield pysubs2.SSAEvent(comes, goes, text=plain(_cased(word.text, preset)))
        return
    mark = _MARKS.get(preset.animation)
    yield pysubs2.SSAEvent(start, end, text=r"\N".join(_lines(cue, preset, mark)))


def _lines(cue: Cue, preset: Preset, mark: "Mark | None") -> Iterator[str]:
    words = cue.words
    number = 0
    for line in cue.lines:
        text, before = "", ""
        for word in line:
            space = gap(before, word.text) if before else ""
            code = mark(cue, words, number, preset) if mark is not None else ""
            text += space + code + plain(_cased(word.text, preset))
            before = word.text
            number += 1
        yield text


Mark = Callable[[Cue, Sequence[Word], int, Preset], str]


def _sung(cue: Cue, words: Sequence[Word], number: int, preset: Preset) -> str:
    r"""`\kf`: the word fills from its start to that of the next one; the first waits for its own."""
    del preset
    starts = [min(max(word.start_ms, cue.start_ms), cue.end_ms) for word in words] + [cue.end_ms]
    wait = (starts[0] - cue.start_ms) // 10 if number == 0 else 0
    length = max(0, starts[number + 1] // 10 - starts[number] // 10)
    return (rf"{{\k{wait}}}" if wait else "") + rf"{{\kf{length}}}"


def _typed(cue: Cue, words: Sequence[Word], number: int, preset: Preset) -> str:
    r"""`\k` of letters that cannot be seen before: words appear one after the other."""
    hidden = r"{\2a&HFF&\3a&H00&}" if number == 0 else ""
    return hidden + _sung(cue, words, number, preset).replace(r"\kf", r"\k")


def _lit(cue: Cue, words: Sequence[Word], number: int, preset: Preset) -> str:
    """The word has another colour while it is spoken."""
    comes, goes = _spoken(cue, words, number)
    return (
        rf"{{\1c{_code(preset.color)}\t({comes},{comes},\1c{_code(preset.active)})"
        rf"\t({goes},{goes},\1c{_code(preset.color)})}}"
    )


def _popped(cue: Cue, words: Sequence[Word], number: int, preset: Preset) -> str:
    """The word is larger, too."""
    comes, goes = _spoken(cue, words, number)
    scale = round(100 * preset.active_scale)
    return (
        rf"{{\fscx100\fscy100\1c{_code(preset.color)}"
        rf"\t({comes},{comes + _GROW_MS},\fscx{scale}\fscy{scale}\1c{_code(preset.active)})"
        rf"\t({goes},{goes + _GROW_MS},\fscx100\fscy100\1c{_code(preset.color)})}}"
    )


_MARKS: Final[Mapping[str, Mark]] = {
    "karaoke": _sung,
    "highlight": _lit,
    "box": _lit,
    "pop": _popped,
    "bounce": _popped,
    "typewriter": _typed,
}


def _spoken(cue: Cue, words: Sequence[Word], number: int) -> tuple[int, int]:
    """When a word is marked, in milliseconds after its cue comes: until the next one is."""
    comes = max(0, words[number].start_ms - cue.start_ms)
    goes = words[number + 1].start_ms if number + 1 < len(words) else cue.end_ms
    return comes, max(comes, goes - cue.start_ms)


def _cased(text: str, preset: Preset) -> str:
    return text.upper() if preset.case == "upper" else text


def _color(written: str) -> pysubs2.Color:
    color = read_color(written)
    return pysubs2.Color(color.red, color.green, color.blue, 0)


def _code(written: str) -> str:
    """A colour in a code: blue, green, red."""
    color = read_color(written)
    return f"&H{color.blue:02X}{color.green:02X}{color.red:02X}&"
