"""What an agent does not take from a server that means it ill, nor keep from one that means it well."""

import asyncio
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from cutroom.agents.files import RemoteFiles, Shelf
from cutroom.agents.link import Link, ServerAddress
from cutroom.agents.outbox import Cut, Outbox
from cutroom.agents.wire import agents_pb2 as wire
from cutroom.app.cli import cli
from cutroom.jobs import Status
from cutroom.jobs.errors import LeaseLost
from cutroom.jobs.executor import Executor
from cutroom.kit.errors import Invalid
from cutroom.kit.scratch import Scratch
from cutroom.media.fetch import Fetcher
from tests.agents.agency import Agency
from tests.jobs.flows import Diary, Number
from tests.jobs.rig import Rig

EVIL = b"ssh-ed25519 AAAA attacker\n"


def files_of(folder: Path, workspace_id: str) -> RemoteFiles:
    """Files of an attempt whose server answers every question with a link to the same bytes."""

    async def ask(**what: object) -> wire.Answer:
        return wire.Answer(place=wire.Place(url="http://server.invalid/x", size_bytes=len(EVIL)))

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: httpx2.Response(200, content=EVIL)))
    scratch = folder / "scratch" / "a"
    scratch.mkdir(parents=True)
    return RemoteFiles(
        ask, http, Shelf(folder / "shelf", 1 << 30), Fetcher(), workspace_id=workspace_id, scratch=scratch
    )


@pytest.mark.parametrize("key", ["{}/home/authorized_keys", "../../outside", "a/../../b", "", "a//b"])
async def test_a_key_of_the_server_names_no_file_of_the_agents_disk(tmp_path: Path, key: str) -> None:
    files = files_of(tmp_path / "data", "ws_1")
    with pytest.raises(Invalid):
        await files.find(key.format(tmp_path))
    (tmp_path / "made").write_text("x")
    with pytest.raises(Invalid):
        await files.keep(key.format(tmp_path), tmp_path / "made")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "made"]


