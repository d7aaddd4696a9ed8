"""Pydantic's complaints as ours: a pointer into the caller's document, a stable code, a sentence that helps."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from cutroom.kit.complaints import complaint, entries
from cutroom.kit.errors import Detail
from cutroom.kit.schema import pointer
from cutroom.kit.wording import one_of, shown, unquoted
from cutroom.timeline.fields import FORM_MARK, Part, did_you_mean
from cutroom.timeline.merge import FIELD
from cutroom.timeline.model import ASSETS, Clip, Edit

_ELSEWHERE: Final = {
    ("Clip", "duration"): "'length'",
    ("Clip", "alias"): '\'name\', and "with:NAME", "after:NAME" or "like:NAME" where other clips mean it',
    ("Clip", "id"): "'name'",
    ("Clip", "text"): '\'asset\': {"type": "text", "text": …}',
    ("Clip", "x"): "'offset': {\"x\": …}",
    ("Clip", "y"): "'offset': {\"y\": …}",
    ("Clip", "width"): "'size': {\"width\": …}",
    ("Clip", "height"): "'size': {\"height\": …}",
    ("Edit", "tracks"): "'timeline': {\"tracks\": …}",
    ("Edit", "soundtrack"): "'timeline': {\"soundtrack\": …}",
    ("Edit", "callback"): "'callbackUrl'",
    ("VideoAsset", "url"): "'src'",
    ("ImageAsset", "url"): "'src'",
    ("AudioAsset", "url"): "'src'",
    ("WaveformAsset", "url"): "'src'",
    ("SvgAsset", "src"): "the markup as 'svg', or type 'image' with the file as 'src'",
    ("CaptionsAsset", "url"): "'src'",
    ("Matte", "url"): "'src'",
    ("Soundtrack", "url"): "'src'",
    ("Soundtrack", "effect"): "'fadeIn' and 'fadeOut'",
    ("VideoAsset", "volumeEffect"): "'fadeIn' and 'fadeOut' on the clip, beside 'asset'",
    ("AudioAsset", "volumeEffect"): "'fadeIn' and 'fadeOut' on the clip, beside 'asset'",
    ("Clip", "transform"): "'rotation', 'skew' and 'flip' on the clip",
    ("Clip", "rotate"): "'rotation'",
    ("Clip", "filter"): "'filters': […]",
    ("Clip", "blendMode"): "'blend'",
    ("Clip", "mask"): "'matte': {\"src\": …}",
    ("Clip", "keyframes"): "keyframes as the value of 'opacity', 'scale', 'rotation', 'offset' or 'volume'",
    ("Output", "size"): "'width' and 'height'",
    ("Output", "thumbnail"): "'poster': {\"scale\": …}",
    ("Poster", "capture"): "'at'",
    ("Output", "destinations"): "'callbackUrl' beside it, or fetch the artifacts",
    ("ShapeAsset", "shape"): "'form'",
    ("ShapeAsset", "color"): "'fill'",
    ("Output", "scaleTo"): "a smaller output in 'outputs'",
    ("Font", "opacity"): "it into 'color': #ffffff80",
    ("TextAsset", "style"): "'case', 'decoration' and 'gradient' here, 'lineHeight' and 'letterSpacing' in 'font'",
    ("VideoAsset", "prompt"): "'src', the URL of what a model has made of it",
    ("ImageAsset", "prompt"): "'src', the URL of what a model has made of it",
    ("AudioAsset", "prompt"): "'src', the URL of what a model has made of it",
    ("Keyframe", "interpolation"): "'easing'; 'hold' stays, then jumps",
    ("Keyframe", "time"): "'at'",
    ("Keyframe", "start"): "'at'",
    ("Keyframe", "from"): "two keyframes, each with 'at' and 'value'",
    ("Keyframe", "to"): "two keyframes, each with 'at' and 'value'",
    ("Keyframe", "length"): "two keyframes, each with 'at' and 'value'",
    ("Filter", "name"): "'type'",
    ("TextAsset", "color"): "'font': {\"color\": …}",
    ("TextAsset", "size"): "'font': {\"size\": …}",
    ("TextAsset", "align"): "'alignment'",
    ("Timeline", "font"): "'fonts': [{\"src\": …}]",
    ("FontFile", "url"): "'src'",
    ("TextAsset", "content"): "'text'",
    ("TextAsset", "value"): "'text'",
    ("TextAsset", "fontSize"): "'font': {\"size\": …}",
    ("TextAsset", "fontFamily"): "'font': {\"family\": …}",
    ("TextAsset", "fontWeight"): "'font': {\"weight\": …}",
    ("TextAsset", "lineHeight"): "'font': {\"lineHeight\": …}",
    ("Clip", "zIndex"): "the clip into another track: the first track in the list is the top layer",
    ("Clip", "layer"): "the clip into another track: the first track in the list is the top layer",
    ("Clip", "end"): "'length', the seconds that it lasts",
    ("Clip", "loop"): "several clips, or a 'soundtrack' with 'loop'",
    ("Output", "background"): "'background' in the timeline",
    ("Output", "bitrate"): "'quality', or 'crf'",
    ("Timeline", "clips"): "'tracks': [{\"clips\": […]}]",
    ("Timeline", "audio"): "'soundtrack': {\"src\": …}, or a track of audio clips",
    ("Timeline", "music"): "'soundtrack': {\"src\": …}",
    ("Timeline", "width"): "'width' and 'height' in 'output'",
    ("Timeline", "height"): "'width' and 'height' in 'output'",
    ("Timeline", "fps"): "'fps' in 'output'",
    ("Transition", "type"): "'in' and 'out'",
    ("Animation", "type"): "'in' and 'out'",
    ("Range", "end"): "'length'",
    ("FontFile", "name"): "'family'",
}
"""What people coming from other tools write, and where it goes here."""

_NEEDLESS: Final = frozenset({
    ("Edit", "disk"), ("Edit", "instance"), ("Timeline", "cache"), ("VideoAsset", "transcode"),
})  # fmt: skip
"""What has no counterpart, because nothing is to be said of it."""

_MEANT: Final = {
    "rich-text": "write 'text'",
    "text-to-speech": "write 'audio' with what a model has made of it",
    "text-to-image": "write 'image' with what a model has made of it",
    "image-to-video": "write 'video' with what a model has made of it",
    "title": "write 'text'",
    "html5": "write 'html'; scripts do not run",
    "luma": "write 'matte' on the clip that it masks",
    "crop": "write 'cover'",
    "sd": "write '480p'",
    "hd": "write '720p'",
    "1080": "write '1080p'",
    "4k": "write '2160p'",
    "veryhigh": "write 'highest'",
    "verylow": "write 'lowest'",
    "bmp": "write 'png'",
    "none": "leave it out",
}
"""Words of other tools where a word is chosen, and what to write here."""

_MOST_NAMES: Final = 8
"""How many fields of an object are named where something else stands in its place."""
_WANTED: Final = {
    "string_type": "text",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "dict_type": "an object",
}


def complaints(error: ValidationError, root: type[Part] = Edit) -> Iterator[Detail]:
    """The details of a failed validation of a `root`, in the order in which they stand in the document."""
    for item in error.errors(include_url=False):
        if item["type"] == "invalid_key":
            continue  # `scan` has said it
        if item["type"] == "missing" and isinstance(item["loc"][-1], int):
            if item["loc"][-1] == len(item["input"]):  # once for a list of a fixed length, not for every missing entry
                item["loc"] = item["loc"][:-1]
                place, model = _place(item["loc"], root)
                count, wanted = len(item["input"]), _entries(model, str(place[-1]))
                yield Detail(pointer(place), "too_few", f"This list has {entries(count)}; {wanted} are needed.")
            continue
        place, model = _place(item["loc"], root)
        code, sentence, below = _say({**item, "loc": tuple(place)}, model)
        if (
            item["input"] is None
            and not below
            and _may_be_left_out(model, place)
            and sentence.startswith("This is null")
        ):
            sentence = f"{sentence[:-1]}; or leave it out."
        yield Detail(pointer([*place, *below]), code, sentence)


def _may_be_left_out(model: type[Part] | None, place: Sequence[str | int]) -> bool:
    field = _field(model, place[-1]) if place else None
    return field is not None and not field.is_required()


def _place(location: Sequence[str | int], root: type[Part]) -> tuple[list[str | int], type[Part] | None]:
    """The path in the document, and the model that holds its last part.

    Pydantic puts the asset's type between "asset" and the asset's fields, and the form of a value that has several
    before what is inside of it; they are no part of the document.
    """
    path: list[str | int] = []
    holder: type[Part] | None = None
    here: type[Part] | None = root
    tagged = False
    for part in location:
        if isinstance(part, str) and part.startswith(FORM_MARK):
            continue
        if tagged and isinstance(part, str):
            here, tagged = ASSETS.get(part), False
            continue
        path.append(part if isinstance(part, int) else part[:80])
        if isinstance(part, int):
            continue
        holder, tagged = here, here is Clip and part == "asset"
        here = _below(here, part)
    return path, holder if path else None


def _below(model: type[Part] | None, name: str) -> type[Part] | None:
    annotation = _annotation(model, name)
    return next((arg for arg in _parts(annotation) if isinstance(arg, type) and issubclass(arg, Part)), None)


def _annotation(model: type[Part] | None, name: str) -> Any:
    field = _field(model, name)
    return None if field is None else field.annotation


def _field(model: type[Part] | None, name: str | int) -> FieldInfo | None:
    fields = () if model is None else model.model_fields.values()
    return next((field for field in fields if field.alias == name), None)


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    if get_origin(annotation) is not Literal:
        for arg in get_args(annotation):
            yield from _parts(arg)


def _entries(model: type[Part] | None, name: str) -> int:
    """How many entries a list of a fixed length has."""
    return max(len(get_args(part)) for part in _parts(_annotation(model, name)) if get_origin(part) is tuple)


def _say(item: Any, model: type[Part] | None) -> tuple[str, str, tuple[str, ...]]:
    """Code, sentence and further path of one complaint."""
    kind: str = item["type"]
    if kind in _WANTED:
        value = "This document is" if not item["loc"] else "This is"
        wanted = _WANTED[kind]
        if kind.startswith("model") and item["loc"] and (part := _part_at(model, item["loc"])) is not None:
            names = [f'"{field.alias}": …' for field in part.model_fields.values()]
            wanted = f"an object {{{', '.join(names)}}}" if len(names) <= _MOST_NAMES else wanted
        hint = unquoted(item["input"]) if kind == "bool_type" and item["input"] in ("true", "false") else ""
        if kind == "string_type" and item["loc"][-1:] == ("text",) and type(item["input"]) in (int, float):
            hint = f' (write "{shown(item["input"])}", in quotes)'
        return "wrong_type", f"{value} {shown(item['input'])}{hint}; accepted is {wanted}.", ()
    special = _SPECIAL.get(kind)
    if special is not None:
        return special(item, model)
    wrong = complaint(item)
    return wrong.code, wrong.sentence, ()


def _part_at(model: type[Part] | None, place: Sequence[str | int]) -> type[Part] | None:
    """The part that stands at a place, or in a list there."""
    names = [part for part in place if isinstance(part, str)]
    return None if not names or names[-1] == "asset" else _below(model, names[-1])


def _missing(item: Any, model: type[Part] | None) -> tuple[str, str, tuple[str, ...]]:
    name = str(item["loc"][-1])
    return "missing_field", f"'{name}' is required{_described(model, name)}.", ()


def _described(model: type[Part] | None, name: str) -> str:
    fields = model.model_fields.values() if model is not None else ()
    found = next((field.description for field in fields if field.alias == name), None)
    return f": {found[0].lower()}{found[1:].rstrip('.')}" if found else ""


def _unknown_field(item: Any, model: type[Part] | None) -> tuple[str, str, tuple[str, ...]]:
    name = str(item["loc"][-1]) if item["loc"] else ""
    owner = model.__name__ if model is not None else ""
    known = [field.alias or "" for field in model.model_fields.values()] if model is not None else []
    known += [FIELD] if not item["loc"][1:] else []
    said = f"{shown(name)} is not a known field"
    if (owner, name) in _ELSEWHERE:
        return "unknown_field", f"{said} here; write {_ELSEWHERE[owner, name]}.", ()
    if (owner, name) in _NEEDLESS:
        return "unknown_field", f"{said} here; leave it out.", ()
    if owner.endswith("Asset") and _annotation(Clip, name) is not None:
        return "unknown_field", f"{said} of an asset; it belongs to the clip, beside 'asset'.", ()
    if model is Clip and any(_annotation(asset, name) is not None for asset in ASSETS.values()):
        return "unknown_field", f"{said} of a clip; it belongs into 'asset'.", ()
    return "unknown_field", f"{said}{did_you_mean(name, known)}; the fields here are {', '.join(known)}.", ()


def _unknown_value(item: Any, model: type[Part] | None) -> tuple[str, str, tuple[str, ...]]:
    annotation = _annotation(model, str(item["loc"][-1]))
    words = [str(word) for part in _parts(annotation) if get_origin(part) is Literal for word in get_args(part)]
    return "unknown_value", _choose(item["input"], words), ()


def _unknown_type(item: Any, model: type[Part] | None) -> tuple[str, str, tuple[str, ...]]:
    value = item["input"]["type"] if isinstance(item["input"], dict) else item["input"]
    return "unknown_type", _choose(value, list(ASSETS)), ("type",)


def _choose(value: Any, words: Sequence[str]) -> str:
    meant = _MEANT.get(value) if isinstance(value, str) else None
    hint = f" ({meant})" if meant else did_you_mean(value, words) if isinstance(value, str) else ""
    return f"This is {shown(value)}{hint}; accepted is {one_of(words)}."


def _no_type(item: Any, model: type[Part] | None) -> tuple[str, str, tuple[str, ...]]:
    return "missing_field", f"'type' is required: one of {', '.join(ASSETS)}.", ("type",)


def _too_short(item: Any, model: type[Part] | None) -> tuple[str, str, tuple[str, ...]]:
    instead = " or leave the field out" if _may_be_left_out(model, item["loc"]) else ""
    return "empty", f"This text is empty; write something{instead}.", ()


def _no_name(item: Any, model: type[Part] | None) -> tuple[str, str, tuple[str, ...]]:
    accepted = "a name of 1 to 64 letters from A to Z, digits, '_' and '-'"
    return "bad_name", f"This is {shown(item['input'])}; accepted is {accepted}.", ()


def _wrong_form(item: Any, model: type[Part] | None) -> tuple[str, str, tuple[str, ...]]:
    accepted = item["ctx"]["accepted"]
    hint = unquoted(item["input"]) if "number" in accepted or "true" in accepted else ""
    return "wrong_type", f"This is {shown(item['input'])}{hint}; accepted is {accepted}.", ()


_SPECIAL: Final[Mapping[str, Callable[[Any, type[Part] | None], tuple[str, str, tuple[str, ...]]]]] = {
    "missing": _missing,
    "extra_forbidden": _unknown_field,
    "literal_error": _unknown_value,
    "int_parsing_size": _unknown_value,
    "union_tag_invalid": _unknown_type,
    "union_tag_not_found": _no_type,
    "string_too_short": _too_short,
    "string_pattern_mismatch": _no_name,  # of clips, which alone have a pattern
    "wrong_form": _wrong_form,
}
