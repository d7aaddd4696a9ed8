import unicodedata

from bidi import get_display  # type: ignore[import-untyped]  # it brings no types
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cutroom.render.lettering.bidi import base_level, levels, line_levels, visual

_LETTERS = "abאבעربي 12٣٤()[]-+,.:%$!\u0301"
_CODES = "\u200f\u200e\u2066\u2067\u2068\u2069"
_MIRRORED = str.maketrans("()[]", "((((")


def shown(text: str) -> str:
    """The text in visual order, with brackets and invisible codes made one, as far as mirroring goes."""
    base = base_level(text)
    found = line_levels(text, levels(text, base), base)
    return "".join(text[index] for index in visual(found))


def bare(text: str) -> str:
    return "".join(char for char in text if unicodedata.bidirectional(char) != "BN").translate(_MIRRORED)


@given(st.text(alphabet=_LETTERS, min_size=1, max_size=24))
@example("abc (אבג) 123")
@example("אבג (abc) 12.5% אבג")
@settings(max_examples=300, deadline=None)
def test_letters_stand_where_the_reference_puts_them(text: str) -> None:
    base = "LR"[base_level(text)]
    assert bare(shown(text)) == bare(str(get_display(text, base_dir=base)))


@given(st.text(alphabet=_LETTERS + _CODES, min_size=1, max_size=12))
@settings(max_examples=300, deadline=None)
def test_isolates_and_marks_are_heeded(text: str) -> None:
    ends_open = text.rstrip()[-1:] in {"\u2066", "\u2067", "\u2068"}
    if not ends_open:  # the two differ in where they put an opener that opens nothing
        base = "LR"[base_level(text)]
        assert bare(shown(text)) == bare(str(get_display(text, base_dir=base)))


def test_a_paragraph_runs_as_its_first_strong_letter() -> None:
    assert base_level("123 abc אבג") == 0
    assert base_level("123 אבג abc") == 1
    assert base_level("\u2067אבג\u2069 abc") == 0
    assert base_level("123") == 0


def test_overrides_turn_letters_around() -> None:
    assert shown("\u202eabc\u202c").replace("\u202e", "").replace("\u202c", "") == "cba"


def test_latin_text_costs_nothing_and_stays() -> None:
    assert levels("plain (text) 123", 0) == [0] * 16
