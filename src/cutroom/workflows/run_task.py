"""Carrying out a prompt in a repository, on an agent whose owner allows it; a patch comes of it, and nothing else.

The agent's own policy is asked before anything is done, whatever the job says. What the command says is shown while it
runs. Its changes are compared with the commit by a repository that it never saw.
"""

import asyncio
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from cutroom.jobs import Context, StepRetry
from cutroom.kit import trees
from cutroom.kit.errors import CutroomError, Unavailable
from cutroom.kit.schema import Schema
from cutroom.repos import Admitted, Checkout, Patch, Round, TaskRunner, brief
from cutroom.workflows.blobs import blob_key, find

TASK: Final = "task"
"""The job type, and the label of agents that take it."""
MAX_PROMPT_CHARS: Final = 60_000
MAX_FEEDBACK_CHARS: Final = 20_000
MAX_ROUNDS: Final = 20
_SHOWN_CHARS: Final = 4_000
_FETCHES: Final = StepRetry(max_attempts=3)
_PATCH, _CHANGES = "task/patch/", "task/changes/"


class TaskRepository(Schema):
    """Where the task is carried out."""

    id: str
    url: str
    branch: str | None = None
    secrets: list[str] = []  # noqa: RUF012 — Pydantic copies it


class TaskRound(Schema):
    """One earlier try of it."""

    task: Annotated[str, Field(description="Id of the task.")]
    feedback: str
    summary: str
    outcome: str


class RunTask(Schema):
    """A prompt to be carried out in a repository."""

    repository: TaskRepository
    prompt: Annotated[str, Field(min_length=1, max_length=MAX_PROMPT_CHARS)]
    command: Annotated[str | None, Field(description="One of the agent's commands; its first when left out.")] = None
    feedback: Annotated[str, Field(max_length=MAX_FEEDBACK_CHARS)] = ""
    rounds: Annotated[list[TaskRound], Field(max_length=MAX_ROUNDS)] = []  # noqa: RUF012 — Pydantic copies it
    commit: Annotated[str | None, Field(description="Begin with this one, and `patch`, as the round before did.")] = (
        None
    )
    patch: Annotated[str | None, Field(description="What the round before changed.")] = None


class RunTaskOutput(Schema):
    """What came of it. That the command failed is a result too: `outcome` says so."""

    outcome: Literal["done", "failed", "killed", "timed_out", "disk_full"]
    exit_code: int | None
    signal: int | None
    seconds: float
    command: str
    commit: Annotated[str, Field(description="What the patch is to be applied to.")]
    summary: str
    files: Annotated[int, Field(description="How many files changed.")]
    additions: int
    deletions: int
    patch: Annotated[str | None, Field(description="Artifact of the patch; none when nothing changed.")]
    artifacts: list[str]
    warnings: list[dict[str, str]]


class _CheckedOut(Schema):
    commit: str
    warnings: list[str]


class _Ran(Schema):
    outcome: Literal["done", "failed", "killed", "timed_out", "disk_full"]
    exit_code: int | None
    signal: int | None
    seconds: float
    summary: str
    files: int
    additions: int
    deletions: int
    patch: str | None
    changes: str
    warnings: list[str]


class _Kept(Schema):
    patch: str | None
    artifacts: list[str]


class Tasks:
    """The workflow, for a process that carries tasks out, or only knows of them.

    Args:
        runner: what this machine allows; None where nothing is carried out.
    """

    def __init__(self, runner: TaskRunner | None) -> None:
        self._runner = runner

    async def run(self, ctx: Context, given: RunTask) -> RunTaskOutput:
        """Check out, run, collect. What an agent that was lost had not finished is begun again in a clean checkout."""
        if self._runner is None:
            raise Unavailable("tasks_not_configured", "This process carries out no tasks; an agent with some does.")
        secrets = given.repository.secrets
        admitted = self._runner.admit(
            given.repository.url, command=given.command, secrets=secrets, workspace_id=ctx.workspace_id
        )
        work = _Work(ctx, given, self._runner, admitted)
        ctx.progress(0.0, "checking out")
        found = await ctx.step("checkout", work.check_out, retry=_FETCHES)
        ctx.progress(0.1, f"running {admitted.command.name}")
        ran = await ctx.step("run", work.run, found)
        ctx.progress(0.9, "collecting")
        kept = await ctx.step("collect", work.collect, found, ran)
        ctx.progress(1.0, "done")
        return RunTaskOutput(
            **ran.model_dump(exclude={"changes", "warnings", "patch"}),
            command=admitted.command.name,
            commit=found.commit,
            patch=kept.patch,
            artifacts=kept.artifacts,
            warnings=[_warning(text) for text in (*found.warnings, *ran.warnings)],
        )


