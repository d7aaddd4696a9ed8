"""Between messages and the values of `jobs`, both ways. What agents say is checked here before anybody else sees it."""

import json
import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from cutroom.agents.limits import (
    MAX_EVENT_CHARS,
    MAX_ITEM_VALUES,
    MAX_JSON_VALUES,
    MAX_LABELS,
    MAX_SLOTS,
    MAX_TYPES,
    MAX_WHOLE_BYTES,
    VALUE_BYTES,
)
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.jobs import payload
from cutroom.jobs.claiming import Claimed
from cutroom.jobs.ending import End, Outcome
from cutroom.jobs.errors import NewItems, Timer, Wait
from cutroom.jobs.job import EventKind
from cutroom.jobs.journal import MAX_ITEMS
from cutroom.jobs.recall import ItemState, Kept
from cutroom.jobs.recorder import LEVELS, MAX_MESSAGE_CHARS, MAX_PIECE_CHARS, Noted, Notes
from cutroom.jobs.wants import is_label
from cutroom.kit.errors import CutroomError, Internal, Invalid
from cutroom.kit.strict_json import UNSTORABLE

_ANY: Final = payload.adapter_of(Any)
_OUTCOMES: Final[Mapping[str, Outcome]] = {
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "released": "released",
}
_EVENT_KINDS: Final[Mapping[str, EventKind]] = {"progress": "progress", "log": "log", "text": "text"}
_MAX_ERROR_CHARS: Final = 100_000
_MAX_SLEEP_S: Final = 400 * 86_400.0


def assign_of(job: Claimed) -> wire.Assign:
    """A job as it is given to an agent."""
    return wire.Assign(
        job_id=job.id,
        workspace_id=job.workspace_id,
        type=job.type,
        input=job.input,
        attempt=job.attempt,
        max_attempts=job.max_attempts,
        fence=job.fence,
        priority=job.priority,
        depth=job.depth,
        root_id=job.root_id,
        parent_id=job.parent_id or "",
        parent_step=job.parent_step or "",
        progress=job.progress,
        stage=job.stage or "",
        event_seq=job.event_seq,
        started_at=job.started_at.timestamp(),
        claimed_at=job.claimed_at.timestamp(),
        correlation_id=job.correlation_id or "",
        trace=job.trace or "",
    )


def claimed_of(given: wire.Assign) -> Claimed:
    """A job as its agent holds it."""
    return Claimed(
        id=given.job_id,
        workspace_id=given.workspace_id,
        type=given.type,
        input=given.input,
        attempt=given.attempt,
        max_attempts=given.max_attempts,
        fence=given.fence,
        priority=given.priority,
        depth=given.depth,
        root_id=given.root_id,
        parent_id=given.parent_id or None,
        parent_step=given.parent_step or None,
        progress=given.progress,
        stage=given.stage or None,
        event_seq=given.event_seq,
        started_at=datetime.fromtimestamp(given.started_at, UTC),
        claimed_at=datetime.fromtimestamp(given.claimed_at, UTC),
        wait_s=0.0,
        suspect=False,
        correlation_id=given.correlation_id or None,
        trace=given.trace or None,
    )


def offer_of(said: wire.Offer) -> dict[str, Any]:
    """What an agent can do, as it is kept and shown.

    Raises:
        Invalid: `bad_offer`.
    """
    types, labels = list(said.types), sorted(set(said.labels))
    if not types or len(types) > MAX_TYPES or any(len(name) > 200 for name in types):
        raise Invalid("bad_offer", f"An agent offers from 1 to {MAX_TYPES} job types.")
    if len(labels) > MAX_LABELS or not all(map(is_label, labels)):
        raise Invalid("bad_offer", f"An agent has at most {MAX_LABELS} labels of letters, digits and . _ : / -.")
    if not 1 <= said.slots <= MAX_SLOTS:
        raise Invalid("bad_offer", f"An agent has from 1 to {MAX_SLOTS} slots.")
    return {
        "types": sorted({payload.clean(name, 200) for name in types}),
        "labels": labels,
        "slots": said.slots,
        "cores": min(said.cores, 4_096),
        "memoryBytes": min(said.memory_bytes, 2**50),
        "gpus": [payload.clean(name, 200) for name in said.gpus[:16]],
        "versions": {payload.clean(key, 50): payload.clean(text, 100) for key, text in [*said.versions.items()][:16]},
        "host": payload.clean(said.host, 200),
    }


def cost_of(ask: wire.Ask) -> int:
    """What the JSON in a question costs to be read beyond its length, in bytes."""
    return VALUE_BYTES * sum(map(_values, _texts(ask)))


