import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from cutroom.kit import metrics


def _value(text: bytes, name: str) -> float:
    (line,) = (line for line in text.decode().splitlines() if line.startswith(f"{name} "))
    return float(line.rpartition(" ")[2])


@pytest.fixture
def name() -> str:
    return f"test_{secrets.token_hex(4)}"


def test_what_was_counted_is_printed_under_our_name(name: str) -> None:
    counted = metrics.counter(name, "Things.", ("outcome",))
    counted.labels(outcome="succeeded").inc(3)
    assert _value(metrics.render(), f'cutroom_{name}_total{{outcome="succeeded"}}') == 3


def test_times_fall_into_buckets(name: str) -> None:
    waited = metrics.histogram(name, "Waiting, in seconds.")
    waited.observe(0.003)
    waited.observe(4000)
    printed = metrics.render()
    assert _value(printed, f'cutroom_{name}_bucket{{le="0.0025"}}') == 0
    assert _value(printed, f'cutroom_{name}_bucket{{le="0.005"}}') == 1
    assert _value(printed, f"cutroom_{name}_count") == 2


def test_a_name_is_given_once(name: str) -> None:
    metrics.gauge(name, "Depth.")
    with pytest.raises(ValueError, match="Duplicated"):
        metrics.gauge(name, "Depth.")


def test_the_process_reports_on_itself() -> None:
    assert _value(metrics.render(), "process_resident_memory_bytes") > 0


COUNT = """
import sys
from cutroom.kit import metrics
jobs = metrics.counter("jobs", "Jobs.")
slots = metrics.gauge("slots", "Slots.")
depth = metrics.gauge("depth", "Depth.", across="latest")
for metric in (jobs, slots, depth):
    metric.inc(int(sys.argv[1])) if metric is not depth else metric.set(int(sys.argv[1]))
print(metrics.render().decode() if sys.argv[2] == "print" else "", end="")
import os
print("pid", os.getpid())
"""


def _run(folder: Path, amount: int, what: str) -> tuple[str, int]:
    done = subprocess.check_output(
        [sys.executable, "-c", COUNT, str(amount), what],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
        text=True,
    )
    text, _, pid = done.rpartition("pid ")
    return text, int(pid)


def test_processes_that_share_a_folder_are_added_up(tmp_path: Path) -> None:
    _, dead = _run(tmp_path, 5, "count")
    text, _ = _run(tmp_path, 2, "print")
    assert _value(text.encode(), "cutroom_jobs_total") == 7
    assert _value(text.encode(), "cutroom_slots") == 7
    assert _value(text.encode(), "cutroom_depth") == 2
    for path in tmp_path.glob("gauge_livesum_*"):
        pid = int(path.stem.rpartition("_")[2])
        metrics.forget(pid, tmp_path)
    assert not list(tmp_path.glob(f"gauge_livesum_{dead}.db"))
    text, _ = _run(tmp_path, 1, "print")
    assert _value(text.encode(), "cutroom_jobs_total") == 8
    assert _value(text.encode(), "cutroom_slots") == 1
