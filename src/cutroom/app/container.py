"""What every program is made of, wired once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts import AccountService, IdentityService
from cutroom.accounts.quotas import QuotaService
from cutroom.api import describe_job
from cutroom.app.settings import Settings
from cutroom.assets import AssetService, AssetSettings, FileLimits, LimitsOf, LocalCache, LocalStore, S3Settings, Store
from cutroom.assets.bucket import open_bucket
from cutroom.db import Database, Listener, make_engine
from cutroom.fleet import FleetService
from cutroom.jobs import MAX_RUNNING, Job, JobService, OnEnd, Registry, Status, forget_texts, tell_parent, told_sum
from cutroom.kit.errors import Invalid
from cutroom.kit.signing import Signer
from cutroom.kit.vault import Vault
from cutroom.media.fetch import Fetcher
from cutroom.productions import BytesFor, ProductionLimits, ProductionService
from cutroom.webhooks import Sender, WebhookService, WebhookSettings
from cutroom.workflows import metering, registry
from cutroom.workflows.answers import SPENT
from cutroom.workflows.repurpose import BRANCH
from cutroom.workflows.repurposed import Made, said_of

if TYPE_CHECKING:
    from cutroom.kit.broadcast import Broadcast


@dataclass(frozen=True, slots=True)
class Container:
    """The services of one process."""

    settings: Settings
    database: Database
    listener: Listener
    broadcast: "Broadcast | None"
    store: Store
    cache: LocalCache | None
    asset_settings: AssetSettings
    registry: Registry
    accounts: AccountService
    identity: IdentityService
    quotas: QuotaService
    fleet: FleetService
    assets: AssetService
    jobs: JobService
    productions: ProductionService
    fetcher: Fetcher
    webhooks: WebhookService
    on_end: OnEnd

    async def listen(self) -> None:
        """Hear what other processes say, until cancelled; say what this one has to."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.listener.run())
            if self.broadcast is not None:
                group.create_task(self.broadcast.run())


@asynccontextmanager
async def container(settings: Settings, *, name: str) -> AsyncIterator[Container]:
    """Wire everything for one process and take it apart at the end; `name` is what the database sees.

    Raises:
        Invalid: `no_database` when no database is named.
    """
    url = settings.database_url
    if url is None:
        raise Invalid("no_database", "Set DATABASE_URL, or use `cutroom up`, which starts a Postgres of its own.")
    async with AsyncExitStack() as stack:
        database = Database(make_engine(url, name=name))
        stack.push_async_callback(database.close)
        broadcast = None if settings.redis_url is None else make_broadcast(settings.redis_url.get_secret_value())
        if broadcast is not None:
            stack.push_async_callback(broadcast.close)
        identity = IdentityService(database, settings.signing_secret(), settings.identity())
        stack.callback(identity.close)
        store = make_store(settings)
        stack.push_async_callback(store.close)
        cache = None if settings.s3_bucket is None else LocalCache(settings.data / "cache", settings.blob_budget_bytes)
        asset_settings = AssetSettings(
            max_upload_bytes=settings.max_upload_bytes,
            artifact_url_s=round(settings.artifact_days * 86_400),
            blob_budget_bytes=settings.blob_budget_bytes,
            trash_s=round(settings.trash_days * 86_400),
        )
        models = settings.models()
        stack.push_async_callback(models.close)
        workflows = registry(settings.limits(), models=models, engines=settings.engines(settings.data / "models"))
        quotas = QuotaService(settings.plan_table())
        limits_of = file_limits(quotas, settings.max_upload_bytes, ProductionService())
        assets = AssetService(database, store, cache=cache, settings=asset_settings, limits_of=limits_of)
        webhooks = make_webhooks(settings, assets)
        on_end = in_turn(
            keep_results(assets), settle_usage(quotas), tell_of_branches, forget_shown, webhooks.announcer.on_end
        )
        yield Container(
            settings=settings,
            database=database,
            listener=Listener(url, name=f"{name}-listener"),
            broadcast=broadcast,
            store=store,
            cache=cache,
            asset_settings=asset_settings,
            registry=workflows,
            quotas=quotas,
            accounts=AccountService(),
            identity=identity,
            fleet=FleetService(),
            assets=assets,
            jobs=JobService(
                workflows,
                max_running=quotas.plans.default.concurrent_jobs or MAX_RUNNING,
                on_end=on_end,
                meter=quotas,
                most_queued=settings.max_queued,
            ),
            productions=ProductionService(ProductionLimits(bytes_for=text_limits(quotas, assets))),
            fetcher=Fetcher(
                allow=settings.fetch_allow, max_bytes=settings.fetch_max_bytes, deadline_s=settings.fetch_deadline_s
            ),
            webhooks=webhooks,
            on_end=on_end,
        )


