"""How brands speak: kept by workspaces, for whoever writes in their name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.db import lock
from cutroom.kit.errors import Conflict, Detail, NotFound, QuotaExceeded
from cutroom.kit.ids import is_id, new_id
from cutroom.kit.page import Page, page_of
from cutroom.productions.rows import VoiceRow

VOICE_PREFIX: Final = "voc"
MAX_VOICES: Final = 200


@dataclass(frozen=True, slots=True)
class Wording:
    """How somebody speaks.

    Args:
        name: what people call the voice; no other of the workspace is called so, in whatever capitals.
        description: in sentences.
        dos: what to do.
        donts: what to avoid.
        examples: sentences as they should sound.
    """

    name: str
    description: str
    dos: Sequence[str] = ()
    donts: Sequence[str] = ()
    examples: Sequence[str] = ()

    def text(self) -> str:
        """All of it in sentences, for a writer."""
        parts = [self.description]
        parts += [f"Do: {'; '.join(self.dos)}."] if self.dos else []
        parts += [f"Do not: {'; '.join(self.donts)}."] if self.donts else []
        parts += [f"It sounds like this: {' / '.join(self.examples)}"] if self.examples else []
        return "\n".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice that a workspace keeps.

    Args:
        version: grows by one with every change.
    """

    id: str
    wording: Wording
    version: int
    created_at: datetime
    updated_at: datetime

    def text(self) -> str:
        """All of it in sentences, for a writer."""
        return self.wording.text()


class VoiceService:
    """Keeps voices. Every method works in the caller's transaction and within one workspace.

    Args:
        max_voices: how many one workspace may have.
    """

    def __init__(self, *, max_voices: int = MAX_VOICES) -> None:
        self._max_voices = max_voices

    async def create(self, session: AsyncSession, workspace_id: str, wording: Wording) -> Voice:
        """Keep a voice.

        Raises:
            QuotaExceeded: `too_many_voices`.
            Conflict: `voice_exists`, when another is called so.
        """
        await lock(session, f"cutroom.voices {workspace_id}")
        kept = await session.scalar(
            select(func.count()).select_from(VoiceRow).where(VoiceRow.workspace_id == workspace_id)
        )
        if (kept or 0) >= self._max_voices:
            message = f"This workspace has {self._max_voices} voices, the most it may have; delete some first."
            raise QuotaExceeded("too_many_voices", message)
        query = insert(VoiceRow).values(id=new_id(VOICE_PREFIX), workspace_id=workspace_id, **_values(wording))
        try:
            async with session.begin_nested():
                return _voice((await session.scalars(query.returning(VoiceRow))).one())
        except IntegrityError:
            raise _taken(wording.name) from None

    async def get(self, session: AsyncSession, workspace_id: str, voice_id: str) -> Voice:
        """A voice. Raises `NotFound` (`voice_not_found`), also for another workspace's."""
        row: VoiceRow | None = None
        if is_id(voice_id, VOICE_PREFIX):
            row = await session.scalar(
                select(VoiceRow).where(VoiceRow.id == voice_id, VoiceRow.workspace_id == workspace_id)
            )
        if row is None:
            raise _not_found()
        return _voice(row)

    async def named(self, session: AsyncSession, workspace_id: str, name: str) -> Voice:
        """A voice by its id or its name, however that is capitalised. Raises `NotFound` (`voice_not_found`)."""
        if "\0" in name:
            raise _not_found()
        row = await session.scalar(
            select(VoiceRow)
            .where(VoiceRow.workspace_id == workspace_id)
            .where(or_(VoiceRow.id == name, func.lower(VoiceRow.name) == func.lower(name)))
            .order_by(VoiceRow.id != name)
            .limit(1)
        )
        if row is None:
            raise _not_found()
        return _voice(row)

    async def page(
        self, session: AsyncSession, workspace_id: str, *, limit: int = 20, before: str | None = None
    ) -> Page[Voice]:
        """A page of voices, newest first, that are older than the id `before`; its cursor is the last id."""
        query = select(VoiceRow).where(VoiceRow.workspace_id == workspace_id)
        if before is not None:
            query = query.where(VoiceRow.id < before)
        rows = (await session.scalars(query.order_by(VoiceRow.id.desc()).limit(limit + 1))).all()
        return page_of([_voice(row) for row in rows], limit)

    async def replace(self, session: AsyncSession, workspace_id: str, voice_id: str, wording: Wording) -> Voice:
        """Say anew how somebody speaks, as the next version.

        Raises:
            NotFound: `voice_not_found`.
            Conflict: `voice_exists`, when another is called so.
        """
        await self.get(session, workspace_id, voice_id)
        query = (
            update(VoiceRow)
            .where(VoiceRow.id == voice_id, VoiceRow.workspace_id == workspace_id)
            .values(version=VoiceRow.version + 1, updated_at=func.clock_timestamp(), **_values(wording))
            .returning(VoiceRow)
            .execution_options(populate_existing=True)
        )
        try:
            async with session.begin_nested():
                row = await session.scalar(query)
        except IntegrityError:
            raise _taken(wording.name) from None
        if row is None:
            raise _not_found()
        return _voice(row)

    async def delete(self, session: AsyncSession, workspace_id: str, voice_id: str) -> None:
        """Delete a voice for good; posts that were written in it stay. Raises `NotFound`."""
        gone: str | None = None
        if is_id(voice_id, VOICE_PREFIX):
            gone = await session.scalar(
                delete(VoiceRow)
                .where(VoiceRow.id == voice_id, VoiceRow.workspace_id == workspace_id)
                .returning(VoiceRow.id)
            )
        if gone is None:
            raise _not_found()


def _values(wording: Wording) -> dict[str, Any]:
    return {
        "name": wording.name,
        "description": wording.description,
        "dos": list(wording.dos),
        "donts": list(wording.donts),
        "examples": list(wording.examples),
    }


def _voice(row: VoiceRow) -> Voice:
    wording = Wording(row.name, row.description, tuple(row.dos), tuple(row.donts), tuple(row.examples))
    return Voice(row.id, wording, row.version, row.created_at, row.updated_at)


def _not_found() -> NotFound:
    return NotFound("voice_not_found", "There is no such voice in this workspace.")


def _taken(name: str) -> Conflict:
    message = f"Another voice of this workspace is called '{name}'; choose another name, or change that one."
    return Conflict("voice_exists", message, details=[Detail("/name", "voice_exists", message)])
