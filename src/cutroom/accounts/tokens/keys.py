"""Public keys of identity providers, each pinned to the algorithms that it may be used with.

The algorithm follows from the key, never from the token: then neither `alg: none` nor an HMAC over a public key means
anything (CVE-2022-29217).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from cutroom.kit.errors import Invalid

PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey
MAX_KEYS: Final = 100
MIN_RSA_BITS: Final = 2048
_RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_OF_CURVE: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key and the algorithms that a token may be signed with."""

    key: PublicKey
    algorithms: frozenset[str]


def read_jwks(document: Any) -> dict[str | None, VerifyingKey]:
    """The keys of a JWK set (RFC 7517) by their `kid`; keys that are not for verifying, or too weak, are left out.

    Raises:
        Invalid: `bad_jwks`, when it is no key set, or one without a key that can be used.
    """
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise Invalid("bad_jwks", f"This is not a list of at most {MAX_KEYS} keys.")
    found: dict[str | None, VerifyingKey] = {}
    for one in listed:
        kid = one.get("kid") if isinstance(one, dict) else None
        key = _read(one) if isinstance(one, dict) and (kid is None or isinstance(kid, str)) else None
        if key is not None:
            found.setdefault(kid, key)
    if not found:
        raise Invalid("bad_jwks", "There is no key in the list that a token could be verified with.")
    return found


def read_pem(text: str) -> VerifyingKey:
    """The public key, or the key of the certificate, in a PEM text.

    Raises:
        Invalid: `bad_public_key`.
    """
    raw = text.replace("\\n", "\n").encode()
    try:
        key = load_pem_x509_certificate(raw).public_key() if b"CERTIFICATE" in raw else load_pem_public_key(raw)
    except ValueError as error:
        raise Invalid("bad_public_key", "This is not a public key in PEM.") from error
    known = _pinned(key, None)
    if known is None:
        raise Invalid("bad_public_key", f"The key must be RSA of {MIN_RSA_BITS} bits or more, EC, or Ed25519.")
    return known


def _read(one: Mapping[str, Any]) -> VerifyingKey | None:
    """A key of the list; None for one that is not for verifying signatures."""
    if one.get("kty") not in {"RSA", "EC", "OKP"} or one.get("use", "sig") != "sig":
        return None
    operations = one.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    named = one.get("alg")
    if named is not None and not isinstance(named, str):
        return None
    public = {name: value for name, value in one.items() if name in {"kty", "n", "e", "crv", "x", "y"}}
    # Without `alg`, PyJWT guesses one from the key's type; which one is of no interest, we pin our own.
    try:
        key = jwt.PyJWK(public).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return _pinned(key, named)


def _pinned(key: object, named: str | None) -> VerifyingKey | None:
    """The key with what it may be used with; None when it is weak, or when `named` does not fit it."""
    possible: tuple[str, ...] = ()
    if isinstance(key, RSAPublicKey) and key.key_size >= MIN_RSA_BITS:
        possible = _RSA if named is not None else ("RS256",)
    elif isinstance(key, EllipticCurvePublicKey):
        possible = tuple(filter(None, [_OF_CURVE.get(key.curve.name)]))
    elif isinstance(key, Ed25519PublicKey):
        possible = ("EdDSA",)
    chosen = frozenset(possible) if named is None else frozenset({named}).intersection(possible)
    if not chosen or not isinstance(key, RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey):
        return None
    return VerifyingKey(key, chosen)
