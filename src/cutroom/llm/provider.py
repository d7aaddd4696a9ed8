"""Where models are, and what they cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Annotated, Final, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError

from cutroom.kit import strict_json
from cutroom.kit.adapter import Adapter
from cutroom.kit.errors import Invalid
from cutroom.kit.money import micro_of
from cutroom.kit.schema import Schema, invalid
from cutroom.llm.chat import Usage

OPENAI: Final = "https://api.openai.com/v1"
ANTHROPIC: Final = "https://api.anthropic.com"
T = TypeVar("T")
ProviderKind = Literal["openai", "anthropic"]


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens cost, in millionths of a dollar."""

    input_micro: int
    output_micro: int

    def of(self, usage: Usage) -> int:
        """The cost of some tokens in micro-dollars, rounded up."""
        return -(-(usage.input_tokens * self.input_micro + usage.output_tokens * self.output_micro) // 1_000_000)


@dataclass(frozen=True, slots=True)
class Provider:
    """One server of models. Its address is the operator's choice, so it may be a private one.

    Args:
        name: what people call it; in `name/model` it says whose model is meant.
        base_url: up to and with `/v1`, as OpenAI's clients want it.
        model: the one that is asked when none is named.
        api_key: what the server wants to see; None for servers that want nothing.
        kind: how it is spoken to: in OpenAI's way, as nearly all do, or in Anthropic's.
        models: others that may be named; any may where none is listed.
        prices: by names of models, which may hold `*`; the first that fits counts.
        context_tokens: how much its models read at once.
        timeout_s: seconds for one whole answer.
        patience_s: seconds without a sign of life after which a request is given up.
        attempts: how often a request that failed in a way that may pass is made, the first time included.
    """

    name: str
    base_url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    kind: ProviderKind = "openai"
    models: tuple[str, ...] = ()
    prices: Mapping[str, Price] = field(default_factory=dict)
    context_tokens: int = 32_000
    timeout_s: float = 300.0
    patience_s: float = 90.0
    attempts: int = 4

    def price(self, model: str) -> Price | None:
        """What a model costs; None when nobody said."""
        return next((price for pattern, price in self.prices.items() if fnmatchcase(model, pattern)), None)

    def has(self, model: str) -> bool:
        """Whether a model may be asked for."""
        return not self.models or model == self.model or model in self.models


class PriceSetting(Schema):
    """Dollars for a million tokens."""

    input: Annotated[float, Field(ge=0, le=100_000)]
    output: Annotated[float, Field(ge=0, le=100_000)]


class ProviderSetting(Schema):
    """One provider, as it is set."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    kind: ProviderKind = "openai"
    base_url: Annotated[str | None, Field(pattern="^https?://")] = None
    api_key: SecretStr | None = None
    model: Annotated[str, Field(min_length=1, max_length=200)]
    models: Annotated[tuple[str, ...], Field(max_length=500)] = ()
    prices: Annotated[dict[str, PriceSetting], Field(default_factory=dict, max_length=500)]
    context_tokens: Annotated[int, Field(ge=1_000, le=100_000_000)] = 32_000
    timeout_s: Annotated[float, Field(gt=0, le=3_600)] = 300.0

    def provider(self) -> Provider:
        """The provider."""
        return Provider(
            name=self.name,
            base_url=self.base_url or (OPENAI if self.kind == "openai" else ANTHROPIC),
            model=self.model,
            api_key=None if self.api_key is None else self.api_key.get_secret_value(),
            kind=self.kind,
            models=self.models,
            prices=_prices(self.prices),
            context_tokens=self.context_tokens,
            timeout_s=self.timeout_s,
        )


def _prices(given: Mapping[str, PriceSetting]) -> Mapping[str, Price]:
    return {name: Price(micro_of(price.input), micro_of(price.output)) for name, price in given.items()}


_PRICES: Final = Adapter[dict[str, PriceSetting]](dict[str, PriceSetting])
_LIST: Final = Adapter[list[ProviderSetting]](list[ProviderSetting])


def read_providers(text: str) -> Sequence[Provider]:
    """The providers of a setting: a JSON list of objects.

    Raises:
        ValueError: when it is none; the message says where.
    """
    found = [one.provider() for one in _read(_LIST, text)]
    names = [provider.name for provider in found]
    if len(set(names)) != len(names):
        raise ValueError("two providers have the same name")
    return found


def read_prices(text: str) -> Mapping[str, Price]:
    """The prices of a setting: a JSON object, by names of models.

    Raises:
        ValueError: when it is none; the message says where.
    """
    found = _read(_PRICES, text)
    return _prices(found)


def _read(kind: Adapter[T], text: str) -> T:
    try:
        data = strict_json.parse(text.encode())
        return kind.validate_python(data)
    except Invalid as error:
        raise ValueError(error.message) from error
    except ValidationError as error:
        raise ValueError(invalid(error, data).message) from error
