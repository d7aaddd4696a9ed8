"""Resolved edits in a few words, for tests that need no document."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from cutroom.media.info import AudioStream, MediaInfo, VideoStream
from cutroom.timeline.resolved import (
    Color,
    Media,
    ResolvedClip,
    ResolvedEdit,
    ResolvedOutput,
    ResolvedSoundtrack,
    TextStyle,
)

FPS = Fraction(30)
ZERO = Fraction(0)
WHITE = Color(255, 255, 255)


def picture_stream(width: int, height: int, **changes: Any) -> VideoStream:
    stream = VideoStream(
        index=0,
        codec="h264",
        profile="High",
        pixel_format="yuv420p",
        width=width,
        height=height,
        coded_width=width,
        coded_height=height,
        rotation=0,
        sample_aspect=Fraction(1),
        fps=FPS,
        time_base=Fraction(1, 15360),
        start=ZERO,
        duration=Fraction(60),
        frames=1800,
        has_alpha=False,
    )
    return replace(stream, **changes)


def sound_stream(**changes: Any) -> AudioStream:
    stream = AudioStream(1, "aac", 48_000, 2, "stereo", Fraction(1, 48_000), ZERO, Fraction(60))
    return replace(stream, **changes)


def video(name: str = "a", size: tuple[int, int] = (320, 180), *, sound: bool = False, **changes: Any) -> Media:
    heard = sound_stream() if sound else None
    info = MediaInfo("video", "mp4", Fraction(60), 1000, picture_stream(*size, **changes), heard)
    return Media(name * 64, info)


def image(name: str = "b", size: tuple[int, int] = (320, 180), *, alpha: bool = False) -> Media:
    stream = picture_stream(*size, codec="png", pixel_format="rgba" if alpha else "rgb24", duration=None, frames=1)
    return Media(name * 64, MediaInfo("image", "png", None, 1000, replace(stream, has_alpha=alpha), None))


def sound(name: str = "c", seconds: Fraction = Fraction(60), **changes: Any) -> Media:
    stream = sound_stream(index=0, duration=seconds, **changes)
    return Media(name * 64, MediaInfo("audio", "mp3", seconds, 1000, None, stream))


def style(text: str = "Hello", **changes: Any) -> TextStyle:
    plain = TextStyle(
        text=text,
        family="Inter",
        size_px=24,
        weight=600,
        color=WHITE,
        align="center",
        line_height=1.2,
        letter_spacing_px=0,
        wrap_px=300,
    )
    return replace(plain, **changes)


def clip(start: int, end: int, media: Media | None = None, **changes: Any) -> ResolvedClip:
    """A clip in output frames: of its media's kind, or a white rectangle; heard when its media sounds."""
    kind = "color" if media is None else media.info.kind
    assert kind != "document", "documents are read and never rendered"
    assert kind != "font", "fonts draw letters and are no clips"
    heard = media is not None and media.info.audio is not None
    plain = ResolvedClip(
        pointer="/timeline/tracks/0/clips/0",
        layer=0,
        kind=kind,
        media=media,
        src=None if media is None else "https://example.com/source",
        start=start,
        end=end,
        tail=0,
        trim=ZERO,
        fade_in=0,
        fade_out=0,
        text=None,
        color=WHITE if media is None else None,
        fit="cover",
        position="center",
        offset_x=ZERO,
        offset_y=ZERO,
        width_px=None,
        height_px=None,
        opacity=1.0,
        volume=1.0,
        audio_start=start / FPS,
        audio_end=(end if heard else start) / FPS,
        audio_fade_in=ZERO,
        audio_fade_out=ZERO,
    )
    return replace(plain, **changes)


def title(start: int, end: int, text: str = "Hello", **changes: Any) -> ResolvedClip:
    look = changes.pop("look", {})
    return clip(start, end, kind="text", text=style(text, **look), color=None, **changes)


def edit(
    frames: int,
    *clips: ResolvedClip,
    size: tuple[int, int] = (320, 180),
    soundtrack: ResolvedSoundtrack | None = None,
    **output: Any,
) -> ResolvedEdit:
    plain = ResolvedOutput(
        format="mp4",
        width=size[0],
        height=size[1],
        fps=FPS,
        quality="medium",
        background=Color(0, 0, 0),
        mute=False,
    )
    return ResolvedEdit(replace(plain, **output), frames, clips, soundtrack, ())


def music(media: Media, end: Fraction, **changes: Any) -> ResolvedSoundtrack:
    plain = ResolvedSoundtrack(media, "https://example.com/music", 1.0, False, ZERO, end, ZERO, ZERO)
    return replace(plain, **changes)
