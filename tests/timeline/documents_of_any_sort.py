"""Documents made at random of what may be said, right and wrong, for tests that compare two judges of them."""

from typing import Any

from hypothesis import strategies as st

SOURCES = ["https://media.example/a.mp4", "HTTP://a.example:80?b", "asset:ast_1", "{{source}}", "ftp://a.example/b"]
COLORS = ["#fff", "#00000080", "transparent", "{{color}}", "red"]
NUMBERS = [0, 1, 1.0, 0.5, 2, 50, 60, -1, "{{one}}", None]
FLAGS = [True, False, "{{yes}}", None]
KEYS: list[Any] = [[{"at": 0, "value": 1}], [{"at": 0, "value": 0.5, "easing": "hold"}, {"at": 1, "value": 3}]]
MERGE = {"source": "asset:a", "color": "#123", "one": 1, "yes": True, "kind": "image", "word": "cut", "format": "gif"}
"""What the placeholders stand for."""


def some(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    """An object with some of these fields, each with one of its values."""
    made = {name.rstrip("_"): one if isinstance(one, st.SearchStrategy) else st.sampled_from(one)
            for name, one in fields.items()}  # fmt: skip
    return st.fixed_dictionaries({}, optional=made)


PAINT: list[Any] = ["#f00", {"stops": ["#f00", "#00f"]}, {"type": "radial", "stops": ["#f00"]}, None]
ASSETS = st.one_of(
    some(type=["video", "image", "audio", "{{kind}}", "film"], src=SOURCES),
    st.builds(lambda kind, src: {"type": kind, "src": src}, st.sampled_from(["video", "image", "audio"]),
              st.sampled_from(SOURCES[:4])),
    some(text=["Hello", " ", "", "{{word}}"], height=NUMBERS, minSize=[4, 20, None], ellipsis=FLAGS,
         animation=["rise", {"in": "fade"}, {"by": "word"}, {"in": None, "out": "pop"}, None], shadow=[None, {}])
    .map(lambda asset: {"type": "text", "text": "Hi", **asset}),
    some(src=[*SOURCES, None], text=["1\n00:00:00,000 --> 00:00:01,000\nHi\n", None, "{{word}}"],
         cues=[None, [], [{"start": 0, "end": 1, "text": "a"}], [{"start": 0, "end": 1}],
               [{"start": 0, "end": 1, "text": "a", "words": [{"text": "a", "start": 0, "end": 1}]}]])
    .map(lambda asset: {"type": "captions", **asset}),
    some(color=COLORS).map(lambda asset: {"type": "color", "color": "#fff", **asset}),
    some(form=["rectangle", "line", "star", "path", "ellipse"], fill=PAINT, stroke=[{}, None], radius=[0, 4],
         points=[None, 5], path=[None, "M0 0L1 1", "{{word}}"], viewBox=[None, [4, 4]])
    .map(lambda asset: {"type": "shape", "form": "line", **asset}),
    some(color=[*COLORS, None], gradient=PAINT[1:]).map(lambda asset: {"type": "waveform", "src": "asset:a", **asset}),
)  # fmt: skip
FIELDS: dict[str, Any] = {
    "start": [0, "auto", "{{one}}", "end"], "length": [1, "auto", "end", "{{one}}", 0], "trim": NUMBERS,
    "speed": NUMBERS, "volume": [*NUMBERS, *KEYS], "fadeIn": NUMBERS, "ducking": [*FLAGS, {}],
    "fit": ["cover", "contain", "{{word}}"], "crop": [{}, {"top": 0}, {"top": 0.2}, {"left": "{{one}}"}],
    "size": [{}, {"width": None}, {"width": 100}], "scale": [*NUMBERS, *KEYS], "position": [None, "top", "bottm"],
    "offset": [{}, {"x": 0, "y": 0.0}, {"x": 0.1}, {"y": KEYS[0]}], "flip": [None, "both"], "opacity": [1, 0.4, *KEYS],
    "radius": [0, 3], "border": [None, {}], "shadow": [None, {}], "effect": [None, "zoomIn"],
    "filters": [[], ["blur"], [{"type": "hue", "amount": 90}], [{"type": "gamma", "amount": 0}],
                [{"type": "blur", "amount": KEYS[0]}], [{"type": "brightness", "amount": KEYS[1]}]],
    "chromaKey": [None, {}], "blend": ["normal", "screen", "{{word}}"], "parentDurationDecider": FLAGS,
    "transition": [{}, {"in": "fade"}, {"in": "wipeLeft"}, {"out": "zoomSlow"}, {"in": "{{word}}"}, {"in": "dissolve"}],
}  # fmt: skip
CLIPS = st.builds(
    lambda asset, more, length: {"asset": asset, "length": length, **more},
    ASSETS,
    st.dictionaries(st.sampled_from(sorted(FIELDS)), st.none(), max_size=3).flatmap(
        lambda names: st.fixed_dictionaries({name: st.sampled_from(FIELDS[name]) for name in names})
    ),
    st.sampled_from([1, "end"]),
)
OUTPUTS = st.one_of(
    some(format=["mp4", "webm", "mov", "gif", "webp", "mp3", "wav", "png", "jpg", "hls", "{{format}}"],
         codec=["h264", "h265", "vp9", "av1", "prores", None], crf=[None, 20, 60], transparent=FLAGS[:3],
         fps=[None, 25, 60, "25", "60"]),
    some(format=["mp4", "gif", "mp3", "png", "{{format}}"], mute=FLAGS[:3], at=[None, 0], range=[None, {}],
         poster=[None, {}, [{}]], sprites=[None, {}], repeat=[0, 3, "{{one}}"], hardware=["auto", "off"]),
    some(width=[None, 640, 641], height=[None, 360], resolution=[None, "720p"], aspectRatio=[None, "1:1"]),
)  # fmt: skip
TIMELINES = st.builds(
    lambda clips, more: {"tracks": [{"clips": clips}], **more},
    st.lists(CLIPS, max_size=2),
    some(background=COLORS, duration=[None, 1, "{{one}}"], soundtrack=[None, {"src": "asset:m"}], loudness=FLAGS[:3]),
)
EDITS = st.builds(
    lambda timeline, more: {"merge": MERGE, "timeline": timeline, **more}, TIMELINES, some(output=OUTPUTS)
)
LONGFORMS = st.builds(
    lambda output, more: {"merge": MERGE, "output": output, "longform": {
        "backgrounds": [{"src": "asset:b"}], "audio": [{"src": "asset:m"}], **more}},
    OUTPUTS,
    some(crossfade=NUMBERS, audio=[[], [{"src": "asset:a", "volume": 5}]], duration=[None, 9], background=COLORS),
)  # fmt: skip
EVERYTHING = st.one_of(EDITS, EDITS, EDITS, LONGFORMS)
