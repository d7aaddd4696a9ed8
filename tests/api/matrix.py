"""What the isolation matrix knows of the API: how to make one of each thing, and what to send to each route.

A new route needs one line, or none where its ids and its body are known already:

- an id in its path: a maker below (`@thing`), which makes one such thing in the workspace of `world.mine`;
- a JSON body: a valid one in `BODIES`, by operation id;
- a name of the caller's own choice in its path: one that nobody uses in `NAMED`;
- a route without an id in its path: a sentence in `WITHOUT_IDS` that says why it cannot reach what is another's.
"""

import dataclasses
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from sqlalchemy import text

from cutroom.accounts import Role
from cutroom.api import openapi_document
from cutroom.api.factory import bare_app
from cutroom.jobs import Submission
from cutroom.kit.ids import new_id
from tests.api.conftest import TLS
from tests.api.test_uploads import uploaded
from tests.api.world import DOCUMENT, World

UNKNOWN = "01aaaaaaaaaaaaaaaaaaaaaaaa"
Maker = Callable[[World, Mapping[str, str]], Awaitable[str]]
MAKERS: dict[str, tuple[str, Maker]] = {}
"""By the name of the path parameter: the prefix of its ids, and what makes one, given those made before it."""

BODIES: dict[str, Any] = {
    "createRender": DOCUMENT,
    "validateRender": DOCUMENT,
    "explainRender": DOCUMENT,
    "drawStoryboard": DOCUMENT,
    "createTemplate": {"name": "a", "document": DOCUMENT},
    "replaceTemplate": {"name": "b", "document": DOCUMENT},
    "renderTemplate": {"values": {}},
    "redriveDeadLetters": {"all": True},
    "signUploadParts": {"numbers": [1]},
    "completeUpload": {},
    "importAsset": {"url": "https://media.example/a.png"},
    "putPattern": {"text": "Sum up."},
    "renamePattern": {"name": "renamed"},
    "previewPattern": {"input": "x"},
    "putStrategy": {"prompt": "Think."},
    "putContext": {"text": "Known."},
    "createTranscript": {"source": "https://media.example/a.mp4"},
    "editTranscript": {"version": 1, "operations": [{"op": "replaceAll", "find": "zzz", "replace": "y"}]},
    "createSubtitles": {"transcript": f"trn_{UNKNOWN}"},
    "createHighlights": {"transcript": f"trn_{UNKNOWN}"},
    "createClip": {"source": "https://media.example/a.mp4", "start": 1, "end": 2},
    "createRun": {"pattern": "summary", "input": "x"},
    "createRepository": {"name": "new", "url": "https://git.example/new"},
    "replaceRepository": {"name": "changed", "url": "https://git.example/changed"},
    "createTask": {"repositoryId": f"rep_{UNKNOWN}", "prompt": "x"},
    "reworkTask": {"feedback": "x"},
    "createContent": {"transcript": f"trn_{UNKNOWN}"},
    "createRepurpose": {"source": "https://example.com/talk.mp4"},
    "editContent": {"version": 1},
    "createVoice": {"name": "new", "description": "Plain."},
    "replaceVoice": {"name": "changed", "description": "Plain."},
    "createWebhook": {"url": "https://93.184.216.34/"},
    "changeWebhook": {"enabled": True},
    "replayWebhook": {"since": (datetime.now(UTC) - timedelta(hours=1)).isoformat()},
    "createUpload": {"name": "a", "contentType": "image/png", "sizeBytes": 1},
    "createWorkspace": {"name": "new"},
    "changeWorkspace": {"name": "renamed"},
    "changeMember": {"role": "viewer"},
    "createInvitation": {"role": "viewer"},
    "acceptInvitation": {"token": "cti_" + "a" * 43},
    "lookAtInvitation": {"token": "cti_" + "a" * 43},
    "createAgentEnrolment": {"name": "new"},
    "createAgentToken": {"name": "new"},
    "rotateAgentToken": {"overlapS": 60},
    "createApiKey": {"name": "new", "scopes": ["jobs:read"]},
    "rotateApiKey": {"overlapS": 60},
    "register": {"email": "eve@example.com", "password": "correct horse battery"},
    "login": {"email": "eve@example.com", "password": "correct horse battery"},
    "applyFabricPattern": {"input": "a"},
    "saveFabricSession": [],
    "readFabricVideo": {"url": "https://example.com/none"},
    "createFabricChat": {"prompts": [{"userInput": "a"}]},
    "changePassword": {"currentPassword": "correct horse battery", "newPassword": "battery horse correct"},
    "forgotPassword": {"email": "eve@example.com"},
    "resetPassword": {"token": "ctl_" + "a" * 43, "newPassword": "battery horse correct"},
}
"""A valid JSON body of every route that takes one."""

