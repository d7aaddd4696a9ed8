"""Facts as they may be shown outside: without secrets, and without characters that forge a line or drive a terminal.

Both the log and tracing go through here. It is apart from them, since a command has no need of structlog, which takes a
tenth of a second.
"""

import re
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any, Final

HIDDEN: Final = "[redacted]"
_DEPTH: Final = 8
_SHORT: Final = 40
_SECRET_KEY: Final = re.compile(
    r"pass(word|wd|phrase)|secret|token|authorization|cookie|credential|apikey|privatekey|signature|databaseurl",
    re.IGNORECASE,
)
_SECRET_VALUES: Final = (
    # our API keys, tokens of links and agents, and signing secrets, wherever they appear
    (re.compile(r"\b(ct[aceilr]|whsec)_[\w+/=-]{6,}"), rf"\1_{HIDDEN}"),
    # tokens of identity providers (three parts, the first two of them JSON objects), and cookies of sessions
    (re.compile(r"\beyJ[\w-]{5,}\.eyJ[\w-]+\.[\w-]*"), HIDDEN),
    (re.compile(r"\b((?:__Host-)?cutroom)=[\w-]{20,}"), rf"\1={HIDDEN}"),
    # parameters of signed URLs, ours and those of S3
    (
        re.compile(
            r"(?<![\w-])(sig|signature|x-amz-(?:signature|credential|security-token)|(?:access_)?token|api_?key)"
            r"=[^&\s#\"'<>]+",
            re.IGNORECASE,
        ),
        rf"\1={HIDDEN}",
    ),
    # the password of a URL
    (re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
)
# What can hold none of these: every pattern needs one of our prefixes, the start of a token, or another character.
_PLAIN: Final = re.compile(r"[A-Za-z0-9_./{}:,+-]*")
_MARKED: Final = re.compile("ct[aceilr]_|whsec_|eyJ")
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LINE_END: Final = re.compile(r"[\n\t]")


def clean(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The log's processor that takes out secrets and makes control characters visible, in every fact at any depth."""
    # structlog's own keys begin with an underscore and hold objects that are not facts.
    return {_name(key): value if key.startswith("_") else _fact(key, value, _DEPTH) for key, value in event.items()}


def redact(text: str) -> str:
    """`text` without the API keys, signatures, bearer tokens and passwords of URLs in it."""
    for pattern, replacement in _SECRET_VALUES:
        text = pattern.sub(replacement, text)
    return text


def mask(key: str, text: str) -> str:
    """A fact's text as it may be shown outside: hidden where its key tells of a secret, else without those in it."""
    return str(_fact(key, text, _DEPTH))


def _fact(key: object, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(key, str) and _names_a_secret(key):
        return HIDDEN
    if depth == 0:
        return "…"
    if isinstance(value, str):
        text = value
    elif isinstance(value, Mapping):
        return {_text(str(name)): _fact(name, item, depth - 1) for name, item in value.items()}
    elif isinstance(value, list | tuple | set | frozenset):
        return [_fact(None, item, depth - 1) for item in value]
    else:
        text = str(value)
    # A traceback is read as lines; it is written last, indented, and never starts a line as an event does.
    return _visible(redact(text)).replace("\n", "\n  ") if key == "exception" else _text(text)


@lru_cache(maxsize=2_048)
def _name(key: str) -> str:
    return key if key.startswith("_") else _text(key)


@lru_cache(maxsize=2_048)
def _names_a_secret(key: str) -> bool:
    return _SECRET_KEY.search(key.replace("_", "").replace("-", "")) is not None


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) is not None and _MARKED.search(text) is None:
        return text
    # Said again and again, and too short to be keys of ours.
    return _short(text) if len(text) <= _SHORT else _cleaned(text)


@lru_cache(maxsize=4_096)
def _short(text: str) -> str:
    return _cleaned(text)


def _cleaned(text: str) -> str:
    return _LINE_END.sub(_escape, _visible(redact(text)))


def _visible(text: str) -> str:
    return _CONTROL.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode("ascii")
