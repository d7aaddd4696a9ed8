"""Adding versions: the one way in which productions come to be and change."""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.kit.errors import Internal, Invalid, NotFound, QuotaExceeded
from cutroom.productions import repository
from cutroom.productions.production import PREFIXES, Origin, Recipe
from cutroom.productions.rows import ProductionRow

MAX_BODY_BYTES: Final = 64 << 20
"""A transcript of ten hours has 6 MB; nothing sensible has ten times as much."""
MAX_TITLE_CHARS: Final = 300
_MAX_FACTS: Final = 40
_MAX_FACT_CHARS: Final = 500


@dataclass(frozen=True, slots=True)
class Body:
    """What is to be kept of a body, found out before any transaction."""

    text: str
    sha256: str
    size_bytes: int
    facts: Mapping[str, Any]

    @classmethod
    async def of(cls, text: str) -> "Body":
        """Look at a body; a long one in a thread.

        Raises:
            Internal: `bad_production`, when it is no JSON object.
            Invalid: `production_too_large`.
        """
        return await asyncio.to_thread(_body, text) if len(text) > 1 << 16 else _body(text)


def _body(text: str) -> Body:
    data = text.encode()
    if len(data) > MAX_BODY_BYTES:
        message = f"The result has {len(data)} bytes; at most {MAX_BODY_BYTES} can be kept."
        raise Invalid("production_too_large", message)
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise Internal("bad_production", "The body of a production must be JSON.") from error
    if not isinstance(parsed, dict):
        raise Internal("bad_production", "The body of a production must be a JSON object.")
    facts = {name: value for name, value in parsed.items() if _is_fact(value)}
    return Body(text, hashlib.sha256(data).hexdigest(), len(data), dict(list(facts.items())[:_MAX_FACTS]))


def _is_fact(value: Any) -> bool:
    """Whether a value is plain and short; NUL is what Postgres cannot hold."""
    if isinstance(value, str):
        return len(value) <= _MAX_FACT_CHARS and "\0" not in value
    return value is None or isinstance(value, bool | int | float)


async def locked(
    session: AsyncSession, workspace_id: str, production_id: str, kind: str, *, fresh: bool, most: int
) -> ProductionRow:
    """The row of a production to which a version is to be added, made when it may be; locked.

    Args:
        session: the caller's transaction.
        workspace_id: whose.
        production_id: its id; when it is fresh, it may be new.
        kind: which kind it must be of.
        fresh: whether it may be new.
        most: how many productions the workspace may have.

    Raises:
        NotFound: `production_not_found`, also for the id of another workspace's.
        Invalid: `production_kind_differs`.
        QuotaExceeded: `too_many_productions`.
    """
    row = await repository.find(session, workspace_id, production_id, lock=True)
    if row is None and fresh:
        if await repository.count(session, workspace_id) >= most:
            message = f"This workspace has {most} transcripts, clips, posts and the like, the most it may have."
            raise QuotaExceeded("too_many_productions", f"{message} Delete some first.")
        await repository.add(session, id=production_id, workspace_id=workspace_id, kind=kind)
        row = await repository.find(session, workspace_id, production_id, lock=True)
    if row is None:
        raise not_found(kind)
    if row.kind != kind:
        raise Invalid("production_kind_differs", f"'{production_id}' is of the kind '{row.kind}', not '{kind}'.")
    return row


async def add_version(
    session: AsyncSession,
    row: ProductionRow,
    body: Body,
    *,
    title: str,
    made_from: Sequence[Origin],
    max_versions: int,
    job_id: str | None = None,
    root_id: str | None = None,
    editor: str | None = None,
    recipe: Recipe | None = None,
) -> int:
    """Add the next version to a locked production, and forget those that are too many. Its number."""
    version = row.version + 1
    title = title.replace("\0", "").strip()[:MAX_TITLE_CHARS]
    await repository.add_version(
        session,
        row.workspace_id,
        row.id,
        version,
        made_from,
        title=title,
        body=body.text,
        sha256=body.sha256,
        size_bytes=body.size_bytes,
        job_id=job_id,
        root_id=root_id,
        editor=editor,
    )
    recipe_values = {} if recipe is None else {"recipe_type": recipe.type, "recipe_input": recipe.input}
    await repository.advance(
        session,
        row.workspace_id,
        row.id,
        version=version,
        title=title,
        facts=dict(body.facts),
        size_bytes=body.size_bytes,
        root_id=root_id,
        **recipe_values,
    )
    if version > max_versions:
        await repository.forget_versions(session, row.workspace_id, row.id, until=version - max_versions)
    return version


def not_found(kind: str) -> NotFound:
    """There is no such production, or not in this workspace."""
    match kind:
        case "transcript":
            return NotFound("transcript_not_found", "There is no such transcript in this workspace.")
        case "subtitles":
            return NotFound("subtitles_not_found", "There are no such subtitles in this workspace.")
        case "highlights":
            return NotFound("highlights_not_found", "There are no such highlights in this workspace.")
        case "clip":
            return NotFound("clip_not_found", "There is no such clip in this workspace.")
        case _:
            return NotFound("content_not_found", "There is no such post in this workspace.")


def kind_of(production_id: str) -> str | None:
    """The kind that an id tells of by its beginning; None when it is no such id."""
    prefix = production_id.partition("_")[0]
    return next((kind for kind, own in PREFIXES.items() if own == prefix), None)
