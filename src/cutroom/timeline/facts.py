"""What the probe of a source says about the clip that uses it."""

from collections.abc import Mapping
from fractions import Fraction

from cutroom.kit.errors import Internal
from cutroom.media.info import AudioStream, VideoStream
from cutroom.timeline.assets import AudioAsset, ImageAsset, VideoAsset
from cutroom.timeline.fields import exact
from cutroom.timeline.model import Clip, Soundtrack
from cutroom.timeline.notes import Notes
from cutroom.timeline.resolved import Media
from cutroom.timeline.source import public_name

_A = {"video": "a video", "image": "a still image", "audio": "sound"}


def media_of(src: str, media: Mapping[str, Media]) -> Media:
    """The media of a source that was gathered before.

    Raises:
        Internal: when it was not, which is the caller's mistake and not the document's.
    """
    found = media.get(src)
    if found is None:
        raise Internal("media_missing", f"No media was given for {public_name(src)}.")
    return found


def picture_length(media: Media) -> Fraction | None:
    """Seconds from the beginning of the file to the end of its pictures; None when unknown."""
    return _length(media, media.info.video)


def sound_length(media: Media) -> Fraction | None:
    """Seconds from the beginning of the file to the end of its sound; None when unknown."""
    return _length(media, media.info.audio)


def _length(media: Media, stream: VideoStream | AudioStream | None) -> Fraction | None:
    if stream is not None and stream.duration is not None and stream.duration > 0:
        return stream.start - media.info.start + stream.duration
    whole = media.info.duration
    return whole if whole is not None and whole > 0 else None


def check_clip(clip: Clip, place: str, media: Media | None, notes: Notes) -> Fraction | None:
    """Check a clip against its media.

    Returns:
        The seconds that `"length": "auto"` stands for; None when the media does not say, or is refused.
    """
    asset = clip.asset
    if media is None:
        return STILL_S
    if not isinstance(asset, VideoAsset | ImageAsset | AudioAsset):
        return STILL_S
    name = public_name(asset.src)
    if not _fits(asset.type, media):
        _refuse_kind(asset.type, f"{place}/asset/src", name, media, notes)
        return None
    if isinstance(asset, ImageAsset):
        return STILL_S
    whole = picture_length(media) if isinstance(asset, VideoAsset) else sound_length(media)
    left = _left(exact(clip.trim), whole, f"{place}/trim", name, notes)
    if whole is None and clip.length == "auto":
        sentence = f"{name} does not say how long it is; give the clip a 'length' in seconds."
        notes.refuse(f"{place}/length", "unknown_length", sentence)
    return left


def check_soundtrack(track: Soundtrack, media: Media, notes: Notes) -> Fraction | None:
    """Check the soundtrack against its media; the seconds that are left after `trim`, None when unknown."""
    name = public_name(track.src)
    if media.info.audio is None:
        notes.refuse("/timeline/soundtrack/src", "no_audio", f"{name} has no sound; a soundtrack needs some.")
        return None
    return _left(exact(track.trim), sound_length(media), "/timeline/soundtrack/trim", name, notes)


STILL_S = Fraction(3)
"""Seconds that an image, a text or a colour lasts with `"length": "auto"`."""


def _fits(kind: str, media: Media) -> bool:
    info = media.info
    if kind == "audio":
        return info.audio is not None
    return info.kind == kind and info.video is not None


def _refuse_kind(kind: str, place: str, name: str, media: Media, notes: Notes) -> None:
    if kind == "audio":
        notes.refuse(place, "no_audio", f"{name} has no sound; an audio clip needs some.")
        return
    is_a = media.info.kind
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
