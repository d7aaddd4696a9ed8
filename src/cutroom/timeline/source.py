"""Where media come from: the forms of `src`, and how a source is named to people."""

import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError

from cutroom.timeline.agreement import Agreed
from cutroom.timeline.limits import limits_of, switched_off

MAX_LENGTH: Final = 4096
ASSET: Final = "asset:"
"""Begins a source that is an uploaded asset; its id follows."""
_ASSET: Final = re.compile(ASSET + r"[A-Za-z0-9_-]{1,128}")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_MADE: Final = {"timeline:": "The inner timeline", "html:": "The page", "svg:": "The drawing"}
"""What is made for an edit, by the beginning of its `src`; nobody can write these."""
_UNPRINTABLE: Final = re.compile(r"[\x00-\x20\x7f]")


def _source(value: str, info: ValidationInfo) -> str:
    limits = limits_of(info)
    local = limits is None or limits.allow_local
    if value.startswith("asset:"):
        if _ASSET.fullmatch(value) is None:
            raise _bad("An uploaded asset is named asset:ID, with the id that the upload answered.")
    elif value.lower().startswith(("http:", "https:")):
        _check_url(value)
        if limits is not None and not limits.urls:
            raise switched_off("sources by URL; upload the file and use asset:ID")
    elif not local or _SCHEME.match(value) or not value.strip():
        raise _bad(f"A source is an http(s):// URL or asset:ID{', or a path' if local else '; upload files first'}.")
    return value


def _check_url(value: str) -> None:
    if _UNPRINTABLE.search(value):
        raise _bad("A URL holds no spaces or control characters; write them percent-encoded.")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _bad("This URL cannot be read: its host or port is malformed.") from None
    if not host or not value.lower().startswith(f"{parts.scheme}://"):
        raise _bad("A URL names a host: https://example.com/a.mp4.")
    if "@" in parts.netloc:
        raise PydanticCustomError(
            "source_has_credentials", "A URL carries no user name or password; use a signed URL or upload the file."
        )


def _bad(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("bad_source", "{sentence}", {"sentence": sentence})


def is_made(src: str) -> bool:
    """Whether it is made for the edit, of an asset that has no `src`."""
    return src.startswith(tuple(_MADE))


def public_name(src: str) -> str:
    """The source as a sentence may name it: without the query, which may hold a signature."""
    for scheme, made in _MADE.items():
        if src.startswith(scheme):
            return made
    name = re.split(r"[?#]", src, maxsplit=1)[0] if src.lower().startswith(("http:", "https:")) else src
    return name if len(name) <= 200 else f"{name[:197]}…"


_FORMS: Final[JsonSchemaValue] = {
    "anyOf": [
        {"pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@\\x00-\\x20\\x7f]+(?:[/?#][^\\x00-\\x20\\x7f]*)?$"},
        {"pattern": f"^{_ASSET.pattern}$"},
        {"pattern": f"^(?!{_SCHEME.pattern}).*[\\S\\uFEFF]"},
    ]
}
"""The same for the published schema: a URL, an asset or a path, which nothing but the command line tool takes."""
Source = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_LENGTH,
        description="Where the media is: an http(s) URL, `asset:ID` for an uploaded asset, or, in the command line "
        "tool only, a path relative to the document.",
        examples=["https://example.com/media.mp4", "asset:ID"],
    ),
    AfterValidator(_source),
    Agreed(_FORMS),
]
