import json

import pytest

from cutroom.kit.errors import Invalid
from cutroom.media.youtube.captions import Captions, Line, choose, read_captions
from cutroom.media.youtube.video import CaptionTrack
from tests.media.youtube.fake import json3

VTT = """WEBVTT
Kind: captions

00:00:01.000 --> 00:00:03.000 align:start position:0%
<00:00:01.200><c>hello</c> &amp; welcome

00:00:03.000 --> 00:00:03.010
hello &amp; welcome

00:00:03.010 --> 00:01:05.500
hello &amp; welcome
to the <i>show</i>
"""


def track(language: str, kind: str = "manual", form: str = "json3") -> CaptionTrack:
    return CaptionTrack(kind, language, "", form, f"https://www.youtube.com/{language}")  # type: ignore[arg-type]


def read(data: bytes, form: str = "json3", language: str = "en", heard: str | None = None) -> Captions:
    return read_captions(data, track(language, "automatic", form), heard)


def order(language: str | None, *tracks: CaptionTrack) -> list[tuple[str, str]]:
    return [(one.kind, one.language) for one in choose(tracks, language)]


def test_youtubes_own_form_is_read_with_its_times() -> None:
    found = read(json3((1000, 2500, "Birds are"), (2000, 1500, "everywhere, "), (9000, 500, "said she.")))
    assert found.lines == (
        Line(1000, 2000, "Birds are"),  # both are shown at once until the first rolls away
        Line(2000, 3500, "everywhere,"),
        Line(9000, 9500, "said she."),
    )
    assert found.text == "Birds are everywhere,\n\nsaid she."
    assert found.timed_text == "[00:00:01] Birds are\n[00:00:02] everywhere,\n[00:00:09] said she."


def test_captions_that_roll_up_are_said_once() -> None:
    found = read(VTT.replace("\n", "\r\n").encode(), "vtt")
    assert [line.text for line in found.lines] == ["hello & welcome", "to the show"]
    assert (found.lines[1].start_ms, found.lines[1].end_ms) == (3010, 65_500)


def test_what_somebody_says_twice_stays() -> None:
    assert read(json3((0, 1000, "No."), (1000, 1000, "No."))).text == "No. No."


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b"", "json3"),
        (b"<html>sorry</html>", "json3"),
        (b"[]", "json3"),
        (b'{"events": 7}', "json3"),
        (b'{"events": [{"tStartMs": "x", "segs": [{"utf8": "a"}]}]}', "json3"),
        (b'{"events": [{"segs": [{"utf8": "\\n"}]}]}', "json3"),
        (b"[" * 100_000, "json3"),
        (b"\xff\xfe", "vtt"),
        (b"WEBVTT\n\nx --> y\ntext", "vtt"),
        (b"", "vtt"),
    ],
)
def test_captions_that_cannot_be_read_are_refused(data: bytes, form: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(data, form)
    assert caught.value.code == "captions_damaged"


def test_times_that_make_no_sense_do_no_harm() -> None:
    events = [
        {"tStartMs": 5000, "dDurationMs": -9, "segs": [{"utf8": "b"}]},
        {"tStartMs": -1, "dDurationMs": 10**20, "segs": [{"utf8": "a"}]},
    ]
    assert read(json.dumps({"events": events}).encode()).lines == (Line(0, 5000, "a"), Line(5000, 5000, "b"))


def test_the_asked_language_comes_first_and_people_before_machines() -> None:
    tracks = (
        track("en-orig", "automatic"), track("de", "automatic"), track("en", "automatic"), track("fr"),
        track("de-AT"), track("en-GB"), track("pt", "automatic"),
    )  # fmt: skip
    assert order("de", *tracks)[:2] == [("manual", "de-AT"), ("automatic", "de")]
    assert order("en", *tracks)[:2] == [("manual", "en-GB"), ("automatic", "en-orig")]
    assert order("pt-BR", *tracks)[:2] == [("automatic", "pt"), ("manual", "en-GB")]


def test_without_a_wish_it_is_what_was_said() -> None:
    tracks = (track("fr"), track("de", "automatic"), track("en-orig", "automatic"), track("en", "automatic"))
    assert order(None, *tracks) == [("automatic", "en-orig"), ("automatic", "en"), ("manual", "fr")]
    assert order("es", *tracks) == order(None, *tracks)  # a machine's translation is taken where it was asked for only


def test_the_form_with_the_best_times_comes_first() -> None:
    found = choose((track("en", form="vtt"), track("en")), "en")
    assert [one.format for one in found] == ["json3", "vtt"]


def test_a_translation_by_a_machine_is_told() -> None:
    data = json3((0, 1000, "Hallo"))
    assert read(data, language="de", heard="en").translated
    assert not read(data, language="en", heard="en").translated
    assert not read_captions(data, track("de"), "en").translated