def check_size(ask: wire.Ask) -> None:
    """Refuse JSON that takes so long to be read that others would wait for it.

    Raises:
        Invalid: `json_too_large`.
    """
    if len(ask.suspend.waits) > MAX_ITEMS:
        raise Invalid("bad_wait", f"A job waits for at most {MAX_ITEMS} things at once.")
    values = [_values(text) for text in _texts(ask)]
    most = MAX_ITEM_VALUES if ask.WhichOneof("what") == "suspend" else MAX_JSON_VALUES
    if max(values, default=0) > MAX_JSON_VALUES or sum(values) > most:
        raise Invalid("json_too_large", f"At most {MAX_JSON_VALUES} values may be in one JSON; it belongs in a file.")


def too_large() -> Internal:
    """The answer to a question whose answer cannot be sent: `answer_too_large`."""
    sentence = f"The answer has more than {MAX_WHOLE_BYTES} bytes, which is the most; a worker could run this."
    return Internal("answer_too_large", sentence)


def _texts(ask: wire.Ask) -> list[str]:
    """The JSON in a question; of more texts than can be accepted, only so many."""
    most = MAX_ITEM_VALUES + 1
    what = ask.WhichOneof("what")
    if what == "notes":
        return [event.data for event in islice(ask.notes.events, most)]
    if what == "suspend":
        waits = islice(ask.suspend.waits, MAX_ITEMS)
        return [*islice((text for wait in waits for text in wait.inputs), most)]
    return [ask.record.result, ask.end.output, ask.end.error, ask.adopt.info, ask.write.body]


def _values(text: str) -> int:
    """At least as many values as the JSON has: what stands between them is counted, within strings too."""
    return text.count(",") + text.count("[") + text.count("{") + 1


def json_text(text: str, what: str) -> str:
    """JSON as we would have written it: what a stranger sends is put into statements as text.

    Raises:
        Invalid: `bad_json`.
    """
    try:
        value = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Invalid("bad_json", f"{what} is no JSON.") from error
    try:
        return payload.dump(_ANY, value, what)
    except Internal as error:
        raise Invalid("bad_json", error.message) from error


def error_data(text: str) -> dict[str, Any]:
    """The error of an attempt, as an agent tells it.

    Raises:
        Invalid: `bad_error`.
    """
    if len(text) > _MAX_ERROR_CHARS:
        raise Invalid("bad_error", "The error is too long.")
    try:
        data: dict[str, Any] = payload.clean_json(CutroomError.from_json(json.loads(text)).to_json())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Invalid("bad_error", "The error does not look like one.") from error
    if not isinstance(data["code"], str) or not isinstance(data["message"], str):
        raise Invalid("bad_error", "The error does not look like one.")
    return data


def end_of(job: Claimed, said: wire.End) -> End:
    """How an attempt ended, as its agent says.

    Raises:
        Invalid: `bad_end`, `bad_json`, `bad_error`.
    """
    outcome = _OUTCOMES.get(said.outcome)
    if outcome is None:
        raise Invalid("bad_end", "An attempt ends as succeeded, failed, cancelled or released.")
    return End(
        job.id,
        job.fence,
        job.parent_id,
        outcome,
        output=json_text(said.output, "The output") if outcome == "succeeded" else None,
        error=error_data(said.error) if outcome == "failed" else None,
        again_s=_seconds(said.again_s, "bad_end") if said.again else None,
        dead=said.dead,
    )


def end_message(end: End) -> wire.End:
    """The same on its way."""
    return wire.End(
        outcome=end.outcome,
        output=end.output or "",
        error="" if end.error is None else json.dumps(end.error),
        again=end.again_s is not None,
        again_s=end.again_s or 0.0,
        dead=end.dead,
    )


def wait_of(said: wire.Wait) -> Wait:
    """What a workflow waits for, as its agent says.

    Raises:
        Invalid: `bad_wait`, `bad_json`.
    """
    step = _name(said.step)
    if not said.workflow:
        return Timer(step, _seconds(said.seconds, "bad_wait"), until=_seconds(said.until, "bad_wait") or None)
    if len(said.inputs) > MAX_ITEMS:
        raise Invalid("bad_wait", f"A map has at most {MAX_ITEMS} items.")
    inputs = None if said.made else tuple(json_text(text, "The input of an item") for text in said.inputs)
    span = None
    if said.spans:
        span = (_fraction(said.low), _fraction(said.high))
    return NewItems(step, said.workflow, inputs, span)


def wait_message(wait: Wait) -> wire.Wait:
    """The same on its way."""
    if isinstance(wait, Timer):
        return wire.Wait(step=wait.step, seconds=wait.seconds, until=wait.until or 0.0)
    low, high = wait.span or (0.0, 0.0)
    return wire.Wait(
        step=wait.step,
        workflow=wait.workflow,
        inputs=wait.inputs or (),
        made=wait.inputs is None,
        spans=wait.span is not None,
        low=low,
        high=high,
    )


