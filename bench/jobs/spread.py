"""One render spread over two workers of one processor each: `python -m bench.jobs.spread [--rounds 1]`.

The edit is that of `bench.render.edit` with a mark over all of it, so that no packet can be copied and every frame is
drawn. API, database and store are the same in both runs; each run belongs to a workspace of its own, in which nothing
can be reused, and its sources are assets. Workers are processes of `cutroom worker`, each held to one processor by
`taskset`. Both films must have the same frames and the same samples (ffmpeg's framemd5). The bar: 1.7 times as fast.
"""

import argparse
import asyncio
import hashlib
import os
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.fleet import Customer, Fleet, fleet
from bench.render.edit import document, uses
from bench.render.stand import FFMPEG, table

BAR = 1.7
WAYS = ((0,), (0, 1))


async def edit_of(customer: Customer, seconds: int, size: tuple[int, int]) -> dict[str, Any]:
    """The edit with its sources as assets of this customer, and a mark over all of it."""
    made = document(uses(seconds, size, 30), size)
    assets: dict[str, str] = {}
    for clip in made["timeline"]["tracks"][1]["clips"]:
        source = clip["asset"]["src"]
        if source not in assets:
            assets[source] = await customer.upload(Path(source), "video/mp4")
        clip["asset"]["src"] = assets[source]
    mark = {"asset": {"type": "text", "text": "Cutroom"}, "start": 0, "length": seconds, "position": "bottom-right"}
    made["timeline"]["tracks"].insert(0, {"clips": [mark]})
    return made


async def one_run(
    made: Fleet, url: str, name: str, processors: Sequence[int], seconds: int, size: tuple[int, int]
) -> tuple[float, int, str]:
    """Seconds from the submission to the end, how many parts were made by others, and a hash of all frames."""
    customer = await made.customer(url, name)
    edit = await edit_of(customer, seconds, size)
    workers = [
        await made.start("worker", f"{name}-{processor}", ("taskset", "-c", str(processor)), CUTROOM_WORKER_SLOTS="2")
        for processor in processors
    ]
    while (await made.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cutroom-worker-listener'"))[
        0
    ][0] != len(workers):
        await asyncio.sleep(0.1)
    job = await customer.ended(await customer.submit(edit))
    assert job["status"] == "succeeded", job
    for worker in workers:
        await worker.terminate(grace_s=20)
    ((took, workers_seen),) = await made.sql(
        "SELECT EXTRACT(EPOCH FROM finished_at - created_at), (SELECT count(DISTINCT a.worker) FROM job_attempts AS a "
        "JOIN jobs AS i ON i.id = a.job_id WHERE i.root_id = jobs.id) FROM jobs WHERE id = :id",
        id=job["id"],
    )
    with tempfile.TemporaryDirectory() as folder:
        film = await customer.fetch(job, "render", Path(folder) / "film.mp4")
        said = subprocess.check_output([FFMPEG, "-v", "error", "-i", film, "-f", "framemd5", "-"])
    return float(took), int(workers_seen), hashlib.sha256(said).hexdigest()


async def main(seconds: int, size: tuple[int, int], rounds: int) -> None:
    """Both ways in turn, so that what else the machine does is shared out."""
    found: dict[int, list[float]] = {len(way): [] for way in WAYS}
    frames: set[str] = set()
    async with fleet() as made:
        url = await made.api()
        for number in range(rounds):
            for way in WAYS:
                took, seen, digest = await one_run(made, url, f"r{number}-{len(way)}", way, seconds, size)
                assert seen == len(way), f"{seen} of {len(way)} workers took part"
                found[len(way)].append(took)
                frames.add(digest)
    alone, both = (statistics.median(found[count]) for count in (1, 2))
    rows = [
        (f"{count} worker{'s' * (count > 1)}", " ".join(f"{one:.1f}" for one in times), f"{alone / ratio:.2f}x")
        for (count, times), ratio in zip(found.items(), (alone, both), strict=True)
    ]
    table(f"{seconds} s in {size[0]}x{size[1]}, spread (bar: {BAR}x)", ["who", "seconds", "speed"], rows)
    print(f"load {os.getloadavg()[0]:.1f}; frames and samples {'equal' if len(frames) == 1 else 'DIFFER'}")
    assert len(frames) == 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--rounds", type=int, default=1)
    chosen = parser.parse_args()
    width, _, height = chosen.size.partition("x")
    asyncio.run(main(chosen.seconds, (int(width), int(height)), chosen.rounds))
