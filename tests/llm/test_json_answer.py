"""JSON in what a model says, among other words."""

import time

import pytest

from cutroom.llm.json_answer import read_json


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        'Here it is:\n```json\n{"a": 1}\n```\nAnything else?',
        '```\n\n{"a": 1}\n```',
        '<think>{"a": 2}</think>{"a": 1}',
        'So <think>one</think> and <think>two\n</think>:\n```json \n{"a": 1}```',
        'I say {"a": 1}.',
    ],
)
def test_the_value_is_found(text: str) -> None:
    assert read_json(text) == {"a": 1}


@pytest.mark.threat("A86", "A96")
@pytest.mark.parametrize(
    "text",
    [
        "<think>" * 200_000,
        "<think></think>" * 100_000 + "<think>" * 100_000,
        "```" + "\n" * 400_000 + "x",
        "```\n" * 200_000,
    ],
    ids=["thoughts", "thoughts that end", "a fence of lines", "fences"],
)
def test_an_answer_that_is_made_to_take_long_takes_milliseconds(text: str) -> None:
    started = time.process_time()
    with pytest.raises(ValueError, match="no JSON"):
        read_json(text)
    assert time.process_time() - started < 1.0
