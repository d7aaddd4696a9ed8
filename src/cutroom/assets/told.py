"""What an agent tells of files, before it is written: a stranger's names, types and numbers are bounded here.

The size of a file is never among them: it is that of the bytes.
"""

import re
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from typing import Any, Final

from cutroom.assets.uploads import MAX_NAME_CHARS, SHA256, UNPRINTABLE
from cutroom.kit.errors import Invalid
from cutroom.media.info import AudioStream, MediaInfo, VideoStream

_KIND: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_WORD: Final = r"[A-Za-z0-9!#$&^_.+-]{1,100}"  # RFC 6838 section 4.2, shortened
_CONTENT_TYPE: Final = re.compile(rf'{_WORD}/{_WORD}(; ?{_WORD}=("{_WORD}"|{_WORD}))?')
_MAX_TEXT_CHARS: Final = 100
_MAX_COUNT: Final = 10**12
_MAX_SECONDS: Final = 10**9
_STREAMS: Final = {
    "video": ({True}, {True, False}),
    "image": ({True}, {False}),
    "audio": ({False}, {True}),
    "document": ({False}, {False}),
}
"""By the kind of a file: whether it may have pictures, and sound."""


@dataclass(frozen=True, slots=True)
class Label:
    """What an artifact is called and served as.

    Args:
        kind: what its workflow calls files like it.
        name: what cannot be shown is replaced, and what is too long is cut.
        content_type: as in a header.
    """

    kind: str
    name: str
    content_type: str


def label_of(kind: str, name: str, content_type: str) -> Label:
    """The label of an artifact, as it was told.

    Raises:
        Invalid: `bad_kind`, `bad_name`, `bad_content_type`.
    """
    if _KIND.fullmatch(kind) is None:
        raise Invalid("bad_kind", "The kind of a file has 1 to 64 letters, digits and . _ -.")
    if _CONTENT_TYPE.fullmatch(content_type) is None:
        raise Invalid("bad_content_type", "The content type of a file looks like 'video/mp4'.")
    return Label(kind, checked_name(name), content_type)


def checked_name(name: str) -> str:
    """A name that can be kept and shown. Raises `Invalid` (`bad_name`) for none at all."""
    shown = UNPRINTABLE.sub("\ufffd", name[:MAX_NAME_CHARS])
    if not shown:
        raise Invalid("bad_name", "A file has a name.")
    return shown


def check_hash(sha256: str) -> None:
    """Refuse what cannot be a hash. Raises `Invalid` (`bad_sha256`)."""
    if SHA256.fullmatch(sha256) is None:
        raise Invalid("bad_sha256", "A SHA-256 is 64 hexadecimal digits in lower case.")


def check_info(info: MediaInfo) -> None:
    """Refuse what no probe finds: numbers out of all range, text without end, a film without pictures.

    Raises:
        Invalid: `bad_media_info`.
    """
    pictures, sound = _STREAMS[info.kind]
    fits = (info.video is not None) in pictures and (info.audio is not None) in sound
    if not (fits and _bounded(info) and _rates(info.video, info.audio)):
        raise Invalid("bad_media_info", "What was told of the file is nothing that a probe finds.")


def _rates(video: VideoStream | None, audio: AudioStream | None) -> bool:
    """Whether nothing is 0 that others are divided by."""
    above: list[Fraction | int] = []
    if video is not None:
        above += [video.width, video.height, video.coded_width, video.coded_height]
        above += [video.sample_aspect, video.fps, video.time_base]
    if audio is not None:
        above += [audio.sample_rate, audio.channels, audio.time_base]
    return all(value > 0 for value in above) and (video is None or video.rotation in {0, 90, 180, 270})


def _bounded(value: Any, name: str = "") -> bool:
    if is_dataclass(value):
        return all(_bounded(getattr(value, field.name), field.name) for field in fields(value))
    match value:
        case str():
            return len(value) <= _MAX_TEXT_CHARS and UNPRINTABLE.search(value) is None
        case Fraction():
            return (-_MAX_SECONDS if name == "start" else 0) <= value <= _MAX_SECONDS
        case int():
            return 0 <= value <= _MAX_COUNT
    return value is None
