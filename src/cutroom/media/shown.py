"""How addresses are shown. Apart from what fetches them: most renders need no network, which takes long to load."""

import re


def show(url: str) -> str:
    """The URL without what may be secret (credentials, query, fragment) or long; for messages and logs."""
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    plain = "".join(character if character.isprintable() else "?" for character in bare)
    scheme, separator, rest = plain.partition("://")
    authority, slash, path = rest.partition("/")
    text = f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"
    return text if len(text) <= 200 else f"{text[:197]}..."
