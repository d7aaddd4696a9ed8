"""Letters to people about their own accounts, each sent when its request has been answered.

An answer that waited for a mail server would tell by its time who has an account here.
"""

import structlog

from cutroom.accounts import Link, User
from cutroom.accounts.letters import changed_letter, link_letter
from cutroom.api.deps import ApiServices
from cutroom.kit.clock import SystemClock
from cutroom.kit.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from cutroom.kit.mail import Letter

log = structlog.get_logger()


async def post_reset(services: ApiServices, email: str) -> None:
    """Send a link to another password to whoever has this address, if anybody has."""
    try:
        link = await services.identity.people.reset_link(email)
    except (NotFound, Forbidden, Conflict):
        return
    await post_link(services, link)


async def post_link(services: ApiServices, link: Link) -> None:
    """Send somebody their own link."""
    pages = services.settings.pages
    page = pages.confirm if link.purpose == "confirm" else pages.reset
    await _post(services, link.user, link_letter(link, link.user.email or "", page))


async def post_changed(services: ApiServices, user: User) -> None:
    """Tell somebody that they have another password, in case it was not they who changed it."""
    at, page = SystemClock().now(), services.settings.pages.reset
    await _post(services, user, changed_letter(user.email or "", at, page))


async def _post(services: ApiServices, user: User, letter: Letter) -> None:
    if services.mailer is None:
        return
    try:
        await services.mailer.send(letter)
    except (Invalid, Unavailable) as error:
        log.warning("account.mail_failed", user_id=user.id, code=error.code)
    else:
        log.info("account.mail_sent", user_id=user.id, subject=letter.subject)
