"""The `dev` script, with an environment and a uv that only say how they were called."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

DEV = Path(__file__).parents[2] / "dev"
UV = """#!/bin/sh
echo "$@" >> "{log}"
case "$1" in
  --version) echo "uv {version} (somewhere)" ;;
  sync) exit {sync} ;;
  lock) echo "{lock}" >&2; exit 2 ;;
esac
"""
SAID = '{"argv": sys.argv[1:], "cwd": os.getcwd(), "pid": os.getpid(), "path": os.environ["PATH"]}'
# Through a shell, since a path with a space cannot stand behind "#!".
PYTHON = f"""#!/bin/sh
exec "{sys.executable}" -c 'import json, os, sys; print(json.dumps({SAID}))' "$@"
"""


class Desk:
    """A folder with a fake uv on the PATH, a fake environment, and nothing of the caller's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "uv.log"
        self.environment = folder / "an environment"
        self.script(self.environment / "bin" / "python", PYTHON)
        self.variables = {
            "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
            "HOME": str(folder),
            "UV_PROJECT_ENVIRONMENT": str(self.environment),
        }
        self.uv()

    def script(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def uv(self, path: str = "bin/uv", *, version: str = "0.13.8", sync: int = 0, lock: str = "") -> None:
        self.script(self.folder / path, UV.format(log=self.log, version=version, sync=sync, lock=lock))

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, DEV, *arguments],
            env=self.variables,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_help_names_every_command_and_fits_a_terminal(desk: Desk) -> None:
    code, out, _ = desk.run("--help")
    assert code == 0
    for command in ("up", "demo", "test", "lint", "run", "temporal", "soak", "bench"):
        assert f"\n  {command}" in out
    assert max(map(len, out.splitlines())) <= 110
    assert desk.run() == (2, out, "")


def test_an_unknown_command_is_named(desk: Desk) -> None:
    code, _, err = desk.run("tset")
    assert code == 1
    assert "no command 'tset'" in err
    assert not desk.log.exists()


def test_an_old_python_can_read_it_and_is_told(desk: Desk) -> None:
    ast.parse(DEV.read_text(), feature_version=(3, 7))
    pretend = (
        "import sys, runpy; sys.version_info = (3, 8, 0); sys.argv = ['dev', 'up']; "
        f"runpy.run_path({str(DEV)!r}, run_name='__main__')"
    )
    desk.variables["PATH"] = str(desk.folder / "bin")
    done = subprocess.run(
        [sys.executable, "-c", pretend],
        env=desk.variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "dev: this is Python 3.8; Cutroom needs Python 3.11 or newer.\n"


def test_the_command_takes_the_place_of_the_script(desk: Desk) -> None:
    process = desk.start("up", "--port", "0")
    out, _ = process.communicate(timeout=60)
    said = json.loads(out)
    assert said["pid"] == process.pid
    assert said["argv"] == ["-m", "cutroom.app", "up", "--port", "0"]
    assert said["cwd"] == str(DEV.parent)
    assert said["path"].startswith(f"{desk.environment}/bin:")


def test_the_environment_follows_the_lock_and_leaves_tools_out_when_only_used(desk: Desk) -> None:
    desk.run("up")
    desk.run("test")
    first, second = (line for line in desk.log.read_text().splitlines() if line.startswith("sync"))
    assert "--locked" in first
    assert "--no-dev" in first
    assert "--no-dev" not in second


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["--data", "state"], ["--data", "{}/state"]),
        (["--data=state"], ["--data={}/state"]),
        (["-o", "/a"], ["-o", "/a"]),
    ],
)
def test_paths_are_meant_from_where_the_caller_stands(desk: Desk, given: list[str], meant: list[str]) -> None:
    _, out, _ = desk.run("demo", *given)
    assert json.loads(out)["argv"][3:] == [part.format(desk.folder) for part in meant]


def test_tests_run_on_three_processes_without_the_long_ones(desk: Desk) -> None:
    _, out, _ = desk.run("test", "tests/kit", "-k", "ids")
    said = json.loads(out)["argv"]
    spread = ["-n", "3", "--dist", "worksteal"]
    assert said == ["-m", "pytest", *spread, "-m", "not soak", "tests/kit", "-k", "ids"]


