"""A document in which nearly every field is used."""

from typing import Any

from tests.timeline.documents import FONT, IMAGE, SOUND, asset, color, image, text, video

KEYS: Any = [{"at": 0, "value": 0.5, "easing": [0.1, 0, 0.9, 1]}, {"at": 1, "value": 1}]
FADE: Any = {"type": "radial", "angle": 10, "stops": ["#f00", {"color": "#00f8", "at": 0.3}, "#0f0"]}
CUES: Any = [{"start": 0, "end": 1, "text": "one\ntwo"}]
FULL_TEXT: Any = {
    "font": {"family": "Anton", "size": 30, "weight": 400, "style": "italic", "color": "#f00", "lineHeight": 2,
             "letterSpacing": 0.1},
    "alignment": "right", "width": 300, "height": 100, "minSize": 10, "ellipsis": True,
    "background": {"color": "#f00", "padding": 3, "radius": 2, "perLine": True}, "stroke": {"width": 2},
    "shadow": {"x": 3, "y": 4, "blur": 5}, "gradient": FADE, "decoration": "underline", "case": "upper",
    "animation": {"in": "rise", "out": "drop", "by": "word", "duration": 2, "overlap": 0.2, "direction": "up"},
}  # fmt: skip
FULL_CLIP: Any = {
    "name": "first", "start": 0.5, "length": 3, "trim": 1, "speed": 2, "volume": KEYS, "fadeIn": 0.5, "fadeOut": 0.5,
    "ducking": True, "fit": "blur", "crop": {"top": 0.1, "right": 0.1, "bottom": 0.1, "left": 0.1},
    "size": {"width": 200, "height": 100}, "scale": KEYS, "position": "top-left", "offset": {"x": KEYS, "y": KEYS},
    "rotation": KEYS, "skew": {"x": KEYS, "y": KEYS}, "flip": "both", "opacity": KEYS, "radius": 4,
    "border": {"color": "#fff8", "width": 3}, "shadow": {"x": 2, "y": 3, "blur": 4, "opacity": 0.4},
    "effect": "zoomIn", "filters": [{"type": "hue", "amount": 40}, {"type": "blur", "amount": KEYS}],
    "chromaKey": {"color": "#123", "despill": False},
    "matte": {"src": IMAGE, "mode": "alpha", "trim": 1}, "blend": "screen",
    "transition": {"in": "wipeLeft", "out": "zoom"},
}  # fmt: skip
SHAPE: Any = {
    "form": "path",
    "path": "M0 0",
    "viewBox": [3, 4],
    "fill": "#f00",
    "stroke": {"color": "#00f", "width": 3},
}

FULL: Any = {
    "output": {
        "format": "webm", "range": {"start": 1, "length": 2}, "poster": [{"at": 1}], "sprites": {"every": 1},
    },
    "outputs": [{"format": "png", "at": 1}],
    "timeline": {
        "background": "#123456",
        "loudness": {"target": -14},
        "fonts": [{"src": FONT, "family": "Brand"}],
        "tracks": [
            {"clips": [video(**FULL_CLIP), image(start="after:first", length="like:first", transition={"in": "fade"})]},
            {"clips": [{**text(), "asset": {"type": "text", "text": "Hello", **FULL_TEXT}}]},
            {
                "clips": [
                    asset("captions", cues=CUES, style="karaoke", active={"scale": 2}),
                    asset("shape", **SHAPE),
                    asset("gradient", stops=["#f00", {"color": "#0f0", "at": 0.4}, "#00f"]),
                    asset("waveform", src=SOUND, gradient=FADE),
                    asset("svg", svg='<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"/>'),
                    asset("html", html="<p>", width=100),
                    asset("timeline", timeline={"tracks": [{"clips": [color()]}]}),
                ]
            },
        ],
        "soundtrack": {"src": SOUND, "volume": [{"at": 0, "value": 1}], "ducking": {"depth": 3}},
    },
}  # fmt: skip
