"""Messages that are too large to be sent at once, in pieces and together again."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar
from weakref import WeakValueDictionary

from google.protobuf.message import DecodeError

from cutroom.agents.limits import MAX_PARTIAL_BYTES, MAX_WHOLE_BYTES, PIECE_BYTES
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.kit.errors import Invalid, Unavailable

MAX_OPEN: Final = 32
"""Messages of which pieces have come and the last one has not."""
ROOM_WITHIN_S: Final = 5.0
_LOOK_S: Final = 0.02


M = TypeVar("M", wire.FromAgent, wire.ToAgent)


def check_whole(message: wire.FromAgent | wire.ToAgent) -> int:
    """The size of a message that can be sent.

    Raises:
        Invalid: `message_too_large`.
    """
    size = message.ByteSize()
    if size > MAX_WHOLE_BYTES:
        sentence = f"A message of {size} bytes is too large; {MAX_WHOLE_BYTES} is the most."
        raise Invalid("message_too_large", sentence)
    return size


class Splitter(Generic[M]):
    """Cuts messages into pieces; one for each stream and direction.

    Args:
        kind: the class of the messages.
    """

    def __init__(self, kind: type[M]) -> None:
        self._kind: Callable[..., M] = kind
        self._count = 0

    def split(self, message: M) -> Iterator[M]:
        """The message itself, or its pieces in order.

        Raises:
            Invalid: `message_too_large`.
        """
        size = check_whole(message)
        if size <= PIECE_BYTES:
            yield message
            return
        data = message.SerializeToString()
        self._count += 1
        for start in range(0, size, PIECE_BYTES):
            end = start + PIECE_BYTES
            yield self._kind(piece=wire.Piece(id=self._count, data=data[start:end], last=end >= size))


class Room:
    """How much large messages may take, of all streams of a process together or of some of them.

    Args:
        most: bytes.
        outer: the room that this one is a part of.
    """

    def __init__(self, most: int = MAX_PARTIAL_BYTES, outer: "Room | None" = None) -> None:
        self._most = self._left = most
        self._outer = outer
        self._inner: WeakValueDictionary[str, Room] = WeakValueDictionary()

    def part(self, name: str) -> "Room":
        """A half of this room, which all have together who name it so at the same time."""
        found = self._inner.get(name)
        if found is None:
            found = self._inner[name] = Room(self._most // 2, self)
        return found

    def take(self, size: int) -> bool:
        """Take some; False when there is not so much left."""
        if size > self._left or not (self._outer is None or self._outer.take(size)):
            return False
        self._left -= size
        return True

    def give_back(self, size: int) -> None:
        """Give it back."""
        self._left += size
        if self._outer is not None:
            self._outer.give_back(size)

    async def until_free(self, size: int) -> None:
        """Wait, for a while, until so much may be taken.

        Raises:
            Unavailable: `no_room`.
        """
        until = time.monotonic() + ROOM_WITHIN_S
        while not self.take(size):
            if time.monotonic() > until:
                raise _full()
            await asyncio.sleep(_LOOK_S)
        self.give_back(size)


class Joiner(Generic[M]):
    """Puts pieces together; one for each stream and direction. `close` it at the end.

    Args:
        kind: the class of the messages.
        room: shared by those who must not take too much together.
    """

    def __init__(self, kind: type[M], room: Room) -> None:
        self._kind: type[M] = kind
        self._room = room
        self._open: dict[int, bytearray] = {}

    def add(self, piece: wire.Piece) -> M | None:
        """The whole message, with its last piece.

        Raises:
            Invalid: `message_too_large`, `too_many_messages`, `bad_message`.
            Unavailable: `no_room`.
        """
        if piece.id not in self._open and len(self._open) >= MAX_OPEN:
            raise Invalid("too_many_messages", f"At most {MAX_OPEN} messages may be open at once.")
        data = self._open.setdefault(piece.id, bytearray())
        if len(data) + len(piece.data) > MAX_WHOLE_BYTES:
            raise Invalid("message_too_large", f"The pieces of a message add up to {MAX_WHOLE_BYTES} bytes at most.")
        if not self._room.take(len(piece.data)):
            raise _full()
        data += piece.data
        if not piece.last:
            return None
        del self._open[piece.id]
        self._room.give_back(len(data))
        try:
            whole: M = self._kind.FromString(bytes(data))
        except DecodeError as error:
            raise Invalid("bad_message", "The pieces are no message.") from error
        if whole.WhichOneof("kind") == "piece":
            raise Invalid("bad_message", "A piece holds no pieces.")
        return whole

    def close(self) -> None:
        """Forget what is not whole."""
        self._room.give_back(sum(map(len, self._open.values())))
        self._open.clear()


def _full() -> Unavailable:
    return Unavailable("no_room", "Too many large messages are on their way; send this one again later.")
