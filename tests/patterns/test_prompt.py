"""The messages of a run, against golden files."""

import json
from pathlib import Path
from typing import Any

import pytest

from cutroom.llm import Message
from cutroom.patterns import Strategy, Wish, assemble, read_pattern
from cutroom.patterns.splitting import split

GOLDEN = Path(__file__).parent / "golden"
STEPS = Strategy("steps", "Think in steps", "Think in steps before you answer.\n")
CASES: dict[str, tuple[str | None, Wish]] = {
    "append-input": ("# TASK\n\nSum up what follows.", Wish({})),
    "sentinel": ("Before {{input}} after {{input}}.", Wish({})),
    "nested-tokens": ("{{plugin:text:upper:{{who}}}}, sum up:\n{{input}}", Wish({"who": "ada"})),
    "context-and-strategy": ("Sum up:\n{{input}}\n\n", Wish({}, strategy=STEPS, context="  We sell tea.\n")),
    "language": ("Sum up:\n{{input}}", Wish({}, language="de")),
    "english": ("Sum up:\n{{input}}", Wish({}, language="en")),
    "no-pattern": (None, Wish({}, strategy=STEPS, context="We sell tea.")),
    "bare": (None, Wish({})),
    "history": ("Sum up:\n{{input}}", Wish({}, history=[Message("user", "Hi"), Message("assistant", "Hello")])),
    "values-with-tokens": ("{{a}}|{{input}}", Wish({"a": "{{plugin:sys:env:HOME}}"})),
    "lenient": ("{{unknown}}|{{input}}", Wish({}, lenient=True)),
    "plain": ("{{a}}|{{input}}", Wish({"a": "x"}, plain=True)),
}
INPUT = "A text with {{braces}} and\ntwo lines.\n"


@pytest.mark.parametrize("name", CASES)
def test_messages_are_as_the_golden_file_has_them(name: str) -> None:
    text, wish = CASES[name]
    pattern = None if text is None else read_pattern("summarize", text)
    found = [{"role": message.role, "text": message.text} for message in assemble(pattern, INPUT, wish)]
    file = GOLDEN / f"{name}.json"
    expected: Any = json.loads(file.read_text("utf-8"))
    assert found == expected


@pytest.mark.parametrize("most", [50, 120, 1000])
def test_parts_hold_the_whole_text_in_order(most: int) -> None:
    text = "\n\n".join(f"Paragraph {n}. It has two sentences, and some words." for n in range(60))
    parts = split(text, most, overlap=20)
    assert all(len(part) <= most for part in parts)
    at = 0
    for part in parts:
        place = text.index(part, max(0, at - 25))
        assert place <= at
        at = place + len(part)
    assert at == len(text)


def test_a_text_without_breaks_is_cut_anyway() -> None:
    assert max(map(len, split("x" * 10_000, 1_000))) == 1_000


def test_parts_must_get_on() -> None:
    with pytest.raises(ValueError, match="overlap"):
        split("x", 10, overlap=5)