class _Work:
    """One attempt at one task, with its checkout."""

    def __init__(self, ctx: Context, given: RunTask, runner: TaskRunner, admitted: Admitted) -> None:
        self._ctx, self._given, self._runner, self._admitted = ctx, given, runner, admitted
        self._checkout: Checkout | None = None
        self._tries = 0

    async def check_out(self) -> _CheckedOut:
        """A clean checkout, of the newest commit or of that of the round before."""
        made = await self._checked_out(self._given.commit)
        return _CheckedOut(commit=made.commit, warnings=list(made.warnings))

    async def run(self, found: _CheckedOut) -> _Ran:
        """Run the command, and keep what it changed: the checkout dies with the attempt."""
        checkout = self._checkout or await self._checked_out(found.commit)
        given, ctx = self._given, self._ctx
        rounds = [Round(tried.feedback, tried.summary, tried.outcome) for tried in given.rounds]
        text = brief(given.prompt, rounds, given.feedback, begun=given.patch is not None)
        ended = await self._runner.run(
            self._admitted, checkout, text, lambda stream, line: ctx.log("info", line, stream=stream)
        )
        ctx.progress(0.8, "comparing")
        taken = await self._runner.take(self._admitted, checkout, _folder(ctx.scratch, "taken"))
        changes = taken.path.with_name("changes.json")
        await asyncio.to_thread(changes.write_text, _listed(taken, found.commit), encoding="utf-8")
        return _Ran(
            outcome=ended.outcome,
            exit_code=ended.exit_code,
            signal=ended.signal,
            seconds=ended.elapsed_s,
            summary=ended.summary[:_SHOWN_CHARS],
            files=len(taken.changes),
            additions=sum(change.additions or 0 for change in taken.changes),
            deletions=sum(change.deletions or 0 for change in taken.changes),
            patch=await self._keep(_PATCH, taken.path) if taken.changes else None,
            changes=await self._keep(_CHANGES, changes),
            warnings=list(taken.warnings),
        )

    async def collect(self, found: _CheckedOut, ran: _Ran) -> _Kept:
        """Publish the patch, the summary, the list of changed files, and how the command ended."""
        folder = _folder(self._ctx.scratch, "results")
        ended = ran.model_dump(mode="json", include={"outcome", "exit_code", "signal", "seconds"})
        ended |= {"commit": found.commit, "command": self._admitted.command.name}
        (folder / "summary.md").write_text(ran.summary + "\n", encoding="utf-8")
        (folder / "exit.json").write_text(json.dumps(ended, indent=1) + "\n", encoding="utf-8")
        await asyncio.to_thread(shutil.copyfile, await find(self._ctx.files, ran.changes), folder / "changes.json")
        patch = None
        if ran.patch is not None:
            await asyncio.to_thread(shutil.copyfile, await find(self._ctx.files, ran.patch), folder / "changes.patch")
            patch = await self._publish(folder / "changes.patch", "patch", "text/x-diff")
        artifacts = [] if patch is None else [patch]
        for name, kind, content_type in (
            ("summary.md", "summary", "text/markdown"),
            ("changes.json", "changes", "application/json"),
            ("exit.json", "exit", "application/json"),
        ):
            artifacts.append(await self._publish(folder / name, kind, content_type))
        return _Kept(patch=patch, artifacts=artifacts)

    async def _checked_out(self, commit: str | None) -> Checkout:
        given, ctx = self._given, self._ctx
        patch = None
        if given.patch is not None:
            taken = await ctx.files.take(given.patch)
            patch = await find(ctx.files, blob_key(taken.sha256))
        self._tries += 1
        home = _folder(ctx.scratch, f"task{self._tries}")
        try:
            made = await self._runner.check_out(
                self._admitted, home, branch=given.repository.branch, commit=commit, patch=patch
            )
        except CutroomError:
            await asyncio.to_thread(trees.remove, home)
            raise
        self._checkout = made
        ctx.log("info", f"Checked out {made.commit[:12]}.", commit=made.commit)
        return made

    async def _keep(self, prefix: str, path: Path) -> str:
        key = f"{prefix}{self._ctx.job_id}.{self._ctx.attempt}"  # another attempt changes other things
        await self._ctx.files.keep(key, path)
        return key

    async def _publish(self, path: Path, kind: str, content_type: str) -> str:
        made = await self._ctx.files.publish(path, kind=kind, name=path.name, content_type=content_type)
        return made.id


def _folder(scratch: Path, name: str) -> Path:
    made = scratch / name
    made.mkdir(exist_ok=True)
    return made


def _listed(taken: Patch, commit: str) -> str:
    changes: list[dict[str, Any]] = [
        {name: value for name, value in asdict(change).items() if value is not None} for change in taken.changes
    ]
    return json.dumps({"commit": commit, "files": changes}, indent=1, ensure_ascii=False) + "\n"


def _warning(text: str) -> dict[str, str]:
    return {"code": "task_warning", "pointer": "", "message": text}
