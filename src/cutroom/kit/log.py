"""The process log: one line per event, for the operator.

An event is a dotted constant (`job.claimed`), facts are keys. Every line, those of libraries included, passes through
one processor that takes secrets out and makes control characters visible, so that nothing a user sends can forge a line
or drive a terminal. `structlog.contextvars.bound_contextvars(request_id=…)` puts a fact on every line of a task.
"""

import logging
import sys
from contextlib import suppress
from typing import TextIO

import structlog
from structlog.typing import Processor

from cutroom.kit.redaction import clean


def configure(*, json: bool, level: str, stream: TextIO | None = None) -> None:
    """Send the log of this process to `stream`, standard output by default.

    Args:
        json: one JSON object per line; else text for people, coloured on a terminal.
        level: `debug`, `info`, `warning` or `error`. Libraries speak from `warning` on, and more only in `debug`.
        stream: where to write.
    """
    out = stream or sys.stdout
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        clean,
    ]
    last: Processor = structlog.processors.JSONRenderer() if json else _console(colors=out.isatty())
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
        )
    )
    # A reader that went away (`cutroom up | head`) is no reason to fail.
    logging.raiseExceptions = False
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old.formatter, structlog.stdlib.ProcessorFormatter):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(number if number <= logging.DEBUG else max(number, logging.WARNING))
    lines = _Lines(out)
    structlog.configure(
        processors=[*shared, last],
        logger_factory=lambda *_: lines,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        cache_logger_on_first_use=False,
    )


class _Lines:
    """Writes our own lines where the handler writes those of libraries: a record for each would cost more than it."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def msg(self, line: str) -> None:
        """One write, so that lines of several threads do not mix."""
        with suppress(OSError, ValueError):
            self._out.write(f"{line}\n")
            self._out.flush()

    debug = info = warning = error = critical = exception = msg


def _console(*, colors: bool) -> Processor:
    # Plain tracebacks: the pretty ones print local variables, and those hold secrets.
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
