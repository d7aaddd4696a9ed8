"""Templates and batches at the door."""

import json
from typing import Any

import pytest

from cutroom.api import ApiSettings
from cutroom.db import Database
from cutroom.workflows.rows import RowsFile
from tests.api.conftest import serving
from tests.api.world import World, document, error_of

CSV = {"Content-Type": "text/csv; charset=utf-8"}
LINES = {"Content-Type": "application/x-ndjson"}


def template(text: str = "Hello {{NAME}}", **more: Any) -> dict[str, Any]:
    return {"name": "greeting", "document": document(text), **more}


async def made(world: World, **more: Any) -> Any:
    answer = await world.mine.post("/api/v1/templates", json=template(**more))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_template_is_kept_changed_and_deleted(world: World) -> None:
    answer = await world.mine.post("/api/v1/templates", json=template())
    kept = answer.json()
    where = answer.headers["location"]
    assert (answer.status_code, where) == (201, f"/api/v1/templates/{kept['id']}")
    assert kept["document"] == document("Hello {{NAME}}")
    assert kept["fields"]["NAME"]["type"] == "string"
    found = await world.mine.get(where)
    assert found.json() == kept
    same = await world.mine.get(where, headers={"If-None-Match": found.headers["etag"]})
    assert same.status_code == 304
    changed = await world.mine.put(where, json=template("Bye {{NAME}}"))
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert (await world.mine.get(where)).json() == changed.json()
    assert (await world.mine.delete(where)).status_code == 204
    error_of(await world.mine.get(where), 404, "template_not_found")
    error_of(await world.mine.delete(where), 404, "template_not_found")


async def test_lists_come_in_pages_without_documents(world: World) -> None:
    ids = [(await made(world))["id"] for _ in range(3)]
    first = await world.mine.get("/api/v1/templates?limit=2")
    assert [item["id"] for item in first.json()["items"]] == ids[:0:-1]
    assert all("document" not in item for item in first.json()["items"])
    link = first.headers["link"].split(";")[0].strip("<>")
    second = (await world.mine.get(link)).json()
    assert [item["id"] for item in second["items"]] == ids[:1]
    assert "nextCursor" not in second


@pytest.mark.parametrize(
    ("more", "code", "pointer"),
    [
        ({"document": {"timelines": {}}}, "missing_field", "/document/timeline"),
        ({"fields": {"NAMES": {"type": "string"}}}, "unused_field", "/fields/NAMES"),
        ({"fields": {"NAME": {"type": "text"}}}, "unknown_value", "/fields/NAME/type"),
        ({"fields": {"NAME": {"type": "number", "default": "x"}}}, "wrong_type", "/fields/NAME/default"),
        ({"document": []}, "wrong_type", "/document"),
        ({"name": ""}, "empty", "/name"),
        ({"extra": 1}, "unknown_field", "/extra"),
    ],
)
async def test_a_wrong_template_is_refused_at_its_place(
    world: World, more: dict[str, Any], code: str, pointer: str
) -> None:
    where = f"/api/v1/templates/{(await made(world))['id']}"
    for answer in (
        await world.mine.post("/api/v1/templates", json={**template(), **more}),
        await world.mine.put(where, json={**template(), **more}),
    ):
        assert answer.status_code == 422
        assert (code, pointer) in [(d["code"], d["pointer"]) for d in answer.json()["error"]["details"]]
    assert (await world.mine.get(where)).json()["version"] == 1


async def test_values_become_a_render(working: World) -> None:
    kept = await made(working)
    answer = await working.mine.post(f"/api/v1/templates/{kept['id']}/render?wait=15", json={"values": {"NAME": "Ann"}})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["type"], answer.json()["output"]["said"]) == ("render", "Hello Ann")


