"""`cutroom patterns`, and the folders that it looks into."""

import io
import json
import os
from pathlib import Path

import pytest

from cutroom.app.engine_settings import load_engine
from cutroom.app.patterns import read_input, read_variables, show, show_list, show_preview, show_strategies
from cutroom.kit.errors import Invalid, NotFound
from cutroom.media.documents import MOST_TEXT_BYTES


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two folders of patterns and one of strategies, as an operator sets them."""
    for folder, name, text in (
        ("mine", "summary", "Mine."),
        ("mine", "poem", "---\ndescription: A poem.\ntags: [fun]\n---\nA {{mood}} poem: {{input}}"),
        ("fabric", "summary", "Theirs."),
        ("fabric", "broken", "---\ntags: [1\n---\nx"),
    ):
        (tmp_path / folder / name).mkdir(parents=True)
        (tmp_path / folder / name / "system.md").write_text(text, "utf-8")
    (tmp_path / "mine" / "slow.json").write_text('{"description": "", "prompt": "Slowly."}', "utf-8")
    monkeypatch.setenv("CUTROOM_PATTERNS", f"{tmp_path / 'mine'}{os.pathsep}{tmp_path / 'fabric'}")
    monkeypatch.setenv("CUTROOM_STRATEGIES", str(tmp_path / "mine"))


async def test_folders_go_before_what_is_shipped_and_the_first_before_the_second(
    capsys: pytest.CaptureFixture[str],
) -> None:
    await show_list([], [], as_json=True)
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert [found[name]["origin"] for name in ("summary", "poem", "translate")] == ["folder", "folder", "shipped"]
    assert "front matter" in found["broken"]["broken"]
    assert found["poem"]["variables"][0]["name"] == "mood"
    library = load_engine().library()
    assert library.get("summary").text == "Mine."
    assert library.strategy("slow").prompt == "Slowly."
    assert not library.is_shipped_strategy("slow")
    assert library.is_shipped_strategy("steps")


async def test_a_list_is_for_people_too(capsys: pytest.CaptureFixture[str]) -> None:
    await show_list(["poem"], ["fun"], as_json=False)
    printed = capsys.readouterr()
    assert "A poem." in printed.out
    assert "1 patterns" in printed.err
    await show_list(["broken"], [], as_json=False)
    assert "cannot be read" in capsys.readouterr().out


async def test_one_is_shown_with_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    await show("poem", as_json=False)
    printed = capsys.readouterr().out
    assert "mood: text, must be given." in printed
    assert "A {{mood}} poem: {{input}}" in printed
    await show("chapters", as_json=True)
    assert json.loads(capsys.readouterr().out)["output"]["required"] == ["chapters"]
    with pytest.raises(NotFound):
        await show("nope", as_json=False)


async def test_a_preview_prints_what_a_model_would_be_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"Rain.")))
    await show_preview("poem", ["mood=sad=er"], "slow", "de")
    assert capsys.readouterr().out.startswith("Slowly.\nA sad=er poem: Rain.")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"Rain.")))
    with pytest.raises(Invalid) as caught:
        await show_preview("poem", [], None, None)
    assert (caught.value.code, caught.value.details[0].pointer) == ("not_ready", "/variables/mood")
    assert "A {{mood}} poem: Rain." in capsys.readouterr().out


async def test_a_text_that_is_too_long_is_refused_and_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    most = "語" * (MOST_TEXT_BYTES // 3)
    for text, code in ((most, None), (most + "語", "input_too_large")):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        if code is None:
            assert read_input() == text
            continue
        with pytest.raises(Invalid) as caught:
            await show_preview("poem", ["mood=sad"], None, None)
        assert caught.value.code == code


def test_a_value_without_a_name_is_refused() -> None:
    assert read_variables(["a=1", "b="]) == {"a": "1", "b": ""}
    for wrong in ("a", "=1"):
        with pytest.raises(Invalid, match="NAME=VALUE"):
            read_variables([wrong])


def test_a_folder_that_is_not_there_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CUTROOM_PATTERNS", str(tmp_path / "nowhere"))
    with pytest.raises(Invalid, match=r"CUTROOM_PATTERNS: '.*nowhere' is no folder"):
        load_engine()


async def test_strategies_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    await show_strategies(as_json=False)
    printed = capsys.readouterr().out
    assert "slow" in printed
    assert "plan_first" in printed
    await show_strategies(as_json=True)
    assert {"name": "slow", "description": "", "prompt": "Slowly."} in json.loads(capsys.readouterr().out)


async def test_what_is_no_text_cannot_be_previewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\x00")))
    with pytest.raises(Invalid, match="standard input is no text in UTF-8"):
        await show_preview("summary", [], None, None)
