"""Is this token real, meant for us, and still good?

Signature and times are PyJWT's; around it stands what it leaves open: the key and its algorithm come from the issuer's
own list alone, numbers are numbers, a life has a longest length, and nothing that the header says of where to find a
key (`jku`, `x5u`, `jwk`, `x5c`) is as much as looked at.
"""

import base64
import binascii
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

import jwt

from cutroom.accounts.tokens.claims import Claims, bad, name_of, organisations_of, text_of
from cutroom.accounts.tokens.issuer import Issuer
from cutroom.accounts.tokens.jwks import KeyCache
from cutroom.accounts.tokens.keys import VerifyingKey, read_pem
from cutroom.kit import strict_json
from cutroom.kit.clock import Clock
from cutroom.kit.errors import CutroomError, Internal, Invalid

MAX_CHARS: Final = 8_192
LEAST_PYJWT: Final = (2, 15, 1)
"""Versions before took headers whose `crit` they did not understand (CVE-2026-32597)."""
# Unpadded base64url in three parts (RFC 7515, section 7.1): a text with "==" at its end is not the same token.
_FORM: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
_TIMES: Final = ("exp", "iat", "nbf")
_LAST_TIME: Final = 1 << 35
"""The year 3058: beyond it, a number of seconds is a mistake or a trick."""


def looks_like_a_token(text: str) -> bool:
    """Whether `text` has the form of a JWT: a cheap test before anything is read."""
    return len(text) <= MAX_CHARS and _FORM.fullmatch(text) is not None


def check_library() -> None:
    """Refuse to verify anything with a PyJWT that lets through what must not come through.

    Raises:
        Internal: `pyjwt_too_old`.
    """
    installed = version("pyjwt")
    if tuple(map(int, re.findall(r"\d+", installed)[:3])) < LEAST_PYJWT:
        least = ".".join(map(str, LEAST_PYJWT))
        raise Internal("pyjwt_too_old", f"PyJWT {installed} is installed; {least} or newer is needed. Update it.")


class Verifier:
    """Verifies tokens of some issuers.

    Args:
        issuers: who is believed.
        clock: the time that tokens are compared with.

    Raises:
        Internal: `pyjwt_too_old`.
        Invalid: `bad_public_key`.
    """

    def __init__(self, issuers: Iterable[Issuer], clock: Clock) -> None:
        check_library()
        self._clock = clock
        self._issuers = {issuer.url: issuer for issuer in issuers}
        self._pinned = {one.url: read_pem(one.public_key) for one in self._issuers.values() if one.public_key}
        self.caches = {one.url: KeyCache(one.jwks_url, clock) for one in self._issuers.values() if one.jwks_url}

    @property
    def issuers(self) -> Mapping[str, Issuer]:
        """Who is believed, by `iss`."""
        return self._issuers

    async def verify(self, token: str, *, begun: bool = False) -> Claims:
        """What the token says, once it is known to be real.

        Args:
            token: its text.
            begun: of a request that goes on, for which it was good: it may have expired since.

        Raises:
            Invalid: `bad_token`, with a sentence for the log that says why; callers show none of it.
            Unavailable: `issuer_unavailable`.
        """
        form = _FORM.fullmatch(token) if len(token) <= MAX_CHARS else None
        if form is None:
            raise Invalid("bad_token", "This is not a token.")
        header, payload = _part(form.group(1), "header"), _part(form.group(2), "payload")
        kid = _checked_header(header)
        url = payload.get("iss")
        issuer = self._issuers.get(url) if isinstance(url, str) else None
        if issuer is None:
            raise Invalid("bad_token", "The token's issuer is not one that we believe.")
        key = self._pinned.get(issuer.url) or await self.caches[issuer.url].find(kid)
        if key is None or header["alg"] not in key.algorithms:
            raise Invalid("bad_token", "No key of the issuer fits the token's header.")
        self._check_times(issuer, payload, begun=begun)
        self._check_signature(issuer, key, token, str(header["alg"]))
        return self._claims(issuer, payload)

    def _check_times(self, issuer: Issuer, payload: Mapping[str, Any], *, begun: bool) -> None:
        for name in _TIMES:
            value = payload.get(name)
            if value is None and name == "nbf":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise bad(name)
            if not 0 <= value < _LAST_TIME:
                raise bad(name)
        now = self._clock.now().timestamp()
        if not payload["iat"] <= payload["exp"] <= payload["iat"] + issuer.max_lifetime_s:
            raise Invalid("bad_token", "The token would live for longer than its issuer may let it.")
        if not begun and payload["exp"] <= now - issuer.leeway_s:
            raise Invalid("bad_token", "The token has expired.")
        if max(payload["iat"], payload.get("nbf") or 0) > now + issuer.leeway_s:
            raise Invalid("bad_token", "The token is not valid yet.")

    def _check_signature(self, issuer: Issuer, key: VerifyingKey, token: str, algorithm: str) -> None:
        required = ["exp", "iat", "sub", "iss"] + (["aud"] if issuer.audiences else [])
        try:
            jwt.decode(
                token,
                key.key,
                algorithms=[algorithm],
                issuer=issuer.url,
                audience=list(issuer.audiences) or None,
                # Times are compared above, with our clock and after their types.
                options={"require": required, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise Invalid("bad_token", f"The token is refused: {error}.") from error

    def _claims(self, issuer: Issuer, payload: Mapping[str, Any]) -> Claims:
        subject = text_of(payload, "sub")
        if subject is None:
            raise bad("sub")
        _check_party(issuer, payload)
        if issuer.kind == "clerk" and payload.get("sts", "active") != "active":
            raise Invalid("bad_token", "The session that the token belongs to still waits for something.")
        return Claims(
            issuer=issuer.url,
            subject=subject,
            name=name_of(payload, subject),
            issued_at=datetime.fromtimestamp(payload["iat"], UTC),
            ends_at=datetime.fromtimestamp(payload["exp"] + issuer.leeway_s, UTC),
            organisations=organisations_of(issuer, payload),
            jti=text_of(payload, "jti"),
            sid=text_of(payload, "sid"),
        )


def _check_party(issuer: Issuer, payload: Mapping[str, Any]) -> None:
    """For whom the token was issued (OpenID Connect Core, section 2): at Clerk, the origin of the page."""
    party = text_of(payload, "azp")
    if not issuer.parties or (party is None and issuer.azp_optional):
        return
    if party not in issuer.parties:
        raise Invalid("bad_token", "The token was issued for another party.")


def _checked_header(header: Mapping[str, Any]) -> str | None:
    """The id of the key to look for.

    Raises:
        Invalid: `bad_token`.
    """
    if not isinstance(header.get("alg"), str):
        raise bad("alg")
    if "crit" in header or header.get("b64", True) is not True:
        raise Invalid("bad_token", "The token's header asks for something that we do not understand.")
    kind = header.get("typ")
    if kind is not None and (not isinstance(kind, str) or kind.lower() not in _TYPES):
        raise bad("typ")
    return text_of(header, "kid")


def _part(text: str, name: str) -> dict[str, Any]:
    try:
        value = strict_json.parse(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, CutroomError) as error:
        raise bad(name) from error
    if not isinstance(value, dict):
        raise bad(name)
    return value
