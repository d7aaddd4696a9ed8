"""Whatever the document, resolving it keeps its promises or refuses it in order."""

from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from cutroom.kit.errors import Invalid
from cutroom.media.timebase import nearest_frame
from cutroom.timeline import Limits, Media, ResolvedClip, ResolvedEdit, parse, resolve, sources
from cutroom.timeline.resolved import Keyframe, View
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


KINDS = ("video", "image", "audio", "text", "color", "shape", "gradient", "captions", "waveform")
keyframes = st.lists(st.integers(0, 200), min_size=1, max_size=4, unique=True).map(
    lambda ats: [{"at": at / 20, "value": (at % 7) / 4, "easing": "easeOutBounce"} for at in sorted(ats)]
)
cues = st.lists(st.tuples(seconds, seconds.filter(lambda length: length > 1e-6)), min_size=1, max_size=4).map(
    lambda found: [{"start": start, "end": start + length, "text": "one two"} for start, length in found]
)


@st.composite
def assets(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    asset: dict[str, Any] = {"type": kind}
    if kind == "text":
        asset["text"] = draw(st.text(max_size=5))
    elif kind == "color":
        asset["color"] = draw(st.sampled_from(["#fff", "#00000080"]))
    elif kind == "shape":
        asset["form"] = draw(st.sampled_from(["rectangle", "line", "star"]))
    elif kind == "gradient":
        asset["stops"] = draw(st.sampled_from([["#fff", "#000"], ["#fff", {"color": "#0008", "at": 0.5}, "#123"]]))
    elif kind == "captions":
        asset["cues"] = draw(cues)
    else:
        asset["src"] = draw(st.sampled_from(SOURCES))
    return asset


@st.composite
def clips(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from([*KINDS, "video", "audio"]))
    clip: dict[str, Any] = {"asset": draw(assets(kind)), "start": draw(st.just("auto") | seconds)}
    clip["length"] = draw(lengths)
    if kind in {"video", "audio"}:
        clip |= {"volume": draw(st.sampled_from([0, 1, 2]) | keyframes), "fadeOut": draw(seconds)}
        clip["ducking"] = draw(st.sampled_from([True, False, {"depth": 3}]))
    if kind in {"video", "audio", "captions", "waveform"}:
        clip["trim"] = draw(seconds)
    if kind in {"video", "audio", "captions"}:
        clip["speed"] = draw(st.sampled_from([1, 1, 0.1, 0.33, 2, 10]))
    if kind not in {"audio", "text", "captions"}:
        clip["size"] = draw(st.sampled_from([{}, {"width": 100}, {"height": 3000}, {"width": 7, "height": 9}]))
    if kind in {"video", "image"}:
        clip["crop"] = draw(st.sampled_from([{}, {"left": 0.9}, {"top": 0.3, "bottom": 0.3}]))
        clip["effect"] = draw(st.sampled_from([None, "zoomIn", "slideUpFast"]))
    if kind != "audio":
        clip |= {"scale": draw(st.just(1) | keyframes), "opacity": draw(st.just(1) | st.just(0.5))}
        clip["matte"] = draw(st.none() | st.builds(dict, src=st.sampled_from(SOURCES), trim=seconds))
    passages = [] if kind == "audio" else ["wipeLeft", "zoomSlow", "glitchFast"]
    clip["transition"] = {
        "in": draw(st.sampled_from(["cut", "fade", "dissolve", *passages])),
        "out": draw(st.sampled_from(["cut", "cut", "fade", "fadeSlow", *passages])),
        "duration": draw(st.sampled_from([0.001, 0.4, 1, 60])),
        "cross": draw(st.booleans()),
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
            "crossfade": draw(st.sampled_from([0, 0.05, 30])),
            "volume": draw(st.just(1) | keyframes),
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
    shown = clip.end + clip.tail - clip.start
    assert sum(passage.frames for passage in (clip.enter, clip.leave) if passage is not None) <= shown
    assert clip.enter is None or (clip.enter.frames > 0 and clip.fade_in == 0)
    assert clip.leave is None or (clip.leave.frames > 0 and clip.fade_out == 0)
    assert clip.width_px is None or clip.width_px > 0
    assert clip.height_px is None or clip.height_px > 0
    if clip.view is not None:
        assert [key.at for key in moving(clip.view)] == [0, shown / rate]
    if clip.captions is not None:
        for cue in clip.captions.cues:
            assert 0 <= cue.start <= cue.end
            times = [edge for word in cue.words for edge in (word.start, word.end)]
            assert times == sorted(times)
            assert cue.start <= times[0]
            assert times[-1] <= cue.end


def moving(view: View) -> tuple[Keyframe, ...]:
    """The curve of an effect that changes."""
    (found,) = (curve for curve in (view.zoom, view.x, view.y) if isinstance(curve, tuple))
    return found


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
        assert 0 <= result.soundtrack.seam <= 30
    adapter = TypeAdapter(ResolvedEdit)
    assert adapter.validate_json(adapter.dump_json(result)) == result


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
