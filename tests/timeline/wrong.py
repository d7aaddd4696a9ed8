"""All wrong documents, each with the code and the JSON pointer that the refusal must name."""

from tests.timeline.wrong_assets import ASSETS, CAPTIONS, NESTED, PAINTS
from tests.timeline.wrong_base import (
    AUDIO,
    COLOR,
    GOOD,
    IMAGE,
    REMOVED,
    STILL,
    TEXT,
    VIDEO,
    Document,
    Wrong,
    changed,
    track,
    wrong,
)
from tests.timeline.wrong_clips import CLIPS, CURVES, TRANSITIONS
from tests.timeline.wrong_outputs import OUTPUTS, SOUNDS

__all__ = [
    "AUDIO", "COLOR", "GOOD", "IMAGE", "RAW", "SHAPES", "TEXT", "VIDEO", "WRONG", "Document", "Wrong", "changed",
]  # fmt: skip

RAW = [
    Wrong("no JSON", b"{", "malformed_json", ""),
    Wrong("nothing at all", b"", "malformed_json", ""),
    Wrong("not UTF-8", b'{"timeline": "\xff"}', "malformed_json", ""),
    Wrong("NaN", b'{"timeline": {"duration": NaN}}', "bad_number", ""),
    Wrong("infinity", b'{"timeline": {"duration": -Infinity}}', "bad_number", ""),
    Wrong("a number that is too large", b'{"timeline": {"duration": 1e999}}', "bad_number", ""),
    Wrong("a number with a thousand digits", b'{"timeline": {"duration": ' + b"9" * 1000 + b"}}", "bad_number", ""),
    Wrong("nesting a thousand deep", b"[" * 1000 + b"]" * 1000, "json_too_deep", ""),
    Wrong("a key twice", b'{"timeline": {}, "timeline": {}}', "duplicate_key", ""),
    Wrong("NUL", b'{"timeline": {"background": "\\u0000"}}', "bad_text", "/timeline/background"),
    Wrong("a lone surrogate", b'{"timeline": {"background": "\\ud800"}}', "bad_text", "/timeline/background"),
]

SHAPES = [
    Wrong("a list", [], "wrong_type", ""),
    Wrong("null", None, "wrong_type", ""),
    Wrong("a text", "timeline", "wrong_type", ""),
    Wrong("an empty object", {}, "missing_field", "/timeline"),
    Wrong("no clips and no duration", {"timeline": {"tracks": []}}, "no_duration", "/timeline/tracks"),
    Wrong("only clips that run to the end", track({**STILL, "length": "end"}), "no_duration", f"{TEXT}/length"),
    Wrong(
        "a clip after one that runs to the end",
        track(STILL, {**STILL, "length": "end"}, STILL),
        "nothing_left",
        "/timeline/tracks/0/clips/2/start",
    ),
    wrong("timeline is a list", "/timeline", [], "wrong_type"),
    wrong("tracks is an object", "/timeline/tracks", {}, "wrong_type"),
    wrong("a track without clips", "/timeline/tracks/0/clips", REMOVED, "missing_field"),
    wrong("a clip is null", TEXT, None, "wrong_type"),
    wrong("a clip without asset", f"{TEXT}/asset", REMOVED, "missing_field"),
    wrong("an asset without type", f"{TEXT}/asset/type", REMOVED, "missing_field"),
    wrong("an asset that is a URL", f"{VIDEO}/asset", "https://media.example/a.mp4", "wrong_type"),
    wrong("an asset of an unknown type", f"{VIDEO}/asset/type", "movie", "unknown_type"),
    wrong("an asset whose type is a number", f"{VIDEO}/asset/type", 7, "unknown_type"),
    wrong("more tracks than the limit", "/timeline/tracks", [{"clips": [STILL]}] * 33, "too_many_tracks"),
    wrong("more clips than the limit", "/timeline/tracks/1/clips", [STILL] * 501, "too_many_clips", "/timeline/tracks"),
]

