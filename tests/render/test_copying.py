"""Frames that are taken from their sources as they are."""

import hashlib
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutroom.kit.errors import Internal
from cutroom.render import compile_plan
from cutroom.render.compile import index_copies
from cutroom.render.copying import _Taken
from cutroom.render.plan import CopySegment, RenderPlan
from cutroom.timeline.resolved import Media, ResolvedClip, ResolvedEdit
from tests.render.edits import clip, edit, music, title
from tests.render.studio import HEIGHT, WIDTH, Studio, counts, lag, noise_samples, samples

SIZE = (WIDTH, HEIGHT)
TAGS = ("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv")
CLOSED = ("-c:v", "libx264", "-crf", "14", *TAGS)


async def source(
    studio: Studio, name: str, preset: str, params: str, *more: str, seconds: float = 4, fps: str = "30"
) -> Media:
    options = (*CLOSED, "-preset", preset, "-x264-params", params, *more)
    return await studio.counter(name, fps, seconds, *options)


async def every_second(studio: Studio) -> Media:
    """Three B-frames in a pyramid, an IDR picture every second."""
    return await source(studio, "second.mp4", "veryfast", "keyint=30:scenecut=0:bframes=3")


async def long_gop(studio: Studio) -> Media:
    return await source(studio, "long.mp4", "medium", "keyint=250:scenecut=0:bframes=5:ref=4")


async def planned(studio: Studio, wanted: ResolvedEdit) -> RenderPlan:
    return compile_plan(wanted, indexes=await index_copies(wanted, studio.paths))


def spans(plan: RenderPlan) -> list[tuple[int, int]]:
    """The copied spans: first frame and how many."""
    return [(part.start, part.frames) for part in plan.segments if isinstance(part, CopySegment)]


def shown(media: Media, start: int, end: int, trim: Fraction = Fraction(0), **changes: Any) -> ResolvedClip:
    return clip(start, end, media, trim=trim, **changes)


def payloads(path: Path) -> dict[int, str]:
    """A hash of every packet of pictures, by the frame that it shows."""
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        assert stream.time_base is not None
        rate = Fraction(stream.average_rate or 30)
        start = stream.start_time or 0
        return {
            round(((packet.pts or 0) - start) * stream.time_base * rate): hashlib.sha256(bytes(packet)).hexdigest()
            for packet in file.demux(stream)
            if packet.size
        }


