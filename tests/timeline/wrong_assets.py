"""Wrong documents: shapes, gradients, waveforms, pages, texts, captions and timelines inside of the timeline."""

from typing import Any

from tests.timeline.wrong_base import COLOR, STILL, TEXT, VIDEO, Wrong, changed, track, wrong

HERE = f"{COLOR}/asset"
_NAMED = "xmlns='http://www.w3.org/2000/svg'"
RED_BLUE: Any = {"type": "linear", "stops": ["#f00", "#00f"]}


def _asset(name: str, asset: dict[str, Any], code: str, says: str) -> Wrong:
    return wrong(name, HERE, asset, code, f"{HERE}/{says}" if says else HERE)


def _svg(name: str, markup: str, code: str) -> Wrong:
    return _asset(name, {"type": "svg", "svg": markup}, code, "svg")


def _shape(name: str, code: str, says: str, **fields: Any) -> Wrong:
    return _asset(name, {"type": "shape", "form": "rectangle", **fields}, code, says)


def _path(name: str, path: Any, code: str = "bad_path") -> Wrong:
    return _shape(name, code, "path", form="path", path=path)


def _gradient(name: str, stops: Any, code: str, says: str) -> Wrong:
    return _asset(name, {"type": "gradient", "stops": stops}, code, says)


def _text(name: str, field: str, value: Any, code: str, says: str | None = None) -> Wrong:
    return wrong(name, f"{TEXT}/asset/{field}", value, code, f"{TEXT}/asset/{says or field}")


def _captions(name: str, code: str, says: str, **fields: Any) -> Wrong:
    return _asset(name, {"type": "captions", **fields}, code, says)


def _cue(name: str, cue: Any, code: str, says: str) -> Wrong:
    return _captions(name, code, f"cues/0{says}", cues=[cue])


PAINTS: list[Wrong] = [
    _asset("a gradient without colours", {"type": "gradient"}, "missing_field", "stops"),
    _gradient("a gradient of one colour", ["#f00"], "bad_gradient", "stops"),
    _gradient("a gradient of seventeen colours", ["#f00"] * 17, "bad_gradient", "stops"),
    _gradient("a gradient in words", ["red", "#00f"], "bad_color", "stops/0"),
    _gradient("a gradient with a number", ["#f00", 2], "wrong_type", "stops/1"),
    _gradient("a gradient that is a text", "#f00", "wrong_type", "stops"),
    _gradient("a colour beyond the gradient", ["#f00", {"color": "#00f", "at": 1.5}], "out_of_range", "stops/1/at"),
    _gradient("a place without a colour", ["#f00", {"at": 1}], "missing_field", "stops/1/color"),
    _gradient("colours out of order", [{"color": "#f00", "at": 0.8}, {"color": "#00f", "at": 0.2}], "bad_gradient",
              "stops/1/at"),
    _asset("a gradient of an unknown form", {"type": "gradient", "form": "conic", "stops": ["#f00", "#00f"]},
           "unknown_value", "form"),
    _asset("an angle in radians by the thousand", {"type": "gradient", "angle": 3600, "stops": ["#f00", "#00f"]},
           "out_of_range", "angle"),
    _shape("a fill in words", "bad_color", "fill", fill="red"),
    _shape("a fill that is a number", "wrong_type", "fill", fill=7),
    _shape("a fill of an unknown sort", "unknown_value", "fill/type",
           fill={"type": "conic", "stops": ["#f00", "#0f0"]}),
    _shape("a fill without colours", "missing_field", "fill/stops", fill={"type": "linear"}),
]  # fmt: skip

