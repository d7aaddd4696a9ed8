"""The door for Fabric's clients: what is stored, and what the server tells of itself."""

from typing import Any

import httpx2

from cutroom.api.compat.fabric_facts import VENDORS
from cutroom.patterns import with_shipped
from tests.api.world import World, error_of


async def get(world: World, path: str, client: httpx2.AsyncClient | None = None) -> Any:
    answer = await (client or world.mine).get(f"/fabric{path}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


async def keep(world: World, path: str, content: str) -> None:
    answer = await world.mine.post(f"/fabric{path}", content=content.encode())
    assert (answer.status_code, answer.content) == (200, b""), answer.text


async def missing(world: World, method: str, path: str, client: httpx2.AsyncClient | None = None) -> str:
    """The bare string that says that there is no such thing."""
    answer = await (client or world.mine).request(method, f"/fabric{path}")
    assert answer.status_code == 500
    told = answer.json()
    assert isinstance(told, str)
    assert told.endswith("no such file or directory")
    return told


async def test_a_key_comes_in_fabrics_header_and_strangers_hear_it_in_fabrics_words(world: World) -> None:
    answer = await world.nobody.get("/fabric/patterns/names", headers={"X-API-Key": world.api_key})
    assert answer.json() == with_shipped().names()
    for headers in ({}, {"X-API-Key": "ctr_nobody"}, {"X-API-Key": "secret"}):
        answer = await world.nobody.get("/fabric/patterns/names", headers=headers)
        assert isinstance(answer.json()["error"], str)
        error_of(answer, 401, "unauthenticated")


async def test_shipped_patterns_are_listed_shown_and_applied(world: World) -> None:
    names = await get(world, "/patterns/names")
    assert names == sorted(names)
    assert "summary" in names
    shown = await get(world, "/patterns/summary")
    assert shown.keys() == {"Name", "Description", "Pattern"}
    assert (shown["Name"], shown["Pattern"]) == ("summary", with_shipped().get("summary").raw)
    assert shown["Description"]
    assert await get(world, "/patterns/exists/summary") is True
    assert await get(world, "/patterns/exists/nobodys") is False


async def test_a_pattern_is_kept_applied_renamed_and_deleted(world: World) -> None:
    await keep(world, "/patterns/mine", "Say {{greeting}} to {{name}}.")
    assert await get(world, "/patterns/mine") == {
        "Name": "mine",
        "Description": "",
        "Pattern": "Say {{greeting}} to {{name}}.",
    }
    body = {"Input": "Ann", "VARIABLES": {"name": "{{greeting}}"}, "nonsense": 1}
    applied = await world.mine.post("/fabric/patterns/mine/apply?greeting=hi&name=Bob", json=body)
    assert applied.json()["Pattern"] == "Say hi to {{greeting}}.\nAnn"
    answer = await world.mine.put("/fabric/patterns/rename/mine/yours")
    assert (answer.status_code, answer.content) == (200, b"")
    await missing(world, "GET", "/patterns/mine")
    assert "yours" in await get(world, "/patterns/names")
    assert (await world.mine.delete("/fabric/patterns/yours")).status_code == 200
    assert "yours" not in await get(world, "/patterns/names")


async def test_ones_own_pattern_goes_before_a_shipped_one_until_it_is_deleted(world: World) -> None:
    shipped = await get(world, "/patterns/summary")
    await keep(world, "/patterns/summary", "Mine.")
    assert (await get(world, "/patterns/summary"))["Pattern"] == "Mine."
    assert (await get(world, "/patterns/names")).count("summary") == 1
    await world.mine.delete("/fabric/patterns/summary")
    assert await get(world, "/patterns/summary") == shipped
    await missing(world, "DELETE", "/patterns/summary")


async def test_what_is_not_there_is_told_as_clients_know_it(world: World) -> None:
    for kind in ("pattern", "context", "session"):
        for method, path in (("DELETE", "nobodys"), ("PUT", "rename/nobodys/other"), ("GET", "nobodys")):
            if (kind, method) != ("session", "GET"):
                assert kind in await missing(world, method, f"/{kind}s/{path}")


async def test_contexts_are_texts(world: World) -> None:
    assert await get(world, "/contexts/names") == []
    await keep(world, "/contexts/brand", "Plain. \u00fc\u2028")
    await keep(world, "/contexts/audience", "Farmers.")
    assert await get(world, "/contexts/names") == ["audience", "brand"]
    assert await get(world, "/contexts/brand") == {"Name": "brand", "Content": "Plain. \u00fc\u2028"}
    raw = await world.mine.get("/fabric/contexts/brand")
    assert "\\u2028" in raw.text  # clients take the character for the end of a line
    answer = await world.mine.put("/fabric/contexts/rename/brand/audience")
    error_of(answer, 409, "prompt_exists")
    assert await get(world, "/contexts/exists/brand") is True
    assert (await world.mine.delete("/fabric/contexts/brand")).status_code == 200
    assert await get(world, "/contexts/exists/brand") is False


async def test_sessions_are_what_was_said(world: World) -> None:
    assert await get(world, "/sessions/talk") == {"Name": "talk", "Messages": []}
    assert await get(world, "/sessions/exists/talk") is False
    said = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]
    for messages in (said, said[:1]):
        assert (await world.mine.post("/fabric/sessions/talk", json=messages)).status_code == 200
        assert await get(world, "/sessions/talk") == {"Name": "talk", "Messages": messages}
    assert await get(world, "/sessions/names") == ["talk"]
    await world.mine.put("/fabric/sessions/rename/talk/chat")
    assert await get(world, "/sessions/names") == ["chat"]
    await world.mine.delete("/fabric/sessions/chat")
    assert await get(world, "/sessions/names") == []


