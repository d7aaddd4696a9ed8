"""The table of errors, read out of the code that raises them, so that it cannot say anything else."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Final

import cutroom
from cutroom.kit.errors import KINDS

_CUSTOM: Final = "PydanticCustomError"
_KINDS: Final = {
    **{kind.__name__: name for name, kind in KINDS.items()},
    "TimedOut": "unavailable",
    "Detail": "invalid",
    _CUSTOM: "invalid",
    ".refuse": "invalid",
    "Warning": "warning",
    ".warn": "warning",
}
"""Whose calls say a code."""
_POINTER_FIRST: Final = frozenset({"Detail", ".refuse", ".warn"})
_FILLED: Final = re.compile(r"\{\w+\}")
_CODE: Final = re.compile("[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_ABOUT: Final = {
    "invalid": "the input is wrong; `details` point into it",
    "not_found": "the thing does not exist, or not for this workspace",
    "conflict": "the thing is in a state that refuses the request",
    "forbidden": "the caller may not do this",
    "quota_exceeded": "a limit of plan or rate is used up",
    "unavailable": "something outside failed; trying again may help",
    "internal": "our own fault",
    "warning": "it renders, but perhaps not as meant",
}


@dataclass(frozen=True, slots=True, order=True)
class Listed:
    """One code as it stands in the code; `message` with … for what is filled in."""

    package: str
    code: str
    kind: str
    message: str


def errors_table() -> str:
    """The codes of all errors and warnings, as Markdown."""
    listed = sorted(set(_listed()))
    lines = [
        "# Errors",
        "",
        "Every error has a stable `code`, a `message` that says what to do, and, where it is about a place in what was",
        "sent, `details` with JSON pointers. Kinds:",
        "",
        *(f"- `{kind}`: {about}" for kind, about in _ABOUT.items()),
        "",
        "Read out of the code by `python3 dev run cutroom reference`; … stands for what is filled in.",
    ]
    for package in sorted({one.package for one in listed}):
        lines += ["", f"## {package}", "", "| Code | Kind | Message |", "|---|---|---|"]
        lines += [f"| `{one.code}` | {one.kind} | {_cell(one.message)} |" for one in listed if one.package == package]
    return "\n".join(lines) + "\n"


def _listed() -> Iterator[Listed]:
    root = Path(cutroom.__file__).parent
    for path in sorted(root.rglob("*.py")):
        package = path.relative_to(root).parts[0].removesuffix(".py")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for scope in ast.walk(tree):
            if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from _said_in(scope, package)


def _said_in(scope: ast.AST, package: str) -> Iterator[Listed]:
    """What a function says; a name stands for what was assigned to it last."""
    nodes = list(ast.walk(scope))
    assigned = sorted(
        (
            (node.lineno, target.id, node.value)
            for node in nodes
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        ),
        key=itemgetter(0),
    )

    def meant(node: ast.expr) -> ast.expr:
        if not isinstance(node, ast.Name):
            return node
        return next((value for line, name, value in reversed(assigned) if name == node.id and line < node.lineno), node)

    for node in nodes:
        for kind, code, message in _said(node):
            text = _text(meant(message))
            yield from (Listed(package, one, kind, text) for one in _codes(meant(code)))


def _said(node: ast.AST) -> Iterator[tuple[str, ast.expr, ast.expr]]:
    """Kind, code and message of what one expression or statement makes."""
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        called = f".{node.func.attr}" if isinstance(node.func, ast.Attribute) else name
        arguments = [argument for argument in node.args if not isinstance(argument, ast.Starred)]
        place = 1 if called in _POINTER_FIRST else 0
        kind = _KINDS.get(called)
        if kind is not None and len(arguments) > place + 1:
            yield kind, arguments[place], arguments[place + 1 if called == _CUSTOM else -1]
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(node.value.elts) > 1:
        code, message = node.value.elts[:2]
        if _text(message).endswith("."):
            yield "invalid", code, message


def _codes(node: ast.expr) -> Iterator[str]:
    """The codes that an expression may be, as far as they stand in it."""
    if isinstance(node, ast.IfExp):
        yield from _codes(node.body)
        yield from _codes(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
        yield node.value


def _text(node: ast.expr) -> str:
    """What a string expression says, with … for what is not known before it runs."""
    if isinstance(node, ast.Constant):
        return _FILLED.sub("…", node.value) if isinstance(node.value, str) else "…"
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    return "…"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
