"""Keys of a provider that is away, slow, mad, or asked too often. Threats A55, A56, A96, F21."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import get_args

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cutroom.accounts.tokens import Verifier, read_issuers
from cutroom.accounts.tokens.jwks import COOLDOWN_S, FRESH_S, MAX_UNKNOWN, UNKNOWN_S, KeyCache
from cutroom.accounts.tokens.keys import read_jwks
from cutroom.kit.clock import FixedClock
from cutroom.kit.errors import Invalid, Unavailable
from tests.accounts.provider import AUDIENCE, Mode, Provider, jwk, provider, rsa_key

JWKS = "/.well-known/jwks.json"
AWAY: list[Mode] = [mode for mode in get_args(Mode) if mode != "up"]


@pytest.fixture
async def idp() -> AsyncIterator[Provider]:
    async with provider() as made:
        yield made


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime.now(UTC))


def cache_of(idp: Provider, clock: FixedClock) -> KeyCache:
    return KeyCache(f"{idp.url}{JWKS}", clock, deadline_s=0.4)


async def test_keys_are_fetched_once_for_many(idp: Provider, clock: FixedClock) -> None:
    cache = cache_of(idp, clock)
    found = await asyncio.gather(*(cache.find("first") for _ in range(50)))
    assert all(key is not None for key in found)
    assert idp.asked == 1


@pytest.mark.threat("A56")
async def test_unknown_key_ids_do_not_make_the_provider_be_asked_again_and_again(
    idp: Provider, clock: FixedClock
) -> None:
    cache = cache_of(idp, clock)
    assert await cache.find("first") is not None
    for second in range(60):
        clock.advance(1)
        found = await asyncio.gather(*(cache.find(f"made up {second} {number}") for number in range(20)))
        assert found == [None] * 20
    assert idp.asked == 1 + 60 // COOLDOWN_S


@pytest.mark.threat("A56")
async def test_one_unknown_key_id_is_remembered(idp: Provider, clock: FixedClock) -> None:
    cache = cache_of(idp, clock)
    await cache.find("first")
    clock.advance(COOLDOWN_S)
    assert await cache.find("unknown") is None
    assert idp.asked == 2
    for _ in range(3):
        clock.advance(COOLDOWN_S)
        assert await cache.find("unknown") is None
    assert idp.asked == 2
    clock.advance(UNKNOWN_S)
    assert await cache.find("unknown") is None
    assert idp.asked == 3


@pytest.mark.threat("A56")
async def test_what_is_remembered_of_unknown_ids_has_an_end(idp: Provider, clock: FixedClock) -> None:
    cache = cache_of(idp, clock)
    await cache.find("first")
    for number in range(MAX_UNKNOWN + 50):
        cache._note_unknown(f"made up {number}")
    assert len(cache._unknown) == MAX_UNKNOWN


async def test_a_new_key_is_found_when_it_is_first_used(idp: Provider, clock: FixedClock) -> None:
    cache = cache_of(idp, clock)
    await cache.find("first")
    idp.keys["second"] = rsa_key(1)
    # Within the cooldown it is not, and that is not held against it.
    assert await cache.find("second") is None
    clock.advance(COOLDOWN_S)
    assert await cache.find("second") is not None


async def test_a_withdrawn_key_is_not_believed_for_long(idp: Provider, clock: FixedClock) -> None:
    cache = cache_of(idp, clock)
    await cache.find("first")
    idp.keys = {"second": rsa_key(1)}
    clock.advance(FRESH_S - 1)
    assert await cache.find("first") is not None
    clock.advance(2)
    assert await cache.find("first") is None
    assert await cache.find("second") is not None


@pytest.mark.threat("A56", "A96", "F21")
@pytest.mark.parametrize("mode", AWAY)
async def test_old_keys_live_on_while_the_provider_is_not_itself(idp: Provider, clock: FixedClock, mode: Mode) -> None:
    cache = cache_of(idp, clock)
    known = await cache.find("first")
    idp.mode = mode
    started = time.monotonic()
    for _ in range(5):
        clock.advance(FRESH_S + 1)
        assert await cache.find("first") is known
        assert await cache.find("new") is None
    assert time.monotonic() - started < 30
    assert not idp.took_redirect
    idp.mode = "up"
    idp.keys["new"] = rsa_key(1)
    clock.advance(COOLDOWN_S)
    assert await cache.find("new") is not None


@pytest.mark.threat("A96", "F21")
@pytest.mark.parametrize("mode", AWAY)
async def test_without_any_key_nobody_is_let_in_and_nobody_waits(idp: Provider, clock: FixedClock, mode: Mode) -> None:
    idp.mode = mode
    cache = cache_of(idp, clock)
    started = time.monotonic()
    found = await asyncio.gather(*(cache.find("first") for _ in range(10)), return_exceptions=True)
    assert all(isinstance(error, Unavailable) and error.code == "issuer_unavailable" for error in found)
    assert time.monotonic() - started < 30
    assert idp.asked == 1
    assert not idp.took_redirect
    idp.mode = "up"
    clock.advance(5)
    assert await cache.find("first") is not None


@pytest.mark.threat("A96")
async def test_an_answer_without_end_is_not_read_to_its_end(idp: Provider, clock: FixedClock) -> None:
    idp.mode = "endless"
    cache = KeyCache(f"{idp.url}{JWKS}", clock, deadline_s=30)
    with pytest.raises(Unavailable):
        await cache.find("first")
    assert idp.sent < 16 << 20  # what fits into the buffers between us, of 50 MB


@pytest.mark.threat("F21")
async def test_a_port_that_nobody_listens_on_is_a_provider_that_is_away(clock: FixedClock) -> None:
    cache = KeyCache("http://127.0.0.1:1/keys", clock)
    with pytest.raises(Unavailable):
        await cache.find("first")


@pytest.mark.threat("A55")
async def test_a_key_set_gives_keys_that_verify_and_no_others() -> None:
    good = jwk(rsa_key(), "good", use="sig", alg="RS256")
    document = {
        "keys": [
            {"kty": "oct", "k": "c2VjcmV0", "kid": "symmetric"},
            jwk(rsa_key(1), "for encryption", use="enc"),
            jwk(rsa_key(1), "for signing", key_ops=["sign"]),
            jwk(rsa_key(1), "with another algorithm", alg="ES256"),
            jwk(rsa_key(1), "with a shared one", alg="HS256"),
            jwk(rsa_key(1), "with none", alg="none"),
            jwk(rsa.generate_private_key(65537, 1024), "weak"),  # noqa: S505 — as weak as can be
            {**good, "kid": ["list"]},
            {**good, "kid": "broken", "n": "!!"},
            {"kid": "empty"},
            "text",
            None,
            good,
            {**jwk(rsa_key(2), "good")},
            jwk(ec.generate_private_key(ec.SECP256K1()), "of another curve"),
            jwk(ec.generate_private_key(ec.SECP256R1()), "elliptic"),
        ]
    }
    found = read_jwks(document)
    assert {kid: set(key.algorithms) for kid, key in found.items()} == {"good": {"RS256"}, "elliptic": {"ES256"}}
    assert found["good"].key == rsa_key().public_key()  # the first of two with one name


@pytest.mark.parametrize(
    "document", [None, [], {}, {"keys": {}}, {"keys": []}, {"keys": [1]}, {"keys": [{}] * 101}, "x"]
)
def test_what_is_no_key_set_is_refused(document: object) -> None:
    with pytest.raises(Invalid):
        read_jwks(document)


async def test_a_token_without_a_key_id_is_of_the_only_key(idp: Provider, clock: FixedClock) -> None:
    entry = {"kind": "oidc", "issuer": idp.url, "audience": AUDIENCE}
    verifier = Verifier(read_issuers([entry]), clock)
    assert (await verifier.verify(idp.token(kid=None))).subject == "user_1"
    idp.keys["second"] = rsa_key(1)
    clock.advance(FRESH_S + 1)
    with pytest.raises(Invalid):
        await verifier.verify(
            idp.token(kid=None, iat=int(clock.now().timestamp()), exp=int(clock.now().timestamp()) + 60)
        )
