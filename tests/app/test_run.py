"""`cutroom run` as people type it, with a model server on this machine."""

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from cutroom.app.cli import cli
from tests.llm.server import ModelServer, answers, breaks_off, fails, model_server, says


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    """The log of this process as it was before a command sent it elsewhere."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level, raises = root.handlers[:], root.level, logging.raiseExceptions
    yield
    structlog.configure(**before)
    root.handlers[:], logging.raiseExceptions = handlers, raises
    root.setLevel(level)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """A model server in a thread, which the settings name."""
    found: list[ModelServer] = []
    started, over = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with model_server() as one:
            found.append(one)
            started.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    started.wait(10)
    monkeypatch.setenv("CUTROOM_LLM_MODEL", "small")
    monkeypatch.setenv("CUTROOM_LLM_BASE_URL", found[0].base_url)
    monkeypatch.setenv("CUTROOM_LLM_PRICES", '{"*": {"input": 1, "output": 2}}')
    yield found[0]
    loop.call_soon_threadsafe(over.set)
    thread.join(10)
    loop.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of patterns and one of strategies."""
    for name, text in {
        "mine": "For {{who}}:",
        "title": "A title for: {{input}}",
        "facts": "---\noutput: {type: array, items: {type: string}}\n---\nList facts.",
    }.items():
        (tmp_path / "patterns" / name).mkdir(parents=True)
        (tmp_path / "patterns" / name / "system.md").write_text(text)
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "slow.json").write_text('{"prompt": "Think.", "description": "Slowly."}')
    monkeypatch.setenv("CUTROOM_PATTERNS", str(tmp_path / "patterns"))
    monkeypatch.setenv("CUTROOM_STRATEGIES", str(tmp_path / "strategies"))
    return tmp_path


def run(*words: str, given: str | bytes = "Bees dance.", code: int = 0) -> tuple[str, str]:
    """What the command prints on standard output and on standard error."""
    done = CliRunner().invoke(cli, ["run", *words], input=given)
    assert done.exit_code == code, done.output
    return done.stdout, done.stderr


def test_standard_input_is_answered_on_standard_output(server: ModelServer, folder: Path) -> None:
    server.script = [says("In short.")]
    said, told = run("mine", "-v", "who=kids", "--strategy", "slow", "-m", "large", "-t", "0.5", "-g", "de")
    assert said == "In short.\n"
    assert "11 tokens read, 7 written, $0.000025" in told
    (asked,) = server.requests
    assert (asked["model"], asked["temperature"]) == ("large", 0.5)
    assert server.prompt().startswith("Think.\nFor kids:\nBees dance.\n\n")
    assert "'de'" in server.prompt()


def test_patterns_in_a_row_are_a_chain(server: ModelServer, folder: Path) -> None:
    server.script = [says("In short."), says("The Dance")]
    said, told = run("mine", "title", "-v", "#who:kids", "--stream")
    assert said == "The Dance\n", "what comes before the last answer is not the answer"
    assert server.prompt(1) == "A title for: In short."
    assert "asking mine" in told


def test_patterns_side_by_side_each_have_their_heading(server: ModelServer, folder: Path) -> None:
    said, _ = run("mine", "title", "-v", "who=kids", "--parallel")
    assert said == "# mine\n\nHello.\n\n# title\n\nHello.\n"


def test_a_file_is_read_and_the_answer_written_to_a_file(server: ModelServer, folder: Path) -> None:
    (folder / "bees.txt").write_text("Bees sleep.")
    (folder / "context.md").write_text("We are a magazine.")
    said, _ = run(
        "title", "-f", str(folder / "bees.txt"), "-C", str(folder / "context.md"), "-o", str(folder / "out.md")
    )
    assert (said, (folder / "out.md").read_text()) == ("", "Hello.")
    assert server.prompt() == "We are a magazine.\nA title for: Bees sleep."


def test_data_is_printed_once_it_is_checked(server: ModelServer, folder: Path) -> None:
    server.script = [answers({"no": "list"}), answers(["Bees dance."])]
    said, _ = run("facts", "--stream")
    assert json.loads(said) == ["Bees dance."]


def test_an_answer_that_begins_anew_is_printed_whole_and_once_where_nobody_watches(
    server: ModelServer, folder: Path
) -> None:
    server.script = [breaks_off("Bees are"), says("Bees dance.")]
    assert run("title")[0] == "Bees dance.\n"
    server.script = [breaks_off("Bees are"), says("Bees dance.")]
    said, told = run("title", "--stream")
    assert said == "Bees are\n\nBees dance.\n"
    assert "begins anew" in told


def test_what_was_answered_is_kept_in_a_cache_that_is_named(server: ModelServer, folder: Path) -> None:
    for script in ([says("The Dance")], [fails(500)]):
        server.script = list(script)
        said, told = run("title", "-t", "0", "--cache", str(folder / "cache"))
        assert said == "The Dance\n"
    assert "kept from an earlier run" in told


@pytest.mark.parametrize(
    ("words", "given", "code"),
    [
        (["nobodys"], "x", "pattern_not_found"),
        (["../mine"], "x", "bad_pattern_name"),
        (["mine"], "x", "missing_variable"),
        (["mine", "-v", "who"], "x", "bad_variable"),
        (["title", "-s", "nobodys"], "x", "strategy_not_found"),
        (["title", "-f", "nowhere.txt"], "x", "no_input"),
        (["title", "-f", "a", "-y", "b"], "x", "two_inputs"),
        (["title", "-o", "nowhere/out.md"], "x", "no_output_folder"),
        (["title"], b"\xff\xfe\x00", "input_not_text"),
        (["title", "--max-cost", "0.000001"], "x" * 1_000, "cost_cap_reached"),
        ([], " ", "input_empty"),
    ],
)
def test_what_cannot_be_run_is_said_before_a_model_is_asked(
    server: ModelServer, folder: Path, words: list[str], given: str | bytes, code: str
) -> None:
    assert f"error {code}" in run(*words, given=given, code=1)[1]
    assert server.requests == []


def test_videos_are_not_fetched_where_sources_by_url_are_switched_off(
    server: ModelServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUTROOM_URL_SOURCES", "false")
    assert "error youtube_switched_off" in run("title", "-y", "dQw4w9WgXcQ", code=1)[1]
    assert server.requests == []


def test_without_a_model_the_command_says_what_to_set() -> None:
    assert "CUTROOM_LLM_MODEL" in run("summary", code=1)[1]


def test_half_a_character_is_printed_as_one_that_is_missing(server: ModelServer, folder: Path) -> None:
    server.script = [says("Bees \ud83d dance.")]
    assert run("title", "--stream")[0] == "Bees \ufffd dance.\n"
    assert len(server.requests) == 1


def test_all_that_is_known_of_a_run_is_told_as_json(server: ModelServer, folder: Path) -> None:
    server.script = [answers(["Bees dance."]), says("One, two", finish="length")]
    told = json.loads(run("facts", "title", "--json", "--max-tokens", "40", "--stream")[0])
    assert (told["text"], told["data"], told["cost"], told["artifacts"]) == ("One, two", None, 0.00005, [])
    assert [step["data"] for step in told["steps"]] == [["Bees dance."], None]
    assert told["usage"] == {"inputTokens": 22, "outputTokens": 14, "estimated": False}
    assert [warning["code"] for warning in told["warnings"]] == ["answer_cut_off"]
    assert [asked["max_tokens"] for asked in server.requests] == [40, 40]


def test_patterns_are_listed(folder: Path) -> None:
    said, _ = run("--list")
    assert "title" in said
    assert "summary" in said
