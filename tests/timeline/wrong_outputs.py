"""Wrong documents: the files to make, the soundtrack and the loudness of the whole."""

from typing import Any

from tests.timeline.wrong_base import GOOD, Wrong, changed, track, wrong


def _output(name: str, code: str, says: str, **fields: Any) -> Wrong:
    return Wrong(name, {**GOOD, "output": fields}, code, f"/output/{says}")


def _music(name: str, field: str, value: Any, code: str, says: str | None = None) -> Wrong:
    return wrong(name, f"/timeline/soundtrack/{field}", value, code, f"/timeline/soundtrack/{says or field}")


OUTPUTS: list[Wrong] = [
    _output("an unknown codec", "unknown_value", "codec", codec="mpeg2"),
    _output("vp9 in an mp4", "conflicting_fields", "codec", codec="vp9"),
    _output("h264 in a webm", "conflicting_fields", "codec", format="webm", codec="h264"),
    _output("prores in a stream", "conflicting_fields", "codec", format="hls", codec="prores"),
    _output("a codec for a gif", "conflicting_fields", "codec", format="gif", codec="h264"),
    _output("a codec for sound", "conflicting_fields", "codec", format="m4a", codec="h264"),
    _output("a transparent mp4", "conflicting_fields", "transparent", transparent=True),
    _output("a transparent jpg", "conflicting_fields", "transparent", format="jpg", transparent=True),
    _output("a transparent av1", "conflicting_fields", "codec", format="webm", codec="av1", transparent=True),
    _output("a transparent h264", "conflicting_fields", "codec", format="mov", codec="h264", transparent=True),
    _output("a crf of 60 for h264", "out_of_range", "crf", crf=60),
    _output("a crf of 99", "out_of_range", "crf", crf=99),
    _output("a crf of a half", "wrong_type", "crf", crf=0.5),
    _output("a crf for prores", "not_applicable", "crf", format="mov", codec="prores", crf=20),
    _output("a crf for a gif", "not_applicable", "crf", format="gif", crf=20),
    _output("a still of a film", "not_applicable", "at", at=1),
    _output("a still before time", "out_of_range", "at", format="png", at=-1),
    _output("a range of a still", "not_applicable", "range", format="png", range={"start": 1}),
    _output("a range of no length", "out_of_range", "range/length", range={"length": 0}),
    _output("a range shorter than a frame", "too_short", "range/length", range={"start": 1, "length": 0.001}),
    _output("a range in words", "wrong_type", "range", range="1-2"),
    _output("a range with an end", "unknown_field", "range/end", range={"start": 1, "end": 2}),
    _output("a poster of sound", "not_applicable", "poster", format="mp3", poster={}),
    _output("a poster that is a number", "wrong_type", "poster", poster=3),
    _output("a poster larger than life", "out_of_range", "poster/scale", poster={"scale": 2}),
    _output("a poster of an unknown kind", "unknown_value", "poster/1/format", poster=[{}, {"format": "webp"}]),
    _output("too many posters", "too_many", "poster", poster=[{}] * 21),
    _output("sprites of a still", "not_applicable", "sprites", format="jpg", sprites={}),
    _output("sprites at every moment", "out_of_range", "sprites/every", sprites={"every": 0}),
    _output("sprites of a wide sheet", "too_large", "sprites/columns", sprites={"columns": 100, "width": 1000}),
    _output("a film that repeats", "not_applicable", "repeat", repeat=2),
    _output("a gif that repeats backwards", "out_of_range", "repeat", format="gif", repeat=-1),
    _output("hardware in words of its own", "unknown_value", "hardware", hardware="on"),
    _output("an unknown resolution", "unknown_value", "resolution", resolution="8k"),
    _output("a mute wav", "conflicting_fields", "mute", format="wav", mute=True),
    _output("a size as an object", "unknown_field", "size", size={"width": 640, "height": 360}),
    wrong("outputs that are an object", "/outputs", {}, "wrong_type"),
    wrong("nine outputs", "/outputs", [{}] * 9, "too_many"),
    wrong("a second output that is wrong", "/outputs", [{}, {"format": "avi"}], "unknown_value", "/outputs/1/format"),
    wrong("a second output beyond the limit", "/outputs", [{"resolution": "2160p"}], "too_large",
          "/outputs/0/resolution"),
    Wrong("a second output without sound", {**track({"asset": {"type": "color", "color": "#fff"}}),
          "outputs": [{"format": "wav"}]}, "nothing_audible", "/outputs/0/format"),
    Wrong("a timeline shorter than a frame", {"timeline": {"duration": 0.01}}, "too_short", "/timeline/duration"),
    Wrong("clips shorter than a frame", track({"asset": {"type": "color", "color": "#fff"}, "length": 0.001}),
          "too_short", "/timeline/tracks"),
    Wrong("a second output too slow for the timeline", {"timeline": {"duration": 0.2}, "outputs": [{"fps": 1}]},
          "too_short", "/timeline/duration"),
]  # fmt: skip

SOUNDS: list[Wrong] = [
    _music("music in words", "volume", "loud", "wrong_type"),
    _music("music with keyframes beyond the loudest", "volume", [{"at": 0, "value": 9}], "out_of_range",
           "volume/0/value"),
    _music("a seam of a minute", "crossfade", 60, "out_of_range"),
    _music("a seam in words", "crossfade", "auto", "wrong_type"),
    _music("music that ducks backwards", "ducking", {"depth": -3}, "out_of_range", "ducking/depth"),
    _music("music that ducks a number", "ducking", 12, "wrong_type"),
    _music("music with another tool's effect", "effect", "fadeIn", "unknown_field"),
    wrong("a loudness in words", "/timeline/loudness", "loud", "wrong_type"),
    wrong("a loudness above zero", "/timeline/loudness", 3, "out_of_range"),
    wrong("a loudness of a whisper", "/timeline/loudness", {"target": -70}, "out_of_range",
          "/timeline/loudness/target"),
    wrong("a peak above full scale", "/timeline/loudness", {"peak": 1}, "out_of_range", "/timeline/loudness/peak"),
    Wrong("a wav of silent music", {**changed("/output/format", "wav"), "output": {"format": "wav"},
          "timeline": {"duration": 1, "soundtrack": {"src": "asset:a", "volume": [{"at": 0, "value": 0}]}}},
          "nothing_audible", "/output/format"),
]  # fmt: skip
