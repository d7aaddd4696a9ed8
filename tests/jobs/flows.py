"""Workflows that the tests run."""

from cutroom.jobs import Context, Registry
from cutroom.kit.schema import Schema

A, B = "wsp_a", "wsp_b"


class Number(Schema):
    value: int


async def echo(ctx: Context, number: Number) -> Number:
    return number


async def double(ctx: Context, number: Number) -> int:
    return number.value * 2


def registry() -> Registry:
    known = Registry()
    known.add("echo", echo)
    known.add("same", double, deterministic=True)
    return known
