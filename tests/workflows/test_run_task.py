"""Tasks as the workflow runs them: real repositories, a real command in its box, no database."""

import json
from pathlib import Path
from typing import Any

import pytest

from cutroom.app.standalone import StandaloneFiles
from cutroom.jobs import Taken, run_alone
from cutroom.kit.errors import Forbidden, Unavailable
from cutroom.media.fetch import Fetcher
from cutroom.repos import TaskRunner
from cutroom.workflows import registry
from cutroom.workflows.run_task import RunTaskOutput
from tests.repos.ground import Ground, applied, git


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    (tmp_path / "repositories").mkdir()
    return Ground(tmp_path)


class _Files(StandaloneFiles):
    """Files on this machine, with artifacts of earlier jobs among the sources, as a server's has them."""

    async def take(self, source: str) -> Taken:
        return await super().take(source.removeprefix("artifact:"))


class Desk:
    """Runs tasks in a folder, and keeps what came of them."""

    def __init__(self, folder: Path, runner: TaskRunner | None) -> None:
        self.folder, self.runner = folder, runner
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.results: dict[str, Path] = {}
        self._runs = 0

    async def run(self, **given: Any) -> RunTaskOutput:
        self._runs += 1
        here = self.folder / f"run{self._runs}"
        for name in ("scratch", "parts"):
            (here / name).mkdir(parents=True)
        files = _Files(
            base=here, cache=self.folder / "cache", parts=here / "parts", out=here / "out.json", fetcher=Fetcher()
        )
        found = await run_alone(
            registry(tasks=self.runner),
            "task",
            given,
            files=files,
            scratch=here / "scratch",
            events=lambda kind, data: self.events.append((kind, data)),
        )
        self.results = {result.kind: Path(made) for result, made in zip(files.results, found.artifacts, strict=True)}
        assert isinstance(found, RunTaskOutput)
        return found

    def lines(self, stream: str) -> list[str]:
        return [data["message"] for kind, data in self.events if kind == "log" and data.get("stream") == stream]


async def test_a_task_gives_a_patch_that_applies_a_summary_its_files_and_how_it_ended(ground: Ground) -> None:
    origin = ground.repository("site", {"a.txt": "one\n", "old.txt": "gone\n", "b.bin": bytes(range(256))})
    script = """
        echo two >> a.txt; git rm -q old.txt; printf '\\0\\1' > new.bin; echo working; echo careful >&2
        echo 'Added **two**.' > "$CUTROOM_SUMMARY_FILE"; exit 4
    """
    desk = Desk(ground.folder, await ground.runner(script))
    made = await desk.run(repository={"id": "rep_x", "url": ground.url("site")}, prompt="Count on.")
    assert (made.outcome, made.exit_code, made.signal, made.summary) == ("failed", 4, None, "Added **two**.")
    assert (made.files, made.additions, made.deletions, made.command) == (3, 1, 1, "test")
    assert made.commit == git(origin, "rev-parse", "HEAD").strip()
    clone = applied(origin, ground.folder / "clone", desk.results["patch"], made.commit)
    assert (clone / "a.txt").read_text() == "one\ntwo\n"
    assert (clone / "new.bin").read_bytes() == b"\0\1"
    assert not (clone / "old.txt").exists()
    listed = json.loads(desk.results["changes"].read_text())
    assert [(file["path"], file["status"]) for file in listed["files"]] == [
        ("a.txt", "modified"),
        ("new.bin", "added"),
        ("old.txt", "deleted"),
    ]
    assert json.loads(desk.results["exit"].read_text())["exitCode"] == 4
    assert desk.results["summary"].read_text() == "Added **two**.\n"
    assert (desk.lines("stdout"), desk.lines("stderr")) == (["working"], ["careful"])


