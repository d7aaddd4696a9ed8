import pytest

from cutroom.kit.errors import Unavailable
from cutroom.media.youtube import failures

NO_RUNTIME = (
    "[youtube] No supported JavaScript runtime could be found. Only deno is enabled by default; YouTube extraction "
    "without a JS runtime has been deprecated, and some formats may be missing."
)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        # What yt-dlp 2026.10.26 and YouTube say.
        ("[youtube] This video is private", "video_private"),
        ("Private video. Sign in if you've been granted access to this video", "video_private"),
        ("Sign in to confirm your age. This video may be inappropriate for some users.", "video_age_restricted"),
        ("The uploader has not made this video available in your country", "video_not_here"),
        ("Video unavailable. This video has been removed by the uploader", "video_not_found"),
        ("This video is no longer available because the YouTube account has been terminated.", "video_not_found"),
        ("Join this channel to get access to members-only content like this video", "video_paid"),
        ("This video requires payment to watch", "video_paid"),
        ("This live event will begin in 3 days.", "video_not_yet"),
        ("Premieres in 2 hours", "video_not_yet"),
        ("We're processing this video. Check back later.", "video_not_yet"),
        ("This video is DRM protected", "video_protected"),
        ("Sign in to confirm you\u2019re not a bot. Use --cookies-from-browser", "youtube_blocked"),
        ("This content isn't available, try again later. The current session has been rate-limited", "youtube_blocked"),
        ("All player responses are invalid. Your IP is likely being blocked by Youtube", "youtube_blocked"),
        ("Unable to download API page: HTTP Error 429: Too Many Requests", "youtube_blocked"),
    ],
)
def test_every_known_cause_has_a_code(said: str, code: str) -> None:
    found = failures.of_words(f"{NO_RUNTIME}\n{said}")
    assert found is not None
    assert found.code == code
    assert not found.retryable
    assert "yt-dlp" not in found.message


def test_what_is_said_on_every_run_means_nothing() -> None:
    assert failures.of_words(NO_RUNTIME) is None
    assert failures.of_words("") is None


@pytest.mark.parametrize(
    ("troubles", "statuses", "code", "retryable"),
    [
        ([], [200, 429], "youtube_blocked", False),
        ([], [403], "youtube_blocked", False),
        (["host_unknown"], [], "youtube_unreachable", True),
        (["timeout"], [200], "youtube_unreachable", True),
        ([], [200, 503], "youtube_unreachable", True),
    ],
)
def test_the_networks_troubles_have_codes(
    troubles: list[str], statuses: list[int], code: str, *, retryable: bool
) -> None:
    found = failures.of_network(troubles, statuses)
    assert isinstance(found, Unavailable)
    assert (found.code, found.retryable) == (code, retryable)


def test_a_refusal_of_ours_is_no_trouble_of_the_network() -> None:
    assert failures.of_network(["refused", "too_large"], [200, 404]) is None
