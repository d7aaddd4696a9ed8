"""Documents to OTIO and back, and timelines of other programs."""

import json
from fractions import Fraction
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutroom.kit.errors import Invalid
from cutroom.timeline import Limits, parse, resolve
from cutroom.timeline.otio import from_otio, read, to_otio, write
from tests.timeline import documents


def exported(document: dict[str, Any]) -> Any:
    return to_otio(document, resolve(parse(document), documents.MEDIA), name="test")


def there_and_back(document: dict[str, Any]) -> dict[str, Any]:
    return from_otio(read(write(exported(document)))).document


def document(*tracks: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"timeline": {"tracks": [{"clips": clips} for clips in tracks]}, **more}


def at(time: float, rate: float = 24) -> Any:
    return otio.opentime.RationalTime(time, rate)


def span(start: float, length: float, rate: float = 24) -> Any:
    return otio.opentime.TimeRange(at(start, rate), at(length, rate))


def clip(url: str, start: float, length: float, rate: float = 24, **more: Any) -> Any:
    reference = otio.schema.ExternalReference(target_url=url)
    return otio.schema.Clip(name="c", media_reference=reference, source_range=span(start, length, rate), **more)


def foreign(*items: Any, kind: str = "Video") -> Any:
    timeline = otio.schema.Timeline()
    track = otio.schema.Track(kind=kind)
    track.extend(items)
    timeline.tracks.append(track)
    return timeline


def test_a_document_becomes_tracks_of_clips_and_gaps() -> None:
    made = exported(
        document(
            [documents.text(start=1, length=2)],
            [documents.video(start=0, length=2, trim=1), documents.image(start=3, length=2)],
            output={"fps": 25},
        )
    )
    lower, upper = made.tracks
    assert [type(item).__name__ for item in lower] == ["Clip", "Gap", "Clip"]
    assert lower[0].source_range == span(25, 50, 25)
    assert lower[0].media_reference.target_url == documents.VIDEO
    assert lower[1].duration() == at(25, 25)
    assert [type(item).__name__ for item in upper] == ["Gap", "Clip"]
    assert upper[1].media_reference.generator_kind == "text"


def test_clips_that_overlap_get_lanes_and_dissolves_become_transitions() -> None:
    made = exported(
        document(
            [documents.image(start=0, length=4), documents.color(start=2, length=4)],
            [documents.image(start=0, length=2), documents.color(length=2, transition={"in": "dissolve"})],
        )
    )
    assert [track.name for track in made.tracks] == ["Track 2", "Track 1", "Track 1.2"]
    transition = made.tracks[0][1]
    assert isinstance(transition, otio.schema.Transition)
    assert (transition.in_offset.value, transition.out_offset.value) == (0, 15)


def test_a_whole_document_comes_back_as_it_was() -> None:
    made = document(
        [documents.text("Ünïcode", start=0.5, length=1.5), documents.text(start=1, length="end")],
        [documents.video(trim=0.5, volume=0.25, speed=2, start=0, length=3), documents.image(start="auto")],
        [documents.sound(start=0), documents.color(start=1, length=2)],
        [],
        output={"fps": "30000/1001", "width": 640, "height": 360},
    )
    made["timeline"] |= {"background": "#102030", "soundtrack": {"src": documents.SOUND, "loop": True}, "duration": 9}
    made["timeline"]["fonts"] = [{"src": documents.FONT, "family": "Titles"}]
    assert there_and_back(made) == made


def test_clips_keep_their_names_and_the_times_that_they_say_by_them() -> None:
    made = document(
        [documents.text(start="with:voice", length="like:voice"), documents.color(start="after:voice", length=1)],
        [{"name": "voice", **documents.sound(start=2)}],
    )
    timeline = exported(made)
    assert [item.name for track in timeline.tracks for item in track if isinstance(item, otio.schema.Clip)] == [
        "voice", "Hello", "color",
    ]  # fmt: skip
    (gap, title, after) = timeline.tracks[-1]
    assert gap.duration().to_seconds() == 2
    assert title.duration() == after.trimmed_range_in_parent().start_time - at(60, 30)
    assert there_and_back(made) == made


def test_a_clip_that_is_never_seen_comes_back_too() -> None:
    made = document([documents.color(start=0, length=1), documents.color(start=50, length=1)])
    made["timeline"]["duration"] = 2
    assert there_and_back(made) == made


SECONDS = st.integers(0, 80).map(lambda number: number / 8)
LENGTHS = st.one_of(st.just("auto"), st.integers(1, 40).map(lambda number: number / 8))
FADES: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {"transition": {"in": "fade"}}, {"transition": {"in": "dissolve", "duration": 0.25}}]
)


