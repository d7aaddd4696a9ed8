import pytest

from cutroom.media.shown import show


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pw@host.test/a?b=c#d", "https://host.test/a"),
        ("http://host.test", "http://host.test"),
        ("http://host.test/\x1b[31m\r\nX: 1", "http://host.test/?[31m??X: 1"),
        ("http://host.test/" + "a" * 500, "http://host.test/" + "a" * 180 + "..."),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert show(url) == shown
