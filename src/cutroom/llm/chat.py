"""What a model is asked, and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from cutroom.kit.strict_json import UNSTORABLE

Role = Literal["system", "user", "assistant"]
MOST_TOKENS: Final = 1_000_000_000
"""Of one answer, read or written: no model is near it, so a server that tells of more has not counted."""
_MOST_NAME: Final = 200
CHARACTERS_PER_TOKEN: Final = 4
"""OpenAI's own rule of thumb for English."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """One question.

    Args:
        messages: the conversation so far; the last is what is answered.
        model: as the server calls it.
        temperature: 0 for the same answer every time, as far as the server can; None leaves it to the server.
        max_tokens: where an answer is cut off; None leaves it to the server.
        schema: JSON schema that the answer should follow, for servers that can make it so.
    """

    messages: tuple[Message, ...]
    model: str
    temperature: float | None = None
    max_tokens: int | None = None
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more answers.

    Args:
        input_tokens: read.
        output_tokens: written.
        estimated: whether a server left it to us to count: four characters to a token.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False

    def __add__(self, other: "Usage") -> "Usage":
        """Both together."""
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.estimated or other.estimated,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said.

    Args:
        text: all of it. Nobody vouches for it: it is checked like what a stranger sends.
        model: the one that answered, as the server calls it.
        usage: what it took.
        complete: False when it was cut off at the greatest length.
    """

    text: str
    model: str
    usage: Usage
    complete: bool = True


class Chat(Protocol):
    """One server, spoken to in its own way."""

    async def chat(self, request: Request, on_text: Callable[[str], None] | None) -> Answer:
        """Ask once. When it is cancelled, the connection is closed, which stops the server's work.

        Args:
            request: the question.
            on_text: told every piece of the answer as it comes.

        Raises:
            Invalid: `model_not_found`, `model_input_too_long`, `model_refused`.
            Unavailable: `model_unavailable`, `model_rate_limited`, `model_timeout`, `model_unauthorized`,
                `model_bad_answer`.
        """
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


def tokens_of(characters: int) -> int:
    """About how many tokens a text of so many characters has."""
    return -(-characters // CHARACTERS_PER_TOKEN)


def counted(request: Request, text: str) -> Usage:
    """The usage of an answer whose server does not tell it."""
    read = sum(len(message.text) for message in request.messages)
    return Usage(tokens_of(read), tokens_of(len(text)), estimated=True)


def told_usage(read: object, written: object) -> Usage | None:
    """The usage that a server tells; None where it is none, and whoever asked has to count (threat A96)."""
    match read, written:
        case int(), int() if 0 <= read <= MOST_TOKENS and 0 <= written <= MOST_TOKENS:
            return Usage(int(read), int(written))
    return None


def told_model(told: object, asked: str) -> str:
    """What a server calls the model that answered; as it was asked for, where that is no name."""
    return UNSTORABLE.sub("\ufffd", told[:_MOST_NAME]) if isinstance(told, str) and told else asked
