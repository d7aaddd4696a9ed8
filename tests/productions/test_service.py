"""Productions: versions, and what goes stale with what."""

from dataclasses import dataclass

import pytest

from cutroom.db import Database
from cutroom.jobs import Draft
from cutroom.jobs import Origin as MadeFrom
from cutroom.kit.errors import Conflict, NotFound, QuotaExceeded
from cutroom.kit.ids import new_id
from cutroom.productions import Body, Outdated, Production, ProductionLimits, ProductionService

A, B = "ws_a", "ws_b"
PREFIX = {"transcript": "trn", "highlights": "hls", "clip": "clp", "post": "pst"}


@dataclass(frozen=True)
class Job:
    """Stands for a claimed job: what productions know of one."""

    id: str
    workspace_id: str
    root_id: str = "job_root"
    type: str = "make"
    input: str = "{}"


@dataclass(frozen=True)
class Shelf:
    """Productions of workspace A, each version written by a job of its own."""

    database: Database
    service: ProductionService

    async def write(self, kind: str, *made_from: tuple[str, int], into: str | None = None, body: str = "{}") -> str:
        production_id = into or new_id(PREFIX[kind])
        writer = self.service.for_jobs(self.database)(Job(new_id("job"), A))
        origins = [MadeFrom(*one) for one in made_from]
        await writer.write(Draft(production_id, kind, kind.upper(), body, origins))
        return production_id

    async def get(self, kind: str, production_id: str, workspace: str = A) -> Production:
        async with self.database.begin() as session:
            return await self.service.get(session, workspace, kind, production_id)

    async def outdated(self, kind: str, production_id: str) -> list[tuple[str, int, int]]:
        return [(one.id, one.version, one.latest) for one in (await self.get(kind, production_id)).outdated]


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(database, ProductionService())


async def test_what_was_made_from_an_older_version_is_stale(shelf: Shelf) -> None:
    transcript = await shelf.write("transcript")
    post = await shelf.write("post", (transcript, 1))
    assert not (await shelf.get("post", post)).is_stale
    await shelf.write("transcript", into=transcript)
    found = await shelf.get("post", post)
    assert found.is_stale
    assert found.outdated == (Outdated(transcript, "transcript", "TRANSCRIPT", 1, 2),)
    await shelf.write("post", (transcript, 2), into=post)
    assert not (await shelf.get("post", post)).is_stale


async def test_staleness_goes_through_what_lies_between(shelf: Shelf) -> None:
    transcript = await shelf.write("transcript")
    highlights = await shelf.write("highlights", (transcript, 1))
    clip = await shelf.write("clip", (highlights, 1), (transcript, 1))
    await shelf.write("transcript", into=transcript)
    assert await shelf.outdated("clip", clip) == [(transcript, 1, 2)]
    await shelf.write("highlights", (transcript, 2), into=highlights)
    assert await shelf.outdated("clip", clip) == [(highlights, 1, 2), (transcript, 1, 2)]
    await shelf.write("clip", (highlights, 2), into=clip)
    assert await shelf.outdated("clip", clip) == []


async def test_what_a_production_names_itself_is_compared_by_the_version_that_it_names(shelf: Shelf) -> None:
    transcript = await shelf.write("transcript")
    highlights = await shelf.write("highlights", (transcript, 1))
    clip = await shelf.write("clip", (highlights, 1), (transcript, 1))
    await shelf.write("transcript", into=transcript)
    await shelf.write("clip", (highlights, 1), (transcript, 2), into=clip)
    assert await shelf.outdated("clip", clip) == []
    assert await shelf.outdated("highlights", highlights) == [(transcript, 1, 2)]
    await shelf.write("transcript", into=transcript)
    assert await shelf.outdated("clip", clip) == [(transcript, 2, 3)]


async def test_what_is_gone_makes_nothing_stale(shelf: Shelf) -> None:
    transcript = await shelf.write("transcript")
    post = await shelf.write("post", (transcript, 1))
    await shelf.write("transcript", into=transcript)
    async with shelf.database.begin() as session:
        await shelf.service.delete(session, A, "transcript", transcript)
    found = await shelf.get("post", post)
    assert (found.outdated, [origin.id for origin in found.origins]) == ((), [transcript])


