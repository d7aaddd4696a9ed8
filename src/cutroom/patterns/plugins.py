"""Plugins of patterns: `{{plugin:text:upper:word}}` and `{{plugin:datetime:now}}`. There are no others.

Fabric has some that read files, fetch addresses, look at the machine and run programs; here a pattern may come from
anybody, so they do not exist.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from cutroom.kit.errors import Detail, Invalid

_RELATIVE: Final = re.compile(r"([+-]?\d{1,5})([hmdwy])")
_MONTHS: Final = 12


def run_plugin(token: str, now: datetime | None = None) -> str:
    """What a token of a plugin becomes.

    Args:
        token: what stands between the braces.
        now: the time for `datetime`; the present, in UTC, when None.

    Raises:
        Invalid: `unknown_plugin`, `bad_plugin_value`.
    """
    parts = token.split(":", 3)
    if parts[0] != "plugin" or len(parts) < 3:
        raise _unknown(token)
    _, kind, operation, *rest = parts
    value = rest[0] if rest else ""
    if kind == "text" and operation in _TEXT:
        return _TEXT[operation](value)
    if kind == "datetime":
        moment = now or datetime.now(UTC)
        if operation in _TIMES:
            return _TIMES[operation](moment)
        if operation == "rel":
            return _relative(moment, value)
    raise _unknown(token)


def _relative(now: datetime, value: str) -> str:
    match = _RELATIVE.fullmatch(value)
    if match is None:
        raise _bad(f"'{value[:40]}' is no span of time; write -7d, 2w, 1m, 1y or 12h.")
    number, unit = int(match.group(1)), match.group(2)
    try:
        if unit == "h":
            return _stamp(now + timedelta(hours=number))
        if unit in "dw":
            return f"{now + timedelta(days=number * (7 if unit == 'w' else 1)):%Y-%m-%d}"
        months = number * (_MONTHS if unit == "y" else 1)
        return f"{_months_later(now, months):%Y-%m-%d}"
    except (OverflowError, ValueError) as error:
        raise _bad(f"'{value[:40]}' leads to no date of this calendar.") from error


def _months_later(now: datetime, months: int) -> datetime:
    """The same day so many months later; a day that there is not runs over into the next month, as Go has it."""
    whole = now.year * _MONTHS + now.month - 1 + months
    first = now.replace(year=whole // _MONTHS, month=whole % _MONTHS + 1, day=1)
    return first + timedelta(days=now.day - 1)


def _stamp(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _sunday(moment: datetime) -> datetime:
    """The Sunday on which a week begins in Fabric, where it also ends with one."""
    return moment - timedelta(days=moment.isoweekday() % 7)


_TEXT: Final[Mapping[str, Callable[[str], str]]] = {
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "trim": str.strip,
}
_TIMES: Final[Mapping[str, Callable[[datetime], str]]] = {
    "now": _stamp,
    "time": lambda moment: f"{moment:%H:%M:%S}",
    "unix": lambda moment: str(int(moment.timestamp())),
    "startofhour": lambda moment: _stamp(_hour(moment)),
    "endofhour": lambda moment: _stamp(_hour(moment) + timedelta(minutes=59, seconds=59)),
    "today": lambda moment: f"{moment:%Y-%m-%d}",
    "full": lambda moment: f"{moment:%A, %B} {moment.day}, {moment.year}",
    "month": lambda moment: f"{moment:%B}",
    "year": lambda moment: f"{moment:%Y}",
    "startofweek": lambda moment: f"{_sunday(moment):%Y-%m-%d}",
    "endofweek": lambda moment: f"{_sunday(moment) + timedelta(days=7):%Y-%m-%d}",
    "startofmonth": lambda moment: f"{moment.replace(day=1):%Y-%m-%d}",
    "endofmonth": lambda moment: f"{_months_later(moment.replace(day=1), 1) - timedelta(days=1):%Y-%m-%d}",
}


def _unknown(token: str) -> Invalid:
    shown = token[:100]
    message = f"There is no plugin '{shown}' here; there are plugin:text and plugin:datetime."
    return Invalid("unknown_plugin", message, details=[Detail("/pattern", "unknown_plugin", message)])


def _bad(message: str) -> Invalid:
    return Invalid("bad_plugin_value", message, details=[Detail("/pattern", "bad_plugin_value", message)])
