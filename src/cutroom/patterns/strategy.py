"""A strategy: how to think, put before a pattern."""

from dataclasses import dataclass

from cutroom.kit import strict_json
from cutroom.kit.errors import Invalid
from cutroom.patterns.pattern import check_name

MOST_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Strategy:
    """How to think."""

    name: str
    description: str
    prompt: str


def read_strategy(name: str, raw: bytes) -> Strategy:
    """A strategy from its file: JSON with `description` and `prompt`.

    Raises:
        Invalid: `bad_pattern_name`, `bad_strategy`.
    """
    check_name(name)
    wrong = Invalid("bad_strategy", f"The strategy '{name}' is no JSON with a 'prompt' and a 'description'.")
    if len(raw) > MOST_BYTES:
        raise wrong
    try:
        data = strict_json.parse(raw)
    except Invalid as error:
        raise wrong from error
    if not isinstance(data, dict) or not isinstance(data.get("prompt"), str):
        raise wrong
    return Strategy(name, str(data.get("description", "")), data["prompt"])
