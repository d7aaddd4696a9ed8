"""What one deliverer knows of the places that it sends to, so that those that are slow or dead delay nobody else."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from cutroom.webhooks.queue import Known
from cutroom.webhooks.settings import DelivererSettings

REMEMBERED: Final = 2_000
"""Targets whose last answer is kept in mind; of others nothing is known again."""


class Targets:
    """Counts what is under way to each target, and remembers how its last attempt ended."""

    def __init__(self, settings: DelivererSettings) -> None:
        self._settings = settings
        self._busy: dict[str, int] = {}
        self._troubled: OrderedDict[str, bool] = OrderedDict()

    @property
    def under_way(self) -> int:
        """Attempts in all."""
        return sum(self._busy.values())

    @property
    def room(self) -> int:
        """Attempts that may be begun."""
        return self._settings.slots - self.under_way

    @property
    def troubled_room(self) -> int:
        """Those of them that may be with troubled targets."""
        most = max(1, round(self._settings.slots * self._settings.troubled_part))
        return max(0, most - sum(busy for target, busy in self._busy.items() if self._troubled.get(target)))

    def known(self) -> Mapping[str, Known]:
        """Everything that a claim has to know."""
        names = dict.fromkeys([*self._busy, *self._troubled])
        return {name: self._one(name) for name in names}

    def begin(self, target: str) -> None:
        """An attempt begins."""
        self._busy[target] = self._busy.get(target, 0) + 1

    def end(self, target: str, *, failed: bool | None) -> None:
        """An attempt has ended; `failed` is None when none was made after all."""
        left = self._busy[target] - 1
        if left:
            self._busy[target] = left
        else:
            del self._busy[target]
        if failed is not None:
            self._troubled[target] = failed
            self._troubled.move_to_end(target)
            if len(self._troubled) > REMEMBERED:
                self._troubled.popitem(last=False)

    def _one(self, target: str) -> Known:
        troubled = self._troubled.get(target)
        most = {None: self._settings.untried, True: 1, False: self._settings.per_target}[troubled]
        return Known(self._busy.get(target, 0), most, bool(troubled))
