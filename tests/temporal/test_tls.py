"""Temporal behind TLS: a certificate of its own authority, ours shown to it, an API key; all of it is checked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme

from cutroom.app.settings import load
from cutroom.jobs import Status
from cutroom.kit.errors import CutroomError
from cutroom.temporal import TemporalSettings, connect
from tests.jobs.rig import Rig

NAME = "temporal.test"
KEY = "an api key of the tests"


@dataclass
class Gate(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Passes calls on to a Temporal without TLS, for those who have the key."""

    channel: Any
    calls: int = 0
    refused: list[str] = field(default_factory=list)

    def service(self, details: Any) -> Any:
        shown = dict(details.invocation_metadata).get("authorization", "")

        async def pass_on(request: bytes, context: Any) -> bytes:
            if shown != f"Bearer {KEY}":
                self.refused.append(shown)
                await context.abort(grpc.StatusCode.UNAUTHENTICATED, "no such key")
            self.calls += 1
            try:
                answer: bytes = await self.channel.unary_unary(details.method)(
                    request, timeout=context.time_remaining()
                )
            except grpc.aio.AioRpcError as error:
                context.set_trailing_metadata(error.trailing_metadata())
                await context.abort(error.code(), error.details())
            return answer

        return grpc.unary_unary_rpc_method_handler(pass_on)


@asynccontextmanager
async def gate(address: str, theirs: trustme.LeafCert, ours: trustme.CA) -> AsyncIterator[tuple[Gate, str]]:
    """A frontend with TLS that lets those in who show a certificate of this authority."""
    certificate = b"".join(pem.bytes() for pem in theirs.cert_chain_pems)
    pair = (theirs.private_key_pem.bytes(), certificate)
    credentials = grpc.ssl_server_credentials([pair], ours.cert_pem.bytes(), require_client_auth=True)
    async with grpc.aio.insecure_channel(address) as channel:
        made, server = Gate(channel), grpc.aio.server()
        server.add_generic_rpc_handlers((made,))
        port = server.add_secure_port("127.0.0.1:0", credentials)
        await server.start()
        try:
            yield made, f"127.0.0.1:{port}"
        finally:
            await server.stop(0)


async def test_jobs_run_over_tls_with_a_certificate_and_a_key(
    monkeypatch: pytest.MonkeyPatch, rig: Rig, temporal: TemporalSettings, tmp_path: Path
) -> None:
    ca, other = trustme.CA(), trustme.CA()
    files = {}
    for name, pem in (("ca", ca.cert_pem), ("other", other.cert_pem)):
        files[name] = tmp_path / f"{name}.pem"
        pem.write_to_path(str(files[name]))
    leaf = ca.issue_cert("worker.test")
    leaf.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    leaf.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    async with gate(temporal.address, ca.issue_cert(NAME), ca) as (door, address):
        for name, value in {
            "TEMPORAL_ADDRESS": address,
            "TEMPORAL_NAMESPACE": temporal.namespace,
            "TEMPORAL_TASK_QUEUE": temporal.task_queue,
            "TEMPORAL_TLS": "true",
            "TEMPORAL_TLS_SERVER_CA_CERT_PATH": str(files["ca"]),
            "TEMPORAL_TLS_CLIENT_CERT_PATH": str(tmp_path / "cert.pem"),
            "TEMPORAL_TLS_CLIENT_KEY_PATH": str(tmp_path / "key.pem"),
            "TEMPORAL_TLS_SERVER_NAME": NAME,
            "TEMPORAL_API_KEY": KEY,
        }.items():
            monkeypatch.setenv(name, value)
        settings = load(data=tmp_path).temporal()
        rig.temporal = settings
        async with rig.worker():
            job = await rig.ended(await rig.submit("echo", {"value": 2}), within_s=60)
        assert (job.status, job.output) == (Status.SUCCEEDED, {"value": 2})
        assert door.calls > 0
        assert door.refused == []
        for wrong in (
            {"server_ca": files["other"]},
            {"server_name": "elsewhere.test"},
            {"client_cert": None, "client_key": None},
            {"api_key": "guessed"},
        ):
            async with asyncio.timeout(60):
                with pytest.raises(CutroomError) as caught:
                    await connect(replace(settings, **wrong))
            assert caught.value.code == "temporal_unavailable", wrong
        assert set(door.refused) == {"Bearer guessed"}
