"""Letters, sent to a real SMTP server."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from aiosmtpd.smtp import Session as SmtpSession

from cutroom.kit.errors import Invalid, Unavailable
from cutroom.kit.mail import Letter, Mailer, MailSettings

LETTER = Letter(to="bob@example.com", subject="Invitation to Zoë's ☃", text="Hello.\n.\nBcc: eve@example.com\n")


@dataclass
class Box:
    """What a server was given."""

    envelopes: list[Envelope] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    refuse: str | None = None

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        if self.refuse is not None:
            return self.refuse
        self.envelopes.append(envelope)
        self.encrypted.append(session.ssl is not None)
        return "250 OK"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def contexts(authority: trustme.CA) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    server, client = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server)
    authority.configure_trust(client)
    return server, client


@asynccontextmanager
async def serving(box: Box, *, ssl_context: ssl.SSLContext | None = None, **more: Any) -> AsyncIterator[int]:
    """A server on a free port, in this loop."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(box, hostname="localhost", loop=loop, **more), "localhost", 0, family=2, ssl=ssl_context
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def mailer(port: int, **more: Any) -> Mailer:
    return Mailer(MailSettings(host="localhost", port=port, sender="Cutroom <c@example.com>", timeout_s=5, **more))


async def test_a_letter_arrives_over_starttls(authority: trustme.CA) -> None:
    server, client = contexts(authority)
    box = Box()
    async with serving(box, tls_context=server, require_starttls=True) as port:
        await mailer(port, trust=client).send(LETTER)
    (envelope,) = box.envelopes
    assert box.encrypted == [True]
    assert envelope.rcpt_tos == ["bob@example.com"]
    assert envelope.mail_from == "c@example.com"
    assert isinstance(envelope.content, bytes)
    content = envelope.content.decode()
    assert content.split("\r\n\r\n")[0].count("\r\nTo: ") == 1
    assert "Bcc" not in content.split("\r\n\r\n")[0]
    assert "Auto-Submitted: auto-generated" in content
    assert "Hello.\r\n.\r\nBcc: eve@example.com" in content


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # it takes TLS from the first byte for none
async def test_a_letter_arrives_over_tls_with_a_login(authority: trustme.CA) -> None:
    server, client = contexts(authority)
    box, seen = Box(), []

    def check(_server: SMTP, _session: SmtpSession, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        seen.append(data)
        return AuthResult(success=data == LoginPassword(b"me", b"secret"))

    async with serving(
        box, ssl_context=server, authenticator=check, auth_require_tls=False, auth_required=True
    ) as port:
        settings = {"security": "tls", "trust": client, "username": "me"}
        await mailer(port, **settings, password="secret").send(LETTER)
        with pytest.raises(Unavailable):
            await mailer(port, **settings, password="wrong").send(LETTER)
    assert len(box.envelopes) == 1


async def test_a_server_without_tls_gets_nothing_unless_that_is_wanted() -> None:
    box = Box()
    async with serving(box) as port:
        with pytest.raises(Unavailable) as raised:
            await mailer(port).send(LETTER)
        assert raised.value.code == "mail_not_sent"
        assert box.envelopes == []
        await mailer(port, security="none").send(LETTER)
    assert len(box.envelopes) == 1


async def test_a_server_whose_certificate_nobody_knows_gets_nothing(authority: trustme.CA) -> None:
    server, _ = contexts(authority)
    box = Box()
    async with serving(box, tls_context=server) as port:
        with pytest.raises(Unavailable):
            await mailer(port).send(LETTER)
    assert box.envelopes == []


async def test_a_server_that_refuses_or_is_not_there_is_unavailable() -> None:
    async with serving(Box(refuse="550 no")) as port:
        with pytest.raises(Unavailable):
            await mailer(port, security="none").send(LETTER)
    with pytest.raises(Unavailable):
        await mailer(port, security="none").send(LETTER)


@pytest.mark.threat("A90")
@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("a@b.example\nBcc: c@d.example", "x"),
        ("a@b.example\r\nBcc: c@d.example", "x"),
        ("a@b.example, c@d.example", "x"),
        ("<a@b.example>", "x"),
        ("a@b.example\x00", "x"),
        ("nobody", "x"),
        ("a@b.example", "x\r\nBcc: c@d.example"),
        ("a@b.example", "x\ny"),
        ("a@b.example", "x\u2028y"),
        ("a@b.example", "x\x00y"),
    ],
)
async def test_no_address_and_no_subject_brings_a_header_along(to: str, subject: str) -> None:
    box = Box()
    async with serving(box) as port:
        with pytest.raises(Invalid):
            await mailer(port, security="none").send(Letter(to=to, subject=subject, text="x"))
    assert box.envelopes == []


def test_a_sender_that_is_none_stops_the_start() -> None:
    for sender in ("nobody", "a@b.example\nBcc: c@d.example", "A\r\nB <a@b.example>", ""):
        with pytest.raises(Invalid):
            Mailer(MailSettings(host="localhost", sender=sender))


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(MailSettings(host="h", sender="a@b.example", username="u", password="secret"))
    assert "Hello" not in repr(LETTER)
