"""Which questions of a session are carried out."""

from typing import Final

from cutroom.agents.outbox import Cut

MAX_GAPS: Final = 10_000


class Numbers:
    """Counts the questions of one session, which may be carried out in another order than they were asked in.

    Args:
        applied: up to which question all are known to be carried out.
    """

    def __init__(self, applied: int) -> None:
        self._to = applied
        self._done: set[int] = set()
        self._failed = range(0)

    @property
    def applied(self) -> int:
        """Up to which question all were carried out. What failed was not: its answer may be on its way still."""
        return min(self._to, self._failed.start - 1) if self._failed else self._to

    def answered(self, number: int) -> None:
        """The agent has an answer to every question up to this number."""
        self._to = max(self._to, number)
        self._done = {done for done in self._done if done > self._to}
        self._failed = range(max(self._failed.start, number + 1), self._failed.stop)

    def note(self, number: int, *, failed: bool) -> None:
        """A question was answered.

        Raises:
            Cut: when there are too many gaps.
        """
        if failed:
            first, last = (self._failed[0], self._failed[-1]) if self._failed else (number, number)
            self._failed = range(min(first, number), max(last, number) + 1)
        self._done.add(number)
        while self._to + 1 in self._done:
            self._to += 1
            self._done.discard(self._to)
        if len(self._done) > MAX_GAPS:
            raise Cut("numbers with gaps")
