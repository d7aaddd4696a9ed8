"""Small documents for tests."""

from typing import Any

from cutroom.timeline import Edit, Limits, Media, ResolvedClip, ResolvedEdit, parse, resolve
from tests.timeline import media

VIDEO, IMAGE, SOUND = "https://media.example/v.mp4", "https://media.example/i.png", "https://media.example/s.mp3"
FONT = "https://media.example/f.ttf"
MEDIA: dict[str, Media] = {
    VIDEO: media.video(),
    IMAGE: media.image(),
    SOUND: media.audio(),
    FONT: media.font(),
}


def video(**fields: Any) -> dict[str, Any]:
    return {"asset": {"type": "video", "src": VIDEO}, **fields}


def image(**fields: Any) -> dict[str, Any]:
    return {"asset": {"type": "image", "src": IMAGE}, **fields}


def sound(**fields: Any) -> dict[str, Any]:
    return {"asset": {"type": "audio", "src": SOUND}, **fields}


def text(words: str = "Hello", **fields: Any) -> dict[str, Any]:
    return {"asset": {"type": "text", "text": words}, **fields}


def color(value: str = "#336699", **fields: Any) -> dict[str, Any]:
    return {"asset": {"type": "color", "color": value}, **fields}


def edit(
    *tracks: list[dict[str, Any]],
    output: dict[str, Any] | None = None,
    outputs: list[dict[str, Any]] | None = None,
    **timeline: Any,
) -> Edit:
    document = {
        "output": output or {},
        "outputs": outputs or [],
        "timeline": {"tracks": [{"clips": clips} for clips in tracks], **timeline},
    }
    return parse(document, Limits(clips=100_000, duration_s=1_000_000))


def resolved(*tracks: list[dict[str, Any]], given: dict[str, Media] | None = None, **more: Any) -> ResolvedEdit:
    """The edit of these tracks, resolved; `given` replaces media of MEDIA."""
    return resolve(edit(*tracks, **more), {**MEDIA, **(given or {})})


def spans(result: ResolvedEdit) -> list[tuple[int, int]]:
    """(start, end) in frames of every clip."""
    return [(clip.start, clip.end) for clip in result.clips]


def codes(result: ResolvedEdit) -> list[tuple[str, str]]:
    """(code, pointer) of every warning but `silent`."""
    return [(warning.code, warning.pointer) for warning in result.warnings if warning.code != "silent"]


def asset(kind: str, clip: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A clip with an asset of this kind; `clip` holds what is said beside it."""
    return {"asset": {"type": kind, **fields}, **(clip or {})}


def one(*clips: dict[str, Any], **more: Any) -> ResolvedClip:
    """The last clip of a timeline with one track."""
    return resolved(list(clips), **more).clips[-1]