def make_broadcast(url: str) -> "Broadcast":
    """The way in which processes tell each other of events, beside the database's."""
    from cutroom.kit.broadcast import Broadcast  # noqa: PLC0415 — most have no Redis

    return Broadcast(url)


def make_webhooks(settings: Settings, assets: AssetService) -> WebhookService:
    """Webhooks that carry jobs as the API shows them."""
    return WebhookService(
        Vault(settings.signing_secret(), "webhooks"),
        Sender(settings.webhook_allow, https_only=settings.webhook_https_only),
        describe_job(assets),
        settings=WebhookSettings(max_endpoints=settings.max_webhooks),
    )


def make_store(settings: Settings) -> Store:
    """The bucket when one is set, else the data folder."""
    if settings.s3_bucket is None or settings.s3_access_key is None or settings.s3_secret_key is None:
        signer = Signer(settings.signing_secret(), "files")
        return LocalStore(settings.data / "store", signer, settings.base_url, cdn_url=settings.cdn_url)
    return open_bucket(
        S3Settings(
            bucket=settings.s3_bucket,
            access_key=settings.s3_access_key.get_secret_value(),
            secret_key=settings.s3_secret_key.get_secret_value(),
            region=settings.s3_region,
            endpoint=settings.s3_endpoint,
            public_endpoint=settings.s3_public_endpoint,
            cdn_url=settings.cdn_url,
        )
    )


def in_turn(*listeners: OnEnd) -> OnEnd:
    """One callback that tells them all, in this order, in the ending transaction."""

    async def on_end(session: AsyncSession, job: Job) -> None:
        for listener in listeners:
            await listener(session, job)

    return on_end


def file_limits(quotas: QuotaService, max_upload_bytes: int, productions: ProductionService) -> LimitsOf:
    """What a workspace may send and keep: what its plan says, and never a larger file than the server takes.

    What productions take is not there for files.
    """

    async def limits_of(session: AsyncSession, workspace_id: str) -> FileLimits:
        plan = await quotas.plan(session, workspace_id)
        most = plan.storage_bytes
        if most is not None:
            most -= await productions.storage_used(session, workspace_id)
        return FileLimits(
            max_upload_bytes=min(max_upload_bytes, plan.max_upload_bytes or max_upload_bytes),
            max_duration_s=plan.max_source_seconds,
            storage_bytes=most,
        )

    return limits_of


def text_limits(quotas: QuotaService, assets: AssetService) -> BytesFor:
    """How many bytes a workspace's productions may take: what its plan says, and its files leave."""

    async def bytes_for(session: AsyncSession, workspace_id: str) -> int | None:
        plan = await quotas.plan(session, workspace_id)
        if plan.storage_bytes is None:
            return None
        return plan.storage_bytes - await assets.storage_used(session, workspace_id)

    return bytes_for


def settle_usage(quotas: QuotaService) -> OnEnd:
    """What happens to a charge when its job ends: what was made is booked; without success, all is given back.

    What was paid for models is booked however the job ends, by what it told of each answer; of a worker that was
    killed before it could tell, by what the job knows at its end.
    """

    async def on_end(session: AsyncSession, job: Job) -> None:
        if job.parent_id is None and job.type in metering.CHARGED:
            made = metering.seconds_made(job.output) if job.status is Status.SUCCEEDED else None
            spent = 0
            if job.type in metering.SPENDING:
                told = await told_sum(session, job.workspace_id, job.id, SPENT)
                spent = max(told, metering.micro_spent(job.output))
            await quotas.settle(session, job.workspace_id, job.id, made, spent)

    return on_end


async def tell_of_branches(session: AsyncSession, job: Job) -> None:
    """Tell the owner of a repurposing what each branch has made, while the others are still at work."""
    if job.type == BRANCH and job.parent_id is not None and job.status is Status.SUCCEEDED:
        made = Made.model_validate(job.output["made"])
        await tell_parent(session, job.parent_id, said_of(made), made=made.model_dump(mode="json"))


async def forget_shown(session: AsyncSession, job: Job) -> None:
    """Once the answer of a pattern run stands, what was shown of it while it was written is of no use."""
    if job.type == "run" and job.status is Status.SUCCEEDED:
        await forget_texts(session, job.workspace_id, job.id)


def keep_results(assets: AssetService) -> OnEnd:
    """What happens in the transaction that ends a job: the artifacts its output names stay, all others go."""

    async def on_end(session: AsyncSession, job: Job) -> None:
        output = job.output if job.status is Status.SUCCEEDED and isinstance(job.output, dict) else {}
        if job.parent_id is not None and "artifacts" not in output:  # what most items make are blobs
            return
        await assets.settle(session, job.id, job.workspace_id, keep=output.get("artifacts", []))

    return on_end
