"""Promise P5: eight attempts over about 27.6 hours."""

from datetime import UTC, datetime

import pytest

from cutroom.webhooks import schedule

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.mark.threat("P5", "F12")
def test_eight_attempts_are_made_over_about_28_hours_with_jitter() -> None:
    for _ in range(50):
        pauses = [schedule.delay_s(tries) for tries in range(1, 9)]
        assert pauses[-1] is None
        waits = [pause for pause in pauses if pause is not None]
        assert len(waits) == 7
        for wait, wanted in zip(waits, (5, 300, 1800, 7200, 18_000, 36_000, 36_000), strict=True):
            assert 0.9 * wanted <= wait <= 1.1 * wanted
    assert sum(schedule.DELAYS_S) / 3600 == pytest.approx(27.6, abs=0.05)
    assert schedule.delay_s(3) != schedule.delay_s(3)


def test_a_receiver_can_ask_for_a_longer_pause_within_bounds_and_never_for_a_shorter_one() -> None:
    assert schedule.delay_s(1, 120.0) == 120.0
    assert (schedule.delay_s(2, 1.0) or 0) >= 270
    assert schedule.delay_s(1, 10.0**9) == 36_000
    assert schedule.delay_s(8, 5.0) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (b"120", 120.0),
        (b" 0 ", 0.0),
        (b"Sat, 21 Nov 2026 09:31:00 GMT", 60.0),
        (b"Sat, 21 Nov 2026 09:00:00 GMT", 0.0),
        (b"Sat Nov 21 09:31:00 2026", 60.0),
        (b"-5", None),
        (b"1e3", None),
        (b"9" * 400, None),
        ("\u0661".encode(), None),
        (b"soon", None),
        (b"Sat, 99 Nov 99999999999 09:31:00 GMT", None),
        (b"\xff\x00", None),
        (b"", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_seconds_or_as_a_date(header: bytes | None, seconds: float | None) -> None:
    assert schedule.retry_after_s(header, NOW) == seconds