FIELDS = [
    wrong("an unknown field of the document", "/outptu", {}, "unknown_field"),
    wrong("an unknown field of a clip", f"{TEXT}/lenght", 3, "unknown_field"),
    wrong("a field in snake case", f"{TEXT}/fade_in", 3, "unknown_field"),
    Wrong("a field with a slash in its name", {**GOOD, "a/b~c": 1}, "unknown_field", "/a~1b~0c"),
    wrong("an unknown field of an asset", f"{VIDEO}/asset/volume", 1, "unknown_field"),
    wrong("another tool's name for length", f"{TEXT}/duration", 3, "unknown_field"),
    wrong("src beside the asset", f"{VIDEO}/src", "https://media.example/a.mp4", "unknown_field"),
    wrong("longform, which is not there yet", "/longform", {"backgrounds": []}, "not_available"),
    wrong("callbackUrl, which is no part of a document", "/callbackUrl", "https://hooks.example/", "not_available"),
    wrong("fit on a sound", f"{AUDIO}/fit", "contain", "not_applicable"),
    wrong("trim on an image", f"{IMAGE}/trim", 2, "not_applicable"),
    wrong("size on a text", f"{TEXT}/size", {"width": 10}, "not_applicable"),
    Wrong(
        "a clip to the end that decides where that is",
        track(STILL, {**STILL, "length": "end", "parentDurationDecider": True}),
        "conflicting_fields",
        "/timeline/tracks/0/clips/1/parentDurationDecider",
    ),
    wrong("fadeOut on a colour", f"{COLOR}/fadeOut", 1, "not_applicable"),
]

NUMBERS = [
    wrong("a negative start", f"{VIDEO}/start", -1, "out_of_range"),
    wrong("a start in words", f"{VIDEO}/start", "soon", "unknown_value"),
    wrong("a number as text", f"{VIDEO}/start", "5", "unknown_value"),
    wrong("a start that is true", f"{VIDEO}/start", True, "wrong_type"),
    wrong("a length of zero", f"{VIDEO}/length", 0, "out_of_range"),
    wrong("a length of a million hours", f"{VIDEO}/length", 3.6e9, "out_of_range"),
    wrong("a length beyond the limit", f"{VIDEO}/length", 301, "too_long"),
    wrong("a duration beyond the limit", "/timeline/duration", 300.5, "too_long"),
    wrong("a negative duration", "/timeline/duration", -1, "out_of_range"),
    wrong("a negative trim", f"{VIDEO}/trim", -0.5, "out_of_range"),
    wrong("opacity in per cent", f"{VIDEO}/opacity", 80, "out_of_range"),
    wrong("a negative volume", f"{VIDEO}/volume", -1, "out_of_range"),
    wrong("an offset in pixels", f"{VIDEO}/offset", {"x": 200}, "out_of_range", f"{VIDEO}/offset/x"),
    wrong("an offset that is a number", f"{VIDEO}/offset", 3, "wrong_type"),
    wrong("a size of zero", f"{VIDEO}/size", {"width": 0}, "out_of_range", f"{VIDEO}/size/width"),
    wrong("a transition of no length", f"{IMAGE}/transition/duration", 0, "out_of_range"),
    wrong("an odd width", "/output/width", 641, "out_of_range"),
    wrong("a width with a fraction", "/output/width", 640.5, "wrong_type"),
    wrong("a width without height", "/output/height", REMOVED, "missing_field"),
    wrong("a picture beyond the limit", "/output/width", 3840, "too_large"),
    wrong("a resolution beside the width", "/output/resolution", "720p", "conflicting_fields"),
    wrong("no frames", "/output/fps", 0, "out_of_range"),
    wrong("a thousand frames a second", "/output/fps", 1000, "out_of_range"),
    wrong("frames by zero", "/output/fps", "30/0", "unknown_value"),
    wrong("frames by list", "/output/fps", [30], "wrong_type"),
]

