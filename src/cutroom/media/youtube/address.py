"""Addresses of videos: eleven characters are taken from what a stranger wrote, and nothing else of it is used."""

import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

from cutroom.kit.errors import Invalid

MOST_CHARS: Final = 2048
_ID: Final = re.compile(r"[A-Za-z0-9_-]{11}")
_HOSTS: Final = frozenset({"youtube.com", "youtube-nocookie.com", "youtu.be"})
_SIDES: Final = frozenset({"www.", "m.", "music.", ""})
_FOLDERS: Final = frozenset({"shorts", "embed", "live", "v", "e"})
_WHOLE: Final = "Give the address of one video, such as https://www.youtube.com/watch?v=dQw4w9WgXcQ."


def video_id(address: str) -> str:
    """The id of the video at an address, or in it when it is one.

    Raises:
        Invalid: `video_is_playlist`; `bad_video_address`.
    """
    address = address.strip()
    if _ID.fullmatch(address):
        return address
    if len(address) > MOST_CHARS or not address.isprintable():
        raise _bad()
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        host, query = (parts.hostname or "").lower(), parse_qs(parts.query, max_num_fields=50)
    except ValueError:
        raise _bad() from None
    side, _, rest = host.rpartition(next((known for known in _HOSTS if host.endswith(known)), "/"))
    if rest or side not in _SIDES or host == "" or parts.scheme not in {"http", "https"} or "@" in parts.netloc:
        raise _bad()
    path = [part for part in parts.path.split("/") if part]
    found = _named(host, path, query)
    if _ID.fullmatch(found):
        return found
    if query.get("list") or path[:1] == ["playlist"]:
        message = "This is the address of a playlist, not of a video; run each of its videos."
        raise Invalid("video_is_playlist", message)
    raise _bad()


def page_of(video: str) -> str:
    """The address of a video's page."""
    return f"https://www.youtube.com/watch?v={video}"


def _named(host: str, path: list[str], query: dict[str, list[str]]) -> str:
    if host.endswith("youtu.be"):
        return path[0] if path else ""
    if len(path) > 1 and path[0] in _FOLDERS:
        return path[1]
    return query.get("v", [""])[0] if path == ["watch"] else ""


def _bad() -> Invalid:
    return Invalid("bad_video_address", f"This is not the address of a video of YouTube. {_WHOLE}")
