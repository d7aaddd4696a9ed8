"""API keys of a workspace: made, shown, rotated, revoked; and who a key's text speaks for.

A key belongs to its workspace, not to whoever made it: it works on when they leave, unless whoever removes them says
otherwise. Nobody can make or renew a key that may do more than they may.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts import membership_repository, repository
from cutroom.accounts.account import ApiKey, NewApiKey, Principal
from cutroom.accounts.api_keys import digest, is_api_key, new_api_key
from cutroom.accounts.roles import EVERYTHING, covers, is_scope
from cutroom.accounts.rows import ApiKeyRow
from cutroom.db import Database, lock
from cutroom.kit.clock import Clock, SystemClock
from cutroom.kit.errors import Detail, Forbidden, Invalid, NotFound, QuotaExceeded
from cutroom.kit.ids import is_id, new_id
from cutroom.kit.page import Page, page_of

KEY_PREFIX: Final = "key"
MAX_KEYS: Final = 200
OVERLAP: Final = timedelta(hours=24)
MAX_OVERLAP: Final = timedelta(days=7)
MAX_LIFETIME: Final = timedelta(days=3653)


class Keys:
    """Every method works in the caller's transaction.

    Args:
        max_keys: how many one workspace may have.
        clock: says whether a wanted expiry has passed already.
    """

    def __init__(self, *, max_keys: int = MAX_KEYS, clock: Clock | None = None) -> None:
        self._max_keys = max_keys
        self._clock = clock or SystemClock()

    async def create(
        self,
        session: AsyncSession,
        workspace_id: str,
        name: str,
        *,
        scopes: Collection[str] = (EVERYTHING,),
        expires_at: datetime | None = None,
        by: Principal | None = None,
    ) -> NewApiKey:
        """Make a key; its text is in the answer and nowhere else.

        Args:
            session: the transaction.
            workspace_id: whose it is.
            name: what it is for.
            scopes: what it may do; `<area>:read`, `<area>:write`, `<area>:*` or "*".
            expires_at: when it ends by itself; never when None.
            by: who makes it, and can give no more than they have; None for the command line, which may do everything.

        Raises:
            Invalid: `bad_scope`, `bad_expiry`.
            Forbidden: `scope_not_yours`.
            QuotaExceeded: `too_many_api_keys`.
        """
        _check_scopes(scopes)
        if by is not None:
            refuse_more_than(by, scopes)
        if expires_at is not None and not timedelta(0) < expires_at - self._clock.now() < MAX_LIFETIME:
            message = "A key ends in the time to come, within ten years; leave it out for one that does not end."
            raise Invalid("bad_expiry", message, details=[Detail("/expiresAt", "bad_expiry", message)])
        await lock(session, f"cutroom.keys {workspace_id}")
        if await repository.count_api_keys(session, workspace_id) >= self._max_keys:
            message = f"This workspace has {self._max_keys} API keys, the most it may have; revoke some first."
            raise QuotaExceeded("too_many_api_keys", message)
        plaintext = new_api_key()
        row = await repository.add_api_key(
            session,
            id=new_id(KEY_PREFIX),
            workspace_id=workspace_id,
            name=name,
            hash=digest(plaintext),
            last_four=plaintext[-4:],
            scopes=sorted(set(scopes)),
            expires_at=expires_at,
            created_by=None if by is None else by.who,
        )
        return NewApiKey(_key(row), plaintext)

    async def get(self, session: AsyncSession, workspace_id: str, api_key_id: str) -> ApiKey:
        """What may be shown of a key. Raises `NotFound` (`api_key_not_found`)."""
        return _key(await _find(session, workspace_id, api_key_id))

    async def page(
        self, session: AsyncSession, workspace_id: str, *, limit: int = 20, before: str | None = None
    ) -> Page[ApiKey]:
        """A page of keys, newest first, that are older than the id `before`; its cursor is the last id."""
        rows = await repository.page_of_api_keys(session, workspace_id, limit=limit + 1, before=before)
        return page_of([_key(row) for row in rows], limit)

    async def rotate(
        self, session: AsyncSession, workspace_id: str, api_key_id: str, *, overlap: timedelta = OVERLAP, by: Principal
    ) -> NewApiKey:
        """Give a key a new text; the old one works on for `overlap`, the one before that no longer.

        Args:
            session: the transaction.
            workspace_id: whose it is.
            api_key_id: which.
            overlap: 0 to `MAX_OVERLAP`.
            by: who asks; they see the new text, so it may be of no key that can do more than they can.

        Raises:
            NotFound: `api_key_not_found`.
            Forbidden: `scope_not_yours`.
        """
        row = await _find(session, workspace_id, api_key_id)
        refuse_more_than(by, row.scopes)
        plaintext = new_api_key()
        rotated = await repository.rotate_api_key(
            session, workspace_id, api_key_id, overlap=overlap, hash=digest(plaintext), last_four=plaintext[-4:]
        )
        if rotated is None:
            raise _not_found()
        return NewApiKey(_key(rotated), plaintext)

    async def revoke(self, session: AsyncSession, workspace_id: str, api_key_id: str) -> None:
        """End a key and all its texts at once, and the invitations that were made with it. Raises `NotFound`."""
        if not is_id(api_key_id, KEY_PREFIX) or not await repository.remove_api_key(session, workspace_id, api_key_id):
            raise _not_found()
        await membership_repository.revoke_invitations(session, workspace_id, made_by=[api_key_id])

    async def authenticate(self, session: AsyncSession, plaintext: str) -> Principal | None:
        """Who this key speaks for, or None when there is no such key. Notes the use, at most once a minute."""
        found = await repository.find_by_hash(session, digest(plaintext)) if is_api_key(plaintext) else None
        if found is None:
            return None
        if found.stale:
            await repository.note_use(session, found.id)
        return _principal(found)

    async def recognise(self, database: Database, plaintext: str) -> Principal | None:
        """The same in a transaction of its own, or in none: nearly always it is one read.

        Raises:
            Unavailable: `database_unavailable`.
        """
        found = await repository.look_up_hash(database, digest(plaintext)) if is_api_key(plaintext) else None
        if found is None:
            return None
        if found.stale:
            async with database.begin() as session:
                await repository.note_use(session, found.id)
        return _principal(found)


def _principal(found: repository.KnownKey) -> Principal:
    scopes = frozenset(found.scopes)
    return Principal(found.workspace_id, found.id, "api_key", scopes, expires_at=found.expires_at)


def refuse_more_than(by: Principal, scopes: Collection[str]) -> None:
    """Refuse to hand out what one does not have.

    Raises:
        Forbidden: `scope_not_yours`.
    """
    beyond = sorted(scope for scope in scopes if not covers(by.scopes, scope))
    if beyond:
        message = f"You cannot hand out what you may not do yourself: {', '.join(beyond)}."
        raise Forbidden("scope_not_yours", message)


def _check_scopes(scopes: Collection[str]) -> None:
    wrong = [(place, scope) for place, scope in enumerate(scopes) if not is_scope(scope)]
    if not scopes:
        message = "A key needs one scope at least, such as 'jobs:read'."
        raise Invalid("bad_scope", message, details=[Detail("/scopes", "bad_scope", message)])
    if wrong:
        message = "This is not a scope; one is '<area>:read', '<area>:write', '<area>:*' or '*'."
        raise Invalid("bad_scope", message, details=[Detail(f"/scopes/{at}", "bad_scope", message) for at, _ in wrong])


async def _find(session: AsyncSession, workspace_id: str, api_key_id: str) -> ApiKeyRow:
    row: ApiKeyRow | None = None
    if is_id(api_key_id, KEY_PREFIX):
        row = await repository.find_api_key(session, workspace_id, api_key_id)
    if row is None:
        raise _not_found()
    return row


def _not_found() -> NotFound:
    return NotFound("api_key_not_found", "There is no API key with this id.")


def _key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        last_four=row.last_four,
        scopes=frozenset(row.scopes),
        created_by=row.created_by,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        rotated_at=row.rotated_at,
        previous_until=row.previous_until,
    )
