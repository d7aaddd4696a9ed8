"""Finding out what there is of a video, by yt-dlp's extractor in a child that is held like a media program."""

import asyncio
import json
import secrets
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cutroom.kit.adapter import Adapter
from cutroom.kit.errors import CutroomError, first_of
from cutroom.kit.later import later_log
from cutroom.kit.process import Completed, Limits, TimedOut, run
from cutroom.media.sandbox import for_python
from cutroom.media.turns import turn
from cutroom.media.youtube import failures
from cutroom.media.youtube.errands import Errands, Web
from cutroom.media.youtube.video import CaptionTrack, SoundTrack, Video

_CHILD: Final = Path(__file__).with_name("child.py")
_LIMITS: Final = Limits(memory_bytes=2 << 30, file_bytes=0, cpu_s=60, files=256)
_MOST_TRACKS: Final = 4000
"""A video with automatic captions has some two hundred languages, in two forms each."""
_MOST_FACT_CHARS: Final = 20_000
_CAPTION: Final[Adapter[CaptionTrack]] = Adapter(CaptionTrack)
_SOUND: Final[Adapter[SoundTrack]] = Adapter(SoundTrack)
_log = later_log()


async def watch(web: Web, video: str, *, scratch: Path, deadline_s: float) -> Video:
    """Say what there is of a video.

    Args:
        web: for the requests.
        video: its id.
        scratch: folder to work in.
        deadline_s: seconds after which the child is ended.

    Raises:
        Invalid: `video_not_found`, `video_private`, `video_age_restricted`, `video_not_here`, `video_live`,
            `video_not_yet`, `video_paid`, `video_protected`.
        Unavailable: `youtube_blocked`, `youtube_unreachable`, `youtube_timeout`, `youtube_changed`.
    """
    folder = scratch / f"youtube-{secrets.token_hex(8)}"
    await asyncio.to_thread(folder.mkdir)
    said = _Said()
    try:
        errands = Errands(web, folder)
        try:
            done = await _run(video, folder, errands, said, deadline_s)
        finally:
            errands.close()
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    failure = said.failure(errands)
    if said.video is None or failure is not None or done.returncode != 0:
        stderr = done.stderr[-2000:].decode("utf-8", "replace")
        _log.info(
            "youtube.refused", video=video, returncode=done.returncode, said=said.words, stderr=stderr,
            code=None if failure is None else failure.code, troubles=errands.troubles, statuses=errands.statuses,
        )  # fmt: skip
        raise failure or failures.changed()
    return said.video


async def _run(video: str, folder: Path, errands: Errands, said: "_Said", deadline_s: float) -> Completed:
    def hear(line: str) -> None:
        fact = json.loads(line)
        if not isinstance(fact, dict):
            raise TypeError("no fact")
        if "ask" in fact:
            errands.want(fact)
        elif len(line) > _MOST_FACT_CHARS:
            raise ValueError("a fact that is no fact")
        else:
            said.hear(fact)

    done: list[Completed] = []
    try:
        async with turn("probe"), asyncio.TaskGroup() as group:
            serving = group.create_task(errands.serve())
            done.append(
                await run(
                    [sys.executable, "-I", str(_CHILD)],
                    cwd=folder,
                    timeout_s=deadline_s,
                    limits=_LIMITS,
                    stdin=json.dumps({"video": video, "folder": str(folder.absolute())}).encode(),
                    on_line=hear,
                    output_cap_bytes=4096,
                    box=for_python([_CHILD, folder], memory_bytes=_LIMITS.memory_bytes),
                )
            )
            serving.cancel()
    except BaseExceptionGroup as error:
        first = first_of(error)
        if isinstance(first, TimedOut):
            raise failures.too_late(deadline_s) from error
        if first is None and isinstance(error.exceptions[0], ValueError | KeyError | TypeError | RecursionError):
            raise failures.changed() from error
        raise first or error from error
    return done[0]


class _Said:
    """What the child has said of a video; `hear` raises `ValueError` and the like for what makes no sense.

    Attributes:
        words: of the extractor's, on what was in its way.
        video: what there is, once that was said.
    """

    def __init__(self) -> None:
        self.words = ""
        self.video: Video | None = None
        self._captions: list[CaptionTrack] = []
        self._sounds: list[SoundTrack] = []
        self._live = ""

    def hear(self, fact: Mapping[str, Any]) -> None:
        """Take a fact; that of the video itself is the last."""
        self.words = str(fact.get("said", self.words))
        if "caption" in fact and len(self._captions) < _MOST_TRACKS:
            self._captions.append(_CAPTION.validate_python(fact["caption"]))
        elif "sound" in fact and len(self._sounds) < _MOST_TRACKS:
            self._sounds.append(_SOUND.validate_python(fact["sound"]))
        elif "failure" in fact:
            self.words = f"{fact['failure']}\n{self.words}"
        elif "video" in fact:
            told = fact["video"]
            self._live = str(told["live"])
            self.video = Video(
                id=str(told["id"]),
                title=" ".join(str(told["title"]).split()),
                description=str(told["description"]),
                seconds=float(told["seconds"]),
                captions=tuple(self._captions),
                sounds=tuple(self._sounds),
                trouble=self.words,
            )

    def failure(self, errands: Errands) -> CutroomError | None:
        """Why there is nothing to be had; None when there is something."""
        if self._live in {"is_live", "is_upcoming"}:
            return failures.of_code("video_live" if self._live == "is_live" else "video_not_yet")
        if self.video is not None and (self.video.captions or self.video.sounds):
            return None
        known = failures.of_words(self.words) or failures.of_network(errands.troubles, errands.statuses)
        if known is None and self.video is not None and self.video.title:
            return failures.of_code("video_without_words")
        return known or failures.changed()