async def test_a_workspace_of_the_server_leads_not_out_of_the_shelf(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        await files_of(tmp_path / "data", "../../outside").find("k1")
    assert not (tmp_path / "outside").exists()
    found = await files_of(tmp_path / "other", "ws_1").find("task/patch/job_1.1")
    assert found is not None
    assert found.read_bytes() == EVIL
    assert found.is_relative_to(tmp_path / "other" / "scratch")


async def test_an_attempt_that_breaks_on_the_agent_is_told_and_run_again(
    agency: Agency, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Executor.run
    broken: list[bool] = []

    async def breaks_once(self: Executor, *given: object) -> None:
        if not broken:
            broken.append(True)
            raise RecursionError
        await real(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr("cutroom.agents.client.BROKE_AGAIN_S", 0.1)
    monkeypatch.setattr(Executor, "run", breaks_once)
    async with agency.door(lease_s=200.0) as door, agency.agent(door.port, await agency.token(), types=("echo",)):
        job_id = await rig.submit("echo", Number(value=1))
        assert (await rig.ended(job_id)).status is Status.SUCCEEDED
    assert broken


async def test_a_folder_that_cannot_be_removed_costs_no_attempt_its_end(
    agency: Agency, rig: Rig, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Scratch, folder: Path) -> None:
        raise RecursionError

    monkeypatch.setattr(Scratch, "remove", fails)
    monkeypatch.setattr(Scratch, "sweep", lambda self: fails(self, Path()))
    async with agency.door(lease_s=200.0) as door, agency.agent(door.port, await agency.token()):
        job_id = await rig.submit("echo", Number(value=1))
        assert (await rig.ended(job_id)).status is Status.SUCCEEDED


async def test_an_agent_takes_no_more_than_it_has_offered(agency: Agency, rig: Rig, diary: Diary) -> None:
    def given(number: int, kind: str) -> wire.ToAgent:
        assign = wire.Assign(
            job_id=f"job_{number}", workspace_id="ws_1", type=kind, input=diary.model_dump_json(), attempt=1, fence=1
        )
        return wire.ToAgent(assign=assign)

    async with (
        agency.door(lease_s=20) as door,
        agency.agent(door.port, await agency.token(), types=("waits_for",), slots=1, drain_s=0.1) as agent,
    ):
        await agent.link.connected.wait()
        with pytest.raises(Cut, match="not offered"):
            agent._hear(given(0, "echo"))
        agent._hear(given(1, "waits_for"))
        agent._hear(given(2, "waits_for"))
        with pytest.raises(Cut, match="more jobs"):
            agent._hear(given(3, "waits_for"))
        assert len(agent.holdings()) == 2


@pytest.mark.parametrize("given_up", [False, True])
async def test_a_record_whose_answer_was_lost_is_asked_again_for_what_still_goes_on(*, given_up: bool) -> None:
    held = [] if given_up else [wire.Held(job_id="job_1", fence=1)]
    link = Link(
        ServerAddress("127.0.0.1:1", plain=True),
        "token",
        wire.Offer(),
        held=lambda: held,
        hear=lambda _: None,
        welcomed=lambda _: None,
    )
    asking = asyncio.create_task(link.ask(wire.Ask(job_id="job_1", fence=1, record=wire.Record(step="a", result="1"))))
    await asyncio.sleep(0)
    sent: list[wire.FromAgent] = []

    async def write(message: wire.FromAgent) -> None:
        sent.append(message)

    outbox = Outbox(wire.FromAgent, write)
    link.session_id = "ses_1"
    async with asyncio.TaskGroup() as group:
        welcome = wire.Welcome(session_id="ses_1", lease_s=30, applied=1)  # it was carried out, well or not
        await link._on_welcome(welcome, outbox, group)
        if given_up:
            with pytest.raises(LeaseLost):
                await asking
        async with asyncio.timeout(60):
            while not given_up and not any(message.WhichOneof("kind") == "ask" for message in sent):
                await asyncio.sleep(0.01)
            while not link.connected.is_set():
                await asyncio.sleep(0.01)
        asked = [message.ask.number for message in sent if message.WhichOneof("kind") == "ask"]
        assert asked == ([] if given_up else [1])
        assert asking.done() is given_up
        asking.cancel()
        for task in group._tasks:
            task.cancel()


async def test_a_connection_that_breaks_in_whatever_way_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    address = ServerAddress("127.0.0.1:1", plain=True)
    link = Link(address, "token", wire.Offer(), held=list, hear=lambda _: None, welcomed=lambda _: None)
    again = asyncio.Event()

    async def breaks_once() -> None:
        monkeypatch.setattr(link, "_once", waits)
        raise asyncio.InvalidStateError("RPC already finished.")  # what gRPC says of a write that comes too late

    async def waits() -> None:
        again.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(link, "_once", breaks_once)
    running = asyncio.create_task(link.run())
    async with asyncio.timeout(30):
        await asyncio.wait({running, asyncio.create_task(again.wait())}, return_when=asyncio.FIRST_COMPLETED)
    assert again.is_set()
    running.cancel()


@pytest.mark.parametrize(
    ("target", "here"),
    [
        ("127.0.0.1:8001", True),
        ("localhost:8001", True),
        ("[::1]:8001", True),
        ("unix:/run/x", True),
        ("cutroom.example.com:8443", False),
        ("10.0.0.7:8443", False),
        ("dns:///127.0.0.1:8443", False),
        ("127.0.0.1.example.com:1", False),
    ],
)
def test_a_token_goes_in_the_clear_to_this_machine_alone(target: str, here: bool) -> None:  # noqa: FBT001
    assert ServerAddress(target, plain=True).local is here


def test_the_command_refuses_plaintext_to_others() -> None:
    said = CliRunner().invoke(cli, ["agent", "--server", "cutroom.example.com:8443", "--plaintext", "--token", "x"])
    assert said.exit_code == 2
    assert "--insecure" in said.output
