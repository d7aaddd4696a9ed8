"""Finds queries on what workspaces own that do not say of which workspace.

Two kinds of statements are looked at, in every module of every package that keeps records:

- SQL text: what a module holds under a name is read as it is sent, fragments filled in. Text that touches a table of
  tenants must compare `workspace_id` with a parameter. SQL text elsewhere than under a name is a finding.
- SQLAlchemy expressions: each `select`, `update` or `delete` must compare the `workspace_id` of every row class of
  tenants that it names with a value, or with that of another row class for which it does so, in the same expression.

Which tables belong to tenants is read from the tables themselves, so that a new one cannot be forgotten.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Table, TextClause

import cutroom
from cutroom.db import Base

Owner = tuple[str, str | None]
RECORDS: Final = ("accounts", "assets", "fleet", "jobs", "productions", "prompts", "tasks", "templates", "webhooks")
TOUCHES: Final = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO|USING)\s+(?:ONLY\s+)?([a-z_]+)", re.IGNORECASE)
SAYS_WHOSE: Final = re.compile(
    r"\bworkspace_id\s*=\s*(?:CAST\(\s*)?(?:ANY\s*\(\s*(?:CAST\(\s*)?)?(?::|\$\d)", re.IGNORECASE
)
INSERTS: Final = re.compile(r"\bINSERT\s+INTO\s+([a-z_]+)(?:\s+AS\s+\w+)?\s*\(([^)]*)\)", re.IGNORECASE)
MAKING: Final = frozenset({"select", "update", "delete", "exists", "get", "get_one"})
NAMING: Final = MAKING | {"join", "outerjoin", "select_from", "using"}
_MAKERS_OF_TEXT: Final = frozenset({"text", "statement", "_statement", "exec_driver_sql"})


@dataclass(frozen=True)
class Found:
    """A statement that does not say whose rows it is about: where it stands, and the tables."""

    place: str
    tables: frozenset[str]


def load() -> None:
    """Import every module of the records, so that every table and statement is known."""
    for package in RECORDS:
        for module in modules(package):
            importlib.import_module(module)


def modules(package: str) -> Iterator[str]:
    """The names of a package's modules, those of inner packages included."""
    root = Path(cutroom.__file__).parent / package
    yield f"cutroom.{package}"
    for found in pkgutil.walk_packages([str(root)], prefix=f"cutroom.{package}."):
        yield found.name


def tenant_tables(outside: frozenset[str]) -> frozenset[str]:
    """Every table but those that are declared to belong to nobody."""
    return frozenset(Base.metadata.tables) - outside


def owner_column(table: Table) -> str | None:
    """The column that says whose a row is; None where only what it hangs on says so."""
    if table.name == "workspaces":
        return "id"
    return "workspace_id" if "workspace_id" in table.columns else None


def unscoped_text(sql: str, tenants: frozenset[str]) -> frozenset[str]:
    """The tables of tenants that SQL text touches without saying whose rows it means."""
    touched = {name for name in TOUCHES.findall(sql) if name in tenants}
    if touched <= _only_inserted(sql):
        return frozenset()
    says = SAYS_WHOSE.search(sql) is not None
    if "workspaces" in touched and re.search(r"\bid\s*=\s*:workspace", sql):
        says = True
    return frozenset() if says else frozenset(touched)


def _only_inserted(sql: str) -> set[str]:
    """Tables into which whole rows are put, workspace included, and which are touched in no other way."""
    inserted = {name for name, columns in INSERTS.findall(sql) if "workspace_id" in columns}
    read = TOUCHES.findall(sql)
    return {name for name in inserted if read.count(name) == 1}


def texts() -> Iterator[tuple[str, str]]:
    """SQL text that modules hold under a name: where, and what is sent."""
    for package in RECORDS:
        for name in modules(package):
            for key, value in vars(importlib.import_module(name)).items():
                sql = value.text if isinstance(value, TextClause) else value
                if isinstance(sql, str) and not key.startswith("__") and TOUCHES.search(sql):
                    yield f"{name.removeprefix('cutroom.')}:{key}", sql


