"""`cutroom agent`: runs jobs on a machine that sees neither the database nor the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from cutroom import __version__
from cutroom.agents.client import Agent, AgentSettings
from cutroom.agents.link import ServerAddress, enrol
from cutroom.agents.machine import facts
from cutroom.app.console import out
from cutroom.app.serve import start, stop_event
from cutroom.app.settings import Settings, load
from cutroom.jobs import Registry
from cutroom.jobs.wants import LABEL_IS, is_label
from cutroom.kit.errors import Invalid
from cutroom.media.fetch import Fetcher
from cutroom.repos import TaskRunner
from cutroom.workflows import registry
from cutroom.workflows.repurpose import BRANCH
from cutroom.workflows.run_task import TASK

NEED_MODELS: Final = frozenset({"run", "write_posts", "repurpose", BRANCH})
"""Job types that may ask language models: offered where some are configured."""
TOKEN_FILE: Final = "agent.token"  # noqa: S105 — its name

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line says.

    Args:
        address: of the server.
        token: proves who we are; the one that an enrolment left when None.
        code: to enrol with first.
        labels: jobs that need these may be given to us.
        types: job types to offer; all that can run here when empty.
        slots: attempts at the same time; the worker's setting when None.
        tasks: the file that says what tasks may do here; no tasks when None.
    """

    address: ServerAddress
    token: str | None = None
    code: str | None = None
    labels: Sequence[str] = ()
    types: Sequence[str] = ()
    slots: int | None = None
    tasks: Path | None = None


async def agent(wish: Wish, *, data: Path | None) -> None:
    """Run jobs until a signal comes; running jobs get their grace.

    Raises:
        Invalid: `no_agent_token`, `bad_label`, `unknown_workflow`.
        Forbidden: when the server does not want this agent.
    """
    settings = start(load(data=data), "cutroom-agent", works=True)
    stop = stop_event()
    token = await _token(wish, settings.data)
    runner = None if wish.tasks is None else await TaskRunner.opened(wish.tasks)
    models = settings.models()
    try:
        workflows = registry(
            settings.limits(), models=models, engines=settings.engines(settings.data / "models"), tasks=runner
        )
        chosen = AgentSettings(
            address=wish.address,
            token=token,
            folder=settings.data,
            labels=_labels(wish, runner),
            types=_types(wish, workflows, models=bool(settings.llm_model or settings.llm_providers), tasks=runner),
            slots=wish.slots or settings.worker_slots,
            drain_s=settings.worker_drain_s,
            shelf_bytes=settings.blob_budget_bytes,
            facts={**facts(), "versions": {"cutroom": __version__}},
        )
        await Agent(chosen, workflows, _fetcher(settings)).run(stop)
    finally:
        await models.close()


async def _token(wish: Wish, data: Path) -> str:
    """The token: given, or made by enrolling and kept for the next start, or kept by an earlier one."""
    kept = data / TOKEN_FILE
    if wish.code is not None:
        reply = await enrol(wish.address, wish.code)
        data.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(reply.token)
        out.print(f"Enrolled as {reply.agent_id}.", markup=False)
        return reply.token
    if wish.token is not None:
        return wish.token
    try:
        return kept.read_text().strip()
    except OSError:
        sentence = "Give the token with --token-file or CUTROOM_AGENT_TOKEN, or enrol with --enrol CODE."
        raise Invalid("no_agent_token", sentence) from None


def _labels(wish: Wish, runner: TaskRunner | None) -> tuple[str, ...]:
    labels = {*wish.labels, *(() if runner is None else (TASK, *runner.policy.labels))}
    for label in labels:
        if not is_label(label):
            raise Invalid("bad_label", f"'{label}' can be no label: {LABEL_IS}.")
    return tuple(sorted(labels))


def _types(wish: Wish, workflows: Registry, *, models: bool, tasks: TaskRunner | None) -> tuple[str, ...]:
    for name in wish.types:
        workflows.get(name)
    chosen = set(wish.types or workflows.names())
    if not wish.types and not models:
        chosen -= NEED_MODELS
    if tasks is None:
        chosen.discard(TASK)
    else:
        chosen.add(TASK)
    return tuple(sorted(chosen))


def _fetcher(settings: Settings) -> Fetcher:
    return Fetcher(allow=settings.fetch_allow, max_bytes=settings.fetch_max_bytes, deadline_s=settings.fetch_deadline_s)
