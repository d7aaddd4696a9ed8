"""What Whisper's child makes of what Whisper says: words that were cut apart, and what was never said."""

from typing import Any

from cutroom.speech.whisper_child import doubtful, hallucinated, plain, said_before, utterance


def segment(text: str, *, log_prob: float = -0.2, compression: float = 1.0, no_speech: float = 0.0) -> dict[str, Any]:
    words = [(f" {word}", at * 0.3, at * 0.3 + 0.25, 0.9) for at, word in enumerate(text.split())]
    return {
        "text": text,
        "words": words,
        "log_prob": log_prob,
        "compression": compression,
        "no_speech": no_speech,
    }


def test_what_no_space_parts_is_one_word_with_the_times_of_both() -> None:
    told = segment("") | {"words": [(" $42", 0.0, 0.5, 0.9), (".50", 0.5, 0.9, 0.4), ("%", 0.9, 1.0, 0.8)]}
    assert utterance(told, [2000, 5000], "en")["words"] == [
        {"text": "$42.50%", "start": 2000, "end": 3000, "confidence": 0.4}
    ]


def test_languages_without_spaces_keep_their_characters_apart() -> None:
    told = segment("") | {"words": [("\u4eca", 0.0, 0.2, 0.9), ("\u65e5", 0.2, 0.4, 0.9)]}
    assert [word["text"] for word in utterance(told, [0, 1000], "zh")["words"]] == ["\u4eca", "\u65e5"]


def test_times_stay_within_the_span() -> None:
    told = segment("") | {"words": [(" a", -0.3, 0.2, 0.9), (" b", 0.9, 7.0, 0.9), (" ", 0.1, 0.2, 0.9)]}
    words = utterance(told, [1000, 2500], "en")["words"]
    assert [(word["start"], word["end"]) for word in words] == [(1000, 1200), (1900, 2500)]


def test_good_segments_are_not_heard_again() -> None:
    assert not doubtful(segment("This is what was said."), 2.0, "")
    assert not doubtful(segment("No. No. No.", compression=2.3), 2.0, "")


def test_poor_ones_loops_echoes_and_what_is_too_fast_are_heard_again() -> None:
    for poor in (
        segment("Hm what", log_prob=-1.3),
        segment("la " * 60, compression=12.0),
        segment("one two three four five six seven eight nine ten"),
        segment("About prices, Ann."),
    ):
        assert doubtful(poor, 0.5, plain("About prices: Ann!"))


def test_only_what_still_looks_invented_is_left_out() -> None:
    assert hallucinated(segment("Thanks for watching!", log_prob=-1.2, no_speech=0.9), 3.0)
    assert hallucinated(segment("la " * 20, log_prob=-1.2, compression=9.0), 10.0)
    assert hallucinated(segment("one two three four five six seven eight nine"), 0.3)
    assert not hallucinated(segment("Mumbled, but said.", log_prob=-1.4, no_speech=0.3), 3.0)
    assert not hallucinated(segment("la " * 20, compression=9.0), 10.0)  # somebody sings, and the model is sure of it


def test_an_echo_has_three_words_of_the_hints_at_least() -> None:
    hints = plain("A talk by Ann about tape.")
    assert said_before([segment("by Ann, about tape")], hints)
    assert not said_before([segment("about tape")], hints)
    assert not said_before([segment("Ann bought a tape")], hints)
    assert not said_before([segment("by Ann, about tape")], "")
