"""Tokens that are none, or not for us, or not any more. Threats A52 to A59."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from cutroom.accounts.tokens import Claims, Issuer, Verifier, looks_like_a_token, read_issuers, verify
from cutroom.kit.clock import FixedClock, SystemClock
from cutroom.kit.errors import Internal, Invalid
from tests.accounts.provider import AUDIENCE, Provider, jwk, part, pem, rsa_key

provider = Provider()
TWICE = b'{"iss": 1, "iss": 2}'


def issuer(**changes: Any) -> Issuer:
    entry = {"kind": "oidc", "issuer": provider.url, "audience": AUDIENCE, "publicKey": pem(rsa_key()), **changes}
    return read_issuers([{name: value for name, value in entry.items() if value is not None}])[0]


async def verified(token: str, **changes: Any) -> Claims:
    return await Verifier([issuer(**changes)], SystemClock()).verify(token)


async def refused(token: str, **changes: Any) -> str:
    with pytest.raises(Invalid) as caught:
        await verified(token, **changes)
    assert caught.value.code == "bad_token"
    return caught.value.message


async def test_a_good_token_says_who_it_is_about() -> None:
    claims = await verified(provider.token(name="Ada", jti="t1", sid="s1"))
    assert (claims.issuer, claims.subject, claims.name) == (provider.url, "user_1", "Ada")
    assert (claims.jti, claims.sid, dict(claims.organisations)) == ("t1", "s1", {})
    assert 300 < (claims.ends_at - datetime.now(UTC)).total_seconds() <= 360  # with the minute of leeway


@pytest.mark.parametrize(
    ("key", "alg"),
    [
        (ec.generate_private_key(ec.SECP256R1()), "ES256"),
        (ec.generate_private_key(ec.SECP384R1()), "ES384"),
        (ec.generate_private_key(ec.SECP521R1()), "ES512"),
        (ed25519.Ed25519PrivateKey.generate(), "EdDSA"),
    ],
)
async def test_other_kinds_of_keys_verify_too(key: Any, alg: str) -> None:
    token = provider.token(key=key, alg=alg)
    assert (await verified(token, publicKey=pem(key))).subject == "user_1"
    await refused(token)


@pytest.mark.threat("A52")
@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "NONE", "", " none"])
async def test_a_token_without_a_signature_is_none(alg: str) -> None:
    content = f"{part({'alg': alg, 'typ': 'JWT', 'kid': 'first'})}.{part(provider.claims())}"
    for signature in ("", "x", part(b"")):
        await refused(f"{content}.{signature}")
    signed = provider.token()
    await refused(f"{content}.{signed.rpartition('.')[2]}")


@pytest.mark.threat("A52")
@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
async def test_a_public_key_is_no_shared_secret(alg: str) -> None:
    for secret in (pem(rsa_key()), pem(rsa_key()).strip(), json.dumps(jwk(rsa_key(), "first"))):
        content = f"{part({'alg': alg, 'typ': 'JWT', 'kid': 'first'})}.{part(provider.claims())}"
        algorithm = jwt.algorithms.HMACAlgorithm(getattr(jwt.algorithms.HMACAlgorithm, f"SHA{alg[2:]}"))
        await refused(f"{content}.{part(algorithm.sign(content.encode(), secret.encode()))}")


@pytest.mark.threat("A52")
async def test_a_key_is_used_with_its_own_algorithm_alone() -> None:
    for alg in ("RS384", "RS512", "PS256", "ES256", "EdDSA"):
        token = provider.token()
        header = {"alg": alg, "typ": "JWT", "kid": "first"}
        await refused(f"{part(header)}.{token.split('.')[1]}.{token.split('.')[2]}")
    for alg in ("RS384", "PS256"):  # even when the signature is right
        await refused(provider.token(alg=alg))


@pytest.mark.threat("A53")
@pytest.mark.parametrize("name", ["exp", "iat", "sub", "iss", "aud"])
async def test_a_token_that_leaves_something_out_is_none(name: str) -> None:
    await refused(provider.token(**{name: None}))


@pytest.mark.threat("A53")
@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"},
        {"aud": ["another", "third"]},
        {"aud": []},
        {"aud": {"cutroom": 1}},
        {"aud": 1},
        {"iss": "https://idp.example.com/"},
        {"iss": "https://IDP.example.com"},
        {"iss": ["https://idp.example.com"]},
        {"iss": 1},
    ],
)
async def test_a_token_for_others_is_none(changes: dict[str, Any]) -> None:
    await refused(provider.token(**changes))


@pytest.mark.threat("A53")
@pytest.mark.parametrize(
    "seconds", [{"exp": -61, "iat": -300}, {"nbf": 90}, {"iat": 90, "exp": 300}, {"iat": 0, "exp": -10}]
)
async def test_a_token_for_another_time_is_none(seconds: dict[str, Any]) -> None:
    now = int(time.time())
    await refused(provider.token(**{name: now + offset for name, offset in seconds.items()}))


@pytest.mark.threat("A53", "F17")
async def test_clocks_may_differ_by_a_minute() -> None:
    now = int(time.time())
    near: list[dict[str, Any]] = [{"exp": now - 50, "iat": now - 300}, {"nbf": now + 50}, {"iat": now + 50}]
    for changes in near:
        await verified(provider.token(**changes))
    assert (await verified(provider.token(aud=["another", AUDIENCE]))).subject == "user_1"


@pytest.mark.threat("A54")
@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize(
    "value", [10**30, 10**18, 1e300, -1, "9999999999", "2050-01-01", True, [], {}, [4_000_000_000], 253_402_300_800]
)
async def test_a_time_is_a_number_of_a_time_that_can_be(name: str, value: Any) -> None:
    await refused(provider.token(**{name: value}))


@pytest.mark.threat("A54")
async def test_no_token_lives_for_longer_than_its_issuer_may_let_it() -> None:
    now = int(time.time())
    await refused(provider.token(exp=now + 86_400 + 1, iat=now))
    await verified(provider.token(exp=now + 86_400, iat=now))
    await refused(provider.token(exp=now + 61, iat=now), maxLifetimeS=60)
    # Made long ago for a long time: no better.
    await refused(provider.token(exp=now + 60, iat=now - 86_400))


@pytest.mark.threat("A55")
@pytest.mark.parametrize(
    "kid",
    [
        "../../../../dev/null",
        "first' OR '1'='1",
        ["first"],
        {"kid": "first"},
        1,
        True,
        "x" * 300,
        "",
        "\x00",
        "/etc/passwd",
    ],
)
async def test_the_id_of_a_key_is_a_name_and_nothing_else(kid: Any) -> None:
    attacker = rsa_key(1)
    header = {"alg": "RS256", "typ": "JWT", "kid": kid}
    await refused(provider.sign(header, provider.claims(), attacker, "RS256"))


@pytest.mark.threat("A55")
async def test_a_key_that_a_token_brings_along_is_not_looked_at() -> None:
    attacker = rsa_key(1)
    places = {"jku": "http://127.0.0.1:1/jwks", "x5u": "http://127.0.0.1:1/x5u", "jwk": jwk(attacker, "first")}
    for name, value in places.items():
        await refused(provider.token(key=attacker, head={name: value}))
        assert (await verified(provider.token(head={name: value}))).subject == "user_1"  # signed by the real one
    await refused(provider.token(key=attacker, head=places))


@pytest.mark.threat("A57")
@pytest.mark.parametrize(
    "party", ["https://evil.example", "https://app.example.com.evil.example", "null", "", None, 1, []]
)
async def test_a_clerk_token_of_another_origin_is_none(party: Any) -> None:
    theirs: dict[str, Any] = {"kind": "clerk", "audience": None, "authorizedParties": ["https://app.example.com"]}
    await refused(provider.token(aud=None, azp=party), **theirs)
    assert (await verified(provider.token(aud=None, azp="https://app.example.com"), **theirs)).subject == "user_1"
    if party is None:
        assert (await verified(provider.token(aud=None), **theirs, azpOptional=True)).subject == "user_1"


@pytest.mark.threat("A58")
async def test_no_two_texts_are_the_same_token() -> None:
    token = provider.token()
    assert (await verified(token)).subject == "user_1"
    for other in (
        f"{token}=",
        f"{token}==",
        f"{token}\n",
        f" {token}",
        token.replace(".", "=.", 1),
        f"{token}.",
        token + "A",
    ):
        assert not looks_like_a_token(other) or await refused(other)
        await refused(other)


@pytest.mark.threat("A59")
@pytest.mark.parametrize("crit", [["b64"], ["exp"], ["unknown"], [], "exp", None])
async def test_a_header_that_asks_for_what_we_do_not_understand_is_refused(crit: Any) -> None:
    await refused(provider.token(head={"crit": crit, "unknown": 1, "b64": True}))


@pytest.mark.threat("A59")
async def test_a_payload_that_is_not_encoded_is_refused() -> None:
    await refused(provider.token(head={"b64": False}))


@pytest.mark.threat("A97")
@pytest.mark.parametrize("installed", ["2.15.0", "2.14.9", "1.7.1", "2.8.0rc1"])
def test_an_old_library_is_not_trusted(monkeypatch: pytest.MonkeyPatch, installed: str) -> None:
    monkeypatch.setattr(verify, "version", lambda _: installed)
    with pytest.raises(Internal) as caught:
        Verifier([], SystemClock())
    assert caught.value.code == "pyjwt_too_old"
    assert installed in caught.value.message


@pytest.mark.parametrize("installed", ["2.15.1", "2.16.0", "3.0", "2.15.1.post1"])
def test_a_newer_library_is(monkeypatch: pytest.MonkeyPatch, installed: str) -> None:
    monkeypatch.setattr(verify, "version", lambda _: installed)
    Verifier([], SystemClock())


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "a.b.c",
        "a.b.c.d.e",
        "x" * 9_000,
        f"{part(b'[]')}.{part(b'{}')}.AA",
        f"{part(b'{')}.{part(b'{}')}.AA",
        f"{part({'alg': 'RS256'})}.{part(b'[' * 5_000)}.AA",
        f"{part({'alg': 'RS256'})}.{part(TWICE)}.AA",
        f"{part({'alg': 1})}.{part({})}.AA",
        f"{part({'typ': 'JWT'})}.{part({})}.AA",
    ],
)
async def test_what_is_no_token_is_refused(token: str) -> None:
    await refused(token)


async def test_what_is_signed_but_says_nonsense_is_refused() -> None:
    payloads: list[Any] = [[], "text", 1, None, b"\xff", b"{}{}"]
    for payload in payloads:
        header = {"alg": "RS256", "typ": "JWT", "kid": "first"}
        await refused(provider.sign(header, payload, rsa_key(), "RS256"))
    subjects: list[Any] = [1, "", "x" * 256, ["user_1"]]
    for changes in ({"sub": subject} for subject in subjects):
        await refused(provider.token(**changes))
    for changes in ({"jti": 1}, {"sid": []}):
        await refused(provider.token(**changes))
    for kind in ("dpop+jwt", "logout+jwt", "JWE", 1):
        await refused(provider.token(head={"typ": kind}))
    assert (await verified(provider.token(head={"typ": "at+JWT"}))).subject == "user_1"


async def test_a_changed_token_is_refused() -> None:
    head, payload, signature = provider.token().split(".")
    changed = part(provider.claims(sub="user_2"))
    await refused(f"{head}.{changed}.{signature}")
    await refused(f"{head}.{payload}.{signature[:-4]}AAAA")
    await refused(provider.token(key=rsa_key(1)))


def test_weak_keys_are_not_taken() -> None:
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 — as weak as can be
    with pytest.raises(Invalid, match="2048"):
        Verifier([issuer(publicKey=pem(weak))], SystemClock())
    with pytest.raises(Invalid, match="PEM"):
        Verifier([issuer(publicKey="not a key")], SystemClock())


async def test_time_is_that_of_our_clock() -> None:
    token = provider.token()
    clock = FixedClock(datetime.now(UTC))
    verifier = Verifier([issuer()], clock)
    assert (await verifier.verify(token)).subject == "user_1"
    clock.advance(361)
    with pytest.raises(Invalid, match="expired"):
        await verifier.verify(token)
