import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cutroom.webhooks import EVENT_TYPES, catalogue

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def job(**more: Any) -> dict[str, Any]:
    return {"id": "job_1", "type": "render", "status": "succeeded", "createdAt": "2026-11-21T09:30:00Z", **more}


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_every_type_has_an_example_of_the_form_of_all_messages(event_type: str) -> None:
    message = json.loads(catalogue.example(event_type, AT))
    assert message.keys() == {"type", "timestamp", "data"}
    assert message["type"] == event_type
    assert message["timestamp"] == "2026-11-21T09:30:00Z"


def test_a_small_job_is_sent_whole() -> None:
    data = job(input={"a": 1}, output={"b": "Grüße"})
    assert json.loads(catalogue.body("job.succeeded", AT, data))["data"] == data


@pytest.mark.parametrize(
    ("large", "trimmed"),
    [
        ({"input": "é" * 15_000, "output": "kept"}, ["input"]),
        ({"input": "x" * 30_000, "output": "x" * 30_000}, ["input", "output"]),
        ({"artifacts": [{"url": "x" * 1000}] * 40, "warnings": []}, ["warnings", "artifacts"]),
        ({"error": {"message": "x" * 30_000}}, ["error"]),
        ({"stage": "x" * 30_000}, ["rest"]),
    ],
)
def test_what_makes_a_job_too_large_is_left_out_and_named(large: dict[str, Any], trimmed: list[str]) -> None:
    body = catalogue.body("job.succeeded", AT, job(**large))
    data = json.loads(body)["data"]
    assert len(body.encode()) < 20_000
    assert data["trimmed"] == trimmed
    assert data.keys().isdisjoint(trimmed)
    assert (data["id"], data["status"]) == ("job_1", "succeeded")
