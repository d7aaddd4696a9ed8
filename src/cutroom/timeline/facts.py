"""What the probe of a source says about the clip that uses it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from cutroom.kit.errors import Internal
from cutroom.media.info import AudioStream, MediaInfo, VideoStream
from cutroom.timeline.assets.media import ImageAsset, MediaAsset, VideoAsset
from cutroom.timeline.fields import exact
from cutroom.timeline.model import Clip
from cutroom.timeline.notes import Notes
from cutroom.timeline.resolved import Media
from cutroom.timeline.rules import STILL_S
from cutroom.timeline.soundtrack import Soundtrack
from cutroom.timeline.source import public_name
from cutroom.timeline.sources import SourceUse

_A = {"video": "a video", "image": "a still image", "audio": "sound"}


@dataclass(frozen=True, slots=True)
class Known:
    """A source's media, and the seconds from its beginning to the end of its pictures and of its sound, if known."""

    media: Media
    picture_s: Fraction | None
    sound_s: Fraction | None


def known(uses: Sequence[SourceUse], media: Mapping[str, Media]) -> dict[str, Known]:
    """What is known of every source, worked out once for each.

    Raises:
        Internal: when the media of a source was not gathered, which is the caller's mistake and not the document's.
    """
    found: dict[str, Known] = {}
    for use in uses:
        one = media.get(use.src)
        if one is None:
            raise Internal("media_missing", f"No media was given for {public_name(use.src)}.")
        found[use.src] = Known(one, _length(one.info, one.info.video), _length(one.info, one.info.audio))
    return found


def _length(info: MediaInfo, stream: VideoStream | AudioStream | None) -> Fraction | None:
    if stream is not None and stream.duration is not None and stream.duration > 0:
        return stream.start - info.start + stream.duration
    return info.duration if info.duration is not None and info.duration > 0 else None


def check_clip(clip: Clip, place: str, source: Known | None, notes: Notes) -> Fraction | None:
    """Check a clip against its media.

    Returns:
        The seconds that `"length": "auto"` stands for; None when the media does not say, or is refused.
    """
    asset = clip.asset
    if source is None or not isinstance(asset, MediaAsset):
        return STILL_S
    name = public_name(asset.src)
    if not _fits(asset.type, source.media.info):
        _refuse_kind(asset.type, f"{place}/asset/src", name, source.media.info, notes)
        return None
    if isinstance(asset, ImageAsset):
        return STILL_S
    whole = source.picture_s if isinstance(asset, VideoAsset) else source.sound_s
    left = _left(exact(clip.trim), whole, f"{place}/trim", name, notes)
    if whole is None and clip.length == "auto":
        sentence = f"{name} does not say how long it is; give the clip a 'length' in seconds."
        notes.refuse(f"{place}/length", "unknown_length", sentence)
    return None if left is None else left / exact(clip.speed)


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
    if kind == "audio":
        return info.audio is not None
    if kind == "image" and info.format == "gif":
        return info.video is not None
    return info.kind == kind and info.video is not None


def _refuse_kind(kind: str, place: str, name: str, info: MediaInfo, notes: Notes) -> None:
    if kind == "audio":
        notes.refuse(place, "no_audio", f"{name} has no sound; an audio clip needs some.")
        return
    is_a = info.kind
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
