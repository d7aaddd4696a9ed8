"""What the package does for others. Every method works in the caller's transaction and within one workspace."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import lock
from cutroom.kit.errors import Invalid, QuotaExceeded
from cutroom.kit.ids import new_id
from cutroom.kit.page import Page, page_of
from cutroom.kit.strict_json import UNSTORABLE
from cutroom.prompts import repository
from cutroom.prompts.limits import PromptLimits
from cutroom.prompts.prompt import NAME, PROMPT_PREFIX, SESSION, Entry, Kind, Prompt, PromptVersion, Turn
from cutroom.prompts.refusals import check_name, not_found, taken
from cutroom.prompts.rows import PromptRow


class PromptService:
    """Keeps what workspaces tell language models.

    Patterns, strategies and contexts have versions; sessions have turns.

    Args:
        limits: how much one workspace may keep.
    """

    def __init__(self, limits: PromptLimits | None = None) -> None:
        self._limits = limits or PromptLimits()

    async def find(
        self, session: AsyncSession, workspace_id: str, kind: Kind, name: str, version: int | None = None
    ) -> Prompt | None:
        """A prompt, as it is now when no version is asked for; None when the workspace has none of this name."""
        row = await self._row(session, workspace_id, kind, name)
        if row is None:
            return None
        if kind == SESSION:
            size = await repository.turns_size(session, workspace_id, row.id)
            return Prompt(row.id, kind, name, row.version, {}, "", size, None, row.created_at, row.updated_at, text="")
        found = await repository.find_version(session, workspace_id, row.id, version or row.version)
        if found is None:
            return None
        return Prompt(
            row.id,
            kind,
            row.name,
            found.version,
            found.facts,
            found.sha256,
            found.size_bytes,
            found.editor,
            row.created_at,
            found.created_at,
            text=found.text,
        )

    async def get(
        self, session: AsyncSession, workspace_id: str, kind: Kind, name: str, version: int | None = None
    ) -> Prompt:
        """The same. Raises `NotFound` (`pattern_not_found`…) where `find` gives None."""
        found = await self.find(session, workspace_id, kind, name, version)
        if found is None:
            raise not_found(kind)
        return found

    async def names(self, session: AsyncSession, workspace_id: str, kind: Kind) -> list[str]:
        """All names of a kind, sorted."""
        return list(await repository.names(session, workspace_id, kind))

    async def page(
        self,
        session: AsyncSession,
        workspace_id: str,
        kind: Kind,
        *,
        words: Sequence[str] = (),
        tags: Sequence[str] = (),
        limit: int = 20,
        after: str | None = None,
    ) -> Page[Entry]:
        """A page of patterns, strategies or contexts by name, after the name `after`; its cursor is the last name.

        Args:
            session: the caller's transaction.
            workspace_id: whose.
            kind: which, but no sessions.
            words: all of them stand in the name, the description, the tags or the text, in whatever capitals.
            tags: all of them are among the tags.
            limit: how many at most.
            after: the last name of the page before.
        """
        if any(UNSTORABLE.search(one) for one in (*words, *tags, after or "")):
            return Page(())  # what Postgres cannot hold stands nowhere
        rows = await repository.page(session, workspace_id, kind, words=words, tags=tags, limit=limit + 1, after=after)
        found = [
            Entry(
                row.id,
                kind,
                row.name,
                row.version,
                latest.facts,
                latest.sha256,
                latest.size_bytes,
                latest.editor,
                row.created_at,
                row.updated_at,
            )
            for row, latest in rows
        ]
        return page_of(found, limit, lambda entry: entry.name)

    async def versions(
        self,
        session: AsyncSession,
        workspace_id: str,
        kind: Kind,
        name: str,
        *,
        limit: int = 20,
        before: int | None = None,
    ) -> Page[PromptVersion]:
        """A page of versions, newest first, older than the number `before`; its cursor is the last number.

        Raises:
            NotFound: `pattern_not_found`…
        """
        row = await self._existing(session, workspace_id, kind, name)
        rows = await repository.versions(session, workspace_id, row.id, limit=limit + 1, before=before)
        found = [
            PromptVersion(one.version, one.facts, one.sha256, one.size_bytes, one.editor, one.created_at)
            for one in rows
        ]
        return page_of(found, limit, lambda one: one.version)

    async def put(
        self,
        session: AsyncSession,
        workspace_id: str,
        kind: Kind,
        name: str,
        text: str,
        *,
        facts: Mapping[str, Any] | None = None,
        editor: str | None = None,
    ) -> Prompt:
        """Keep a text as the next version of this name; what is the same as the latest makes no new one.

        Args:
            session: the caller's transaction.
            workspace_id: whose.
            kind: which, but no session.
            name: under which.
            text: checked by whoever stores it.
            facts: what lists show of it, JSON data; `description` and `tags` are searched.
            editor: who writes it.

        Raises:
            Invalid: `bad_prompt_name`, `bad_text`, `prompt_too_long`.
            QuotaExceeded: `too_many_prompts`, `prompts_full`.
        """
        size = self._size(text)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        given = dict(facts or {})
        row = await self._locked(session, workspace_id, kind, name)
        latest = await repository.find_version(session, workspace_id, row.id, row.version)
        if latest is None or (latest.sha256, latest.facts) != (sha256, given):
            await self._make_room(session, workspace_id, size)
            version = row.version + 1
            values = {"text": text, "facts": given, "sha256": sha256, "size_bytes": size, "editor": editor}
            await repository.add_version(session, workspace_id, row.id, version, **values)
            if version > self._limits.versions:
                await repository.forget_versions(session, workspace_id, row.id, until=version - self._limits.versions)
            await session.refresh(row)
        return await self.get(session, workspace_id, kind, name)

    async def rename(self, session: AsyncSession, workspace_id: str, kind: Kind, name: str, to: str) -> None:
        """Give a prompt another name; its versions or turns go with it.

        Raises:
            Invalid: `bad_prompt_name`.
            NotFound: `pattern_not_found`…
            Conflict: `prompt_exists`, when something of the kind is called so.
        """
        check_name(to)
        row = await self._existing(session, workspace_id, kind, name)
        if to == name:
            return
        try:
            async with session.begin_nested():
                await repository.rename(session, workspace_id, row.id, to)
        except IntegrityError:
            raise taken(kind, to) from None

    async def delete(self, session: AsyncSession, workspace_id: str, kind: Kind, name: str) -> None:
        """Delete a prompt with all its versions or turns for good; runs of it stay. Raises `NotFound`."""
        if NAME.fullmatch(name) is None or not await repository.remove(session, workspace_id, kind, name):
            raise not_found(kind)

    async def turns(self, session: AsyncSession, workspace_id: str, name: str) -> list[Turn]:
        """What was said in a session, in order. Raises `NotFound` (`session_not_found`)."""
        row = await self._existing(session, workspace_id, SESSION, name)
        return [Turn(one.role, one.text) for one in await repository.turns(session, workspace_id, row.id)]

    async def append(
        self, session: AsyncSession, workspace_id: str, name: str, turns: Sequence[Turn], *, token: str | None = None
    ) -> int:
        """Add turns to a session, which is made when there is none; how many it has then.

        Args:
            session: the caller's transaction.
            workspace_id: whose.
            name: of the session.
            turns: what was said, in order.
            token: what they are added under, a job's id for example: the same token adds nothing twice.

        Raises:
            Invalid: `bad_prompt_name`, `bad_text`, `prompt_too_long`.
            QuotaExceeded: `too_many_prompts`, `prompts_full`, `session_full`.
        """
        row = await self._locked(session, workspace_id, SESSION, name)
        if token is not None and await repository.was_added(session, workspace_id, row.id, token):
            return row.version
        return await self._add_turns(session, row, turns, token)

    async def check_room(self, session: AsyncSession, workspace_id: str, name: str, turns: Sequence[Turn]) -> None:
        """Refuse what `append` would refuse of these turns and one more, an answer that nobody knows yet.

        Changes nothing and holds nothing: others may take the room until the answer is there.

        Raises:
            Invalid: as `append`.
            QuotaExceeded: as `append`.
        """
        check_name(name)
        size = sum(self._size(turn.text) for turn in turns)
        row = await repository.find(session, workspace_id, SESSION, name)
        if row is None:
            await self._check_count(session, workspace_id)
        self._check_turns((0 if row is None else row.version) + len(turns) + 1)
        await self._make_room(session, workspace_id, size)

    async def replace(self, session: AsyncSession, workspace_id: str, name: str, turns: Sequence[Turn]) -> int:
        """Put other turns in the place of all that a session has; made when there is none. Raises as `append`."""
        row = await self._locked(session, workspace_id, SESSION, name)
        await repository.remove_turns(session, workspace_id, row.id)
        row.version = 0
        await session.flush()
        return await self._add_turns(session, row, turns, None)

    async def storage_used(self, session: AsyncSession, workspace_id: str) -> int:
        """How many bytes the workspace's texts and turns take, all versions together."""
        return await repository.storage_used(session, workspace_id)

    async def _add_turns(self, session: AsyncSession, row: PromptRow, turns: Sequence[Turn], token: str | None) -> int:
        sizes = [self._size(turn.text) for turn in turns]
        self._check_turns(row.version + len(turns))
        await self._make_room(session, row.workspace_id, sum(sizes))
        rows = [
            {
                "prompt_id": row.id,
                "number": row.version + index,
                "workspace_id": row.workspace_id,
                "role": turn.role,
                "text": turn.text,
                "size_bytes": size,
                "token": token,
            }
            for index, (turn, size) in enumerate(zip(turns, sizes, strict=True), 1)
        ]
        if rows:
            await repository.add_turns(session, rows)
        total = row.version + len(rows)
        await repository.advance(session, row.workspace_id, row.id, version=total)
        await session.refresh(row)
        return total

    async def _row(self, session: AsyncSession, workspace_id: str, kind: Kind, name: str) -> PromptRow | None:
        return await repository.find(session, workspace_id, kind, name) if NAME.fullmatch(name) else None

    async def _existing(self, session: AsyncSession, workspace_id: str, kind: Kind, name: str) -> PromptRow:
        row = await self._row(session, workspace_id, kind, name)
        if row is None:
            raise not_found(kind)
        return row

    async def _locked(self, session: AsyncSession, workspace_id: str, kind: Kind, name: str) -> PromptRow:
        """The row of a prompt, made when there is none; locked."""
        check_name(name)
        row = await repository.find(session, workspace_id, kind, name, lock=True)
        if row is None:
            await self._check_count(session, workspace_id)
            await repository.add(session, id=new_id(PROMPT_PREFIX), workspace_id=workspace_id, kind=kind, name=name)
            row = await repository.find(session, workspace_id, kind, name, lock=True)
        if row is None:
            raise not_found(kind)
        return row

    async def _check_count(self, session: AsyncSession, workspace_id: str) -> None:
        await lock(session, f"cutroom.prompts {workspace_id}")
        if await repository.count(session, workspace_id) >= self._limits.prompts:
            message = f"This workspace keeps {self._limits.prompts} patterns, strategies, contexts and sessions, "
            raise QuotaExceeded("too_many_prompts", f"{message}the most it may have; delete some first.")

    def _check_turns(self, turns: int) -> None:
        if turns > self._limits.turns:
            message = f"A session has at most {self._limits.turns} turns; begin another, or delete this one."
            raise QuotaExceeded("session_full", message)

    def _size(self, text: str) -> int:
        if UNSTORABLE.search(text):
            raise Invalid("bad_text", "The text holds NUL, or half of a character; take it out.")
        size = len(text.encode())
        if size > self._limits.text_bytes:
            message = f"A text has at most {self._limits.text_bytes} bytes here; this one has {size}."
            raise Invalid("prompt_too_long", message)
        return size

    async def _make_room(self, session: AsyncSession, workspace_id: str, size: int) -> None:
        await lock(session, f"cutroom.prompts {workspace_id}")
        used = await repository.storage_used(session, workspace_id)
        if used + size > self._limits.all_bytes:
            message = (
                f"The workspace keeps {used} bytes of patterns, contexts and sessions, of at most "
                f"{self._limits.all_bytes}; delete some first."
            )
            raise QuotaExceeded("prompts_full", message)
