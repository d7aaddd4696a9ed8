"""The end of attempts and of jobs, in one transaction with everything that follows from it."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.jobs.job import Job

OnEnd = Callable[[AsyncSession, Job], Awaitable[None]]
"""Told of every job that ends, items of maps (`parent_id` is set) included, inside the transaction that ends it."""