async def test_names_mean_nothing_in_another_workspace(world: World) -> None:
    await keep(world, "/patterns/mine", "Secret.")
    await keep(world, "/contexts/mine", "Secret.")
    await world.mine.post("/fabric/sessions/mine", json=[{"role": "user", "content": "Secret."}])
    for kind in ("patterns", "contexts", "sessions"):
        assert "mine" not in await get(world, f"/{kind}/names", world.theirs)
        assert await get(world, f"/{kind}/exists/mine", world.theirs) is False
        await missing(world, "DELETE", f"/{kind}/mine", world.theirs)
        await missing(world, "PUT", f"/{kind}/rename/mine/other", world.theirs)
        assert "mine" in await get(world, f"/{kind}/names")
    for kind in ("patterns", "contexts"):
        theirs = await missing(world, "GET", f"/{kind}/mine", world.theirs)
        assert theirs == (await missing(world, "GET", f"/{kind}/none", world.theirs)).replace("none", "mine")
    assert (await get(world, "/sessions/mine", world.theirs))["Messages"] == []


async def test_names_are_no_paths(world: World) -> None:
    for kind in ("patterns", "contexts", "sessions"):
        before = await get(world, f"/{kind}/names")
        body = b"[]" if kind == "sessions" else b"x"
        for name in ("..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "~root", "..", ".env", "a b", "x" * 101):
            answer = await world.mine.post(f"/fabric/{kind}/{name}", content=body)
            assert answer.status_code in {400, 404, 405}
        assert await get(world, f"/{kind}/names") == before


WRONG = [
    ("/patterns/summary/apply", b"{", "bad_request_format"),
    ("/patterns/summary/apply", b'{"input": 7}', "bad_request_format"),
    ("/patterns/summary/apply", b"[" * 100, "bad_request_format"),
    ("/patterns/plain/apply", b"{}", "missing_variable"),
    ("/sessions/a", b'[{"role": "tool", "content": ""}]', "bad_request_format"),
    ("/sessions/a", b'[{"role": "user", "content": "\\u0000"}]', "bad_request_format"),
    ("/contexts/a", b"\xff", "bad_text"),
    ("/contexts/a", b"a\x00", "bad_text"),
    ("/patterns/a", b"---\noutput: 7\n---\n", "bad_front_matter"),
]


async def test_what_is_wrong_is_told_as_fabric_tells_it(world: World) -> None:
    await keep(world, "/patterns/plain", "{{who}}")
    for path, body, code in WRONG:
        answer = await world.mine.post(f"/fabric{path}", content=body)
        error_of(answer, 400, code)


async def test_strategies_have_what_clients_demand(world: World) -> None:
    found = await get(world, "/strategies")
    assert len(found) == len(with_shipped().strategies()) >= 9
    assert all(one.keys() == {"name", "description", "prompt"} and all(one.values()) for one in found)


async def test_no_key_of_a_model_is_shown_or_set(world: World) -> None:
    assert await get(world, "/config") == dict.fromkeys(VENDORS, "")
    answer = await world.mine.post("/fabric/config/update", json={"openai_api_key": "sk-1"})
    assert "CUTROOM_LLM_PROVIDERS" in error_of(answer, 403, "config_not_settable")["message"]
    assert await get(world, "/models/names") == {"models": [], "vendors": {}}
