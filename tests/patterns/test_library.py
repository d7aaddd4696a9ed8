"""Folders in Fabric's layout: what is found, what goes first, and what is broken."""

import json
import os
from pathlib import Path

import pytest

from cutroom.kit.errors import Invalid, NotFound
from cutroom.patterns import Library, matches


def put(folder: Path, name: str, text: str) -> Path:
    file = folder / name / "system.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    own, stock = tmp_path / "own", tmp_path / "fabric" / "patterns"
    put(own, "summarize", "Mine.")
    put(stock, "summarize", "Stock.")
    put(stock, "translate", "Into {{lang_code}}: {{input}}")
    (stock / "translate" / "README.md").write_text("Read me.", "utf-8")
    (stock / "empty").mkdir()
    (stock / "loose.md").write_text("x", "utf-8")
    told = tmp_path / "fabric" / "scripts" / "pattern_descriptions" / "pattern_descriptions.json"
    told.parent.mkdir(parents=True)
    entry = {"patternName": "translate", "description": "Translates.", "tags": ["LANGUAGE"]}
    told.write_text(json.dumps({"patterns": [entry, 3]}), "utf-8")
    return own, stock


def test_the_first_folder_goes_first(folders: tuple[Path, Path]) -> None:
    library = Library(folders)
    assert library.names() == ["summarize", "translate"]
    assert library.get("summarize").text == "Mine."
    assert Library(folders[::-1]).get("summarize").text == "Stock."


def test_descriptions_lie_apart(folders: tuple[Path, Path]) -> None:
    (mine, translate) = Library(folders).summaries()
    assert (translate.description, translate.tags, translate.variables) == (
        "Translates.",
        ("language",),
        ("lang_code",),
    )
    assert matches(translate, "Language trans")
    assert not matches(mine, "language")


def test_a_file_that_changed_is_read_again(folders: tuple[Path, Path]) -> None:
    library = Library(folders)
    first = library.get("summarize")
    assert library.get("summarize").sha256 == first.sha256
    file = put(folders[0], "summarize", "Mine, but longer.")
    os.utime(file, (1, 1))
    assert library.get("summarize").text == "Mine, but longer."


def test_a_broken_pattern_is_listed_with_its_fault(folders: tuple[Path, Path]) -> None:
    put(folders[0], "broken", "---\ntags: [1\n---\nx")
    (folders[0] / "binary").mkdir()
    (folders[0] / "binary" / "system.md").write_bytes(b"\xff\xfe\x00")
    found = {summary.name: summary.broken for summary in Library(folders).summaries()}
    assert found["summarize"] is None
    assert found["broken"] is not None
    assert "UTF-8" in str(found["binary"])


@pytest.mark.parametrize("name", ["../fabric/patterns/translate", "/etc", "..", "translate/../summarize"])
def test_a_path_is_no_name(folders: tuple[Path, Path], name: str) -> None:
    with pytest.raises(Invalid) as caught:
        Library(folders).get(name)
    assert caught.value.code == "bad_pattern_name"


@pytest.mark.parametrize("raw", [b"a\0b", "K\u00e4se".encode("latin-1"), "K\u00e4se".encode("utf-16"), b"\xed\xa0\x80"])
def test_what_is_no_text_that_can_be_kept_is_unreadable(tmp_path: Path, raw: bytes) -> None:
    put(tmp_path, "odd", "").write_bytes(raw)
    library = Library([tmp_path])
    with pytest.raises(Invalid) as caught:
        library.get("odd")
    assert caught.value.code == "pattern_unreadable"
    assert [summary.broken for summary in library.summaries()] == [caught.value.message]


def test_what_is_not_there_is_not_found(folders: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Library(folders).get("empty")
    assert Library([tmp_path / "nowhere"]).names() == []


def test_strategies_are_files_of_json(tmp_path: Path) -> None:
    (tmp_path / "cot.json").write_text('{"description": "Steps", "prompt": "Think in steps."}', "utf-8")
    (tmp_path / "bad.json").write_text("{", "utf-8")
    (tmp_path / "worse.json").write_text('{"prompt": 3}', "utf-8")
    library = Library([], [tmp_path, tmp_path / "nowhere"])
    assert [strategy.name for strategy in library.strategies()] == ["cot"]
    assert library.strategy("cot").prompt == "Think in steps."
    with pytest.raises(NotFound):
        library.strategy("tot")
    with pytest.raises(Invalid):
        library.strategy("bad")


def test_five_hundred_patterns_list_in_an_instant(tmp_path: Path) -> None:
    for number in range(500):
        put(tmp_path, f"p{number:03}", f"Number {number} {{{{input}}}}\n" + "word " * 400)
    library = Library([tmp_path])
    assert len(library.summaries()) == 500
    assert len(library.summaries()) == 500
