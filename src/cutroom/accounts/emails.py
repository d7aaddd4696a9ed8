"""E-mail addresses as the names that people log in with: one spelling for each."""

import re
import unicodedata
from typing import Final

from cutroom.kit.errors import Detail, Invalid

MAX_CHARS: Final = 254
"""RFC 5321, section 4.5.3.1.3, less the angle brackets."""
# Not all that RFC 5322 allows, but all that is in use: no quotes, no comments, no address literals.
_FORM: Final = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\]\\,;:\"/?#\x00-\x1f\x7f]{1,253}")


def normalise(text: str) -> str:
    """The spelling that an address is stored and looked up by: NFKC, lower case, the domain in ASCII.

    Raises:
        Invalid: `bad_email`.
    """
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    local, _, domain = plain.rpartition("@")
    try:
        email = f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        email = ""
    if not _FORM.fullmatch(email) or len(email) > MAX_CHARS or "." not in domain.strip("."):
        message = "This is not an e-mail address; one looks like 'name@example.com'."
        raise Invalid("bad_email", message, details=[Detail("/email", "bad_email", message)])
    return email
