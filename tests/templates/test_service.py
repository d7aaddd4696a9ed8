"""Templates: kept, changed and found within one workspace."""

import pytest

from cutroom.db import Database
from cutroom.kit.errors import NotFound, QuotaExceeded
from cutroom.templates import Template, TemplateService

DOCUMENT = {"z": 1.5, "timeline": {"tracks": []}, "a": ["{{X}}"]}
FIELDS = {"X": {"type": "string"}}


async def made(database: Database, service: TemplateService, name: str = "one", workspace: str = "ws_1") -> Template:
    async with database.begin() as session:
        return await service.create(session, workspace, name=name, document=DOCUMENT, fields=FIELDS)


async def test_a_template_is_kept_as_it_was_written(database: Database) -> None:
    service = TemplateService()
    template = await made(database, service)
    async with database.begin() as session:
        found = await service.get(session, "ws_1", template.id)
    assert found == template
    assert list(found.document) == ["z", "timeline", "a"]
    assert found.version == 1


async def test_replacing_raises_the_version(database: Database) -> None:
    service = TemplateService()
    template = await made(database, service)
    async with database.begin() as session:
        changed = await service.replace(session, "ws_1", template.id, name="two", document={}, fields={})
    async with database.begin() as session:
        found = await service.get(session, "ws_1", template.id)
    assert changed == found
    assert (found.name, found.version, found.document, found.created_at) == ("two", 2, {}, template.created_at)
    assert found.updated_at > template.updated_at


async def test_anothers_template_is_as_unknown_as_none(database: Database) -> None:
    service = TemplateService()
    template = await made(database, service)
    for name in (template.id, "tpl_01aaaaaaaaaaaaaaaaaaaaaaaa", "x"):
        async with database.begin() as session:
            with pytest.raises(NotFound):
                await service.get(session, "ws_2", name)
            with pytest.raises(NotFound):
                await service.replace(session, "ws_2", name, name="x", document={}, fields={})
            with pytest.raises(NotFound):
                await service.delete(session, "ws_2", name)
    async with database.begin() as session:
        assert await service.get(session, "ws_1", template.id) == template


async def test_pages_go_from_the_newest_to_the_oldest(database: Database) -> None:
    service = TemplateService()
    ids = [(await made(database, service, str(number))).id for number in range(5)]
    await made(database, service, "not mine", "ws_2")
    seen: list[str] = []
    before: str | None = None
    while True:
        async with database.begin() as session:
            page = await service.list_templates(session, "ws_1", limit=2, before=before)
        seen += [template.id for template in page.items]
        before = page.next_cursor
        if before is None:
            break
    assert seen == ids[::-1]


async def test_a_deleted_template_is_gone_and_makes_room(database: Database) -> None:
    service = TemplateService(max_templates=1)
    template = await made(database, service)
    with pytest.raises(QuotaExceeded):
        await made(database, service)
    async with database.begin() as session:
        await service.delete(session, "ws_1", template.id)
    async with database.begin() as session:
        with pytest.raises(NotFound):
            await service.get(session, "ws_1", template.id)
    await made(database, service)
