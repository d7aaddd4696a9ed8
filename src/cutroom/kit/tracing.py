"""Spans: which piece of work took how long, below which other, across processes.

Off unless `start` is called: then `span` costs a comparison, and nothing of OpenTelemetry is imported. A span's name is
a constant, its facts are keys; every text among them passes through the same mask as the log. Trace ids travel as W3C
`traceparent` texts: over HTTP in its header, to a worker in the job's row.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from cutroom.kit.errors import CutroomError, first_of
from cutroom.kit.redaction import mask

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Fact = str | int | float | bool | None
Recording: TypeAlias = "Span | None"
"""A span that is under way; None when nothing is traced."""
# W3C Trace Context, section 3.2: version 00, trace-id and parent-id not all zero.
_TRACEPARENT: Final = re.compile(r"00-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-[0-9a-f]{2}")
_given: ContextVar[str | None] = ContextVar("cutroom.traceparent", default=None)


class _Tracing:
    """What this process sends its spans with; one per process, as the log is."""

    provider: "TracerProvider | None" = None
    tracer: "Tracer | None" = None


def start(*, service: str, endpoint: str, headers: Mapping[str, str] | None = None, version: str = "") -> None:
    """Send the spans of this process to an OTLP collector, over HTTP with protobuf.

    Args:
        service: name of the program, `cutroom-api`.
        endpoint: the whole address, as a rule one that ends in `/v1/traces`.
        headers: what the collector wants to see, such as a key.
        version: of the program.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 — 0.3 s, and
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 — nobody should pay them who has no collector
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    stop()
    provider = TracerProvider(resource=Resource.create({"service.name": service, "service.version": version}))
    exporter = OTLPSpanExporter(endpoint=endpoint, headers=dict(headers or {}), timeout=5)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1_000))
    _Tracing.provider, _Tracing.tracer = provider, provider.get_tracer("cutroom", version)


def stop() -> None:
    """Send what is left, and send no more; blocks for some seconds when the collector does not answer."""
    provider, _Tracing.provider, _Tracing.tracer = _Tracing.provider, None, None
    if provider is not None:
        provider.shutdown()


def is_traceparent(text: str) -> bool:
    """Whether a header's value names a trace."""
    return _TRACEPARENT.fullmatch(text) is not None


def trace_id(traceparent: str) -> str:
    """The trace that a `traceparent` names."""
    return traceparent.split("-")[1]


def traceparent() -> str | None:
    """What to hand on so that work elsewhere becomes a part of this trace; None when there is no trace."""
    if _Tracing.tracer is not None:
        from opentelemetry import trace  # noqa: PLC0415 — is imported already when there is a tracer

        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
    return _given.get()


@contextmanager
def span(name: str, /, *, kind: Kind = "internal", parent: str | None = None, **facts: Fact) -> Iterator[Recording]:
    """Time what happens inside.

    Args:
        name: a constant, or one of few: never with an id in it.
        kind: the span's side of a conversation.
        parent: a `traceparent` from outside; the span around this one when None.
        facts: what else is known now; more by `tell`.

    Yields:
        The span, for `tell`; None when nothing is traced.
    """
    token = None if parent is None else _given.set(parent)
    try:
        if _Tracing.tracer is None:
            yield None
        else:
            with _recorded(_Tracing.tracer, name, kind, parent, facts) as made:
                yield made
    finally:
        if token is not None:
            _given.reset(token)


def tell(made: Recording, **facts: Fact) -> None:
    """Add facts to a span that is under way."""
    if made is not None:
        made.set_attributes(_attributes(facts))


@contextmanager
def _recorded(
    tracer: "Tracer", name: str, kind: Kind, parent: str | None, facts: Mapping[str, Fact]
) -> Iterator["Span"]:
    from opentelemetry.trace import SpanKind, Status, StatusCode  # noqa: PLC0415 — as above

    with tracer.start_as_current_span(
        name,
        context=None if parent is None else _context(parent),
        kind=SpanKind[kind.upper()],
        attributes=_attributes(facts),
        record_exception=False,  # its message and traceback hold what users sent, and paths of ours
        set_status_on_exception=False,
    ) as made:
        try:
            yield made
        except BaseException as error:
            known: CutroomError | None = first_of(error)
            made.set_status(Status(StatusCode.ERROR, known.code if known else type(error).__name__))
            raise


def _context(text: str) -> Any:
    from opentelemetry import trace  # noqa: PLC0415 — as above

    found = _TRACEPARENT.fullmatch(text)
    if found is None:
        return None
    context = trace.SpanContext(int(found[1], 16), int(found[2], 16), True, trace.TraceFlags(int(text[-2:], 16)))
    return trace.set_span_in_context(trace.NonRecordingSpan(context))


def _attributes(facts: Mapping[str, Fact]) -> dict[str, str | int | float | bool]:
    """Facts as OpenTelemetry names them, `job_id` as `cutroom.job_id`, with their texts masked; None is left out."""
    return {
        f"cutroom.{name}": mask(name, value) if isinstance(value, str) else value
        for name, value in facts.items()
        if value is not None
    }
