"""Requests that are repeated: the job that an earlier one made, before anything that it names is looked for again."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs import repository
from cutroom.jobs.job import Idempotency, Submitted
from cutroom.jobs.statements import statement
from cutroom.kit.errors import Conflict, Invalid

# What is older than a day may still be there, until it is swept; `submitting` takes it over.
_KEPT: Final = statement("""
SELECT body_hash, job_id FROM job_keys
WHERE workspace_id = :workspace AND route = :route AND key = :key
  AND created_at >= clock_timestamp() - interval '24 hours'
""")


async def repeated(session: AsyncSession, workspace_id: str, key: Idempotency) -> Submitted | None:
    """The job that a request with this key made; None where there was none, or where it is being made right now.

    Raises:
        Invalid: `idempotency_key_reused`, when the key came with another body.
        Conflict: `idempotent_job_gone`.
    """
    place = {"workspace": workspace_id, "route": key.route, "key": key.key}
    kept = (await session.execute(_KEPT, place)).one_or_none()
    return None if kept is None else await job_of_key(session, workspace_id, key, kept.body_hash, kept.job_id)


async def job_of_key(
    session: AsyncSession, workspace_id: str, key: Idempotency, body_hash: str, job_id: str
) -> Submitted:
    """The job that is kept under a key, for a request that has it too; raises as `repeated`."""
    if body_hash != key.body_hash:
        message = "This idempotency key was used with another request; use a new key for a new request."
        raise Invalid("idempotency_key_reused", message)
    job = await repository.find(session, workspace_id, job_id)
    if job is None:
        raise Conflict("idempotent_job_gone", "The job that this idempotency key made has been removed; use a new key.")
    return Submitted(job, created=False)
