"""The patterns and strategies that come with the program."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from cutroom.patterns import Library, Shape, Strategy, Wish, assemble, shipped

PATTERNS, STRATEGIES = shipped()
LIBRARY = Library([PATTERNS], [STRATEGIES])


def test_there_are_enough_of_both() -> None:
    assert len(LIBRARY.names()) >= 20
    assert len(LIBRARY.strategies()) >= 8
    assert len(list(STRATEGIES.glob("*.json"))) == len(LIBRARY.strategies())


@pytest.mark.parametrize("name", LIBRARY.names())
def test_each_says_what_it_is_for_and_runs_as_it_stands(name: str) -> None:
    pattern = LIBRARY.get(name)
    assert pattern.description.endswith(".")
    assert pattern.tags
    assert all(variable.default is not None and variable.description.endswith(".") for variable in pattern.variables)
    (message,) = assemble(pattern, "THE MATERIAL", Wish({}))
    assert message.text.endswith("THE MATERIAL")
    assert "{{" not in message.text


GOOD: dict[str, Any] = {
    "action_items": {"items": [{"task": "Send the draft", "owner": None, "due": "Friday", "said": "you send it"}]},
    "chapters": {"chapters": [{"start": "0:00", "title": "Why rain"}, {"start": "1:02:03", "title": "An end"}]},
    "clip_ideas": {
        "clips": [
            {"start": "1:05", "end": "1:40", "title": "Rain", "hook": "It rains", "why": "One question, one end."}
        ]
    },
    "fact_list": {"facts": [{"claim": "It rained.", "said": "it rained", "kind": "event", "check": "a gauge"}]},
    "titles": {"titles": [{"title": "Why it rains on Sundays", "kind": "question"}]},
}
"""Answers that follow the schemas, one for each pattern that has one."""
BAD: dict[str, Any] = {
    "action_items": {"items": [{"task": "Send the draft", "due": None, "said": "x"}]},
    "chapters": {"chapters": [{"start": "at the beginning", "title": "Why rain"}]},
    "clip_ideas": {"clips": [{"start": "1:05", "end": 100, "title": "Rain", "hook": "x", "why": "y"}]},
    "fact_list": {"facts": [{"claim": "It rained.", "said": "", "kind": "event", "check": "a gauge"}]},
    "titles": {"titles": ["Why it rains on Sundays"]},
}
"""What models answer when they are careless."""


def test_schemas_take_what_is_asked_for_and_nothing_else() -> None:
    declared = {name: output for name in LIBRARY.names() if (output := LIBRARY.get(name).output) is not None}
    assert declared.keys() == GOOD.keys() == BAD.keys()
    for name, output in declared.items():
        assert Shape(output).complaint(GOOD[name]) is None, name
        assert Shape(output).complaint(BAD[name]) is not None, name
        assert Shape(output).complaint([]) is not None, name


def test_schemas_say_nothing_that_servers_cannot_hold_models_to() -> None:
    """llama.cpp makes a grammar of a schema; a pattern with `\\d` it takes for any string, and says so in its log."""
    for name in LIBRARY.names():
        assert "\\" not in str(LIBRARY.get(name).output), name


def longest(schema: Mapping[str, Any]) -> int:
    """Characters of the longest value that follows a schema, written without a space more than is needed."""
    if "enum" in schema:
        return max(len(str(value)) for value in schema["enum"]) + 2
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "array" in kinds:
        return int(schema["maxItems"]) * (longest(schema["items"]) + 1) + 2
    if "object" in kinds:
        assert schema["additionalProperties"] is False
        return sum(len(name) + 4 + longest(value) for name, value in schema["properties"].items()) + 2
    assert set(kinds) <= {"string", "null"}
    return int(schema["maxLength"]) + 2


def test_a_server_that_holds_a_model_to_a_schema_comes_to_an_end() -> None:
    """Weak models say the same thing over and over, for as long as the schema lets them.

    Four characters are a token: the longest answer fits, with a question, into a context of 8,192. llama.cpp refuses
    grammars with more than 2,000 repetitions of anything.
    """
    for name in LIBRARY.names():
        output = LIBRARY.get(name).output
        if output is not None:
            assert longest(output) < 28_000, name
            assert max(int(found) for found in re.findall(r"'max(?:Length|Items)': (\d+)", str(output))) < 2_000, name


@pytest.mark.parametrize("strategy", LIBRARY.strategies(), ids=lambda one: one.name)
def test_a_strategy_says_how_to_think(strategy: Strategy) -> None:
    assert LIBRARY.strategy(strategy.name) == strategy
    assert len(strategy.prompt) > 40
    assert strategy.description.endswith(".")
