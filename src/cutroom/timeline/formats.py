"""What each format of a file has: codecs, transparency, a rate factor, and the fields that mean something there."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args

from cutroom.timeline.agreement import Agreement, absent, both, equals, only, when, within
from cutroom.timeline.resolved import SOUNDS, STILLS, Codec, Format

FORMATS: Final[tuple[Format, ...]] = get_args(Format)
DEFAULT: Final[Format] = "mp4"
FASTEST_GIF: Final = 50
"""Pictures of a gif last whole hundredths of a second, and browsers make ten of a single one."""
CODECS: Final[Mapping[str, tuple[Codec, ...]]] = {
    "mp4": ("h264", "h265", "av1"),
    "webm": ("vp9", "av1"),
    "mov": ("h264", "h265", "prores"),
    "hls": ("h264",),
}
"""The codecs of each format, the default first."""
TRANSPARENT: Final[Mapping[str, Codec | None]] = {
    "webm": "vp9", "mov": "prores", "gif": None, "webp": None, "png": None,
}  # fmt: skip
"""The formats that can be transparent, and the codec that it takes."""
CRF: Final[Mapping[Codec, int]] = {"h264": 51, "h265": 51, "vp9": 63, "av1": 63}
"""How far the rate factor of a codec goes; the others have none."""
REPEATING: Final = frozenset({"gif", "webp"})
_FILMS: Final = frozenset(FORMATS) - STILLS - SOUNDS
ONLY_FOR: Final[Mapping[str, tuple[frozenset[str], str]]] = {
    "at": (STILLS, "it is for png and jpg"),
    "range": (frozenset(FORMATS) - STILLS, "write 'at', the second that it shows"),
    "poster": (_FILMS, "there is no film to take it from, so leave it out"),
    "sprites": (_FILMS, "there is no film to take them from, so leave it out"),
    "repeat": (REPEATING, "it is for gif and webp"),
}
"""The formats on which a field has an effect, and what to say to others."""


def of_formats(defaults: Mapping[str, Any]) -> Iterator[Agreement]:
    """What an output of a format leaves out, said once for all formats that leave out the same."""
    lacking: dict[tuple[str, ...], list[str]] = {}
    for one in FORMATS:
        without = {name for name, (formats, _) in ONLY_FOR.items() if one not in formats}
        without |= set() if one in CODECS else {"codec", "crf"}
        without |= set() if one in TRANSPARENT else {"transparent"}
        without |= {"mute"} if one in SOUNDS else set()
        lacking.setdefault(tuple(sorted(without)), []).append(one)
    for names, formats in lacking.items():
        if names:
            yield when(_format(*formats), {name: only(defaults[name]) for name in names})
    yield when(_format("gif"), {"fps": within({"maximum": FASTEST_GIF}, "number")})


def of_codecs() -> Iterator[Agreement]:
    """The codecs of each format, and how far the crf of each codec goes, be it asked for or taken by default."""
    opaque, clear = equals("transparent", [False], default=False), equals("transparent", [True])
    taken: dict[Codec, list[Agreement]] = {}
    for one, known in CODECS.items():
        yield when(_format(one), {"codec": {"enum": [*known, None]}})
        taken.setdefault(known[0], []).append(both(_format(one), absent("codec"), opaque))
        if (codec := TRANSPARENT.get(one)) is not None:
            yield when(both(_format(one), clear), {"codec": {"enum": [codec, None]}})
            taken.setdefault(codec, []).append(both(_format(one), absent("codec"), clear))
    for codec in get_args(Codec):
        crf = within({"maximum": CRF[codec]}, "integer") if codec in CRF else only(None, no_crf(codec))
        yield when({"anyOf": [equals("codec", [codec]), *taken.get(codec, [])]}, {"crf": crf})


def no_crf(what: str) -> str:
    """The sentence for a crf where there is none."""
    return f"'crf' has no effect on {what}; leave it out."


def _format(*formats: str) -> Agreement:
    return equals("format", formats, default=DEFAULT)
