"""Lists in pages: how many items at most, and where the next page starts.

A cursor is opaque to its holder and signed over the scope it was made for, so that a cursor of one tenant is worthless
to another and none can be made up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Generic, TypeVar

from cutroom.kit.errors import Detail, Invalid
from cutroom.kit.signing import Signer

DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 100
MAX_CURSOR_CHARS: Final = 512

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `next_cursor` is None on the last."""

    items: tuple[T, ...]
    next_cursor: str | None = None


def page_of(found: Sequence[T], limit: int, position: Callable[[T], object] = attrgetter("id")) -> Page[T]:
    """A page of what was looked up for it, which is one item more than `limit` when another page follows.

    Args:
        found: in the order of the list.
        limit: how many go onto the page.
        position: where an item stands in the list; the cursor says where the last one does.
    """
    items = tuple(found[:limit])
    return Page(items, str(position(items[-1])) if len(found) > limit else None)


class Cursors:
    """Seals the position after the last item of a page, and opens it again.

    Args:
        secret: at least 16 bytes; the same in every process that answers.
    """

    def __init__(self, secret: bytes) -> None:
        self._signer = Signer(secret, "page-cursor")

    def seal(self, position: str | int, *scope: str) -> str:
        """A cursor for `position` that opens only with the same `scope` (tenant, name of the list)."""
        return self._signer.seal([position, *scope])

    def open(self, cursor: str, *scope: str) -> str | int:
        """The position that `seal` was given.

        Raises:
            Invalid: `bad_cursor` when it is not one of ours, or was made for another scope.
        """
        value = self._signer.unseal(cursor) if len(cursor) <= MAX_CURSOR_CHARS else None
        if isinstance(value, list) and value[1:] == list(scope) and isinstance(value[0], str | int):
            return value[0]
        message = "This cursor was not made for this list; use the one that the previous page gave you."
        raise Invalid("bad_cursor", message, details=[Detail("?cursor", "bad_cursor", message)])
