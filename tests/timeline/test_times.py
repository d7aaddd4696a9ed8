"""Clips that say their times by other clips."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutroom.kit.errors import Invalid
from cutroom.timeline import Limits, longest, parse
from tests.timeline.documents import color, edit, image, resolved, sound, spans, text, video

TRACKS = "/timeline/tracks"


def refused(*tracks: list[dict[str, Any]]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        edit(*tracks)
    return [(detail.code, detail.pointer) for detail in caught.value.details]


def starts_and_ends(*tracks: list[dict[str, Any]], **more: Any) -> dict[str, tuple[int, int]]:
    found = {
        clip.pointer.removeprefix(f"{TRACKS}/"): (clip.start, clip.end) for clip in resolved(*tracks, **more).clips
    }
    return {pointer.replace("/clips/", "."): span for pointer, span in found.items()}


def test_a_title_lasts_as_long_as_the_voice_that_it_goes_with() -> None:
    title = text(start="with:voice", length="like:voice")
    after = color(start="after:voice", length=1)
    found = starts_and_ends([title], [after], [color(length=2), sound(name="voice", trim=4, start=1.5, speed=2)])
    voice = (45, 135)  # what is left of ten seconds, twice as fast
    assert found == {"0.0": voice, "1.0": (135, 165), "2.0": (0, 60), "2.1": voice}


def test_names_are_followed_through_other_names_and_through_what_comes_after() -> None:
    found = starts_and_ends(
        [color(start="after:b", length="like:c"), color(length=1)],
        [color(name="b", start="with:c", length="like:d")],
        [color(length=1), color(name="c", length="like:d")],
        [color(name="d", start=9, length=0.5)],
    )
    assert found == {
        "0.0": (45, 60), "0.1": (60, 90), "1.0": (30, 45), "2.0": (0, 30), "2.1": (30, 45), "3.0": (270, 285),
    }  # fmt: skip


def test_two_clips_may_each_say_something_of_the_other() -> None:
    found = starts_and_ends([color(name="a", start=2, length="like:b")], [color(name="b", start="with:a", length=3)])
    assert found == {"0.0": (60, 150), "1.0": (60, 150)}


def test_lengths_of_media_are_exact_and_a_clip_that_runs_to_the_end_may_start_by_name() -> None:
    found = starts_and_ends(
        [text(start="after:film", length="end")], [video(name="film", speed=3)], [color(length=5)], duration=5
    )
    assert found["1.0"] == (0, 100)  # ten seconds in thirds
    assert found["0.0"] == (100, 150)


def test_names_mean_the_clips_of_their_own_timeline() -> None:
    inner = {"tracks": [{"clips": [color(name="a", length=1), color(start="after:a", length=1)]}]}
    nested = {"asset": {"type": "timeline", "timeline": inner}, "name": "whole"}
    tracks = [[color(name="a", length=2)], [nested, nested | {"name": "b"}], [color(start="after:b", length=1)]]
    document: Any = {"timeline": {"tracks": [{"clips": clips} for clips in tracks]}}
    parse(document)
    below = {"tracks": [{"clips": [color(start="with:whole", length=1)]}]}
    document["timeline"]["tracks"][0]["clips"].append({"asset": {"type": "timeline", "timeline": below}})
    with pytest.raises(Invalid) as caught:
        parse(document)
    assert [(detail.code, detail.pointer) for detail in caught.value.details] == [
        ("unknown_clip", f"{TRACKS}/0/clips/1/asset/timeline/tracks/0/clips/0/start")
    ]


RING = [
    [color(name="a", start="after:b")],
    [color(), color(name="b", start="with:c")],
    [color(name="c", start="after:a")],
]
BY_WAY_OF_A_TRACK = [[color(start="after:b"), color(name="a")], [color(start="after:a", name="b")]]
OPEN = [[color(length=2)], [color(name="a", length="end")]]


@pytest.mark.parametrize(
    ("tracks", "code", "place"),
    [
        ([[color(start="with:voice")]], "unknown_clip", "0/clips/0/start"),
        ([[color(length="like:a")], [color(name="A")]], "unknown_clip", "0/clips/0/length"),
        ([[color(name="a"), color(name="a")]], "duplicate_name", "0/clips/1/name"),
        ([[color(name="a", start="after:a")]], "circular_times", "0/clips/0/start"),
        ([[color(name="a", length="like:a")]], "circular_times", "0/clips/0/length"),
        (RING, "circular_times", "0/clips/0/start"),
        (BY_WAY_OF_A_TRACK, "circular_times", "0/clips/0/start"),
        ([*OPEN, [color(start="after:a")]], "unknown_length", "2/clips/0/start"),
        ([*OPEN, [color(length="like:a")]], "unknown_length", "2/clips/0/length"),
        ([*OPEN, [color(start="with:a")]], "", ""),
    ],
)
def test_what_no_name_says_is_refused_where_it_stands(
    tracks: list[list[dict[str, Any]]], code: str, place: str
) -> None:
    if code:
        assert refused(*tracks) == [(code, f"{TRACKS}/{place}")]
    else:
        edit(*tracks)


WAYS = ["with:", "with:a b", "with voice", "like:a", "before:a", "alias://a", "with:" + "a" * 65]


@pytest.mark.parametrize("value", WAYS)
def test_a_start_says_how_a_clip_is_named(value: str) -> None:
    with pytest.raises(Invalid, match='or "auto", or "with:NAME", or "after:NAME"') as caught:
        edit([color(start=value)])
    assert caught.value.details[0].code == "unknown_value"


def test_what_other_tools_write_is_answered_with_what_to_write_here() -> None:
    with pytest.raises(Invalid, match="write 'name', and \"with:NAME\""):
        edit([{**color(), "alias": "a"}])


def test_the_most_that_a_document_can_last_follows_names_too() -> None:
    known = edit([color(name="a", length=4)], [color(start="after:a", length="like:a")])
    assert longest(known, Limits()) == 8
    open_end = edit([video(name="a")], [color(start="after:a", length="like:a")])
    assert longest(open_end, Limits(duration_s=300)) == 300


@given(st.lists(st.tuples(st.integers(1, 40), st.sampled_from(["with", "after"]), st.integers(0, 30)), max_size=12))
def test_naming_clips_is_the_same_as_counting(rows: list[tuple[int, str, int]]) -> None:
    """Each clip stands with or after an earlier one, whatever the order of the tracks."""
    clips, spans_ns = [color(name="c0", start=1, length=2)], [(Fraction(1), Fraction(3))]
    for number, (tenths, way, other) in enumerate(rows, start=1):
        before = spans_ns[other % number]
        start = before[0] if way == "with" else before[1]
        clips.append(color(name=f"c{number}", start=f"{way}:c{other % number}", length=tenths / 10))
        spans_ns.append((start, start + Fraction(tenths, 10)))
    found = spans(resolved(*[[clip] for clip in reversed(clips)], output={"fps": 10}))
    assert found == [(int(start * 10), int(end * 10)) for start, end in spans_ns]


def test_ten_thousand_clips_after_each_other_by_name_are_placed() -> None:
    clips = [image(name="c0", start=0, length=0.02)]
    clips += [image(name=f"c{n}", start=f"after:c{n - 1}", length="like:c0") for n in range(1, 10_000)]
    found = spans(resolved(clips[::-1], output={"fps": 50}))
    assert max(found) == (9_999, 10_000)
