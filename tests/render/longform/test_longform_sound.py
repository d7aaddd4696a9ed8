"""What is heard in a longform: every track in its place, copied or encoded, with joins that nobody hears."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cutroom.render.longform import EncodedSound, LongformPlan, compile_longform, longform_pieces
from cutroom.render.longform.plan import CopiedSound
from cutroom.timeline.resolved import Media
from cutroom.timeline.resolved.longform import ResolvedLongform
from tests.render.edits import image, sound
from tests.render.longform.making import facts_of, level_db, longform, make
from tests.render.studio import Samples, Studio, lag, noise_samples, samples

RATE = 48_000
AAC = ("-c:a", "aac", "-b:a", "160k")
SOUND_ONLY: Any = {"format": "m4a"}


async def song(studio: Studio, name: str = "song.m4a", seconds: float = 12, **options: int) -> Media:
    return await studio.noise(name, seconds, *AAC, **options)


def should_be(studio: Studio, wanted: ResolvedLongform, plan: LongformPlan) -> Samples:
    """The sound that a longform asks for: its sources decoded one by one, faded and added up.

    Tracks that are copied are put where the plan puts them: up to half a packet off.
    """
    mixed = np.zeros((plan.sound.samples, 2), np.float32)
    copies = [part for part in plan.sound.parts if isinstance(part, CopiedSound)]
    facts = facts_of(studio, wanted)
    for track in wanted.tracks:
        source = samples(studio.paths[track.media.sha256])
        first, length = round(track.start * RATE), round((track.end - track.start) * RATE)
        for part in copies:
            lead = plan.sound.priming + facts[part.media.sha256].first
            begins = part.shift * 1024 - lead + round(track.trim * RATE)
            if part.media == track.media and abs(begins - first) <= 512:
                first = begins
        heard = source[round(track.trim * RATE) :][:length] * track.volume
        rise, fall = round(track.fade_in * RATE), round(track.fade_out * RATE)
        gain = np.ones(len(heard))
        if rise:
            gain[:rise] *= np.sin(np.arange(rise) / rise * np.pi / 2)
        if fall:
            gain[length - fall :] *= np.cos(np.arange(fall)[: len(gain) - length + fall] / fall * np.pi / 2)
        end = min(first + len(heard), len(mixed))
        mixed[first:end] += (heard * gain[:, None]).astype(np.float32)[: end - first]
    return mixed


def blocks(sound: Samples) -> Samples:
    """Loudness of every 1,024 samples."""
    loud: Samples = np.sqrt(np.mean(np.square(sound[: len(sound) // 1024 * 1024].reshape(-1, 2048)), axis=1))
    return loud


async def test_sounds_follow_each_other_exactly_as_long_as_they_are(studio: Studio, tmp_path: Path) -> None:
    first, second = await song(studio), await song(studio, "other.m4a", 9)
    out, plan, report = await make(
        studio, longform([], [(first, Fraction(21, 2)), (second, 9)], **SOUND_ONLY), tmp_path
    )
    heard = samples(out)
    assert len(heard) == plan.sound.samples == round(19.5 * RATE)
    assert report.audio_duration == Fraction(39, 2)
    assert abs(lag(heard[: 10 * RATE, 0], noise_samples(12)[: 10 * RATE])) == 0
    assert abs(lag(heard[11 * RATE : 19 * RATE, 0], noise_samples(9)[RATE // 2 : 8 * RATE + RATE // 2])) <= 512


async def test_packets_that_nothing_touches_are_those_of_the_source(studio: Studio, tmp_path: Path) -> None:
    first, second = await song(studio), await song(studio, "other.m4a", 9)
    out, plan, _ = await make(studio, longform([], [(first, 11), (second, 9)], **SOUND_ONLY), tmp_path)
    copies = [part for part in plan.sound.parts if isinstance(part, CopiedSound)]
    assert [part.media for part in copies] == [first, second]
    made = _packets(out)
    assert len(made) == plan.sound.packets
    for part in copies:
        source = _packets(studio.paths[part.media.sha256])
        inner = range(part.first + (16 if part.first else 0), part.last - 16)
        assert len(inner) > 200
        assert [made[q] for q in inner] == [source[q - part.shift] for q in inner]


@pytest.mark.parametrize("name", ["song.m4a", "song.aac", "song.mp3", "song.flac", "song.wav", "song.ogg"])
async def test_joins_are_not_heard(studio: Studio, tmp_path: Path, name: str) -> None:
    options = {"song.m4a": AAC, "song.aac": AAC, "song.mp3": ("-b:a", "192k"), "song.ogg": ("-c:a", "libvorbis")}
    media = await studio.noise(name, 12, *options.get(name, ()))
    wanted = longform([], [(media, 11), (media, 10), (media, 9)], trims=[0, 1, Fraction(5, 4)], **SOUND_ONLY)
    out, plan, _ = await make(studio, wanted, tmp_path)
    heard, right = samples(out), should_be(studio, wanted, plan)
    assert len(heard) == len(right) == 30 * RATE
    wrong = blocks(heard - right)
    loud = blocks(right)
    # No block is further off than AAC makes some anyway; a click or a packet out of place would be as loud as all.
    assert level_db(heard - right) < level_db(right) - 15
    assert wrong.max() < 0.35 * loud.max()
    for part in plan.sound.parts[1:]:
        place = (part.first * 1024 - plan.sound.priming) // 1024
        near_join = wrong[max(place - 20, 0) : place + 20]
        assert near_join.max() < 1.5 * np.percentile(wrong, 99) + 1e-3


async def test_parts_sound_as_if_encoded_in_one_go(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = await studio.noise("long.wav", 20)
    wanted = longform([], [(media, 20)], **SOUND_ONLY)
    whole, one, _ = await make(studio, wanted, tmp_path / "whole")
    monkeypatch.setattr("cutroom.render.longform.sound.PART_S", 3)
    cut, many, _ = await make(studio, wanted, tmp_path / "cut")
    assert len(one.sound.parts) == 1
    assert len(many.sound.parts) == 7
    source = samples(studio.paths[media.sha256])
    errors = [blocks(samples(path) - source) for path in (whole, cut)]
    assert len(samples(cut)) == len(samples(whole)) == 20 * RATE
    assert errors[1].max() < 1.2 * errors[0].max()
    for part in many.sound.parts[1:]:
        place = part.first - 1
        assert errors[1][place - 17 : place + 17].max() < 1.2 * errors[0].max()


async def test_without_fades_tracks_follow_sample_by_sample(studio: Studio, tmp_path: Path) -> None:
    media = await studio.noise("long.wav", 20)
    cut = Fraction(123_457, RATE)
    wanted = longform([], [(media, cut), (media, 10)], trims=[0, cut], fade=0, **SOUND_ONLY)
    out, plan, _ = await make(studio, wanted, tmp_path)
    source, heard = samples(studio.paths[media.sha256]), samples(out)
    length = len(heard)
    join = 123_457 // 1024
    error = blocks(heard - source[:length])
    assert error[join - 2 : join + 3].max() < 1.2 * np.percentile(error, 99)
    assert all(isinstance(part, EncodedSound) for part in plan.sound.parts)


async def test_a_track_of_another_volume_is_encoded(studio: Studio, tmp_path: Path) -> None:
    media = await song(studio)
    out, plan, _ = await make(studio, longform([], [(media, 8)], volumes=[0.5], **SOUND_ONLY), tmp_path)
    assert all(isinstance(part, EncodedSound) for part in plan.sound.parts)
    source = samples(studio.paths[media.sha256])[: 8 * RATE]
    assert abs(level_db(samples(out)) - level_db(source) + 6.02) < 0.2


async def test_a_louder_track_is_limited_and_not_clipped(studio: Studio, tmp_path: Path) -> None:
    media = await song(studio)
    out, _, report = await make(studio, longform([], [(media, 6)], volumes=[4], **SOUND_ONLY), tmp_path)
    assert report.level is not None
    assert report.level.clipped < 100
    assert 0.7 < np.abs(samples(out)).max() < 1.1


@pytest.mark.parametrize("form", ["mp4", "mkv"])
async def test_sound_keeps_its_place_where_the_pictures_of_its_file_begin_later(
    studio: Studio, tmp_path: Path, form: str
) -> None:
    noise = await studio.noise("plain.wav", 6)
    await studio.counter("steady.mp4")
    path = studio.folder / f"late-pictures-of-noise.{form}"
    if not path.exists():
        pictures = ("-itsoffset", "1.5", "-i", str(studio.place("steady.mp4", "30", 4)))
        heard = ("-i", str(studio.paths[noise.sha256]), "-map", "0:v", "-map", "1:a", "-c:v", "copy")
        studio.ffmpeg(*pictures, *heard, "-c:a", "flac", "-strict", "-2", str(path))
    wanted = longform([], [(await studio.take(path), 3)], trims=[Fraction(6, 5)], **SOUND_ONLY)
    out, _, _ = await make(studio, wanted, tmp_path)
    assert lag(samples(out)[:, 0], noise_samples(6)[RATE * 6 // 5 :][: 3 * RATE]) == 0


async def test_44100_hz_stays_so_when_most_is_copied(studio: Studio, tmp_path: Path) -> None:
    media, other = await song(studio, "cd.m4a", 12, rate=44_100), await song(studio)
    wanted = longform([], [(media, 11), (other, 4)], **SOUND_ONLY)
    out, plan, _ = await make(studio, wanted, tmp_path)
    assert plan.sound.sample_rate == 44_100
    assert plan.sound.samples == 15 * 44_100
    heard = samples(out)
    assert lag(heard[: 8 * RATE, 0], noise_samples(12)[: 8 * RATE]) == 0
    assert abs(lag(heard[12 * RATE : 15 * RATE, 0], noise_samples(12)[RATE : 4 * RATE])) <= 512


async def test_mono_is_heard_on_both_sides_at_full_level(studio: Studio, tmp_path: Path) -> None:
    mono = await studio.noise("mono.wav", 6, channels=1)
    stereo = await studio.noise("long.wav", 20)
    out, _, _ = await make(studio, longform([], [(mono, 5), (stereo, 5)], **SOUND_ONLY), tmp_path)
    heard = samples(out)
    parts = [level_db(heard[first * RATE : (first + 4) * RATE, side]) for first in (0, 6) for side in (0, 1)]
    assert max(parts) - min(parts) < 1


async def test_sound_and_pictures_are_equally_long(studio: Studio, tmp_path: Path) -> None:
    media, red = await song(studio), await studio.flat("red.png", (200, 0, 0))
    wanted = longform([red], [(media, 5), (media, Fraction(301, 60))], turn=1000, fps=Fraction(30000, 1001))
    out, plan, report = await make(studio, wanted, tmp_path)
    assert report.frames == round(Fraction(601, 60) * Fraction(30000, 1001))
    assert len(samples(out)) == plan.sound.samples == round(report.duration * RATE)
    assert report.audio_offset == 0


def test_a_copied_track_is_at_most_half_a_packet_off_its_place() -> None:
    media = [sound(name, Fraction(100) + Fraction(number, 7), codec="aac") for number, name in enumerate("abcdef")]
    from cutroom.render.longform import CopyFacts  # noqa: PLC0415 — beside its one use

    facts = {one.sha256: CopyFacts(RATE, 2, -1024, 4690) for one in media}
    tracks = [(one, 99 + Fraction(number, 11)) for number, one in enumerate(media * 10)]
    plan = compile_longform(longform([], tracks, **SOUND_ONLY), facts, engine="test")
    now = Fraction(0)
    copies = [part for part in plan.sound.parts if isinstance(part, CopiedSound)]
    assert len(copies) == 60
    for (_, seconds), part in zip(tracks, copies, strict=True):
        off = (part.shift + 1) * 1024 - plan.sound.priming - round(now * RATE)
        assert abs(off) <= 512
        now += seconds
    assert plan.sound.samples == round(plan.duration * RATE)


@pytest.mark.parametrize("count", [1, 7, 120])
def test_parts_lie_end_to_end_and_are_never_crowded(count: int) -> None:
    media = sound("a", Fraction(600))
    tracks = [
        (media, Fraction(count * 37, 10) if count == 1 else Fraction(3, 5) * (1 + number % 5))
        for number in range(count)
    ]
    plan = compile_longform(longform([image("b")], tracks), {}, engine="test")
    assert plan.sound.parts[0].first == 0
    assert plan.sound.parts[-1].last == plan.sound.packets
    assert all(one.last == other.first for one, other in pairwise(plan.sound.parts))
    assert all(len(part.voices) <= 32 for part in plan.sound.parts if isinstance(part, EncodedSound))
    assert len(longform_pieces(plan)) >= 2


async def test_copies_are_found_where_they_can_be(studio: Studio) -> None:
    aac = await song(studio)
    mp3 = await studio.noise("song.mp3", 12, "-b:a", "192k")
    surround = await studio.noise("low.m4a", 3, "-c:a", "aac", "-b:a", "48k", rate=22_050)
    facts = facts_of(studio, longform([], [(aac, 1), (mp3, 1), (surround, 1)], **SOUND_ONLY))
    assert facts[aac.sha256].first == -1024
    assert mp3.sha256 not in facts


def _packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as file:
        return [bytes(packet) for packet in file.demux(audio=0) if packet.size]
