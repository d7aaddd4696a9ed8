"""Threat A77: what a receiver refuses, proven with the verifiers that receivers use."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks
import svix.webhooks
from standardwebhooks.webhooks import WebhookVerificationError

from cutroom.webhooks import signing

BODY = '{"type":"job.succeeded","data":{"name":"Grüße"}}'
Verify = Callable[[str, str, dict[str, str]], Any]


def standard(secret: str, body: str, headers: dict[str, str]) -> Any:
    return standardwebhooks.Webhook(secret).verify(body, headers)


def of_svix(secret: str, body: str, headers: dict[str, str]) -> Any:
    svix.webhooks.Webhook(secret).verify(body, headers)
    return json.loads(body)


VERIFIERS = pytest.mark.parametrize("verify", [standard, of_svix])


def signed(*keys: bytes, at: datetime | None = None, body: str = BODY) -> dict[str, str]:
    return dict(signing.headers("evt_1", at or datetime.now(UTC), body, keys))


def test_the_specifications_own_example_gets_its_own_signature() -> None:
    key = standardwebhooks.Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")._whsecret
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signing.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}', [key])
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@VERIFIERS
def test_what_we_sign_is_verified(verify: Verify) -> None:
    key = signing.new_secret()
    assert verify(signing.shown(key), BODY, signed(key)) == json.loads(BODY)


@VERIFIERS
@pytest.mark.threat("A77")
def test_either_secret_verifies_during_a_rotation_and_the_old_one_no_longer(verify: Verify) -> None:
    old, new = signing.new_secret(), signing.new_secret()
    during, after = signed(new, old), signed(new)
    assert during["webhook-signature"].count("v1,") == 2
    for key in (old, new):
        verify(signing.shown(key), BODY, during)
    verify(signing.shown(new), BODY, after)
    with pytest.raises(WebhookVerificationError):
        verify(signing.shown(old), BODY, after)


@VERIFIERS
@pytest.mark.threat("A77")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"webhook-id": "evt_2"}, id="another id"),
        pytest.param({"webhook-timestamp": str(int(datetime.now(UTC).timestamp()) - 30)}, id="another time"),
        pytest.param({"webhook-signature": "v1,"}, id="no signature"),
        pytest.param({"webhook-signature": "v1a,AAAA"}, id="another kind of signature"),
    ],
)
def test_changed_headers_are_refused(verify: Verify, change: dict[str, str]) -> None:
    key = signing.new_secret()
    with pytest.raises(WebhookVerificationError):
        verify(signing.shown(key), BODY, {**signed(key), **change})


@VERIFIERS
@pytest.mark.threat("A77")
@pytest.mark.parametrize(
    "body",
    [
        BODY.replace("succeeded", "failed"),
        '{"data":{"name":"Grüße"},"type":"job.succeeded"}',
        BODY + " ",
    ],
    ids=["content", "order of fields", "a space"],
)
def test_a_changed_body_is_refused(verify: Verify, body: str) -> None:
    key = signing.new_secret()
    with pytest.raises(WebhookVerificationError):
        verify(signing.shown(key), body, signed(key))


@VERIFIERS
@pytest.mark.threat("A77")
@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_message_of_another_time_is_refused_after_five_minutes(verify: Verify, minutes: int) -> None:
    key = signing.new_secret()
    with pytest.raises(WebhookVerificationError):
        verify(signing.shown(key), BODY, signed(key, at=datetime.now(UTC) + timedelta(minutes=minutes)))


def test_secrets_are_long_enough_and_differ() -> None:
    made = {signing.new_secret() for _ in range(10)}
    assert len(made) == 10
    assert all(24 <= len(key) <= 64 for key in made)
    assert all(signing.shown(key).startswith("whsec_") for key in made)
