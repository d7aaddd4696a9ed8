"""The sound of a video: which to take, and bringing it here in pieces, as YouTube gives it."""

import asyncio
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Final
from urllib.parse import urljoin

import httpcore2

from cutroom.kit.errors import CutroomError, Invalid, Unavailable
from cutroom.media.guard import Refused
from cutroom.media.youtube import failures
from cutroom.media.youtube.errands import Web, read_into
from cutroom.media.youtube.video import SoundTrack

PIECE_BYTES: Final = 10 << 20
"""What is asked for at once: YouTube slows larger answers down to the speed of playing (yt-dlp asks for as much)."""
MOST_BYTES: Final = 1 << 30
TRIES: Final = 3
"""For each piece."""
_CLEAR_KBPS: Final = 48.0
"""From here on, nothing is heard better for having more of it."""
_MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


def best_of(sounds: Sequence[SoundTrack]) -> SoundTrack | None:
    """The smallest that is clear, of what was recorded rather than dubbed, without pictures if there is such."""

    def rank(sound: SoundTrack) -> tuple[int, float, int, float]:
        clear = sound.rate >= _CLEAR_KBPS
        return 0 if sound.pure else 1, -sound.original, 0 if clear else 1, sound.rate if clear else -sound.rate

    return min(sounds, key=rank, default=None)


async def bring_sound(
    web: Web, sound: SoundTrack, path: Path, *, deadline_s: float, progress: Callable[[float], None] | None = None
) -> None:
    """Write a sound track to a file, which appears only when it is whole.

    Raises:
        Invalid: `video_too_long`.
        Unavailable: `youtube_blocked`, `youtube_unreachable`, `youtube_timeout`, `youtube_changed`.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        async with asyncio.timeout(deadline_s) as clock:
            with part.open("wb") as file:
                await _pieces(web, sound, file, progress)
        part.replace(path)
    except TimeoutError as error:
        if not clock.expired():
            raise
        raise failures.too_late(deadline_s) from error
    finally:
        part.unlink(missing_ok=True)


async def _pieces(web: Web, sound: SoundTrack, file: IO[bytes], progress: Callable[[float], None] | None) -> None:
    here, total = 0, None
    while total is None or here < total:
        here, total = await _piece(web, sound, file, here, total)
        if progress is not None:
            progress(here / total)


async def _piece(web: Web, sound: SoundTrack, file: IO[bytes], start: int, total: int | None) -> tuple[int, int]:
    """Bring one piece, after a few tries; where the next begins, and where the last ends."""
    for number in range(TRIES):
        file.seek(start)
        try:
            end, length = await _request(web, sound, file, start)
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException, OSError) as error:
            if number + 1 == TRIES:
                raise _unreachable() from error
            continue
        if end <= start or length > MOST_BYTES or (total is not None and length != total):
            raise _too_long() if length > MOST_BYTES else failures.changed()
        return end, length
    raise _unreachable()


async def _request(web: Web, sound: SoundTrack, file: IO[bytes], start: int) -> tuple[int, int]:
    url = sound.url
    headers = {**sound.headers, "Range": f"bytes={start}-{start + PIECE_BYTES - 1}"}
    for _ in range(_MOST_REDIRECTS + 1):
        try:
            async with web.ask("GET", url, headers) as exchange:
                status = exchange.response.status
                place = exchange.headers.get(b"location")
                if status in _REDIRECTS and place is not None:
                    url = urljoin(url, place.decode("latin-1"))
                    continue
                if status not in {200, 206}:
                    raise _refused(status)
                found = _RANGE.fullmatch(exchange.headers.get(b"content-range", b"").decode("latin-1"))
                if status == 206 and (found is None or int(found[1]) != start):
                    raise failures.changed()
                most = MOST_BYTES if found is None else PIECE_BYTES
                if status == 200:
                    file.seek(0)
                if not await read_into(file, exchange, most):
                    raise _too_long()
                end = file.tell()
                return end, end if found is None else int(found[3])
        except Refused as refused:
            raise failures.changed() from refused
    raise failures.changed()


def _refused(status: int) -> CutroomError:
    return failures.of_network((), (status,)) or failures.changed()


def _unreachable() -> Unavailable:
    message = "The sound of the video cannot be fetched; try again later."
    return Unavailable("youtube_unreachable", message, retry_after_s=failures.BUSY_S)


def _too_long() -> Invalid:
    return Invalid(
        "video_too_long", f"The sound of the video has more than {MOST_BYTES >> 30} GiB; upload a part of it."
    )
