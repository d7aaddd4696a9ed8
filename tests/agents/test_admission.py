"""Who gets in at the door of agents, and who does not. Threats A62, A82."""

import asyncio
import ipaddress
from pathlib import Path

import grpc
import pytest
import trustme

from cutroom.agents.auth import Tls, peer_address
from cutroom.agents.limits import PROTOCOL
from cutroom.agents.link import SERVICE, ServerAddress, enrol
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.fleet import secrets
from cutroom.jobs import Status
from cutroom.kit.errors import CutroomError, Forbidden, Unavailable
from tests.agents.agency import Agency
from tests.jobs.flows import A, B, Diary
from tests.jobs.rig import Rig

OFFER = wire.Offer(types=["echo"], slots=1)


async def refused(port: int, token: str | None, hello: wire.Hello | None = None) -> tuple[grpc.StatusCode, str]:
    """How the server ends a stream that begins so."""
    metadata = () if token is None else (("authorization", f"Bearer {token}"),)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.stream_stream(
            f"{SERVICE}/Serve",
            request_serializer=wire.FromAgent.SerializeToString,
            response_deserializer=wire.ToAgent.FromString,
        )(metadata=metadata, timeout=60)
        try:
            await call.write(wire.FromAgent(hello=hello or wire.Hello(protocol=PROTOCOL, offer=OFFER)))
            while await call.read() is not grpc.aio.EOF:
                pass
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            pass
        return await call.code(), await call.details()


@pytest.mark.threat("A82")
async def test_nobody_comes_in_without_a_token_that_works(agency: Agency, rig: Rig) -> None:
    async with agency.door() as door:
        revoked = await agency.token(name="gone")
        async with rig.database.begin() as session:
            (agent,) = (await agency.fleet.page(session, None, limit=9)).items
            await agency.fleet.revoke(session, None, agent.id)
        for token in (None, "", "cta_x", secrets.new_token(), secrets.new_code(), revoked):
            code, details = await refused(door.port, token)
            assert code is grpc.StatusCode.UNAUTHENTICATED
            assert details.partition(":")[0] in {"bad_agent_token", "no_agent_token"}
        assert not door.sessions


@pytest.mark.threat("A82")
async def test_an_enrolment_code_makes_one_agent_of_its_workspace_once(agency: Agency, rig: Rig) -> None:
    await agency.token(A)
    async with agency.door() as door:
        address = ServerAddress(f"127.0.0.1:{door.port}", plain=True)
        async with rig.database.begin() as session:
            made = await agency.fleet.create_code(session, A, "laptop")
            old = await agency.fleet.create_code(session, A, "late", valid_s=-1.0)
        reply = await enrol(address, made.plaintext)
        for code in (made.plaintext, old.plaintext, secrets.new_code(), "x", reply.token):
            with pytest.raises(Forbidden) as caught:
                await enrol(address, code)
            assert caught.value.code == "bad_enrolment_code"
        async with agency.agent(door.port, reply.token):
            assert (await rig.ended(await rig.submit("echo", {"value": 1}))).status is Status.SUCCEEDED
        async with rig.database.begin() as session:
            (used, *_) = [one for one in (await agency.fleet.codes(session, A, limit=9)).items if one.used_at]
            assert used.agent_id == reply.agent_id
            known = await agency.fleet.recognise(session, reply.token)
        assert known.agent.workspace_id == A


@pytest.mark.threat("A82")
async def test_an_agent_cannot_take_the_session_or_the_jobs_of_another(agency: Agency, rig: Rig, diary: Diary) -> None:
    async with agency.door() as door, agency.agent(door.port, await agency.token(A)):
        while not door.sessions:
            await asyncio.sleep(0.02)
        (theirs,) = door.sessions
        hello = wire.Hello(protocol=PROTOCOL, offer=OFFER, session_id=theirs.lease.session_id)
        token = await agency.token(B)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{door.port}") as channel:
            call = channel.stream_stream(
                f"{SERVICE}/Serve",
                request_serializer=wire.FromAgent.SerializeToString,
                response_deserializer=wire.ToAgent.FromString,
            )(metadata=(("authorization", f"Bearer {token}"),))
            await call.write(wire.FromAgent(hello=hello))
            welcome = (await call.read()).welcome
            assert welcome.session_id != theirs.lease.session_id
            job_id = await rig.submit("waits_for", diary)
            await rig.until(job_id, Status.RUNNING)
            for number, fence in enumerate((1, 2), start=1):
                end = wire.Ask(number=number, job_id=job_id, fence=fence, end=wire.End(outcome="succeeded", output="1"))
                await call.write(wire.FromAgent(ask=end))
                assert (await call.read()).answer.lost
            call.cancel()
        assert (await rig.get(job_id)).status is Status.RUNNING
        await rig.cancel(job_id)


