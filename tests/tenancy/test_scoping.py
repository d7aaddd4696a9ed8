"""No query on what workspaces own is written without saying of which workspace. Threats A47, A48."""

import ast

import pytest
from sqlalchemy import Column, MetaData, Table, Text

from cutroom.db import Base
from tests.tenancy import scoping
from tests.tenancy.exceptions import EXCEPTIONS, HANGING, NOBODYS, OPERATORS, OUTSIDE
from tests.tenancy.scoping import Found

scoping.load()
TENANTS = scoping.tenant_tables(frozenset(NOBODYS))


def findings() -> list[Found]:
    """Every statement of the records that names tables of tenants and no workspace."""
    found = [Found(place, scoping.unscoped_text(sql, TENANTS)) for place, sql in scoping.texts()]
    for module, tree in scoping.sources():
        found += scoping.unscoped_expressions(tree, module, scoping.row_classes(module, TENANTS))
    return [one for one in found if one.tables]


@pytest.mark.threat("A47", "A48")
def test_every_query_on_what_workspaces_own_says_of_which_workspace() -> None:
    new = [one for one in findings() if one.place not in EXCEPTIONS]
    assert not new, "\n".join(
        f"{one.place} touches {sorted(one.tables)} without comparing workspace_id: add that to the query, or, if it is "
        "right for all workspaces, say why in EXCEPTIONS of tests/tenancy/exceptions.py."
        for one in new
    )


def test_no_exception_is_kept_for_a_query_that_is_gone() -> None:
    gone = EXCEPTIONS.keys() - {one.place for one in findings()}
    assert not gone, f"Take these out of EXCEPTIONS: {sorted(gone)}."


@pytest.mark.threat("A47")
def test_every_table_says_whose_its_rows_are_or_what_they_hang_on() -> None:
    for name, table in Base.metadata.tables.items():
        if name in NOBODYS:
            assert "workspace_id" not in table.columns, f"{name} is somebody's: take it out of NOBODYS."
        elif name in HANGING:
            assert scoping.owner_column(table) is None, f"{name} says itself whose it is: take it out of HANGING."
            assert HANGING[name] in TENANTS, name
        else:
            owner = scoping.owner_column(table)
            assert owner is not None, (
                f"The table {name} is new: give it a workspace_id, or say in HANGING or NOBODYS of "
                "tests/tenancy/exceptions.py whose its rows are."
            )
            assert table.columns[owner].nullable == (name in OPERATORS), f"{name}.{owner} may not be null."


@pytest.mark.threat("A47")
def test_sql_text_stands_under_names_where_it_is_read() -> None:
    for module, tree in scoping.sources():
        lines = list(scoping.text_without_name(tree))
        assert not lines, f"{module}: give the SQL text in line {lines} a name at the top of its module."


def test_statements_are_made_by_the_records_alone() -> None:
    elsewhere = set(scoping.queries_elsewhere())
    assert elsewhere == OUTSIDE.keys(), (
        "Queries belong into the records' repositories, where they are checked; tests/tenancy/exceptions.py lists the "
        "modules that may make statements of their own."
    )


ROWS = {"AssetRow": ("assets", "workspace_id"), "UploadRow": ("uploads", "workspace_id"), "PartRow": ("parts", None)}


@pytest.mark.parametrize(
    "wrong",
    [
        "select(AssetRow).where(AssetRow.id == asset_id)",
        "select(AssetRow.id).where(AssetRow.id == asset_id, AssetRow.deleted_at.is_(None))",
        "select(func.count()).select_from(AssetRow)",
        "update(AssetRow).where(AssetRow.id == asset_id).values(name=name)",
        "delete(AssetRow).where(AssetRow.id == asset_id).returning(AssetRow.id)",
        "session.get(AssetRow, asset_id)",
        "select(AssetRow).where(AssetRow.workspace_id != workspace_id)",
        "select(AssetRow).join(UploadRow, UploadRow.asset_id == AssetRow.id).where(AssetRow.workspace_id == w)",
        "select(AssetRow).where(AssetRow.id.in_(select(UploadRow.asset_id)), AssetRow.workspace_id == w)",
        "select(AssetRow.workspace_id)",
        "select(AssetRow).where(AssetRow.workspace_id == PersonRow.id)",
        "select(AssetRow).join(UploadRow, UploadRow.workspace_id == AssetRow.workspace_id)",
        "select(PartRow).where(PartRow.upload_id == upload_id)",
        "await session.scalars(select(AssetRow).order_by(AssetRow.id))",
    ],
)
def test_a_planted_expression_is_found(wrong: str) -> None:
    tree = ast.parse(f"async def planted(session):\n    return {wrong}\n")
    (found,) = scoping.unscoped_expressions(tree, "assets.planted", ROWS)
    assert found.place == "assets.planted:planted"


@pytest.mark.parametrize(
    "right",
    [
        "select(AssetRow).where(AssetRow.id == asset_id, AssetRow.workspace_id == workspace_id)",
        "update(AssetRow).where(AssetRow.workspace_id == workspace_id).values(name=name)",
        (
            "select(AssetRow).join(UploadRow, UploadRow.workspace_id == AssetRow.workspace_id)"
            ".where(UploadRow.workspace_id == workspace_id)"
        ),
        "insert(AssetRow).values(**values).returning(AssetRow)",
        "{}.get(workspace_id)",
    ],
)
def test_what_says_whose_it_is_is_no_finding(right: str) -> None:
    tree = ast.parse(f"async def planted(session):\n    return {right}\n")
    assert list(scoping.unscoped_expressions(tree, "assets.planted", ROWS)) == []


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT * FROM jobs WHERE id = :id", {"jobs"}),
        ("UPDATE jobs SET priority = 1 WHERE id = :id", {"jobs"}),
        ("DELETE FROM jobs USING lanes AS l WHERE l.workspace_id = jobs.workspace_id", {"jobs", "lanes"}),
        ("SELECT 1 FROM job_events WHERE job_id = :id", {"job_events"}),
        ("INSERT INTO job_keys (key) SELECT key FROM jobs", {"job_keys", "jobs"}),
        ("SELECT * FROM jobs WHERE workspace_id <> :workspace", {"jobs"}),
        ("SELECT * FROM jobs WHERE workspace_id = 'ws_1'", {"jobs"}),
        ("select * from jobs where id = :id", {"jobs"}),
        ("SELECT * FROM jobs WHERE id = :id AND workspace_id = :workspace", set()),
        ("SELECT * FROM jobs WHERE workspace_id = ANY(CAST(:workspaces AS text[]))", set()),
        ("INSERT INTO job_keys (workspace_id, key) VALUES (:workspace, :key)", set()),
        ("SELECT 1 FROM users WHERE id = :id", set()),
        ("SELECT 1", set()),
    ],
)
def test_planted_sql_is_found(sql: str, tables: set[str]) -> None:
    assert scoping.unscoped_text(sql, TENANTS) == tables


@pytest.mark.parametrize("wrong", ["text('SELECT 1 FROM jobs')", "text(f'SELECT {name}')", "statement(made)"])
def test_sql_text_inside_of_a_function_is_found(wrong: str) -> None:
    assert list(scoping.text_without_name(ast.parse(f"def planted():\n    return {wrong}\n"))) == [2]


def test_a_table_that_nobody_declared_counts_as_tenants() -> None:
    table = Table("secrets", MetaData(), Column("id", Text))
    assert scoping.owner_column(table) is None
    assert "secrets" not in NOBODYS
    assert "secrets" not in HANGING
