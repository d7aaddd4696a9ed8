"""From what is known of a part of a recording to the timeline of a clip."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from cutroom.framing.crops import Crop, crop_shots
from cutroom.framing.pictures import Cutout, Piece, picture_clips, pieces_of, seconds, sound_clip
from cutroom.framing.platforms import Platform
from cutroom.framing.sight import Seen
from cutroom.framing.thumbnail import best_moment
from cutroom.media.origin import length_s
from cutroom.speech.burn_in import caption_clip, limits_in, room_of
from cutroom.speech.cues import Cue, cues_of
from cutroom.speech.limits import limits_for
from cutroom.speech.safe_areas import PLATFORMS
from cutroom.speech.safe_areas import Platform as Covered
from cutroom.speech.transcript import Transcript
from cutroom.timeline import Media
from cutroom.timeline.assets.presets import PresetName
from cutroom.workflows.clip_source import ExportClip

_FADE_S: Final = 0.02
"""Seconds in which sound comes and goes: a cut through a sound is heard as a click."""
_BACKDROP: Final = {"type": "gradient", "angle": 160, "stops": ["#1b2430", "#3a2b4d"]}
"""Behind sound that has no pictures."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A clip before it is rendered.

    Args:
        document: its timeline and output, as `POST /render` takes them.
        pieces: which frames show what of the recording.
        cues: the captions, on the clip's own clock, as long as lines of a file may be.
        thumbnail: second of the clip that its thumbnail shows.
    """

    document: dict[str, Any]
    pieces: tuple[Piece, ...]
    cues: tuple[Cue, ...]
    thumbnail: Fraction | None


def scenario_of(given: ExportClip, media: Media, cutout: Cutout, seen: Seen, said: Transcript | None) -> Scenario:
    """Decide everything about a clip.

    Args:
        given: what was asked for.
        media: the recording.
        cutout: the part of it, on frames.
        seen: what is to be seen in that part; nothing when there are no pictures.
        said: the words in it, on the clip's own clock; None when they are not known.
    """
    stream = media.info.video
    crops: list[Crop] = []
    if stream is not None:
        width, height = cutout.size
        crops = crop_shots(seen, (stream.width, stream.height), Fraction(width, height), given.reframe)
    pieces = pieces_of(cutout, crops)
    cuts_ms = [round((crop.shot.start - cutout.start) * 1000) for crop in crops[1:]]
    tracks = [{"clips": picture_clips(cutout, pieces)}] if pieces else _heard(cutout)
    if given.style is not None and said is not None:
        shown = captions_of(said, given.style, cutout, given.platform, cuts_ms)
        tracks = [{"clips": [shown]}, *tracks] if shown is not None else tracks
    timeline: dict[str, Any] = {"tracks": tracks, "duration": seconds(cutout.seconds)}
    if _sounds(media, cutout.start):
        tracks.append({"clips": [{**sound_clip(cutout), "fadeIn": _FADE_S, "fadeOut": _FADE_S}]})
        timeline["loudness"] = True
    best = best_moment(seen, crops)
    thumbnail = None if best is None else best - cutout.start
    limits = replace(limits_for(said.language), fps=cutout.fps) if said is not None else None
    cues = cues_of(said, limits, cuts_ms=cuts_ms) if said is not None else []
    return Scenario({"output": _output(cutout, thumbnail), "timeline": timeline}, tuple(pieces), tuple(cues), thumbnail)


def captions_of(
    said: Transcript, style: PresetName, cutout: Cutout, platform: Platform | None, cuts_ms: Sequence[int]
) -> dict[str, Any] | None:
    """The clip with the captions, inside of what the platform leaves free; None when nothing is said."""
    usual = replace(limits_for(said.language), fps=cutout.fps)
    covered: Covered | None = next((known for known in PLATFORMS if known == platform), None)
    room = room_of(style, cutout.size, covered, full_width=usual.full_width)
    cues = cues_of(said, limits_in(room, usual), cuts_ms=cuts_ms)
    return caption_clip(cues, style=style, room=room, length=cutout.seconds) if cues else None


def _sounds(media: Media, start: Fraction) -> bool:
    """Whether a recording has sound after a second of it; a clip of sound that begins behind its end is refused."""
    sound = media.info.audio
    if sound is None:
        return False
    end = length_s(media.info, sound)
    return end is None or start < end


def _output(cutout: Cutout, thumbnail: Fraction | None) -> dict[str, Any]:
    poster: dict[str, Any] = {} if thumbnail is None else {"at": round(float(thumbnail), 3)}
    return {
        "format": "mp4",
        "width": cutout.size[0],
        "height": cutout.size[1],
        "fps": str(cutout.fps),
        "quality": "high",
        "poster": poster,
    }


def _heard(cutout: Cutout) -> list[dict[str, Any]]:
    """What is shown of a recording without pictures: its sound."""
    width, height = cutout.size
    length = seconds(cutout.seconds)
    waveform = {
        "asset": {"type": "waveform", "src": cutout.src, "style": "mirror"},
        "start": 0,
        "length": length,
        "trim": seconds(cutout.start),
        "size": {"width": round(width * 0.8), "height": round(height * 0.2)},
        "position": "center",
    }
    return [{"clips": [waveform]}, {"clips": [{"asset": dict(_BACKDROP), "start": 0, "length": length}]}]
