"""The front of the package: endpoints, what was sent to them, and callbacks."""

from cutroom.kit.clock import Clock, SystemClock
from cutroom.kit.vault import Vault
from cutroom.webhooks.announcing import Announcer, Describe
from cutroom.webhooks.callbacks import Callbacks
from cutroom.webhooks.deliveries import Deliveries
from cutroom.webhooks.endpoints import Endpoints
from cutroom.webhooks.keyring import Keyring
from cutroom.webhooks.sending import Sender
from cutroom.webhooks.settings import WebhookSettings


class WebhookService:
    """Everything about webhooks but the sending, which `Deliverer` does with the same parts.

    Args:
        vault: seals secrets.
        sender: checks URLs, and sends.
        describe: gives a job as it is on the wire.
        settings: limits of workspaces.
        clock: says when things happened.
    """

    def __init__(
        self,
        vault: Vault,
        sender: Sender,
        describe: Describe,
        *,
        settings: WebhookSettings | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings or WebhookSettings()
        self.clock = clock or SystemClock()
        self.keyring = Keyring(vault)
        self.sender = sender
        self.announcer = Announcer(describe, sender, self.clock)
        self.endpoints = Endpoints(self.keyring, self.settings, self.clock)
        self.deliveries = Deliveries(self.announcer, self.settings, self.clock)
        self.callbacks = Callbacks(self.announcer, self.keyring, self.settings, self.clock)

    async def check_url(self, url: str, pointer: str = "/url") -> None:
        """Refuse a URL that events would not be sent to. Not to be called within a transaction: it looks names up.

        Raises:
            Invalid: `url_not_allowed`.
        """
        await self.sender.check(url, pointer)
