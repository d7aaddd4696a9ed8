"""Productions as a job sees them."""

import json
from collections.abc import Sequence
from typing import Protocol

from cutroom.db import Database
from cutroom.kit.errors import Invalid, NotFound
from cutroom.kit.ids import is_id
from cutroom.productions import repository
from cutroom.productions.limits import ProductionLimits
from cutroom.productions.production import PREFIXES, Origin, Recipe, Written
from cutroom.productions.rows import ProductionVersionRow
from cutroom.productions.writing import Body, add_version, kind_of, locked


class Maker(Protocol):
    """The job that reads and writes."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def root_id(self) -> str:
        """The job that somebody asked for, of which this one is a part; or its own."""
        ...

    @property
    def workspace_id(self) -> str:
        """Whose it is."""
        ...

    @property
    def type(self) -> str:
        """Name of its workflow."""
        ...

    @property
    def input(self) -> str:
        """JSON text."""
        ...


class OriginOf(Protocol):
    """One version of a production from which another was made."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def version(self) -> int:
        """Which version."""
        ...


class DraftOf(Protocol):
    """A production to be written."""

    @property
    def id(self) -> str:
        """Its own."""
        ...

    @property
    def kind(self) -> str:
        """One of `PREFIXES`."""
        ...

    @property
    def title(self) -> str:
        """What people call it."""
        ...

    @property
    def body(self) -> str:
        """JSON text."""
        ...

    @property
    def made_from(self) -> Sequence[OriginOf]:
        """What it goes stale with."""
        ...


class ProductionsOfJob:
    """Fulfils the `Productions` of a job's context; everything stays within the job's workspace.

    Args:
        database: for transactions of its own.
        maker: the job.
        limits: how much the workspace may keep.
    """

    def __init__(self, database: Database, maker: Maker, limits: ProductionLimits) -> None:
        self._database = database
        self._maker = maker
        self._limits = limits

    async def read(self, production_id: str, version: int | None = None) -> Written:
        """One version of a production, the latest when None.

        Raises:
            NotFound: `production_not_found`, also for another workspace's.
        """
        async with self._database.begin() as session:
            row = await repository.find(session, self._maker.workspace_id, production_id)
            found: ProductionVersionRow | None = None
            if row is not None:
                found = await repository.find_version(session, row.workspace_id, row.id, version or row.version)
            if row is None or found is None:
                what = f"'{production_id[:80]}'" if version is None else f"version {version} of '{production_id[:80]}'"
                raise NotFound("production_not_found", f"There is no {what} in this workspace.")
            made = await repository.origins(session, row.workspace_id, [(row.id, found.version)])
            return written_of(found, row.kind, made.get((row.id, found.version), ()))

    async def write(self, draft: DraftOf) -> int:
        """Keep a draft as the next version of its id; its number. The same job again gets the same number.

        What the job was told to make anew must still be there.

        Raises:
            Invalid: `bad_production_id`, `production_kind_differs`, `production_too_large`.
            NotFound: when the id is another workspace's, or was to be made anew and is gone.
            QuotaExceeded: `too_many_productions`, `storage_full`.
        """
        if kind_of(draft.id) != draft.kind or not is_id(draft.id, PREFIXES[draft.kind]):
            raise Invalid("bad_production_id", f"'{draft.id[:80]}' is no id for the kind '{draft.kind}'.")
        maker, body = self._maker, await Body.of(draft.body)
        asked = json.loads(maker.input)
        fresh = not (isinstance(asked, dict) and asked.get("into") == draft.id)
        async with self._database.begin() as session:
            row = await locked(
                session, maker.workspace_id, draft.id, draft.kind, fresh=fresh, most=self._limits.productions
            )
            before = await repository.version_of_job(session, row.workspace_id, row.id, maker.id)
            if before is not None:
                return before
            await self._limits.make_room(session, row.workspace_id, body.size_bytes)
            return await add_version(
                session,
                row,
                body,
                title=draft.title,
                made_from=list({one.id: Origin(one.id, one.version) for one in draft.made_from}.values()),
                max_versions=self._limits.versions,
                job_id=maker.id,
                root_id=maker.root_id,
                recipe=Recipe(maker.type, asked),
            )


def written_of(row: ProductionVersionRow, kind: str, origins: Sequence[Origin]) -> Written:
    """The value of a version's row."""
    return Written(
        row.production_id, kind, row.version, row.title, row.body, row.sha256, row.created_at, tuple(origins)
    )