@st.composite
def clips(draw: st.DrawFn) -> dict[str, Any]:
    make = draw(st.sampled_from([documents.video, documents.image, documents.text, documents.color, documents.sound]))
    more: dict[str, Any] = {"start": draw(st.one_of(st.just("auto"), SECONDS)), "length": draw(LENGTHS)}
    if make is not documents.sound:
        more.update(draw(FADES))
    if make is documents.video:
        more.update(draw(st.sampled_from([{}, {"trim": 0.125}, {"speed": 1.5}])))
    found: dict[str, Any] = make(**more)
    return found


@given(
    st.lists(st.lists(clips(), max_size=4), min_size=1, max_size=3),
    st.sampled_from([24, 25, 30, 29.97, "60000/1001", 12.5]),
)
def test_every_document_comes_back_as_it_was(tracks: list[list[dict[str, Any]]], fps: float | str) -> None:
    made = document(*tracks, [documents.color(start=0, length=1)], output={"fps": fps})
    assert there_and_back(made) == made


def test_a_clip_that_was_moved_and_trimmed_elsewhere_takes_its_new_times() -> None:
    made = document([documents.video(start=1, length=2, volume=0.5)], output={"fps": 25})
    timeline = exported(made)
    track = timeline.tracks[0]
    track[0].source_range = span(0, 50, 25)
    track[1].source_range = span(25, 75, 25)
    (changed,) = from_otio(timeline).document["timeline"]["tracks"][0]["clips"]
    assert changed == {**documents.video(volume=0.5), "start": 2, "length": 3, "trim": 1}


def test_a_timeline_of_another_program_becomes_a_document() -> None:
    timeline = foreign(
        clip("file:///media/a%20film.mp4", 48, 24, 23.976),
        otio.schema.Gap(source_range=span(0, 12, 23.976)),
        clip("https://media.example/b.png", 0, 48, 23.976),
    )
    found = from_otio(read(write(timeline)))
    assert found.document["output"] == {"fps": pytest.approx(24000 / 1001)}
    first, second = found.document["timeline"]["tracks"][0]["clips"]
    assert first["asset"] == {"type": "video", "src": "/media/a film.mp4"}
    assert second["asset"] == {"type": "image", "src": "https://media.example/b.png"}
    frame = Fraction(1001, 24000)
    assert (first["trim"], first["length"]) == (pytest.approx(float(48 * frame)), pytest.approx(float(24 * frame)))
    assert second["start"] == pytest.approx(float(36 * frame))
    assert found.notes == ()


def test_a_dissolve_of_another_program_starts_before_the_cut() -> None:
    timeline = foreign(
        clip("a.mp4", 0, 48),
        otio.schema.Transition(transition_type="SMPTE_Dissolve", in_offset=at(12), out_offset=at(12)),
        clip("b.mp4", 24, 48),
    )
    clips: list[dict[str, Any]] = from_otio(timeline).document["timeline"]["tracks"][0]["clips"]
    second = clips[1]
    assert second["transition"] == {"in": "dissolve", "duration": 1}
    assert (second["start"], second["length"], second["trim"]) == (1.5, 2.5, 0.5)


def test_audio_tracks_make_the_videos_silent_and_are_told() -> None:
    timeline = foreign(clip("a.mp4", 0, 48))
    sound = otio.schema.Track(kind="Audio")
    sound.append(clip("a.mp4", 0, 48))
    timeline.tracks.append(sound)
    found = from_otio(timeline)
    clips = [track["clips"][0] for track in found.document["timeline"]["tracks"]]
    assert sorted((one["asset"]["type"], one.get("volume")) for one in clips) == [("audio", None), ("video", 0)]
    assert "silent" in found.notes[0]


def test_time_codes_count_from_where_the_media_starts() -> None:
    made = clip("a.mp4", 86_412, 24)
    made.media_reference.available_range = span(86_400, 240)
    (found,) = from_otio(foreign(made)).document["timeline"]["tracks"][0]["clips"]
    assert found["trim"] == 0.5


def test_what_no_document_can_say_is_refused_at_its_place() -> None:
    missing = otio.schema.Clip(name="lost", source_range=span(0, 24))
    endless = clip("a.mp4", 0, 24)
    endless.source_range = None
    timeline = foreign(clip("a.mp4", 0, 24), missing, endless)
    with pytest.raises(Invalid) as caught:
        from_otio(timeline)
    assert [(d.code, d.pointer) for d in caught.value.details] == [
        ("unsupported_otio", "/tracks/children/0/children/1/media_reference"),
        ("unsupported_otio", "/tracks/children/0/children/2"),
    ]
    for rate in (0, float("nan")):
        with pytest.raises(Invalid):
            from_otio(foreign(clip("a.mp4", 0, 24, rate)))


def stack(*items: Any, **more: Any) -> Any:
    made = otio.schema.Stack(**more)
    made.extend(items)
    return made


