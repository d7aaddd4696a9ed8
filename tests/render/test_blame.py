"""Errors of pieces, in the words of the document."""

from cutroom.kit.errors import Detail, Invalid, Unavailable
from cutroom.render.blame import blame, sources_of
from tests.render.edits import ZERO, clip, edit, music, sound, video


def test_an_error_at_a_clip_begins_with_its_source() -> None:
    wanted = edit(30, clip(0, 30, video(), src="https://example.com/a.mp4?key=secret"))
    pointer = wanted.clips[0].pointer
    error = Invalid("source_damaged", "It is damaged.", details=[Detail(pointer, "source_damaged", "It is damaged.")])
    named = blame(error, sources_of(wanted))
    assert named.message == "'https://example.com/a.mp4': It is damaged."
    assert (named.code, named.details) == (error.code, error.details)
    assert blame(named, sources_of(wanted)).message == named.message


def test_an_error_inside_a_clip_is_about_it_too() -> None:
    wanted = edit(30, clip(0, 30, video(), src="a.mp4"), soundtrack=music(sound(), ZERO + 1))
    place = f"{wanted.clips[0].pointer}/asset/src"
    error = Invalid("source_damaged", "Bad.", details=[Detail(place, "x", "Bad.")])
    assert blame(error, sources_of(wanted)).message == "'a.mp4': Bad."
    error = Invalid("source_damaged", "Bad.", details=[Detail("/timeline/soundtrack", "x", "Bad.")])
    assert blame(error, sources_of(wanted)).message == "'https://example.com/music': Bad."


def test_an_error_about_no_source_stays_as_it_is() -> None:
    error = Unavailable("disk_full", "The disk is full.", retry_after_s=60)
    assert blame(error, sources_of(edit(30, clip(0, 30)))) is error
