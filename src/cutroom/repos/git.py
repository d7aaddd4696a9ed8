"""git, as it is run on what strangers made: nothing of a repository's own configuration is a program here.

A repository can name programs in many places: hooks, `core.fsmonitor`, filters and diff drivers of `.gitattributes`,
addresses of submodules (`ext::`), LFS. Each is switched off by name, attributes are overruled (`info/attributes` goes
before all others, gitattributes(5)), and git itself runs in a box: without network, unless it fetches.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cutroom.kit.errors import Unavailable
from cutroom.kit.fence import Fence
from cutroom.kit.process import Completed, run
from cutroom.repos.fencing import box, limits

ATTRIBUTES: Final = "* -text !eol !ident !filter !working-tree-encoding !diff !merge !export-subst\n"
"""Files are what their blobs are, byte by byte, whatever a repository wishes."""
_CONFIG: Final[Mapping[str, str]] = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.askPass": "/bin/false",
    "core.sshCommand": "/bin/false",
    "core.pager": "cat",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "core.symlinks": "true",
    "credential.helper": "",
    "diff.ignoreSubmodules": "all",
    "fetch.recurseSubmodules": "false",
    "fetch.fsckObjects": "true",
    "gc.auto": "0",
    "http.followRedirects": "false",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "protocol.ext.allow": "never",
    "safe.directory": "*",
    "submodule.recurse": "false",
}
_ENV: Final[Mapping[str, str]] = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_MEMORY_BYTES: Final = 4 << 30
_FILE_BYTES: Final = 16 << 30
OUTPUT_BYTES: Final = 8 << 20
"""Of an answer; what is beyond is not kept."""


@dataclass(frozen=True, slots=True)
class Git:
    """git on one repository, whose folder of its own nobody else writes to.

    Args:
        fence: what holds it.
        repository: git's own folder, beside the tree and never in it.
        tree: the files.
        timeout_s: seconds that one run may take.
    """

    fence: Fence
    repository: Path
    tree: Path
    timeout_s: float

    async def run(
        self,
        *words: str | Path,
        reads: Iterable[Path] = (),
        writes: Iterable[Path] = (),
        allow: str | None = None,
        settings: Path | None = None,
        stdin: bytes | None = None,
    ) -> Completed:
        """Run git; how it ended is for the caller to judge.

        Args:
            words: what it is told.
            reads: what else it reads.
            writes: what else it writes.
            allow: the one protocol that it may speak; without one it speaks to nobody.
            settings: a file with settings that no command line should show.
            stdin: what it reads.
        """
        given = [part for name, value in _CONFIG.items() for part in ("-c", f"{name}={value}")]
        given += [] if allow is None else ["-c", f"protocol.{allow}.allow=always"]
        env = {
            **_ENV,
            "GIT_ALLOW_PROTOCOL": allow or "none",
            "GIT_CONFIG_GLOBAL": "/dev/null" if settings is None else str(settings),
        }
        inside = box(
            self.fence,
            reads=(*reads, *(() if settings is None else (settings,))),
            writes=(self.repository, self.tree, *writes),
            network=allow in {"https", "http"},
            memory_bytes=_MEMORY_BYTES,
        )
        return await run(
            ["git", *given, f"--git-dir={self.repository}", f"--work-tree={self.tree}", *words],
            cwd=self.tree,
            timeout_s=self.timeout_s,
            env=env,
            limits=limits(self.fence, _MEMORY_BYTES, _FILE_BYTES),
            stdin=stdin,
            output_cap_bytes=OUTPUT_BYTES,
            box=inside,
        )

    async def must(self, *words: str | Path, writes: Iterable[Path] = (), stdin: bytes | None = None) -> bytes:
        """What git answers; for what only fails where something is wrong with us.

        Raises:
            Unavailable: `git_failed`.
        """
        done = await self.run(*words, writes=writes, stdin=stdin)
        if done.returncode != 0:
            raise Unavailable("git_failed", f"git could not work on the checkout: {said(done)}")
        return done.stdout


def said(done: Completed) -> str:
    """The first line of what git complained of, fit to be shown."""
    lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("fatal:", "error:", "remote:"))] or lines
    shown = "".join(letter for letter in (told or [f"status {done.returncode}"])[0] if letter.isprintable())
    return shown[:300]


def password_settings(user: str, password: str) -> str:
    """Settings that show a password to a server over HTTP (RFC 7617); redirects to others are not followed."""
    shown = base64.b64encode(f"{user}:{password}".encode()).decode()
    return f'[http]\n\textraHeader = "Authorization: Basic {shown}"\n'


def records(output: bytes) -> Sequence[str]:
    """The parts of an answer that NUL bytes end."""
    return [part.decode("utf-8", "replace") for part in output.split(b"\0") if part]