ASSETS: list[Wrong] = [
    _asset("a shape without form", {"type": "shape"}, "missing_field", "form"),
    _shape("a shape of an unknown form", "unknown_value", "form", form="circle"),
    _shape("a shape with another tool's name for its form", "unknown_field", "shape", shape="circle"),
    _shape("an outline that is a colour", "wrong_type", "stroke", stroke="#fff"),
    _shape("an outline of no width", "out_of_range", "stroke/width", stroke={"width": 0}),
    _shape("points of a rectangle", "not_applicable", "points", points=5),
    _shape("a radius of an ellipse", "not_applicable", "radius", form="ellipse", radius=5),
    _shape("a path of a star", "not_applicable", "path", form="star", path="M0 0L1 1"),
    _shape("a view of a rectangle", "not_applicable", "viewBox", viewBox=[10, 10]),
    _shape("a polygon of two points", "out_of_range", "points", form="polygon", points=2),
    _shape("a star of half a point", "wrong_type", "points", form="star", points=5.5),
    _shape("a line with two colours", "conflicting_fields", "stroke", form="line", fill="#fff", stroke={}),
    _shape("a path without a path", "missing_field", "path", form="path"),
    _shape("a view of no width", "out_of_range", "viewBox/0", form="path", path="M0 0L1 1", viewBox=[0, 1]),
    _shape("a view of one number", "too_few", "viewBox", form="path", path="M0 0L1 1", viewBox=[5]),
    _path("a path that is empty", ""),
    _path("a path that does not say where it begins", "L10 10"),
    _path("a path with a word in it", "M0 0 Lten ten"),
    _path("a path with markup", 'M0 0L1 1"/><script>'),
    _path("a path with too few numbers", "M0 0C1 1 2 2"),
    _path("a path with a flag of two", "M0 0A5 5 0 2 0 10 10"),
    _path("a path that leaves the page", "M0 0L1e9 0"),
    _path("a path with an endless number", "M0 0L1e9999 0"),
    _path("a path that is a list", [0, 1], "wrong_type"),
    _path("a path of a hundred thousand steps", "M0 0" + "L1 1" * 25_000),
    wrong("radius on a shape", COLOR, {"asset": {"type": "shape", "form": "star"}, "radius": 9}, "not_applicable",
          f"{COLOR}/radius"),
    _asset("a waveform without source", {"type": "waveform"}, "missing_field", "src"),
    _asset("a waveform of an unknown style", {"type": "waveform", "src": "asset:a", "style": "hills"}, "unknown_value",
           "style"),
    _asset("a waveform of one bar", {"type": "waveform", "src": "asset:a", "bars": 1}, "out_of_range", "bars"),
    _asset("a waveform of gaps alone", {"type": "waveform", "src": "asset:a", "gap": 1}, "out_of_range", "gap"),
    _asset("a waveform in two colours", {"type": "waveform", "src": "asset:a", "color": "#fff", "gradient": RED_BLUE},
           "conflicting_fields", "gradient"),
    wrong("a waveform that is heard", COLOR, {"asset": {"type": "waveform", "src": "asset:a"}, "volume": 0.5},
          "not_applicable", f"{COLOR}/volume"),
    _svg("a drawing without markup", "", "empty"),
    _svg("a drawing without an end", f"<svg {_NAMED} viewBox='0 0 4 4'>", "bad_svg"),
    _svg("a drawing of no kind", "<svg viewBox='0 0 4 4'/>", "bad_svg"),
    _svg("a drawing of no size", f"<svg {_NAMED}/>", "bad_svg"),
    _svg("a drawing that shows a file", f"<svg {_NAMED} viewBox='0 0 4 4'><image href='a.png'/></svg>", "bad_svg"),
    _asset("a drawing in a file", {"type": "svg", "svg": f"<svg {_NAMED} viewBox='0 0 4 4'/>", "src": "a.svg"},
           "unknown_field", "src"),
    _asset("a page without markup", {"type": "html"}, "missing_field", "html"),
    _asset("an empty page", {"type": "html", "html": ""}, "empty", "html"),
    _asset("a page from elsewhere", {"type": "html", "html": "<p>a</p>", "src": "https://a.example"}, "unknown_field",
           "src"),
    _asset("a page with a script", {"type": "html", "html": "<p>a</p>", "js": "alert(1)"}, "unknown_field", "js"),
    _asset("a page of half a pixel", {"type": "html", "html": "<p>a</p>", "width": 0.5}, "wrong_type", "width"),
    _asset("a page of a hundred thousand pixels", {"type": "html", "html": "<p>a</p>", "height": 100_000},
           "out_of_range", "height"),
    _asset("a page on glass", {"type": "html", "html": "<p>a</p>", "background": "glass"}, "bad_color", "background"),
    _asset("a page that is too long", {"type": "html", "html": "a" * 500_001}, "text_too_long", "html"),
    _text("a height of a line's dot", "height", 1, "out_of_range"),
    _text("a smallest size without height", "minSize", 20, "not_applicable"),
    _text("an ellipsis without height", "ellipsis", True, "not_applicable"),
    _text("letters that lean a little", "font", {"style": "oblique"}, "unknown_value", "font/style"),
    _text("boxes per word", "background", {"perWord": True}, "unknown_field", "background/perWord"),
    _text("a text's gradient in words", "gradient", "rainbow", "wrong_type"),
    _text("a text's gradient of one colour", "gradient", {"stops": ["#fff"]}, "bad_gradient", "gradient/stops"),
    _text("an unknown decoration", "decoration", "blink", "unknown_value"),
    _text("an unknown case", "case", "camel", "unknown_value"),
    _text("an unknown animation", "animation", "explode", "unknown_value"),
    _text("an animation that is a number", "animation", 1, "wrong_type"),
    _text("an animation of nothing", "animation", {"duration": 1}, "missing_field", "animation/in"),
    _text("an animation by syllables", "animation", {"in": "fade", "by": "syllable"}, "unknown_value", "animation/by"),
    _text("an animation of no time", "animation", {"in": "fade", "duration": 0}, "out_of_range", "animation/duration"),
    _text("an animation from inside", "animation", {"out": "rise", "direction": "in"}, "unknown_value",
          "animation/direction"),
    _text("an animation that overlaps twice", "animation", {"out": "rise", "overlap": 2}, "out_of_range",
          "animation/overlap"),
]  # fmt: skip

