"""A folder of 255 patterns in Fabric's layout: all list and load; each runs, or names the variable that is missing."""

import statistics
from pathlib import Path

import pytest

from cutroom.kit.errors import Invalid
from cutroom.patterns import Library, Wish, assemble, preview
from tests.patterns.fabric_folder import COUNT, FOREIGN, LARGEST_BYTES, NEEDING, Folder, make
from tests.workflows.running import opened, replies

INPUT = "A text with {{braces}}, {{lang_code}} and {{plugin:sys:env:HOME}}."
AT_ONCE = 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return make(tmp_path_factory.mktemp("fabric"))


@pytest.fixture(scope="module")
def library(folder: Folder) -> Library:
    return Library([folder.patterns])


def test_the_folder_is_like_the_original(folder: Folder) -> None:
    sizes = [(folder.patterns / name / "system.md").stat().st_size for name in folder.texts]
    assert len(sizes) == COUNT
    assert max(sizes) == LARGEST_BYTES
    assert 1_500 < statistics.median(sizes) < 2_500
    assert len(list(folder.patterns.glob("*/user.md"))) > 40
    assert sum(len(tokens) for tokens in FOREIGN.values()) == 16 + 45


def test_all_list_and_load(folder: Folder, library: Library) -> None:
    found = library.summaries()
    assert [one.name for one in found] == sorted(folder.texts)
    assert [one.name for one in found if one.broken is not None] == []
    assert sum(bool(one.description and one.tags) for one in found) == 250
    assert {one.name: list(one.variables) for one in found if one.variables and one.name not in FOREIGN} == NEEDING
    for name, text in folder.texts.items():
        pattern = library.get(name)
        assert pattern.raw == text.replace("\r\n", "\n")
        assert pattern.text == pattern.raw, f"{name}: nothing of it is front matter"
    assert {one.name for one in library.search("analysis rate", ["writing"])} == {
        name for name in folder.texts if name.startswith("rate_")
    }


def test_each_is_assembled_or_names_what_it_needs(folder: Folder, library: Library) -> None:
    refused: dict[str, str] = {}
    for name in folder.texts:
        pattern = library.get(name)
        try:
            (message,) = assemble(pattern, INPUT, Wish({}))
        except Invalid as error:
            assert error.code == "missing_variable"
            refused[name] = error.message
            (message,) = assemble(pattern, INPUT, Wish({}, lenient=True))
        assert message.text.count(INPUT) == 1, name
        assert message.role == "system"
        rest = message.text.replace(INPUT, "")
        assert rest.split() == pattern.text.replace("{{input}}", "").split(), f"{name}: everything else stays"
    assert refused.keys() == {*NEEDING, *FOREIGN}
    for name, tokens in NEEDING.items():
        assert f"'{tokens[0]}'" in refused[name]
        (message,) = assemble(library.get(name), INPUT, Wish(dict.fromkeys(tokens, "given")))
        assert message.text.count("given") == len(tokens)
        missing = [one.pointer for one in preview(library.get(name), INPUT, Wish({})).problems]
        assert missing == [f"/variables/{token}" for token in tokens]


async def test_all_that_need_nothing_run(folder: Folder, library: Library, tmp_path: Path) -> None:
    """Through the workflow, twenty side by side, as jobs of the API run them."""
    heard: dict[str, int] = {}
    names = folder.runnable
    assert len(names) == COUNT - 5
    async with opened(tmp_path, context_tokens=128_000) as kitchen:
        for start in range(0, len(names), AT_ONCE):
            patterns = [library.get(name) for name in names[start : start + AT_ONCE]]
            made = await kitchen.run(
                [replies(lambda said: f"heard {len(said)}")],
                parallel=[one.name for one in patterns],
                input=INPUT,
                resolved=[
                    {"name": one.name, "origin": "folder", "sha256": one.sha256, "text": one.raw} for one in patterns
                ],
            )
            heard |= {str(step.name): int((step.text or "").split()[1]) for step in made.steps}
    for name in names:
        (message,) = assemble(library.get(name), INPUT, Wish({}))
        assert heard[name] == len(message.text), name
