"""The sound of an edit as a plan: which source is heard when, how loud, and in which spans it is mixed."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil, log2
from typing import Final

from cutroom.media.info import AudioStream
from cutroom.media.origin import length_s, zero
from cutroom.media.timebase import nearest_frame
from cutroom.render.encoders import SAMPLE_RATE, AudioEncoder
from cutroom.render.sound.ducking import reach
from cutroom.render.sound.plan import AudioPlan, AudioSource, AudioSpan, Fade, MixPlan, Voice, audio_of, mix_of
from cutroom.timeline.resolved import SILENT, SOUNDS, Media, ResolvedClip, ResolvedEdit, ResolvedSoundtrack
from cutroom.timeline.resolved.curve import Curve
from cutroom.timeline.resolved.sound import SHORTEST_LOOP_S

SPAN: Final = 19 * 76_800
"""Samples of a span: 30.4 s, whole frames of AAC, blocks of loudness and steps of ducking."""
ALONE: Final = 20
"""A mix of more spans than this is worth being made in pieces, which can be made at once."""
_OVERSHOOT: Final = 1.5
"""How far a curve may go beyond its keyframes: elastic easings go furthest, by 37 %."""
_MOST_BITS: Final = 8
_SURROUND: Final = 0.7072
"""How much of each further channel is heard on one side."""


def compile_audio(edit: ResolvedEdit, encoder: AudioEncoder, engine: str, *, shared: bool = False) -> AudioPlan | None:
    """Plan the sound; None when there is nothing to hear and the format can do without sound.

    Args:
        edit: the edit; of its output, the range of frames counts.
        encoder: how the sound is compressed.
        engine: names the code that makes the bytes.
        shared: whether other outputs need the same mix.
    """
    if edit.output.format in SILENT:
        return None
    mix = compile_mix(edit, engine)
    if not (mix.voices or edit.output.format in SOUNDS):
        return None
    apart = shared or edit.loudness is not None or len(mix.spans) > ALONE
    return audio_of(mix, edit.loudness, encoder, apart=apart, engine=engine)


def compile_mix(edit: ResolvedEdit, engine: str) -> MixPlan:
    """Plan what is heard in the range of frames that goes into the file."""
    output = edit.output
    end = edit.frames if output.frames is None else min(edit.frames, output.first + output.frames)
    first, last = _samples(output.first / output.fps), _samples(end / output.fps)
    samples = max(last - first, 0)
    every = () if output.mute else tuple(voice.shifted(first) for voice in _voices(edit))
    # What is heard just before and after the range may duck what is heard in it.
    duckings = [voice.ducking for voice in every if voice.ducking is not None]
    before, after = reach(duckings) if duckings else (0, 0)
    heard = (voice for voice in every if voice.first < min(voice.last, samples + after) and voice.last > -before)
    voices = tuple(sorted(heard, key=lambda voice: (voice.first, voice.last, voice.pointer)))
    bits = min(max(0, ceil(log2(max(loudest(voices), 1.0)))) + 1, _MOST_BITS)
    return mix_of(samples, voices, _spans(voices, samples), bits, engine)


def loudest(voices: Sequence[Voice]) -> float:
    """The level that no sample of the mix can exceed, as long as no source exceeds 1."""
    changes = [(voice.first, _highest(voice)) for voice in voices]
    changes += [(voice.last, -_highest(voice)) for voice in voices]
    level = highest = 0.0
    for _, change in sorted(changes):
        level += change
        highest = max(highest, level)
    return highest


def _highest(voice: Voice) -> float:
    swell, channels = voice.swell, voice.source.channels
    mixed_down = 1.0 if channels <= 2 else 1 + channels // 2 * _SURROUND
    return (
        voice.volume
        * mixed_down
        * (_OVERSHOOT * max(key.value for key in swell) if isinstance(swell, tuple) else swell)
    )


def _voices(edit: ResolvedEdit) -> Iterator[Voice]:
    for clip in edit.clips:
        if (voice := _clip_voice(clip, edit.output.fps)) is not None:
            yield voice
    if edit.soundtrack is not None:
        yield from _soundtrack_voices(edit.soundtrack)


def _clip_voice(clip: ResolvedClip, fps: Fraction) -> Voice | None:
    first, last = _samples(clip.audio_start), _samples(clip.audio_end)
    if clip.media is None or clip.media.info.audio is None or last <= first or _silent(clip.volume, clip.swell):
        return None
    return Voice(
        pointer=clip.pointer,
        first=first,
        last=last,
        source=audio_source(clip.media, clip.media.info.audio),
        at=clip.trim,
        volume=clip.volume,
        ramps=_fades(first, last, clip.audio_fade_in, clip.audio_fade_out),
        speed=clip.speed,
        swell=clip.swell,
        # A sound starts between frames; in a film, sound and pictures count from the same one.
        swell_first=first if clip.kind == "audio" else _samples(clip.start / fps),
        ducking=clip.ducking,
    )


def _soundtrack_voices(track: ResolvedSoundtrack) -> Iterator[Voice]:
    """One voice, or one for every time that the source is played."""
    end = _samples(track.end)
    if track.media.info.audio is None or end <= 0 or _silent(track.volume, track.swell):
        return
    source = audio_source(track.media, track.media.info.audio)
    fades = _fades(0, end, track.fade_in, track.fade_out)
    for first, over, at, seams in _plays(track, end):
        last = min(over, end)
        ramps = tuple(ramp for ramp in (*fades, *seams) if ramp.first < last and ramp.first + ramp.length > first)
        yield Voice(
            pointer="/timeline/soundtrack",
            first=first,
            last=last,
            source=source,
            at=at,
            volume=track.volume,
            ramps=ramps,
            swell=track.swell,
            ducking=track.ducking,
        )


def _plays(track: ResolvedSoundtrack, end: int) -> Iterator[tuple[int, int, Fraction, tuple[Fade, ...]]]:
    """Where each time of playing a soundtrack starts and is over, from which second, and how it crosses with others.

    The first may be so short that all of it crosses with the second, which then starts beside it.
    """
    stream = track.media.info.audio
    length = None if stream is None else length_s(track.media.info, stream)
    if not track.loop or length is None or length < SHORTEST_LOOP_S:
        yield 0, end, track.trim, ()
        return
    seam = _samples(min(track.seam, length / 2))
    first, over, arriving, at = 0, _samples(length - track.trim), 0, track.trim
    while first < end:
        leaving = min(seam, max(over - first - arriving, 0))
        ramps = [Fade(first, arriving, rising=True)] if arriving else []
        if leaving:
            ramps.append(Fade(over - leaving, leaving, rising=False))
        if over > first:
            yield first, over, at, tuple(ramps)
        first, arriving, at = over - leaving, leaving, Fraction(0)
        over = first + _samples(length)


def _silent(volume: float, swell: Curve) -> bool:
    return volume <= 0 or (max(key.value for key in swell) if isinstance(swell, tuple) else swell) <= 0


def audio_source(media: Media, stream: AudioStream) -> AudioSource:
    """What a mix needs to know of a sound."""
    start, video = zero(media.info), media.info.video
    return AudioSource(
        sha256=media.sha256,
        format=media.info.format,
        stream=stream.index,
        zero=start,
        start=stream.start,
        sample_rate=stream.sample_rate,
        channels=stream.channels,
        pictures=video.start - start if video is not None and video.start > start else None,
    )


def _fades(first: int, last: int, fade_in: Fraction, fade_out: Fraction) -> tuple[Fade, ...]:
    ramps: list[Fade] = []
    if (length := _samples(fade_in)) > 0:
        ramps.append(Fade(first, length, rising=True))
    if (length := _samples(fade_out)) > 0:
        ramps.append(Fade(last - length, length, rising=False))
    return tuple(ramps)


def _spans(voices: tuple[Voice, ...], samples: int) -> tuple[AudioSpan, ...]:
    heard: list[set[int]] = [set() for _ in range(ceil(samples / SPAN))]
    for number, voice in enumerate(voices):
        for span in range(max(voice.first, 0) // SPAN, -(-min(voice.last, samples) // SPAN)):
            heard[span].add(number)
    if any(voice.ducking is not None for voice in voices):
        _hear_speech(heard, voices)
    return tuple(
        AudioSpan(span * SPAN, min((span + 1) * SPAN, samples), tuple(sorted(numbers)))
        for span, numbers in enumerate(heard)
    )


def _hear_speech(heard: list[set[int]], voices: tuple[Voice, ...]) -> None:
    """Add to each span the voices that are not heard in it, but shortly before or after, and duck what is."""
    before, after = reach(voice.ducking for voice in voices if voice.ducking is not None)
    ducked = [any(voices[number].ducking is not None for number in numbers) for numbers in heard]
    for number, voice in enumerate(voices):
        if voice.ducking is None:
            last = min(-(-(voice.last + before) // SPAN), len(heard))
            for span in range(max(voice.first - after, 0) // SPAN, last):
                if ducked[span]:
                    heard[span].add(number)


def _samples(seconds: Fraction) -> int:
    return nearest_frame(seconds, Fraction(SAMPLE_RATE))
