"""What `kit.process` does with a child's output: read all of it, keep a part of it."""

import asyncio
import os
from collections.abc import Callable
from typing import IO, Final

_CHUNK: Final = 1 << 16


class Drain:
    """Reads a pipe to its end in the event loop, so that the child never blocks on it."""

    def __init__(self, pipe: IO[bytes], feed: Callable[[bytes], None], stop: asyncio.Event) -> None:
        self.ended = asyncio.Event()
        self.failure: Exception | None = None
        self._pipe, self._feed, self._stop = pipe, feed, stop
        self._loop = asyncio.get_running_loop()
        os.set_blocking(pipe.fileno(), False)
        self._loop.add_reader(pipe.fileno(), self._ready)

    def _ready(self) -> None:
        try:
            data = os.read(self._pipe.fileno(), _CHUNK)
        except BlockingIOError:
            return
        if not data:
            self.close()
            return
        try:
            self._feed(data)
        except Exception as error:  # noqa: BLE001 — raised again by `run`
            self.failure = error
            self._stop.set()
            self.close()

    def close(self) -> None:
        """Stop reading; safe to call twice."""
        if not self._pipe.closed:
            self._loop.remove_reader(self._pipe.fileno())
            self._pipe.close()
            self.ended.set()


class Lines:
    """Hands on the lines of a stream."""

    def __init__(self, on_line: Callable[[str], object] | None) -> None:
        self._on_line, self._line = on_line, b""

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        if self._on_line is None:
            return
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            self._say(self._on_line, line)
        if len(self._line) > _CHUNK:  # no end in sight: hand on what is there, hold no more
            self.finish()

    def finish(self) -> None:
        """Hand on a last line that has no end."""
        if self._on_line is not None and self._line:
            self._say(self._on_line, self._line)
        self._line = b""

    @staticmethod
    def _say(on_line: Callable[[str], object], line: bytes) -> None:
        on_line(line.decode("utf-8", "replace").rstrip("\r"))


class Head:
    """Keeps the beginning of a stream and hands its lines on."""

    def __init__(self, cap: int, on_line: Callable[[str], object] | None) -> None:
        self.kept = bytearray()
        self._cap, self._lines = cap, Lines(on_line)

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        self.kept += data[: self._cap - len(self.kept)]
        self._lines.feed(data)

    def finish(self) -> None:
        """Hand on a last line that has no end."""
        self._lines.finish()


class Tail:
    """Keeps the end of a stream and hands its lines on."""

    def __init__(self, cap: int, on_line: Callable[[str], object] | None = None) -> None:
        self._cap, self._lines = cap, Lines(on_line)
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        self._data += data
        if len(self._data) > 2 * self._cap + _CHUNK:
            del self._data[: -self._cap]
        self._lines.feed(data)

    def finish(self) -> None:
        """Hand on a last line that has no end."""
        self._lines.finish()

    @property
    def kept(self) -> bytes:
        """At most the last `cap` bytes."""
        return bytes(self._data[-self._cap :])
