"""What a client of OpenAI's asks for: the fields of its form, and the models that it may name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from cutroom.api.compat.openai_answers import FORMS, GRANULARITIES, Form, Granularity
from cutroom.kit.errors import Detail, Invalid, NotFound

T = TypeVar("T", bound=str)
USUAL: Final = "whisper-1"
"""The name under which this server's preferred engine goes: the one that all clients know."""
ALIASES: Final = frozenset({USUAL, "auto", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-transcribe"})
"""Names of OpenAI's own models, which clients have built in."""
ENGINES: Final = ("pocketsphinx", "faster-whisper", "openai")
_TRUE, _FALSE = frozenset({"true", "1", "True"}), frozenset({"false", "0", "False"})
_ONE: Final = ("model", "language", "prompt", "response_format", "temperature", "stream", "chunking_strategy")
_MANY: Final = ("timestamp_granularities", "keywords")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request for a transcription.

    Args:
        given: the input of the workflow, but for its source.
        form: how to answer.
        granularities: what has times in the verbose form.
        stream: whether to answer with events.
    """

    given: Mapping[str, Any]
    form: Form
    granularities: frozenset[Granularity]
    stream: bool


def wanted_of(fields: Mapping[str, Sequence[str]]) -> Wanted:
    """What the fields of a form ask for.

    `temperature` and `chunking_strategy` are taken and make no difference: engines here choose both themselves.

    Raises:
        Invalid: `unknown_parameter`, `missing_field`, `invalid_value`, `repeated_field`.
        NotFound: `model_not_found`.
    """
    one, many = _sorted(fields)
    form = _choice("response_format", one.get("response_format", "json"), FORMS)
    granularities = frozenset(_choice("timestamp_granularities", value, GRANULARITIES) for value in many[_MANY[0]])
    if granularities and form != "verbose_json":
        raise _wrong("timestamp_granularities", "ask for response_format 'verbose_json' to have times")
    stream = _flag("stream", one.get("stream", "false"))
    if stream and form not in {"json", "text"}:
        raise _wrong("stream", "a stream is text: ask for response_format 'json' or 'text'")
    _number("temperature", one.get("temperature", "0"))
    engine, model = engine_of(one.get("model", ""))
    given: dict[str, Any] = {"engine": engine, "model": model}
    given |= {name: one[name] for name in ("language", "prompt") if one.get(name)}
    if many["keywords"]:
        given["glossary"] = many["keywords"]
    return Wanted({name: value for name, value in given.items() if value is not None}, form, granularities, stream)


def engine_of(name: str) -> tuple[str | None, str | None]:
    """The engine and the model of it that a name means: `faster-whisper/small`; both None for what is usual here.

    Raises:
        Invalid: `missing_field`.
        NotFound: `model_not_found`.
    """
    if not name:
        raise Invalid("missing_field", "'model' is missing.", details=[Detail("/model", "missing_field", "is missing")])
    if name in ALIASES:
        return None, None
    engine, _, model = name.partition("/")
    if engine not in ENGINES:
        message = f"There is no model '{name[:80]}' here; name '{USUAL}' for what is usual here, or see GET /models."
        raise NotFound("model_not_found", message, details=[Detail("/model", "model_not_found", message)])
    return engine, model or None


def _sorted(fields: Mapping[str, Sequence[str]]) -> tuple[dict[str, str], dict[str, list[str]]]:
    one: dict[str, str] = {}
    many: dict[str, list[str]] = {name: [] for name in _MANY}
    for field, values in fields.items():
        name = field.removesuffix("[]")
        if name in many:
            many[name] += values
        elif name not in _ONE:
            message = f"'{name[:80]}' is not a parameter of this address."
            raise Invalid("unknown_parameter", message, details=[Detail(f"/{name[:80]}", "unknown_parameter", message)])
        elif len(values) > 1:
            raise Invalid("repeated_field", f"'{name}' is given twice.")
        else:
            one[name] = values[0]
    return one, many


def _choice(name: str, value: str, known: Sequence[T]) -> T:
    for choice in known:
        if choice == value:
            return choice
    raise _wrong(name, f"'{value[:80]}' is none of {', '.join(known)}")


def _flag(name: str, value: str) -> bool:
    if value not in _TRUE | _FALSE:
        raise _wrong(name, "it is 'true' or 'false'")
    return value in _TRUE


def _number(name: str, value: str) -> None:
    try:
        fits = 0 <= float(value) <= 1
    except ValueError:
        fits = False
    if not fits:
        raise _wrong(name, "it is a number from 0 to 1")


def _wrong(name: str, why: str) -> Invalid:
    message = f"'{name}': {why}."
    return Invalid("invalid_value", message, details=[Detail(f"/{name}", "invalid_value", message)])
