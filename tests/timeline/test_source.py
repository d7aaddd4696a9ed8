import pytest

from cutroom.kit.errors import Invalid
from cutroom.timeline import Limits, parse
from cutroom.timeline.source import public_name


def taken(src: str, *, local: bool = False) -> bool:
    document = {"timeline": {"tracks": [{"clips": [{"asset": {"type": "video", "src": src}}]}]}}
    try:
        parse(document, Limits(allow_local=local))
    except Invalid as error:
        assert [detail.pointer for detail in error.details] == ["/timeline/tracks/0/clips/0/asset/src"]
        return False
    return True


@pytest.mark.parametrize(
    "src",
    [
        "https://media.example/a.mp4",
        "HTTP://media.example:8080/a%20b.mp4?token=a@b:c#t=1",
        "http://[::1]:9000/a",
        "http://127.0.0.1/a",
        "https://bücher.example/ä.mp4",
        "asset:ast_01k0000000000000000000000",
    ],
)
def test_urls_and_assets_are_sources(src: str) -> None:
    assert taken(src)
    assert taken(src, local=True)


@pytest.mark.parametrize("src", ["a.mp4", "./media/a b.mp4", "/srv/a.mp4", "../ä.png", "C:a.mp4", "media/a:b.mp4"])
def test_paths_are_sources_for_the_command_line_only(src: str) -> None:
    assert not taken(src)
    assert taken(src, local=True)


@pytest.mark.parametrize(
    "src", ["file:///a.mp4", "concat:a|b", "data:,", "pipe:0", "ftp://a/b", "  ", "asset:", "http:a"]
)
def test_other_schemes_are_sources_for_nobody(src: str) -> None:
    assert not taken(src)
    assert not taken(src, local=True)


def test_a_public_name_has_no_query() -> None:
    assert public_name("https://media.example/a.mp4?signature=secret#x") == "https://media.example/a.mp4"
    assert public_name("media/a?.mp4") == "media/a?.mp4"
    assert len(public_name("https://media.example/" + "a" * 4000)) <= 200