CAPTIONS: list[Wrong] = [
    _captions("captions from nowhere", "missing_field", "src"),
    _captions("captions from two places", "conflicting_fields", "text", src="asset:a",
              text="1\n00:00:00,000 --> 00:00:01,000\nHi\n"),
    _captions("captions from a path", "bad_source", "src", src="/etc/passwd"),
    _captions("captions that are prose", "bad_captions", "text", text="Once upon a time"),
    _captions("captions that are some JSON", "bad_captions", "text", text='{"a": 1}'),
    _captions("captions without a cue", "too_few", "cues", cues=[]),
    _captions("cues that are a text", "wrong_type", "cues", cues="Hi"),
    _captions("captions of an unknown style", "unknown_value", "style", src="asset:a", style="loud"),
    _captions("captions of an unknown animation", "unknown_value", "animation", src="asset:a", animation="shake"),
    _captions("captions of no lines", "out_of_range", "maxLines", src="asset:a", maxLines=0),
    _captions("captions with an active word of another size", "out_of_range", "active/scale", src="asset:a",
              active={"scale": 10}),
    _captions("captions with a stroke in words", "wrong_type", "stroke", src="asset:a", stroke="thick"),
    _captions("captions with a spoken colour in words", "bad_color", "spokenColor", src="asset:a", spokenColor="grey"),
    _captions("captions in thousands of pixels", "out_of_range", "font/size", src="asset:a", font={"size": 5000}),
    _captions("too many cues", "too_many", "cues", cues=[{"start": 0, "end": 1, "text": "a"}] * 20_001),
    _cue("a cue without words", {"start": 0, "end": 1}, "missing_field", "/text"),
    _cue("a cue without end", {"start": 0, "text": "a"}, "missing_field", "/end"),
    _cue("a cue that ends before it starts", {"start": 2, "end": 1, "text": "a"}, "not_rising", "/end"),
    _cue("a cue of spaces", {"start": 0, "end": 1, "text": "  "}, "empty", "/text"),
    _cue("a cue with words twice", {"start": 0, "end": 1, "text": "a", "words": [{"text": "a", "start": 0, "end": 1}]},
         "conflicting_fields", "/words"),
    _cue("a word without end", {"start": 0, "end": 1, "words": [{"text": "a", "start": 0}]}, "missing_field",
         "/words/0/end"),
    _cue("a word that is empty", {"start": 0, "end": 1, "words": [{"text": "", "start": 0, "end": 1}]}, "empty",
         "/words/0/text"),
    _cue("a cue before time", {"start": -1, "end": 1, "text": "a"}, "out_of_range", "/start"),
    wrong("captions that are heard", COLOR, {"asset": {"type": "captions", "src": "asset:a"}, "volume": 0.5},
          "not_applicable", f"{COLOR}/volume"),
    wrong("captions with a size", COLOR, {"asset": {"type": "captions", "src": "asset:a"}, "size": {"width": 10}},
          "not_applicable", f"{COLOR}/size"),
    Wrong("captions that are also a video", {"timeline": {"tracks": [{"clips": [
        {"asset": {"type": "video", "src": "asset:a"}}, {"asset": {"type": "captions", "src": "asset:a"}}]}]}},
        "conflicting_sources", "/timeline/tracks/0/clips/1/asset/src"),
]  # fmt: skip


