"""From an OTIO timeline to a document: ours comes back as it was, others' as far as a document can say it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import opentimelineio as otio

from cutroom.kit.errors import Detail, Invalid
from cutroom.timeline.otio.exporting import KEY
from cutroom.timeline.rate import exact_rate

_IMAGES: Final = frozenset({".png", ".apng", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".heif", ".avif"})
_SOUNDS: Final = frozenset({".mp3", ".wav", ".m4a", ".aac", ".flac", ".ogg", ".opus"})
_TINY: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Imported:
    """A document, and what of the timeline it does not say."""

    document: dict[str, Any]
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Reading:
    rate: Fraction
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
        Invalid: `unsupported_otio`, with a detail for every place that no document can say: nested sequences, media
            that is missing, generators of other programs.
    """
    kept = _plain(timeline.metadata.get(KEY, {}))
    rate = _rate_of(timeline)
    reading = _Reading(rate)
    tracks = list(timeline.tracks)
    reading.any_sound = any(track.kind == otio.schema.TrackKind.Audio for track in tracks)
    for number in reversed(range(len(tracks))):
        _read_track(tracks[number], f"/tracks/children/{number}", reading)
    if timeline.tracks.markers or any(track.markers for track in tracks):
        reading.notes.append("Markers are left out; a document has none.")
    if reading.problems:
        first = reading.problems[0]
        raise Invalid("unsupported_otio", f"{first.pointer}: {first.message}", details=reading.problems[:100])
    return Imported(_document(kept, reading), tuple(dict.fromkeys(reading.notes)))


def _document(kept: Mapping[str, Any], reading: _Reading) -> dict[str, Any]:
    document: dict[str, Any] = dict(kept.get("document", {}))
    inner: dict[str, Any] = dict(document.get("timeline", {}))
    for gone in kept.get("left_out", []):
        reading.ours.setdefault(gone["track"], []).append((gone["index"], gone["clip"]))
    shells = kept.get("tracks", [])
    tracks: list[dict[str, Any]] = [{"clips": clips} for clips in reading.others]
    for number in range(max([len(shells), *(place + 1 for place in reading.ours)])):
        shell = shells[number] if number < len(shells) else {}
        clips = [clip for _, clip in sorted(reading.ours.get(number, []), key=lambda one: one[0])]
        tracks.append({**shell, "clips": clips})
    if tracks or kept.get("has_tracks", True):
        inner["tracks"] = tracks
    if reading.soundtrack is not None:
        inner["soundtrack"] = reading.soundtrack
    document["timeline"] = inner
    if not kept:
        document["output"] = {"fps": _number(reading.rate)}
    return document


def _read_track(track: Any, place: str, reading: _Reading) -> None:
    ours = _plain(track.metadata.get(KEY, {}))
    if "soundtrack" in ours:
        reading.soundtrack = ours["soundtrack"]
        return
    if not isinstance(track, otio.schema.Track):
        reading.refuse(place, "A sequence inside of the sequence cannot be read; flatten it in your editing program.")
        return
    found: list[dict[str, Any]] = []
    at = Fraction(0)
    coming: Any = None
    for number, item in enumerate(track):
        spot = f"{place}/children/{number}"
        if isinstance(item, otio.schema.Transition):
            coming = item
            continue
        length = _seconds(item.duration(), reading)
        if isinstance(item, otio.schema.Clip):
            if item.enabled:
                _read_clip(item, at, coming, spot, reading, found, sound=track.kind == otio.schema.TrackKind.Audio)
            else:
                reading.notes.append("Clips that are switched off are left out.")
        elif not isinstance(item, otio.schema.Gap):
            reading.refuse(
                spot, "A sequence inside of the sequence cannot be read; flatten it in your editing program."
            )
        coming = None
        at += length
    if found:
        reading.others.append(found)


def _read_clip(
    item: Any, at: Fraction, coming: Any, place: str, reading: _Reading, found: list[dict[str, Any]], *, sound: bool
) -> None:
    """Add a clip to those of its track: to ours when it carries our metadata, else to `found`."""
    ours = _plain(item.metadata.get(KEY, {}))
    window = item.trimmed_range()
    trim, length = _seconds(window.start_time, reading), _seconds(window.duration, reading)
    if "clip" in ours:
        reading.ours.setdefault(ours["track"], []).append(
            (ours["index"], _updated(ours, item, at, trim, length, reading))
        )
        return
    asset = _asset(item, place, reading, sound=sound)
    if asset is None:
        return
    available = item.media_reference.available_range
    if available is not None and asset["type"] != "image":
        trim -= _seconds(available.start_time, reading)  # time codes start where the camera's clock was
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
    for effect in item.effects:
        if isinstance(effect, otio.schema.LinearTimeWarp) and 0 < effect.time_scalar != 1:
            clip["speed"] = effect.time_scalar
        else:
            reading.notes.append(f"The effect '{effect.effect_name or type(effect).__name__}' is left out.")
    if asset["type"] == "video" and reading.any_sound:
        clip["volume"] = 0
        reading.notes.append("Videos are silent: their sound comes from the audio tracks.")
    found.append(clip)


def _updated(
    ours: Mapping[str, Any], item: Any, at: Fraction, trim: Fraction, length: Fraction, reading: _Reading
) -> dict[str, Any]:
    """Our clip as it stood in the document, with what was changed since."""
    clip: dict[str, Any] = dict(ours["clip"])
    start, frames, trimmed = at * reading.rate, length * reading.rate, trim * reading.rate
    if abs(start - Fraction(ours["start"])) > _TINY:
        clip["start"] = _number(at)
    if abs(frames - Fraction(ours["frames"])) > _TINY:
        clip["length"] = _number(length)
        clip.setdefault("start", _number(at))
    if abs(trimmed - Fraction(ours["trim"])) > max(_TINY, float(trimmed) * 1e-9):
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
        return unquote(urlsplit(url).path)
    return url


def _rate_of(timeline: Any) -> Fraction:
    """The frames a second of the timeline: those of its first clip or gap."""
    for track in timeline.tracks:
        for item in track:
            if not isinstance(item, otio.schema.Transition):
                return _exact(item.duration().rate)
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


def _plain(value: Any) -> Any:
    """OTIO's containers as Python's own."""
    if isinstance(value, Mapping) or type(value).__name__ == "AnyDictionary":
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple) or type(value).__name__ == "AnyVector":
        return [_plain(item) for item in value]
    return value