def test_anything_runs_in_the_callers_folder(desk: Desk) -> None:
    code, out, _ = desk.run("run", "pwd")
    assert (code, out.strip()) == (0, str(desk.folder))
    code, _, err = desk.run("run", "no-such-program")
    assert code == 1
    assert "no-such-program" in err
    assert desk.run("run")[0] == 1


def test_a_stale_lock_is_told_from_other_trouble(desk: Desk) -> None:
    desk.uv(sync=1, lock="The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.")
    code, _, err = desk.run("up")
    assert code == 1
    assert "uv.lock does not match pyproject.toml" in err
    assert f"{desk.folder}/bin/uv lock" in err
    desk.uv(sync=1, lock="no route to host")
    code, _, err = desk.run("up")
    assert code == 1
    assert "no network" in err


def test_a_uv_that_is_too_old_or_broken_gives_way_to_our_own(desk: Desk) -> None:
    desk.uv(".cache/cutroom/uv-0.13.8/bin/uv")
    for version in ("0.9.30", "unknown"):
        desk.uv(version=version)
        desk.log.unlink(missing_ok=True)
        assert desk.run("run", "true")[0] == 0
        assert desk.log.read_text().splitlines()[:2] == ["--version", "--version"]


SERVER = """#!/bin/sh
case "$1" in --version) echo "temporal version 1 (Server 1)" ;; *) echo "$@" ;; esac
"""
GO = """#!/bin/sh
case "$1" in
  version) echo "go version go{version} linux/amd64" ;;
  install) echo "$@" >> "{log}"; printf '%s' '{server}' > "$GOBIN/temporal"; chmod +x "$GOBIN/temporal" ;;
esac
"""


def test_a_temporal_server_on_the_path_is_taken_as_it_is(desk: Desk) -> None:
    desk.script(desk.folder / "bin" / "temporal", SERVER)
    assert desk.run("temporal") == (0, f"{desk.folder}/bin/temporal\n", "")
    assert desk.run("temporal", "server", "start-dev")[1] == "server start-dev\n"


def test_where_there_is_none_it_is_built_once(desk: Desk) -> None:
    built = desk.folder / "caches" / "cutroom" / "temporal" / "v1.5.1" / "temporal"
    desk.variables["XDG_CACHE_HOME"] = str(desk.folder / "caches")
    desk.variables["PATH"] = f"{desk.folder / 'bin'}:/bin:/usr/bin"
    desk.script(desk.folder / "bin" / "temporal", "#!/bin/sh\necho something else\n")
    desk.script(desk.folder / "bin" / "go", GO.format(version="1.24.2", log=desk.log, server=SERVER))
    for _ in range(2):
        code, out, _ = desk.run("temporal")
        assert (code, out) == (0, f"{built}\n")
    module = "github.com/temporalio/cli/cmd/temporal@v1.5.1"
    assert desk.log.read_text().splitlines() == [f"install -ldflags -s -w {module}"]
    assert [path.name for path in built.parent.iterdir()] == ["temporal"]


@pytest.mark.parametrize("version", [None, "1.19.8"])
def test_what_is_missing_to_build_it_is_told(desk: Desk, version: str | None) -> None:
    desk.variables["PATH"] = str(desk.folder / "bin")
    if version is not None:
        desk.script(desk.folder / "bin" / "go", GO.format(version=version, log=desk.log, server=""))
    code, _, err = desk.run("temporal")
    assert code == 1
    assert "built with Go 1.21 or newer" in err
    assert "none on the PATH" in err if version is None else "bin/go is older" in err


def test_no_variable_of_another_environment_reaches_the_command(desk: Desk) -> None:
    desk.variables |= {"VIRTUAL_ENV": "/other", "PYTHONPATH": "/other", "PYTHONHOME": ""}
    code, out, _ = desk.run("run", "env")
    assert code == 0
    seen = dict(line.split("=", 1) for line in out.splitlines())
    assert seen["VIRTUAL_ENV"] == str(desk.environment)
    assert "PYTHONPATH" not in seen


def test_it_uses_the_standard_library_alone() -> None:
    tree = ast.parse(DEV.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert names <= sys.stdlib_module_names
    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))
    assert os.access(DEV, os.X_OK)
