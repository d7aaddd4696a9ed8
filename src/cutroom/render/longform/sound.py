"""The sound of a longform as parts: packets of the sources where nothing touches them, encoded parts elsewhere.

A source's packets can be used as they are where its packets lie in step with the output's. For that a track that rises
out of silence may start up to half a packet (12 ms) off its exact place; its neighbour's silence takes up the
difference, so that nothing adds up. A track that has to follow the one before it sample by sample stays in its place,
and is encoded unless it happens to be in step.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Final

from cutroom.kit.adapter import Adapter
from cutroom.media.origin import zero
from cutroom.media.timebase import to_ticks
from cutroom.render.digest import digest
from cutroom.render.longform.plan import LEAD, MARGIN, CopiedSound, EncodedSound, LongformSound, SoundPart
from cutroom.render.mux.aac import CopyFacts
from cutroom.render.mux.samples import AAC_FRAME
from cutroom.render.output.encode import audio_encoder
from cutroom.render.sound.compile import audio_source
from cutroom.render.sound.plan import Fade, Voice
from cutroom.timeline.resolved.longform import ResolvedLongform, ResolvedTrack

DEFAULT_RATE: Final = 48_000
_RATES: Final = frozenset({44_100, 48_000})
PART_S: Final = 120
"""Length of the parts that long sounds are encoded in."""
VOICES: Final = 24
"""Tracks that one part mixes: each is an open file."""
SHORTEST_COPY_S: Final = 4
"""Less than this is not worth two joins."""
_PART: Final[Adapter[EncodedSound]] = Adapter(EncodedSound)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A track in samples of the output.

    Args:
        shift: output packet minus source packet, when its packets lie in step with the output's.
    """

    voice: Voice
    track: ResolvedTrack
    rise: int
    fall: int
    facts: CopyFacts | None
    shift: int | None


def compile_sound(longform: ResolvedLongform, facts: Mapping[str, CopyFacts], engine: str) -> LongformSound:
    """Plan the sound.

    Args:
        longform: what is to be heard.
        facts: of the sources that can be copied, by SHA-256.
        engine: what makes the bytes, mixed into every key.
    """
    rate, channels = _form(longform, facts)
    samples = to_ticks(longform.duration, Fraction(1, rate))
    priming = _priming(longform, facts, rate, channels)
    placed = _place(longform, facts, rate, channels, priming, samples)
    whole = LongformSound(rate, channels, samples, priming, ())
    copies = [copy for one in placed if (copy := _copied(one, whole)) is not None]
    bit_rate = audio_encoder(longform.output).bit_rate
    voices = [one.voice for one in placed if one.voice.volume > 0]
    parts: list[SoundPart] = []
    done = 0
    for copy in copies:
        parts.extend(_encoded(done, copy.first, voices, whole, bit_rate, engine))
        parts.append(copy)
        done = copy.last
    parts.extend(_encoded(done, whole.packets, voices, whole, bit_rate, engine))
    return replace(whole, parts=tuple(parts))


def _form(longform: ResolvedLongform, facts: Mapping[str, CopyFacts]) -> tuple[int, int]:
    """Sample rate and channels: those of most of what can be copied."""
    most = max((min(t.media.info.audio.channels, 2) for t in longform.tracks if t.media.info.audio), default=2)
    seconds: dict[tuple[int, int], Fraction] = {}
    for track in longform.tracks:
        fact = facts.get(track.media.sha256)
        if fact is not None and track.volume == 1 and fact.sample_rate in _RATES and fact.channels == most:
            form = (fact.sample_rate, fact.channels)
            seconds[form] = seconds.get(form, Fraction(0)) + track.end - track.start
    return max(seconds, key=lambda form: (seconds[form], form), default=(DEFAULT_RATE, 2))


def _fact(track: ResolvedTrack, facts: Mapping[str, CopyFacts], rate: int, channels: int) -> CopyFacts | None:
    fact = facts.get(track.media.sha256)
    fits = fact is not None and track.volume == 1 and (fact.sample_rate, fact.channels) == (rate, channels)
    return fact if fits else None


def _decoded(track: ResolvedTrack, fact: CopyFacts, rate: int) -> int:
    """How many samples the source's decoder gives out before the first that is used."""
    return to_ticks(zero(track.media.info) + track.trim, Fraction(1, rate)) - fact.first


def _priming(longform: ResolvedLongform, facts: Mapping[str, CopyFacts], rate: int, channels: int) -> int:
    """A packet at least; as much more as puts the first track in step when it starts the output."""
    first = longform.tracks[0] if longform.tracks else None
    fact = _fact(first, facts, rate, channels) if first is not None else None
    if first is None or fact is None or first.start != 0:
        return AAC_FRAME
    return AAC_FRAME + _decoded(first, fact, rate) % AAC_FRAME


