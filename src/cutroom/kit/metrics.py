"""Counters, gauges and histograms, in one registry, found by name.

A package declares its metrics as module constants and the door prints all of them. Where several processes form one
program, the one that starts them gives all of them one empty folder as `PROMETHEUS_MULTIPROC_DIR`: each keeps its
values in files there, and `render` in any of them adds all up.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess, values
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.process_collector import ProcessCollector

REGISTRY: Final = CollectorRegistry()
CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
"""Histogram buckets from the dispatch of a job to the longest render."""

_ACROSS: Final[dict[str, Literal["livesum", "mostrecent"]]] = {"sum": "livesum", "latest": "mostrecent"}

ProcessCollector(registry=REGISTRY)


def counter(name: str, help_text: str, labels: Sequence[str] = ()) -> Counter:
    """Declare a number that only grows; its name ends in `_total` when printed.

    Raises:
        ValueError: when the name is taken.
    """
    return Counter(name, help_text, labels, registry=REGISTRY, namespace="cutroom")


def gauge(name: str, help_text: str, labels: Sequence[str] = (), *, across: Literal["sum", "latest"] = "sum") -> Gauge:
    """Declare a number that goes up and down.

    Args:
        name: without the `cutroom_` that is put before it.
        help_text: what it counts, and in which unit.
        labels: names of labels, with few values each: never an id.
        across: how the values of several processes become one: their `sum`, or the `latest` that any of them set.

    Raises:
        ValueError: when the name is taken.
    """
    return Gauge(name, help_text, labels, registry=REGISTRY, namespace="cutroom", multiprocess_mode=_ACROSS[across])


def histogram(
    name: str, help_text: str, labels: Sequence[str] = (), *, buckets: Sequence[float] = SECONDS
) -> Histogram:
    """Declare a distribution, of seconds unless `buckets` say otherwise.

    Raises:
        ValueError: when the name is taken.
    """
    return Histogram(name, help_text, labels, registry=REGISTRY, namespace="cutroom", buckets=buckets)


def render() -> bytes:
    """Everything in Prometheus's text format, of media type `CONTENT_TYPE`."""
    if values.ValueClass is values.MutexValue:
        return generate_latest(REGISTRY)
    together = CollectorRegistry()
    multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return generate_latest(together)


def forget(pid: int, folder: Path) -> None:
    """Take the gauges of a process that has died out of the sums in a shared folder; its counters stay."""
    multiprocess.mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