def test_a_sequence_inside_of_a_sequence_becomes_a_timeline_inside_of_the_timeline() -> None:
    inside = stack(foreign(clip("a.mp4", 0, 48)).tracks[0].clone(), source_range=span(12, 24))
    within = {"tracks": [{"clips": [{"asset": {"type": "video", "src": "a.mp4"}, "start": 0, "length": 2}]}]}
    asset = {"type": "timeline", "timeline": within}
    made = from_otio(read(write(foreign(clip("b.mp4", 0, 24), inside)))).document
    assert made["timeline"]["tracks"][0]["clips"][1] == {"asset": asset, "start": 1, "length": 1, "trim": 0.5}
    parse(made, Limits(allow_local=True))
    beside = otio.schema.Timeline()
    beside.tracks.extend([inside.clone(), clip("b.mp4", 0, 24)])
    over, under = (track["clips"] for track in from_otio(beside).document["timeline"]["tracks"])
    assert over == [{"asset": {"type": "video", "src": "b.mp4"}, "start": 0, "length": 1}]
    assert under == [{"asset": asset, "start": 0, "length": 1, "trim": 0.5}]
    deep = inside
    for _ in range(4):
        deep = stack(foreign(deep.clone()).tracks[0].clone())
    with pytest.raises(Invalid, match="At most 4"):
        from_otio(foreign(deep))


def test_of_a_trimmed_track_only_that_part_is_seen() -> None:
    timeline = foreign(clip("a.mp4", 0, 24), clip("b.mp4", 0, 24))
    timeline.tracks[0].source_range = span(0, 48)
    whole = from_otio(timeline).document["timeline"]["tracks"]
    assert [one["asset"]["src"] for one in whole[0]["clips"]] == ["a.mp4", "b.mp4"]
    timeline.tracks[0].source_range = span(12, 24)
    (part,) = from_otio(timeline).document["timeline"]["tracks"][0]["clips"]
    assert (part["start"], part["trim"], part["length"]) == (0, 0.5, 1)
    assert part["asset"]["timeline"]["tracks"] == whole
    timeline.tracks[0].source_range = None
    timeline.tracks.source_range = span(12, 24)
    assert from_otio(timeline).document["timeline"]["tracks"] == [{"clips": [part]}]


def test_what_is_switched_off_or_unknown_is_left_out_and_told() -> None:
    timeline = foreign(clip("a.mp4", 0, 24), clip("zero.mp4", 0, 0))
    off, notes = otio.schema.Track(), otio.schema.Track(name="Subtitles", kind="Subtitle")
    off.append(clip("off.mp4", 0, 24))
    off.enabled = False
    notes.append(clip("x.srt", 0, 24))
    timeline.tracks.extend([off, notes])
    timeline.tracks[0].effects.append(otio.schema.LinearTimeWarp(time_scalar=2))
    timeline.tracks[0][0].effects.append(otio.schema.LinearTimeWarp(time_scalar=99))
    found = from_otio(timeline)
    assert found.document["timeline"]["tracks"] == [
        {"clips": [{"asset": {"type": "video", "src": "a.mp4"}, "start": 0, "length": 1}]}
    ]
    assert len(found.notes) == 3
    assert "'Subtitles'" in found.notes[0]


@pytest.mark.parametrize(
    "lie", [7, {"clip": 5}, {"soundtrack": 1}, {"tracks": 5, "left_out": [3], "document": []}, {"track": 0, "clip": {}}]
)
def test_metadata_under_our_name_that_is_not_ours_means_nothing(lie: Any) -> None:
    timeline = foreign(clip("a.mp4", 0, 24))
    for one in (timeline, timeline.tracks[0], timeline.tracks[0][0]):
        one.metadata["cutroom"] = lie
    plain = {"asset": {"type": "video", "src": "a.mp4"}, "start": 0, "length": 1}
    assert from_otio(timeline).document["timeline"]["tracks"] == [{"clips": [plain]}]


def test_paths_with_a_drive_keep_it_alone() -> None:
    timeline = foreign(clip("file:///C:/Media/My%20film.mp4", 0, 24), clip("file://localhost/m/b.mp4", 0, 24))
    clips = from_otio(timeline).document["timeline"]["tracks"][0]["clips"]
    assert [one["asset"]["src"] for one in clips] == ["C:/Media/My film.mp4", "/m/b.mp4"]


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '{"a": 1}', '{"OTIO_SCHEMA": "Clip.2"}', '{"OTIO_SCHEMA": 5}'])
def test_what_is_no_timeline_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(text)
    assert caught.value.code == "bad_otio"


def test_the_text_is_that_of_an_otio_file() -> None:
    text = write(exported(document([documents.color(start=0, length=1)])))
    assert json.loads(text)["OTIO_SCHEMA"].startswith("Timeline.")