QUERIES: dict[str, dict[str, str]] = {
    "deleteWorkspace": {"name": "mine"},
    "explainRender": {"wait": "0"},
    "drawStoryboard": {"wait": "0"},
}

NAMED: dict[str, str] = {"name": "nobodys", "to": "nobodys-either"}
"""Parameters of paths that are names which mean something in the caller's workspace alone."""

_TUS = {"Tus-Resumable": "1.0.0"}
HEADERS: dict[str, dict[str, str]] = {
    "getTusOffset": _TUS,
    "appendToTusUpload": _TUS | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
    "terminateTusUpload": _TUS,
    "createTusUpload": _TUS | {"Upload-Length": "2"},
}
"""Headers without which a route refuses before it looks for anything."""

WITHOUT_IDS: dict[str, str] = {
    "listModels": "lists what the operator has set, and which of it the caller's workspace chose",
    "createRender": "makes a job in the caller's workspace; assets that it names are looked for there alone",
    "validateRender": "looks for the assets that it names in the caller's workspace alone",
    "explainRender": "as createRender",
    "drawStoryboard": "as createRender",
    "listJobs": "lists the caller's workspace; see the test of lists",
    "listDeadLetters": "lists the caller's workspace; see the test of lists",
    "redriveDeadLetters": "takes ids in its body; see the test of bulk routes",
    "createUpload": "makes an upload in the caller's workspace",
    "describeTus": "says what is spoken",
    "createTusUpload": "makes an upload in the caller's workspace",
    "importAsset": "makes an asset in the caller's workspace",
    "createWebhook": "makes an endpoint of the caller's workspace",
    "listWebhooks": "lists the caller's workspace; see the test of lists",
    "getCallbackSecret": "shows the caller's workspace its own",
    "rotateCallbackSecret": "changes that of the caller's workspace",
    "listAssets": "lists the caller's workspace; see the test of lists",
    "createTemplate": "makes a template in the caller's workspace",
    "listPatterns": "lists the caller's workspace and what all share; see the test of lists",
    "putPattern": "keeps a pattern in the caller's workspace, whatever another's is called; see test_patterns",
    "listStrategies": "lists the caller's workspace and what all share; see the test of lists",
    "putStrategy": "keeps a strategy in the caller's workspace, whatever another's is called; see test_patterns",
    "listContexts": "lists the caller's workspace; see the test of lists",
    "putContext": "keeps a context in the caller's workspace, whatever another's is called; see test_patterns",
    "createTranscript": "makes a job in the caller's workspace; an asset that it names is looked for there alone",
    "listTranscripts": "lists the caller's workspace; see the test of lists",
    "createSubtitles": "looks for the transcript that it names in the caller's workspace alone; see test_productions",
    "listSubtitles": "lists the caller's workspace; see the test of lists",
    "createHighlights": "looks for the transcript that it names in the caller's workspace alone; see test_productions",
    "createRun": "makes a job in the caller's workspace; what it names is looked for there alone; see test_runs",
    "listRuns": "lists the caller's workspace; see the test of lists",
    "createRepository": "keeps a repository in the caller's workspace",
    "listRepositories": "lists the caller's workspace; see the test of lists",
    "createTask": "looks for the repository that it names in the caller's workspace alone; see test_tasks",
    "listTasks": "lists the caller's workspace; see the test of lists",
    "listHighlights": "lists the caller's workspace; see the test of lists",
    "createClip": "looks for what it names in the caller's workspace alone; see test_productions",
    "listClips": "lists the caller's workspace; see the test of lists",
    "createContent": "looks for the transcript and the voice that it names in the caller's workspace alone",
    "createRepurpose": "looks for what it names in the caller's workspace alone; see test_repurpose",
    "listContent": "lists the caller's workspace; see the test of lists",
    "createVoice": "keeps a voice in the caller's workspace",
    "listVoices": "lists the caller's workspace; see the test of lists",
    "listTemplates": "lists the caller's workspace; see the test of lists",
    "listWorkspaces": "lists what the caller may act in; see the test of lists",
    "createWorkspace": "makes a workspace of the caller's own",
    "listAgents": "lists the caller's workspace; see the test of lists",
    "listAgentEnrolments": "lists the caller's workspace; see the test of lists",
    "listAgentTokens": "lists the caller's workspace; see the test of lists",
    "createAgentEnrolment": "makes a code of the caller's workspace",
    "createAgentToken": "makes an agent of the caller's workspace",
    "listApiKeys": "lists the caller's workspace; see the test of lists",
    "createApiKey": "makes a key of the caller's workspace",
    "acceptInvitation": "takes 256 random bits; see tests/api/test_invitations.py",
    "lookAtInvitation": "takes 256 random bits; see tests/api/test_invitations.py",
    "register": "makes somebody new",
    "login": "takes a password",
    "logout": "ends the caller's own session",
    "getMe": "tells of the caller",
    "changePassword": "changes the caller's own",
    "forgotPassword": "writes to the address alone; see tests/api/test_passwords.py",
    "resetPassword": "takes 256 random bits; see tests/api/test_passwords.py",
    "listSessions": "lists the caller's own; see tests/api/test_accounts.py",
    "endSessions": "ends the caller's own",
    "getPlan": "tells of the caller's workspace; see the test of usage",
    "getUsage": "tells of the caller's workspace; see the test of usage",
    "createOpenAiTranscription": "makes a job in the caller's workspace, of the file that it brings",
    "listOpenAiModels": "says nothing of anybody",
    "listFabricPatterns": "names what the caller's workspace sees; see tests/api/compat/test_fabric.py",
    "hasFabricPattern": "names mean patterns of the caller's workspace alone; see tests/api/compat/test_fabric.py",
    "getFabricPattern": "names mean patterns of the caller's workspace alone; see tests/api/compat/test_fabric.py",
    "saveFabricPattern": "names mean patterns of the caller's workspace alone; see tests/api/compat/test_fabric.py",
    "renameFabricPattern": "names mean patterns of the caller's workspace alone; see tests/api/compat/test_fabric.py",
    "deleteFabricPattern": "names mean patterns of the caller's workspace alone; see tests/api/compat/test_fabric.py",
    "listFabricContexts": "names what the caller's workspace sees; see tests/api/compat/test_fabric.py",
    "hasFabricContext": "names mean contexts of the caller's workspace alone; see tests/api/compat/test_fabric.py",
    "getFabricContext": "names mean contexts of the caller's workspace alone; see tests/api/compat/test_fabric.py",
    "saveFabricContext": "names mean contexts of the caller's workspace alone; see tests/api/compat/test_fabric.py",
    "renameFabricContext": "names mean contexts of the caller's workspace alone; see tests/api/compat/test_fabric.py",
    "deleteFabricContext": "names mean contexts of the caller's workspace alone; see tests/api/compat/test_fabric.py",
    "listFabricSessions": "names what the caller's workspace sees; see tests/api/compat/test_fabric.py",
    "hasFabricSession": "names mean sessions of the caller's workspace alone; see tests/api/compat/test_fabric.py",
    "getFabricSession": "names mean sessions of the caller's workspace alone; see tests/api/compat/test_fabric.py",
    "saveFabricSession": "names mean sessions of the caller's workspace alone; see tests/api/compat/test_fabric.py",
    "renameFabricSession": "names mean sessions of the caller's workspace alone; see tests/api/compat/test_fabric.py",
    "deleteFabricSession": "names mean sessions of the caller's workspace alone; see tests/api/compat/test_fabric.py",
    "applyFabricPattern": "as getFabricPattern",
    "readFabricVideo": "makes a job in the caller's workspace, of a video that is everybody's",
    "createFabricChat": "makes jobs in the caller's workspace; see tests/api/compat/test_fabric_chat.py",
    "listFabricStrategies": "names what the caller's workspace sees; see tests/api/compat/test_fabric.py",
    "listFabricModels": "says nothing of anybody",
    "getFabricConfig": "says nothing of anybody",
    "updateFabricConfig": "refuses everybody",
    "getMetrics": "counts over the whole installation, without a word on anybody",
    "isLive": "says nothing of anybody",
    "isReady": "says nothing of anybody",
    "getHealth": "says nothing of anybody",
    "readFile": "takes a signed link; see tests/api/test_files.py",
    "headFile": "takes a signed link; see tests/api/test_files.py",
    "writeFile": "takes a signed link; see tests/api/test_files.py",
}


