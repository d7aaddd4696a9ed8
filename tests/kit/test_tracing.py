import asyncio
import subprocess
import sys
from collections.abc import Iterator

import pytest

from cutroom.kit import tracing
from cutroom.kit.errors import Invalid
from tests.kit.otlp import Collected, collector, facts

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def collected() -> Iterator[Collected]:
    with collector() as found:
        tracing.start(service="cutroom-tests", endpoint=found.endpoint, headers={"x-team": "a"}, version="1.2")
        try:
            yield found
        finally:
            tracing.stop()


def test_spans_arrive_below_the_ones_around_them(collected: Collected) -> None:
    with tracing.span("outer", kind="server", parent=PARENT, number=3) as outer:
        with tracing.span("inner", text="a"):
            pass
        tracing.tell(outer, later=True)
    tracing.stop()
    (outer_span,), (inner_span,) = collected.named("outer"), collected.named("inner")
    assert outer_span.trace_id.hex() == inner_span.trace_id.hex() == TRACE
    assert outer_span.parent_span_id.hex() == "00f067aa0ba902b7"
    assert inner_span.parent_span_id == outer_span.span_id
    assert facts(outer_span) == {"number": 3, "later": True}
    assert collected.services == {"cutroom-tests"}
    assert collected.headers[0]["x-team"] == "a"
    assert collected.headers[0]["content-type"] == "application/x-protobuf"


def test_what_is_handed_on_continues_the_span_that_is_under_way(collected: Collected) -> None:
    assert tracing.traceparent() is None
    with tracing.span("outer"):
        handed = tracing.traceparent()
    assert handed is not None
    assert tracing.is_traceparent(handed)
    with tracing.span("elsewhere", parent=handed):
        pass
    tracing.stop()
    assert collected.named("elsewhere")[0].parent_span_id == collected.named("outer")[0].span_id


async def test_tasks_that_run_at_once_have_their_own_parents(collected: Collected) -> None:
    async def work(name: str) -> None:
        with tracing.span("outer", name=name):
            await asyncio.sleep(0.01)
            with tracing.span("inner", name=name):
                await asyncio.sleep(0.01)

    await asyncio.gather(work("a"), work("b"))
    tracing.stop()
    ids = {facts(span)["name"]: span.span_id for span in collected.named("outer")}
    assert {facts(span)["name"]: span.parent_span_id for span in collected.named("inner")} == ids


def test_a_failure_is_told_by_its_code_and_never_by_its_message(collected: Collected) -> None:
    def fail(error: Exception) -> None:
        with tracing.span("failing"):
            raise error

    with pytest.raises(Invalid):
        fail(Invalid("bad_name", "a canary in the message"))
    with pytest.raises(ValueError, match="another canary"):
        fail(ValueError("another canary"))
    tracing.stop()
    assert [span.status.message for span in collected.named("failing")] == ["bad_name", "ValueError"]
    assert all(b"canary" not in body for body in collected.bodies)


@pytest.mark.threat("A91")
def test_secrets_are_masked_in_facts(collected: Collected) -> None:
    key = "ctr_" + "k" * 43
    with tracing.span("masked", url=f"https://a.example/?sig={key}", note=f"Bearer {key}", password="hunter2"):
        pass
    tracing.stop()
    assert all(b"kkkk" not in body and b"hunter2" not in body for body in collected.bodies)
    assert facts(collected.named("masked")[0])["password"] == "[redacted]"


def test_without_a_collector_a_given_trace_is_still_handed_on() -> None:
    with tracing.span("anything", parent=PARENT) as made:
        assert made is None
        assert tracing.traceparent() == PARENT
    assert tracing.traceparent() is None


@pytest.mark.parametrize(
    "text",
    ["", "00-" + "0" * 32 + "-00f067aa0ba902b7-01", f"00-{TRACE}-{'0' * 16}-01", PARENT + "\n", "01" + PARENT[2:]],
)
def test_what_is_no_traceparent_is_not_taken(text: str) -> None:
    assert not tracing.is_traceparent(text)


def test_nothing_of_opentelemetry_is_imported_where_nobody_collects() -> None:
    program = (
        "import sys; from cutroom.kit import tracing\n"
        "with tracing.span('a'): pass\n"
        "print('opentelemetry' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
