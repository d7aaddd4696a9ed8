"""Many rows of one template beside as many renders of their own.

`python -m bench.render.batch [--rows 200] [--height 720] [--singles 3]`

The template is a minute of film with a mark in the corner, of which each row changes a title of three seconds. The
reference renders single rows, each with an empty cache, as somebody without batches would; a few of them are measured
before the rows. The bar: ten times as fast a row. It takes about five minutes on two free processors; where they are
not free, the CPU seconds say more than the clock.
"""

import argparse
import asyncio
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.render.stand import Watch, film, new_folder, table
from cutroom import timeline
from cutroom.app.standalone import StandaloneFiles
from cutroom.jobs import Published, run_alone
from cutroom.kit.hashes import hash_file
from cutroom.media.fetch import Fetcher
from cutroom.workflows import registry
from cutroom.workflows.batch import Batch
from cutroom.workflows.rows import Row, write_rows

BAR = 10
LIMITS = timeline.Limits(allow_local=True)


class Folder(StandaloneFiles):
    """Publishes any number of files into one folder."""

    count = 0

    async def publish(self, path: Path, *, kind: str, name: str, content_type: str) -> Published:
        """Move the file there; its id is its place."""
        self.count += 1
        place = self._parts / f"{self.count}-{name}"
        shutil.move(path, place)
        return Published(str(place), hash_file(place), place.stat().st_size, content_type, url=place.name)


def document(source: Path, height: int) -> dict[str, Any]:
    clips = [{"asset": {"type": "video", "src": str(source)}, "trim": 2 * number, "length": 10} for number in range(6)]
    title = {
        "asset": {"type": "text", "text": "Hello {{NAME}}"},
        "start": 0.5,
        "length": 3,
        "transition": {"in": "fade"},
    }
    mark = {"asset": {"type": "text", "text": "Cutroom"}, "start": 0, "length": 60, "position": "bottom-right"}
    return {
        "output": {"width": height * 16 // 9 // 2 * 2, "height": height, "fps": 30},
        "timeline": {"tracks": [{"clips": [title]}, {"clips": [mark]}, {"clips": clips}]},
    }


@dataclass(frozen=True, slots=True)
class Took:
    """Wall-clock and CPU seconds of a workflow, and what it returned."""

    seconds: float
    cpu_s: float
    result: Any


async def timed(workflow: str, given: Any, at: Path, rows: Path | None = None) -> Took:
    for name in ("cache", "parts", "work"):
        (at / name).mkdir(parents=True, exist_ok=True)
    files = Folder(base=at, cache=at / "cache", parts=at / "parts", out=at / "x", fetcher=Fetcher())
    if rows is not None:
        await files.keep(given.rows, rows)
    began, before = time.perf_counter(), time.process_time()
    with Watch(os.getpid()) as watch:
        result = await run_alone(
            registry(),
            workflow,
            given,
            files=files,
            scratch=at / "work",
            events=lambda *_: None,
            concurrency=os.cpu_count() or 1,
        )
    spent = watch.children_s + time.process_time() - before - watch.own_s
    return Took(time.perf_counter() - began, spent, result)


async def main(rows: int, height: int, singles: int) -> None:
    made = document(film("batch", 24, size=(1280, 720), gop=250), height)
    form = timeline.make_form(made, None, LIMITS)
    at = new_folder()
    alone: list[Took] = []
    for number in range(singles):
        edit = form.filled({"NAME": f"single {number}"}, LIMITS)
        alone.append(await timed("render", edit, at / f"single-{number}"))
        shutil.rmtree(at / f"single-{number}")
    written = write_rows(
        at / "rows", form, LIMITS, (Row(values={"NAME": f"number {number}"}) for number in range(rows))
    )
    given = Batch(rows=f"rows/{written.sha256}", count=rows, template_id="tpl_bench", template_version=1)
    batch = await timed("render.batch", given, at / "batch", at / "rows")
    shutil.rmtree(at)
    if batch.result.succeeded != rows:
        raise SystemExit(f"rows failed: {batch.result}")
    seconds, cpu_s = (sum(getattr(one, name) for one in alone) / singles for name in ("seconds", "cpu_s"))
    each, each_cpu = batch.seconds / rows, batch.cpu_s / rows
    rows_of = f"{rows} rows of a minute at {height}p, of which each changes a title of 3 s (bar: {BAR}x)"
    heads = ["how", "s a row", "times as fast", "CPU s a row", "times as fast", "s in all"]
    singly = (f"{seconds:.2f}", "1.0", f"{cpu_s:.2f}", "1.0", f"({seconds * rows:.0f})")
    together = (f"{each:.2f}", f"{seconds / each:.1f}", f"{each_cpu:.2f}", f"{cpu_s / each_cpu:.1f}")
    lines = [(f"each alone ({singles} measured)", *singly), ("one batch", *together, f"{batch.seconds:.0f}")]
    table(rows_of, heads, lines)
    print(json.dumps({"speed": round(seconds / each, 2), "cpu": round(cpu_s / each_cpu, 2)}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--singles", type=int, default=3)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.rows, chosen.height, chosen.singles))