@dataclasses.dataclass(frozen=True)
class Operation:
    """One route with one method."""

    id: str
    method: str
    path: str
    scope: str | None
    keyed: bool
    takes_json: bool
    in_pages: bool = False

    @property
    def names(self) -> list[str]:
        """The parameters of its path."""
        return re.findall(r"{(\w+)", self.path)

    @property
    def by_id(self) -> bool:
        """Whether it names a thing that somebody owns."""
        return self.id not in WITHOUT_IDS

    def url(self, values: Mapping[str, str]) -> str:
        """Its path with these parameters."""
        return re.sub(r"{(\w+)[^}]*}", lambda found: ({**NAMED, **values})[found[1]], self.path)


def operations() -> Iterator[Operation]:
    """Every operation of the API, as its description lists them."""
    for path, methods in openapi_document()["paths"].items():
        for method, described in methods.items():
            content = described.get("requestBody", {}).get("content", {})
            yield Operation(
                id=described["operationId"],
                method=method.upper(),
                path=path,
                scope=described.get("x-scope"),
                keyed="security" in described,
                takes_json="application/json" in content,
                in_pages="cursor" in {parameter["name"] for parameter in described.get("parameters", ())},
            )


def websockets() -> set[str]:
    """The paths of every WebSocket route."""
    found = set()
    for router in bare_app().routes:
        for route in getattr(getattr(router, "original_router", None), "routes", [router]):
            if type(route).__name__ == "APIWebSocketRoute":
                found.add(route.path)
    return found


