"""An identity provider of the tests: real keys, real tokens, and a real server for its keys that can misbehave."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, Literal

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Mode = Literal[
    "up", "down", "slow", "garbage", "endless", "redirect", "error", "compressed", "symmetric", "html", "padded"
]
AUDIENCE: Final = "cutroom"
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
_RSA: Final = [rsa.generate_private_key(65537, 2048) for _ in range(3)]
"""Made once: each takes a good part of a second."""


def rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    """One of a few RSA keys."""
    return _RSA[number]


def pem(key: Private) -> str:
    """The public half, as operators paste it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def jwk(key: Private, kid: str | None, **more: Any) -> dict[str, Any]:
    """The public half, as providers publish it."""
    algorithms: dict[type, Any] = {
        rsa.RSAPrivateKey: jwt.algorithms.RSAAlgorithm,
        ec.EllipticCurvePrivateKey: jwt.algorithms.ECAlgorithm,
        ed25519.Ed25519PrivateKey: jwt.algorithms.OKPAlgorithm,
    }
    made = next(algorithm for kind, algorithm in algorithms.items() if isinstance(key, kind))
    found = dict(made.to_jwk(key.public_key(), as_dict=True))
    return {**found, **({} if kid is None else {"kid": kid}), **more}


def part(value: Any) -> str:
    """A part of a token, as it is written."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Provider:
    """Signs tokens and publishes keys.

    Args:
        url: of its server, which is also its `iss`.
    """

    def __init__(self, url: str = "https://idp.example.com") -> None:
        self.url = url
        self.keys: dict[str, Private] = {"first": rsa_key()}
        self.mode: Mode = "up"
        self.asked = 0
        self.took_redirect = False
        self.sent = 0

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What a good token says; a change to None takes a claim away."""
        now = int(time.time())
        usual: dict[str, Any] = {"iss": self.url, "sub": "user_1", "aud": AUDIENCE, "iat": now, "exp": now + 300}
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def token(self, *, kid: str | None = "first", alg: str | None = None, head: Mapping[str, Any] | None = None,
              key: Private | None = None, **changes: Any) -> str:  # fmt: skip
        """A signed token."""
        signing = key or self.keys[kid or "first"]
        names: dict[type, str] = {
            rsa.RSAPrivateKey: "RS256",
            ec.EllipticCurvePrivateKey: "ES256",
            ed25519.Ed25519PrivateKey: "EdDSA",
        }
        named = alg or names[next(kind for kind in names if isinstance(signing, kind))]
        header = {**({} if kid is None else {"kid": kid}), **(head or {})}
        return self.sign({"alg": named, "typ": "JWT", **header}, self.claims(**changes), signing, named)

    @staticmethod
    def sign(header: Mapping[str, Any], payload: Any, key: Private, alg: str) -> str:
        """Anything at all, signed: also what no library would sign."""
        content = f"{part(header)}.{part(payload)}"
        algorithm = jwt.get_algorithm_by_name(alg)
        return f"{content}.{part(algorithm.sign(content.encode(), key))}"

    def answer(self) -> bytes:
        """What the server says when it is asked for the keys."""
        document = {"keys": [jwk(key, kid, use="sig") for kid, key in self.keys.items()]}
        if self.mode == "symmetric":
            document = {"keys": [{"kty": "oct", "k": part(b"s" * 32), "kid": "first", "alg": "HS256"}]}
        body = {"garbage": b"\xff{{{", "html": b"<html>sorry</html>"}.get(self.mode, json.dumps(document).encode())
        body += b" " * (300 << 10) if self.mode == "padded" else b""
        status = {"redirect": "302 Found", "error": "500 No"}.get(self.mode, "200 OK")
        more = f"Location: {self.url}/elsewhere\r\n" if self.mode == "redirect" else ""
        more += "Content-Encoding: gzip\r\n" if self.mode == "compressed" else ""
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{more}"
        return head.encode() + b"Connection: close\r\n\r\n" + body

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            self.took_redirect = self.took_redirect or b"/elsewhere" in request
            if self.mode == "slow":
                await asyncio.sleep(1)
            if self.mode == "endless":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b'{"keys": [')
                for _ in range(800):
                    writer.write(b" " * 65_536)
                    await writer.drain()
                    self.sent += 65_536
            elif self.mode != "down":
                writer.write(self.answer())
                await writer.drain()
        writer.close()


@asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    """A provider with its server on a free port."""
    made = Provider()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield made
