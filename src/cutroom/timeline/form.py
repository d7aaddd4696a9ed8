"""A form: a document with placeholders, and what may be filled into each of them.

Pure. `make_form` checks a document as far as that is possible before it is filled in, and finds out what its
placeholders stand for; `Form.filled` makes the checked edit of one set of values.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter

from cutroom.kit.errors import Detail, Invalid
from cutroom.kit.schema import Schema, is_absent, pointer
from cutroom.kit.wording import shown
from cutroom.timeline.fields import did_you_mean
from cutroom.timeline.limits import Limits
from cutroom.timeline.merge import FIELD, MAX_NAMES, Scalar, fill, placeholders, read_values, value_problem, written
from cutroom.timeline.model import Edit
from cutroom.timeline.validate import parse, refusal

FieldType = Literal["string", "number", "boolean", "color", "url", "numberOrText"]
_SAMPLES: Final[Mapping[FieldType, Scalar]] = {
    "string": "Text",
    "number": 2,
    "boolean": True,
    "color": "#808080",
    "url": "https://example.com/sample.mp4",
    "numberOrText": 2,
}
"""What stands in for a value that nobody has given yet."""
_GUESSES: Final[tuple[tuple[FieldType, Scalar], ...]] = (*list(_SAMPLES.items())[:5], ("number", 400))
"""What is tried in a place to guess its type, in this order; a weight of letters is one of few numbers."""
_ROUNDS: Final = 12
_COLOR: Final = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_TRUTH: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_ACCEPTED: Final[Mapping[FieldType, str]] = {
    "string": "text",
    "number": "a number",
    "boolean": "true or false",
    "color": "a colour such as #fff, #101418 or, with opacity, #10141880",
    "url": "an http(s):// URL or asset:ID",
    "numberOrText": "a number, or text",
}


class FormField(Schema):
    """What may be filled into one placeholder."""

    type: Annotated[FieldType, Field(description="What a value must be.")]
    default: Annotated[
        str | int | float | bool | None, Field(exclude_if=is_absent, description="Used where no value is given.")
    ] = None
    required: Annotated[
        bool | None,
        Field(
            exclude_if=is_absent, description="Whether a value must be given; by default when there is no `default`."
        ),
    ] = None
    description: Annotated[str | None, Field(exclude_if=is_absent, max_length=500, description="For people.")] = None


FIELDS: Final[TypeAdapter[dict[str, FormField]]] = TypeAdapter(dict[str, FormField])


@dataclass(frozen=True, slots=True)
class Form:
    """A document and the fields of its placeholders, by name; every placeholder has one."""

    document: Any
    fields: Mapping[str, FormField]

    def filled(self, values: Mapping[str, Any], limits: Limits, *, from_text: bool = False) -> Edit:
        """The edit of one set of values.

        Args:
            values: by the names of the fields.
            limits: of the document.
            from_text: all values are text, as in CSV: numbers and booleans are read from it, empty ones are not given.

        Raises:
            Invalid: `unknown_field`, `missing_value`, `wrong_type` and the like, pointing into `/values`; or what is
                wrong with the filled document, pointing into `/document`.
        """
        filled = fill(self.document, self.values(values, from_text=from_text))
        try:
            return parse(filled, limits)
        except Invalid as error:
            raise _inside_document(error) from error

    def values(self, given: Mapping[str, Any], *, from_text: bool = False) -> dict[str, Scalar]:
        """A value for every field; arguments and errors as `filled`."""
        problems = unknown_names(given, self.fields)
        values: dict[str, Scalar] = {}
        for name, field in self.fields.items():
            value = given.get(name)
            spot = pointer(["values", name])
            if value is None or (from_text and value == ""):
                if field.default is None or field.required:
                    problems.append(Detail(spot, "missing_value", f"'{name}' needs a value: {_ACCEPTED[field.type]}."))
                else:
                    values[name] = field.default
                continue
            read = read_value(field.type, value, from_text=from_text)
            if isinstance(read, Detail):
                problems.append(Detail(spot, read.code, read.message))
            else:
                values[name] = read
        if problems:
            raise refusal(problems)
        return values


def make_form(document: Any, fields: Mapping[str, FormField] | None, limits: Limits) -> Form:
    """Check a document with placeholders, and what is said about them.

    What is said is completed: fields that are not described are guessed from where their placeholders stand, with the
    values of the document's own `merge` as their defaults.

    Raises:
        Invalid: pointing into `/document` and `/fields`: `unused_field`, `wrong_type`, `missing_default`,
            `too_many_names`, and all that `parse` finds wrong wherever the placeholders have no part in it.
    """
    defaults, problems = read_values(document.get(FIELD, {})) if isinstance(document, dict) else ({}, [])
    problems = [Detail(f"/document{found.pointer}", found.code, found.message) for found in problems]
    bare = {k: v for k, v in document.items() if k != FIELD} if isinstance(document, dict) else document
    places = _places(bare)
    if len(places) > MAX_NAMES:
        sentence = f"The document has {len(places)} different placeholders; at most {MAX_NAMES} are accepted."
        problems.append(Detail("/document", "too_many_names", sentence))
    given = dict(fields or {})
    for name, field in given.items():
        problems.extend(_wrong_field(name, field, places))
    if problems:
        raise refusal(problems)
    given = {name: _tidy(field) for name, field in given.items()}
    guessed = _guessed(bare, places, {n: f for n, f in given.items() if n in places}, defaults, limits)
    complete = {name: given.get(name) or guessed[name] for name in places}
    _check(bare, complete, places, limits)
    return Form(bare, complete)


def unknown_names(given: Iterable[str], fields: Mapping[str, FormField]) -> list[Detail]:
    """A detail for every name that is no field."""
    return [
        Detail(
            pointer(["values", name[:80]]),
            "unknown_field",
            f"{shown(name)} is no field of this template{did_you_mean(name, fields)}; "
            f"it has {', '.join(sorted(fields)[:20]) or 'none'}.",
        )
        for name in given
        if name not in fields
    ]


def read_value(kind: FieldType, value: Any, *, from_text: bool) -> Scalar | Detail:
    """A value of this type, or what is wrong with it (a detail without a pointer)."""
    if (wrong := value_problem(value)) is not None:
        return Detail("", *wrong)
    read: Scalar | None = value
    if from_text and isinstance(value, str):
        if kind in {"number", "numberOrText"}:
            number = _number(value.strip())
            read = number if kind == "number" or number is not None else value
        elif kind == "boolean":
            read = _TRUTH.get(value.strip().lower())
    if kind == "string" and read is not None and not isinstance(read, str):
        read = written(read)
    if read is None or not _fits(kind, read):
        return Detail("", "wrong_type", f"This is {shown(value)}; accepted is {_ACCEPTED[kind]}.")
    return read


def _number(text: str) -> Scalar | None:
    if _NUMBER.fullmatch(text) is None:
        return None
    value = float(text)
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _fits(kind: FieldType, value: Scalar) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number" or (kind == "numberOrText" and not isinstance(value, str)):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if kind == "color":
        return _COLOR.fullmatch(value) is not None
    return kind in {"string", "numberOrText"} or value.startswith(("http://", "https://", "asset:"))


def _places(document: Any) -> dict[str, list[str]]:
    """Every placeholder's name, and pointers to the strings that are nothing else."""
    found: dict[str, list[str]] = {}
    for name, trail, whole in placeholders(document):
        spots = found.setdefault(name, [])
        if whole:
            spots.append(pointer(trail))
    return found


