"""YouTube as workflows and doors see it."""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpcore2

from cutroom.kit.errors import CutroomError, Invalid
from cutroom.kit.later import later_log
from cutroom.media.guard import Refused
from cutroom.media.youtube import captions, failures, sound, watching
from cutroom.media.youtube.address import video_id
from cutroom.media.youtube.captions import Captions
from cutroom.media.youtube.errands import MOST_BODY_BYTES, REQUEST_S, Web, read_into
from cutroom.media.youtube.video import CaptionTrack, Video

WATCH_S: Final = 90.0
SOUND_S: Final = 1800.0
MOST_HEARD_S: Final = 4 * 3600.0
"""Of a video whose sound is to be heard; captions of longer ones are read."""
TRACKS_TRIED: Final = 3
_log = later_log()


class YouTube:
    """Reads videos.

    Args:
        web: makes the requests; given by tests.
        watch_s: seconds in which it must be found out what there is of a video.
        most_heard_s: seconds of the longest video whose sound is brought.
        on: whether it may be asked at all.
    """

    def __init__(
        self,
        web: Web | None = None,
        *,
        watch_s: float = WATCH_S,
        most_heard_s: float = MOST_HEARD_S,
        on: bool = True,
    ) -> None:
        self._web = web or Web()
        self._watch_s = watch_s
        self._most_heard_s = most_heard_s
        self._on = on

    async def watch(self, address: str, *, scratch: Path) -> Video:
        """Say what there is of the video at an address.

        Args:
            address: as people copy it, or the id alone.
            scratch: folder to work in.

        Raises:
            Invalid: `bad_video_address`, `video_is_playlist`, `youtube_switched_off`, and what `watching.watch` raises.
            Unavailable: likewise.
        """
        if not self._on:
            message = "This server takes nothing by URL, and so no videos of YouTube; upload the file."
            raise Invalid("youtube_switched_off", message)
        return await watching.watch(self._web, video_id(address), scratch=scratch, deadline_s=self._watch_s)

    async def captions(self, video: Video, language: str | None = None) -> Captions | None:
        """The best captions of a video: in the asked language, else in the one that is spoken, else in any.

        None when it has none, and when YouTube does not give them away.
        """
        heard = next((track.tag for track in video.captions if track.is_heard), None)
        for track in captions.choose(video.captions, language)[:TRACKS_TRIED]:
            try:
                return captions.read_captions(await self._fetch(track), track, heard)
            except CutroomError as error:
                _log.info("youtube.captions_missing", video=video.id, language=track.language, code=error.code)
                if error.code == "youtube_blocked":
                    return None
        return None

    async def sound(self, video: Video, path: Path, *, progress: Callable[[float], None] | None = None) -> None:
        """Write the sound of a video to a file.

        Raises:
            Invalid: `video_without_words`, `video_too_long`.
            Unavailable: as `sound.bring_sound`.
        """
        best = sound.best_of(video.sounds)
        if best is None:
            raise failures.of_words(video.trouble) or failures.of_code("video_without_words")
        if video.seconds > self._most_heard_s:
            hours = self._most_heard_s / 3600
            message = (
                f"The video has no captions that can be read, and is longer than {hours:g} hours; upload a part of it."
            )
            raise Invalid("video_too_long", message)
        await sound.bring_sound(self._web, best, path, deadline_s=SOUND_S, progress=progress)

    async def _fetch(self, track: CaptionTrack) -> bytes:
        out = io.BytesIO()
        try:
            async with asyncio.timeout(REQUEST_S), self._web.ask("GET", track.url, track.headers) as exchange:
                status = exchange.response.status
                if status != 200:
                    raise failures.of_network((), (status,)) or failures.changed()
                if not await read_into(out, exchange, MOST_BODY_BYTES):
                    raise failures.changed()
        except Refused as refused:
            raise failures.changed() from refused
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException, OSError) as error:
            raise failures.of_network(("unreachable",), ()) or failures.changed() from error
        return out.getvalue()
