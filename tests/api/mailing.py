"""A world that sends letters, and what arrives of them at a real mail server."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from cutroom.accounts import IdentitySettings
from cutroom.api import ApiSettings
from cutroom.api.deps import Pages
from cutroom.db import Database
from cutroom.kit.mail import Mailer, MailSettings
from tests.api.conftest import QUICK, serving
from tests.api.world import World
from tests.kit.test_mail import Box
from tests.kit.test_mail import serving as mail_serving

SITE = "https://cut.example"
PAGES = Pages(join=f"{SITE}/join", reset=f"{SITE}/reset", confirm=f"{SITE}/confirm")


@dataclass
class Post(Box):
    """A mail server's box; while it is shut, its server takes letters and says nothing."""

    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        self.waiting += 1
        await self.is_open.wait()
        return await super().handle_DATA(server, session, envelope)

    async def letters(self, count: int) -> list[EmailMessage]:
        """All letters, once there are so many."""
        async with asyncio.timeout(60):
            while len(self.envelopes) < count:
                await asyncio.sleep(0.01)
        assert len(self.envelopes) == count
        return [_letter(envelope) for envelope in self.envelopes]

    async def newest(self, count: int) -> EmailMessage:
        """The last of so many letters."""
        return (await self.letters(count))[-1]


def link_in(letter: EmailMessage) -> tuple[str, str]:
    """The page and the token of a letter's link."""
    found = re.search(r"^(https?://\S+)#(ct[cil]_\w{43})\r?$", letter.get_content(), re.MULTILINE)
    assert found is not None, letter.get_content()
    return found[1], found[2]


@asynccontextmanager
async def posting(
    database: Database,
    folder: Path,
    *,
    identity: IdentitySettings = QUICK,
    pages: Pages = PAGES,
    refuse: str | None = None,
    is_open: bool = True,
) -> AsyncIterator[tuple[World, Post]]:
    """A world with a mail server."""
    post = Post(refuse=refuse)
    if is_open:
        post.is_open.set()
    async with mail_serving(post) as port:
        settings = MailSettings(host="localhost", port=port, sender="Cutroom <c@example.com>", security="none")
        async with serving(
            database, folder, ApiSettings(pages=pages), identity=identity, mailer=Mailer(settings)
        ) as world:
            yield world, post


def _letter(envelope: Envelope) -> EmailMessage:
    assert isinstance(envelope.content, bytes)
    letter = message_from_bytes(envelope.content, policy=policy.default)
    assert isinstance(letter, EmailMessage)
    assert envelope.rcpt_tos == [letter["To"]]
    return letter
