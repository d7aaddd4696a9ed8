"""What clients of Fabric's `/chat` ask for, and the pattern run that it is."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import Field, ValidationError

from cutroom.api.compat.fabric_door import GoObject
from cutroom.kit.errors import Detail, Invalid
from cutroom.kit.schema import invalid
from cutroom.llm import Provider
from cutroom.workflows.run_wishes import RunWishes

MOST_PROMPTS: Final = 20
_TEXT: Final = {"type": "string"}
CHAT_BODY: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["prompts"],
    "properties": {
        "prompts": {
            "type": "array",
            "minItems": 1,
            "maxItems": MOST_PROMPTS,
            "items": {
                "type": "object",
                "properties": {
                    "userInput": _TEXT | {"description": "The input of the pattern; without one, what is asked."},
                    "patternName": _TEXT,
                    "strategyName": _TEXT,
                    "contextName": _TEXT,
                    "sessionName": _TEXT | {"description": "Goes on with this conversation, and adds to it."},
                    "vendor": _TEXT | {"description": "As in `GET /models/names`."},
                    "model": _TEXT,
                    "variables": {"type": "object", "additionalProperties": _TEXT},
                },
            },
        },
        "language": _TEXT | {"description": "Tag of what to answer in; `en` leaves it to the pattern."},
        "temperature": {"type": "number", "minimum": 0, "maximum": 2},
    },
}
"""Whatever else Fabric's clients send, such as `topP` and the penalties, is taken and makes no difference."""


class ChatPrompt(GoObject):
    """One run."""

    user_input: str = ""
    vendor: str = ""
    model: str = ""
    context_name: str = ""
    pattern_name: str = ""
    strategy_name: str = ""
    session_name: str = ""
    variables: dict[str, str | bool | int | float] = Field(default_factory=dict)


class ChatRequest(GoObject):
    """Runs that are made one after another."""

    prompts: list[ChatPrompt] = Field(min_length=1, max_length=MOST_PROMPTS)
    language: str = ""
    temperature: float | None = None


def wishes_of(request: ChatRequest, prompt: ChatPrompt, providers: Sequence[Provider]) -> RunWishes:
    """The run that a prompt asks for. What is empty is not asked for, as in Fabric.

    Raises:
        Invalid: `invalid_input`, `vendor_not_found`.
    """
    given: Mapping[str, Any] = {
        "pattern": prompt.pattern_name.strip(),
        "strategy": prompt.strategy_name.strip(),
        "context": prompt.context_name.strip(),
        "variables": prompt.variables,
        "model": model_of(prompt.vendor.strip(), prompt.model.strip(), providers),
        "language": request.language.strip(),
    }
    wanted = {name: value for name, value in given.items() if value}
    try:
        return RunWishes(input=prompt.user_input, temperature=request.temperature, **wanted)
    except ValidationError as error:
        raise invalid(error, {"input": prompt.user_input, **wanted}) from error


def model_of(vendor: str, model: str, providers: Sequence[Provider]) -> str | None:
    """A model by the vendor that has it, both in whatever capitals; None for the usual one.

    Raises:
        Invalid: `vendor_not_found`.
    """
    if vendor:
        named = next((one for one in providers if one.name.lower() == vendor.lower()), None)
        if named is None and providers:
            known = ", ".join(one.name for one in providers)
            message = f"There is no vendor '{vendor[:80]}' here; there are: {known}."
            raise Invalid("vendor_not_found", message, details=[Detail("/prompts", "vendor_not_found", message)])
        if named is not None:
            return f"{named.name}/{_spelled(named, model) or model or named.model}"
    for one in providers if model else ():
        if (spelled := _spelled(one, model)) is not None:
            return f"{one.name}/{spelled}"
    return model or None


def models_of(provider: Provider) -> list[str]:
    """The models that a provider is known to have, its usual one first."""
    return list(dict.fromkeys((provider.model, *provider.models)))


def _spelled(provider: Provider, model: str) -> str | None:
    return next((one for one in models_of(provider) if one.lower() == model.lower()), None)
