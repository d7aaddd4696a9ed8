"""One run of `/fabric/chat`: its job, what it writes, and the session that it belongs to."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from fastapi import Request

from cutroom.accounts import Principal
from cutroom.api.deps import ApiServices
from cutroom.api.errors import request_id_of
from cutroom.api.following import events_of
from cutroom.api.prompting import history_of, pattern_of
from cutroom.api.run_asking import Asking, submit_run
from cutroom.jobs import Job, JobEvent, Status
from cutroom.kit.errors import Conflict, CutroomError, NotFound, Unavailable
from cutroom.prompts import Turn
from cutroom.workflows.run_pattern import ANSWER
from cutroom.workflows.run_wishes import ResolvedPattern, RunWishes


async def answer_in(services: ApiServices, job: Job) -> str:
    """The text that a job has made; where it is too long for the job itself, the first of its files has it."""
    text: str | None = job.output["text"]
    if text is not None:
        return text
    with tempfile.TemporaryDirectory(prefix="cutroom-answer-") as folder:
        path = Path(folder) / "text"
        await services.assets.fetch_artifact(job.workspace_id, job.output["artifacts"][0], path)
        return await asyncio.to_thread(path.read_text, "utf-8")


async def followed(services: ApiServices, job: Job) -> AsyncGenerator[JobEvent]:
    """The events of a job until it ends. A client that waits is told of the first attempt that fails, not of the last.

    A worker that is lost is no failure: another goes on.

    Raises:
        CutroomError: what an attempt failed with; whoever follows cancels the job, which would be tried again.
    """
    async for event in events_of(services, job.workspace_id, job.id, job.event_seq):
        yield event
        if event.kind == "state" and event.data["status"] == Status.RETRYING.value and event.data.get("error"):
            raise CutroomError.from_json(event.data["error"])


async def cancel_if_running(services: ApiServices, job: Job) -> None:
    """Let nobody work on a job any more; nothing where it has ended, or was never stored."""
    with suppress(Conflict, NotFound):
        async with services.database.begin() as session:
            await services.jobs.cancel(session, job.workspace_id, job.id)


def _is_text(job: Job) -> bool:
    """Whether none of a run's patterns has its answer follow a schema; reading front matter takes its time."""
    told = [ResolvedPattern.model_validate(one) for one in job.input.get("resolved", ())]
    return all(pattern_of(one).output is None for one in told)


class FabricRun:
    """One prompt, from its job to its answer.

    Args:
        services: what the routes stand on.
        request: which asks for it.
        caller: who asks.
    """

    def __init__(self, services: ApiServices, request: Request, caller: Principal) -> None:
        self._services, self._request, self._caller = services, request, caller
        self._job: Job | None = None
        self._said, self._session_name = "", ""
        self._shows_text = True
        self.usage: Mapping[str, Any] = {}

    @property
    def id(self) -> str:
        """The id of the run, as `GET /runs/{id}` takes it."""
        return self._made().id

    async def submit(self, wishes: RunWishes, session_name: str) -> None:
        """Make the job; what a session holds is what was said before.

        Raises:
            CutroomError: as `submit_run`; as `PromptService.check_room`, before anything is paid for what no session
                could hold.
        """
        self._said, self._session_name = wishes.input, session_name
        asking = Asking(self._workspace, request_id_of(self._request.scope))
        async with self._services.database.begin() as session:
            if session_name:
                said = [Turn("user", self._said)] if self._said else []
                await self._services.prompts.check_room(session, self._workspace, session_name, said)
            turns = await history_of(self._services, session, self._workspace, session_name) if session_name else ()
            self._job = (await submit_run(self._services, session, asking, wishes, history=turns)).job
        # What follows a schema is written anew when it has been checked: only then it can be shown.
        self._shows_text = await asyncio.to_thread(_is_text, self._job)

    async def pieces(self) -> AsyncGenerator[tuple[str, bool]]:
        """The answer while it is written, until the job ends: pieces, and whether the answer begins anew with one."""
        job = self._made()
        async for event in followed(self._services, job):
            if event.kind == "text" and event.data["stream"] == ANSWER and self._shows_text:
                yield event.data["text"], event.data["begins"]

    async def end(self) -> str:
        """The answer of a job that has ended; from now on it is part of the session.

        Raises:
            CutroomError: what the job failed with; as `PromptService.append`.
        """
        async with self._services.database.begin() as session:
            job = await self._services.jobs.get(session, self._workspace, self.id)
        if job.error is not None and job.status is not Status.SUCCEEDED:
            raise CutroomError.from_json(job.error)
        if job.status is not Status.SUCCEEDED:
            raise Unavailable("job_cancelled", "The run was cancelled.", retryable=False)
        self.usage = job.output["usage"]
        answer = await answer_in(self._services, job)
        if self._session_name:
            turns = [turn for turn in (Turn("user", self._said), Turn("assistant", answer)) if turn.text]
            async with self._services.database.begin() as session:
                await self._services.prompts.append(session, self._workspace, self._session_name, turns, token=self.id)
        return answer

    async def cancel(self) -> None:
        """Let nobody work on it any more, and no model write."""
        if self._job is not None:
            await cancel_if_running(self._services, self._job)

    @property
    def _workspace(self) -> str:
        return self._caller.workspace_id

    def _made(self) -> Job:
        if self._job is None:
            raise RuntimeError("submit() comes first")
        return self._job
