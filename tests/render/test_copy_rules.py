"""What is copied, for any source and any cut: decided from lists of packets alone."""

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cutroom.media.packets import PacketIndex
from cutroom.render.compile import compile_plan, copy_candidates
from cutroom.render.copying import find_copies, free_sets
from cutroom.render.mux.parameters import write_config
from cutroom.render.mux.skip import BitWriter, skip_set
from cutroom.render.plan import Canvas, CopySegment
from cutroom.timeline.resolved import Color, Media, ResolvedEdit
from tests.render.edits import FPS, clip, edit, title, video

CANVAS = Canvas(320, 180, FPS, Color(0, 0, 0))
TICK = 512
MEDIA = video("a")


def sequence(number: int, level: int = 30) -> bytes:
    """A sequence parameter set for 320x180, tagged BT.709."""
    bits = BitWriter()
    bits.put(66, 8)
    bits.put(0, 8)
    bits.put(level, 8)
    for value in (number, 0, 2, 1):
        bits.number(value)
    bits.put(0, 1)
    bits.number(19)
    bits.number(11)
    bits.put(0b111, 3)  # frames only, direct inference, cropping
    for value in (0, 0, 0, 6):
        bits.number(value)
    bits.put(0b1001, 4)  # a VUI without aspect and overscan, with a signal type
    bits.put(0b10101, 5)  # unspecified format, limited range, colours
    for _ in range(3):
        bits.put(1, 8)
    bits.put(0, 6)
    return bits.nal(0x67)


def config(number: int = 0, level: int = 30) -> bytes:
    return write_config([sequence(number, level)], [skip_set(number, number)])


@dataclass(frozen=True)
class Gop:
    """A group of pictures: in decoding order, which of them each packet shows; `instant` when it begins with an IDR."""

    shown: tuple[int, ...]
    instant: bool


@st.composite
def gops(draw: st.DrawFn) -> Gop:
    """Closed GOPs of I, P and B-pictures, with a pyramid now and then."""
    shown, at = [0], 0
    for _ in range(draw(st.integers(0, 8))):
        ahead = draw(st.integers(1, 4))
        between = draw(st.permutations(range(at + 1, at + ahead)))
        shown += [at + ahead, *between]
        at += ahead
    return Gop(tuple(shown), draw(st.booleans()) or draw(st.booleans()))


def index_of(found: list[Gop], record: bytes, bad: frozenset[int] = frozenset()) -> PacketIndex:
    shown = [base + number for base, gop in zip(starts(found), found, strict=True) for number in gop.shown]
    count = len(shown)
    instant = [gop.instant and place == 0 for gop in found for place in range(len(gop.shown))]
    return PacketIndex(
        config=record,
        upright=True,
        colors=(1, 1, 1, 1),
        pts=np.array(shown, np.int64) * TICK,
        dts=(np.arange(count, dtype=np.int64) - 5) * TICK,
        offsets=np.arange(count, dtype=np.int64) * 100,
        sizes=np.full(count, 100, np.int32),
        keys=np.array(instant, np.bool_),
        instant=np.array(instant, np.bool_),
        foreign=np.array([place in bad for place in range(count)], np.bool_),
        discarded=np.zeros(count, np.bool_),
    )


def starts(found: list[Gop]) -> list[int]:
    return [sum(len(gop.shown) for gop in found[:number]) for number in range(len(found))]


