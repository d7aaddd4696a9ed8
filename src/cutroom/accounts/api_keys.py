"""The text of API keys (`ctr_`), of invitations (`cti_`) and links (`ctl_`): a prefix and 256 random bits in base 62.

A key is as random as its hash, so one SHA-256 is enough to store it by: there is nothing to guess, and a slow hash
would let strangers spend our processor on every request. The lookup is by hash, so timing tells nothing about a key.
"""

import hashlib
import re
import secrets
import string
from typing import Final

PREFIX: Final = "ctr_"
INVITATION: Final = "cti_"
LINK: Final = "ctl_"
_ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_DIGITS: Final = 43  # 62^43 > 2^256
_PATTERN: Final = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_DIGITS}}}")
_INVITATION: Final = re.compile(rf"{INVITATION}[0-9A-Za-z]{{{_DIGITS}}}")
_LINK: Final = re.compile(rf"{LINK}[0-9A-Za-z]{{{_DIGITS}}}")


def new_api_key() -> str:
    """Make the text of a key."""
    return _random_text(PREFIX)


def new_invitation_token() -> str:
    """Make the token of an invitation."""
    return _random_text(INVITATION)


def new_link_token() -> str:
    """Make the token of a link."""
    return _random_text(LINK)


def _random_text(prefix: str) -> str:
    value = secrets.randbits(256)
    digits = []
    for _ in range(_DIGITS):
        value, digit = divmod(value, 62)
        digits.append(_ALPHABET[digit])
    return prefix + "".join(reversed(digits))


def is_api_key(text: str) -> bool:
    """Whether `text` has the form of a key: a cheap test before asking the database."""
    return _PATTERN.fullmatch(text) is not None


def is_invitation_token(text: str) -> bool:
    """Whether `text` has the form of an invitation's token."""
    return _INVITATION.fullmatch(text) is not None


def is_link_token(text: str) -> bool:
    """Whether `text` has the form of a link's token."""
    return _LINK.fullmatch(text) is not None


def digest(plaintext: str) -> bytes:
    """What is stored of a key: 32 bytes."""
    return hashlib.sha256(plaintext.encode()).digest()
