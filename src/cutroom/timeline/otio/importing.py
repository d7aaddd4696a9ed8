"""From an OTIO timeline to a document: ours comes back as it was, others' as far as a document can say it."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any, Final, TypeVar
from urllib.parse import unquote, urlsplit

import opentimelineio as otio
from pydantic import ValidationError

from cutroom.kit.adapter import Adapter
from cutroom.kit.errors import Detail, Invalid
from cutroom.timeline.otio.exporting import KEY
from cutroom.timeline.rate import exact_rate

_IMAGES: Final = frozenset({".png", ".apng", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".heif", ".avif", ".svg"})
_SOUNDS: Final = frozenset(
    {".mp3", ".wav", ".m4a", ".aac", ".flac", ".ogg", ".opus", ".aif", ".aiff", ".caf", ".ac3", ".eac3", ".wma"}
)
_TINY: Final = 1e-6
_DEEPEST: Final = 4
"""Timelines that may lie in each other."""
_SPEEDS: Final = (0.1, 10)
_DRIVE: Final = re.compile(r"/[A-Za-z]:/")


@dataclass(frozen=True, slots=True)
class _Ours:
    """What we have written beside a clip."""

    track: int
    index: int
    clip: dict[str, Any]
    start: float
    frames: float
    trim: float


@dataclass(frozen=True, slots=True)
class _Gone:
    """A clip of a document that is never seen."""

    track: int
    index: int
    clip: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What we have written beside a timeline."""

    document: dict[str, Any] = field(default_factory=dict)
    tracks: tuple[dict[str, Any], ...] = ()
    has_tracks: bool = True
    left_out: tuple[_Gone, ...] = ()


@dataclass(frozen=True, slots=True)
class _Music:
    """What we have written beside the track of a soundtrack."""

    soundtrack: dict[str, Any]


_OURS: Final[Adapter[_Ours]] = Adapter(_Ours)
_KEPT: Final[Adapter[_Kept]] = Adapter(_Kept)
_MUSIC: Final[Adapter[_Music]] = Adapter(_Music)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Imported:
    """A document, and what of the timeline it does not say."""

    document: dict[str, Any]
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Reading:
    rate: Fraction
    depth: int = 0
    any_sound: bool = False
    problems: list[Detail] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ours: dict[int, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)
    others: list[list[dict[str, Any]]] = field(default_factory=list)
    soundtrack: dict[str, Any] | None = None

    def refuse(self, place: str, sentence: str) -> None:
        self.problems.append(Detail(place, "unsupported_otio", sentence))


def from_otio(timeline: Any) -> Imported:
    """The document of an `otio.schema.Timeline`.

    Clips that carry our own metadata come back as they stood in the document; those that were moved or trimmed since
    take their new times. All others become clips of their media at their times.

    Raises:
        Invalid: `unsupported_otio`, with a detail for every place that no document can say: media that is missing,
            generators of other programs, times that are none.
    """
    kept = _said(_KEPT, timeline)
    reading = _Reading(_rate_of(timeline.tracks))
    _read_stack(timeline.tracks, "/tracks", reading)
    if reading.problems:
        first = reading.problems[0]
        raise Invalid("unsupported_otio", f"{first.pointer}: {first.message}", details=reading.problems[:100])
    return Imported(_document(kept, reading), tuple(dict.fromkeys(reading.notes)))


def _document(kept: _Kept | None, reading: _Reading) -> dict[str, Any]:
    known = kept or _Kept()
    document: dict[str, Any] = dict(known.document)
    inner: dict[str, Any] = dict(document.get("timeline") or {})
    for gone in known.left_out:
        reading.ours.setdefault(gone.track, []).append((gone.index, gone.clip))
    shells = known.tracks
    tracks: list[dict[str, Any]] = [{"clips": clips} for clips in reading.others]
    for number in sorted({*range(len(shells)), *reading.ours}):
        shell = shells[number] if number < len(shells) else {}
        clips = [clip for _, clip in sorted(reading.ours.get(number, []), key=lambda one: one[0])]
        tracks.append({**shell, "clips": clips})
    if tracks or known.has_tracks:
        inner["tracks"] = tracks
    if reading.soundtrack is not None:
        inner["soundtrack"] = reading.soundtrack
    document["timeline"] = inner
    if kept is None:
        document["output"] = {"fps": _number(reading.rate)}
    return document


