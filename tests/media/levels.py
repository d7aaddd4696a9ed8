"""Running tests at a level of the sandbox of their choice."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cutroom.kit.fence import Fence
from cutroom.media.sandbox import Sandbox, choice, current
from cutroom.media.sandbox.ladder import ladder


@contextmanager
def at_level(level: int) -> Iterator[Sandbox]:
    """Let this process use a level; skips the test, with the reason, where this machine does not have it."""
    before = current()
    if level in before.failed:
        pytest.skip(f"level {level} is not available here: {', '.join(before.failed[level])}")
    chosen = Sandbox(level, ladder().fences.get(level, Fence()), {})
    choice._chosen[0] = chosen
    try:
        yield chosen
    finally:
        choice._chosen[0] = before
