import pytest

from cutroom.speech.pronunciation import phones, plain, spelled
from cutroom.speech.spoken import cardinal, spoken


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("word,", "word"),
        ("it's", "it's"),
        ("Twenty-one", "Twenty one"),
        ("1984,", "nineteen eighty four"),
        ("2005", "two thousand five"),
        ("1900", "nineteen hundred"),
        ("1805.", "eighteen oh five"),
        ("17,500", "seventeen thousand five hundred"),
        ("3.14", "three point one four"),
        ("007", "zero zero seven"),
        ("22nd", "twenty second"),
        ("12th", "twelfth"),
        ("30th", "thirtieth"),
        ("1990s", "nineteen nineties"),
        ("50%", "fifty percent"),
        ("$5.50", "five dollars fifty cents"),
        ("$3.5M", "three point five million dollars"),
        ("£20", "twenty pounds"),
        ("10:30", "ten thirty"),
        ("9:05", "nine oh five"),
        ("8:00", "eight o'clock"),
        ("R&D", "R and D"),
        ("Dr.", "doctor"),
        ("COVID-19", "COVID nineteen"),
        ("me@example.com", "me at example com"),
        ("\u2014", ""),
        ("1" * 20, " ".join(["one"] * 20)),
    ],
)
def test_what_is_written_is_said(written: str, said: str) -> None:
    assert " ".join(spoken(written)) == said


def test_numbers_are_said_in_full() -> None:
    assert " ".join(cardinal(1_002_340_615)) == (
        "one billion two million three hundred forty thousand six hundred fifteen"
    )
    assert cardinal(0) == ["zero"]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("cutroom", "K AH T R UW M"),
        ("nation", "N EY SH AH N"),
        ("phone", "F OW N"),
        ("night", "N AY T"),
        ("tokenizer", "T OW K EH N AY Z ER"),
        ("BBC", "B IY B IY S IY"),
        ("USA", "Y UW EH S EY"),
        ("Zo\u00eb", "Z OW"),
        ("\u4f60\u597d", ""),
        ("", ""),
    ],
)
def test_words_that_no_dictionary_has_are_said_by_rules(word: str, said: str) -> None:
    assert phones(word) == said


def test_letters_have_names_and_accents_fall_away() -> None:
    assert spelled("xw") == "EH K S D AH B AH L Y UW"
    assert plain("na\u00efve\u2019s!") == "naive's"
