"""Temporal that is not there, is not as it was set, or goes away for a while."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from cutroom.app.job_engine import temporal as reach
from cutroom.app.settings import Settings, load
from cutroom.jobs import Status
from cutroom.kit.errors import CutroomError
from cutroom.temporal import TemporalSettings, connect
from tests import temporal_server
from tests.jobs.flows import Diary
from tests.jobs.rig import Rig, eventually


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"address": "127.0.0.1:1"}, "temporal_unavailable"),
        ({"namespace": "nowhere"}, "temporal_namespace_missing"),
        ({"tls": True}, "temporal_unavailable"),
        ({"server_ca": Path("/nowhere.pem")}, "bad_setting"),
    ],
)
async def test_a_connection_that_cannot_be_has_a_stable_code(
    temporal: TemporalSettings, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(CutroomError) as caught:
        await connect(replace(temporal, **changes))  # type: ignore[arg-type]
    assert caught.value.code == code


async def test_settings_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, temporal_address: str, tmp_path: Path
) -> None:
    monkeypatch.setenv("CUTROOM_ENGINE", "temporal")
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_address)
    monkeypatch.setenv("TEMPORAL_TASK_QUEUE", "ours")
    monkeypatch.setenv("TEMPORAL_API_KEY", "key")
    settings = load(data=tmp_path)
    found = settings.temporal()
    assert (settings.engine, found.address, found.task_queue) == ("temporal", temporal_address, "ours")
    assert found.api_key == "key"
    assert "key" not in repr(settings.temporal_api_key)
    await reach(settings.model_copy(update={"temporal_api_key": None}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CUTROOM_ENGINE", "celery"),
        ("TEMPORAL_ADDRESS", "http://here"),
        ("TEMPORAL_TLS_CLIENT_CERT_PATH", "/only/this"),
        ("CUTROOM_TEMPORAL_CACHE", "-1"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(CutroomError, match=name):
        load()


async def test_an_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(CutroomError) as caught:
        await reach(Settings(CUTROOM_ENGINE="temporal"))
    assert caught.value.code == "temporal_not_installed"


@pytest.mark.parametrize("remembers", [True, False])
async def test_jobs_go_on_when_temporal_was_killed_and_came_back(
    rig: Rig, diary: Diary, tmp_path_factory: pytest.TempPathFactory, *, remembers: bool
) -> None:
    """With its memory it goes on where it was; without, attempts are put back, uncharged, and begin anew."""
    with temporal_server.own(tmp_path_factory.mktemp("temporal"), remembers=remembers) as server:
        rig.temporal = TemporalSettings(address=server.start())
        async with rig.worker(lease_s=30.0 if remembers else 5.0):
            job_id = await rig.submit("gated_steps", diary)
            diary.write("go one")

            async def first_done() -> bool | None:
                return await rig.sql("SELECT count(*) FROM job_steps") == [(1,)] or None

            await eventually(first_done)
            server.kill()
            later = await rig.submit("echo", {"value": 2})
            await rig.until(later, Status.RUNNING)
            await asyncio.to_thread(server.start)

            async def put_back() -> bool | None:
                return remembers or len(await rig.outcomes(job_id)) == 2 or None

            await eventually(put_back)
            diary.write("go two")
            diary.write("go three")
            jobs = [await rig.ended(one, within_s=60) for one in (job_id, later)]
        assert [(job.status, job.attempt) for job in jobs] == [(Status.SUCCEEDED, 1)] * 2
        assert [line for line in diary.lines() if not line.startswith("go")] == ["one", "two", "three"]
        wanted = ["succeeded"] if remembers else ["released", "succeeded"]
        assert [outcome for _, outcome in await rig.outcomes(job_id)] == wanted
