"""What an agent tells of files, before it is written: a stranger's names and types are bounded here.

What a file is, and how large, is never among them: that is found out from its bytes.
"""

import re
from dataclasses import dataclass
from typing import Final

from cutroom.assets.uploads import MAX_NAME_CHARS, SHA256, UNPRINTABLE
from cutroom.kit.errors import Invalid

_KIND: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_WORD: Final = r"[A-Za-z0-9!#$&^_.+-]{1,100}"  # RFC 6838 section 4.2, shortened
_CONTENT_TYPE: Final = re.compile(rf'{_WORD}/{_WORD}(; ?{_WORD}=("{_WORD}"|{_WORD}))?')


@dataclass(frozen=True, slots=True)
class Label:
    """What an artifact is called and served as.

    Args:
        kind: what its workflow calls files like it.
        name: what cannot be shown is replaced, and what is too long is cut.
        content_type: as in a header.
    """

    kind: str
    name: str
    content_type: str


def label_of(kind: str, name: str, content_type: str) -> Label:
    """The label of an artifact, as it was told.

    Raises:
        Invalid: `bad_kind`, `bad_name`, `bad_content_type`.
    """
    if _KIND.fullmatch(kind) is None:
        raise Invalid("bad_kind", "The kind of a file has 1 to 64 letters, digits and . _ -.")
    if _CONTENT_TYPE.fullmatch(content_type) is None:
        raise Invalid("bad_content_type", "The content type of a file looks like 'video/mp4'.")
    return Label(kind, checked_name(name), content_type)


def checked_name(name: str) -> str:
    """A name that can be kept and shown. Raises `Invalid` (`bad_name`) for none at all."""
    shown = UNPRINTABLE.sub("\ufffd", name[:MAX_NAME_CHARS])
    if not shown:
        raise Invalid("bad_name", "A file has a name.")
    return shown


def check_hash(sha256: str) -> None:
    """Refuse what cannot be a hash. Raises `Invalid` (`bad_sha256`)."""
    if SHA256.fullmatch(sha256) is None:
        raise Invalid("bad_sha256", "A SHA-256 is 64 hexadecimal digits in lower case.")
