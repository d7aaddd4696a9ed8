"""Whatever the document, resolving it keeps its promises or refuses it in order."""

from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cutroom.kit.errors import Invalid
from cutroom.media.timebase import nearest_frame
from cutroom.timeline import Limits, Media, ResolvedClip, ResolvedEdit, parse, resolve, sources
from tests.timeline import media

LIMITS = Limits(duration_s=100)
SOURCES = ("https://a.example/1", "https://a.example/2", "https://a.example/3")

seconds = st.one_of(
    st.integers(0, 9).map(float),
    st.integers(0, 400).map(lambda n: n / 40),
    st.floats(0, 12, allow_nan=False),
    st.sampled_from([0.1 + 0.2, 1 / 3, 1e-9, 0.0166666, 5e-324]),
)
fps: st.SearchStrategy[float | str] = st.sampled_from([1, 12.5, 23.976, 25, 29.97, 30, "60000/1001", 60, "7/3"])
lengths: st.SearchStrategy[float | str] = st.one_of(seconds, st.sampled_from(["auto", "auto", "end"]))


@st.composite
def clips(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["video", "image", "audio", "text", "color"]))
    asset: dict[str, Any] = {"type": kind}
    if kind == "text":
        asset["text"] = draw(st.text(max_size=5))
    elif kind == "color":
        asset["color"] = draw(st.sampled_from(["#fff", "#00000080"]))
    else:
        asset["src"] = draw(st.sampled_from(SOURCES))
    clip: dict[str, Any] = {"asset": asset, "start": draw(st.just("auto") | seconds), "length": draw(lengths)}
    if kind in {"video", "audio"}:
        clip |= {"trim": draw(seconds), "volume": draw(st.sampled_from([0, 1, 2])), "fadeOut": draw(seconds)}
    if kind not in {"audio", "text"}:
        clip["size"] = draw(st.sampled_from([{}, {"width": 100}, {"height": 3000}, {"width": 7, "height": 9}]))
    clip["transition"] = {
        "in": draw(st.sampled_from(["cut", "fade", "dissolve"])),
        "out": draw(st.sampled_from(["cut", "cut", "fade"])),
        "duration": draw(st.sampled_from([0.001, 0.4, 1, 60])),
    }
    clip["parentDurationDecider"] = draw(st.booleans()) and clip["length"] != "end"
    return clip


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    timeline: dict[str, Any] = {
        "tracks": draw(st.lists(st.builds(lambda found: {"clips": found}, st.lists(clips(), max_size=5)), max_size=3)),
        "duration": draw(st.none() | seconds),
    }
    if draw(st.booleans()):
        timeline["soundtrack"] = {
            "src": draw(st.sampled_from(SOURCES)),
            "loop": draw(st.booleans()),
            "trim": draw(seconds),
        }
    output = {"fps": draw(fps), "format": draw(st.sampled_from(["mp4", "mp4", "mp3"]))}
    return {"timeline": timeline, "output": output}


lengths_s = st.none() | st.sampled_from([0.01, 1.0, 4.2, 10.0])
gathered: st.SearchStrategy[Media] = st.one_of(
    st.builds(lambda length, heard: media.video(length, audio=heard), lengths_s, lengths_s),
    st.builds(media.audio, lengths_s),
    st.just(media.image()),
)


def resolved(document: dict[str, Any], found: list[Media]) -> ResolvedEdit | None:
    try:
        edit = parse(document, LIMITS)
        given_media = dict(zip(SOURCES, found, strict=True))
        return resolve(edit, {use.src: given_media[use.src] for use in sources(edit)}, LIMITS)
    except Invalid as error:
        assert error.details
        assert all(detail.pointer.startswith("/") for detail in error.details)
        return None


def check_clip(clip: ResolvedClip, frames: int, rate: Fraction) -> None:
    assert 0 <= clip.start < clip.end <= frames
    assert 0 <= clip.tail <= frames - clip.end
    assert 0 <= clip.fade_in <= clip.end - clip.start
    assert 0 <= clip.fade_out <= clip.end + clip.tail - clip.start
    assert clip.fade_in + clip.fade_out <= clip.end - clip.start + clip.tail
    heard = clip.audio_end - clip.audio_start
    assert 0 <= clip.audio_start <= clip.audio_end <= frames / rate
    assert 0 <= clip.audio_fade_in <= heard
    assert 0 <= clip.audio_fade_out <= heard


@given(documents(), st.lists(gathered, min_size=3, max_size=3))
@settings(max_examples=400, deadline=None)
def test_clips_stay_inside_the_timeline(document: dict[str, Any], found: list[Media]) -> None:
    result = resolved(document, found)
    if result is None:
        return
    duration = document["timeline"]["duration"]
    if duration is not None:
        assert result.frames == nearest_frame(Fraction(round(duration * 10**9), 10**9), result.output.fps)
    assert result.frames > 0
    for clip in result.clips:
        check_clip(clip, result.frames, result.output.fps)
    order = [(clip.layer, clip.start) for clip in result.clips]
    assert order == sorted(order)
    if result.soundtrack is not None:
        assert 0 < result.soundtrack.end <= result.frames / result.output.fps
        assert max(result.soundtrack.fade_in, result.soundtrack.fade_out) <= result.soundtrack.end


@given(st.lists(seconds.filter(lambda length: length > 1e-6), min_size=1, max_size=8), fps)
@settings(max_examples=200, deadline=None)
def test_clips_that_follow_one_another_leave_no_gap_and_fill_the_timeline(
    found: list[float], rate: float | str
) -> None:
    clips_in_a_row = [{"asset": {"type": "color", "color": "#fff"}, "length": length} for length in found]
    try:
        result = resolve(parse({"timeline": {"tracks": [{"clips": clips_in_a_row}]}, "output": {"fps": rate}}), {})
    except Invalid as error:
        assert error.code == "too_short"
        return
    total = sum((Fraction(round(length * 10**9), 10**9) for length in found), Fraction(0))
    assert result.frames == nearest_frame(total, result.output.fps)
    edges = [0, *(clip.end for clip in result.clips)]
    assert [clip.start for clip in result.clips] == edges[:-1]
    assert edges[-1] == result.frames
