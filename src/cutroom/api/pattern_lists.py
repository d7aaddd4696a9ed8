"""Lists of patterns: the workspace's own and those of folders, sorted into one another by name."""

import asyncio
from dataclasses import dataclass
from typing import Self

from cutroom.api.deps import ApiServices
from cutroom.api.pattern_view import PatternOut, library_view, listed_view
from cutroom.api.prompting import Origin, origin_of
from cutroom.kit.errors import CutroomError
from cutroom.patterns import Summary
from cutroom.prompts import PATTERN


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for.

    Args:
        words: all of them stand in the name, the description, the tags or the text, in whatever capitals.
        tags: all of them are among the tags.
        origin: only what comes from there.
    """

    words: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    origin: Origin | None = None

    @classmethod
    def of(cls, words: str | None, tags: str | None, origin: Origin | None) -> Self:
        """As a request says it."""
        wanted = tuple(tag.strip() for tag in (tags or "").split(",") if tag.strip())
        return cls(tuple((words or "").split()), wanted, origin)


async def page_of(
    services: ApiServices, workspace_id: str, search: Search, *, limit: int, after: str | None
) -> tuple[list[PatternOut], str | None]:
    """Patterns that a workspace can run, by name, after the name `after`; and the last of them, if more follow."""
    async with services.database.begin() as session:
        hidden = frozenset(await services.prompts.names(session, workspace_id, PATTERN))
        own = await services.prompts.page(
            session, workspace_id, PATTERN, words=search.words, tags=search.tags, limit=limit + 1, after=after
        )
    items = [listed_view(one) for one in own.items] if search.origin in {None, "workspace"} else []
    if search.origin != "workspace":
        items += await asyncio.to_thread(_of_library, services, search, hidden, after, limit + 1)
    items.sort(key=lambda one: one.name)
    return items[:limit], items[limit - 1].name if len(items) > limit else None


def _of_library(
    services: ApiServices, search: Search, hidden: frozenset[str], after: str | None, most: int
) -> list[PatternOut]:
    """The first patterns of folders after a name, without those that the workspace hides by its own."""
    found: list[PatternOut] = []
    for summary in services.library.search(" ".join(search.words), search.tags):
        if summary.name in hidden or (after is not None and summary.name <= after):
            continue
        view = _view(services, summary)
        if search.origin in {None, view.origin}:
            found.append(view)
        if len(found) == most:
            break
    return found


def _view(services: ApiServices, summary: Summary) -> PatternOut:
    origin = origin_of(services, summary.name)
    try:
        return library_view(services.library.get(summary.name), origin)
    except CutroomError as error:
        return PatternOut(name=summary.name, origin=origin, broken=error.message)
