"""Pydantic models of the edge: camelCase on the wire, snake_case inside, nothing unknown let in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from cutroom.kit.complaints import alternatives, complaint
from cutroom.kit.errors import Detail, Invalid


class Schema(BaseModel):
    """Base of every model that is read from or written to the wire."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
    )


def is_absent(value: object) -> bool:
    """Whether a field is left out of the JSON instead of being written as null; for `exclude_if`."""
    return value is None


def pointer(parts: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901) from its parts."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def invalid(error: ValidationError, document: Any, *, prefix: str = "", model: Any = None) -> Invalid:
    """Turn Pydantic's complaint about `document` into ours, with pointers into what the caller sent.

    `prefix` is put before every pointer. With the type that the document should have, `model`, fields are named where
    one is unknown.
    """
    return refusal(list(details_of(error.errors(include_url=False), document, prefix=prefix, model=model)))


def refusal(details: Sequence[Detail]) -> Invalid:
    """The error that says the first of the details, and how many more there are."""
    first = details[0]
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    message = f"{first.pointer or 'the document'}: {first.message}{more}"
    return Invalid("invalid_input", message, details=list(details[:100]))


def details_of(
    items: Iterable[Mapping[str, Any]], document: Any, *, prefix: str = "", model: Any = None
) -> Iterator[Detail]:
    """What Pydantic complains of, as `invalid` says it: once for each place, whatever forms a value may have there."""
    found: dict[str, list[tuple[str, str]]] = {}
    for item in items:
        path, holders = _place(item["loc"], document, missing=item["type"] == "missing", model=model)
        known = list(dict.fromkeys(name for holder in holders for name in _fields(holder)))
        found.setdefault(prefix + pointer(path), []).append(complaint(item, known))
    for place, said in found.items():
        for code, sentence in alternatives(said):
            yield Detail(place, code, sentence)


def _place(
    location: Sequence[str | int], document: Any, *, missing: bool, model: Any
) -> tuple[list[str | int], list[type[BaseModel]]]:
    """The path in the document, and the models that its last part but one may have.

    Pydantic's locations name union branches too; only the parts that exist in the document (or the last, missing one)
    belong in a pointer.
    """
    path: list[str | int] = []
    here, models = document, list(_models(model))
    holders = models
    for index, part in enumerate(location):
        last = index == len(location) - 1
        if isinstance(here, dict) and part in here:
            path.append(part)
            here, holders = here[part], models
            inner = [
                found for one in models if part in (fields := _fields(one)) for found in _models(fields[str(part)])
            ]
            models = inner or models  # the entries of an object with any names are what was found for the object
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            path.append(part)
            here = here[part]
        elif last and missing and isinstance(here, dict):
            path.append(part)
        else:
            models = [one for one in models if _is_branch(one, part)] or models
    return path, holders


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a type: in a union's branches, in a list's entries."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _is_branch(model: type[BaseModel], name: str | int) -> bool:
    """Whether Pydantic means this branch of a union: it says the model's name, or the value of the field that tells."""
    return model.__name__ == name or any(
        name in get_args(annotation) for annotation in _fields(model).values() if get_origin(annotation) is Literal
    )
