"""Fonts that a document brings: by which names, how many, and what becomes of those that are none."""

from typing import Any

import pytest

from cutroom.kit.errors import Invalid
from cutroom.media.info import FontFace
from cutroom.timeline import Edit, Limits, Media, inner, parse, resolve, sources
from cutroom.timeline.limits import MAX_FONTS
from cutroom.timeline.resolved import OwnFace, TextStyle
from tests.timeline import media
from tests.timeline.documents import FONT, IMAGE, MEDIA, asset, color, edit, image, resolved, text

KNOWN = Limits(fonts=frozenset({"Inter", "Anton"}))
OTHER = "https://media.example/g.ttf"


def style(font: dict[str, Any], *fonts: dict[str, Any], given: dict[str, Media] | None = None) -> TextStyle:
    clip = text()
    clip["asset"]["font"] = font
    found = resolved([clip], fonts=list(fonts or [{"src": FONT}]), given=given).clips[0].text
    assert found is not None
    return found


def face(weight: int, *names: str, italic: bool = False, **changes: Any) -> FontFace:
    return FontFace(names or ("Brand",), weight, italic, **changes)


def test_a_text_asks_for_a_font_of_its_document_by_the_names_in_the_file() -> None:
    own = OwnFace("f" * 64, 0, color=False, slanted=False, axes=())
    assert style({"family": "Brand"}).faces == style({"family": "brand regular"}).faces == (own,)
    assert style({"family": "Anton"}).faces == style({}).faces == ()


def test_a_font_may_be_given_another_name() -> None:
    named = {"src": FONT, "family": "Titles"}
    assert style({"family": "titles"}, named).faces
    assert not style({"family": "Brand"}, named).faces


def test_a_family_of_the_document_goes_before_one_that_is_there_anyway() -> None:
    assert style({}, {"src": FONT, "family": "Inter"}).faces
    assert resolved([text()], fonts=[{"src": FONT}]).clips[0].text == resolved([text()]).clips[0].text


def test_weights_and_slants_are_chosen_as_from_any_family() -> None:
    given = {
        FONT: media.font(face(400), face(700, axes=(700.0,)), sha256="a" * 64),
        OTHER: media.font(face(400, italic=True, index=3), sha256="b" * 64),
    }

    def chosen(**font: Any) -> tuple[str, int, bool, tuple[float, ...]]:
        found = style({"family": "Brand", **font}, {"src": FONT}, {"src": OTHER}, given=given)
        (one,) = found.faces
        return one.sha256[0], one.index, one.slanted, one.axes

    assert chosen(weight=300) == ("a", 0, False, ())
    assert chosen(weight=900) == ("a", 0, False, (700.0,))
    assert chosen(weight=900, style="italic") == ("b", 3, False, ())
    alone = style({"family": "Brand", "style": "italic"}, given={FONT: given[FONT]}).faces
    assert [one.slanted for one in alone] == [True]


def test_letters_may_be_spread_over_several_files() -> None:
    given = {FONT: media.font(sha256="a" * 64), OTHER: media.font(sha256="b" * 64)}
    found = style({"family": "Brand"}, {"src": FONT}, {"src": OTHER}, given=given)
    assert [one.sha256[0] for one in found.faces] == ["a", "b"]


def test_captions_have_them_too() -> None:
    cues = [{"start": 0, "end": 1, "text": "one"}]
    clip = asset("captions", cues=cues, style="pop", font={"family": "Brand"})
    (found,) = resolved([clip], fonts=[{"src": FONT}]).clips
    assert found.captions is not None
    assert found.captions.style.faces


def test_a_name_may_be_in_a_file_that_nobody_has_read_yet() -> None:
    clip = text()
    clip["asset"]["font"] = {"family": "Brnad"}
    made = parse({"timeline": {"tracks": [{"clips": [clip]}], "fonts": [{"src": FONT}]}}, KNOWN)
    assert resolve(made, MEDIA, KNOWN).families == ("Brand",)  # whoever draws says that there is no Brnad
    with pytest.raises(Invalid, match="Brnad"):  # without fonts of its own, all names are known at once
        parse({"timeline": {"tracks": [{"clips": [clip]}]}}, KNOWN)


@pytest.mark.parametrize(
    ("fonts", "code", "pointer"),
    [
        ([{"src": FONT}] * (MAX_FONTS + 1), "too_many", "/timeline/fonts"),
        ([{}], "missing_field", "/timeline/fonts/0/src"),
        ([{"src": "ftp://a.example/b.ttf"}], "bad_source", "/timeline/fonts/0/src"),
        ([{"src": "/etc/fonts/a.ttf"}], "bad_source", "/timeline/fonts/0/src"),
        ([{"src": FONT, "family": ""}], "empty", "/timeline/fonts/0/family"),
        ([{"url": FONT}], "missing_field", "/timeline/fonts/0/src"),
        ("a.ttf", "wrong_type", "/timeline/fonts"),
    ],
)
def test_wrong_fonts_are_pointed_at(fonts: Any, code: str, pointer: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse({"timeline": {"tracks": [{"clips": [text()]}], "fonts": fonts}})
    assert (code, pointer) in {(detail.code, detail.pointer) for detail in caught.value.details}


def test_a_picture_is_no_font_and_a_font_no_picture() -> None:
    with pytest.raises(Invalid, match="is no font") as caught:
        resolved([color()], fonts=[{"src": FONT}, {"src": IMAGE}])
    assert [(one.code, one.pointer) for one in caught.value.details] == [("wrong_media_kind", "/timeline/fonts/1/src")]
    with pytest.raises(Invalid, match="is a font") as shown:
        resolved([image()], given={IMAGE: media.font()})
    assert shown.value.code == "wrong_media_kind"


def test_a_font_without_a_name_needs_one() -> None:
    nameless = {FONT: media.font(FontFace((), 400, italic=False))}
    with pytest.raises(Invalid, match="'family'") as caught:
        resolved([color()], fonts=[{"src": FONT}], given=nameless)
    assert caught.value.details[0].pointer == "/timeline/fonts/0/family"
    assert style({"family": "Mine"}, {"src": FONT, "family": "Mine"}, given=nameless).faces


def test_fonts_are_sources_and_timelines_inside_know_them() -> None:
    def outer(*fonts: dict[str, Any]) -> Edit:
        nested = asset("timeline", timeline={"tracks": [{"clips": [text()]}], "fonts": [{"src": OTHER}]})
        return edit([nested, asset("html", html="<p>")], fonts=list(fonts))

    with_font = sources(outer({"src": FONT}))
    assert [(use.kind, use.pointers) for use in with_font if use.kind == "font"] == [
        ("font", ["/timeline/fonts/0/src"])
    ]
    made = next(use for use in with_font if use.kind == "timeline")
    assert [font.src for font in inner(outer({"src": FONT}), made.src).timeline.fonts] == [OTHER, FONT]
    plain, other = sources(outer()), sources(outer({"src": FONT, "family": "X"}))
    for kind in ("timeline", "html"):  # another font is another picture
        found = {next(use.src for use in uses if use.kind == kind) for uses in (plain, with_font, other)}
        assert len(found) == 3
    nested_typo = text()
    nested_typo["asset"]["font"] = {"family": "Brand"}
    below = asset("timeline", timeline={"tracks": [{"clips": [nested_typo]}], "fonts": [{"src": OTHER}]})
    parse({"timeline": {"tracks": [{"clips": [below]}]}}, KNOWN)  # the file may hold a Brand
