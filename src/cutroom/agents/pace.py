"""How many streams an agent may have, and how fast each is read."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Iterator

from cutroom.agents.limits import BURST, BURST_BYTES, BYTES_PER_S, MAX_STREAMS_OF_AGENT, MESSAGES_PER_S
from cutroom.fleet import Known
from cutroom.kit.errors import QuotaExceeded


class Places:
    """The streams of a door, of which nobody may take all.

    Args:
        most: streams that the door takes at the same time; the agents of one workspace may have half of them.
    """

    def __init__(self, most: int) -> None:
        self._share = max(most // 2, 1)
        self._taken: Counter[str] = Counter()

    @contextlib.contextmanager
    def taken(self, known: Known) -> Iterator[None]:
        """One place for as long as the block lasts.

        Raises:
            QuotaExceeded: `too_many_streams`.
        """
        agent = known.agent
        shares = {agent.id: MAX_STREAMS_OF_AGENT}
        if agent.workspace_id is not None:
            shares[agent.workspace_id] = self._share
        if any(self._taken[name] >= most for name, most in shares.items()):
            raise QuotaExceeded("too_many_streams", "You have too many streams open here; close some of them first.")
        self._taken.update(shares.keys())
        try:
            yield
        finally:
            self._taken.subtract(shares.keys())
            for name in shares:
                if not self._taken[name]:
                    del self._taken[name]


class Pace:
    """How fast one stream is read."""

    def __init__(self) -> None:
        self._messages = float(BURST)
        self._bytes = float(BURST_BYTES)
        self._at = time.monotonic()

    async def keep(self, weight: int, messages: int = 1) -> None:
        """Wait when too much has come.

        Args:
            weight: of what has come: about its bytes.
            messages: that have come.
        """
        now = time.monotonic()
        passed_s, self._at = now - self._at, now
        self._messages = min(self._messages + passed_s * MESSAGES_PER_S, BURST) - messages
        self._bytes = min(self._bytes + passed_s * BYTES_PER_S, BURST_BYTES) - weight
        wait_s = max(-self._messages / MESSAGES_PER_S, -self._bytes / BYTES_PER_S)
        if wait_s > 0:
            await asyncio.sleep(wait_s)