def _wrong_field(name: str, field: FormField, places: Mapping[str, list[str]]) -> list[Detail]:
    place = pointer(["fields", name[:80]])
    if name not in places:
        sentence = f"The document has no placeholder {shown(name)}{did_you_mean(name, places)}."
        return [Detail(place, "unused_field", sentence)]
    if field.default is None:
        if field.required is False:
            sentence = "A field that is not required needs a 'default' to be filled in instead."
            return [Detail(f"{place}/default", "missing_default", sentence)]
        return []
    read = read_value(field.type, field.default, from_text=False)
    return [Detail(f"{place}/default", read.code, read.message)] if isinstance(read, Detail) else []


def _tidy(field: FormField) -> FormField:
    """The field with its default in the field's own type."""
    if field.default is None:
        return field
    return field.model_copy(update={"default": read_value(field.type, field.default, from_text=False)})


def _guessed(
    document: Any,
    places: Mapping[str, list[str]],
    given: Mapping[str, FormField],
    defaults: Mapping[str, Scalar],
    limits: Limits,
) -> dict[str, FormField]:
    """A field for every placeholder that nothing is said about: the first type that the document takes there."""
    tries = {name: 0 for name, spots in places.items() if spots and name not in given and name not in defaults}
    fixed: dict[str, Scalar] = {name: sample(field) for name, field in given.items()}
    fixed |= {name: value for name, value in defaults.items() if name in places and name not in given}
    for name in places:
        if name not in fixed and name not in tries:
            fixed[name] = _SAMPLES["string"]
    spots = {name: places[name] for name in tries}
    for _ in range(_ROUNDS if tries else 0):
        samples = {name: _GUESSES[min(at, len(_GUESSES) - 1)][1] for name, at in tries.items()}
        wrong = _misfits(document, {**fixed, **samples}, spots, limits)
        moving = {name for name in wrong if tries[name] < len(_GUESSES)}
        if not moving:
            break
        for name in moving:
            tries[name] += 1
    words = {name: places[name] for name in places if name not in given and isinstance(defaults.get(name), str)}
    both = _taking_numbers(document, {name: spots for name, spots in words.items() if spots}, fixed, limits)
    found: dict[str, FormField] = {}
    for name in places:
        if name in defaults:
            kind = "numberOrText" if name in both else _kind_of(defaults[name])
            found[name] = FormField(type=kind, default=defaults[name])
        else:
            at = tries.get(name, 0)
            found[name] = FormField(type=_GUESSES[at][0] if at < len(_GUESSES) else "string")
    return found


