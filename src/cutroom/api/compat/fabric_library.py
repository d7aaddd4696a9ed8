"""What a workspace sees under a name, as Fabric's clients ask for it: its own first, then the operator's and ours."""

import asyncio

from cutroom.api.deps import ApiServices
from cutroom.patterns import Pattern, Strategy, read_pattern
from cutroom.prompts import PATTERN, STRATEGY


async def pattern_names(services: ApiServices, workspace_id: str) -> list[str]:
    """The names of all patterns, sorted."""
    async with services.database.begin() as session:
        own = await services.prompts.names(session, workspace_id, PATTERN)
    return sorted({*own, *await asyncio.to_thread(services.library.names)})


async def find_pattern(services: ApiServices, workspace_id: str, name: str) -> Pattern:
    """A pattern.

    Raises:
        NotFound: `pattern_not_found`.
        Invalid: `bad_pattern_name`, and what may be wrong with a file of a folder.
    """
    async with services.database.begin() as session:
        own = await services.prompts.find(session, workspace_id, PATTERN, name)
    if own is not None:
        return await asyncio.to_thread(read_pattern, name, own.text)
    return await asyncio.to_thread(services.library.get, name)


async def all_strategies(services: ApiServices, workspace_id: str) -> list[Strategy]:
    """Every strategy, sorted by name."""
    found = {one.name: one for one in await asyncio.to_thread(services.library.strategies)}
    async with services.database.begin() as session:
        for name in await services.prompts.names(session, workspace_id, STRATEGY):
            kept = await services.prompts.get(session, workspace_id, STRATEGY, name)
            found[name] = Strategy(name, str(kept.facts.get("description", "")), kept.text)
    return [found[name] for name in sorted(found)]
