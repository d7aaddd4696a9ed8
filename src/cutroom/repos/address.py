"""Addresses of repositories: what is one, and which lie beneath which."""

import re
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from cutroom.kit.errors import Detail, Invalid

SCHEMES: Final = ("https", "http", "file")
"""The others run programs (`ext::`), ask for keys of people (`ssh`), or have no encryption and no use (`git`)."""
MAX_CHARS: Final = 1_000
_PORTS: Final = {"https": 443, "http": 80}
_ODD: Final = re.compile(r"[\x00-\x20\x7f\\]")
_BRANCH: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")


def address(text: str) -> str:
    """An address in its one form: lower-case host, no default port, no slash at the end.

    Raises:
        Invalid: `bad_repository_url` for what is none, or carries a password.
    """
    if len(text) > MAX_CHARS or _ODD.search(text) is not None:
        raise _bad("it is longer than 1,000 characters, or has spaces or control characters in it")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _bad("it cannot be read as a URL") from None
    if parts.scheme not in SCHEMES:
        raise _bad("it must begin with https://, http:// or file://")
    if parts.username is not None or parts.password is not None:
        raise _bad("it must hold no user or password: name a secret of the agent instead")
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise _bad("it must have no query and no fragment")
    path = parts.path.rstrip("/")
    if not path or any(step in {"", ".", ".."} for step in unquote(path).split("/")[1:]) or "%2f" in path.lower():
        raise _bad("its path must be whole, without . and ..")
    host = (parts.hostname or "").lower()
    if (parts.scheme == "file") != (host == ""):
        raise _bad("file:// is followed by a path alone, the others by a host")
    shown = "" if port is None or port == _PORTS.get(parts.scheme) else f":{port}"
    where = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{where}{shown}{path}"


def beneath(prefix: str, place: str) -> bool:
    """Whether an address, in its one form, is a prefix or lies beneath it; for `file://`, where its links lead."""
    if not prefix.startswith("file://"):
        return place == prefix or place.startswith(f"{prefix}/")
    if not place.startswith("file://"):
        return False
    return folder(place).is_relative_to(folder(prefix))


def prefix_of(text: str) -> str:
    """A prefix in its one form; it may be a host alone, such as `https://github.com/`.

    Raises:
        Invalid: `bad_repository_url`.
    """
    bare = urlsplit(text)
    if bare.path.strip("/") == "" and bare.scheme in {"https", "http"}:
        return address(f"{text.rstrip('/')}/x").removesuffix("/x")
    return address(text)


def folder(place: str) -> Path:
    """The folder of a `file://` address, where its links lead."""
    return Path(unquote(urlsplit(place).path)).resolve()


def check_branch(name: str) -> str:
    """A branch that no option, path or revision can be mistaken for.

    Raises:
        Invalid: `bad_branch`.
    """
    steps = PurePosixPath(name).parts
    fine = _BRANCH.fullmatch(name) is not None and ".." not in name and "//" not in name and not name.endswith("/")
    if not fine or any(step.startswith(".") or step.endswith((".", ".lock")) for step in steps):
        message = "A branch has letters, digits, _, -, . and /, such as main or release/2.1."
        raise Invalid("bad_branch", message, details=[Detail("/branch", "bad_branch", message)])
    return name


def is_commit(text: str) -> bool:
    """Whether it is the full name of a commit."""
    return _COMMIT.fullmatch(text) is not None


def _bad(why: str) -> Invalid:
    message = f"This is no address of a repository: {why}."
    return Invalid("bad_repository_url", message, details=[Detail("/url", "bad_repository_url", message)])
