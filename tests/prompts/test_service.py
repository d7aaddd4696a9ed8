"""Prompts: names, versions, turns, search, and limits."""

import asyncio
from typing import Any

import pytest

from cutroom.db import Database
from cutroom.kit.errors import Conflict, Invalid, NotFound, QuotaExceeded
from cutroom.prompts import CONTEXT, PATTERN, SESSION, STRATEGY, Entry, Prompt, PromptLimits, PromptService, Turn
from cutroom.prompts.prompt import Kind

A, B = "ws_a", "ws_b"
SAID = [Turn("user", "Hello?"), Turn("assistant", "Hello.")]


async def put(
    database: Database, name: str, text: str = "Sum up.", *, kind: Kind = PATTERN, of: str = A, **facts: Any
) -> Prompt:
    async with database.begin() as session:
        return await PromptService().put(session, of, kind, name, text, facts=facts, editor="usr_1")


async def found(database: Database, *, limit: int = 20, after: str | None = None, **given: Any) -> list[str]:
    async with database.begin() as session:
        page = await PromptService().page(session, A, PATTERN, limit=limit, after=after, **given)
    return [one.name for one in page.items]


async def test_every_version_of_a_pattern_can_be_read(database: Database) -> None:
    first = await put(database, "mine", "One.", description="a")
    second = await put(database, "mine", "Two.", description="b")
    assert (first.version, second.version, first.id) == (1, 2, second.id)
    async with database.begin() as session:
        service = PromptService()
        assert await service.find(session, A, PATTERN, "mine") == second
        old = await service.get(session, A, PATTERN, "mine", 1)
        versions = await service.versions(session, A, PATTERN, "mine")
        assert await service.find(session, A, PATTERN, "mine", 3) is None
    assert (old.text, old.sha256, old.facts, old.editor) == ("One.", first.sha256, {"description": "a"}, "usr_1")
    assert [one.version for one in versions.items] == [2, 1]


async def test_what_is_the_same_makes_no_version(database: Database) -> None:
    first = await put(database, "mine", tags=["a"])
    assert await put(database, "mine", tags=["a"]) == first
    assert (await put(database, "mine", tags=["b"])).version == 2


async def test_who_writes_at_the_same_moment_writes_versions_of_one_thing(database: Database) -> None:
    made = await asyncio.gather(*(put(database, "mine", f"Number {number}.") for number in range(5)))
    assert sorted(one.version for one in made) == [1, 2, 3, 4, 5]
    assert len({one.id for one in made}) == 1
    service = PromptService()

    async def say(number: int) -> None:
        async with database.begin() as session:
            await service.append(session, A, "chat", [Turn("user", f"{number}?"), Turn("assistant", f"{number}.")])

    await asyncio.gather(*(say(number) for number in range(5)))
    async with database.begin() as session:
        turns = await service.turns(session, A, "chat")
    assert [one.text[0] for one in turns[::2]] == [one.text[0] for one in turns[1::2]]


