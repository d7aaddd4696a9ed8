"""The sound of an edit as a plan: which source is heard when, how loud, and in which spans it is mixed."""

from dataclasses import replace
from fractions import Fraction
from math import ceil
from typing import Final

from pydantic import TypeAdapter

from cutroom.media.info import AudioStream, MediaInfo
from cutroom.media.timebase import nearest_frame
from cutroom.render.digest import digest
from cutroom.render.encoders import SAMPLE_RATE, AudioEncoder
from cutroom.render.origin import zero
from cutroom.render.sound.plan import AudioPlan, AudioSource, AudioSpan, Fade, Voice
from cutroom.timeline.resolved import SILENT, SOUNDS, Media, ResolvedClip, ResolvedEdit, ResolvedSoundtrack

VOICES_AT_ONCE: Final = 24
"""More voices than this are mixed in spans, so that only a few files are open at a time."""
SPAN_S: Final = 30
SHORTEST_LOOP_S: Final = Fraction(1, 4)
_PLAN: Final[TypeAdapter[AudioPlan]] = TypeAdapter(AudioPlan)


def compile_audio(edit: ResolvedEdit, encoder: AudioEncoder, engine: str) -> AudioPlan | None:
    """Plan the mix; None when there is nothing to hear and the format can do without sound."""
    samples = _samples(edit.frames / edit.output.fps)
    voices = () if edit.output.mute else _voices(edit, samples)
    if edit.output.format in SILENT or not (voices or edit.output.format in SOUNDS):
        return None
    plan = AudioPlan(
        samples=samples,
        encoder=encoder,
        voices=voices,
        spans=_spans(voices, samples),
        inputs=tuple(sorted({voice.source.sha256 for voice in voices})),
        key="",
    )
    return replace(plan, key=digest(_PLAN.dump_python(plan, mode="json"), engine))


def loudest(plan: AudioPlan) -> float:
    """The level that no sample of the mix can exceed, as long as no source exceeds 1."""
    changes = [(voice.first, voice.volume) for voice in plan.voices]
    changes += [(voice.last, -voice.volume) for voice in plan.voices]
    level = highest = 0.0
    for _, change in sorted(changes):
        level += change
        highest = max(highest, level)
    return highest


def _voices(edit: ResolvedEdit, samples: int) -> tuple[Voice, ...]:
    voices = [voice for clip in edit.clips if (voice := _clip_voice(clip, samples)) is not None]
    if edit.soundtrack is not None:
        voices.extend(_soundtrack_voices(edit.soundtrack, samples))
    return tuple(sorted(voices, key=lambda voice: (voice.first, voice.last, voice.pointer)))


def _clip_voice(clip: ResolvedClip, samples: int) -> Voice | None:
    first = _samples(clip.audio_start)
    end = _samples(clip.audio_end)
    last = min(end, samples)
    if clip.media is None or clip.media.info.audio is None or clip.volume <= 0 or last <= first:
        return None
    return Voice(
        pointer=clip.pointer,
        first=first,
        last=last,
        source=_source(clip.media, clip.media.info.audio),
        at=clip.trim,
        volume=clip.volume,
        ramps=_fades(first, end, clip.audio_fade_in, clip.audio_fade_out),
    )


def _soundtrack_voices(track: ResolvedSoundtrack, samples: int) -> list[Voice]:
    """One voice, or one for every time that the source is played."""
    end = min(_samples(track.end), samples)
    if track.media.info.audio is None or track.volume <= 0 or end <= 0:
        return []
    source = _source(track.media, track.media.info.audio)
    fades = _fades(0, end, track.fade_in, track.fade_out)
    length = _heard_s(track.media.info, track.media.info.audio)
    loops = track.loop and length is not None and length >= SHORTEST_LOOP_S
    voices: list[Voice] = []
    first, at = 0, track.trim
    while first < end:
        last = min(end, first + _samples(length - at)) if loops and length is not None else end
        if last > first:
            ramps = tuple(ramp for ramp in fades if ramp.first < last and ramp.first + ramp.length > first)
            voices.append(Voice("/timeline/soundtrack", first, last, source, at, track.volume, ramps))
        first, at = last, Fraction(0)
    return voices


def _heard_s(info: MediaInfo, stream: AudioStream) -> Fraction | None:
    """Seconds from the file's second 0 to the end of its sound."""
    if stream.duration is None:
        return info.duration
    return stream.start + stream.duration - zero(info)


def _source(media: Media, stream: AudioStream) -> AudioSource:
    return AudioSource(
        sha256=media.sha256,
        format=media.info.format,
        stream=stream.index,
        zero=zero(media.info),
        start=stream.start,
        sample_rate=stream.sample_rate,
        channels=stream.channels,
    )


def _fades(first: int, last: int, fade_in: Fraction, fade_out: Fraction) -> tuple[Fade, ...]:
    ramps: list[Fade] = []
    if (length := _samples(fade_in)) > 0:
        ramps.append(Fade(first, length, rising=True))
    if (length := _samples(fade_out)) > 0:
        ramps.append(Fade(last - length, length, rising=False))
    return tuple(ramps)


def _spans(voices: tuple[Voice, ...], samples: int) -> tuple[AudioSpan, ...]:
    length = SPAN_S * SAMPLE_RATE if len(voices) > VOICES_AT_ONCE else max(samples, 1)
    heard: list[list[int]] = [[] for _ in range(ceil(samples / length))]
    for number, voice in enumerate(voices):
        for span in range(voice.first // length, -(-voice.last // length)):
            heard[span].append(number)
    return tuple(
        AudioSpan(span * length, min((span + 1) * length, samples), tuple(numbers))
        for span, numbers in enumerate(heard)
    )


def _samples(seconds: Fraction) -> int:
    return nearest_frame(seconds, Fraction(SAMPLE_RATE))
