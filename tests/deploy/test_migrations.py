"""Migrations only add: the version before runs on the tables of this one."""

import re
from pathlib import Path

import pytest

from cutroom.app import migrate

SINCE = "0011"
"""The first migration after the version from which the rolling test starts; older ones ran before anybody deployed."""
TAKES_AWAY = re.compile(
    r"op\.(drop_column|drop_table|rename_table|alter_column)\(|\b(?:DROP (?:COLUMN|TABLE)|RENAME (?:TO|COLUMN))\b",
    re.IGNORECASE,
)
BARE_COLUMN = re.compile(r"op\.add_column\((?:(?!op\.).)*?nullable=False(?:(?!op\.).)*?\n", re.DOTALL)
FILES = sorted(path for path in (migrate.FOLDER / "versions").glob("[0-9]*.py") if path.name[:4] >= SINCE)


def upgrading(path: Path) -> str:
    return path.read_text().partition("def upgrade")[2].partition("def downgrade")[0]


@pytest.mark.threat("F25")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_is_taken_away_and_nothing_new_is_asked_for(path: Path) -> None:
    told = upgrading(path)
    assert TAKES_AWAY.findall(told) == []
    for column in BARE_COLUMN.findall(told):
        assert "server_default" in column, f"the version before does not fill this one: {column}"


@pytest.mark.threat("F25")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_table_in_use_is_waited_for_not_long(path: Path) -> None:
    assert "SET LOCAL lock_timeout" in upgrading(path)