def _read_stack(stack: Any, place: str, reading: _Reading, *, sound: bool = False) -> None:
    """Read the tracks of a stack, the topmost first. What is no track is one by itself, and so is what is trimmed."""
    children = [stack] if _is_trimmed(stack) else list(stack)
    tracks = [child if _is_track(child) and not _is_trimmed(child) else None for child in children]
    reading.any_sound = any(track is not None and _is_sound(track) for track in tracks)
    if stack.markers or any(child.markers for child in children):
        reading.notes.append("Markers are left out; a document has none.")
    for number in reversed(range(len(children))):
        child, track = children[number], tracks[number]
        spot = place if child is stack else f"{place}/children/{number}"
        if not getattr(child, "enabled", True):
            reading.notes.append("Tracks that are switched off are left out.")
        elif track is None:
            _read_items([child], spot, reading, sound=sound or (_is_track(child) and _is_sound(child)), alone=True)
        elif (music := _said(_MUSIC, track)) is not None:
            reading.soundtrack = music.soundtrack
        elif track.kind not in {otio.schema.TrackKind.Video, otio.schema.TrackKind.Audio}:
            reading.notes.append(f"The track '{track.name}' is left out: it holds neither pictures nor sound.")
        else:
            _effects(track, reading, plays=False)
            _read_items(list(track), spot, reading, sound=sound or _is_sound(track))


def _is_track(item: Any) -> bool:
    return isinstance(item, otio.schema.Track)


def _is_sound(track: Any) -> bool:
    return bool(track.kind == otio.schema.TrackKind.Audio)


def _is_trimmed(item: Any) -> bool:
    """Whether only a part of a track or stack is meant; many programs give the range of the whole."""
    if not isinstance(item, otio.core.Composition) or item.source_range is None:
        return False
    try:
        return bool(item.source_range != item.available_range())
    except otio.exceptions.OTIOError:
        return True


def _read_items(items: Sequence[Any], place: str, reading: _Reading, *, sound: bool, alone: bool = False) -> None:
    """Read what lies on a track; `alone` is what lies in its place, whose pointer is its own."""
    found: list[dict[str, Any]] = []
    at = Fraction(0)
    coming: Any = None
    for number, item in enumerate(items):
        spot = place if alone else f"{place}/children/{number}"
        if isinstance(item, otio.schema.Transition):
            coming = item
            continue
        window = _window(item, spot, reading)
        if window is None:
            return
        trim, length = window
        if not isinstance(item, otio.schema.Gap) and length > 0:
            if item.enabled:
                _read_clip(item, (at, trim, length), coming, spot, reading, found, sound=sound)
            else:
                reading.notes.append("Clips that are switched off are left out.")
        coming = None
        at += length
    if found:
        reading.others.append(found)


def _window(item: Any, place: str, reading: _Reading) -> tuple[Fraction, Fraction] | None:
    """Where the part of an item begins that is meant, and how long it is, in seconds."""
    try:
        window = item.trimmed_range()
        times = _seconds(window.start_time, reading), _seconds(window.duration, reading)
    except (otio.exceptions.OTIOError, ArithmeticError, ValueError):
        reading.refuse(place, f"'{item.name}' does not say how long it is; give it a source range.")
        return None
    if times[1] < 0:
        reading.refuse(place, f"'{item.name}' is shorter than nothing; give it a source range.")
        return None
    return times


def _read_clip(
    item: Any,
    times: tuple[Fraction, Fraction, Fraction],
    coming: Any,
    place: str,
    reading: _Reading,
    found: list[dict[str, Any]],
    *,
    sound: bool,
) -> None:
    """Add a clip to those of its track: to ours when it carries our metadata, else to `found`.

    `times` are where it starts, where what is meant of it begins, and how long that is.
    """
    at, trim, length = times
    ours = _said(_OURS, item)
    if ours is not None and isinstance(ours.clip.get("asset"), dict):
        reading.ours.setdefault(ours.track, []).append((ours.index, _updated(ours, item, at, trim, length, reading)))
        return
    if isinstance(item, otio.schema.Clip):
        asset = _asset(item, place, reading, sound=sound)
        available = item.media_reference.available_range if asset is not None else None
        if asset is not None and available is not None and asset["type"] != "image":
            trim -= _seconds(available.start_time, reading)  # time codes start where the camera's clock was
    else:
        asset = _nested(item, place, reading, sound=sound)
    if asset is None:
        return
    clip: dict[str, Any] = {"asset": asset}
    if coming is not None and coming.transition_type == otio.schema.TransitionTypes.SMPTE_Dissolve:
        before, after = _seconds(coming.in_offset, reading), _seconds(coming.out_offset, reading)
        room = before if asset["type"] == "image" else max(Fraction(0), min(before, trim))
        at, trim, length = at - room, trim - room, length + room
        clip["transition"] = {"in": "dissolve", "duration": _number(max(room + after, 1 / reading.rate))}
    elif coming is not None:
        reading.notes.append(f"The transition '{coming.transition_type}' has become a cut.")
    clip |= {"start": _number(at), "length": _number(length)}
    if trim > 0 and asset["type"] != "image":
        clip["trim"] = _number(trim)
    if (speed := _effects(item, reading, plays=True)) != 1:
        clip["speed"] = speed
    if asset["type"] == "video" and reading.any_sound:
        clip["volume"] = 0
        reading.notes.append("Videos are silent: their sound comes from the audio tracks.")
    found.append(clip)


