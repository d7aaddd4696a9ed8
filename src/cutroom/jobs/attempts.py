"""What runs attempts: here, or on another machine."""

from typing import Protocol

from cutroom.jobs.holding import Holding


class Attempts(Protocol):
    """Runs what a claimant holds."""

    async def run(self, holding: Holding) -> None:
        """Run one attempt to whatever end and write that end; never raises for what the workflow does.

        The holding says when to stop (`Holding.stop` cancels what was given to `Holding.working`), and why.
        """
        ...
