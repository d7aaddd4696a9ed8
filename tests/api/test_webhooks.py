"""Webhooks over HTTP: endpoints, their deliveries, callbacks of jobs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests.api.world import DOCUMENT, World, document, error_of

HOOK = "https://93.184.216.34/hook"
PATH = "/api/v1/webhooks"


async def created(world: World, client: httpx2.AsyncClient | None = None, **more: Any) -> Any:
    answer = await (client or world.mine).post(PATH, json={"url": HOOK, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_an_endpoint_shows_its_secret_once(world: World) -> None:
    answer = await world.mine.post(PATH, json={"url": HOOK, "description": "mine", "events": ["job.failed"]})
    made = answer.json()
    assert answer.headers["location"] == f"{PATH}/{made['id']}"
    assert answer.headers["cache-control"] == "no-store"
    assert made["secret"].startswith("whsec_")
    seen = (await world.mine.get(f"{PATH}/{made['id']}")).json()
    assert seen == {name: value for name, value in made.items() if name != "secret"}
    assert seen["enabled"] is True
    assert (await world.mine.get(PATH)).json() == {"items": [seen]}
    ((sealed,),) = await rows(world, "SELECT secret FROM webhook_endpoints")
    assert made["secret"].encode() not in sealed


async def rows(world: World, statement: str) -> list[tuple[Any, ...]]:
    async with world.services.database.begin() as session:
        found = await (await session.connection()).exec_driver_sql(statement)
        return [tuple(row) for row in found]


@pytest.mark.threat("A75")
@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/hook",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost/",
        "https://93.184.216.34:8080/",
        "https://user:secret@93.184.216.34/",
        "ftp://93.184.216.34/",
        "hook",
    ],
)
async def test_a_url_that_nobody_may_send_to_is_refused_at_every_door(world: World, url: str) -> None:
    answer = await world.mine.post(PATH, json={"url": url})
    error = error_of(answer, 422, "url_not_allowed")
    assert [detail["pointer"] for detail in error["details"]] == ["/url"]
    made = await created(world)
    error_of(await world.mine.patch(f"{PATH}/{made['id']}", json={"url": url}), 422, "url_not_allowed")
    render = await world.mine.post("/api/v1/render", json={**DOCUMENT, "callbackUrl": url})
    error = error_of(render, 422, "url_not_allowed")
    assert [detail["pointer"] for detail in error["details"]] == ["/callbackUrl"]
    assert "secret" not in answer.text + render.text
    assert (await world.mine.get("/api/v1/jobs")).json() == {"items": []}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"url": 5},
        {"url": HOOK, "events": []},
        {"url": HOOK, "events": ["job.exploded"]},
        {"url": HOOK, "events": ["webhook.test"]},
        {"url": HOOK, "secret": "whsec_AAAA"},
        {"url": HOOK, "description": "x" * 501},
    ],
)
async def test_a_wrong_request_is_refused(world: World, wrong: Any) -> None:
    error_of(await world.mine.post(PATH, json=wrong), 422, "invalid_input")


async def test_an_endpoint_can_be_changed_switched_off_and_on_again_and_deleted(world: World) -> None:
    made = await created(world)
    path = f"{PATH}/{made['id']}"
    changed = (await world.mine.patch(path, json={"url": f"{HOOK}/2", "events": ["job.failed"]})).json()
    assert (changed["url"], changed["events"], changed["description"]) == (f"{HOOK}/2", ["job.failed"], "")
    assert (await world.mine.patch(path, json={"events": None})).json()["events"] is None
    off = (await world.mine.patch(path, json={"enabled": False})).json()
    assert (off["enabled"], off["disabledReason"]) == (False, "asked")
    error_of(await world.mine.post(f"{path}/test"), 409, "webhook_disabled")
    on = (await world.mine.patch(path, json={"enabled": True})).json()
    assert on["enabled"] is True
    assert "disabledReason" not in on
    error_of(await world.mine.patch(path, json={"enabled": "perhaps"}), 422, "invalid_input")
    error_of(
        await world.mine.patch(path, content=b"{", headers={"content-type": "application/json"}), 400, "malformed_json"
    )
    assert (await world.mine.delete(path)).status_code == 204
    error_of(await world.mine.get(path), 404, "webhook_not_found")


async def test_a_workspace_has_so_many_endpoints_and_no_more(world: World) -> None:
    for _ in range(20):
        await created(world)
    error_of(await world.mine.post(PATH, json={"url": HOOK}), 429, "too_many_webhooks")
    await created(world, world.theirs)
    page = (await world.mine.get(f"{PATH}?limit=15")).json()
    rest = (await world.mine.get(f"{PATH}?limit=15&cursor={page['nextCursor']}")).json()
    assert len({item["id"] for item in page["items"] + rest["items"]}) == 20
    error_of(await world.theirs.get(f"{PATH}?cursor={page['nextCursor']}"), 422, "bad_cursor")


async def test_a_secret_is_rotated_with_overlap(world: World) -> None:
    made = await created(world)
    answer = await world.mine.post(f"{PATH}/{made['id']}/rotate-secret")
    assert answer.status_code == 200
    assert answer.json()["secret"] not in {made["secret"], ""}
    until = datetime.fromisoformat(answer.json()["oldSecretUntil"])
    assert timedelta(hours=23) < until - datetime.now(UTC) < timedelta(hours=25)


async def test_a_test_event_is_a_delivery_that_can_be_looked_at(world: World) -> None:
    made = await created(world, events=["job.failed"])
    answer = await world.mine.post(f"{PATH}/{made['id']}/test?type=job.succeeded")
    assert answer.status_code == 202, answer.text
    delivery = (await world.mine.get(answer.headers["location"])).json()
    assert (delivery["status"], delivery["type"], delivery["attempts"], delivery["log"]) == (
        "pending",
        "webhook.test",
        0,
        [],
    )
    assert delivery["payload"]["type"] == "job.succeeded"
    assert delivery["payload"]["data"]["status"] == "succeeded"
    error_of(await world.mine.post(f"{PATH}/{made['id']}/test?type=nothing"), 422, "invalid_input")


async def test_deliveries_are_listed_by_endpoint_with_filters_and_by_job(working: World) -> None:
    made = await created(working)
    jobs = [await working.ended((await working.submit(text))["id"]) for text in ("hello", "wrong", "hello again")]
    path = f"{PATH}/{made['id']}/deliveries"
    items = (await working.mine.get(path)).json()["items"]
    assert [item["jobId"] for item in items] == [job["id"] for job in reversed(jobs)]
    assert [item["type"] for item in items] == ["job.succeeded", "job.failed", "job.succeeded"]
    assert len((await working.mine.get(f"{path}?type=job.failed")).json()["items"]) == 1
    assert len((await working.mine.get(f"{path}?status=pending")).json()["items"]) == 3
    assert (await working.mine.get(f"{path}?status=failed")).json()["items"] == []
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+", "%2B")
    assert (await working.mine.get(f"{path}?since={later}")).json()["items"] == []
    assert len((await working.mine.get(f"{path}?until={later}")).json()["items"]) == 3
    page = await working.mine.get(f"{path}?limit=2&type=job.succeeded")
    assert "nextCursor" not in page.json()
    page = await working.mine.get(f"{path}?limit=2")
    following = page.headers["link"].split(">")[0].removeprefix("<")
    assert [item["id"] for item in (await working.mine.get(following)).json()["items"]] == [items[2]["id"]]
    (of_job,) = (await working.mine.get(f"/api/v1/jobs/{jobs[0]['id']}/deliveries")).json()["items"]
    assert of_job == items[2]
    detail = (await working.mine.get(f"/api/v1/jobs/{jobs[0]['id']}/deliveries/{of_job['id']}")).json()
    shown = (await working.mine.get(f"/api/v1/jobs/{jobs[0]['id']}")).json()
    links = {"artifacts", "input"}
    assert {k: v for k, v in detail["payload"]["data"].items() if k not in links} == {
        k: v for k, v in shown.items() if k not in links
    }
    assert [one["id"] for one in detail["payload"]["data"]["artifacts"]] == [one["id"] for one in shown["artifacts"]]


@pytest.mark.threat("A47")
async def test_the_delivery_of_one_endpoint_is_not_found_at_another(world: World) -> None:
    mine, other = await created(world), await created(world)
    theirs = await created(world, world.theirs)
    delivery = (await world.mine.post(f"{PATH}/{mine['id']}/test")).json()
    error_of(await world.mine.get(f"{PATH}/{other['id']}/deliveries/{delivery['id']}"), 404, "delivery_not_found")
    for method, path in (("GET", ""), ("POST", "/redeliver")):
        answer = await world.theirs.request(method, f"{PATH}/{theirs['id']}/deliveries/{delivery['id']}{path}")
        error_of(answer, 404, "delivery_not_found")


async def test_a_delivery_is_sent_anew_and_a_time_is_replayed(working: World) -> None:
    made = await created(working)
    since = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    await working.ended((await working.submit())["id"])
    path = f"{PATH}/{made['id']}"
    (item,) = (await working.mine.get(f"{path}/deliveries")).json()["items"]
    await working.mine.patch(path, json={"enabled": False})
    error_of(await working.mine.post(f"{path}/deliveries/{item['id']}/redeliver"), 409, "webhook_disabled")
    error_of(await working.mine.post(f"{path}/replay", json={"since": since}), 409, "webhook_disabled")
    await working.ended((await working.submit("missed"))["id"])
    await working.mine.patch(path, json={"enabled": True})
    again = await working.mine.post(f"{path}/deliveries/{item['id']}/redeliver")
    assert (again.status_code, again.json()["status"], again.json()["eventId"]) == (202, "pending", item["eventId"])
    replay = await working.mine.post(f"{path}/replay", json={"since": since})
    assert (replay.status_code, replay.json()) == (202, {"replayed": 1})
    assert len((await working.mine.get(f"{path}/deliveries?status=pending")).json()["items"]) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"since": "2020-01-01T00:00:00Z"},
        {"since": "2150-01-01T00:00:00Z"},
    ],
)
async def test_a_time_that_cannot_be_replayed_is_refused(world: World, body: Any) -> None:
    made = await created(world)
    error_of(await world.mine.post(f"{PATH}/{made['id']}/replay", json=body), 422, "bad_time_range")


@pytest.mark.parametrize("body", [{}, {"since": "0001-01-01T00:00:00+14:00"}, {"since": "2026-01-01T00:00:00"}])
async def test_a_time_that_is_none_is_refused(world: World, body: Any) -> None:
    made = await created(world)
    error_of(await world.mine.post(f"{PATH}/{made['id']}/replay", json=body), 422, "invalid_input")


async def test_the_callback_secret_is_readable_and_rotatable(world: World) -> None:
    first = (await world.mine.get(f"{PATH}/callback-secret")).json()
    assert first["secret"].startswith("whsec_")
    assert (await world.mine.get(f"{PATH}/callback-secret")).json() == first
    assert (await world.theirs.get(f"{PATH}/callback-secret")).json()["secret"] != first["secret"]
    second = (await world.mine.post(f"{PATH}/callback-secret/rotate")).json()
    assert second["secret"] != first["secret"]
    assert "oldSecretUntil" in second


async def test_a_callback_is_told_of_its_job_alone(working: World) -> None:
    told = await working.mine.post("/api/v1/render", json={**document("told"), "callbackUrl": HOOK})
    assert told.status_code == 202, told.text
    assert "callbackUrl" not in told.json()["input"]
    await working.ended(told.json()["id"])
    silent = await working.ended((await working.submit("silent"))["id"])
    (item,) = (await working.mine.get(f"/api/v1/jobs/{told.json()['id']}/deliveries")).json()["items"]
    assert (item["callbackUrl"], item["type"], item["status"]) == (HOOK, "job.succeeded", "pending")
    assert "webhookId" not in item
    assert (await working.mine.get(f"/api/v1/jobs/{silent['id']}/deliveries")).json() == {"items": []}
    path = f"/api/v1/jobs/{told.json()['id']}/deliveries/{item['id']}"
    assert (await working.mine.get(path)).json()["payload"]["data"]["id"] == told.json()["id"]
    assert (await working.mine.post(f"{path}/redeliver")).status_code == 202


async def test_callbacks_are_taken_by_templates_rows_and_longforms_and_by_validation(working: World) -> None:
    template = (
        await working.mine.post("/api/v1/templates", json={"name": "a", "document": document("{{NAME}}")})
    ).json()
    path = f"/api/v1/templates/{template['id']}/render"
    answers = [
        await working.mine.post(path, json={"values": {"NAME": "a"}, "callbackUrl": HOOK}),
        await working.mine.post(path, json={"rows": [{"NAME": "b"}], "callbackUrl": HOOK}),
        await working.mine.post(path, content="NAME\nc\n", headers={"content-type": "text/csv", "Callback-Url": HOOK}),
    ]
    for answer in answers:
        assert answer.status_code == 202, answer.text
        await working.ended(answer.json()["id"])
        (item,) = (await working.mine.get(f"/api/v1/jobs/{answer.json()['id']}/deliveries")).json()["items"]
        assert item["callbackUrl"] == HOOK
    header = {"content-type": "text/csv", "Callback-Url": "http://127.0.0.1/"}
    refused = error_of(await working.mine.post(path, content="NAME\nc\n", headers=header), 422, "url_not_allowed")
    assert refused["details"][0]["pointer"] == "Callback-Url:"
    valid = await working.mine.post("/api/v1/render/validate", json={**document("a"), "callbackUrl": HOOK})
    assert valid.json()["valid"] is True
    error_of(
        await working.mine.post("/api/v1/render/validate", json={**document("a"), "callbackUrl": 5}),
        422,
        "invalid_input",
    )


async def test_another_callback_under_the_same_idempotency_key_is_another_request(world: World) -> None:
    key = {"Idempotency-Key": "k"}
    first = await world.mine.post("/api/v1/render", json={**DOCUMENT, "callbackUrl": HOOK}, headers=key)
    again = await world.mine.post("/api/v1/render", json={**DOCUMENT, "callbackUrl": HOOK}, headers=key)
    assert first.json()["id"] == again.json()["id"]
    other = await world.mine.post("/api/v1/render", json={**DOCUMENT, "callbackUrl": f"{HOOK}/2"}, headers=key)
    error_of(other, 422, "idempotency_key_reused")


async def test_the_same_work_may_tell_several_urls_and_not_any_number(world: World) -> None:
    ids = set()
    for number in range(10):
        answer = await world.mine.post("/api/v1/render", json={**DOCUMENT, "callbackUrl": f"{HOOK}/{number}"})
        ids.add(answer.json()["id"])
    (job_id,) = ids
    error_of(
        await world.mine.post("/api/v1/render", json={**DOCUMENT, "callbackUrl": f"{HOOK}/10"}),
        422,
        "too_many_callbacks",
    )
    await world.mine.post(f"/api/v1/jobs/{job_id}/cancel")
    assert len((await world.mine.get(f"/api/v1/jobs/{job_id}/deliveries?limit=100")).json()["items"]) == 10


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800"])
async def test_text_that_cannot_be_stored_is_refused_and_no_fault_of_ours(world: World, text: str) -> None:
    body = f'{{"url": "{HOOK}", "description": "a{text}"}}'
    answer = await world.mine.post(PATH, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}, answer.text
    made = await created(world)
    for path in (f"{made['id']}/deliveries/%00", "%00", "whk_%00", f"{made['id']}/deliveries/dlv_%ff"):
        assert (await world.mine.get(f"{PATH}/{path}")).status_code == 404
    answer = await world.mine.get(f"{PATH}/{made['id']}/deliveries?since=0001-01-01T00:00:00%2B14:00")
    error_of(answer, 422, "invalid_input")
