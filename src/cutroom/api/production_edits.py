"""Edits of productions by people: of the latest version, which becomes the next one, and never over another's edit."""

import asyncio
from collections.abc import Callable

from fastapi import Request, Response

from cutroom.accounts import Principal
from cutroom.api.deps import ApiServices
from cutroom.api.production_view import edited_version, not_the_latest, whole
from cutroom.kit.errors import Conflict
from cutroom.productions import Body


async def edit_production(
    services: ApiServices,
    request: Request,
    caller: Principal,
    kind: str,
    production_id: str,
    *,
    if_match: str | None,
    version: int | None,
    change: Callable[[str], str | None],
    title: str | None = None,
) -> Response:
    """Change what is in a production; what changes nothing makes no version.

    Args:
        services: what the route stands on.
        request: the request.
        caller: who edits.
        kind: of the production.
        production_id: which.
        if_match: the header.
        version: the body's word for the same.
        change: gives the new document for the old one, both as JSON text, or None where it is the same; may take a
            while, and is called in a thread.
        title: another title; as it is when None.

    Raises:
        NotFound: there is no such production.
        Invalid: `version_needed`, `bad_header`; and what `change` raises.
        Conflict: `version_changed`, `precondition_failed`, when somebody else was quicker.
    """
    edited = edited_version(if_match, version)
    async with services.database.begin() as session:
        production = await services.productions.get(session, caller.workspace_id, kind, production_id)
        before = await services.productions.read(session, caller.workspace_id, kind, production_id)
    if before.version != edited:
        raise not_the_latest(edited, before.version, by_header=if_match is not None)
    text = await asyncio.to_thread(change, before.body)
    if text is None and title in {None, before.title}:
        return whole(request, production, before)
    body = await Body.of(before.body if text is None else text)
    try:
        async with services.database.begin() as session:
            production = await services.productions.edit(
                session,
                caller.workspace_id,
                kind,
                production_id,
                version=edited,
                body=body,
                editor=caller.who,
                title=title,
            )
            after = await services.productions.read(session, caller.workspace_id, kind, production_id)
    except Conflict as error:
        if error.code != "version_changed":
            raise
        raise not_the_latest(edited, edited + 1, by_header=if_match is not None) from error
    return whole(request, production, after)
