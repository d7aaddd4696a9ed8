"""Tokens and what they become: as Fabric has it where that is safe, and as text where it is not."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutroom.kit.errors import Invalid
from cutroom.patterns.plugins import run_plugin
from cutroom.patterns.template import fill, names_in

NOW = datetime(2026, 2, 28, 13, 45, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "variables", "result"),
    [
        ("Sum up:", {}, "Sum up:\nINPUT"),
        ("Sum up {{input}} now", {}, "Sum up INPUT now"),
        ("{{input}} and {{input}}", {}, "INPUT and INPUT"),
        ("Hi {{name}}: {{input}}", {"name": "Ada"}, "Hi Ada: INPUT"),
        ("{{ name }}{{input}}", {" name ": "spaced"}, "spacedINPUT"),
        ("{{plugin:text:upper:{{name}}}} {{input}}", {"name": "ada"}, "ADA INPUT"),
        ("{{plugin:text:title:two words}}{{input}}", {}, "Two WordsINPUT"),
        ("{{plugin:text:trim:  x:y }}{{input}}", {}, "x:yINPUT"),
        ("{{{{key}}}} {{input}}", {"key": "name", "name": "deep"}, "deep INPUT"),
        ("{{{name}}} {{input}}", {"name": "x"}, "{x} INPUT"),
        ("{ {{name}} } }} {{ {{input}}", {"name": "x"}, "{ x } }} {{ INPUT"),
        ("{}{{}} {{input}}", {}, "{}{{}} INPUT"),
        ('{"a": {"b": 1}} {{input}}', {}, '{"a": {"b": 1}} INPUT'),
    ],
)
def test_tokens_are_replaced(text: str, variables: dict[str, str], result: str) -> None:
    assert fill(text, variables, "INPUT") == result


def test_a_variable_that_is_missing_is_named() -> None:
    with pytest.raises(Invalid) as caught:
        fill("{{lang_code}} {{input}}", {}, "x")
    assert caught.value.code == "missing_variable"
    assert "lang_code" in caught.value.message


def test_lenient_leaves_what_means_nothing() -> None:
    text = "{{#each x}} {{plugin:file:read:/etc/passwd}} {{ext:a:b}} {{name}} {{input}}"
    assert fill(text, {"name": "n"}, "x", lenient=True) == text.replace("{{name}}", "n").replace("{{input}}", "x")


def test_plain_replaces_the_input_alone() -> None:
    assert fill("{{name}} {{plugin:a:b}} {{input}}", {"name": "n"}, "x", plain=True) == "{{name}} {{plugin:a:b}} x"


@pytest.mark.parametrize(
    "token",
    [
        "plugin:sys:env:OPENAI_API_KEY",
        "plugin:sys:hostname",
        "plugin:file:read:/etc/passwd",
        "plugin:file:tail:x|3",
        "plugin:fetch:get:http://169.254.169.254/",
        "ext:word:generate:3",
        "plugin:text:shout:x",
        "plugin:datetime:never",
        "plugin:",
        "plugin:text",
    ],
)
def test_other_plugins_do_not_exist(token: str) -> None:
    with pytest.raises(Invalid) as caught:
        fill(f"{{{{{token}}}}} {{{{input}}}}", {}, "x")
    assert caught.value.code == "unknown_plugin"


@pytest.mark.parametrize(
    "value",
    ["{{plugin:sys:env:HOME}}", "{{a}}", "{{a}}{{a}}", "{{input}}", "}}{{a}}{{", "{{plugin:text:upper:x}}", "{", "}}"],
)
def test_values_and_inputs_are_never_read_again(value: str) -> None:
    assert fill("<{{a}}> <{{input}}>", {"a": value}, value) == f"<{value}> <{value}>"


def test_a_value_within_a_token_is_text_too() -> None:
    assert fill("{{plugin:text:upper:{{a}}}}{{input}}", {"a": "{{b}}"}, "") == "{{B}}"


@pytest.mark.parametrize(
    "text", ["{{a}}" * 200 + "{{input}}", "{{" * 100_000, "}}" * 100_000, "{{a" * 50_000 + "}}" * 50_000]
)
def test_hostile_patterns_take_milliseconds(text: str) -> None:
    started = time.process_time()
    try:
        fill(text, {"a": "x" * 10_000_000}, "y", most=100_000)
    except Invalid as error:
        assert error.code in {"prompt_too_large", "missing_variable"}
    assert time.process_time() - started < 2.0


def test_a_deep_nest_that_means_nothing_stays_in_an_instant() -> None:
    text = "{{" * 100_000 + "a{{input}}" + "}}" * 100_000
    started = time.process_time()
    assert fill(text, {}, "y", lenient=True) == text.replace("{{input}}", "y")
    assert names_in(text) == []
    assert time.process_time() - started < 10.0  # minutes, if it looked again for each brace


def test_a_huge_value_is_refused_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        fill("{{a}}{{a}}{{input}}", {"a": "x" * 10_000_000}, "y")
    assert caught.value.code == "prompt_too_large"


def test_the_variables_of_a_text_are_found() -> None:
    text = "{{a}} {{plugin:text:upper:{{b}}}} {{input}} {{a}} {{plugin:datetime:now}} {{ c }}"
    assert names_in(text) == ["a", "b", " c "]


@given(st.text(max_size=200), st.text(max_size=50))
def test_any_text_is_filled_or_refused(text: str, value: str) -> None:
    try:
        fill(text, {"a": value}, value)
    except Invalid:
        return
    assert value in fill(text, {"a": value}, value)


@given(st.text(alphabet="ab{}", max_size=60))
def test_lenient_filling_of_braces_never_fails(text: str) -> None:
    assert fill(text, {"a": "1", "b": "{{a}}"}, "i", lenient=True)


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("plugin:datetime:now", "2026-02-28T13:45:07Z"),
        ("plugin:datetime:time", "13:45:07"),
        ("plugin:datetime:unix", "1772286307"),
        ("plugin:datetime:startofhour", "2026-02-28T13:00:00Z"),
        ("plugin:datetime:endofhour", "2026-02-28T13:59:59Z"),
        ("plugin:datetime:today", "2026-02-28"),
        ("plugin:datetime:full", "Saturday, February 28, 2026"),
        ("plugin:datetime:month", "February"),
        ("plugin:datetime:year", "2026"),
        ("plugin:datetime:startofweek", "2026-02-22"),
        ("plugin:datetime:endofweek", "2026-03-01"),
        ("plugin:datetime:startofmonth", "2026-02-01"),
        ("plugin:datetime:endofmonth", "2026-02-28"),
        ("plugin:datetime:rel:-1h", "2026-02-28T12:45:07Z"),
        ("plugin:datetime:rel:-7d", "2026-02-21"),
        ("plugin:datetime:rel:2w", "2026-03-14"),
        ("plugin:datetime:rel:-1m", "2026-01-28"),
        ("plugin:datetime:rel:1y", "2027-02-28"),
    ],
)
def test_times_are_told(token: str, value: str) -> None:
    assert run_plugin(token, NOW) == value


@pytest.mark.parametrize("value", ["", "x", "1", "99999y", "-99999y", "1x"])
def test_what_is_no_span_of_time_is_refused(value: str) -> None:
    with pytest.raises(Invalid) as caught:
        run_plugin(f"plugin:datetime:rel:{value}", NOW)
    assert caught.value.code == "bad_plugin_value"
