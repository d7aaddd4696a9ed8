"""From a document to an OTIO timeline.

Where the two differ: in OTIO later tracks lie on top, clips of a track never overlap, and all times are known. So
tracks are turned round, a track whose clips overlap becomes several (its *lanes*), and times are those of the resolved
edit, in frames of the output. How each clip stands in the document is kept beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import opentimelineio as otio

from cutroom.timeline.resolved import ResolvedClip, ResolvedEdit

KEY: Final = "cutroom"
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class _Spot:
    """A clip of the document and where it was decided to stand."""

    track: int
    index: int
    raw: Mapping[str, Any]
    decided: ResolvedClip


def to_otio(document: Mapping[str, Any], edit: ResolvedEdit, *, name: str = "") -> Any:
    """An `otio.schema.Timeline` of a document.

    Args:
        document: JSON data, without merge fields.
        edit: the same document, resolved.
        name: of the timeline.
    """
    rate = float(edit.output.fps)
    decided = {clip.pointer: clip for clip in edit.clips}
    tracks = document["timeline"].get("tracks", [])
    left_out: list[dict[str, Any]] = []
    stack: list[Any] = []
    for number in reversed(range(len(tracks))):
        spots: list[_Spot] = []
        for index, raw in enumerate(tracks[number].get("clips", [])):
            found = decided.get(f"/timeline/tracks/{number}/clips/{index}")
            if found is None:
                left_out.append({"track": number, "index": index, "clip": raw})
            else:
                spots.append(_Spot(number, index, raw, found))
        lanes = _lanes(spots)
        stack += [_track(lane, number, place, rate) for place, lane in enumerate(lanes)]
    if edit.soundtrack is not None:
        stack.insert(0, _soundtrack(document["timeline"]["soundtrack"], edit, rate))
    timeline = otio.schema.Timeline(name=name)
    timeline.tracks.extend(stack)
    rest = {
        **document,
        "timeline": {k: v for k, v in document["timeline"].items() if k not in {"tracks", "soundtrack"}},
    }
    timeline.metadata[KEY] = {
        "version": VERSION,
        "document": rest,
        "tracks": [{k: v for k, v in track.items() if k != "clips"} for track in tracks],
        "has_tracks": "tracks" in document["timeline"],
        "left_out": left_out,
    }
    return timeline


def _lanes(spots: Sequence[_Spot]) -> list[list[_Spot]]:
    """The clips of a track in as few lanes as hold them without overlaps; sounds have lanes of their own.

    The later clip lies on top, in our tracks as in OTIO's stack.
    """
    lanes: list[list[_Spot]] = []
    for spot in sorted(spots, key=lambda spot: (spot.decided.start, spot.index)):
        for lane in lanes:
            last = lane[-1].decided
            if last.end <= spot.decided.start and (last.kind == "audio") == (spot.decided.kind == "audio"):
                lane.append(spot)
                break
        else:
            lanes.append([spot])
    return lanes


def _track(lane: Sequence[_Spot], number: int, place: int, rate: float) -> Any:
    sound = lane[0].decided.kind == "audio"
    kind = otio.schema.TrackKind.Audio if sound else otio.schema.TrackKind.Video
    track = otio.schema.Track(name=f"Track {number + 1}" + (f".{place + 1}" if place else ""), kind=kind)
    at = 0
    for spot in lane:
        clip = spot.decided
        if clip.start > at:
            track.append(otio.schema.Gap(source_range=_range(0, clip.start - at, rate)))
        elif len(track) and clip.fade_in and _crosses(spot.raw):
            track.append(_dissolve(clip.fade_in, rate))
        track.append(_clip(spot, rate))
        at = clip.end
    track.metadata[KEY] = {"track": number, "lane": place}
    return track


def _clip(spot: _Spot, rate: float) -> Any:
    decided = spot.decided
    trim = float(decided.trim * Fraction(rate))
    made = otio.schema.Clip(
        name=_name(spot.raw),
        media_reference=_reference(spot.raw["asset"], decided, rate),
        source_range=_range(trim, decided.end - decided.start, rate),
    )
    if decided.speed != 1:
        made.effects.append(otio.schema.LinearTimeWarp(time_scalar=float(decided.speed)))
    made.metadata[KEY] = {
        "track": spot.track,
        "index": spot.index,
        "clip": dict(spot.raw),
        "start": decided.start,
        "frames": decided.end - decided.start,
        "trim": trim,
    }
    return made


def _reference(asset: Mapping[str, Any], decided: ResolvedClip, rate: float) -> Any:
    src = asset.get("src")
    if not isinstance(src, str):
        return otio.schema.GeneratorReference(generator_kind=str(asset.get("type", "")), parameters=dict(asset))
    reference = otio.schema.ExternalReference(target_url=src)
    length = decided.media.info.duration if decided.media is not None else None
    if length is not None:
        reference.available_range = _range(0, float(length * Fraction(rate)), rate)
    return reference


def _soundtrack(raw: Mapping[str, Any], edit: ResolvedEdit, rate: float) -> Any:
    music = edit.soundtrack
    track = otio.schema.Track(name="Soundtrack", kind=otio.schema.TrackKind.Audio)
    track.metadata[KEY] = {"soundtrack": dict(raw)}
    if music is not None:
        end, trim = float(music.end * edit.output.fps), float(music.trim * edit.output.fps)
        reference = otio.schema.ExternalReference(target_url=music.src)
        track.append(
            otio.schema.Clip(name="Soundtrack", media_reference=reference, source_range=_range(trim, end, rate))
        )
    return track


def _crosses(raw: Mapping[str, Any]) -> bool:
    transition = raw.get("transition", {})
    return isinstance(transition, Mapping) and (transition.get("in") == "dissolve" or bool(transition.get("cross")))


def _dissolve(frames: int, rate: float) -> Any:
    """Ours starts at the cut and lies in the incoming clip alone."""
    return otio.schema.Transition(
        transition_type=otio.schema.TransitionTypes.SMPTE_Dissolve,
        in_offset=otio.opentime.RationalTime(0, rate),
        out_offset=otio.opentime.RationalTime(frames, rate),
        metadata={KEY: {"kept": True}},
    )


def _range(start: float, frames: float, rate: float) -> Any:
    return otio.opentime.TimeRange(otio.opentime.RationalTime(start, rate), otio.opentime.RationalTime(frames, rate))


def _name(raw: Mapping[str, Any]) -> str:
    asset = raw["asset"]
    said = asset.get("text") or asset.get("src") or asset.get("type")
    return str(raw.get("name") or str(said).rsplit("/", maxsplit=1)[-1])[:80]