def _effects(item: Any, reading: _Reading, *, plays: bool) -> float:
    """The speed of what `plays`, by its effects; of all others it is noted that they are left out."""
    speed = 1.0
    for effect in item.effects:
        if plays and isinstance(effect, otio.schema.LinearTimeWarp) and _SPEEDS[0] <= effect.time_scalar <= _SPEEDS[1]:
            speed = effect.time_scalar
        else:
            reading.notes.append(f"The effect '{effect.effect_name or type(effect).__name__}' is left out.")
    return speed


def _nested(item: Any, place: str, reading: _Reading, *, sound: bool) -> dict[str, Any] | None:
    """A sequence inside of the sequence, as a timeline inside of the timeline."""
    if reading.depth == _DEEPEST:
        reading.refuse(place, f"At most {_DEEPEST} sequences lie in each other; flatten this one.")
        return None
    inner = _Reading(reading.rate, reading.depth + 1, problems=reading.problems, notes=reading.notes)
    whole = item.clone()
    whole.source_range = None  # what is meant of it is said of the clip
    if _is_track(whole):
        inner.any_sound = _is_sound(whole)
        _read_items(list(whole), place, inner, sound=sound or _is_sound(whole))
    else:
        _read_stack(whole, place, inner, sound=sound)
    made = _document(None, inner)["timeline"]
    return {"type": "timeline", "timeline": made} if made["tracks"] else None


def _updated(
    ours: _Ours, item: Any, at: Fraction, trim: Fraction, length: Fraction, reading: _Reading
) -> dict[str, Any]:
    """Our clip as it stood in the document, with what was changed since."""
    clip: dict[str, Any] = dict(ours.clip)
    start, frames, trimmed = at * reading.rate, length * reading.rate, trim * reading.rate
    if abs(start - Fraction(ours.start)) > _TINY:
        clip["start"] = _number(at)
    if abs(frames - Fraction(ours.frames)) > _TINY:
        clip["length"] = _number(length)
        clip.setdefault("start", _number(at))
    if abs(trimmed - Fraction(ours.trim)) > max(_TINY, float(trimmed) * 1e-9):
        clip["trim"] = _number(trim)
    url = getattr(item.media_reference, "target_url", None)
    if url and url != clip["asset"].get("src"):
        clip["asset"] = {**clip["asset"], "src": _source(url)}
    return clip


def _asset(item: Any, place: str, reading: _Reading, *, sound: bool) -> dict[str, Any] | None:
    reference = item.media_reference
    if not isinstance(reference, otio.schema.ExternalReference) or not reference.target_url:
        sentence = f"The clip '{item.name}' names no media file; relink it in your editing program."
        reading.refuse(f"{place}/media_reference", sentence)
        return None
    src = _source(reference.target_url)
    suffix = PurePosixPath(urlsplit(src).path if "://" in src else src).suffix.lower()
    kind = "audio" if sound or suffix in _SOUNDS else "image" if suffix in _IMAGES else "video"
    return {"type": kind, "src": src}


def _source(url: str) -> str:
    """What a document calls the media at a URL: files are paths there."""
    if url.lower().startswith("file:"):
        path = unquote(urlsplit(url).path)
        return path[1:] if _DRIVE.match(path) else path
    return url


def _rate_of(stack: Any) -> Fraction:
    """The frames a second of the timeline: those of its first clip or gap that says so."""
    for item in stack.find_children():
        window = getattr(item, "source_range", None)
        if window is None and isinstance(item, otio.schema.Clip):
            window = item.media_reference.available_range
        if window is not None and math.isfinite(window.duration.rate) and window.duration.rate > 0:
            return _exact(window.duration.rate)
    return Fraction(30)


def _exact(rate: float) -> Fraction:
    """A rate as the fraction that it stands for; odd ones as the nearest simple one."""
    try:
        return exact_rate(rate)
    except ValueError:
        return Fraction(rate).limit_denominator(1001)


def _seconds(time: Any, reading: _Reading) -> Fraction:
    """A time, exactly: rates such as 23.976 are read as the fractions they stand for."""
    rate = reading.rate if abs(time.rate - float(reading.rate)) < 1e-4 else _exact(time.rate)
    return Fraction(time.value).limit_denominator(10**9) / rate


def _number(value: Fraction) -> float | int:
    return int(value) if value.denominator == 1 else round(float(value), 9)


def _said(adapter: Adapter[T], item: Any) -> T | None:
    """What we have written beside something; None where there is nothing, or not what we write."""
    said = _plain(item.metadata.get(KEY))
    if said is None:
        return None
    try:
        return adapter.validate_python(said)
    except ValidationError:
        return None


def _plain(value: Any) -> Any:
    """OTIO's containers as Python's own."""
    if isinstance(value, Mapping) or type(value).__name__ == "AnyDictionary":
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple) or type(value).__name__ == "AnyVector":
        return [_plain(item) for item in value]
    return value
