"""The patterns and strategies that come with the program."""

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
    assert all(variable.default is not None for variable in pattern.variables)
    (message,) = assemble(pattern, "THE MATERIAL", Wish({}))
    assert message.text.endswith("THE MATERIAL")
    assert "{{" not in message.text


@pytest.mark.parametrize("name", [name for name in LIBRARY.names() if LIBRARY.get(name).output is not None])
def test_a_schema_of_the_answer_is_a_schema(name: str) -> None:
    output = LIBRARY.get(name).output
    assert output is not None
    assert Shape(output).complaint([]) is not None


@pytest.mark.parametrize("strategy", LIBRARY.strategies(), ids=lambda one: one.name)
def test_a_strategy_says_how_to_think(strategy: Strategy) -> None:
    assert LIBRARY.strategy(strategy.name) == strategy
    assert len(strategy.prompt) > 40
    assert strategy.description.endswith(".")
