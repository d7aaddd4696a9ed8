"""The small protocols through which a workflow reaches the world; each engine fulfils them in its own way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cutroom.media.info import MediaInfo


@dataclass(frozen=True, slots=True)
class Taken:
    """A source that was brought into the store."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Published:
    """A file that became an artifact."""

    id: str
    sha256: str
    size_bytes: int
    content_type: str
    url: str


class TakenFile(Protocol):
    """What `Files.take` answers."""

    @property
    def sha256(self) -> str:
        """Hash of the bytes, in hexadecimal."""
        ...

    @property
    def size_bytes(self) -> int:
        """How many bytes."""
        ...


class PublishedFile(Protocol):
    """What `Files.publish` answers."""

    @property
    def id(self) -> str:
        """Id of the artifact."""
        ...

    @property
    def sha256(self) -> str:
        """Hash of the bytes, in hexadecimal."""
        ...

    @property
    def size_bytes(self) -> int:
        """How many bytes."""
        ...

    @property
    def content_type(self) -> str:
        """Media type."""
        ...

    @property
    def url(self) -> str:
        """How other results of the job may refer to it."""
        ...


class Files(Protocol):
    """Files in and out of one attempt."""

    async def take(self, source: str) -> TakenFile:
        """Bring in the bytes behind a URL or `asset:ID`; they become the blob `src/<sha256>`."""
        ...

    async def name_of(self, source: str) -> str | None:
        """What an asset is called; None for a source that is none."""
        ...

    async def find(self, key: str) -> Path | None:
        """A local, read-only path of the blob under a content key, if there is one."""
        ...

    async def keep(self, key: str, path: Path) -> None:
        """Move a finished file under a content key; again with the same key changes nothing."""
        ...

    async def publish(self, path: Path, *, kind: str, name: str, content_type: str) -> PublishedFile:
        """Make a file an artifact of the job."""
        ...

    async def adopt(self, sha256: str, *, asset_id: str, name: str, info: MediaInfo) -> None:
        """Make a source that was taken an asset of this id; again with the same id changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Origin:
    """One version of a production from which another was made."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A production to be written.

    Args:
        id: its own; writing the same version of the same id twice changes nothing.
        kind: `transcript`, `subtitles`, `highlights`, `clip` or `post`.
        title: what people call it.
        body: JSON text; its shape is the kind's.
        made_from: what it goes stale with.
    """

    id: str
    kind: str
    title: str
    body: str
    made_from: Sequence[Origin] = ()


class WrittenProduction(Protocol):
    """What `Productions.read` answers."""

    @property
    def id(self) -> str:
        """Id of the production."""
        ...

    @property
    def kind(self) -> str:
        """As in its draft."""
        ...

    @property
    def version(self) -> int:
        """Its number, from 1."""
        ...

    @property
    def title(self) -> str:
        """What people call it."""
        ...

    @property
    def body(self) -> str:
        """JSON text."""
        ...


class Productions(Protocol):
    """Typed data made of recordings, in versions, as one attempt sees it."""

    async def read(self, production_id: str, version: int | None = None) -> WrittenProduction:
        """One version of a production of this workspace, the latest when None; raises NotFound."""
        ...

    async def write(self, draft: Draft) -> int:
        """Keep a draft as the next version of its id; its number. The same job again gets the same number."""
        ...


class Journal(Protocol):
    """Results of finished steps, kept between attempts."""

    def find(self, name: str) -> str | None:
        """JSON text of a finished step's result."""
        ...

    def told(self, fact: str) -> int:
        """The sum of a whole number that log lines of earlier attempts carry."""
        ...

    async def record(self, name: str, result: str, elapsed_s: float) -> None:
        """Keep a result. When this returns, the step never runs again."""
        ...

    async def hold(self, seconds: float) -> None:
        """Hold so many seconds of media for the job, if it holds fewer; raises `QuotaExceeded`."""
        ...


class Events(Protocol):
    """Where progress, log lines and live text go. Calls are quick, never fail, and may come from any thread."""

    def progress(self, fraction: float, stage: str | None) -> None:
        """Move on; moving back is ignored."""
        ...

    def log(self, level: str, message: str, facts: Mapping[str, Any]) -> None:
        """Tell the job's owner something."""
        ...

    def text(self, stream: str, text: str, *, begins: bool) -> None:
        """Show the next piece of a text that is being written; it `begins` when what was shown before is void."""
        ...
