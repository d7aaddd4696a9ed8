"""Why there is nothing of a video: stable codes for what YouTube and the extractor say."""

import re
from collections.abc import Sequence
from typing import Final

from cutroom.kit.errors import CutroomError, Invalid, Unavailable

BUSY_S: Final = 300.0
"""Seconds after which it makes sense to ask a server again that has had enough of us."""
_INSTEAD: Final = "upload its sound or a transcript instead."

_SENTENCES: Final = {
    "video_private": "The video is private; ask its owner for a copy, and upload it.",
    "video_age_restricted": f"YouTube shows this video to people only who have logged in to tell their age; {_INSTEAD}",
    "video_not_here": f"The video is not shown in the country of this server; {_INSTEAD}",
    "video_live": "The video is being streamed; run this when the stream has ended.",
    "video_not_yet": "The video has not begun, or is still being processed; run this when it can be watched.",
    "video_paid": f"The video is for members or buyers only; {_INSTEAD}",
    "video_protected": f"The video is protected by digital rights management; {_INSTEAD}",
    "video_not_found": "There is no such video, or not any more.",
    "video_without_words": f"The video has no captions, and none of its sound can be had; {_INSTEAD}",
}
_BLOCKED: Final = (
    f"YouTube does not answer this server, which it takes for a robot; wait an hour or more, or {_INSTEAD}"
)
_CHANGED: Final = f"What YouTube answers cannot be read; a newer version of yt-dlp may help. Until then, {_INSTEAD}"
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
            return blocked() if code == "youtube_blocked" else of_code(code)
    return None


def of_code(code: str) -> Invalid:
    """A failure that asking again does not mend."""
    return Invalid(code, _SENTENCES[code])


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


def blocked() -> Unavailable:
    """YouTube will not speak to us. Asking again makes it worse, so nobody does so by himself."""
    return Unavailable("youtube_blocked", _BLOCKED, retryable=False, retry_after_s=3600.0)


def changed() -> Unavailable:
    """Neither we nor the extractor know what YouTube said."""
    return Unavailable("youtube_changed", _CHANGED, retryable=False)


def too_late(seconds: float) -> Unavailable:
    """It took too long."""
    message = f"YouTube did not answer within {seconds:g} seconds; try again later."
    return Unavailable("youtube_timeout", message, retry_after_s=BUSY_S)
