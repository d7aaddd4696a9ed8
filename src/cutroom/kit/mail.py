"""Sending letters through an SMTP server.

A letter is built by the standard library's `email` package, which writes no header that holds a line end; addresses
that hold control characters are refused before.
"""

import ssl
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from typing import Final, Literal

import aiosmtplib
import structlog

from cutroom.kit.clock import Clock, SystemClock
from cutroom.kit.errors import Invalid, Unavailable

log = structlog.get_logger()
Security = Literal["starttls", "tls", "none"]
_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
MAX_SUBJECT_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How to reach an SMTP server.

    Args:
        host: its name.
        sender: address that letters come from, `name@example.com` or `Name <name@example.com>`.
        port: 587, 465 or 25 by `security` when None.
        security: `starttls` (refuses to go on without it), `tls` from the first byte, or `none`.
        username: to log in with; None to send without.
        password: that goes with it.
        timeout_s: for all of one letter's steps, each.
        trust: certificates to check the server's against; those of the system when None.
    """

    host: str
    sender: str
    port: int | None = None
    security: Security = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_s: float = 10.0
    trust: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A plain text to one person."""

    to: str
    subject: str
    text: str = field(repr=False)


class Mailer:
    """Sends letters, one connection each; never to be called within a transaction.

    Raises:
        Invalid: `bad_mail_address`, when the sender is not an address.
    """

    def __init__(self, settings: MailSettings, *, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        name, _, rest = settings.sender.rpartition("<")
        self._sender = _address(rest.removesuffix(">").strip(), name.strip().strip('"'))

    async def send(self, letter: Letter) -> None:
        """Hand a letter to the server.

        Raises:
            Invalid: `bad_mail_address`, `bad_mail_header`.
            Unavailable: `mail_not_sent`: the server was not reached, or did not take it.
        """
        settings = self._settings
        message = self._message(letter)
        try:
            await aiosmtplib.send(
                message,
                hostname=settings.host,
                port=settings.port or _PORTS[settings.security],
                use_tls=settings.security == "tls",
                start_tls=settings.security == "starttls",
                username=settings.username,
                password=settings.password,
                timeout=settings.timeout_s,
                tls_context=settings.trust,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # What the server said may hold addresses; which kind of failure it was is enough to look further.
            log.warning("mail.not_sent", host=settings.host, error=type(error).__name__)
            raise Unavailable("mail_not_sent", "The mail server did not take the letter.") from error

    def _message(self, letter: Letter) -> EmailMessage:
        if not letter.subject.isprintable():
            raise Invalid("bad_mail_header", "A letter's subject is one line without control characters.")
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = _address(letter.to)
        message["Subject"] = letter.subject[:MAX_SUBJECT_CHARS]
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = make_msgid(domain=self._sender.domain or "localhost")
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices, please
        message.set_content(letter.text)
        return message


def _address(text: str, name: str = "") -> Address:
    wrong = Invalid("bad_mail_address", "This is not an address that a letter can be sent to.")
    if not (text.isprintable() and name.isprintable() and "@" in text):
        raise wrong
    try:
        return Address(display_name=name, addr_spec=text)
    except (MessageError, ValueError, IndexError) as error:
        raise wrong from error
