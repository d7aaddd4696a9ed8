"""Running the render workflow as the command line does: real media, real ffmpeg, no server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from cutroom import timeline
from cutroom.app.standalone import StandaloneFiles
from cutroom.jobs import run_alone
from cutroom.kit.hashes import hash_file
from cutroom.media.fetch import Fetcher
from cutroom.timeline.document import parse_document
from cutroom.workflows import registry
from cutroom.workflows.render import RenderOutput

Frame = NDArray[np.uint8]


async def run(
    folder: Path,
    edit: dict[str, Any],
    out: str = "out.mp4",
    base: Path | None = None,
    meanwhile: Callable[[dict[str, Any]], None] | None = None,
) -> tuple[RenderOutput, list[dict[str, Any]]]:
    """Render a document to a file in `folder`; returns what the workflow said, and its events.

    Sources lie in `folder`, or in `base` when it is given; `meanwhile` is told each event as it happens.
    """
    seen: list[dict[str, Any]] = []

    def hear(kind: str, data: dict[str, Any]) -> None:
        seen.append({"kind": kind, **data})
        if meanwhile is not None:
            meanwhile(seen[-1])

    cache, scratch = folder / "cache", folder / "scratch"
    cache.mkdir(exist_ok=True)
    scratch.mkdir(exist_ok=True)
    files = StandaloneFiles(base=base or folder, cache=cache, parts=scratch, out=folder / out, fetcher=Fetcher())
    result = await run_alone(
        registry(),
        "render",
        parse_document(edit, timeline.Limits(allow_local=True)),
        files=files,
        scratch=scratch,
        events=hear,
        concurrency=2,
    )
    assert isinstance(result, RenderOutput)
    return result, seen


def keep_instead(cache: Path, path: Path, content: str) -> None:
    """Put something else under the name of what is kept, as if it had been kept so."""
    path.write_text(content)
    (cache / ".cutroom-notes" / path.relative_to(cache)).write_text(hash_file(path))


def frames(path: Path) -> list[Frame]:
    """Every picture of a file, as (height, width, 3) red, green, blue."""
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in file.decode(video=0)]
