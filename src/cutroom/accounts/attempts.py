"""Counting what may be guessed, in the database, so that every process and every restart sees the same count."""

import hashlib
import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy import case, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts.user_rows import AttemptRow
from cutroom.kit.errors import QuotaExceeded

WINDOW: Final = timedelta(minutes=15)
PER_ACCOUNT_AND_ADDRESS: Final = 10
PER_ACCOUNT: Final = 100
"""From all addresses together: ten times as many as from one, so that nobody can lock others out from one place."""
PER_ADDRESS: Final = 100
REGISTRATIONS_PER_ADDRESS: Final = 20
LETTERS_PER_ACCOUNT: Final = 5
"""Few enough to bear in one's mail. Whoever asks for them, the last one works, so that this locks nobody out."""
LETTERS_PER_ADDRESS: Final = 20
_PAIR: Final = "pair"
_SWEPT_AT_ONCE: Final = 100


def of_login(account: str, address: str | None) -> dict[str, int]:
    """What a try to log in counts for, and how often each may be."""
    counted = {_name("account", account): PER_ACCOUNT}
    if address is not None:
        counted[_name(_PAIR, account, address)] = PER_ACCOUNT_AND_ADDRESS
        counted[_name("address", address)] = PER_ADDRESS
    return counted


def of_registration(address: str | None) -> dict[str, int]:
    """What a try to register counts for."""
    return {} if address is None else {_name("registration", address): REGISTRATIONS_PER_ADDRESS}


def of_letter(account: str, address: str | None) -> dict[str, int]:
    """What a letter that somebody asks for counts for, whether or not there is such an account."""
    counted = {_name("letter", account): LETTERS_PER_ACCOUNT}
    if address is not None:
        counted[_name("letters", address)] = LETTERS_PER_ADDRESS
    return counted


async def count(session: AsyncSession, limits: Mapping[str, int]) -> None:
    """Count one try before it is made, so that many at once cannot slip through together.

    Args:
        session: a transaction to be committed before the try.
        limits: how many tries each subject has within `WINDOW`.

    Raises:
        QuotaExceeded: `too_many_attempts`.
    """
    if not limits:
        return
    over = AttemptRow.since < func.now() - WINDOW
    # In one order for all: two statements that lock the same rows in different orders would wait for each other.
    values = [{"subject": subject, "attempts": 1} for subject in sorted(limits)]
    counted = (
        insert(AttemptRow)
        .values(values)
        .on_conflict_do_update(
            index_elements=["subject"],
            set_={
                "attempts": case((over, literal(1)), else_=AttemptRow.attempts + 1),
                "since": case((over, func.now()), else_=AttemptRow.since),
            },
        )
        .returning(
            AttemptRow.subject,
            AttemptRow.attempts,
            func.extract("epoch", AttemptRow.since + WINDOW - func.now()).label("left_s"),
        )
    )
    waits = [math.ceil(row.left_s) for row in await session.execute(counted) if row.attempts > limits[row.subject]]
    if waits:
        message = f"Too many tries; the next one is possible in {max(waits)} seconds."
        raise QuotaExceeded("too_many_attempts", message, retry_after_s=max(waits))


async def forgive(session: AsyncSession, limits: Mapping[str, int]) -> None:
    """Take back one try that turned out to be right, and remove some of what is long over."""
    for subject in sorted(limits):
        left = 0 if subject.startswith(_PAIR) else func.greatest(AttemptRow.attempts - 1, 0)
        await session.execute(update(AttemptRow).where(AttemptRow.subject == subject).values(attempts=left))
    # At last, for these are in no order.
    old = select(AttemptRow.subject).where(AttemptRow.since < func.now() - WINDOW).limit(_SWEPT_AT_ONCE)
    swept = old.with_for_update(skip_locked=True)
    await session.execute(delete(AttemptRow).where(AttemptRow.subject.in_(swept)))


def _name(kind: str, *parts: str) -> str:
    """By hash: this table need not hold anybody's address."""
    text = "\x00".join(parts)
    return f"{kind}:{hashlib.sha256(text.encode()).hexdigest()}"
