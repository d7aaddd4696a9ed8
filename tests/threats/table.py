"""Writes docs/reference/security.md from `rows.toml` and the marks on tests: `python -m tests.threats.table`."""

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

TESTS: Final = Path(__file__).parents[1]
PAGE: Final = TESTS.parent / "docs" / "reference" / "security.md"
_HEAD: Final = """# Attacks, and the tests that prove we stand

Made by `python3 dev run python -m tests.threats.table`; do not edit. Every row names an attack, what must come of it,
and the tests that try it. Run those of one row with `python3 dev test -m "threat" -k NAME`.

"""


def rows() -> Mapping[str, Mapping[str, str]]:
    """The attacks by id: `attack`, `expected`, and `later` where nothing exists yet that could be attacked."""
    with (Path(__file__).parent / "rows.toml").open("rb") as file:
        found: dict[str, Any] = tomllib.load(file)
    return found


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
        shown = [f"`{test.partition('::')[0].removeprefix('tests/')}` {_words(test)}" for test in tests.get(name, ())]
        proof = "<br>".join(shown) or row.get("later", "**none**")
        lines.append(f"| {name} | {_cell(row['attack'])} | {_cell(row['expected'])} | {proof} |")
    return "\n".join(lines) + "\n"


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
