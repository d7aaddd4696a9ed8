"""What of a text was said: numbers however written, names, quotations, links."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutroom.posts.facts import claims_of, unsupported
from cutroom.posts.ground import Ground
from cutroom.posts.numbers import numbers_in
from cutroom.speech.sentences import sentences
from tests.posts.talk import transcript

GROUND = Ground(sentences(transcript()))
SPOKEN = Ground(sentences(transcript(written=False)))


def wrong(text: str, ground: Ground = GROUND, language: str = "en") -> list[str]:
    return [claim.text for claim in unsupported(claims_of(text, ground, language=language))]


@pytest.mark.parametrize("ground", [GROUND, SPOKEN], ids=["written", "spoken"])
@pytest.mark.parametrize(
    "text",
    [
        "Churn fell from 40% to 12%.",
        "Churn fell from forty percent to 12 per cent within 3 months.",
        "She raised the price to $49.",
        "They saved 1.2 million dollars, or $1,200,000.",
        "In 2019 she began with two friends.",
        "The price was too low, one might say.",
        "As Maria Lopez says, they hired Tom Baker.",
        "Brightwave's churn fell.",
        '"Charge more and explain why", she says.',
        "\u201cPeople who pay more read the manual\u201d is her rule.",
        "Why do customers leave? Because support costs money.",
        "\u2018Charge more and explain why\u2019, she says.",
        "It's the founders' and the customers' year; they'd meet four times.",
        "Hundreds of thousands saved, dozens of reasons.",
        "Churn fell to a dozen percent, in 40 m\u00b2 of office.",
    ],
)
def test_what_was_said_is_supported(text: str, ground: Ground) -> None:
    assert wrong(text, ground) == []


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("Churn fell to 13%.", "13"),
        ("Churn fell to 49 percent.", "49"),
        ("They have 40 dollars left.", "40"),
        ("They saved 1.3 million dollars.", "1.3 million"),
        ("They saved 12 million dollars.", "12 million"),
        ("Twenty customers came.", "Twenty"),
        ("It began in 1984.", "1984"),
        ("She met Elon Musk there.", "Elon"),
        ("Elon Musk was there.", "Elon"),
        ("They moved to Berlin.", "Berlin"),
        ("They are ISO certified.", "ISO"),
        ("They use GitHub now.", "GitHub"),
        ('"Charge less and explain why", she says.', "Charge less and explain why"),
        ('She says "people who pay less read the manual".', "people who pay less read the manual"),
        ("Read more at https://evil.example/x.", "https://evil.example/x."),
        ("See [this](http://evil.example).", "[this](http://evil.example)"),
        ("![x](//evil.example/a.png)", "![x](//evil.example/a.png)"),
        ("Go to brightwave.io today.", "brightwave.io"),
        ("\u2018Charge less and explain why\u2019, she says.", "Charge less and explain why"),
        ("Her rule is 'charge less and explain why'.", "charge less and explain why"),
        ("Billions of customers left.", "Billions"),
        ("A dozen dollars.", "dozen"),
        ("It costs \u00bd of that.", "\u00bd"),
        ("It costs \u2467 dollars less.", "\u2467"),
    ],
)
def test_what_nobody_said_is_found(text: str, claim: str) -> None:
    assert claim in wrong(text)


SITES: Final = Ground(sentences(transcript("Visit acme.com for more. We build it with ASP.NET. See www.acme.org.")))


@pytest.mark.parametrize("text", ["Visit acme.com for more.", "They build it with ASP.NET.", "Acme.com is a site."])
def test_a_site_is_named_as_it_was_said(text: str) -> None:
    assert wrong(text, SITES) == []


@pytest.mark.parametrize(
    "text",
    ["See https://acme.com now.", "See www.acme.org.", "See [it](acme.com).", "See acme.net.", "See evil.acme.com."],
)
def test_a_link_and_a_site_that_nobody_named_are_found(text: str) -> None:
    assert wrong(text, SITES) != []


def test_nouns_are_no_names_in_german() -> None:
    assert wrong("Die Kunden gingen nach einem Monat.", language="de-AT") == []
    assert wrong("Die Abwanderung war 41 Prozent.", language="de") == ["41"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("nineteen eighty four", 1984),
        ("twenty twenty four", 2024),
        ("two thousand and nineteen", 2019),
        ("two hundred and fifty three", 253),
        ("three million two hundred thousand", 3_200_000),
        ("1,200", 1200),
        ("1.200", 1200),
        ("12k", 12_000),
        ("2.5bn", 2_500_000_000),
        ("nine one one", 911),
        ("twenty-one", 21),
    ],
)
def test_numbers_are_read_however_they_are_written(text: str, value: int) -> None:
    (found,) = numbers_in(text)
    assert any(reading == {value} for reading in found.readings)


@given(st.integers(0, 999_999_999))
def test_digits_and_their_groups_are_the_same_number(value: int) -> None:
    (plain,), (grouped,) = numbers_in(f"{value}"), numbers_in(f"{value:,}")
    assert set(plain.readings) <= set(grouped.readings) | {frozenset({value})}
    assert frozenset({value}) in plain.readings
    assert frozenset({value}) in grouped.readings


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    claims_of(text, GROUND, language="en")


@given(st.integers(0, len(GROUND.sentences) - 1), st.integers(1, 4))
def test_what_is_quoted_from_the_recording_is_always_supported(first: int, count: int) -> None:
    text = " ".join(sentence.text for sentence in GROUND.sentences[first : first + count])
    assert wrong(text) == []
    assert wrong(f'She said: "{text}"') == []
