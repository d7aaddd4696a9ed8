"""Writes two pages of docs/reference from the marks on tests: `python -m tests.threats.table`.

security.md tells what proves each attack of `rows.toml`, reliability.md each fault and promise of `faults.toml`.
"""

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

TESTS: Final = Path(__file__).parents[1]
PAGE: Final = TESTS.parent / "docs" / "reference" / "security.md"
RELIABILITY: Final = PAGE.with_name("reliability.md")
_HEAD: Final = """# Attacks, and the tests that prove we stand

Made by `python3 dev run python -m tests.threats.table`; do not edit. Every row names an attack, what must come of it,
and the tests that try it. Run those of one row with `python3 dev test -m "threat" -k NAME`.

"""
_FAULTS_HEAD: Final = """# Faults, and the tests that prove we survive them

Made by `python3 dev run python -m tests.threats.table`; do not edit. Every row names a fault, what is guaranteed, and
the tests that cause it: `soak` ones take minutes and are run by `python3 dev soak -k NAME`, all others by
`python3 dev test -k NAME`. Figures are of the last run, on two processor cores that other work used too, or what the
test asserts.

"""


def rows() -> Mapping[str, Mapping[str, str]]:
    """The attacks by id: `attack`, `expected`, and `later` where nothing exists yet that could be attacked."""
    return _read("rows.toml")


def faults() -> Mapping[str, Mapping[str, Any]]:
    """The faults (`fault`, `guarantee`, `figure`, or `later`) and promises (`promise` and what they rest on) by id."""
    return _read("faults.toml")


def _read(name: str) -> dict[str, Any]:
    with (Path(__file__).parent / name).open("rb") as file:
        return tomllib.load(file)


@cache
def proofs() -> Mapping[str, list[str]]:
    """The tests by the ids that they bear: `tests/kit/test_x.py::test_name`, sorted."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in sorted(TESTS.rglob("test_*.py")):
        if "node_modules" in path.parts:
            continue
        place = path.relative_to(TESTS.parent).as_posix()
        tree = ast.parse(path.read_text())
        everywhere = [name for node in tree.body if isinstance(node, ast.Assign) for name in _of_module(node)]
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                for name in [*everywhere, *(name for mark in node.decorator_list for name in _marked(mark))]:
                    found[name].add(f"{place}::{node.name}")
    return {name: sorted(tests) for name, tests in sorted(found.items())}


def page() -> str:
    """The page."""
    known, tests = rows(), proofs()
    proven = [name for name in known if name in tests]
    later = [name for name in known if "later" in known[name] and name not in tests]
    lines = [_HEAD + f"{len(proven)} of {len(known)} rows are proven, {len(later)} wait for what they attack.\n"]
    lines += ["| Id | Attack | Expected | Proof |", "|---|---|---|---|"]
    for name, row in known.items():
        proof = _proof(tests.get(name, ())) or row.get("later", "**none**")
        lines.append(f"| {name} | {_cell(row['attack'])} | {_cell(row['expected'])} | {proof} |")
    return "\n".join(lines) + "\n"


def reliability() -> str:
    """The page of faults and promises."""
    known, tests = faults(), proofs()
    faulty = {name: row for name, row in known.items() if "fault" in row}
    proven = [name for name in faulty if name in tests]
    lines = [_FAULTS_HEAD + f"{len(proven)} of {len(faulty)} faults are caused by a test.\n"]
    lines += ["| Id | Fault | Guarantee | Figure | Proof |", "|---|---|---|---|---|"]
    for name, row in faulty.items():
        proof = _proof(tests.get(name, ())) or row.get("later", "**none**")
        cells = (name, row["fault"], row["guarantee"], row.get("figure", ""))
        lines.append(f"| {' | '.join(map(_cell, cells))} | {proof} |")
    lines += ["\n## Promises\n", "| Id | Promise | Rests on | Tests of its own |", "|---|---|---|---|"]
    for name, row in known.items():
        if "promise" in row:
            others = ", ".join([*row.get("faults", ()), *row.get("attacks", ())])
            lines.append(f"| {name} | {_cell(row['promise'])} | {others} | {_proof(tests.get(name, ()))} |")
    return "\n".join(lines) + "\n"


def _proof(tests: Sequence[str]) -> str:
    return "<br>".join(f"`{test.partition('::')[0].removeprefix('tests/')}` {_words(test)}" for test in tests)


def _of_module(node: ast.Assign) -> Iterator[str]:
    if any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets):
        marks = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
        for mark in marks:
            yield from _marked(mark)


def _marked(mark: ast.expr) -> Iterator[str]:
    """The ids in `pytest.mark.threat("A01", …)`."""
    if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr == "threat":
        yield from (str(argument.value) for argument in mark.args if isinstance(argument, ast.Constant))


def _words(test: str) -> str:
    return test.partition("::")[2].removeprefix("test_").replace("_", " ")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page())
    RELIABILITY.write_text(reliability())
