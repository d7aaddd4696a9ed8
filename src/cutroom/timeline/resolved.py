"""The resolved edit: what the render engine reads.

Everything that was optional, automatic or relative in the document is decided here: times are integer output frames,
lengths in the picture are output pixels, sources are media with a hash and a probe. Plain data, no behaviour; every
class goes to JSON and back through `pydantic.TypeAdapter` (fractions as "n/d").
"""

from dataclasses import dataclass
from typing import Literal

from cutroom.media.info import MediaInfo
from cutroom.media.timebase import Rational

ClipKind = Literal["video", "image", "text", "color", "audio"]
Fit = Literal["cover", "contain", "fill", "none"]
Position = Literal["top-left", "top", "top-right", "left", "center", "right", "bottom-left", "bottom", "bottom-right"]
Alignment = Literal["left", "center", "right"]
Format = Literal["mp4", "mp3"]
Quality = Literal["low", "medium", "high"]


@dataclass(frozen=True, slots=True)
class Color:
    """An sRGB colour: `red`, `green`, `blue` 0 to 255, `alpha` 0 (nothing) to 1 (opaque)."""

    red: int
    green: int
    blue: int
    alpha: float = 1.0


@dataclass(frozen=True, slots=True)
class Media:
    """A source whose bytes are at hand: the SHA-256 (hex) of the file, and what the probe found in it."""

    sha256: str
    info: MediaInfo


@dataclass(frozen=True, slots=True)
class TextStroke:
    """An outline drawn around the letters; `width_px` lies outside of them."""

    color: Color
    width_px: float


@dataclass(frozen=True, slots=True)
class TextShadow:
    """A shadow under the letters: moved by (`dx_px` right, `dy_px` down), softened by a Gaussian of `blur_px` sigma."""

    color: Color
    dx_px: float
    dy_px: float
    blur_px: float


@dataclass(frozen=True, slots=True)
class TextBackground:
    """A box behind the text block: `padding_*_px` around the block, corners rounded by `radius_px`."""

    color: Color
    padding_x_px: float
    padding_y_px: float
    radius_px: float


@dataclass(frozen=True, slots=True)
class TextStyle:
    """A text block, laid out in output pixels.

    `text` may hold line breaks; lines longer than `wrap_px` are wrapped at words. The block (with its background) is
    what `ResolvedClip.position` and the offsets place.

    Args:
        family: a font family name; "Inter" when the document names none.
        weight: 100 to 900.
        line_height: distance of baselines in units of `size_px`.
        letter_spacing_px: added after every letter; may be negative.
    """

    text: str
    family: str
    size_px: float
    weight: int
    color: Color
    align: Alignment
    line_height: float
    letter_spacing_px: float
    wrap_px: int
    background: TextBackground | None = None
    stroke: TextStroke | None = None
    shadow: TextShadow | None = None


@dataclass(frozen=True, slots=True)
class ResolvedClip:
    """One clip, decided.

    Args:
        pointer: JSON pointer of the clip in the document, such as "/timeline/tracks/0/clips/1".
        layer: 0 is the bottom; the first track of the document is the top layer.
        src: the source as the document names it; None for text and color.
        start: first output frame.
        end: first output frame after the clip, before any tail.
        tail: frames for which the picture stays beyond `end`, underneath the next clip's dissolve; it plays on, and
            freezes when its media ends.
        trim: seconds into the source at `start`.
        fade_in: frames of opacity ramp from `start` (0 to full).
        fade_out: frames of opacity ramp that end at `end + tail` (full to 0).
        offset_x: moves the placed box right, as a fraction of the canvas width.
        offset_y: moves the placed box DOWN, as a fraction of the canvas height.
        width_px: width of the box that the picture is fitted into; None is the whole canvas.
        height_px: height of that box; None is the whole canvas.
        audio_start: second of the output at which the clip is first heard.
        audio_end: second of the output at which it is last heard, the tail of a crossfade included. Equal to
            `audio_start` when the clip makes no sound. The source is heard from `trim` on.
        audio_fade_in: seconds of volume ramp from `audio_start`.
        audio_fade_out: seconds of volume ramp that end at `audio_end`.
    """

    pointer: str
    layer: int
    kind: ClipKind
    media: Media | None
    src: str | None
    start: int
    end: int
    tail: int
    trim: Rational
    fade_in: int
    fade_out: int
    text: TextStyle | None
    color: Color | None
    fit: Fit
    position: Position
    offset_x: Rational
    offset_y: Rational
    width_px: int | None
    height_px: int | None
    opacity: float
    volume: float
    audio_start: Rational
    audio_end: Rational
    audio_fade_in: Rational
    audio_fade_out: Rational


@dataclass(frozen=True, slots=True)
class ResolvedSoundtrack:
    """Music under the whole edit: heard from second 0 of the output to `end`, from `trim` of the source on.

    With `loop` the source starts again from its beginning as often as needed. `fade_out` seconds end at `end`.
    """

    media: Media
    src: str
    volume: float
    loop: bool
    trim: Rational
    end: Rational
    fade_in: Rational
    fade_out: Rational


@dataclass(frozen=True, slots=True)
class ResolvedOutput:
    """The file to make. For an mp3 the picture fields hold defaults and mean nothing; `fps` still counts frames."""

    format: Format
    width: int
    height: int
    fps: Rational
    quality: Quality
    background: Color
    mute: bool


@dataclass(frozen=True, slots=True)
class Warning:  # noqa: A001 — the word of the document; nothing here is a Python warning
    """Something that renders, but perhaps not as meant; `pointer` is a JSON pointer into the document."""

    code: str
    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class ResolvedEdit:
    """The whole edit, decided: `frames` output frames, `clips` from the bottom layer to the top, then by start."""

    output: ResolvedOutput
    frames: int
    clips: tuple[ResolvedClip, ...]
    soundtrack: ResolvedSoundtrack | None
    warnings: tuple[Warning, ...]
