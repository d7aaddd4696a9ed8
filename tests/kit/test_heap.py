"""What the process gives back of its memory."""

import subprocess
import sys

PROGRAM = """
import threading, numpy, sys
from pathlib import Path
from cutroom.kit import heap
if sys.argv[1] == "given back":
    assert heap.give_back()

def work():
    kept = []
    for n in range(12):  # freed large pieces raise glibc's own threshold, and small ones in between hold their heap
        large = numpy.ones(1 << 21)
        kept.append(bytearray(100_000))
        del large
        many = [numpy.ones(1 << 18) for _ in range(8)]
        kept.append(bytearray(100_000))
        del many
    held.append(kept)

held = []
threads = [threading.Thread(target=work) for _ in range(2)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
pages = int(Path("/proc/self/statm").read_text().split()[1])
print(pages)
"""


def resident_pages(how: str) -> int:
    return int(subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True).stdout)


def test_what_is_freed_goes_back_to_the_system() -> None:
    assert resident_pages("given back") < resident_pages("kept") - 1000