def pictures(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    with av.open(str(path)) as file:
        return np.stack([np.asarray(frame.to_ndarray(format="gray")) for frame in file.decode(video=0)])


async def test_a_whole_source_is_copied_bit_by_bit(studio: Studio, tmp_path: Path) -> None:
    media = await every_second(studio)
    wanted = edit(120, shown(media, 0, 120), size=SIZE)
    assert spans(await planned(studio, wanted)) == [(0, 120)]
    out = await studio.film(wanted, tmp_path, copy=True)
    assert payloads(out) == payloads(studio.paths[media.sha256])
    assert counts(out) == list(range(120))


async def test_only_what_lies_before_the_first_idr_picture_is_encoded(studio: Studio, tmp_path: Path) -> None:
    media = await every_second(studio)
    wanted = edit(80, shown(media, 0, 80, Fraction(1, 3)), size=SIZE)
    plan = await planned(studio, wanted)
    ((start, length),) = spans(plan)
    assert start == 20
    assert 57 <= length <= 60  # a few frames may be left at the end, inside of a pyramid
    out = await studio.make(plan, tmp_path)
    assert counts(out) == list(range(10, 90))
    ours, theirs = payloads(out), payloads(studio.paths[media.sha256])
    assert all(ours[frame] == theirs[frame + 10] for frame in range(start, start + length))


async def test_frames_beside_a_copy_are_those_of_a_render_without_copies(studio: Studio, tmp_path: Path) -> None:
    media = await every_second(studio)
    wanted = edit(100, shown(media, 0, 50, Fraction(1, 2)), shown(media, 50, 100, Fraction(5, 3)), size=SIZE)
    with_copies = await studio.film(wanted, tmp_path / "a", copy=True)
    without = await studio.film(wanted, tmp_path / "b")
    assert counts(with_copies) == counts(without) == [*range(15, 65), *range(50, 100)]
    assert 0 < len(spans(await planned(studio, wanted))) < 4


@pytest.mark.parametrize("fps", ["30", "30000/1001", "25"])
async def test_timestamps_are_even_and_a_strict_player_takes_them(studio: Studio, tmp_path: Path, fps: str) -> None:
    media = await source(studio, f"rate-{fps.replace('/', '-')}.mp4", "fast", "keyint=24", fps=fps)
    wanted = edit(70, shown(media, 0, 70, 7 / Fraction(fps)), size=SIZE, fps=Fraction(fps))
    assert spans(await planned(studio, wanted))
    out = await studio.film(wanted, tmp_path, copy=True)
    with av.open(str(out)) as file:
        stream = file.streams.video[0]
        packets = [packet for packet in file.demux(stream) if packet.size]
        assert stream.time_base is not None
        assert sorted((p.pts or 0) * stream.time_base for p in packets) == [n / Fraction(fps) for n in range(70)]
        assert all((a.dts or 0) < (b.dts or 0) for a, b in pairwise(packets))
        assert all((p.pts or 0) >= (p.dts or 0) for p in packets)
    studio.ffmpeg("-xerror", "-err_detect", "explode", "-i", str(out), "-f", "null", "-")
    assert counts(out) == list(range(7, 77))


async def test_sources_with_other_settings_follow_each_other_without_a_flaw(studio: Studio, tmp_path: Path) -> None:
    """Sets of equal content or other ids are needed for that; the last source has the first one's id and loses."""
    one = await source(studio, "one.mp4", "veryfast", "keyint=30:sps-id=1:bframes=3")
    two = await source(studio, "two.mp4", "medium", "keyint=20:sps-id=2:bframes=8:b-pyramid=normal:ref=6")
    three = await source(studio, "three.mp4", "ultrafast", "keyint=15:sps-id=3:bframes=0", "-profile:v", "baseline")
    rival = await source(studio, "rival.mp4", "slow", "keyint=30:sps-id=1:ref=5:bframes=4")
    clips = [
        shown(media, 30 * number, 30 * number + 30, Fraction(number, 3))
        for number, media in enumerate([one, two, three, rival, two, one, three])
    ]
    wanted = edit(210, *clips, size=SIZE)
    plan = await planned(studio, wanted)
    sources = {part.source.sha256 for part in plan.segments if isinstance(part, CopySegment)}
    assert sources == {one.sha256, two.sha256, three.sha256}
    out = await studio.make(plan, tmp_path)
    assert counts(out) == [10 * number + frame for number in range(7) for frame in range(30)]
    studio.ffmpeg("-xerror", "-err_detect", "explode", "-i", str(out), "-f", "null", "-")
    originals = {media.sha256: pictures(studio.paths[media.sha256]) for media in (one, two, three, rival)}
    found = pictures(out)
    for number, media in enumerate([one, two, three, rival, two, one, three]):
        part = originals[media.sha256][10 * number : 10 * number + 30].astype(float)
        error = ((found[30 * number : 30 * number + 30].astype(float) - part) ** 2).mean(axis=(1, 2))
        assert 10 * np.log10(255**2 / max(error.max(), 1e-9)) > 32


async def test_our_own_renders_are_copied_again_beside_new_encodes(studio: Studio, tmp_path: Path) -> None:
    media = await every_second(studio)
    first = await studio.film(edit(100, shown(media, 0, 100), size=SIZE, quality="low"), tmp_path / "first")
    ours = await studio.take(first)
    wanted = edit(130, shown(ours, 0, 90), title(90, 100), shown(ours, 100, 130, Fraction(1, 2)), size=SIZE)
    plan = await planned(studio, wanted)
    assert spans(plan)
    assert plan.segments[0].encoder.sets == 30
    out = await studio.make(plan, tmp_path)
    found = counts(out)
    assert (found[:90], found[100:]) == (list(range(90)), list(range(15, 45)))


async def test_an_open_gop_is_never_entered_in_its_middle(studio: Studio, tmp_path: Path) -> None:
    media = await source(studio, "open.mp4", "medium", "keyint=30:min-keyint=30:open-gop=1:bframes=3:scenecut=0")
    late = edit(60, shown(media, 0, 60, Fraction(4, 3)), size=SIZE)
    assert spans(await planned(studio, late)) == []
    begun = edit(100, shown(media, 0, 100), size=SIZE)
    assert spans(await planned(studio, begun))[0][0] == 0
    assert counts(await studio.film(begun, tmp_path, copy=True)) == list(range(100))


async def test_edit_lists_and_negative_offsets_are_understood(studio: Studio, tmp_path: Path) -> None:
    plain = await every_second(studio)
    path = studio.folder / "negative.mp4"
    studio.ffmpeg(
        "-i", str(studio.paths[plain.sha256]), "-c", "copy", "-movflags", "negative_cts_offsets", str(path)
    )  # fmt: skip
    cut = studio.folder / "cut.mp4"
    studio.ffmpeg("-ss", "0.5", "-i", str(studio.paths[plain.sha256]), "-c", "copy", str(cut))
    for number, (other, ahead) in enumerate([(path, 0), (cut, 15)]):
        media = await studio.take(other)
        wanted = edit(70, shown(media, 0, 70, Fraction(1, 10)), size=SIZE)
        assert spans(await planned(studio, wanted))
        out = await studio.film(wanted, tmp_path / str(number), copy=True)
        encoded = await studio.film(wanted, tmp_path / f"{number}-encoded")
        assert counts(out) == counts(encoded) == list(range(3 + ahead, 73 + ahead))


async def test_only_steady_spans_of_a_source_with_varying_rate_are_copied(studio: Studio, tmp_path: Path) -> None:
    path = studio.folder / "varying.mp4"
    steady = await every_second(studio)
    drop = "select='not(between(n,50,52))'"
    studio.ffmpeg(
        "-i", str(studio.paths[steady.sha256]), "-vf", drop, "-fps_mode", "passthrough", *CLOSED,
        "-x264-params", "keyint=20:scenecut=0", str(path),
    )  # fmt: skip
    media = await studio.take(path)
    assert media.info.video is not None
    media = replace(media, info=replace(media.info, video=replace(media.info.video, fps=Fraction(30))))
    wanted = edit(100, shown(media, 0, 100), size=SIZE)
    found = spans(await planned(studio, wanted))
    assert found
    assert not any(start < 53 and start + length > 50 for start, length in found)
    out = await studio.film(wanted, tmp_path, copy=True)
    assert counts(out) == [49 if 50 <= frame <= 52 else frame for frame in range(100)]


async def refused(studio: Studio, media: Media, **changes: Any) -> bool:
    return spans(await planned(studio, edit(60, shown(media, 0, 60), size=SIZE, **changes))) == []


async def test_what_is_not_like_the_output_is_encoded(studio: Studio) -> None:
    keys = "keyint=30:scenecut=0"
    assert await refused(studio, await source(studio, "sar.mp4", "fast", keys, "-aspect", "2:1"))
    assert await refused(studio, await source(studio, "ten.mp4", "fast", keys, "-pix_fmt", "yuv420p10le"))
    assert await refused(studio, await source(studio, "four.mp4", "fast", keys, "-pix_fmt", "yuv444p"))
    assert await refused(studio, await source(studio, "inter.mp4", "fast", keys + ":tff=1"))
    assert await refused(studio, await source(studio, "full.mp4", "fast", keys, "-color_range", "pc"))
    assert await refused(studio, await source(studio, "sd.mp4", "fast", keys, "-colorspace", "smpte170m"))
    assert await refused(studio, await source(studio, "slow.mp4", "fast", keys, fps="25"))
    untagged = await studio.counter("untagged.mp4", "30", 4, "-c:v", "libx264", "-g", "30")
    assert await refused(studio, untagged)
    plain = await every_second(studio)
    assert await refused(studio, plain, crf=20)
    assert await refused(studio, plain, quality="low")
    assert await refused(studio, plain, codec="h265")
    assert not await refused(studio, plain)


async def test_mirrored_and_turned_files_are_encoded(studio: Studio) -> None:
    plain = await every_second(studio)
    data = bytearray(studio.paths[plain.sha256].read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    assert data[at : at + 4] == bytes((0, 1, 0, 0))
    data[at + 16 : at + 20] = (-0x10000).to_bytes(4, "big", signed=True)
    path = studio.folder / "mirrored.mp4"
    path.write_bytes(data)
    assert await refused(studio, await studio.take(path))


async def test_what_is_done_to_a_clip_or_laid_over_it_is_encoded(studio: Studio) -> None:
    media = await every_second(studio)

    async def copied(*clips: ResolvedClip) -> list[tuple[int, int]]:
        return spans(await planned(studio, edit(120, *clips, size=SIZE)))

    base = shown(media, 0, 120)
    for change in (
        {"opacity": 0.9}, {"speed": Fraction(2)}, {"radius_px": 4.0}, {"flip_x": True}, {"blend": "screen"},
        {"width_px": 100, "height_px": 56}, {"offset_x": Fraction(1, 8)},
    ):  # fmt: skip
        assert await copied(replace(base, **change)) == []
    ((first, length),) = await copied(base, title(0, 45))
    assert (first, first + length) == (60, 120)
    faded = await copied(replace(base, fade_in=40, fade_out=10))
    assert faded[0][0] == 60
    assert sum(faded[0]) <= 110
    assert await copied(base, clip(0, 120, opacity=0.0)) == [(0, 120)]
    assert await copied(clip(0, 120), base) == [(0, 120)]


async def test_a_range_of_the_edit_is_copied_too(studio: Studio, tmp_path: Path) -> None:
    media = await every_second(studio)
    whole = edit(120, shown(media, 0, 120), size=SIZE)
    wanted = replace(whole, output=replace(whole.output, first=20, frames=80))
    plan = await planned(studio, wanted)
    assert plan.frames == 80
    assert spans(plan)[0][0] == 10
    out = await studio.make(plan, tmp_path)
    assert counts(out) == list(range(20, 100))


async def test_sound_stays_where_it_was(studio: Studio, tmp_path: Path) -> None:
    media = await every_second(studio)
    track = music(await studio.noise("plain.wav"), Fraction(3))
    wanted = edit(90, shown(media, 0, 90, Fraction(1, 5)), size=SIZE, soundtrack=track)
    out = await studio.film(wanted, tmp_path, copy=True)
    heard = samples(out)
    assert len(heard) == 144_000
    assert abs(lag(heard[:, 0], noise_samples(4)[:144_000])) <= 1


async def test_a_source_that_changed_meanwhile_is_noticed(studio: Studio, tmp_path: Path) -> None:
    media = await every_second(studio)
    other = await long_gop(studio)
    plan = await planned(studio, edit(120, shown(media, 0, 120, Fraction(1)), size=SIZE))
    kept = studio.paths[media.sha256]
    studio.paths[media.sha256] = studio.paths[other.sha256]
    try:
        with pytest.raises(Internal) as caught:
            await studio.make(plan, tmp_path)
        assert caught.value.code == "segment_mismatch"
    finally:
        studio.paths[media.sha256] = kept


async def test_hostile_files_copy_nothing(studio: Studio) -> None:
    media = await every_second(studio)
    data = bytearray(studio.paths[media.sha256].read_bytes())
    place = data.index(b"stsz")
    data[place + 12 : place + 60] = bytes(range(48))
    path = studio.folder / "hostile.mp4"
    path.write_bytes(data)
    paths = {media.sha256: path}
    wanted = edit(120, shown(media, 0, 120), size=SIZE)
    indexes = await index_copies(wanted, paths)
    assert spans(compile_plan(wanted, indexes=indexes)) == []
    path.write_bytes(b"nothing")
    assert await index_copies(wanted, paths) == {}


async def test_the_key_of_an_encode_does_not_depend_on_a_copy_far_away(studio: Studio) -> None:
    media = await every_second(studio)
    one = await planned(studio, edit(120, shown(media, 0, 60), shown(media, 60, 120, Fraction(1, 2)), size=SIZE))
    two = await planned(
        studio, edit(120, shown(media, 0, 50), title(50, 60), shown(media, 60, 120, Fraction(1, 2)), size=SIZE)
    )
    assert one.segments[-1].key == two.segments[-1].key


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=12), st.integers(0, 60), st.integers(1, 40))
def test_what_is_free_is_what_nothing_took(taken: list[tuple[int, int]], first: int, length: int) -> None:
    spans_ = _Taken()
    for start, size in taken:
        spans_.add(start, start + size)
    busy = {frame for start, size in taken for frame in range(start, start + size)}
    free = [frame for a, b in spans_.free(first, first + length) for frame in range(a, b)]
    assert free == [frame for frame in range(first, first + length) if frame not in busy]
