"""The base of every row class: names of constraints, and which Python type becomes which column type."""

from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase

IdText: Final = Text(collation="C")
"""Column type of prefixed ids. Collation "C" compares bytes: ids sort by time in every locale, and fastest."""


class Base(DeclarativeBase):
    """Base of every row class.

    Constraint names follow one convention, so that a migration can name what it drops. `datetime` becomes
    `timestamptz`, `str` text, `int` bigint, dicts and lists `jsonb`.
    """

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: TIMESTAMP(timezone=True),
        str: Text(),
        int: BigInteger(),
        dict[str, Any]: JSONB(none_as_null=True),
        list[Any]: JSONB(none_as_null=True),
        list[str]: JSONB(none_as_null=True),
        list[dict[str, Any]]: JSONB(none_as_null=True),
    }
