"""`cutroom tasks`: repositories, prompts for agents, and what came of them, at a server that runs."""

import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from rich.table import Table

from cutroom.app.client import Client
from cutroom.app.console import err, out
from cutroom.app.settings import load
from cutroom.app.stack import Connection
from cutroom.kit.errors import Conflict, Invalid, NotFound
from cutroom.repos import TaskRunner

_ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})
_PAGE: Final = 100


@asynccontextmanager
async def _client(server: str | None, key_file: Path | None) -> AsyncIterator[Client]:
    """A client of the server that is named, else of the one that `cutroom up` runs."""
    if server is not None:
        if key_file is None:
            raise Invalid("no_api_key", "Name the file that holds an API key of that server with --key-file.")
        connection = Connection(server.rstrip("/"), key_file.read_text(encoding="utf-8").strip())
    else:
        settings = load()
        found = Connection.read(settings.data)
        if found is None:
            message = f"Nothing runs for {settings.data}; start it with 'cutroom up', or name a server with --server."
            raise Conflict("nothing_runs", message)
        connection = found
    async with Client(connection) as client:
        yield client


async def register(server: str | None, key_file: Path | None, body: Mapping[str, Any]) -> None:
    """Register a repository, and print its id."""
    async with _client(server, key_file) as client:
        made = await client.call("POST", "/repositories", json={k: v for k, v in body.items() if v is not None})
    out.print(made["id"])


async def show_repositories(server: str | None, key_file: Path | None) -> None:
    """List the repositories of the workspace."""
    table = _table("Name", "Address", "Branch", "Labels", "Secrets")
    async with _client(server, key_file) as client:
        for found in (await client.call("GET", "/repositories", params={"limit": _PAGE}))["items"]:
            labels, secrets = ", ".join(found["labels"]), ", ".join(found["secrets"])
            table.add_row(found["id"], found["name"], found["url"], found["branch"] or "", labels, secrets)
    out.print(table)


async def add(
    server: str | None, key_file: Path | None, repository: str, prompt: str, *, command: str | None, follow: bool
) -> None:
    """Ask for a task, by the id or the name of its repository; a prompt of "-" is read from standard input."""
    text = sys.stdin.read() if prompt == "-" else prompt
    async with _client(server, key_file) as client:
        body = {"repositoryId": await _repository(client, repository), "prompt": text, "command": command}
        made = await client.call("POST", "/tasks", json={k: v for k, v in body.items() if v is not None})
        await _tell(client, made["id"], follow=follow)


async def rework(server: str | None, key_file: Path | None, task: str, feedback: str, *, follow: bool) -> None:
    """Have what a task did made better."""
    text = sys.stdin.read() if feedback == "-" else feedback
    async with _client(server, key_file) as client:
        made = await client.call("POST", f"/tasks/{task}/rework", json={"feedback": text})
        await _tell(client, made["id"], follow=follow)


async def show_board(server: str | None, key_file: Path | None, *, queue: str | None, status: str | None) -> None:
    """List the newest tasks, of one queue and in one state where these are named."""
    given = {"queue": queue, "status": status}
    wanted = {name: value for name, value in given.items() if value is not None}
    table = _table("Queue", "Round", "State", "Came to", "Files", "Asked", "What")
    async with _client(server, key_file) as client:
        for task in (await client.call("GET", "/tasks", params={"limit": _PAGE, **wanted}))["items"]:
            made = task["output"] or {}
            state = f"{task['status']} {task['progress']:.0f} %" if task["status"] == "running" else task["status"]
            asked = datetime.fromisoformat(task["createdAt"]).astimezone().strftime("%d %b %H:%M")
            what = (task["feedback"] or task["prompt"]).partition("\n")[0][:60]
            files = str(made.get("files", ""))
            table.add_row(
                task["id"], task["queue"], str(task["round"]), state, made.get("outcome", ""), files, asked, what
            )
    out.print(table)


