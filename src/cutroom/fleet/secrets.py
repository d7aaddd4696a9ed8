"""The text of enrolment codes (`cte_`) and of agents' tokens (`cta_`): a prefix and 256 random bits in hexadecimal.

They are as random as their hashes, so one SHA-256 is enough to store them by, as with API keys.
"""

import hashlib
import re
import secrets
from typing import Final

CODE: Final = "cte_"
TOKEN: Final = "cta_"  # noqa: S105 — the beginning of each
_CODE: Final = re.compile(rf"{CODE}[0-9a-f]{{64}}")
_TOKEN: Final = re.compile(rf"{TOKEN}[0-9a-f]{{64}}")


def new_code() -> str:
    """Make the text of a code."""
    return CODE + secrets.token_hex(32)


def new_token() -> str:
    """Make the text of a token."""
    return TOKEN + secrets.token_hex(32)


def is_code(text: str) -> bool:
    """Whether `text` has the form of a code: a cheap test before asking the database."""
    return _CODE.fullmatch(text) is not None


def is_token(text: str) -> bool:
    """Whether `text` has the form of a token."""
    return _TOKEN.fullmatch(text) is not None


def digest(plaintext: str) -> bytes:
    """What is stored of either: 32 bytes."""
    return hashlib.sha256(plaintext.encode()).digest()