def _misfits(document: Any, values: Mapping[str, Scalar], spots: Mapping[str, list[str]], limits: Limits) -> set[str]:
    """The names whose places take values of other types; one that is too small or too large is of the right type."""
    problems = _problems(document, values, limits)
    return _names_at((one for one in problems if one.code != "out_of_range"), spots)


def _taking_numbers(
    document: Any, spots: Mapping[str, list[str]], values: Mapping[str, Scalar], limits: Limits
) -> set[str]:
    """Those names, of some that have words as defaults, in whose places numbers may stand too."""
    left = set(spots)
    for _ in range(_ROUNDS if left else 0):
        numbers = dict.fromkeys(left, _SAMPLES["number"])
        wrong = _misfits(document, {**values, **numbers}, {name: spots[name] for name in left}, limits)
        if not wrong:
            return left
        left -= wrong
    return set()


def _kind_of(value: Scalar) -> FieldType:
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "number"


def sample(field: FormField) -> Scalar:
    """The field's default, or something of its type."""
    return field.default if field.default is not None else _SAMPLES[field.type]


def _problems(document: Any, values: Mapping[str, Scalar], limits: Limits) -> tuple[Detail, ...]:
    try:
        parse(fill(document, values), limits)
    except Invalid as error:
        return error.details
    return ()


def _names_at(problems: Iterable[Detail], spots: Mapping[str, list[str]]) -> set[str]:
    """The names whose placeholders stand where something is wrong."""
    by_place: dict[str, set[str]] = {}
    for name, held in spots.items():
        for place in held:
            by_place.setdefault(place, set()).add(name)
    found: set[str] = set()
    for problem in problems:
        place = problem.pointer
        while place:
            found |= by_place.get(place, set())
            place = place.rpartition("/")[0]
    return found


def _check(document: Any, fields: Mapping[str, FormField], places: Mapping[str, list[str]], limits: Limits) -> None:
    """Refuse what is wrong wherever nobody but the author of the document has a say."""
    values = {name: sample(field) for name, field in fields.items()}
    try:
        parse(fill(document, values), limits)
    except Invalid as error:
        open_spots = {name: places[name] for name, field in fields.items() if field.default is None}
        left = [problem for problem in error.details if not _names_at([problem], open_spots)]
        if left or not error.details:
            raise _inside_document(refusal(left) if left else error) from error


def _inside_document(error: Invalid) -> Invalid:
    """The error with pointers to where the document stands in what the caller sent, or has stored."""
    details = [Detail(f"/document{found.pointer}", found.code, found.message) for found in error.details]
    message = f"/document{error.message}" if error.message.startswith("/") else error.message
    return Invalid(error.code, message, details=details)
