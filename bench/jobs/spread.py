"""A render, and a transcription, spread over two workers of one processor each: `python -m bench.jobs.spread`.

The edit is that of `bench.render.edit` with a mark over all of it, so that no packet can be copied and every frame is
drawn. API, database and store are the same in both runs; each run belongs to a workspace of its own, in which nothing
can be reused, and its sources are assets. Workers are processes of `cutroom worker`, each held to one processor by
`taskset`. Both films must have the same frames and the same samples (ffmpeg's framemd5). The transcription
is of synthesised speech, by pocketsphinx; both must hear the same words. The bar for each: 1.7 times as fast.
"""

import argparse
import asyncio
import hashlib
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bench.fleet import Customer, Fleet, fleet
from bench.quality.corpus.speech import Recipe, recording
from bench.render.edit import document, uses
from bench.render.stand import FFMPEG, table

BAR = 1.7
WAYS = ((0,), (0, 1))
_LISTENERS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cutroom-worker-listener'"
_TOOK = """
SELECT EXTRACT(EPOCH FROM finished_at - created_at), (
  SELECT count(DISTINCT a.worker) FROM job_attempts AS a JOIN jobs AS i ON i.id = a.job_id WHERE i.root_id = jobs.id)
FROM jobs WHERE id = :id
"""


class Work(Protocol):
    """Something to be done."""

    async def asked(self, customer: Customer) -> tuple[str, dict[str, Any]]:
        """The route and the body that ask for it."""
        ...

    async def digest(self, customer: Customer, job: dict[str, Any], folder: Path) -> str:
        """A hash of what came of it."""
        ...


@dataclass(frozen=True, slots=True)
class Rendering:
    """The edit with its sources as assets, and a mark over all of it."""

    seconds: int
    size: tuple[int, int]

    async def asked(self, customer: Customer) -> tuple[str, dict[str, Any]]:
        """The route and the body that ask for it."""
        made = document(uses(self.seconds, self.size, 30), self.size)
        assets: dict[str, str] = {}
        for clip in made["timeline"]["tracks"][1]["clips"]:
            source = clip["asset"]["src"]
            if source not in assets:
                assets[source] = await customer.upload(Path(source), "video/mp4")
            clip["asset"]["src"] = assets[source]
        mark = {"asset": {"type": "text", "text": "Cutroom"}, "start": 0, "length": self.seconds}
        made["timeline"]["tracks"].insert(0, {"clips": [{**mark, "position": "bottom-right"}]})
        return "/api/v1/render", made

    async def digest(self, customer: Customer, job: dict[str, Any], folder: Path) -> str:
        """A hash of what came of it."""
        film = await customer.fetch(job, "render", folder / "film.mp4")
        said = subprocess.check_output([FFMPEG, "-v", "error", "-i", film, "-f", "framemd5", "-"])
        return hashlib.sha256(said).hexdigest()


@dataclass(frozen=True, slots=True)
class Hearing:
    """So many minutes of speech."""

    minutes: int

    async def asked(self, customer: Customer) -> tuple[str, dict[str, Any]]:
        """The route and the body that ask for it."""
        talk = recording(Recipe(60 * self.minutes, ("slt", "rms", "kal16"), numbers=6))
        source = await customer.upload(talk.wav, "audio/wav")
        return "/api/v1/transcripts", {"source": source, "engine": "pocketsphinx", "language": "en"}

    async def digest(self, customer: Customer, job: dict[str, Any], folder: Path) -> str:
        """A hash of what came of it."""
        answer = await customer.http.get(f"/api/v1/transcripts/{job['output']['transcript']}.txt")
        assert answer.is_success, answer.text
        return hashlib.sha256(answer.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took, in seconds, how many workers had a part in it, and a hash of what it made."""

    seconds: float
    workers: int
    digest: str


async def one_run(made: Fleet, url: str, name: str, processors: Sequence[int], work: Work) -> Run:
    """One job by fresh workers, in a fresh workspace."""
    customer = await made.customer(url, name)
    path, body = await work.asked(customer)
    workers = [
        await made.start("worker", f"{name}-{processor}", ("taskset", "-c", str(processor)), CUTROOM_WORKER_SLOTS="2")
        for processor in processors
    ]
    while (await made.sql(_LISTENERS))[0][0] != len(workers):
        await asyncio.sleep(0.1)
    job = await customer.ended(await customer.submit(body, path))
    assert job["status"] == "succeeded", job
    for worker in workers:
        await worker.terminate(grace_s=20)
    ((took, seen),) = await made.sql(_TOOK, id=job["id"])
    with tempfile.TemporaryDirectory() as folder:
        digest = await work.digest(customer, job, Path(folder))
    return Run(float(took), int(seen), digest)


async def compared(made: Fleet, url: str, title: str, rounds: int, work: Work) -> None:
    """Both ways in turn, so that what else the machine does is shared out."""
    found: dict[int, list[float]] = {len(way): [] for way in WAYS}
    digests: set[str] = set()
    name = title.partition(" ")[0]
    for number in range(rounds):
        for way in WAYS:
            run = await one_run(made, url, f"{name}-{number}-{len(way)}", way, work)
            assert run.workers == len(way), f"{run.workers} of {len(way)} workers took part"
            found[len(way)].append(run.seconds)
            digests.add(run.digest)
    alone = statistics.median(found[1])
    rows = [
        (
            f"{count} worker{'s' * (count > 1)}",
            " ".join(f"{one:.1f}" for one in times),
            f"{alone / statistics.median(times):.2f}x",
        )
        for count, times in found.items()
    ]
    table(f"{title}, spread (bar: {BAR}x)", ["who", "seconds", "speed"], rows)
    print(f"what was made is {'the same' if len(digests) == 1 else 'DIFFERENT'}")
    assert len(digests) == 1


async def main(only: str | None, seconds: int, size: tuple[int, int], minutes: int, rounds: int) -> None:
    """Both kinds of work, or one."""
    async with fleet() as made:
        url = await made.api()
        if only != "transcript":
            await compared(made, url, f"{seconds} s in {size[0]}x{size[1]}", rounds, Rendering(seconds, size))
        if only != "render":
            await compared(made, url, f"transcript of {minutes} minutes", rounds, Hearing(minutes))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--minutes", type=int, default=10, help="of speech")
    parser.add_argument("--only", choices=["render", "transcript"])
    parser.add_argument("--rounds", type=int, default=1)
    chosen = parser.parse_args()
    width, _, height = chosen.size.partition("x")
    asyncio.run(main(chosen.only, chosen.seconds, (int(width), int(height)), chosen.minutes, chosen.rounds))
