from dataclasses import replace
from fractions import Fraction

from cutroom.render.lettering import lettering_warnings
from cutroom.timeline.resolved import Captions, Color, Cue, OwnFace, ResolvedClip, SpokenWord
from cutroom.timeline.resolved.text import Measured
from tests.render.edits import clip, style

RED = Color(255, 0, 0)


def captioned(*texts: str, family: str = "Inter", size_px: float = 24.0) -> ResolvedClip:
    cues = tuple(
        Cue(Fraction(at), Fraction(at + 1), (SpokenWord(text, Fraction(at), Fraction(at + 1)),))
        for at, text in enumerate(texts)
    )
    captions = Captions(cues, style("", family=family, size_px=size_px, wrap_px=200), RED, None, 1.0, None, "none")
    return replace(clip(0, 30), kind="captions", captions=captions)


def test_good_text_gives_no_warning() -> None:
    clips = [replace(clip(0, 30), kind="text", text=style("Grüße 😀")), captioned("fine", "good")]
    assert lettering_warnings(clips, 360) == []


def test_missing_glyphs_and_unknown_fonts_are_named_with_their_clip() -> None:
    clips = [replace(clip(0, 30), kind="text", text=style("漢字", family="Nowhere")), captioned("漢", family="Nowhere")]
    found = lettering_warnings(clips, 360)
    assert [warning.code for warning in found] == ["font_unknown", "glyph_missing"] * 2
    assert all(warning.pointer == clips[0].pointer for warning in found)
    assert "'漢' (U+6F22), '字' (U+5B57)" in found[1].message


def test_a_typo_is_told_with_the_fonts_that_there_are() -> None:
    typo = replace(clip(0, 30), kind="text", text=style("a", family="Brnad"))
    (warning,) = lettering_warnings([typo], 360, ["Brand", "Inter"])
    assert "(did you mean 'Brand'?)" in warning.message
    assert "There are Brand, Inter, Anton, Caveat" in warning.message


def test_letters_in_a_font_of_the_document_are_not_looked_at_here() -> None:
    own = style("漢", family="Brand", faces=(OwnFace("f" * 64, 0, color=False, slanted=False, axes=()),))
    unseen = replace(clip(0, 30), kind="text", text=own)  # of an output that is sound alone
    assert lettering_warnings([unseen], 360) == []
    seen = replace(unseen, measured=Measured((2, 2), (0, 0), (2, 2), missing=("漢",)))
    assert [warning.code for warning in lettering_warnings([seen], 360)] == ["glyph_missing"]


def test_captions_that_do_not_fit_are_reported_once() -> None:
    (warning,) = lettering_warnings([captioned("fine", "incomprehensibilities", "circumstantially-so")], 360)
    assert warning.code == "captions_overflow"
    assert "Cue 2 ('incomprehensibilities') and 1 more" in warning.message
    (warning,) = lettering_warnings([captioned("a", size_px=100.0)], 90)
    assert warning.code == "captions_overflow"