async def test_another_protocol_and_odd_offers_are_refused(agency: Agency) -> None:
    token = await agency.token()
    async with agency.door() as door:
        for hello in (
            wire.Hello(protocol=PROTOCOL + 1, offer=OFFER),
            wire.Hello(protocol=PROTOCOL),
            wire.Hello(protocol=PROTOCOL, offer=wire.Offer(types=["x"] * 500, slots=1)),
            wire.Hello(protocol=PROTOCOL, offer=wire.Offer(types=["x"], slots=100_000)),
            wire.Hello(protocol=PROTOCOL, offer=wire.Offer(types=["x"], slots=1, labels=["a b"])),
        ):
            code, _ = await refused(door.port, token, hello)
            assert code is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.threat("A62")
async def test_who_is_not_let_in_from_an_address_is_not_let_in_here_either(agency: Agency) -> None:
    async with agency.door(blocked=[ipaddress.ip_network("127.0.0.0/8")]) as door:
        code, details = await refused(door.port, await agency.token())
        assert (code, details.partition(":")[0]) == (grpc.StatusCode.UNAUTHENTICATED, "address_blocked")
        with pytest.raises(CutroomError) as caught:
            await enrol(ServerAddress(f"127.0.0.1:{door.port}", plain=True), secrets.new_code())
        assert caught.value.code == "address_blocked"


@pytest.mark.threat("A82")
async def test_with_tls_nobody_speaks_plainly_and_agents_show_certificates_where_asked(
    agency: Agency, rig: Rig, tmp_path: Path
) -> None:
    ca, other = trustme.CA(), trustme.CA()
    cert, mine, strange = ca.issue_cert("127.0.0.1"), ca.issue_cert("agent"), other.issue_cert("agent")
    paths = {}
    for name, blob in {
        "ca": ca.cert_pem,
        "cert": cert.cert_chain_pems[0],
        "key": cert.private_key_pem,
        "mine": mine.cert_chain_pems[0],
        "my-key": mine.private_key_pem,
        "strange": strange.cert_chain_pems[0],
        "strange-key": strange.private_key_pem,
    }.items():
        paths[name] = tmp_path / f"{name}.pem"
        blob.write_to_path(str(paths[name]))
    token = await agency.token()
    async with rig.database.begin() as session:
        code = (await agency.fleet.create_code(session, None, "x")).plaintext
    async with agency.door(tls=Tls(paths["cert"], paths["key"], paths["ca"])) as door:
        target = f"127.0.0.1:{door.port}"
        right = ServerAddress(target, ca=paths["ca"], cert=paths["mine"], key=paths["my-key"])
        for address in (
            ServerAddress(target, plain=True),
            ServerAddress(target),
            ServerAddress(target, ca=paths["ca"]),
            ServerAddress(target, ca=paths["ca"], cert=paths["strange"], key=paths["strange-key"]),
        ):
            with pytest.raises(Unavailable):
                await enrol(address, code, within_s=3.0)
        async with agency.agent(door.port, token, address=right):
            assert (await rig.ended(await rig.submit("echo", {"value": 1}))).status is Status.SUCCEEDED
        assert (await enrol(right, code)).token.startswith("cta_")


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:192.0.2.7:5000", "192.0.2.7"),
        ("ipv6:%5B::1%5D:5000", "::1"),
        ("ipv6:[::ffff:192.0.2.7]:5000", "192.0.2.7"),
        ("unix:/tmp/x", None),
    ],
)
def test_the_address_of_a_peer_is_read_from_its_name(peer: str, address: str | None) -> None:
    found = peer_address(peer)
    assert (None if found is None else str(found)) == address