WORDS = [
    wrong("an unknown format", "/output/format", "avi", "unknown_value"),
    wrong("an unknown quality", "/output/quality", "best", "unknown_value"),
    wrong("an unknown fit", f"{VIDEO}/fit", "crop", "unknown_value"),
    wrong("an unknown position", f"{TEXT}/position", "middle", "unknown_value"),
    wrong("an unknown transition", f"{IMAGE}/transition/in", "wipe", "unknown_value"),
    wrong("an unknown alignment", f"{TEXT}/asset/alignment", "justify", "unknown_value"),
    wrong(
        "a font weight beyond all numbers",
        f"{TEXT}/asset/font",
        {"weight": 2**70},
        "unknown_value",
        f"{TEXT}/asset/font/weight",
    ),
    wrong(
        "a font weight in words", f"{TEXT}/asset/font", {"weight": "bold"}, "unknown_value", f"{TEXT}/asset/font/weight"
    ),
    wrong("a background in words", "/timeline/background", "black", "bad_color"),
    wrong("a background to see through", "/timeline/background", "#00000080", "bad_color"),
    wrong("a colour of five digits", f"{COLOR}/asset/color", "#12345", "bad_color"),
    wrong("mute in words", "/output/mute", "yes", "wrong_type"),
    wrong("an empty text", f"{TEXT}/asset/text", "", "empty"),
    wrong("a text of spaces", f"{TEXT}/asset/text", " \n ", "empty"),
    wrong("a text that is a number", f"{TEXT}/asset/text", 5, "wrong_type"),
    wrong("a text that is too long", f"{TEXT}/asset/text", "a" * 5001, "text_too_long"),
    wrong("a text that rings a bell", f"{TEXT}/asset/text", "a\x07", "bad_text"),
    wrong("an unfilled text", f"{TEXT}/asset/text", "Hello {{ name }}", "unresolved_placeholder"),
    wrong("an unfilled number", f"{VIDEO}/start", "{{START}}", "unresolved_placeholder"),
]

SOURCES = [
    wrong("no source", f"{VIDEO}/asset/src", REMOVED, "missing_field"),
    wrong("an empty source", f"{VIDEO}/asset/src", "", "empty"),
    wrong("a source that is null", f"{VIDEO}/asset/src", None, "wrong_type"),
    wrong("a path", f"{VIDEO}/asset/src", "/etc/passwd", "bad_source"),
    wrong("a file URL", f"{VIDEO}/asset/src", "file:///etc/passwd", "bad_source"),
    wrong("an ffmpeg protocol", f"{VIDEO}/asset/src", "concat:a.mp4|b.mp4", "bad_source"),
    wrong("an FTP URL", f"{VIDEO}/asset/src", "ftp://media.example/a.mp4", "bad_source"),
    wrong("a data URL", f"{IMAGE}/asset/src", "data:image/png;base64,AAAA", "bad_source"),
    wrong("a URL without host", f"{VIDEO}/asset/src", "https:///a.mp4", "bad_source"),
    wrong("a URL with one slash", f"{VIDEO}/asset/src", "https:/media.example/a.mp4", "bad_source"),
    wrong("a URL with a port of letters", f"{VIDEO}/asset/src", "https://media.example:abc/", "bad_source"),
    wrong("a URL with a broken address", f"{VIDEO}/asset/src", "https://[::1/a.mp4", "bad_source"),
    wrong("a URL with a line break", f"{VIDEO}/asset/src", "https://media.example/a\r\nb", "bad_source"),
    wrong("a URL with a password", f"{VIDEO}/asset/src", "https://me:secret@media.example/", "source_has_credentials"),
    wrong("an asset without id", f"{IMAGE}/asset/src", "asset:", "bad_source"),
    wrong("an asset with a path", f"{IMAGE}/asset/src", "asset:../../etc/passwd", "bad_source"),
    wrong("a URL that is too long", f"{VIDEO}/asset/src", "https://media.example/" + "a" * 4096, "text_too_long"),
    wrong("an unfilled URL", f"{VIDEO}/asset/src", "{{ $json.x }}", "unresolved_placeholder"),
    wrong(
        "a URL with an unfilled part", f"{VIDEO}/asset/src", "https://a.example/{{id}}.mp4", "unresolved_placeholder"
    ),
    wrong("an unfilled soundtrack", "/timeline/soundtrack/src", "={{ $json.url }}", "unresolved_placeholder"),
    wrong(
        "a soundtrack without source",
        "/timeline/soundtrack",
        {"loop": True},
        "missing_field",
        "/timeline/soundtrack/src",
    ),
    Wrong(
        "an mp3 of a still picture",
        {"output": {"format": "mp3"}, **track(STILL)},
        "nothing_audible",
        "/output/format",
    ),
    Wrong(
        "a mute mp3",
        {**changed("/output/format", "mp3"), "output": {"format": "mp3", "mute": True}},
        "conflicting_fields",
        "/output/mute",
    ),
]

WRONG: list[Wrong] = [
    *RAW,
    *SHAPES,
    *FIELDS,
    *NUMBERS,
    *WORDS,
    *SOURCES,
    *CLIPS,
    *CURVES,
    *TRANSITIONS,
    *PAINTS,
    *ASSETS,
    *CAPTIONS,
    *NESTED,
    *OUTPUTS,
    *SOUNDS,
]
