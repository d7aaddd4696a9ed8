"""What programs need to run at all: their code, and that of their libraries."""

import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import cutroom
from cutroom.kit.fence import libraries, runs_alone


@cache
def of_program(program: Path) -> tuple[Path, ...]:
    """What a compiled program needs."""
    return unique([program, program.resolve(), *(() if runs_alone(program.resolve()) else libraries())])


@cache
def of_python() -> tuple[Path, ...]:
    """What a Python child of ours needs: the standard library, what is installed beside us, and us."""
    python = Path(sys.executable)
    own = Path(cutroom.__file__).parent
    return unique([python, python.resolve(), Path(sys.prefix), Path(sys.base_prefix), own, *libraries()])


def unique(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Absolute paths, each once."""
    return tuple(dict.fromkeys(path.absolute() for path in paths))
