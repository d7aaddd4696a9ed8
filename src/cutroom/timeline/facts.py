"""What the probe of a source says about the clip that uses it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from cutroom.kit.errors import Internal
from cutroom.media.info import MediaInfo
from cutroom.media.origin import length_s
from cutroom.timeline.cuesheet import CueSheet
from cutroom.timeline.fields import exact
from cutroom.timeline.model import Clip
from cutroom.timeline.notes import Notes
from cutroom.timeline.resolved import Media
from cutroom.timeline.rules import STILL_S, STILLS_IN_TIME
from cutroom.timeline.soundtrack import Soundtrack
from cutroom.timeline.source import public_name
from cutroom.timeline.sources import SourceUse

_MADE: Final = frozenset({"svg", "html", "timeline"})
_A: Final = {"video": "a video", "image": "a still image", "audio": "sound"}
_LOOPING: Final = frozenset({"gif", "apng"})
_BY_SOUND: Final = frozenset({"audio", "waveform"})


@dataclass(frozen=True, slots=True)
class Known:
    """A source's media, and the seconds from its beginning to the end of its pictures and of its sound, if known."""

    media: Media
    picture_s: Fraction | None
    sound_s: Fraction | None


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that is known beside the document.

    Args:
        known: media by source.
        sheets: captions by source.
        named: the source at each JSON pointer.
    """

    known: Mapping[str, Known]
    sheets: Mapping[str, CueSheet]
    named: Mapping[str, str]

    def src_at(self, place: str) -> str | None:
        """The source of the clip at `place`; None when it needs none."""
        return self.named.get(f"{place}/asset/src") or self.named.get(f"{place}/asset")


def gathered(uses: Sequence[SourceUse], media: Mapping[str, Media | CueSheet]) -> Gathered:
    """What is known of every source, worked out once for each.

    Raises:
        Internal: when the media of a source was not gathered, or is of the wrong sort, which is the caller's mistake
            and not the document's.
    """
    known: dict[str, Known] = {}
    sheets: dict[str, CueSheet] = {}
    for use in uses:
        one = media.get(use.src)
        if use.kind == "captions" and isinstance(one, CueSheet):
            sheets[use.src] = one
        elif use.kind != "captions" and isinstance(one, Media):
            known[use.src] = Known(one, length_s(one.info, one.info.video), length_s(one.info, one.info.audio))
        else:
            raise Internal("media_missing", f"No media was given for {public_name(use.src)}.")
    return Gathered(known, sheets, {place: use.src for use in uses for place in use.pointers})


def check_clip(clip: Clip, place: str, src: str | None, source: Known | None, notes: Notes) -> Fraction | None:
    """Check a clip against its media.

    Returns:
        The seconds that `"length": "auto"` stands for; None when the media does not say, or is refused.
    """
    kind = clip.asset.type
    if source is None or src is None:
        return STILL_S
    name, info = public_name(src), source.media.info
    if not _fits(kind, info):
        _refuse_kind(kind, f"{place}/asset/src", name, info, notes)
        return None
    if kind in STILLS_IN_TIME:
        return STILL_S
    whole = source.sound_s if kind in _BY_SOUND else source.picture_s
    left = _left(exact(clip.trim), whole, f"{place}/trim", name, notes)
    if whole is None and clip.length == "auto":
        sentence = f"{name} does not say how long it is; give the clip a 'length' in seconds."
        notes.refuse(f"{place}/length", "unknown_length", sentence)
    return None if left is None else left / exact(clip.speed)


def check_captions(clip: Clip, place: str, sheet: CueSheet, notes: Notes) -> Fraction | None:
    """Check a caption clip against its cues; what `"length": "auto"` stands for, None when that is refused."""
    last = max((cue.end for cue in sheet.cues), default=Fraction(0))
    if last > 0:
        left = _left(exact(clip.trim), last, f"{place}/trim", "The last of the captions", notes)
        return None if left is None else left / exact(clip.speed)
    notes.warn(f"{place}/asset", "no_captions", "There is not one caption here, so nothing is shown.")
    if clip.length == "auto":
        sentence = "Without a caption nothing says how long the clip is; give it a 'length' in seconds."
        notes.refuse(f"{place}/length", "unknown_length", sentence)
        return None
    return Fraction(0)


def check_matte(clip: Clip, place: str, media: Mapping[str, Known], notes: Notes) -> None:
    """Check a clip's matte against its media."""
    if clip.matte is None:
        return
    source, name = media[clip.matte.src], public_name(clip.matte.src)
    if source.media.info.video is None:
        notes.refuse(f"{place}/matte/src", "wrong_media_kind", f"{name} has no picture; a matte is a picture or video.")
    elif source.media.info.kind == "video":
        _left(exact(clip.matte.trim), source.picture_s, f"{place}/matte/trim", name, notes)


def check_soundtrack(track: Soundtrack | None, media: Mapping[str, Known], notes: Notes) -> Fraction | None:
    """Check the soundtrack against its media; the seconds that are left after `trim`, None when unknown."""
    if track is None:
        return None
    source, name = media[track.src], public_name(track.src)
    if source.media.info.audio is None:
        notes.refuse("/timeline/soundtrack/src", "no_audio", f"{name} has no sound; a soundtrack needs some.")
        return None
    return _left(exact(track.trim), source.sound_s, "/timeline/soundtrack/trim", name, notes)


def _fits(kind: str, info: MediaInfo) -> bool:
    if kind in _BY_SOUND:
        return info.audio is not None
    if kind in _MADE or (kind == "image" and info.format in _LOOPING):
        return info.video is not None
    return info.kind == kind and info.video is not None


def _refuse_kind(kind: str, place: str, name: str, info: MediaInfo, notes: Notes) -> None:
    if kind in _BY_SOUND:
        what = "an audio clip" if kind == "audio" else "a waveform"
        notes.refuse(place, "no_audio", f"{name} has no sound; {what} needs some.")
        return
    if kind in _MADE:
        raise Internal("wrong_media", "What was made for the edit has no picture.")
    is_a = info.kind
    if is_a not in _A:
        notes.refuse(place, "wrong_media_kind", f"{name} is a {is_a}, and this clip asks for {_A[kind]}.")
        return
    sentence = f'{name} is {_A[is_a]}, and this clip asks for {_A[kind]}; write "type": "{is_a}", or use another file.'
    notes.refuse(place, "wrong_media_kind", sentence)


def _left(trim: Fraction, whole: Fraction | None, place: str, name: str, notes: Notes) -> Fraction | None:
    if whole is None:
        return None
    if trim >= whole:
        sentence = f"{name} lasts {float(whole):.3f} seconds, so nothing is left of it after a trim of {float(trim):g}."
        notes.refuse(place, "trim_beyond_end", sentence)
        return None
    return whole - trim
