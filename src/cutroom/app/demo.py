"""`cutroom demo`: the main job by one command, through the HTTP API, and nothing left running."""

import json
from pathlib import Path
from typing import Any

from cutroom.app.client import Client, local_sources, with_sources
from cutroom.app.console import out, progress_bar, show_facts
from cutroom.app.facts import facts
from cutroom.app.settings import load
from cutroom.app.stack import free_port, running
from cutroom.kit.errors import Internal, NotFound
from cutroom.media.probe import probe

EXAMPLE = Path("examples/hello/timeline.json")


async def demo(*, data: Path | None, output: Path) -> None:
    """Start the stack on a free port, render the example, fetch the film, stop the stack.

    Raises:
        NotFound: `no_example` when it does not run in a checkout.
        Internal: `demo_failed` with the job's own error.
    """
    if not EXAMPLE.is_file():
        raise NotFound("no_example", f"There is no {EXAMPLE} here; run this in a checkout of Cutroom.")
    document = json.loads(EXAMPLE.read_text())
    settings = load(data=data or load().data / "demo", log_level="warning")
    settings = settings.model_copy(update={"port": free_port(settings.host)})
    output.parent.mkdir(parents=True, exist_ok=True)
    out.print("Starting Postgres, API and worker …")
    async with running(settings) as connection, Client(connection) as client:
        replaced = {src: await client.upload(EXAMPLE.parent / src) for src in sorted(set(local_sources(document)))}
        out.print(f"Uploaded {len(replaced)} files to {connection.url}; submitting {EXAMPLE}")
        job = await client.render(with_sources(document, replaced))
        job = await _follow(client, job["id"])
        await client.download(job["artifacts"][0]["url"], output)
    show_facts("The film", facts(await probe(output), output))
    out.print("Everything that was started has been stopped.")


async def _follow(client: Client, job_id: str) -> dict[str, Any]:
    with progress_bar("rendering") as show:
        async for event in client.events(job_id):
            if event["kind"] == "progress":
                show(event["data"]["progress"] / 100, event["data"].get("stage") or "")
    job = await client.job(job_id)
    if job["status"] != "succeeded":
        error = job.get("error") or {"message": "no reason was recorded"}
        raise Internal("demo_failed", f"The job ended as {job['status']}: {error['message']}")
    return job
