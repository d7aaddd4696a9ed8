"""The pictures that a HEIF file lists: HEIC and AVIF stills (ISO/IEC 23008-12, over ISO/IEC 14496-12).

A file holds items. One is the primary picture: coded by itself, or a grid of coded tiles. Another says how opaque it
is; and what is left is not for us: thumbnails, depth, gain maps, further pictures. Everything here was written by a
stranger, and nothing is believed that was not looked up.
"""

import struct
from dataclasses import dataclass, field
from typing import Final

from cutroom.media.boxes import boxes

CODED: Final = {b"hvc1": b"hvcC", b"av01": b"av1C"}
"""Items that a decoder reads, and the property that it needs."""
_MOST_ITEMS: Final = 20_000
_MOST_EXTENTS: Final = 1024
_ALPHA: Final = frozenset(
    {b"urn:mpeg:hevc:2015:auxid:1", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:avc:2015:auxid:1"}
)


class HeifError(ValueError):
    """The file is not what it says; `code` is `truncated`, `unreadable` or `other_kind`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class Item:
    """One of the things that a file lists.

    Args:
        kind: four letters: how it is coded, or what it is made of.
        in_idat: whether its bytes are in the list itself rather than in the file.
        extents: where its bytes lie: place and length, which is 0 for all that is left.
        properties: names and contents of what is said of it, in order; transformations are applied in that order.
    """

    kind: bytes
    in_idat: bool = False
    extents: list[tuple[int, int]] = field(default_factory=list)
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)

    def said(self, name: bytes) -> bytes | None:
        """What the first property of a name says."""
        return next((content for known, content in self.properties if known == name), None)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, before any transformation (`ispe`)."""
        content = self.said(b"ispe")
        if content is None or len(content) < 12:
            raise HeifError("unreadable", "a picture does not say how large it is")
        width, height = struct.unpack_from(">II", content, 4)
        return width, height


@dataclass(frozen=True, slots=True)
class Grid:
    """A picture made of tiles, row by row: how many there are each way, and the size of what is shown of them."""

    columns: int
    rows: int
    width: int
    height: int


class Heif:
    """A file and its items.

    Raises:
        HeifError: when its lists cannot be read, as do all methods when what they look up is missing or wrong.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._items: dict[int, Item] = {}
        self._references: list[tuple[bytes, int, tuple[int, ...]]] = []
        self._idat = b""
        self.primary = 0
        try:
            self._read(*_lists(data))
        except HeifError:
            raise
        except (struct.error, ValueError, IndexError) as error:
            raise HeifError("unreadable", str(error)) from error

    def item(self, number: int) -> Item:
        """An item by its number."""
        found = self._items.get(number)
        if found is None:
            raise HeifError("unreadable", f"there is no item {number}")
        return found

    def made_of(self, number: int) -> tuple[int, ...]:
        """The items that a derived one is made of, in order."""
        return next((to for name, of, to in self._references if name == b"dimg" and of == number), ())

    def alpha_of(self, number: int) -> int | None:
        """The item that says how opaque another one is."""
        for name, of, to in self._references:
            if name == b"auxl" and number in to:
                kind = self.item(of).said(b"auxC")
                if kind is not None and kind[4:].split(b"\0")[0] in _ALPHA:
                    return of
        return None

    def premultiplied(self, number: int) -> bool:
        """Whether the colours of an item were multiplied by its alpha."""
        return any(name == b"prem" and of == number for name, of, _ in self._references)

    def content(self, item: Item) -> bytes:
        """The bytes of an item."""
        source = self._idat if item.in_idat else self._data
        parts: list[bytes] = []
        for place, length in item.extents:
            end = place + length if length else len(source)
            if end > len(source) or place > len(source):
                raise HeifError("truncated", "a picture's bytes lie beyond the end of the file")
            parts.append(source[place:end])
        return b"".join(parts)

    def grid(self, item: Item) -> Grid:
        """How an item of the kind `grid` is put together (ISO/IEC 23008-12, 6.6.2.3)."""
        content = self.content(item)
        try:
            flags, rows, columns = struct.unpack_from(">xBBB", content)
            width, height = struct.unpack_from(">II" if flags & 1 else ">HH", content, 4)
        except struct.error as error:
            raise HeifError("unreadable", "a grid does not say how it is laid out") from error
        return Grid(columns + 1, rows + 1, width, height)

    def _read(self, start: int, end: int) -> None:
        parts = dict(boxes(self._data, start + 4, end))
        for name in (b"pitm", b"iinf", b"iloc", b"iprp"):
            if name not in parts:
                raise HeifError("other_kind", f"there is no list {name.decode()}")
        if b"idat" in parts:
            self._idat = self._data[slice(*parts[b"idat"])]
        version, number = struct.unpack_from(">B3xH", self._data, parts[b"pitm"][0])
        self.primary = struct.unpack_from(">I", self._data, parts[b"pitm"][0] + 4)[0] if version else number
        self._list(*parts[b"iinf"])
        self._locate(_Cursor(self._data, *parts[b"iloc"]))
        self._describe(*parts[b"iprp"])
        if b"iref" in parts:
            self._refer(*parts[b"iref"])

    def _list(self, start: int, end: int) -> None:
        start += 6 if self._data[start] == 0 else 8
        for name, (at, until) in boxes(self._data, start, end):
            if name != b"infe" or len(self._items) >= _MOST_ITEMS:
                raise HeifError("unreadable", "the list of items holds something else, or too much")
            cursor = _Cursor(self._data, at, until)
            version = cursor.take(1)
            cursor.take(3)
            if version < 2:
                raise HeifError("other_kind", "the items do not say what they are")
            number = cursor.take(2 if version == 2 else 4)
            cursor.take(2)
            self._items[number] = Item(cursor.take(4).to_bytes(4, "big"))

    def _locate(self, cursor: "_Cursor") -> None:
        version = cursor.take(1)
        cursor.take(3)
        sizes = cursor.take(2)
        for_offset, for_length, for_base = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
        for_index = sizes & 15 if version else 0
        for _ in range(cursor.take(4 if version == 2 else 2)):
            item = self._items.get(cursor.take(4 if version == 2 else 2)) or Item(b"none")
            method = cursor.take(2) & 15 if version else 0
            if method > 1 or cursor.take(2):
                raise HeifError("other_kind", "a picture's bytes lie in another file, or in another item")
            item.in_idat = method == 1
            base, extents = cursor.take(for_base), cursor.take(2)
            if extents > (_MOST_EXTENTS if for_index + for_offset + for_length else 1):
                raise HeifError("unreadable", "a picture lies in too many places")
            for _ in range(extents):
                cursor.take(for_index)
                item.extents.append((base + cursor.take(for_offset), cursor.take(for_length)))

    def _describe(self, start: int, end: int) -> None:
        parts = list(boxes(self._data, start, end))
        shelf = next((span for name, span in parts if name == b"ipco"), None)
        if shelf is None:
            raise HeifError("unreadable", "nothing is said of the items")
        known = [(name, self._data[at:until]) for name, (at, until) in boxes(self._data, *shelf)]
        for name, span in parts:
            if name != b"ipma":
                continue
            cursor = _Cursor(self._data, *span)
            version, flags = cursor.take(1), cursor.take(3)
            for _ in range(cursor.take(4)):
                item = self._items.get(cursor.take(4 if version else 2)) or Item(b"none")
                for _ in range(cursor.take(1)):
                    index = cursor.take(2) & 0x7FFF if flags & 1 else cursor.take(1) & 0x7F
                    if 0 < index <= len(known):
                        item.properties.append(known[index - 1])

    def _refer(self, start: int, end: int) -> None:
        width = 4 if self._data[start] else 2
        for name, span in boxes(self._data, start + 4, end):
            cursor = _Cursor(self._data, *span)
            of, count = cursor.take(width), cursor.take(2)
            self._references.append((name, of, tuple(cursor.take(width) for _ in range(count))))


class _Cursor:
    """Numbers of a box, one after the other."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self._data, self._at, self._end = data, start, end

    def take(self, size: int) -> int:
        """The next number, of `size` bytes; 0 for none."""
        self._at += size
        if self._at > self._end:
            raise HeifError("unreadable", "a list ends too early")
        return int.from_bytes(self._data[self._at - size : self._at], "big")


def _lists(data: bytes) -> tuple[int, int]:
    """Where the lists lie; what follows them may be cut off, which shows when it is needed."""
    try:
        for name, span in boxes(data, 0, len(data)):
            if name == b"meta":
                return span
    except ValueError as error:
        raise HeifError("truncated", str(error)) from error
    raise HeifError("other_kind", "there is no list of pictures")
