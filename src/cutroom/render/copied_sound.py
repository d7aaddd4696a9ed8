"""Sound that is taken from its sources as it is, packet by packet, beside pictures that are.

Only where nothing is left to mix: clips end to end, each alone, at its own level and speed, all of them AAC-LC in the
form of the output. A packet of AAC is 1,024 samples, and packets lie on one grid from the start of the file to its end;
so the first clip is in its place to the sample, and every other is moved onto the grid, by half a packet (11 ms) or
little more, never by more than half a frame. Each place is counted from the edit, so that nothing adds up.

Where two clips meet, one packet's window fades out and the next one's fades in, as between any two packets: for one
packet's time the end of the one and the start of the other are heard over each other, and nothing clicks. Whoever
wants cuts to the sample has them by asking for anything that is mixed: a volume, a fade, a soundtrack.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Final

from cutroom.media.timebase import to_ticks
from cutroom.render.mux.aac import Packets
from cutroom.render.mux.samples import AAC_FRAME
from cutroom.render.sound.plan import AudioPlan, SoundCopy, Voice, keyed

_CHANNELS: Final = 2


@dataclass(frozen=True, slots=True)
class _Placed:
    """A voice on the grid: packet q of the output is its source's packet q - `shift`."""

    voice: Voice
    packets: Packets
    shift: int


def copied_sound(audio: AudioPlan, sounds: Mapping[str, Packets], fps: Fraction, engine: str) -> AudioPlan | None:
    """The same sound as packets of its sources; None when there is anything to mix or to encode.

    Args:
        audio: the sound as it would be made.
        sounds: packets of sources, by SHA-256.
        fps: frames a second of the output.
        engine: as for `compile_plan`.
    """
    voices = audio.voices
    if audio.encoder.codec != "aac" or audio.loudness is not None or not _end_to_end(voices, audio.samples):
        return None
    if not all(_untouched(voice) and _fits(voice, sounds, audio.encoder.sample_rate) for voice in voices):
        return None
    begun = _before(voices[0], sounds)
    lead = max(begun // AAC_FRAME - 1, 0)  # a packet sounds right after the one before it
    priming = begun - lead * AAC_FRAME
    count = -(-(audio.samples + priming) // AAC_FRAME)
    most = Fraction(audio.encoder.sample_rate) / fps / 2
    edges = [0, *((voice.first + priming + AAC_FRAME // 2) // AAC_FRAME for voice in voices[1:]), count]
    copies: list[SoundCopy] = []
    for voice, (first, last) in zip(voices, pairwise(edges), strict=True):
        placed = _placed(voice, sounds, priming, most, (first, last))
        if placed is None or last <= first:
            return None
        copies.append(SoundCopy(voice.pointer, voice.source, first - placed.shift, last - first))
    return keyed(replace(audio, copies=tuple(copies), priming=priming), engine)


def _end_to_end(voices: Sequence[Voice], samples: int) -> bool:
    """Whether each voice begins where the one before it ends, from the start of the output to its end."""
    firsts, lasts = [voice.first for voice in voices], [voice.last for voice in voices]
    return bool(voices) and [0, *lasts] == [*firsts, samples]


def _untouched(voice: Voice) -> bool:
    """Whether a voice is heard as it is in its source."""
    plain = voice.volume == 1 and voice.swell == 1.0 and voice.speed == 1
    return plain and not voice.ramps and voice.ducking is None


def _fits(voice: Voice, sounds: Mapping[str, Packets], sample_rate: int) -> bool:
    packets = sounds.get(voice.source.sha256)
    return packets is not None and (packets.sample_rate, packets.channels) == (sample_rate, _CHANNELS)


def _before(voice: Voice, sounds: Mapping[str, Packets]) -> int:
    """How many samples the source's decoder gives out before the first that is heard."""
    packets = sounds[voice.source.sha256]
    return to_ticks(voice.source.zero + voice.at, Fraction(1, packets.sample_rate)) - packets.first


def _placed(
    voice: Voice, sounds: Mapping[str, Packets], priming: int, most: Fraction, span: tuple[int, int]
) -> _Placed | None:
    """A voice where it is off its place the least, and has all packets of the span of the output; None if nowhere."""
    packets = sounds[voice.source.sha256]
    exact = Fraction(voice.first + priming - _before(voice, sounds), AAC_FRAME)
    shifts = sorted({exact // 1, -(-exact // 1)}, key=lambda shift: (abs(shift - exact), shift))
    for shift in shifts:
        there = span[0] >= shift and span[1] - shift <= len(packets.run)
        if there and abs(shift - exact) * AAC_FRAME <= most:
            return _Placed(voice, packets, int(shift))
    return None
