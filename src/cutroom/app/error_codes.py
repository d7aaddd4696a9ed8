"""The table of errors, read out of the code that raises them, so that it cannot say anything else."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cutroom
from cutroom.kit.errors import KINDS

_CLASSES: Final = {kind.__name__: name for name, kind in KINDS.items()}
_OWN: Final = {"Detail": "invalid", "Warning": "warning"}
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
        for call in _calls(ast.parse(path.read_text(encoding="utf-8"))):
            yield from _one(call, package)


def _calls(tree: ast.AST) -> Iterator[tuple[ast.Call, dict[str, str]]]:
    """Every call, with the sentences that names stand for in the function around it."""
    for scope in ast.walk(tree):
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            names = {
                target.id: _text(node.value)
                for node in ast.walk(scope)
                if isinstance(node, ast.Assign)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            for node in ast.walk(scope):
                if isinstance(node, ast.Call):
                    yield node, names


def _one(found: tuple[ast.Call, dict[str, str]], package: str) -> Iterator[Listed]:
    call, names = found
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    kind = _CLASSES.get(name) or _OWN.get(name)
    if kind is None:
        return
    place = 1 if name == "Detail" else 0
    arguments = [argument for argument in call.args if not isinstance(argument, ast.Starred)]
    code = arguments[place] if len(arguments) > place else None
    if (
        not isinstance(code, ast.Constant)
        or not isinstance(code.value, str)
        or not code.value.replace("_", "").isalpha()
    ):
        return
    message = arguments[-1] if len(arguments) > place + 1 else None
    if isinstance(message, ast.Name):
        yield Listed(package, code.value, kind, names.get(message.id, "…"))
    elif message is not None:
        yield Listed(package, code.value, kind, _text(message))


def _text(node: ast.expr) -> str:
    """What a string expression says, with … for what is not known before it runs."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else "…"
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    return "…"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