async def test_a_wrong_value_is_pointed_at(world: World) -> None:
    where = f"/api/v1/templates/{(await made(world))['id']}/render"
    for values, code, pointer in (
        ({}, "missing_value", "/values/NAME"),
        ({"NAME": ["x"]}, "wrong_type", "/values/NAME"),
        ({"NAME": "x", "NAMES": "y"}, "unknown_field", "/values/NAMES"),
    ):
        error = error_of(await world.mine.post(where, json={"values": values}), 422, code)
        assert error["details"][0]["pointer"] == pointer
    picture = {
        "name": "p",
        "document": {"timeline": {"tracks": [{"clips": [{"asset": {"type": "image", "src": "{{P}}"}}]}]}},
    }
    kept = (await world.mine.post("/api/v1/templates", json=picture)).json()
    answer = await world.mine.post(
        f"/api/v1/templates/{kept['id']}/render", json={"values": {"P": "http://127.0.0.1/a.png"}}
    )
    error = error_of(answer, 422, "url_not_allowed")
    assert error["details"][0]["pointer"] == "/document/timeline/tracks/0/clips/0/asset/src"


@pytest.mark.parametrize("body", [{}, {"values": {}, "rows": []}, {"rows": [1]}, {"rows": {}}, [], {"what": 1}])
async def test_a_request_that_is_neither_one_nor_many_is_refused(world: World, body: Any) -> None:
    where = f"/api/v1/templates/{(await made(world))['id']}/render"
    error_of(await world.mine.post(where, json=body), 422, "invalid_input")


