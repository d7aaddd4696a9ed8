"""Where names of patterns, strategies, contexts and sessions are looked up, for every door that runs patterns.

What the workspace keeps goes before the operator's folders, and those before what is shipped.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.api.deps import ApiServices
from cutroom.kit.errors import NotFound
from cutroom.patterns import Pattern, Strategy, read_pattern
from cutroom.prompts import CONTEXT, PATTERN, SESSION, STRATEGY, Prompt
from cutroom.workflows.run_wishes import HistoryTurn, ResolvedPattern, ResolvedStrategy, RunPattern, RunWishes

Origin = Literal["workspace", "folder", "shipped"]
SPOKEN: Final = ("system", "user", "assistant")
"""Turns of a session that a model is told; what has another role is kept, and left out."""


async def resolved_pattern(
    services: ApiServices, session: AsyncSession, workspace_id: str, name: str, version: int | None = None
) -> ResolvedPattern:
    """A pattern, as it is now or as it was.

    Args:
        services: what the routes stand on.
        session: the caller's transaction.
        workspace_id: whose patterns go first.
        name: of the pattern.
        version: which of the workspace's own; the latest, or that of a folder, when None.

    Raises:
        NotFound: `pattern_not_found`.
        Invalid: `bad_pattern_name`, and what may be wrong with a file of a folder: `bad_front_matter`,
            `pattern_too_large`, `pattern_unreadable`.
    """
    kept = await services.prompts.find(session, workspace_id, PATTERN, name, version)
    if kept is not None:
        return of_workspace(kept)
    if version is not None:
        raise NotFound("pattern_not_found", f"The workspace has no version {version} of a pattern '{name[:100]}'.")
    return await asyncio.to_thread(_of_library, services, name)


async def resolved_run(
    services: ApiServices,
    session: AsyncSession,
    workspace_id: str,
    wishes: RunWishes,
    *,
    history: Sequence[HistoryTurn] = (),
) -> RunPattern:
    """A run with all that it names: its patterns, each once, its strategy and its context.

    Raises:
        NotFound: `pattern_not_found`, `strategy_not_found`, `context_not_found`, with a pointer into the wishes.
        Invalid: as `resolved_pattern` and `resolved_strategy`.
    """
    found: dict[str, ResolvedPattern] = {}
    for index, name in enumerate(wishes.names):
        if name not in found:
            with at(_pointer(wishes, index)):
                found[name] = await resolved_pattern(services, session, workspace_id, name)
    strategy: ResolvedStrategy | None = None
    if wishes.strategy is not None:
        with at("/strategy"):
            strategy = await resolved_strategy(services, session, workspace_id, wishes.strategy)
    context: str | None = None
    if wishes.context is not None:
        with at("/context"):
            context = await context_text(services, session, workspace_id, wishes.context)
    given = {name: getattr(wishes, name) for name in RunWishes.model_fields if name in wishes.model_fields_set}
    return RunPattern(
        **given,
        resolved=tuple(found.values()),
        resolved_strategy=strategy,
        context_text=context,
        history=tuple(history),
    )


async def resolved_strategy(
    services: ApiServices, session: AsyncSession, workspace_id: str, name: str
) -> ResolvedStrategy:
    """A strategy as it is now.

    Raises:
        NotFound: `strategy_not_found`.
        Invalid: `bad_pattern_name`; `bad_strategy`, when the file of a folder is none.
    """
    strategy = await find_strategy(services, session, workspace_id, name)
    return ResolvedStrategy(name=name, prompt=strategy.prompt)


async def find_strategy(services: ApiServices, session: AsyncSession, workspace_id: str, name: str) -> Strategy:
    """A strategy with its description. Raises as `resolved_strategy`."""
    kept = await services.prompts.find(session, workspace_id, STRATEGY, name)
    if kept is not None:
        return Strategy(name, str(kept.facts.get("description", "")), kept.text)
    return await asyncio.to_thread(services.library.strategy, name)


async def context_text(services: ApiServices, session: AsyncSession, workspace_id: str, name: str) -> str:
    """The text of a context. Raises `NotFound` (`context_not_found`)."""
    return (await services.prompts.get(session, workspace_id, CONTEXT, name)).text


async def history_of(
    services: ApiServices, session: AsyncSession, workspace_id: str, name: str
) -> tuple[HistoryTurn, ...]:
    """What a model is told of a session; nothing when there is no such session."""
    if await services.prompts.find(session, workspace_id, SESSION, name) is None:
        return ()
    turns = await services.prompts.turns(session, workspace_id, name)
    return tuple(
        HistoryTurn.model_validate({"role": turn.role, "text": turn.text}) for turn in turns if turn.role in SPOKEN
    )


def pattern_of(resolved: ResolvedPattern) -> Pattern:
    """A pattern as the engine takes it."""
    return read_pattern(resolved.name, resolved.text)


def origin_of(services: ApiServices, name: str) -> Origin:
    """Where the library has a pattern from."""
    return "shipped" if services.library.is_shipped(name) else "folder"


@contextmanager
def at(pointer: str) -> Iterator[None]:
    """Say of what is not found where it was named."""
    try:
        yield
    except NotFound as error:
        raise error.at(pointer) from None


def _pointer(wishes: RunWishes, index: int) -> str:
    if wishes.pattern is not None:
        return "/pattern"
    return f"/patterns/{index}" if wishes.patterns is not None else f"/parallel/{index}"


def of_workspace(kept: Prompt) -> ResolvedPattern:
    """A pattern that the workspace keeps."""
    return ResolvedPattern(name=kept.name, origin="workspace", version=kept.version, sha256=kept.sha256, text=kept.text)


def _of_library(services: ApiServices, name: str) -> ResolvedPattern:
    pattern = services.library.get(name)
    return ResolvedPattern(name=name, origin=origin_of(services, name), sha256=pattern.sha256, text=pattern.raw)
