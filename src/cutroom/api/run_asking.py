"""Asking for pattern runs: all that a run names is looked up, and what it would certainly fail for is refused.

Every door that makes runs makes them here.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.api.callbacks import submit
from cutroom.api.deps import ApiServices
from cutroom.api.prompting import pattern_of, resolved_run
from cutroom.assets import Asset
from cutroom.jobs import Idempotency, Submission, Submitted
from cutroom.kit.errors import Detail, Invalid, NotFound
from cutroom.llm.money import price_unknown
from cutroom.media.youtube import video_id
from cutroom.patterns import Pattern, Strategy, Wish, assemble
from cutroom.timeline.source import ASSET
from cutroom.workflows.run_wishes import HistoryTurn, RunPattern, RunWishes

WORKFLOW: Final = "run"
MOST_TOLD: Final = 8_000_000
"""Characters that a run may hold with all that it names: it is kept in the job."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Whose run is asked for, and by which request.

    Args:
        workspace_id: whose.
        correlation_id: id of the request.
        once: the key that makes the request safe to repeat.
        callback: the URL to tell of the end, which was checked.
    """

    workspace_id: str
    correlation_id: str | None = None
    once: Idempotency | None = None
    callback: str | None = None


async def submit_run(
    services: ApiServices,
    session: AsyncSession,
    asking: Asking,
    wishes: RunWishes,
    *,
    history: Sequence[HistoryTurn] = (),
) -> Submitted:
    """Make the job of a run, in the caller's transaction.

    Args:
        services: what the routes stand on.
        session: the caller's transaction.
        asking: who asks.
        wishes: for what.
        history: turns of a conversation before it.

    Raises:
        NotFound: `pattern_not_found`, `strategy_not_found`, `context_not_found`.
        Invalid: `model_not_configured`, `model_not_found`, `price_unknown`; `missing_variable`, `bad_variable` and what
            else is wrong with a pattern; `source_not_found`, `no_sound`, `bad_video_address`, `video_is_playlist`;
            `input_empty`, `run_too_large`; `idempotency_key_reused`.
        QuotaExceeded: `jobs_exceeded`, `minutes_exceeded`, `spending_exceeded`.
    """
    if (earlier := await services.jobs.repeated(session, asking.workspace_id, asking.once)) is not None:
        return earlier
    if not services.models.configured:
        services.models.find()
    given = await resolved_run(services, session, asking.workspace_id, wishes, history=history)
    workspace = await services.accounts.workspaces.get(session, asking.workspace_id)
    plan = await services.quotas.plan(session, asking.workspace_id)
    budget = plan.budget_micro(wishes.max_cost)
    given = given.model_copy(update={"default_model": workspace.model, "budget_micro": budget})
    asset = await _asset(services, session, asking.workspace_id, wishes)
    await asyncio.to_thread(_check, services, given)
    seconds = 0.0 if asset is None or asset.info.audio is None else float(asset.info.duration or 0)
    submission = Submission(
        type=WORKFLOW,
        input=given,
        correlation_id=asking.correlation_id,
        idempotency=asking.once,
        seconds=seconds,
        micro=budget or 0,
    )
    return await submit(services, session, asking.workspace_id, submission, asking.callback)


def _check(services: ApiServices, given: RunPattern) -> None:
    """Refuse what no attempt could run."""
    if given.input_source == "text" and not given.names and not given.input.strip():
        message = "Without a pattern, the input is what is asked; it is empty."
        raise Invalid("input_empty", message, details=[Detail("/input", "input_empty", message)])
    if given.input_source == "youtube":
        try:
            video_id(given.input)
        except Invalid as error:
            raise error.at("/input") from None
    told = [given.input, given.context_text or "", *(one.text for one in given.resolved)]
    told += [turn.text for turn in given.history]
    if sum(map(len, told)) > MOST_TOLD:
        message = f"A run holds at most {MOST_TOLD:,} characters with its patterns, context and history."
        raise Invalid("run_too_large", message)
    patterns: list[Pattern | None] = [pattern_of(resolved) for resolved in given.resolved]
    for pattern in patterns or [None]:
        _check_model(services, given, pattern)
        _check_values(given, pattern)


def _check_model(services: ApiServices, given: RunPattern, pattern: Pattern | None) -> None:
    own = None if pattern is None else pattern.model
    try:
        provider, name = services.models.find(given.model or own or given.default_model)
        if given.budget_micro is not None and provider.price(name) is None:
            raise price_unknown(provider, name)
    except Invalid as error:
        raise (error.at("/model") if given.model is not None else error) from None


def _check_values(given: RunPattern, pattern: Pattern | None) -> None:
    """Fill the pattern without its input, which may not be known yet; what a chain reads next never is."""
    chosen = given.resolved_strategy
    strategy = None if chosen is None else Strategy(chosen.name, "", chosen.prompt)
    assemble(pattern, "", Wish(given.variables, strategy, given.context_text, given.language, lenient=given.lenient))


async def _asset(services: ApiServices, session: AsyncSession, workspace_id: str, wishes: RunWishes) -> Asset | None:
    """The upload that is to be read; None where the input is something else."""
    if wishes.input_source != "upload":
        return None
    named = wishes.input.strip().removeprefix(ASSET)
    try:
        asset = await services.assets.get(session, workspace_id, named)
    except NotFound:
        message = f"There is no asset with the id '{named[:80]}'; upload the file first."
        raise Invalid("source_not_found", message, details=[Detail("/input", "source_not_found", message)]) from None
    if asset.info.kind != "document" and asset.info.audio is None:
        message = "This is no text and no PDF, and there is no sound in it, so there is nothing to read."
        raise Invalid("no_sound", message, details=[Detail("/input", "no_sound", message)])
    return asset
