"""Text that a job shows while it is written: pieces among its events, until the output stands."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs.statements import statement

_TEXTS: Final = statement("""
SELECT e.data ->> 'stream' AS stream, e.data ->> 'text' AS piece, CAST(e.data ->> 'begins' AS boolean) AS begins
FROM job_events AS e JOIN jobs AS j ON j.id = e.job_id
WHERE e.job_id = :id AND j.workspace_id = :workspace AND e.kind = 'text' ORDER BY e.seq
""")
_FORGET: Final = statement("""
DELETE FROM job_events USING jobs
WHERE job_id = :id AND kind = 'text' AND jobs.id = job_id AND jobs.workspace_id = :workspace
""")


async def live_texts(session: AsyncSession, workspace_id: str, job_id: str) -> dict[str, str]:
    """What a job has shown so far, by stream."""
    pieces: dict[str, list[str]] = {}
    for row in await session.execute(_TEXTS, {"workspace": workspace_id, "id": job_id}):
        if row.begins:
            pieces[row.stream] = []
        pieces.setdefault(row.stream, []).append(row.piece)
    return {stream: "".join(parts) for stream, parts in pieces.items()}


async def forget_texts(session: AsyncSession, workspace_id: str, job_id: str) -> None:
    """Forget what a job has shown: for the transaction in which its output comes to stand."""
    await session.execute(_FORGET, {"workspace": workspace_id, "id": job_id})
