"""The text of API keys, of invitations and of links: a prefix that says which, and 256 random bits in base 62.

A key is as random as its hash, so one SHA-256 is enough to store it by: there is nothing to guess, and a slow hash
would let strangers spend our processor on every request. The lookup is by hash, so timing tells nothing about a key.
"""

import hashlib
import re
import secrets
import string
from typing import Final, Literal

PREFIX: Final = "ctr_"
INVITATION: Final = "cti_"
LINKS: Final = {"confirm": "ctc_", "reset": "ctl_"}
_ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_DIGITS: Final = 43  # 62^43 > 2^256
_PATTERN: Final = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_DIGITS}}}")
_INVITATION: Final = re.compile(rf"{INVITATION}[0-9A-Za-z]{{{_DIGITS}}}")
_LINKS: Final = {purpose: re.compile(rf"{prefix}[0-9A-Za-z]{{{_DIGITS}}}") for purpose, prefix in LINKS.items()}
Purpose = Literal["confirm", "reset"]


def new_api_key() -> str:
    """Make the text of a key."""
    return _random_text(PREFIX)


def new_invitation_token() -> str:
    """Make the token of an invitation."""
    return _random_text(INVITATION)


def new_link_token(purpose: Purpose) -> str:
    """Make the token of a link for one purpose."""
    return _random_text(LINKS[purpose])


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


def is_link_token(text: str, purpose: Purpose) -> bool:
    """Whether `text` has the form of the token of a link for this purpose."""
    return _LINKS[purpose].fullmatch(text) is not None


def digest(plaintext: str) -> bytes:
    """What is stored of a key: 32 bytes."""
    return hashlib.sha256(plaintext.encode()).digest()