async def test_rework_goes_on_from_the_changes_and_is_told_of_every_round(ground: Ground) -> None:
    origin = ground.repository("site", {"a.txt": "one\n"})
    script = 'cat "$CUTROOM_PROMPT_FILE"; n=$(wc -l < a.txt); echo "line $((n + 1))" >> a.txt; echo "made $n" '
    desk = Desk(ground.folder, await ground.runner(script))
    site = {"id": "rep_x", "url": ground.url("site"), "branch": "main"}
    first = await desk.run(repository=site, prompt="Count on.")
    assert first.patch is not None
    git(origin, "commit", "--allow-empty", "-q", "-m", "meanwhile")
    desk.events.clear()
    tried = {"task": "job_1", "feedback": "", "summary": first.summary, "outcome": first.outcome}
    second = await desk.run(
        repository=site,
        prompt="Count on.",
        feedback="Once more, with feeling.",
        rounds=[tried],
        commit=first.commit,
        patch=f"artifact:{first.patch}",
    )
    told = "\n".join(desk.lines("stdout"))
    assert told.index("Count on.") < told.index("made 1") < told.index("Once more, with feeling.")
    assert second.commit == first.commit != git(origin, "rev-parse", "HEAD").strip()
    clone = applied(origin, ground.folder / "clone", desk.results["patch"], second.commit)
    assert (clone / "a.txt").read_text() == "one\nline 2\nline 3\n"


async def test_a_task_that_changes_nothing_has_no_patch(ground: Ground) -> None:
    ground.repository("site", {"a.txt": "one\n"})
    desk = Desk(ground.folder, await ground.runner("echo looked"))
    made = await desk.run(repository={"id": "rep_x", "url": ground.url("site")}, prompt="Look.")
    assert (made.outcome, made.patch, made.files, made.summary) == ("done", None, 0, "looked")
    assert sorted(desk.results) == ["changes", "exit", "summary"]


async def test_what_the_agent_does_not_allow_is_not_begun(ground: Ground) -> None:
    ground.repository("site", {"a.txt": "one\n"})
    desk = Desk(ground.folder, await ground.runner("touch /tmp/never"))
    site = {"id": "rep_x", "url": ground.url("site")}
    for given, code in (
        ({"repository": {**site, "url": "https://example.com/x"}}, "repository_not_allowed"),
        ({"repository": site, "command": "rm"}, "command_not_allowed"),
        ({"repository": {**site, "secrets": ["aws"]}}, "secret_not_allowed"),
    ):
        with pytest.raises(Forbidden) as refused:
            await desk.run(prompt="x", **given)
        assert (refused.value.code, refused.value.retryable) == (code, False)


async def test_a_process_without_tasks_says_so(ground: Ground) -> None:
    with pytest.raises(Unavailable) as refused:
        await Desk(ground.folder, None).run(repository={"id": "rep_x", "url": ground.url("site")}, prompt="x")
    assert refused.value.code == "tasks_not_configured"


async def test_a_checkout_that_was_lost_with_its_attempt_is_made_again(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit is the one that the journal has, although the branch has moved on."""
    origin = ground.repository("site", {"a.txt": "one\n"})
    first = git(origin, "rev-parse", "HEAD").strip()
    runner = await ground.runner("cat a.txt; echo x > b.txt")
    run, failures = runner.run, 0

    async def fails_once(*args: Any, **more: Any) -> Any:
        nonlocal failures
        failures += 1
        if failures == 1:
            (origin / "a.txt").write_text("later\n")
            git(origin, "commit", "-q", "-a", "-m", "later")
            raise Unavailable("agent_lost", "It went.")
        return await run(*args, **more)

    monkeypatch.setattr(type(runner), "run", lambda _self, *args, **more: fails_once(*args, **more))
    desk = Desk(ground.folder, runner)
    made = await desk.run(repository={"id": "rep_x", "url": ground.url("site")}, prompt="x")
    assert failures == 2
    assert made.commit == first
    assert desk.lines("stdout") == ["one"]
    assert list((ground.folder / "run1" / "scratch").rglob("told")) == []