async def test_lists_are_of_what_was_made_from_something_by_any_way(shelf: Shelf) -> None:
    transcript, other = await shelf.write("transcript"), await shelf.write("transcript")
    highlights = await shelf.write("highlights", (transcript, 1))
    clips = [await shelf.write("clip", (highlights, 1)), await shelf.write("clip", (transcript, 1))]
    await shelf.write("clip", (other, 1))
    was = await shelf.write("clip", (transcript, 1))
    await shelf.write("clip", (other, 1), into=was)

    async def ids(**given: str) -> list[str]:
        async with shelf.database.begin() as session:
            page = await shelf.service.page(session, A, "clip", **given)  # type: ignore[arg-type]
        return [one.id for one in page.items]

    assert await ids(made_from=transcript) == sorted(clips, reverse=True)
    assert await ids(made_from=highlights) == [clips[0]]
    async with shelf.database.begin() as session:
        theirs = await shelf.service.page(session, B, "clip", made_from=transcript)
    assert theirs.items == ()


async def test_an_edit_is_made_from_what_the_version_before_it_was(shelf: Shelf) -> None:
    transcript = await shelf.write("transcript")
    post = await shelf.write("post", (transcript, 1), body='{"platform": "blog", "parts": ["x"]}')
    body = await Body.of('{"platform": "blog", "parts": ["y"], "length": 1}')
    async with shelf.database.begin() as session:
        edited = await shelf.service.edit(session, A, "post", post, version=1, body=body, editor="usr_1")
        with pytest.raises(Conflict, match="there is a version 2 now"):
            await shelf.service.edit(session, A, "post", post, version=1, body=body, editor="usr_1")
        written = await shelf.service.read(session, A, "post", post)
        versions = await shelf.service.versions(session, A, "post", post)
    assert (edited.version, edited.facts, edited.job_id) == (2, {"platform": "blog", "length": 1}, None)
    assert [origin.id for origin in edited.origins] == [transcript]
    assert edited.recipe is not None
    assert (written.body, written.sha256) == (body.text, body.sha256)
    assert [(one.version, one.editor, one.job_id) for one in versions.items] == [
        (2, "usr_1", None),
        (1, None, "job_root"),
    ]


async def test_a_production_is_found_by_its_kind_in_its_workspace_alone(shelf: Shelf) -> None:
    transcript = await shelf.write("transcript")
    for kind, workspace, named in (("post", A, transcript), ("transcript", B, transcript), ("transcript", A, "x")):
        with pytest.raises(NotFound):
            await shelf.get(kind, named, workspace)


async def test_versions_take_room_that_a_plan_has(database: Database) -> None:
    async def room(_session: object, workspace_id: str) -> int | None:
        return 10 if workspace_id == A else None

    shelf = Shelf(database, ProductionService(ProductionLimits(bytes_for=room)))
    transcript = await shelf.write("transcript", body='{"a": 1}')
    with pytest.raises(QuotaExceeded, match="keeps 8 bytes"):
        await shelf.write("transcript", into=transcript, body='{"a":2}')
    async with database.begin() as session:
        assert await shelf.service.storage_used(session, A) == 8
        body = await Body.of("{" + " " * 8 + "}")
        with pytest.raises(QuotaExceeded):
            await shelf.service.edit(session, A, "transcript", transcript, version=1, body=body, editor="usr_1")


async def test_a_long_body_is_kept_whole(shelf: Shelf) -> None:
    body = '{"language": "en", "words": [' + ",".join(f'"word{number}"' for number in range(400_000)) + "]}"
    transcript = await shelf.write("transcript", body=body)
    async with shelf.database.begin() as session:
        assert (await shelf.service.read(session, A, "transcript", transcript)).body == body
        (found,) = (await shelf.service.page(session, A, "transcript")).items
    assert (found.facts, found.size_bytes) == ({"language": "en"}, len(body))
