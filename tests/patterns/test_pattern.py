"""What a pattern declares about itself, and what is refused."""

import pytest

from cutroom.kit.errors import Invalid
from cutroom.patterns import Pattern, Variable, read_pattern

FRONT = """---
description: Translates a text.
tags: [language, text]
variables:
  lang: {description: Language to write in, default: French}
  tone: {type: choice, choices: [plain, warm], default: plain}
  words: {type: number}
  loud: {type: boolean, default: false}
model: here/big
temperature: 0.2
output:
  type: object
  required: [text]
---
Translate into {{lang}}, {{tone}}, {{words}} words, {{who}}:
{{input}}
"""


def read(raw: str) -> Pattern:
    return read_pattern("translate", raw)


def test_front_matter_is_no_part_of_the_text() -> None:
    pattern = read(FRONT)
    assert pattern.text.startswith("Translate into")
    assert (pattern.description, pattern.tags) == ("Translates a text.", ("language", "text"))
    assert (pattern.model, pattern.temperature) == ("here/big", 0.2)
    assert pattern.output == {"type": "object", "required": ["text"]}
    assert pattern.variables == (
        Variable("lang", "text", "Language to write in", "French"),
        Variable("tone", "choice", "", "plain", ("plain", "warm")),
        Variable("words", "number"),
        Variable("loud", "boolean", "", "false"),
        Variable("who"),
    )


def test_without_front_matter_the_text_tells_its_variables() -> None:
    pattern = read("# IDENTITY\n\nTranslate into {{lang_code}}.")
    assert pattern.variables == (Variable("lang_code"),)
    assert pattern.output is None


@pytest.mark.parametrize(
    "raw",
    ["---\nJust a rule\n---\nText", "---\n- a\n- b\n---\nx", "---\ntitle: no field of ours\n---\nx", "---\n\n---\nx"],
)
def test_a_rule_of_markdown_is_no_front_matter(raw: str) -> None:
    assert read(raw).description == ""


def test_equal_texts_are_the_same_version() -> None:
    assert read(FRONT).sha256 == read(FRONT).sha256
    assert read(FRONT).sha256 != read(FRONT + " ").sha256


@pytest.mark.parametrize(
    "front",
    [
        "description: [1, 2",
        "description: 3\nvariables: 7",
        "tags: x\nbad: 1",
        "description: &a x\ntags: [*a, *a]",
        "temperature: 9",
        "description: !!python/object/apply:os.system [id]",
        "variables: {x: {type: file}}",
        "description: " + "x" * 2_000,
        "output: {type: nonsense}",
        "output: {$ref: 'http://169.254.169.254/schema'}",
        "output: {pattern: '(?=x)['}",
        'description: "a\\0b"',
        'tags: ["\\0"]',
        'variables: {"a\\0b": {type: text}}',
        "variables: {a: {default: 0x" + "f" * 4_000 + "}}",
        "variables: {a: {default: .inf}}",
        "output: {enum: [.nan]}",
        'output: {type: string, description: "\\0"}',
        'output: {items: {"$ref": "#"}}',
    ],
)
def test_bad_front_matter_is_refused(front: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(f"---\n{front}\n---\nx")
    assert caught.value.code == "bad_front_matter"


@pytest.mark.parametrize("name", ["", "../x", "a/b", "/etc/passwd", "~x", ".x", "a b", "a\n", "x" * 101, "-a", "\\x"])
def test_a_name_is_never_a_path(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_pattern(name, "x")
    assert caught.value.code == "bad_pattern_name"


def test_a_pattern_has_an_end() -> None:
    with pytest.raises(Invalid) as caught:
        read("x" * 500_001)
    assert caught.value.code == "pattern_too_large"
    assert len(read("".join(f"{{{{v{number}}}}}" for number in range(1_000))).variables) == 1_000
    with pytest.raises(Invalid) as caught:
        read("".join(f"{{{{v{number}}}}}" for number in range(1_001)))
    assert caught.value.code == "too_many_variables"


def test_values_come_from_the_run_and_then_from_the_pattern() -> None:
    values = read(FRONT).values({"words": 30, "loud": True, "who": "me", "more": "x"})
    assert values == {"lang": "French", "tone": "plain", "words": "30", "loud": "true", "who": "me", "more": "x"}


@pytest.mark.parametrize(("name", "value"), [("words", "many"), ("tone", "loud"), ("loud", "perhaps"), ("words", True)])
def test_a_value_of_another_kind_is_refused(name: str, value: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(FRONT).values({name: value})
    assert caught.value.code == "bad_variable"
    assert caught.value.details[0].pointer == f"/variables/{name}"
