"""Connections to a Redis that nobody waits for long: what is done there can be done without it."""

from typing import Final

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

WITHIN_S: Final = 1.0
CONNECTIONS: Final = 32
AGAIN_S: Final = 2.0
"""For so long a Redis that did not answer is left alone."""


def open_pool(url: str) -> BlockingConnectionPool:
    """Connections to a `redis://`, `rediss://` or `unix://` address; whoever asks waits for one try, and no more."""
    return BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=WITHIN_S,
        socket_timeout=WITHIN_S,
        socket_connect_timeout=WITHIN_S,
        retry=Retry(NoBackoff(), 0),
    )