async def test_kinds_and_workspaces_do_not_meet(database: Database) -> None:
    mine = await put(database, "same", "mine")
    await put(database, "same", "context", kind=CONTEXT)
    await put(database, "same", "theirs", of=B)
    async with database.begin() as session:
        service = PromptService()
        assert await service.find(session, A, STRATEGY, "same") is None
        assert (await service.get(session, B, PATTERN, "same")).text == "theirs"
        await service.delete(session, B, PATTERN, "same")
        with pytest.raises(NotFound):
            await service.rename(session, B, PATTERN, "same", "other")
        assert await service.names(session, B, PATTERN) == []
        assert await service.find(session, A, PATTERN, "same") == mine


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "a\\b", "~a", "a b", "a\n", "ü", "a" * 101, "..", "a\0"])
async def test_what_is_no_name_is_refused_or_not_there(database: Database, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        await put(database, name)
    assert refused.value.code == "bad_prompt_name"
    async with database.begin() as session:
        assert await PromptService().find(session, A, PATTERN, name) is None
        with pytest.raises(NotFound):
            await PromptService().delete(session, A, PATTERN, name)


async def test_a_text_that_cannot_be_kept_is_refused(database: Database) -> None:
    for text, code in (("a\0", "bad_text"), ("\ud800", "bad_text"), ("ä" * 1_000_001, "prompt_too_long")):
        with pytest.raises(Invalid) as refused:
            await put(database, "mine", text)
        assert refused.value.code == code


async def test_a_renamed_pattern_takes_its_versions_along(database: Database) -> None:
    await put(database, "old", "One.")
    await put(database, "old", "Two.")
    await put(database, "taken")
    async with database.begin() as session:
        service = PromptService()
        with pytest.raises(Conflict, match="'taken' already"):
            await service.rename(session, A, PATTERN, "old", "taken")
        await service.rename(session, A, PATTERN, "old", "new")
        assert await service.find(session, A, PATTERN, "old") is None
        assert (await service.get(session, A, PATTERN, "new", 1)).text == "One."
        with pytest.raises(Invalid):
            await service.rename(session, A, PATTERN, "new", "../new")


async def test_pages_go_by_name(database: Database) -> None:
    for name in ("c", "B", "a", "d"):
        await put(database, name)
    async with database.begin() as session:
        page = await PromptService().page(session, A, PATTERN, limit=2)
    assert ([one.name for one in page.items], page.next_cursor) == (["B", "a"], "a")
    assert type(page.items[0]) is Entry
    assert await found(database, limit=2, after="a") == ["c", "d"]


async def test_words_are_looked_for_in_names_tags_descriptions_and_texts(database: Database) -> None:
    await put(database, "sum_up", "Say it in SHORT.", description="Größe 50%", tags=["écrire", "text"])
    await put(database, "other", "Write long.", tags=["text_long"])
    for words, names in (
        (["short"], ["sum_up"]),
        (["GRÖSSE"], []),
        (["GRÖ", "sum"], ["sum_up"]),
        (["50%"], ["sum_up"]),
        (["%"], ["sum_up"]),
        (["_up"], ["sum_up"]),
        (["ÉCRIRE"], ["sum_up"]),
        (["text"], ["other", "sum_up"]),
        (["text", "nothing"], []),
        (["a\0"], []),
    ):
        assert await found(database, words=words) == names, words
    assert await found(database, tags=["text"]) == ["sum_up"]
    assert await found(database, tags=["text", "écrire"]) == ["sum_up"]
    assert await found(database, tags=["text", "none"]) == []


async def test_only_the_latest_version_is_searched(database: Database) -> None:
    await put(database, "mine", "apples")
    await put(database, "mine", "pears")
    assert (await found(database, words=["apples"]), await found(database, words=["pears"])) == ([], ["mine"])


async def test_the_oldest_versions_go_first(database: Database) -> None:
    service = PromptService(PromptLimits(versions=2))
    for text in ("1", "2", "3"):
        async with database.begin() as session:
            await service.put(session, A, PATTERN, "mine", text)
    async with database.begin() as session:
        assert [one.version for one in (await service.versions(session, A, PATTERN, "mine")).items] == [3, 2]
        assert await service.find(session, A, PATTERN, "mine", 1) is None


async def test_a_workspace_keeps_so_much_and_no_more(database: Database) -> None:
    service = PromptService(PromptLimits(prompts=2, turns=2, all_bytes=30))
    async with database.begin() as session:
        await service.put(session, A, PATTERN, "mine", "x" * 10)
        await service.append(session, A, "chat", SAID)
        assert await service.storage_used(session, A) == 22
    for code, work in (
        ("too_many_prompts", lambda session: service.put(session, A, CONTEXT, "other", "x")),
        ("prompts_full", lambda session: service.put(session, A, PATTERN, "mine", "x" * 9)),
        ("session_full", lambda session: service.append(session, A, "chat", [Turn("user", "x")])),
        ("session_full", lambda session: service.check_room(session, A, "chat", [])),
        ("too_many_prompts", lambda session: service.check_room(session, A, "other", [])),
    ):
        with pytest.raises(QuotaExceeded) as refused:
            async with database.begin() as session:
                await work(session)
        assert refused.value.code == code
    async with database.begin() as session:
        await service.put(session, B, PATTERN, "mine", "x" * 30)


async def test_a_session_is_what_was_said_in_it(database: Database) -> None:
    service = PromptService()
    async with database.begin() as session:
        with pytest.raises(NotFound):
            await service.turns(session, A, "chat")
        assert await service.append(session, A, "chat", SAID) == 2
        assert await service.append(session, A, "chat", [Turn("user", "And?")]) == 3
        assert await service.turns(session, A, "chat") == [*SAID, Turn("user", "And?")]
        kept = await service.get(session, A, SESSION, "chat")
        assert (kept.version, kept.size_bytes, kept.text) == (3, 16, "")
        assert await service.names(session, A, SESSION) == ["chat"]
        assert await service.replace(session, A, "chat", SAID[:1]) == 1
        assert await service.turns(session, A, "chat") == SAID[:1]
        await service.delete(session, A, SESSION, "chat")
        assert await service.storage_used(session, A) == 0


async def test_what_a_job_said_is_added_once(database: Database) -> None:
    service = PromptService()
    for _ in range(2):
        async with database.begin() as session:
            assert await service.append(session, A, "chat", SAID, token="job_1") == 2
    async with database.begin() as session:
        assert await service.append(session, A, "chat", SAID, token="job_2") == 4
