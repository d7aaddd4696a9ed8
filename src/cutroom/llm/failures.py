"""What goes wrong with a model, as errors with codes."""

from typing import Final

from cutroom.kit.errors import CutroomError, Invalid, Unavailable
from cutroom.llm.provider import Provider

_TOO_LONG: Final = (
    "context_length",
    "context length",
    "maximum context",
    "too many tokens",
    "context window",
    "context size",
)
_MOST_WRONG: Final = 200
_RETRIED: Final = frozenset({408, 409, 425, 429})


def not_configured() -> Invalid:
    """Nobody said where a model is."""
    return Invalid(
        "model_not_configured",
        "No language model is configured: set CUTROOM_LLM_MODEL with CUTROOM_LLM_BASE_URL or "
        "CUTROOM_LLM_API_KEY, or CUTROOM_LLM_PROVIDERS.",
    )


def unknown_model(provider: Provider, model: str) -> Invalid:
    """A provider that lists its models does not list this one."""
    known = ", ".join((provider.model, *provider.models)[:10])
    return Invalid("model_not_found", f"'{provider.name}' has no model '{model[:100]}' here; it has {known}.")


def of_status(provider: Provider, status: int, said: str, retry_after_s: float | None) -> CutroomError:
    """The error for an answer that is none.

    Args:
        provider: who answered.
        status: HTTP status.
        said: the server's explanation, which is looked at and never shown.
        retry_after_s: what the server asks for.
    """
    who = f"The model server '{provider.name}'"
    if status in {401, 403}:
        return Unavailable(
            "model_unauthorized", f"{who} refuses our key; the operator has to check its settings.", retryable=False
        )
    if status == 404:
        return Invalid("model_not_found", f"{who} does not have this model; name one that it has.")
    if status == 413 or any(sign in said.lower() for sign in _TOO_LONG):
        return Invalid("model_input_too_long", f"{who} says that the input is too long for the model.")
    if status == 429:
        return Unavailable(
            "model_rate_limited", f"{who} has had too many requests; try again later.", retry_after_s=retry_after_s
        )
    if status in _RETRIED or status >= 500:
        return Unavailable(
            "model_unavailable", f"{who} failed with status {status}; try again later.", retry_after_s=retry_after_s
        )
    return Invalid("model_refused", f"{who} refuses the request with status {status}.")


def unreachable(provider: Provider) -> Unavailable:
    """There is no connection, or it was cut."""
    return Unavailable(
        "model_unavailable", f"The model server '{provider.name}' cannot be reached, or cut the connection."
    )


def too_slow(provider: Provider) -> Unavailable:
    """No answer in time."""
    return Unavailable("model_timeout", f"The model server '{provider.name}' did not answer in time.")


def bad_answer(provider: Provider, why: str) -> Unavailable:
    """An answer that cannot be read; `why` ends the sentence."""
    return Unavailable("model_bad_answer", f"The model server '{provider.name}' {why}.")


def bad_shape(provider: Provider, wrong: str, *, cut_off: bool) -> Unavailable:
    """Data that does not follow its schema, also when the model was told what is `wrong` with it, in a sentence.

    Trying all of it again would cost as much, and come to the same.
    """
    who = f"The model server '{provider.name}'"
    if cut_off:
        message = f"{who} twice wrote data that was cut off at its greatest length; raise 'maxTokens', or ask for less."
    else:
        message = f"{who} twice answered with data of another shape: {wrong.rstrip('.')[:_MOST_WRONG]}."
    return Unavailable("model_bad_answer", message, retryable=False)
