"""Progress, log lines and live text of one attempt, gathered until somebody writes them down."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cutroom.jobs import payload
from cutroom.jobs.job import EventKind
from cutroom.kit.strict_json import UNSTORABLE

MAX_EVENTS: Final = 10_000
"""Beyond so many events a job's log is cut; state changes are always told."""
MIN_STEP: Final = 0.002
"""Smallest change of progress worth an event: at most 500 events from 0 to 1."""
MAX_TEXTS: Final = 10_000
"""Beyond so many pieces of live text no more are told: the whole stands in the output."""
MAX_MESSAGE_CHARS: Final = 8_000
MAX_PIECE_CHARS: Final = 8_000
"""Of live text in one event: more than anybody reads in the moment that it is gathered in."""
LEVELS: Final = frozenset({"debug", "info", "warning", "error"})


@dataclass(frozen=True, slots=True)
class Noted:
    """An event that is not yet written; `at` is on this process's monotonic clock."""

    kind: EventKind
    data: Mapping[str, Any]
    at: float


@dataclass(frozen=True, slots=True)
class Notes:
    """What is to be written down: where the job stands, and its new events in order."""

    progress: float
    stage: str | None
    events: tuple[Noted, ...]


class Recorder:
    """The `Events` of an attempt in a worker. May be called from any thread.

    Args:
        progress: fraction at which the attempt starts; it does not move back from there.
        stage: what the job did last.
        written: events that the job has already.
    """

    def __init__(self, *, progress: float = 0.0, stage: str | None = None, written: int = 0) -> None:
        self._lock = threading.Lock()
        self._progress = progress
        self._stage = stage
        self._told = progress
        self._count = written
        self._texts = 0
        self._events: list[Noted] = []
        self._moved = False

    def progress(self, fraction: float, stage: str | None = None) -> None:
        """Move on; moving back is ignored, and so is what is no number."""
        with self._lock:
            if not fraction >= self._progress:
                return
            changed = stage is not None and stage != self._stage
            self._progress = min(fraction, 1.0)
            if changed and stage is not None:
                self._stage = payload.clean(stage, 200)
            if changed or self._progress - self._told >= MIN_STEP or (self._progress == 1.0 > self._told):
                self._told = self._progress
                self._note_progress()

    def log(self, level: str, message: str, facts: Mapping[str, Any]) -> None:
        """Add a line; an unknown level counts as info."""
        data = {
            **payload.clean_json(dict(facts)),
            "level": level if level in LEVELS else "info",
            "message": payload.clean(message, MAX_MESSAGE_CHARS),
        }
        with self._lock:
            self._add(Noted("log", data, time.monotonic()))

    def text(self, stream: str, text: str, *, begins: bool) -> None:
        """Add to a text; pieces of one text that nobody has taken yet become one event."""
        text = UNSTORABLE.sub("\ufffd", text)
        with self._lock:
            for start in range(0, max(len(text), 1), MAX_PIECE_CHARS):
                self._piece(stream, text[start : start + MAX_PIECE_CHARS], begins=begins and start == 0)

    @property
    def waiting(self) -> bool:
        """Whether `take` would give something."""
        return self._moved or bool(self._events)

    def take(self) -> Notes | None:
        """What came since the last call, if anything did."""
        with self._lock:
            if not self._moved and not self._events:
                return None
            notes = Notes(self._progress, self._stage, tuple(self._events))
            self._events.clear()
            self._moved = False
            return notes

    def give_back(self, notes: Notes) -> None:
        """Take back what could not be written; it comes first next time."""
        with self._lock:
            self._events[:0] = notes.events
            self._moved = True

    def _piece(self, stream: str, text: str, *, begins: bool) -> None:
        for place in range(len(self._events) - 1, -1, -1):
            noted = self._events[place]
            if noted.kind != "text":
                break
            if noted.data["stream"] == stream:
                whole = text if begins else noted.data["text"] + text
                if len(whole) > MAX_PIECE_CHARS:
                    break
                data = {"stream": stream, "text": whole, "begins": begins or noted.data["begins"]}
                self._events[place] = Noted("text", data, noted.at)
                return
        self._texts += 1
        if self._texts <= MAX_TEXTS:
            data = {"stream": stream, "text": text, "begins": begins}
            self._events.append(Noted("text", data, time.monotonic()))

    def _note_progress(self) -> None:
        self._moved = True
        data = {"progress": round(self._progress * 100, 1), "stage": self._stage}
        noted = Noted("progress", data, time.monotonic())
        last = self._events[-1] if self._events else None
        if last is not None and last.kind == "progress" and last.data["stage"] == self._stage:
            self._events[-1] = noted
        else:
            self._add(noted)

    def _add(self, noted: Noted) -> None:
        self._count += 1
        if self._count < MAX_EVENTS:
            self._events.append(noted)
        elif self._count == MAX_EVENTS:
            cut = {"level": "warning", "message": f"The log is cut here: a job keeps {MAX_EVENTS:,} events."}
            self._events.append(Noted("log", cut, noted.at))
