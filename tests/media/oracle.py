"""Sees, from outside, whether anybody opened a file or connected: an error's text alone proves nothing."""

import ctypes
import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

_IN_OPEN = 0x20  # linux/inotify.h


class Canary:
    """A secret file and a port on loopback, watched by the kernel while the block runs."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "secret.ts"
        self.file.write_bytes(b"SECRET" * 1000)
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setblocking(False)
        self.port: int = self._server.getsockname()[1]

    def __enter__(self) -> Self:
        self._fd = self._libc.inotify_init1(os.O_NONBLOCK)
        assert self._fd >= 0
        assert self._libc.inotify_add_watch(self._fd, os.fsencode(self.file), _IN_OPEN) >= 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)
        self._server.close()

    def touched(self) -> bool:
        """Whether the file was opened or the port connected to since the block began or this was last asked."""
        try:
            opened = bool(os.read(self._fd, 4096))
        except BlockingIOError:
            opened = False
        try:
            self._server.accept()[0].close()
        except BlockingIOError:
            return opened
        return True