async def said(world: World, body: bytes | Any, headers: dict[str, str] | None = None) -> Any:
    where = f"/api/v1/templates/{(await made(world))['id']}/render?wait=15"
    if headers is None:
        answer = await world.mine.post(where, json=body)
    else:
        answer = await world.mine.post(where, content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    job = answer.json()
    assert job["type"] == "render.batch"
    assert job["input"]["count"] == len(job["output"]["said"])
    return job["output"]["said"]


async def test_rows_come_as_json(working: World) -> None:
    rows = [{"NAME": "Ann"}, {"NAME": 5}, {"NAMES": 1}, {}]
    assert await said(working, {"rows": rows}) == ["Hello Ann", "Hello 5", "invalid_timeline", "missing_value"]


async def test_rows_come_as_csv(working: World) -> None:
    csv = '\ufeffNAME\r\nAnn\r\n"Bob, ""Bo"""\r\n\r\n"two\nlines"\r\na,b\r\n""\r\n'
    assert await said(working, csv.encode(), CSV) == [
        "Hello Ann",
        'Hello Bob, "Bo"',
        "Hello two\nlines",
        "bad_row",
        "missing_value",
    ]


@pytest.mark.parametrize("mark", [";", "\t"])
async def test_rows_come_as_spreadsheets_write_them(working: World, mark: str) -> None:
    kept = await working.mine.post("/api/v1/templates", json=template("Hello {{NAME}} and {{OTHER}}"))
    where = f"/api/v1/templates/{kept.json()['id']}/render?wait=20"
    csv = f"NAME{mark}OTHER\r\nAnn, Ms{mark}Bo\r\n"
    answer = await working.mine.post(where, content=csv.encode(), headers=CSV)
    assert answer.json()["output"]["said"] == ["Hello Ann, Ms and Bo"]


async def test_rows_come_as_lines_of_json(working: World) -> None:
    lines = (
        b'{"NAME": "Ann"}\n\n{"NAME": \n[1]\n{"NAME": "a\\u0000"}\n{"NAME": "' + b"x" * 70_000 + b'"}\n{"NAME": "Z"}'
    )
    assert await said(working, lines, LINES) == [
        "Hello Ann",
        "malformed_json",
        "wrong_type",
        "bad_text",
        "row_too_large",
        "Hello Z",
    ]


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", CSV, 422, "bad_csv"),
        (b"NAME\n", CSV, 422, "no_rows"),
        (b"NAMES\nAnn\n", CSV, 422, "bad_csv"),
        (b"NAME,NAME\nAnn,Ann\n", CSV, 422, "duplicate_column"),
        (b'NAME\n"Ann\n', CSV, 422, "bad_csv"),
        (b"NAME\n\xff\n", CSV, 422, "bad_csv"),
        (b"\n", LINES, 422, "no_rows"),
        (b"NAME\nAnn", {"Content-Type": "text/csv; charset=latin-1"}, 415, "unsupported_media_type"),
        (b"x", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (b"x", {}, 415, "unsupported_media_type"),
    ],
)
async def test_rows_that_cannot_be_read_at_all_are_refused(
    world: World, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    where = f"/api/v1/templates/{(await made(world))['id']}/render"
    error_of(await world.mine.post(where, content=body, headers=headers), status, code)
    assert (await world.mine.get("/api/v1/jobs")).json() == {"items": []}


async def test_a_batch_has_its_limits(database: Database, tmp_path: Any) -> None:
    async with serving(database, tmp_path, ApiSettings(max_rows=3, max_rows_bytes=1_000)) as world:
        where = f"/api/v1/templates/{(await made(world))['id']}/render"
        four = b"NAME\n" + b"a\n" * 4
        error_of(await world.mine.post(where, content=four, headers=CSV), 422, "too_many_rows")
        error_of(await world.mine.post(where, json={"rows": [{"NAME": "x"}] * 4}), 422, "too_many_rows")
        error_of(await world.mine.post(where, content=b"NAME\n" + b"a" * 1_000, headers=CSV), 413, "body_too_large")
        assert (await world.mine.post(where, content=four[:-2], headers=CSV)).status_code == 202


async def test_many_rows_are_taken_in_one_request(world: World, tmp_path: Any) -> None:
    kept = await made(world)
    body = b"NAME\n" + b"".join(b"name %d\n" % number for number in range(100_000))
    answer = await world.mine.post(f"/api/v1/templates/{kept['id']}/render", content=body, headers=CSV)
    assert answer.status_code == 202
    assert answer.json()["input"]["count"] == 100_000
    (path,) = [path for path in (tmp_path / "store").rglob("rows/*") if path.is_file()]
    offsets = RowsFile(path).windows()
    assert len(offsets) == 2_000
    assert RowsFile(path).read(offsets[-1])[-1].text == {"NAME": "name 99999"}


async def test_a_key_gives_the_same_batch_for_the_same_rows(world: World) -> None:
    where = f"/api/v1/templates/{(await made(world))['id']}/render"
    headers = {**CSV, "Idempotency-Key": "k"}
    first = await world.mine.post(where, content=b"NAME\nAnn\n", headers=headers)
    again = await world.mine.post(where, content=b"NAME\nAnn\n", headers=headers)
    assert (again.json()["id"], again.headers["idempotent-replayed"]) == (first.json()["id"], "true")
    error_of(await world.mine.post(where, content=b"NAME\nBob\n", headers=headers), 422, "idempotency_key_reused")
    one = await world.mine.post(where, json={"values": {"NAME": "x"}, "idempotencyKey": "v"})
    two = await world.mine.post(where, json={"values": {"NAME": "x"}}, headers={"Idempotency-Key": '"v"'})
    assert one.json()["id"] == two.json()["id"]


async def test_the_same_rows_are_one_batch_while_it_is_under_way(world: World) -> None:
    where = f"/api/v1/templates/{(await made(world))['id']}/render"
    first = await world.mine.post(where, json={"rows": [{"NAME": "a"}]})
    again = await world.mine.post(where, json={"rows": [{"NAME": "a"}]})
    assert again.json()["id"] == first.json()["id"]


async def test_an_artifact_can_be_read_by_its_id(working: World) -> None:
    job = await working.ended((await working.submit("hello"))["id"])
    answer = await working.mine.get(f"/api/v1/artifacts/{job['artifacts'][0]['id']}/download")
    assert answer.status_code == 302
    assert (await working.nobody.get(answer.headers["location"])).content == b"film of hello"


async def test_merge_fields_are_filled_in_a_render(working: World) -> None:
    made = {**document("Hi {{WHO}}"), "merge": {"WHO": "all"}}
    answer = await working.mine.post("/api/v1/render?wait=15", json=made)
    assert answer.json()["output"]["said"] == "Hi all"
    assert "merge" not in json.dumps(answer.json()["input"])