def media_of(name: str, frames: int) -> Media:
    return video(name, duration=frames / FPS, frames=frames)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(gops(), min_size=1, max_size=12),
    st.integers(0, 60),
    st.integers(1, 120),
    st.frozensets(st.integers(0, 150), max_size=2),
)
def test_a_copy_is_whole_and_shows_what_the_edit_shows(
    found: list[Gop], trim: int, length: int, bad: frozenset[int]
) -> None:
    total = sum(len(gop.shown) for gop in found)
    media = media_of("a", total)
    index = index_of(found, config(), bad)
    wanted = edit(length, clip(0, length, media, trim=trim / FPS))
    plan = compile_plan(wanted, indexes={media.sha256: index}, engine="test")
    assert [part.start for part in plan.segments] == [0, *np.cumsum([part.frames for part in plan.segments])[:-1]]
    assert sum(part.frames for part in plan.segments) == length
    for part in plan.segments:
        if not isinstance(part, CopySegment):
            continue
        assert part.frames >= 15
        (at,) = np.flatnonzero(index.pts == part.first_pts)
        packets = slice(int(at), int(at) + part.frames)
        assert index.instant[at]
        assert not index.foreign[packets].any()
        assert sorted(index.pts[packets] // TICK) == list(range(trim + part.start, trim + part.start + part.frames))


@settings(deadline=None, max_examples=20)
@given(st.lists(gops(), min_size=3, max_size=12), st.integers(1, 40), st.integers(40, 100))
def test_what_is_encoded_elsewhere_does_not_depend_on_copies_far_away(found: list[Gop], first: int, last: int) -> None:
    total = sum(len(gop.shown) for gop in found)
    media = media_of("a", total)
    indexes = {media.sha256: index_of(found, config())}
    tail = clip(400, 700)
    one = compile_plan(edit(700, clip(0, 100, media), tail), indexes=indexes, engine="test")
    two = compile_plan(edit(700, clip(0, 100, media), title(first, last), tail), indexes=indexes, engine="test")

    def keys(plan_: object) -> set[str]:
        return {part.key for part in plan_.segments if part.start >= 400}  # type: ignore[attr-defined]

    assert keys(one) == keys(two)


def steady(count: int, record: bytes) -> PacketIndex:
    return index_of([Gop(tuple(range(30)), instant=True)] * (count // 30), record)


def copied(wanted: ResolvedEdit, indexes: dict[str, PacketIndex]) -> dict[str, int]:
    """How many frames of each source are copied."""
    frames: dict[str, int] = {}
    for copy in find_copies(copy_candidates(wanted), indexes, CANVAS):
        assert copy.clip.media is not None
        frames[copy.clip.media.sha256] = frames.get(copy.clip.media.sha256, 0) + copy.frames
    return frames


def test_of_sources_with_one_id_and_other_sets_the_longer_is_copied() -> None:
    long, short, third = media_of("a", 300), media_of("b", 300), media_of("c", 300)
    wanted = edit(300, clip(0, 60, short), clip(60, 180, long), clip(180, 300, third))
    indexes = {
        long.sha256: steady(300, config(0)),
        short.sha256: steady(300, config(0, level=40)),
        third.sha256: steady(300, config(5)),
    }
    assert copied(wanted, indexes) == {long.sha256: 120, third.sha256: 120}
    same = {**indexes, short.sha256: steady(300, config(0))}
    assert copied(wanted, same) == {long.sha256: 120, short.sha256: 60, third.sha256: 120}


def test_our_sets_take_an_id_that_no_copied_source_has() -> None:
    media = media_of("a", 300)
    candidates = copy_candidates(edit(300, clip(0, 300, media)))

    def free(*numbers: int) -> int:
        record = write_config([sequence(n) for n in numbers], [skip_set(n, n) for n in numbers])
        return free_sets(find_copies(candidates, {media.sha256: steady(300, record)}, CANVAS))

    assert free(0) == 31
    assert free(31) == 30
    assert free(31, 30, 29) == 28


def test_sources_that_are_too_many_kinds_are_not_all_copied() -> None:
    media = [media_of(name, 300) for name in "abcdefghijklmnopqrst"]
    wanted = edit(600, *(clip(30 * n, 30 * n + 30, one) for n, one in enumerate(media)))
    indexes = {one.sha256: steady(300, config(number)) for number, one in enumerate(media)}
    plan = compile_plan(wanted, indexes=indexes, engine="test")
    kinds = [part.kind for part in plan.segments]
    assert kinds.count("copy") == 12  # two sets each, of 24
    assert plan.frames == sum(part.frames for part in plan.segments)


def test_files_of_another_kind_are_not_copied() -> None:
    media = media_of("a", 300)
    wanted = edit(300, clip(0, 300, media))
    good = steady(300, config())
    assert copied(wanted, {media.sha256: good}) == {media.sha256: 300}
    for wrong in (
        replace(good, upright=False),
        replace(good, colors=(2, 1, 1, 1)),
        replace(good, colors=(1, 9, 1, 1)),
        replace(good, config=b""),
        replace(good, config=b"\x01" + bytes(30)),
        replace(good, config=bytes((*config()[:4], 0xFD, *config()[5:]))),
        replace(good, discarded=np.ones(300, np.bool_)),
        replace(good, offsets=np.full(300, -1)),
    ):
        assert copied(wanted, {media.sha256: wrong}) == {}


def test_candidates_are_found_in_linear_time() -> None:
    clips = [clip(30 * n, 30 * n + 30, MEDIA, trim=Fraction(n % 50)) for n in range(10_000)]
    wanted = edit(300_000, *clips)
    indexes = {MEDIA.sha256: steady(1800, config())}
    plan = compile_plan(wanted, indexes=indexes, engine="test")
    assert all(part.kind == "copy" for part in plan.segments)
    assert all(a.start + a.frames == b.start for a, b in pairwise(plan.segments))