def notes_of(said: wire.Notes, skip: int) -> Notes:
    """What an attempt has told, without the first `skip` events, which are written already.

    Raises:
        Invalid: `bad_event`.
    """
    now = time.monotonic()
    events = [_noted(event, now) for event in said.events[skip:]]
    stage = payload.clean(said.stage, 200) or None
    return Notes(_fraction(said.progress), stage, tuple(events))


def notes_message(notes: Notes, first: int) -> wire.Notes:
    """The same on its way."""
    now = time.monotonic()
    events = [
        wire.Event(kind=noted.kind, data=_event_text(noted), age_s=max(now - noted.at, 0.0)) for noted in notes.events
    ]
    return wire.Notes(first=first, progress=notes.progress, stage=notes.stage or "", events=events)


def journal_message(kept: Kept, following: str | None) -> wire.Journal:
    """A part of a journal on its way, and where the next one begins."""
    marks = {name: _plain(mark) for name, mark in kept.marks.items()}
    return wire.Journal(steps=kept.steps, marks=marks, next=following)


def kept_of(said: wire.Journal) -> Kept:
    """A journal as an agent has it."""
    return Kept(steps=dict(said.steps), marks={name: json.loads(mark) for name, mark in said.marks.items()})


def item_message(item: ItemState) -> wire.ItemState:
    """An item on its way."""
    error = "" if item.error is None else _plain(item.error)
    return wire.ItemState(id=item.id, status=item.status, output=item.output or "", error=error, dead=item.dead)


def item_of(said: wire.ItemState) -> ItemState:
    """An item as an agent sees it."""
    error = json.loads(said.error) if said.error else None
    return ItemState(said.id, said.status, said.output or None, error, said.dead)


def step_name(name: str) -> str:
    """The name of a step, if it can be one.

    Raises:
        Invalid: `bad_step`.
    """
    return _name(name)


def seconds_of(value: float) -> float:
    """A duration, if it can be one.

    Raises:
        Invalid: `bad_step`.
    """
    return _seconds(value, "bad_step")


def _plain(data: Mapping[str, Any]) -> str:
    """JSON that is no longer than Postgres said it is: no letter becomes six."""
    return json.dumps(data, ensure_ascii=False)


def _event_text(noted: Noted) -> str:
    """The JSON of an event; of a line with more facts than are taken, the line alone."""
    text = _plain(noted.data)
    if len(text) > MAX_EVENT_CHARS and noted.kind == "log":
        text = _plain({name: noted.data[name] for name in ("level", "message")})
    return text


def _noted(event: wire.Event, now: float) -> Noted:
    kind = _EVENT_KINDS.get(event.kind)
    if kind is None or len(event.data) > MAX_EVENT_CHARS:
        raise Invalid("bad_event", "An event is progress, a line of the log or a text, of a bounded size.")
    try:
        data = json.loads(event.data, parse_constant=_no_number)
        clean = _CLEANERS[kind](data)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Invalid("bad_event", f"This is no event of the kind '{kind}'.") from error
    age_s = event.age_s if math.isfinite(event.age_s) else 0.0
    return Noted(kind, clean, now - min(max(age_s, 0.0), 3_600.0))


def _log(data: Any) -> dict[str, Any]:
    level, message = data.pop("level"), data.pop("message")
    return {
        **payload.clean_json(data),
        "level": level if level in LEVELS else "info",
        "message": payload.clean(message, MAX_MESSAGE_CHARS),
    }


def _progress(data: Any) -> dict[str, Any]:
    stage = data["stage"]
    return {
        "progress": round(min(max(float(data["progress"]), 0.0), 100.0), 1),
        "stage": None if stage is None else payload.clean(stage, 200),
    }


def _text(data: Any) -> dict[str, Any]:
    text = UNSTORABLE.sub("\ufffd", data["text"])[:MAX_PIECE_CHARS]
    return {"stream": payload.clean(data["stream"], 200), "text": text, "begins": bool(data["begins"])}


_CLEANERS: Final = {"log": _log, "progress": _progress, "text": _text}


def _name(name: str) -> str:
    if not 0 < len(name) <= 500 or UNSTORABLE.search(name):
        raise Invalid("bad_step", "The name of a step has from 1 to 500 characters.")
    return name


def _seconds(value: float, code: str) -> float:
    limit = max(_MAX_SLEEP_S, time.time() + _MAX_SLEEP_S)
    if not 0.0 <= value <= limit:
        raise Invalid(code, "This is no duration.")
    return value


def _fraction(value: float) -> float:
    if not 0.0 <= value <= 1.0:
        raise Invalid("bad_event", "Progress lies between 0 and 1.")
    return value


def _no_number(name: str) -> Any:
    raise ValueError(name)