def thing(parameter: str, prefix: str) -> Callable[[Maker], Maker]:
    """Register what makes the things that a path parameter of this name stands for."""

    def register(maker: Maker) -> Maker:
        MAKERS[parameter] = (prefix, maker)
        return maker

    return register


async def things(world: World) -> dict[str, str]:
    """One of each thing, in the workspace of `world.mine`, by the name of its path parameter."""
    made: dict[str, str] = {}
    for parameter, (_, maker) in MAKERS.items():
        made[parameter] = await maker(world, made)
    return made


def unknown(parameter: str) -> str:
    """An id of the right form that nobody has."""
    return f"{MAKERS[parameter][0]}_{UNKNOWN}"


async def swapped(world: World, client: httpx2.AsyncClient | None = None) -> World:
    """The same world seen by the others, or by another client: their things are made by the same makers."""
    chosen = client or world.theirs
    found = (await chosen.get("/api/v1/workspaces")).json()["items"][0]["id"]
    return dataclasses.replace(world, mine=chosen, theirs=world.mine, workspace_id=found)


@asynccontextmanager
async def somebody(world: World, email: str = "mallory@example.com") -> AsyncIterator[httpx2.AsyncClient]:
    """The browser of a person who has registered, and owns a workspace of their own."""
    async with httpx2.AsyncClient(base_url=world.url, trust_env=False, timeout=20, verify=TLS) as browser:
        body = {"email": email, "password": "correct horse battery"}
        made = (await browser.post("/api/v1/auth/register", json=body)).json()
        browser.headers |= {"Origin": world.url, "X-CSRF-Token": made["csrfToken"]}
        yield browser


async def person_in(world: World, workspace_id: str, role: Role) -> str:
    """The id of a new person who is a member of a workspace."""
    user_id = new_id("usr")
    async with world.services.database.begin() as session:
        await session.execute(
            text("INSERT INTO users (id, email, name) VALUES (:id, :email, 'somebody')"),
            {"id": user_id, "email": f"{user_id}@people.example"},
        )
        await world.services.accounts.members.add(session, workspace_id, user_id, role)
    return user_id


@thing("workspace_id", "ws")
async def _workspace(world: World, made: Mapping[str, str]) -> str:
    return world.workspace_id


@thing("session_id", "ses")
async def _session(world: World, made: Mapping[str, str]) -> str:
    async with somebody(world, f"{new_id('usr')}@example.com") as browser:
        return str((await browser.get("/api/v1/auth/sessions")).json()["items"][0]["id"])


@thing("user_id", "usr")
async def _member(world: World, made: Mapping[str, str]) -> str:
    return await person_in(world, world.workspace_id, Role.EDITOR)


@thing("invitation_id", "inv")
async def _invitation(world: World, made: Mapping[str, str]) -> str:
    answer = await world.mine.post(f"/api/v1/workspaces/{world.workspace_id}/invitations", json={"role": "viewer"})
    return str(answer.json()["id"])


@thing("api_key_id", "key")
async def _api_key(world: World, made: Mapping[str, str]) -> str:
    answer = await world.mine.post("/api/v1/api-keys", json={"name": "a", "scopes": ["jobs:read"]})
    return str(answer.json()["id"])


@thing("agent_token_id", "agk")
async def _agent_token(world: World, made: Mapping[str, str]) -> str:
    return str((await world.mine.post("/api/v1/agents/tokens", json={"name": "a"})).json()["id"])


@thing("agent_id", "agt")
async def _agent(world: World, made: Mapping[str, str]) -> str:
    return str((await world.mine.post("/api/v1/agents/tokens", json={"name": "a"})).json()["agentId"])


@thing("enrolment_id", "agc")
async def _enrolment(world: World, made: Mapping[str, str]) -> str:
    return str((await world.mine.post("/api/v1/agents/enrolments", json={"name": "a"})).json()["id"])


