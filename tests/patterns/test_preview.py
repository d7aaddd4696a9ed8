"""What a run would be, without running it."""

from cutroom.patterns import Wish, preview, read_pattern


def test_a_token_in_a_token_is_known_once_the_inner_one_is() -> None:
    pattern = read_pattern("nested", "Say {{greeting_{{language}}}} to {{input}}")
    unknown = preview(pattern, "Ada", Wish({}))
    assert [one.pointer for one in unknown.problems] == ["/variables/language", "/variables"]
    assert unknown.messages[0].text == "Say {{greeting_{{language}}}} to Ada"
    known = preview(pattern, "Ada", Wish({"language": "de", "greeting_de": "Hallo"}))
    assert known.problems == []
    assert known.messages[0].text == "Say Hallo to Ada"
    assert known.used == {"language", "greeting_de"}


def test_a_prompt_that_is_too_long_is_said_and_not_shown() -> None:
    found = preview(read_pattern("long", "{{a}}" * 9), "x", Wish({"a": "y" * 1_000_000}))
    assert [one.code for one in found.problems] == ["prompt_too_large"]
    assert list(found.messages) == []


def test_a_default_fills_what_was_given_wrongly() -> None:
    pattern = read_pattern("count", "---\nvariables:\n  n: {type: number, default: 3}\n---\n{{n}} of {{input}}")
    found = preview(pattern, "x", Wish({"n": "many"}))
    assert [(one.pointer, one.code) for one in found.problems] == [("/variables/n", "bad_variable")]
    assert found.messages[0].text == "3 of x"