async def show(server: str | None, key_file: Path | None, task: str, *, as_json: bool) -> None:
    """Show one task, and what came of it."""
    async with _client(server, key_file) as client:
        found = await client.call("GET", f"/tasks/{task}")
    if as_json:
        out.print_json(json.dumps(found))
        return
    _summed_up(found)


async def follow(server: str | None, key_file: Path | None, task: str) -> None:
    """Print what a task's command says while it runs, and what came of it."""
    async with _client(server, key_file) as client:
        await _follow(client, task)


async def patch(server: str | None, key_file: Path | None, task: str, to: Path | None) -> None:
    """Write the patch of a task to a file, or to standard output for `git apply`."""
    async with _client(server, key_file) as client:
        found = await client.call("GET", f"/tasks/{task}")
        url = next((made["url"] for made in found["artifacts"] if made["kind"] == "patch"), None)
        if url is None:
            raise NotFound("no_patch", "This task has changed nothing, or has not ended.")
        if to is not None:
            await client.download(url, to)
            return
        with TemporaryDirectory() as folder:
            place = Path(folder) / "changes.patch"
            await client.download(url, place)
            sys.stdout.buffer.write(place.read_bytes())


async def check(configuration: Path) -> None:
    """Say what an agent with this configuration allows, once this machine was tried."""
    policy = (await TaskRunner.opened(configuration)).policy
    for command in policy.commands:
        network = command.network if isinstance(command.network, str) else ", ".join(command.network)
        facts = f"{command.timeout_s:g} s, {command.memory_bytes >> 20} MiB, network: {network}"
        out.print(f"command  {command.name}: {' '.join(command.argv)} ({facts})", markup=False)
    for prefix in policy.repositories:
        out.print(f"checkout {prefix}", markup=False)
    for secret in policy.secrets.values():
        use = "shown to its server" if secret.env is None else f"as {secret.env}"
        out.print(f"secret   {secret.name}, {use}, for {', '.join(secret.repositories)}", markup=False)


def _table(*columns: str) -> Table:
    """A table whose first column are ids, which stay whole."""
    table = Table(box=None)
    table.add_column("ID", no_wrap=True, min_width=30)
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


async def _repository(client: Client, text: str) -> str:
    """The id of a repository that is named by it, or by its name."""
    if text.startswith("rep_"):
        return text
    cursor: dict[str, str] = {}
    while True:
        page = await client.call("GET", "/repositories", params={"limit": _PAGE, **cursor})
        for found in page["items"]:
            if found["name"] == text:
                return str(found["id"])
        if not page.get("nextCursor"):
            raise NotFound("repository_not_found", f"There is no repository named '{text}'.")
        cursor = {"cursor": page["nextCursor"]}


async def _tell(client: Client, task: str, *, follow: bool) -> None:
    out.print(task)
    if follow:
        await _follow(client, task)


async def _follow(client: Client, task: str) -> None:
    async for event in client.events(task):
        data = event["data"]
        if event["kind"] == "log":
            out.print(data["message"], markup=False, style="dim" if data.get("stream") == "stderr" else None)
        elif event["kind"] == "progress":
            err.print(f"{data['progress']:.0f} % {data['stage'] or ''}", style="dim")
        elif event["kind"] == "state":
            err.print(str(data["status"]), style="dim")
            if data["status"] in _ENDED:
                break
    _summed_up(await client.call("GET", f"/tasks/{task}"))


def _summed_up(task: Mapping[str, Any]) -> None:
    made = task["output"]
    out.print(f"{task['id']}: {task['status']}, round {task['round']}, {task['queue']}", markup=False)
    if task.get("error"):
        out.print(f"{task['error']['code']}: {task['error']['message']}", markup=False)
    if made is None:
        return
    changed = f"{made['files']} files, +{made['additions']} -{made['deletions']}"
    out.print(
        f"{made['outcome']} after {made['seconds']:.1f} s; {changed}; against {made['commit'][:12]}", markup=False
    )
    out.print(made["summary"], markup=False)
    warnings: Sequence[Mapping[str, str]] = made["warnings"]
    for warning in warnings:
        err.print(f"note: {warning['message']}", markup=False)