def sources() -> Iterator[tuple[str, ast.Module]]:
    """The syntax of every module of the records."""
    root = Path(cutroom.__file__).parent
    for package in RECORDS:
        for path in sorted((root / package).rglob("*.py")):
            name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def text_without_name(tree: ast.Module) -> Iterator[int]:
    """Lines where SQL text that names a table, or is put together, is made inside of a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name not in _MAKERS_OF_TEXT:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Call) and _called(inner) in _MAKERS_OF_TEXT:
                    given = inner.args[0] if inner.args else None
                    if not (isinstance(given, ast.Constant) and not TOUCHES.search(str(given.value))):
                        yield inner.lineno


def unscoped_expressions(tree: ast.Module, module: str, owners: Mapping[str, Owner]) -> Iterator[Found]:
    """Expressions that name row classes of tenants without comparing their owner.

    Args:
        tree: the module.
        module: its name.
        owners: of each name in it that is a row class of tenants: its table, and the column that says whose a row is.
    """
    for place, outermost in _statements(tree):
        named = {
            node.id
            for call in ast.walk(outermost)
            if isinstance(call, ast.Call) and _called(call) in NAMING
            for argument in call.args
            for node in ast.walk(argument)
            if isinstance(node, ast.Name) and node.id in owners
        }
        owned = _owned(outermost, owners)
        missing = {owners[name][0] for name in named - owned}
        if missing:
            yield Found(f"{module}:{place}", frozenset(missing))


def _owned(expression: ast.AST, owners: Mapping[str, Owner]) -> set[str]:
    """Row classes whose owner is compared with a value, or with that of another such class."""
    owned: set[str] = set()
    alike: list[set[str]] = []
    for node in ast.walk(expression):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
            sides = (node.left, *node.comparators)
            names = {name for side in sides if (name := _owner_of(side, owners)) is not None}
            if any(not _is_column(side) for side in sides):
                owned |= names
            elif len(names) > 1:
                alike.append(names)
    for _ in alike:
        owned |= {name for names in alike if names & owned for name in names}
    return owned


def _owner_of(side: ast.expr, owners: Mapping[str, Owner]) -> str | None:
    """The row class whose owner this is; None when it is none."""
    if isinstance(side, ast.Attribute) and isinstance(side.value, ast.Name):
        name = side.value.id
        if name in owners and owners[name][1] == side.attr:
            return name
    return None


def _is_column(side: ast.expr) -> bool:
    """Whether this is a column, by the way row classes are named, and no value."""
    return isinstance(side, ast.Attribute) and isinstance(side.value, ast.Name) and side.value.id.endswith("Row")


def _statements(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Every expression that makes a statement, as a whole, with the name of the function or constant it stands in."""

    def visit(node: ast.AST, place: str) -> Iterator[tuple[str, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            inner = place
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = f"{place}.{child.name}" if place else child.name
            elif not place and isinstance(child, ast.AnnAssign | ast.Assign):
                target = child.target if isinstance(child, ast.AnnAssign) else child.targets[0]
                inner = ast.unparse(target)
            if isinstance(child, ast.expr) and _makes(child):
                yield inner, child
            else:
                yield from visit(child, inner)

    yield from visit(tree, "")


def _makes(node: ast.expr) -> bool:
    """Whether a statement begins in this expression: it is taken whole, with all that is chained to it."""
    return any(_called(inner) in MAKING for inner in ast.walk(node))


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def row_classes(module: str, tenants: frozenset[str]) -> dict[str, Owner]:
    """Of each name in a module that is a row class of tenants: its table, and the column that says whose a row is."""
    found: dict[str, Owner] = {}
    for name, value in vars(importlib.import_module(f"cutroom.{module}")).items():
        table = getattr(value, "__table__", None)
        if isinstance(table, Table) and table.name in tenants:
            found[name] = (table.name, owner_column(table))
    return found


def queries_elsewhere() -> Iterator[str]:
    """Modules outside of records and database that import what statements are made with."""
    root = Path(cutroom.__file__).parent
    for path in sorted(root.rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        if name.split(".")[0] in {*RECORDS, "db"} or name.startswith("app.migrations."):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
                made = {alias.name for alias in node.names} & {*MAKING, "text", "insert", "Table"}
                if made:
                    yield name
