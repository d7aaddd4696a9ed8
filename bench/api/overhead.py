"""What our API costs beside a bare route: `python -m bench.api.overhead [SECONDS] [CONNECTIONS]`.

`GET /jobs/{id}` and `POST /render` against FastAPI over asyncpg with the same single query and the same single insert,
without authentication, validation, limits, events, notification or log; same server program, same Postgres, the two
taking turns in the same run. Bar: at least half of the requests per second. Where other work shares the processors,
processor time of the server process says more than the clock's: the last column compares that.
"""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import statistics
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from bench.api.load import Load, load
from bench.jobs.stand import quantiles, table
from cutroom.accounts import AccountService
from cutroom.app.migrate import upgrade
from cutroom.app.stack import free_port
from cutroom.db import Database, EmbeddedPostgres, make_engine
from cutroom.kit import process

ROOT = Path(__file__).parents[2]
ROUNDS = 3
_numbers = itertools.count()


@dataclass(frozen=True)
class Server:
    """Where one of the two listens."""

    port: int
    pid: int

    def cpu_s(self) -> float:
        """Processor seconds that it has used, children not counted."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def document() -> bytes:
    """A request of usual size, unlike every other, so that none is answered with an earlier one's job."""
    text = {"type": "text", "text": f"number {next(_numbers)}"}
    clips = [{"asset": text, "start": 2 * number, "length": 2} for number in range(4)]
    output = {"format": "mp4", "width": 1280, "height": 720}
    return json.dumps({"timeline": {"tracks": [{"clips": clips}]}, "output": output}).encode()


@contextlib.asynccontextmanager
async def serving(which: str, url: str, workspace_id: str, library: Path | None = None) -> AsyncIterator[Server]:
    """One of the two servers; `library` is a folder of patterns."""
    port = free_port("127.0.0.1")
    argv = [sys.executable, "-c", "from bench.api.server import run; run()", which, url, str(port), workspace_id]
    argv += [] if library is None else [str(library)]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")}  # this tree, wherever it is installed from
    child = await process.start(argv, cwd=ROOT, env=env)
    try:
        for _ in range(1_200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            await asyncio.sleep(0.05)
        yield Server(port, child.pid)
    finally:
        await child.terminate(grace_s=20, first=signal.SIGTERM)


async def main(seconds: float, connections: int) -> None:
    folder = Path("/tmp") / f"cutroom-bench-api-{os.getpid()}"  # noqa: S108
    postgres = EmbeddedPostgres(folder, settings={"min_wal_size": "1GB", "max_wal_size": "2GB"})
    try:
        url = await postgres.start()
        await upgrade(url)
        await compare(url, seconds, connections)
    finally:
        await postgres.stop()


async def compare(url: str, seconds: float, connections: int) -> None:
    database, accounts = Database(make_engine(url, name="bench")), AccountService()
    async with database.begin() as session:
        workspace = await accounts.create_workspace(session, "bench")
        key = (await accounts.create_api_key(session, workspace.id, "bench")).plaintext
    async with (
        serving("bare", url, workspace.id) as bare,
        serving("ours", url, workspace.id) as ours,
    ):
        auth = f"Host: bench\r\nAuthorization: Bearer {key}\r\n"
        job_id = json.loads(await once(ours.port, posting("/api/v1/render", auth)()))["id"]
        tries: dict[str, tuple[Server, int, Callable[[], bytes]]] = {
            "GET bare": (bare, 200, getting(f"/jobs/{job_id}", auth)),
            "GET ours": (ours, 200, getting(f"/api/v1/jobs/{job_id}", auth)),
            "POST bare": (bare, 202, posting("/render", auth)),
            "POST ours": (ours, 202, posting("/api/v1/render", auth)),
        }
        found: dict[str, list[Load]] = {name: [] for name in tries}
        for turn in range(ROUNDS + 1):
            for name, (server, status, request) in tries.items():
                before, time = server.cpu_s(), seconds if turn else 1
                run = await load(server.port, request, status=status, connections=connections, seconds=time)
                run.cpu_s = server.cpu_s() - before
                if turn:  # the first warms up
                    found[name].append(run)
    await database.close()
    show(found, connections)


def getting(path: str, headers: str) -> Callable[[], bytes]:
    request = f"GET {path} HTTP/1.1\r\n{headers}\r\n".encode()
    return lambda: request


def posting(path: str, headers: str) -> Callable[[], bytes]:
    def request() -> bytes:
        body = document()
        head = f"POST {path} HTTP/1.1\r\n{headers}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    return request


async def once(port: int, request: bytes) -> bytes:
    """The body of one answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
    answer = await reader.read()
    writer.close()
    return answer.partition(b"\r\n\r\n")[2]


def show(found: dict[str, list[Load]], connections: int) -> None:
    rates = {name: statistics.median(len(run.latencies) / run.seconds for run in runs) for name, runs in found.items()}
    costs = {name: sum(r.cpu_s for r in runs) / sum(len(r.latencies) for r in runs) for name, runs in found.items()}
    rows = []
    for name, runs in found.items():
        middle, tail = quantiles([second for run in runs for second in run.latencies])
        reference = rates[name.replace("ours", "bare")]
        wrong = sum(run.wrong for run in runs)
        cost, usual = costs[name], costs[name.replace("ours", "bare")]
        shown = [f"{rates[name]:,.0f}", f"{middle * 1e3:.1f}", f"{tail * 1e3:.1f}", f"{cost * 1e3:.2f}", str(wrong)]
        rows.append((name, *shown, f"{rates[name] / reference:.2f}", f"{usual / cost:.2f}"))
    heads = [
        "who",
        "requests/s",
        "median ms",
        "p99 ms",
        "CPU ms each",
        "wrong answers",
        "ratio of rates",
        "ratio of CPU",
    ]
    table(f"API overhead, {connections} connections, one server process", heads, rows)


if __name__ == "__main__":
    given = sys.argv[1:]
    asyncio.run(main(float(given[0]) if given else 4.0, int(given[1]) if len(given) > 1 else 16))
