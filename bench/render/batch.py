"""Many rows of one template beside as many renders of their own: `python -m bench.render.batch [ROWS] [HEIGHT]`.

The template is a minute of film with a mark in the corner, of which each row changes a title of three seconds. The
reference renders single rows, each with an empty cache, as somebody without batches would; three of them are measured.
"""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.render.stand import film, table
from cutroom import timeline
from cutroom.app.standalone import StandaloneFiles, hash_file
from cutroom.jobs import Published, run_alone
from cutroom.media.fetch import Fetcher
from cutroom.workflows import registry
from cutroom.workflows.batch import Batch
from cutroom.workflows.rows import Row, write_rows

SINGLES = 3
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


async def timed(workflow: str, given: Any, folder: Path, rows: Path | None = None) -> tuple[float, Any]:
    for name in ("cache", "parts", "work"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    files = Folder(base=folder, cache=folder / "cache", parts=folder / "parts", out=folder / "x", fetcher=Fetcher())
    if rows is not None:
        await files.keep(given.rows, rows)
    began = time.perf_counter()
    result = await run_alone(
        registry(),
        workflow,
        given,
        files=files,
        scratch=folder / "work",
        events=lambda *_: None,
        concurrency=os.cpu_count() or 1,
    )
    return time.perf_counter() - began, result


async def main(rows: int, height: int) -> None:
    made = document(film("batch", 24, size=(1280, 720), gop=250), height)
    form = timeline.make_form(made, None, LIMITS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        singles: list[float] = []
        for number in range(SINGLES):
            edit = form.filled({"NAME": f"single {number}"}, LIMITS)
            seconds, _ = await timed("render", edit, folder / f"single-{number}")
            singles.append(seconds)
            shutil.rmtree(folder / f"single-{number}")
        written = write_rows(
            folder / "rows", form, LIMITS, (Row(values={"NAME": f"number {number}"}) for number in range(rows))
        )
        given = Batch(rows=f"rows/{written.sha256}", count=rows, template_id="tpl_bench", template_version=1)
        seconds, result = await timed("render.batch", given, folder / "batch", folder / "rows")
    assert result.succeeded == rows, result
    alone, each = sum(singles) / SINGLES, seconds / rows
    table(
        f"{rows} rows of a minute at {height}p, of which each changes a title of 3 s",
        ["how", "s a row", "s in all", "times as fast"],
        [
            (f"each alone ({SINGLES} measured)", f"{alone:.2f}", f"{alone * rows:.0f} (extrapolated)", "1.0"),
            ("one batch", f"{each:.2f}", f"{seconds:.1f}", f"{alone / each:.1f}"),
        ],
    )


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    asyncio.run(main(*(given + [200, 720][len(given) :])))
