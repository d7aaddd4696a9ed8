"""The connection to Temporal."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode, TLSConfig

from cutroom.kit.errors import Invalid, Unavailable

Connection = Client
WITHIN_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class TemporalSettings:
    """Where Temporal is, and how much of it one worker takes.

    Args:
        address: `host:port` of its frontend.
        namespace: must exist.
        task_queue: workers with the same one share their jobs' workflows.
        tls: speak TLS; where a certificate or an API key is given, that is so anyway.
        server_ca: file with the certificate of whoever signed the server's; the system's when None.
        client_cert, client_key: files that say who we are.
        server_name: name in the server's certificate where that is not its address.
        api_key: as Temporal Cloud wants it.
        workflow_pollers, activity_pollers: requests for work that are open at once.
        cache: workflows whose state is kept between two turns; others are replayed.
    """

    address: str = "127.0.0.1:7233"
    namespace: str = "default"
    task_queue: str = "cutroom"
    tls: bool = False
    server_ca: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    server_name: str | None = None
    api_key: str | None = None
    workflow_pollers: int = 5
    activity_pollers: int = 5
    cache: int = 1000


async def connect(settings: TemporalSettings) -> Connection:
    """A client that was answered.

    Raises:
        Invalid: `bad_setting`, when a certificate cannot be read.
        Unavailable: `temporal_unavailable`, when nobody answers there, or refuses; `temporal_namespace_missing`.
    """
    where = f"Temporal at {settings.address}"
    try:
        async with asyncio.timeout(WITHIN_S):
            client = await Client.connect(
                settings.address,
                namespace=settings.namespace,
                api_key=settings.api_key,
                tls=_tls(settings),
            )
            request = DescribeNamespaceRequest(namespace=settings.namespace)
            await client.workflow_service.describe_namespace(request, timeout=timedelta(seconds=WITHIN_S))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            message = f"{where} has no namespace '{settings.namespace}'; make it, or set TEMPORAL_NAMESPACE."
            raise Unavailable("temporal_namespace_missing", message) from error
        raise Unavailable("temporal_unavailable", f"{where} refuses: {error.message}") from error
    except (RuntimeError, TimeoutError) as error:
        message = f"{where} does not answer; start it, or set TEMPORAL_ADDRESS, or leave CUTROOM_ENGINE at 'postgres'."
        raise Unavailable("temporal_unavailable", message) from error
    return client


def _tls(settings: TemporalSettings) -> TLSConfig | bool:
    if not (settings.tls or settings.server_ca or settings.client_cert or settings.api_key):
        return False
    try:
        return TLSConfig(
            server_root_ca_cert=settings.server_ca.read_bytes() if settings.server_ca else None,
            client_cert=settings.client_cert.read_bytes() if settings.client_cert else None,
            client_private_key=settings.client_key.read_bytes() if settings.client_key else None,
            domain=settings.server_name,
        )
    except OSError as error:
        message = f"Cannot start: TEMPORAL_TLS: {error.filename} cannot be read ({error.strerror})."
        raise Invalid("bad_setting", message) from error
