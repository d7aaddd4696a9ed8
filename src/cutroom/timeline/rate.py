"""Frame rates, exactly."""

import re
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from cutroom.kit.wording import shown, unquoted

SLOWEST: Final = 1
FASTEST: Final = 60
_RATIO: Final = re.compile(r"([0-9]{1,7})(?:/([0-9]{1,7}))?")
_PUBLISHED: Final = "^0{0,6}[1-9][0-9]{0,6}(?:/0{0,6}[1-9][0-9]{0,6})?$"
"""The same for the published schema: neither is nothing."""
_NTSC: Final = tuple(Fraction(rate * 1000, 1001) for rate in (12, 15, 24, 30, 48, 60))
"""The rates of colour television in North America, which people write as 23.976, 29.97 and 59.94 (SMPTE ST 12-1)."""


@lru_cache(maxsize=1_024)
def exact_rate(value: float | str) -> Fraction:
    """Frames per second as a fraction: 29.97 is 30000/1001, "25/2" is 12.5.

    Raises:
        ValueError: when it is no rate, or one that needs a fraction to be said exactly.
    """
    if isinstance(value, str):
        match = _RATIO.fullmatch(value)
        if match is None or (match[2] is not None and int(match[2]) == 0):
            raise ValueError(value)
        return Fraction(int(match[1]), int(match[2] or 1))
    if value != int(value):
        for rate in _NTSC:
            if abs(float(rate) - value) < 0.005:
                return rate
    rate = Fraction(repr(value))
    if rate.denominator > 1001:
        raise ValueError(value)
    return rate


class Rate:
    """The type of a frame rate field: a number, or a fraction as text."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check in `check`; the value stays as written."""
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The same rule for the published schema."""
        number = {"type": "number", "minimum": SLOWEST, "maximum": FASTEST}
        return {"anyOf": [number, {"type": "string", "pattern": _PUBLISHED}]}

    @staticmethod
    def check(value: Any) -> float | str:
        """The value itself, or an error that says what is accepted."""
        facts = {"value": shown(value), "hint": unquoted(value), "low": SLOWEST, "high": FASTEST}
        sentence = (
            'This is {value}{hint}; accepted is a number from {low} to {high}, or a fraction such as "30000/1001".'
        )
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise PydanticCustomError("wrong_type", sentence, facts)
        try:
            rate = exact_rate(value)
        except (ValueError, OverflowError):
            raise PydanticCustomError("unknown_value", sentence, facts) from None
        if not SLOWEST <= rate <= FASTEST:
            raise PydanticCustomError("out_of_range", sentence, facts)
        return value
