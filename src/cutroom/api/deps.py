"""What the routes stand on, handed in by the composition root."""

import asyncio
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import HTTPConnection

from cutroom import timeline
from cutroom.accounts import AccountService, IdentityService
from cutroom.accounts.quotas import QuotaService
from cutroom.api.features import Features
from cutroom.api.rate_limits import RateSettings
from cutroom.assets import AssetService, LocalStore
from cutroom.db import Database
from cutroom.fleet import FleetService
from cutroom.jobs import Followers, JobService
from cutroom.kit.cache import Cache, MemoryCache
from cutroom.kit.counters import Counters, MemoryCounters
from cutroom.kit.mail import Mailer
from cutroom.kit.page import Cursors
from cutroom.llm import Models
from cutroom.patterns import Library, with_shipped
from cutroom.productions import ProductionService, VoiceService
from cutroom.prompts import PromptService
from cutroom.tasks import TaskService
from cutroom.templates import TemplateService
from cutroom.webhooks import WebhookService

PREFIX: Final = "/api/v1"


@dataclass(frozen=True, slots=True)
class Pages:
    """Where links in letters lead; their token follows after `#`.

    Args:
        join: an invitation.
        reset: another password; without a token, one asks for a link there.
        confirm: one's address.
        ours: which of them we serve, under their own names.
    """

    join: str = "/join"
    reset: str = "/reset"
    confirm: str = "/confirm"
    ours: frozenset[str] = frozenset({"join", "reset", "confirm"})


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """The numbers of the HTTP door.

    Args:
        max_body_bytes: the largest JSON body, but for those that carry texts for models.
        body_deadline_s: seconds in which a JSON body must have come.
        max_wait_s: the longest `?wait=`.
        keep_alive_s: seconds of silence after which a stream sends a sign of life.
        send_deadline_s: seconds for which a follower may leave a message unread.
        max_streams: streams that one workspace may have open on this process.
        auth_deadline_s: seconds in which a WebSocket must say who it is.
        recheck_s: seconds after which whoever has a stream open is asked again who they are.
        upload_bytes_per_s: the slowest upload that is borne.
        max_rows: rows that one batch may have.
        max_rows_bytes: bytes that they may be sent in, as a file.
        rates: how often anybody may ask.
        trusted_proxies: how many proxies of ours a request has passed.
        allowed_hosts: names under which this server answers; all when empty.
        cors_origins: origins whose pages may read our answers.
        blocked_networks: whose requests are refused, whatever they show.
        only_https: clients reach us over TLS alone.
        open_description: show `/openapi.json` and `/docs` to anybody.
        open_health: tell anybody in `/health` what runs here; else only those who have a key.
        features: what risky things may be done.
        pages: where links in letters lead.
    """

    max_body_bytes: int = 1 << 20
    body_deadline_s: float = 30.0
    max_wait_s: float = 90.0
    keep_alive_s: float = 15.0
    send_deadline_s: float = 20.0
    max_streams: int = 200
    auth_deadline_s: float = 10.0
    recheck_s: float = 30.0
    upload_bytes_per_s: int = 64 << 10
    max_rows: int = 100_000
    max_rows_bytes: int = 64 << 20
    rates: RateSettings = field(default_factory=RateSettings)
    trusted_proxies: int = 0
    allowed_hosts: frozenset[str] = frozenset()
    cors_origins: frozenset[str] = frozenset()
    blocked_networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    only_https: bool = False
    open_description: bool = False
    open_health: bool = True
    features: Features = field(default_factory=Features)
    pages: Pages = field(default_factory=Pages)


@dataclass(frozen=True, slots=True)
class ApiServices:
    """Everything that the routes use.

    Args:
        identity: people, their sessions, and tokens of identity providers.
        local_store: the store that `/files` serves; None when bytes live in a bucket.
        check_url: refuses, without any network, a source URL that no worker would fetch (`Fetcher.check`).
        cursors: seals page cursors; the same secret in every process.
        library: patterns and strategies of the operator's folders, and those that are shipped.
        models: the language models that runs may name; nobody asks them here.
        speech_models: what clients of OpenAI's may name besides the usual engine: `ENGINE` or `ENGINE/MODEL`.
        limits: how large a timeline may be.
        engine: name of the job engine, for `/health`.
        sandbox_level: how well media tools are fenced in here, 0 to 4; None when this process cannot know.
        sandbox_failed: why it is not higher: the probes that failed, by level.
        min_sandbox_level: the least under which workers take jobs.
        versions: of what the program stands on, for `/health`.
        hardware: what this machine's graphics cards can do, for `/health`.
        counters: where requests are counted for `settings.rates`.
        cache: keeps what is dear to read; a workspace's part is forgotten when it changes something here.
        mailer: sends letters; None when no SMTP server is set.
        stopping: set by the program when it is told to stop, so that streams and waits end.
    """

    database: Database
    accounts: AccountService
    identity: IdentityService
    jobs: JobService
    followers: Followers
    assets: AssetService
    local_store: LocalStore | None
    check_url: Callable[[str], None]
    webhooks: WebhookService
    cursors: Cursors
    quotas: QuotaService = field(default_factory=QuotaService)
    templates: TemplateService = field(default_factory=TemplateService)
    productions: ProductionService = field(default_factory=ProductionService)
    voices: VoiceService = field(default_factory=VoiceService)
    prompts: PromptService = field(default_factory=PromptService)
    fleet: FleetService = field(default_factory=FleetService)
    tasks: TaskService = field(default_factory=TaskService)
    library: Library = field(default_factory=with_shipped)
    models: Models = field(default_factory=Models)
    speech_models: Sequence[str] = ()
    limits: timeline.Limits = field(default_factory=timeline.Limits)
    settings: ApiSettings = ApiSettings()
    engine: str = "embedded"
    sandbox_level: int | None = None
    sandbox_failed: Mapping[int, Sequence[str]] = field(default_factory=dict)
    min_sandbox_level: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    hardware: str | None = None
    counters: Counters = field(default_factory=MemoryCounters)
    cache: Cache = field(default_factory=MemoryCache)
    mailer: Mailer | None = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


def services_of(connection: HTTPConnection) -> ApiServices:
    """The services of the application that serves this connection."""
    services: ApiServices = connection.app.state.services
    return services


async def given_services(connection: HTTPConnection) -> ApiServices:
    """The same, for FastAPI."""
    # FastAPI takes a dependency that is not async to a thread, which costs more than all the rest of it.
    return services_of(connection)


Services = Annotated[ApiServices, Depends(given_services)]
