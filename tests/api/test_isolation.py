"""Nothing of one workspace can be seen, or guessed, from another. Threats A47, A48, A50, A61, A91.

Fails when a new route is not tried here.
"""

import io
import json
import re
from typing import Any

import httpx2
from structlog.testing import capture_logs

from cutroom.api import openapi_document
from tests.api.test_uploads import uploaded
from tests.api.world import DOCUMENT, World

UNKNOWN = "01aaaaaaaaaaaaaaaaaaaaaaaa"
WITHOUT_IDS = {
    "createRender",
    "validateRender",
    "explainRender",
    "drawStoryboard",
    "listJobs",
    "listDeadLetters",
    "redriveDeadLetters",
    "createUpload",
    "listAssets",
    "createTemplate",
    "listTemplates",
    "getMetrics",
    "getPlan",
    "getUsage",
    "isLive",
    "isReady",
    "getHealth",
    "readFile",
    "headFile",
    "writeFile",
    "register",
    "login",
    "logout",
    "getMe",
    "changePassword",
    "listSessions",
    "endSessions",
}


def same(answer: httpx2.Response) -> Any:
    """What may not differ between what is another's and what is not there at all."""
    body = answer.json()
    del body["error"]["correlationId"]
    return answer.status_code, body, answer.headers.keys() - {"date"}


async def a_session(world: World) -> str:
    """The id of the session of somebody who has just registered."""
    body = {"email": "ada@example.com", "password": "correct horse battery"}
    answer = await world.nobody.post("/api/v1/auth/register", json=body)
    world.nobody.cookies.clear()
    return str(answer.json()["session"]["id"])


async def test_what_is_anothers_is_as_unknown_as_what_is_not_there(working: World) -> None:
    job = await working.ended((await working.submit())["id"])
    asset = await uploaded(working)
    picture = io.BytesIO(b"x")
    upload = (
        await working.mine.post(
            "/api/v1/uploads", json={"name": "a", "contentType": "image/png", "sizeBytes": len(picture.getvalue())}
        )
    ).json()
    template = (await working.mine.post("/api/v1/templates", json={"name": "a", "document": DOCUMENT})).json()
    ids = {
        "job_id": job["id"],
        "asset_id": asset["id"],
        "upload_id": upload["id"],
        "template_id": template["id"],
        "artifact_id": job["artifacts"][0]["id"],
        "session_id": await a_session(working),
    }
    tried = set()
    for path, methods in openapi_document()["paths"].items():
        for method, operation in methods.items():
            if "_id}" not in path:
                continue
            tried.add(operation["operationId"])
            name = path.split("{")[1].split("}")[0]
            theirs = await working.theirs.request(method, path.replace(f"{{{name}}}", ids[name]))
            prefix = ids[name].split("_")[0]
            none = await working.theirs.request(method, path.replace(f"{{{name}}}", f"{prefix}_{UNKNOWN}"))
            garbage = await working.theirs.request(method, path.replace(f"{{{name}}}", "x"))
            assert same(theirs) == same(none) == same(garbage), path
            assert theirs.status_code == 404, path
    everything = {o["operationId"] for methods in openapi_document()["paths"].values() for o in methods.values()}
    assert tried | WITHOUT_IDS == everything
    assert (await working.mine.get(f"/api/v1/jobs/{job['id']}")).json()["status"] == "succeeded"
    assert (await working.mine.get(f"/api/v1/assets/{asset['id']}")).status_code == 200


async def test_lists_hold_what_is_ones_own(working: World) -> None:
    await working.ended((await working.submit("die"))["id"])
    await uploaded(working)
    await working.mine.post("/api/v1/templates", json={"name": "a", "document": DOCUMENT})
    for path in ("/api/v1/jobs", "/api/v1/dead-letters", "/api/v1/assets", "/api/v1/templates"):
        assert len((await working.mine.get(path)).json()["items"]) == 1
        assert (await working.theirs.get(path)).json() == {"items": []}


async def test_no_answer_and_no_log_line_holds_a_secret_or_a_path_of_ours(working: World, tmp_path: Any) -> None:
    answers: list[httpx2.Response] = []
    with capture_logs() as logs:
        for text in ("hello", "wrong", "die"):
            job = await working.ended((await working.submit(text))["id"])
            answers.append(await working.mine.get(f"/api/v1/jobs/{job['id']}"))
            answers.append(await working.mine.get(f"/api/v1/jobs/{job['id']}/events?limit=100"))
        answers.append(await working.mine.get("/api/v1/jobs"))
        answers.append(await working.mine.get("/health"))
        answers.append(await working.mine.get("/metrics"))
        answers.append(await working.nobody.get("/api/v1/jobs", headers={"X-API-Key": "ctr_" + "a" * 43}))
        answers.append(await working.mine.get(f"/api/v1/jobs?token={working.api_key}"))
    sent = " ".join(f"{answer.headers} {answer.text}" for answer in answers)
    logged = json.dumps(logs, default=str)
    for secret in (working.api_key, "ctr_" + "a" * 43, str(tmp_path), working.services.database.url):
        assert secret not in sent
        assert secret not in logged
    assert "sig=" not in logged
    without_links = re.sub(r'"url":"[^"]*"', "", " ".join(answer.text for answer in answers))
    assert working.workspace_id not in without_links
