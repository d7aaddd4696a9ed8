"""fabric-mcp, unmodified, on a running server: a real client of Fabric, in an environment of its own (tests/fabric)."""

import asyncio
import fcntl
import itertools
import json
import os
import runpy
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cutroom.api import ApiSettings
from cutroom.db import Database
from cutroom.patterns import with_shipped
from tests.api.compat.fabric_world import running
from tests.api.world import World
from tests.llm.server import says
from tests.patterns.fabric_folder import COUNT, make

HERE = Path(__file__).parents[2] / "fabric"
PROGRAM = HERE / ".venv" / "bin" / "fabric-mcp"


@pytest.fixture(scope="session")
async def fabric_mcp() -> Path:
    """The program, in the versions that tests/fabric/uv.lock names."""
    try:
        await asyncio.to_thread(_install)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = f"fabric-mcp could not be installed: {getattr(error, 'output', error)!r}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return PROGRAM


def _install() -> None:
    """Make its environment once, whichever of several test processes comes first."""
    with (HERE / "pyproject.toml").open() as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        if PROGRAM.exists():
            return
        dev = runpy.run_path(str(HERE.parents[1] / "dev"))
        uv = dev["find_uv"]() or dev["install_uv"]()
        variables = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        command = [uv, "sync", "--frozen", "--quiet", "--project", str(HERE)]
        subprocess.check_output(command, env=variables, stderr=subprocess.STDOUT, timeout=300)


class Refused(Exception):
    """What the client tells of a call that failed."""


class Client:
    """A conversation with the program, in MCP over its standard streams."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child
        self._numbers = itertools.count(1)

    async def ask(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        self._say({"id": number, "method": method, "params": parameters})
        assert self._child.stdout is not None
        async with asyncio.timeout(60):
            while line := await self._child.stdout.readline():
                told = json.loads(line)
                if told.get("id") == number:
                    if "error" in told:
                        raise Refused(told["error"]["message"])
                    return told["result"]
        raise Refused("it has ended")

    async def call(self, tool: str, **arguments: Any) -> Any:
        """What a tool gives."""
        result = await self.ask("tools/call", name=tool, arguments=arguments)
        texts = [one["text"] for one in result["content"]]
        if result.get("isError"):
            raise Refused("\n".join(texts))
        if (found := result.get("structuredContent")) is not None:
            return found.get("result", found)
        return json.loads(texts[0])

    async def begin(self) -> Any:
        client = {"name": "tests", "version": "1"}
        told = await self.ask("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=client)
        self._say({"method": "notifications/initialized"})
        return told

    def _say(self, message: dict[str, Any]) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


@asynccontextmanager
async def client_of(program: Path, world: World, home: Path) -> AsyncIterator[Client]:
    """The program, told of nothing but the address and the key."""
    variables = {
        "PATH": os.defpath,
        "HOME": str(home),
        "FABRIC_BASE_URL": f"{world.url}/fabric",
        "FABRIC_API_KEY": world.api_key,
        "FASTMCP_CHECK_FOR_UPDATES": "off",
        "FASTMCP_SHOW_SERVER_BANNER": "false",
    }
    with (home / "fabric-mcp.log").open("wb") as said:
        child = await asyncio.create_subprocess_exec(
            *(str(program), "--transport", "stdio"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=said,
            env=variables,
            limit=1 << 24,
        )
        try:
            client = Client(child)
            await client.begin()
            yield client
        finally:
            child.kill()
            await child.wait()


@pytest.mark.timeout(400)  # fifty packages are installed first, once
async def test_the_unmodified_client_finds_its_way(fabric_mcp: Path, database: Database, tmp_path: Path) -> None:
    folder = make(tmp_path / "fabric")
    library = with_shipped([folder.patterns])
    said = "Short \u2028 and sweet, with \u00fc."
    settings = ApiSettings(keep_alive_s=0.1)
    async with (
        running(database, tmp_path, says(said, pause_s=0.3), settings=settings, library=library, models=("large",)) as (
            world,
            server,
        ),
        client_of(fabric_mcp, world, tmp_path) as client,
    ):
        await world.mine.post("/fabric/patterns/my_own", content=b"Shorten for {{who}}:")

        names = await client.call("fabric_list_patterns")
        assert names == sorted([*library.names(), "my_own"])
        assert {*folder.texts, "summary", "my_own"} <= {*names}
        assert len(folder.texts) == COUNT

        details = await client.call("fabric_get_pattern_details", pattern_name="summary")
        assert details["name"] == "summary"
        assert details["description"] == library.get("summary").description
        assert details["system_prompt"] == library.get("summary").raw
        large = max(folder.texts, key=lambda name: len(folder.texts[name]))
        details = await client.call("fabric_get_pattern_details", pattern_name=large)
        assert details["system_prompt"] == folder.texts[large]
        with pytest.raises(Refused, match="Pattern 'nobodys' not found in Fabric API"):
            await client.call("fabric_get_pattern_details", pattern_name="nobodys")

        strategies = (await client.call("fabric_list_strategies"))["strategies"]
        assert [one["name"] for one in strategies] == [one.name for one in library.strategies()]

        models = await client.call("fabric_list_models")
        assert models == {"models": ["small", "large"], "vendors": {"here": ["small", "large"]}}

        assert set((await client.call("fabric_get_configuration")).values()) == {""}

        run = {"pattern_name": "my_own", "input_text": "A long text.", "variables": {"who": "Ann"}}
        answer = await client.call("fabric_run_pattern", **run, strategy_name="steps", model_name="large")
        assert answer == {"output_format": "markdown", "output_text": said}
        assert server.prompt().endswith("Shorten for Ann:\nA long text.")
        assert server.requests[-1]["model"] == "large"

        chunks = await client.call("fabric_run_pattern", **run, stream=True, vendor_name="here", model_name="small")
        assert len(chunks) > 2
        assert chunks[-1]["type"] == "complete"
        assert "".join(chunk["content"] for chunk in chunks) == said

        for streamed in (False, True):
            with pytest.raises(Refused, match="The pattern needs the variable 'who'"):
                await client.call("fabric_run_pattern", pattern_name="my_own", stream=streamed)

        prompts = (await client.ask("prompts/list"))["prompts"]
        assert len(prompts) == len(library.names()) + 1
        prompt = await client.ask("prompts/get", name="my_own", arguments={"input_text": "A text."})
        assert prompt["messages"][0]["content"]["text"] == "Shorten for {{who}}:\n\nA text."
        assert len(server.requests) == 2