def _place(
    longform: ResolvedLongform, facts: Mapping[str, CopyFacts], rate: int, channels: int, priming: int, samples: int
) -> list[_Placed]:
    """Every track at its place: exactly, or in step when it rises out of silence."""
    placed: list[_Placed] = []
    for track in longform.tracks:
        first, length = to_ticks(track.start, Fraction(1, rate)), to_ticks(track.end - track.start, Fraction(1, rate))
        fact = _fact(track, facts, rate, channels)
        shift: int | None = None
        if fact is not None:
            off = (first + priming - _decoded(track, fact, rate)) % AAC_FRAME
            if off and track.fade_in > 0:
                first += AAC_FRAME - off if off > AAC_FRAME // 2 else -off
                off = 0
            if off == 0:
                shift = (first + priming - _decoded(track, fact, rate)) // AAC_FRAME
        last = min(first + length, samples)
        if placed and placed[-1].voice.last > first:
            placed[-1] = _shortened(placed[-1], first)
        if last > first:
            placed.append(_placed(track, first, last, rate, fact, shift))
    return placed


def _placed(
    track: ResolvedTrack, first: int, last: int, rate: int, fact: CopyFacts | None, shift: int | None
) -> _Placed:
    rise, fall = to_ticks(track.fade_in, Fraction(1, rate)), to_ticks(track.fade_out, Fraction(1, rate))
    return _Placed(_voice(track, first, last, rise, fall), track, rise, fall, fact, shift)


def _shortened(one: _Placed, last: int) -> _Placed:
    """A track that ends earlier, by less than a packet."""
    return replace(one, voice=_voice(one.track, one.voice.first, last, one.rise, one.fall))


def _voice(track: ResolvedTrack, first: int, last: int, rise: int, fall: int) -> Voice:
    stream = track.media.info.audio
    if stream is None:
        raise ValueError(f"{track.pointer} has no sound")
    fades = [Fade(first, rise, rising=True)] if rise else []
    fades += [Fade(last - fall, fall, rising=False)] if fall else []
    source = audio_source(track.media, stream)
    return Voice(track.pointer, first, last, source, track.trim, track.volume, tuple(fades))


def _copied(one: _Placed, whole: LongformSound) -> CopiedSound | None:
    """The packets of a track that nothing touches; None when they are too few.

    A packet is heard in two blocks of 1,024 samples, its own and the one after. All that copied packets are heard in is
    the track alone, at its own level; and `MARGIN` more on both sides could be copied too, so that joins can be moved.
    """
    if one.facts is None or one.shift is None:
        return None
    from_sample, to_sample = one.voice.first + one.rise, one.voice.last - one.fall
    first = max(-(-(from_sample + whole.priming) // AAC_FRAME), one.shift + 1)
    last = min((to_sample + whole.priming) // AAC_FRAME - 1, one.shift + one.facts.count)
    # At the very start and end of the output there is no join, and what lies outside of it is not heard.
    starts = from_sample == 0 and one.shift <= 0
    ends = to_sample == whole.samples and one.shift + one.facts.count >= whole.packets
    first = 0 if starts else first + MARGIN + 1
    last = whole.packets if ends else last - MARGIN
    if last - first < SHORTEST_COPY_S * whole.sample_rate // AAC_FRAME:
        return None
    return CopiedSound(first, last, one.track.media, one.shift)


def _encoded(
    first: int, last: int, voices: Sequence[Voice], whole: LongformSound, bit_rate: int, engine: str
) -> list[EncodedSound]:
    """Packets [first, last) in parts that are neither long nor crowded, nor shorter than joins need."""
    if last <= first:
        return []
    shortest = 2 * MARGIN + 2
    longest = PART_S * whole.sample_rate // AAC_FRAME
    starts = [(voice.first + whole.priming) // AAC_FRAME for voice in voices]
    edges = [first]
    while edges[-1] < last:
        crowded = bisect_left(starts, edges[-1]) + VOICES - 2
        end = min(edges[-1] + longest, starts[crowded] if crowded < len(starts) else last)
        end = max(end, edges[-1] + shortest)
        edges.append(last if end > last - shortest else end)
    return [_part(start, end, voices, whole, bit_rate, engine) for start, end in pairwise(edges)]


def _part(
    first: int, last: int, voices: Sequence[Voice], whole: LongformSound, bit_rate: int, engine: str
) -> EncodedSound:
    packets = last - first + 2 * MARGIN + LEAD + 2
    origin = (first - MARGIN - LEAD) * AAC_FRAME - whole.priming
    mixed = packets * AAC_FRAME
    low = bisect_right([voice.last for voice in voices], origin)
    high = bisect_left([voice.first for voice in voices], origin + mixed)
    heard = tuple(voice.shifted(origin) for voice in voices[low:high])
    part = EncodedSound(
        first=first,
        last=last,
        sample_rate=whole.sample_rate,
        channels=whole.channels,
        bit_rate=bit_rate,
        mixed=mixed,
        voices=heard,
        inputs=tuple(sorted({voice.source.sha256 for voice in heard})),
        key="",
    )
    data = _PART.dump_python(part, mode="json")
    data |= {"first": 0, "last": last - first}
    return replace(part, key=digest(data, engine))
