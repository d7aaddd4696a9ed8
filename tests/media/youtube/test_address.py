import pytest

from cutroom.kit.errors import Invalid
from cutroom.media.youtube import video_id

ID = "dQw4w9WgXcQ"


@pytest.mark.parametrize(
    "address",
    [
        ID,
        f" https://www.youtube.com/watch?v={ID} ",
        f"http://youtube.com/watch?app=desktop&v={ID}&t=42s#x",
        f"https://m.youtube.com/watch?v={ID}&list=PLabc&index=2",
        f"https://music.youtube.com/watch?v={ID}",
        f"youtu.be/{ID}?si=abc",
        f"https://youtu.be/{ID}",
        f"https://www.youtube.com/shorts/{ID}?feature=share",
        f"https://www.youtube.com/live/{ID}",
        f"https://www.youtube-nocookie.com/embed/{ID}?start=3",
    ],
)
def test_a_video_is_found_in_every_form_that_people_copy(address: str) -> None:
    assert video_id(address) == ID


@pytest.mark.parametrize(
    "address", ["https://www.youtube.com/playlist?list=PLabc", "https://youtube.com/watch?list=PLabc&v="]
)
def test_a_playlist_is_named_as_such(address: str) -> None:
    with pytest.raises(Invalid) as caught:
        video_id(address)
    assert caught.value.code == "video_is_playlist"


@pytest.mark.threat("A45")
@pytest.mark.parametrize(
    "address",
    [
        "--exec=touch /tmp/pwned",
        "--exec touch",
        "-o../../x",
        "--cookies=x",
        "--config-lo",  # of the length of an id, but for what it is of
        "ytsearch:cat",
        "file:///etc/passwd",
        "/etc/passwd",
        "https://example.com/watch?v=" + ID,
        "https://youtube.com.example.com/watch?v=" + ID,
        "https://notyoutube.com/watch?v=" + ID,
        "https://evil@www.youtube.com/watch?v=" + ID,
        "https://www.youtube.com@127.0.0.1/watch?v=" + ID,
        "http://127.0.0.1/watch?v=" + ID,
        "ftp://youtube.com/watch?v=" + ID,
        "https://www.youtube.com/watch?v=../../../../x",
        "https://www.youtube.com/watch?v=" + ID + "%0a--exec",
        "https://www.youtube.com/watch?v=" + ID + "\n--exec",
        "https://www.youtube.com/@channel",
        "https://[::1/watch?v=" + ID,
        "",
        "x" * 3000,
    ],
)
def test_what_is_no_address_of_a_video_is_refused(address: str) -> None:
    if address == "--config-lo":  # eleven characters that an id may have: they are only ever a part of an address
        assert video_id(address) == address
        return
    with pytest.raises(Invalid) as caught:
        video_id(address)
    assert caught.value.code == "bad_video_address"
