"""What render benchmarks share: synthetic sources, running programs with their time and memory taken, and tables.

Sources are kept in the temporary folder between runs. Memory is that of a program and all its children at its highest
among samples, up to ten a second: their proportional set sizes, summed, so that a page which several of them share (the
text of ffmpeg, Python's libraries) is counted once. Resident memory, which counts it for each, stands in for that where
the kernel does not tell. CPU seconds are those of the whole tree too; where other work shares the processors they say
more than the wall-clock does. They are sampled too, since a sandbox does not account for what ran in it.
"""

import compileall
import json
import os
import resource
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import cutroom as package
from cutroom.media.ffmpeg import find

FOLDER = Path(tempfile.gettempdir()) / "cutroom-bench"
FFMPEG = str(find().path)
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run took: seconds of wall-clock time, bytes of memory at its peak, and CPU seconds of all processes."""

    seconds: float
    peak_bytes: int
    cpu_s: float = 0.0

    @property
    def memory(self) -> str:
        """The peak in MB."""
        return f"{self.peak_bytes / 1e6:.0f} MB"


class Watch:
    """Looks at a process and everything that it starts, ten times a second, while it is entered.

    Memory is weighed as rarely as keeps that to a fiftieth of a processor: a service has some forty processes.

    Args:
        root: its id.
    """

    def __init__(self, root: int) -> None:
        self.peak_bytes = 0
        self.own_s = 0.0
        """CPU seconds of the looking itself."""
        self._root = root
        self._spent: dict[int, float] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._before = _ended_s()
        self._earlier = {pid: _running_s(pid) or 0.0 for pid in _tree(root)}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    @property
    def cpu_s(self) -> float:
        """CPU seconds so far: as sampled, or as the kernel accounts for what has ended, whichever is more."""
        return max(_ended_s() - self._before, sum(self._spent.values()))

    @property
    def children_s(self) -> float:
        """CPU seconds so far, without those of the process itself."""
        return max(_ended_s() - self._before, sum(spent for pid, spent in self._spent.items() if pid != self._root))

    def _look(self) -> None:
        weigh_at = 0.0
        while not self._done.wait(0.1):
            tree = _tree(self._root)
            for pid in tree:
                if (seconds := _running_s(pid)) is not None:
                    self._spent[pid] = seconds - self._earlier.get(pid, 0.0)
            if (began := time.perf_counter()) >= weigh_at:
                self.peak_bytes = max(self.peak_bytes, sum(_held_bytes(pid) for pid in tree))
                weigh_at = began + 50 * (time.perf_counter() - began)
        self.own_s = time.thread_time()


def taken(command: Sequence[str | Path], *, cwd: Path | None = None) -> Taken:
    """Run a program to its end."""
    began = time.perf_counter()
    with subprocess.Popen(
        [str(part) for part in command], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as p:
        with Watch(p.pid) as watch:
            said, _ = p.communicate()
        seconds = time.perf_counter() - began
    if p.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {p.returncode}: {said.decode(errors='replace')[-3000:]}")
    return Taken(seconds, watch.peak_bytes, watch.cpu_s)


def plain(*arguments: str | Path) -> Taken:
    """Run ffmpeg as anybody would."""
    return taken([FFMPEG, "-v", "error", "-nostdin", "-y", *arguments])


@cache
def install() -> None:
    """Compile all Python code that a render may load, as installers do and else the first run would.

    Where the environment forbids to write bytecode (PYTHONDONTWRITEBYTECODE), every program here would compile all that
    it loads each time: more than half of its time.
    """
    for place in (sysconfig.get_path("purelib"), Path(package.__file__).parent):
        compileall.compile_dir(str(place), quiet=2)


def cutroom(document: dict[str, Any], out: Path, *, cache: Path) -> Taken:
    """Run `cutroom render` on a document."""
    install()
    path = out.with_suffix(".json")
    path.write_text(json.dumps(document))
    program: list[str | Path] = [sys.executable, "-m", "cutroom.app", "render", path, "-o", out, "--cache", cache]
    return taken(program)


def film(name: str, seconds: float, *, size: tuple[int, int] = (1920, 1080), fps: int = 30, gop: int = 30) -> Path:
    """An H.264 and AAC file like a camera's: grainy pictures that move, a tone in noise; `gop` frames from key to key.

    A pure tone would take AAC encoders two to three times as long as any sound that a microphone hears.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}-{size[0]}x{size[1]}-{fps}-{gop}-{seconds:g}s.2.mp4"
    if path.exists():
        return path
    draft = path.with_suffix(".part.mp4")
    hue = sum(name.encode()) * 37 % 360
    picture = f"testsrc2=s={size[0]}x{size[1]}:r={fps}:d={seconds},hue=h={hue},noise=alls=6:allf=t,format=yuv420p"
    tags = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
    tone = f"sine=f={220 + hue}:r=48000:d={seconds}[tone]"
    sound = f"anoisesrc=c=pink:r=48000:a=0.3:seed={hue}:d={seconds}[noise];{tone};[noise][tone]amix"
    plain(
        "-f", "lavfi", "-i", f"{picture},{tags}", "-f", "lavfi", "-i", sound,
        "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-g", str(gop), "-keyint_min", str(gop),
        "-sc_threshold", "0", "-c:a", "aac", "-ac", "2", "-b:a", "128k", "-shortest", draft,
    )  # fmt: skip
    draft.replace(path)
    return path


def new_folder() -> Path:
    """A new folder for what a benchmark makes."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=FOLDER))


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print figures."""
    lines = [list(heads), *([str(value) for value in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    print(f"\n{title} (load {os.getloadavg()[0]:.1f})")
    for line in lines:
        print("  ".join(value.ljust(width) for value, width in zip(line, widths, strict=True)).rstrip())


def _ended_s() -> float:
    """CPU seconds of every program that has ended, with what it started."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _tree(root: int) -> list[int]:
    """A process and everything that it started and that still runs (proc_pid_task(5), `children`)."""
    found = [root]
    for pid in found:
        with suppress(OSError):  # it has ended meanwhile
            for thread in os.scandir(f"/proc/{pid}/task"):
                found += map(int, Path(thread.path, "children").read_text().split())
    return found


def _running_s(pid: int) -> float | None:
    """CPU seconds of a process by itself."""
    with suppress(OSError):
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / _TICKS
    return None


def _held_bytes(pid: int) -> int:
    """The proportional set size of a process, or its resident memory where that cannot be read."""
    folder = Path(f"/proc/{pid}")
    try:
        for line in (folder / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        with suppress(OSError):
            return int((folder / "statm").read_text().split()[1]) * _PAGE_BYTES
    return 0
