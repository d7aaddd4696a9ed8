"""Why there is nothing of a video: stable codes for what YouTube and the extractor say."""

import re
from collections.abc import Sequence
from typing import Final

from cutroom.kit.errors import CutroomError, Invalid, Unavailable

BUSY_S: Final = 300.0
"""Seconds after which it makes sense to ask a server again that has had enough of us."""
_PHRASES: Final = (
    ("youtube_blocked", r"not a bot|captcha|rate-limited|likely being blocked|http error (429|403)|try again later"),
    ("video_private", r"private video|video is private"),
    ("video_paid", r"members?[ -]only|members of|join this channel|payment|purchase|premium|\brent\b"),
    ("video_age_restricted", r"age[ -]restricted|confirm your age|inappropriate for some users|age[ -]verif"),
    ("video_not_here", r"your country|your location|geo[ -]?restrict|in your region"),
    ("video_not_yet", r"will begin|premieres? in|premiere will|processing this video|is_upcoming|offline"),
    ("video_live", r"is_live|live stream recording is not available|this live event"),
    ("video_protected", r"\bdrm\b"),
    ("video_not_found", r"unavailable|removed|terminated|does not exist|(no longer|not) available|deleted|\bclosed\b"),
)  # fmt: skip


def of_words(said: str) -> CutroomError | None:
    """The failure that somebody's words mean; None for none that is known."""
    for code, phrases in _PHRASES:
        if re.search(phrases, said, re.IGNORECASE):
            return of_code(code)
    return None


def of_code(code: str) -> CutroomError:
    """A failure that asking again does not mend. YouTube that blocks us blocks the longer the more it is asked."""
    known = (
        Invalid("video_private", "The video is private; ask its owner for a copy, and upload it."),
        Invalid(
            "video_age_restricted",
            "YouTube shows this video only to people who have logged in to tell their age; "
            "upload its sound or a transcript instead.",
        ),
        Invalid(
            "video_not_here",
            "The video is not shown in the country of this server; upload its sound or a transcript instead.",
        ),
        Invalid("video_live", "The video is being streamed; run this when the stream has ended."),
        Invalid(
            "video_not_yet",
            "The video has not begun, or is still being processed; run this when it can be watched.",
        ),
        Invalid("video_paid", "The video is for members or buyers only; upload its sound or a transcript instead."),
        Invalid(
            "video_protected",
            "The video is protected by digital rights management; upload its sound or a transcript instead.",
        ),
        Invalid("video_not_found", "There is no such video, or not any more."),
        Invalid(
            "video_without_words",
            "The video has no captions, and none of its sound can be had; upload its sound or a transcript instead.",
        ),
        Unavailable(
            "youtube_blocked",
            "YouTube does not answer this server, which it takes for a robot; wait an hour or more, or upload the "
            "sound of the video, or a transcript.",
            retryable=False,
            retry_after_s=3600.0,
        ),
        Unavailable(
            "youtube_changed",
            "What YouTube answers cannot be read; a newer version of yt-dlp may help. Until then, upload the sound of "
            "the video, or a transcript.",
            retryable=False,
        ),
    )
    return next(one for one in known if one.code == code)


def of_network(troubles: Sequence[str], statuses: Sequence[int]) -> CutroomError | None:
    """The failure that the network's troubles mean; None where there were none."""
    if any(status in {403, 429} for status in statuses):
        return blocked()
    if any(kind in {"host_unknown", "lookup_failed", "unreachable", "timeout", "bad_response"} for kind in troubles):
        message = "YouTube cannot be reached from this server; try again later."
        return Unavailable("youtube_unreachable", message, retry_after_s=BUSY_S)
    if any(status >= 500 for status in statuses):
        message = "YouTube answers with an error of its own; try again later."
        return Unavailable("youtube_unreachable", message, retry_after_s=BUSY_S)
    return None


def blocked() -> CutroomError:
    """YouTube will not speak to us."""
    return of_code("youtube_blocked")


def changed() -> CutroomError:
    """Neither we nor the extractor know what YouTube said."""
    return of_code("youtube_changed")


def too_late(seconds: float) -> Unavailable:
    """It took too long."""
    message = f"YouTube did not answer within {seconds:g} seconds; try again later."
    return Unavailable("youtube_timeout", message, retry_after_s=BUSY_S)
