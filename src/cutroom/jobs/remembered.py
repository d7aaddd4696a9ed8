"""Productions without a database: kept in memory, for workflows that run in this process one after another."""

from dataclasses import dataclass, field

from cutroom.jobs.seams import Draft, Origin
from cutroom.kit.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Kept:
    """One version of a production."""

    id: str
    kind: str
    version: int
    title: str
    body: str
    made_from: tuple[Origin, ...]
    job_id: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """Every production that the workflows of one command have made; hand it to each `run_alone` of a chain."""

    _versions: dict[str, list[Kept]] = field(default_factory=dict)

    def of(self, job_id: str) -> "RememberedOf":
        """The productions as a job sees them."""
        return RememberedOf(self, job_id)

    def find(self, production_id: str, version: int | None = None) -> Kept:
        """One version, the latest when None. Raises `NotFound` (`production_not_found`)."""
        versions = self._versions.get(production_id, [])
        number = len(versions) if version is None else version
        if not 1 <= number <= len(versions):
            raise NotFound("production_not_found", f"There is no '{production_id}' in this version.")
        return versions[number - 1]

    def add(self, draft: Draft, job_id: str) -> int:
        """Keep a draft as the next version of its id. Raises `Invalid` (`production_kind_differs`)."""
        versions = self._versions.setdefault(draft.id, [])
        for kept in versions:
            if kept.job_id == job_id:
                return kept.version
        if versions and versions[0].kind != draft.kind:
            raise Invalid("production_kind_differs", f"'{draft.id}' is of the kind '{versions[0].kind}'.")
        number = len(versions) + 1
        made_from = tuple(draft.made_from)
        versions.append(Kept(draft.id, draft.kind, number, draft.title, draft.body, made_from, job_id))
        return number


@dataclass(frozen=True, slots=True)
class RememberedOf:
    """Fulfils `Productions` for one job."""

    all: Remembered
    job_id: str

    async def read(self, production_id: str, version: int | None = None) -> Kept:
        """One version, the latest when None. Raises `NotFound` (`production_not_found`)."""
        return self.all.find(production_id, version)

    async def write(self, draft: Draft) -> int:
        """Keep a draft as the next version of its id; the same job again gets the same number.

        Raises:
            Invalid: `production_kind_differs`.
        """
        return self.all.add(draft, self.job_id)