@thing("webhook_id", "whk")
async def _webhook(world: World, made: Mapping[str, str]) -> str:
    return str((await world.mine.post("/api/v1/webhooks", json=BODIES["createWebhook"])).json()["id"])


@thing("job_id", "job")
async def _job(world: World, made: Mapping[str, str]) -> str:
    return str((await world.ended((await world.submit())["id"]))["id"])


@thing("run_id", "job")
async def _run(world: World, made: Mapping[str, str]) -> str:
    async with world.services.database.begin() as session:
        submission = Submission("run", {"input": "Hello"})
        return (await world.services.jobs.submit(session, world.workspace_id, submission)).job.id


@thing("delivery_id", "dlv")
async def _delivery(world: World, made: Mapping[str, str]) -> str:
    answer = await world.mine.get(f"/api/v1/jobs/{made['job_id']}/deliveries")
    return str(answer.json()["items"][0]["id"])


@thing("artifact_id", "art")
async def _artifact(world: World, made: Mapping[str, str]) -> str:
    return str((await world.ended((await world.submit("of an artifact"))["id"]))["artifacts"][0]["id"])


@thing("asset_id", "ast")
async def _asset(world: World, made: Mapping[str, str]) -> str:
    return str((await uploaded(world))["id"])


@thing("upload_id", "upl")
async def _upload(world: World, made: Mapping[str, str]) -> str:
    answer = await world.mine.post("/api/v1/uploads", json=BODIES["createUpload"])
    return str(answer.json()["id"])


@thing("template_id", "tpl")
async def _template(world: World, made: Mapping[str, str]) -> str:
    return str((await world.mine.post("/api/v1/templates", json=BODIES["createTemplate"])).json()["id"])


async def produced(world: World, path: str, **given: Any) -> str:
    """The id of what a request for content has made."""
    answer = await world.mine.post(f"/api/v1/{path}?wait=20", json=given)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["output"]["id"])


@thing("transcript_id", "trn")
async def _transcript(world: World, made: Mapping[str, str]) -> str:
    return await produced(world, "transcripts", source="https://media.example/a.mp4")


@thing("subtitles_id", "sub")
async def _subtitles(world: World, made: Mapping[str, str]) -> str:
    return await produced(world, "subtitles", transcript=made["transcript_id"])


@thing("highlights_id", "hls")
async def _highlights(world: World, made: Mapping[str, str]) -> str:
    return await produced(world, "highlights", transcript=made["transcript_id"])


@thing("clip_id", "clp")
async def _clip(world: World, made: Mapping[str, str]) -> str:
    return await produced(world, "clips", transcript=made["transcript_id"], start=1, end=2)


@thing("content_id", "pst")
async def _content(world: World, made: Mapping[str, str]) -> str:
    return await produced(world, "content", transcript=made["transcript_id"])


@thing("repository_id", "rep")
async def _repository(world: World, made: Mapping[str, str]) -> str:
    body = {"name": new_id("rep"), "url": "https://git.example/site"}
    return str((await world.mine.post("/api/v1/repositories", json=body)).json()["id"])


@thing("task_id", "job")
async def _task(world: World, made: Mapping[str, str]) -> str:
    """A task that has ended, so that it can be made better."""
    body = {"repositoryId": made["repository_id"], "prompt": "x"}
    task_id = str((await world.mine.post("/api/v1/tasks", json=body)).json()["id"])
    await world.mine.post(f"/api/v1/jobs/{task_id}/cancel")
    return task_id


@thing("voice_id", "voc")
async def _voice(world: World, made: Mapping[str, str]) -> str:
    voice = {"name": new_id("voc"), "description": "Plain."}
    return str((await world.mine.post("/api/v1/voices", json=voice)).json()["id"])


@thing("pattern_name", "pattern")
async def _pattern(world: World, made: Mapping[str, str]) -> str:
    return await put_prompt(world, "patterns", {"text": "Sum up."})


@thing("strategy_name", "strategy")
async def _strategy(world: World, made: Mapping[str, str]) -> str:
    return await put_prompt(world, "strategies", {"prompt": "Think."})


@thing("context_name", "context")
async def _context(world: World, made: Mapping[str, str]) -> str:
    return await put_prompt(world, "contexts", {"text": "Known."})


async def put_prompt(world: World, path: str, body: Any) -> str:
    """The name of something that a workspace keeps for language models."""
    name = new_id("name")
    answer = await world.mine.put(f"/api/v1/{path}/{name}", json=body)
    assert answer.status_code == 201, answer.text
    return name