def _within(timeline: Any, **clip: Any) -> Any:
    return track({"asset": {"type": "timeline", "timeline": timeline}, **clip})


def _nested(levels: int) -> Any:
    document: Any = {"tracks": [{"clips": [STILL]}]}
    for _ in range(levels):
        document = _within(document)["timeline"]
    return {"timeline": document}


INNER = "/timeline/tracks/0/clips/0/asset/timeline"
NESTED: list[Wrong] = [
    _asset("a timeline without timeline", {"type": "timeline"}, "missing_field", "timeline"),
    _asset("a timeline from elsewhere", {"type": "timeline", "timeline": {"duration": 1}, "src": "asset:a"},
           "unknown_field", "src"),
    _asset("a timeline on glass", {"type": "timeline", "timeline": {"duration": 1}, "background": "glass"},
           "bad_color", "background"),
    Wrong("an empty timeline inside", _within({}), "no_duration", f"{INNER}/tracks"),
    Wrong("an inner timeline that is too long", _within({"duration": 1000}), "too_long", f"{INNER}/duration"),
    Wrong("an inner timeline without a frame", _within({"duration": 0.001}, length=1), "too_short",
          f"{INNER}/duration"),
    Wrong("a wrong clip inside", _within({"tracks": [{"clips": [{**STILL, "opacity": 7}]}]}), "out_of_range",
          f"{INNER}/tracks/0/clips/0/opacity"),
    Wrong("an inner clip without a place", _within({"tracks": [{"clips": [STILL, {**STILL, "length": "end"}, STILL]}]}),
          "nothing_left", f"{INNER}/tracks/0/clips/2/start"),
    Wrong("five timelines in each other", _nested(5), "too_many_levels",
          INNER + "/tracks/0/clips/0/asset/timeline" * 4),
    Wrong("too many clips inside", _within({"tracks": [{"clips": [STILL] * 500}]}), "too_many_clips",
          "/timeline/tracks"),
    Wrong("too many tracks inside", _within({"tracks": [{"clips": []}] * 33, "duration": 1}), "too_many_tracks",
          f"{INNER}/tracks"),
    Wrong("an outermost timeline to see through", changed("/timeline/background", "transparent"), "bad_color",
          "/timeline/background"),
    wrong("a volume on a text", f"{TEXT}/volume", [{"at": 0, "value": 2}], "not_applicable"),
    wrong("an asset with a video's fields inside", f"{VIDEO}/asset/crop", {}, "unknown_field"),
]  # fmt: skip
