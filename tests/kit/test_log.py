import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import SecretStr
from structlog.contextvars import bound_contextvars

from cutroom.kit.log import configure
from cutroom.kit.redaction import HIDDEN, redact

KEY = "ctr_3f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c"
FAILED = f"failed with {KEY}"


@pytest.fixture(autouse=True)
def _afterwards_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, raising = root.handlers[:], root.level, logging.raiseExceptions
    configured = structlog.get_config()
    yield
    root.handlers[:], logging.raiseExceptions = handlers, raising
    root.setLevel(level)
    structlog.configure(**configured)


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(out: io.StringIO) -> Any:
    configure(json=True, level="info", stream=out)
    return structlog.get_logger()


def _lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def _line(out: io.StringIO) -> dict[str, Any]:
    (line,) = _lines(out)
    return line


def test_a_line_holds_event_level_time_and_facts(log: Any, out: io.StringIO) -> None:
    log.info("job.claimed", attempt=2, waited_s=0.5)
    line = _line(out)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "job.claimed", "level": "info", "attempt": 2, "waited_s": 0.5}


def test_what_is_bound_to_the_task_is_on_its_lines_and_only_there(log: Any, out: io.StringIO) -> None:
    with bound_contextvars(request_id="req_1", job_id="job_1"):
        log.info("one")
        logging.getLogger("some.library").warning("two")
    log.info("three")
    first, second, third = _lines(out)
    assert first["request_id"] == second["request_id"] == "req_1"
    assert second["event"] == "two"
    assert "job_id" not in third


@pytest.mark.parametrize(
    "key",
    ["password", "db_pass_word", "clientSecret", "token", "Authorization", "X-Api-Key", "cookie", "DATABASE_URL"],
)
def test_a_fact_with_a_secret_name_is_hidden_at_any_depth(log: Any, out: io.StringIO, key: str) -> None:
    log.info("event", **{key: "hunter22"}, deep={"list": [{key: ["hunter22"]}]})
    assert "hunter22" not in out.getvalue()
    assert _line(out)[key] == HIDDEN


def test_a_count_with_such_a_name_is_not_a_secret(log: Any, out: io.StringIO) -> None:
    log.info("event", prompt_tokens=17, idempotency_key="order-7")
    line = _line(out)
    assert (line["prompt_tokens"], line["idempotency_key"]) == (17, "order-7")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"the key {KEY} is wrong", KEY[4:]),
        ("GET /files/a.mp4?expires=1&sig=c2VjcmV0c2ln-_x&name=a", "c2VjcmV0c2ln"),
        ("https://b.example/k?X-Amz-Signature=deadbeef01&X-Amz-Credential=AKIA%2F1", "deadbeef01"),
        ("https://b.example/k?X-Amz-Credential=AKIAIOSFODNN7&x=1", "AKIAIOSFODNN7"),
        ("postgresql://cutroom:hunter22@db:5432/cutroom", "hunter22"),
        ("Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "eyJhbGci"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8"),
        ("/join#cti_3f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c", "3f9a8b7c"),
        ("/reset#ctl_3f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c", "3f9a8b7c"),
        ("/confirm#ctc_3f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c", "3f9a8b7c"),
        ("enrol with cte_3f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c", "3f9a8b7c"),
        ("the token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl is old", "eyJzdWIi"),
        ("Cookie: a=b; __Host-cutroom=Yx3uJ5mK1hQ9vT7wZ2bN4cR6dF8gH0jL; c=d", "Yx3uJ5mK1"),
    ],
)
def test_a_secret_inside_a_text_is_hidden_and_the_rest_stays(text: str, secret: str) -> None:
    cleaned = redact(text)
    assert secret not in cleaned
    assert HIDDEN in cleaned
    assert cleaned.startswith(text[:4])


@pytest.mark.parametrize("text", ["render.mp4?size=10", "https://example.com/a:b@c.png", "design=flat", "job_01h5"])
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


def _fail(message: str) -> None:
    raise RuntimeError(message)


def test_secrets_of_events_exceptions_objects_and_keys_are_hidden(log: Any, out: io.StringIO) -> None:
    try:
        _fail(f"refused {KEY}")
    except RuntimeError:
        log.exception(FAILED, path=Path(f"/x?sig={KEY}"), found={KEY: 1}, held=SecretStr("hunter22"))
    assert KEY not in out.getvalue()
    assert "hunter22" not in out.getvalue()
    assert "RuntimeError: refused" in _line(out)["exception"]


@pytest.mark.threat("A90")
@pytest.mark.parametrize("as_json", [True, False])
def test_a_text_cannot_forge_a_line_or_drive_a_terminal(out: io.StringIO, as_json: bool) -> None:  # noqa: FBT001
    configure(json=as_json, level="info", stream=out)
    nasty = "x\r\n2026-01-01 [error] forged\x1b[31m\x9b2J\u2028\u202e"
    structlog.get_logger().info("event", name=nasty, **{"key\nforged": nasty})
    logging.getLogger("library").warning("said %s", nasty)
    written = out.getvalue()
    assert len(written.splitlines()) == 2
    assert not any(mark in written for mark in ("\x1b", "\x9b", "\r", "\u2028", "\u202e"))
    assert not any(line.startswith("2026-01-01 [error]") for line in written.splitlines())


def test_a_traceback_for_people_shows_no_local_variables(out: io.StringIO) -> None:
    configure(json=False, level="info", stream=out)
    hidden_local = "hunter22".upper()
    try:
        _fail("bad\nvalue")
    except RuntimeError:
        structlog.get_logger().exception("failed")
    assert "RuntimeError: bad" in out.getvalue()
    assert hidden_local not in out.getvalue()


def test_libraries_speak_from_warning_on(log: Any, out: io.StringIO) -> None:
    logging.getLogger("library").info("chatter")
    log.debug("hidden")
    log.info("shown")
    assert [line["event"] for line in _lines(out)] == ["shown"]
    configure(json=True, level="debug", stream=out)
    logging.getLogger("library").debug("chatter")
    assert _lines(out)[-1]["event"] == "chatter"


def test_configuring_again_replaces(log: Any, out: io.StringIO) -> None:
    second = io.StringIO()
    configure(json=True, level="error", stream=second)
    log.error("event")
    log.warning("below")
    assert out.getvalue() == ""
    assert [line["event"] for line in _lines(second)] == ["event"]


def test_a_closed_stream_does_not_stop_the_program(
    out: io.StringIO, log: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    out.close()
    log.info("event")
    assert capsys.readouterr().err == ""
