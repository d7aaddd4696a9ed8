"""Messages that are too large to be sent at once, in pieces and together again."""

from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar

from google.protobuf.message import DecodeError

from cutroom.agents.limits import MAX_PARTIAL_BYTES, MAX_WHOLE_BYTES, PIECE_BYTES
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.kit.errors import Invalid, Unavailable

MAX_OPEN: Final = 32
"""Messages of which pieces have come and the last one has not."""


M = TypeVar("M", wire.FromAgent, wire.ToAgent)


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
        size = message.ByteSize()
        if size <= PIECE_BYTES:
            yield message
            return
        if size > MAX_WHOLE_BYTES:
            sentence = f"A message of {size} bytes is too large; {MAX_WHOLE_BYTES} is the most."
            raise Invalid("message_too_large", sentence)
        data = message.SerializeToString()
        self._count += 1
        for start in range(0, size, PIECE_BYTES):
            end = start + PIECE_BYTES
            yield self._kind(piece=wire.Piece(id=self._count, data=data[start:end], last=end >= size))


class Room:
    """How much unfinished messages may take, of all streams of a process together."""

    def __init__(self, most: int = MAX_PARTIAL_BYTES) -> None:
        self._left = most

    def take(self, size: int) -> bool:
        """Take some; False when there is not so much left."""
        if size > self._left:
            return False
        self._left -= size
        return True

    def give_back(self, size: int) -> None:
        """Give it back."""
        self._left += size


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
            raise Unavailable("no_room", "Too many large messages are on their way; send this one again later.")
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
