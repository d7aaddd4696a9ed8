"""Turns of media programs, and what films have of the processors meanwhile."""

import asyncio

import pytest

from cutroom.media import turns
from cutroom.media.turns import ALONE, at_once, clocked, turn


def test_a_second_film_pays_on_two_processors_and_many_on_many() -> None:
    assert [at_once("film", processors) for processors in (1, 2, 4, 16)] == [1, 2, 2, 8]
    assert [at_once("light", processors) for processors in (1, 4)] == [1, 4]
    assert [at_once("develop", processors) for processors in (1, 4)] == [1, 2]


async def test_films_at_once_share_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_PROCESSORS", 2)
    monkeypatch.setattr(turns, "SLOTS", {**turns.SLOTS, "film": 2})
    now = [0.0]
    monkeypatch.setattr(turns, "perf_counter", lambda: now[0])
    inside, over = asyncio.Event(), asyncio.Event()

    async def other() -> float:
        with clocked() as clock:
            async with turn("film"):
                inside.set()
                await over.wait()
        return clock.seconds

    with clocked() as clock:
        async with turn("film"):
            now[0] = 1.0
            beside = asyncio.create_task(other())
            await inside.wait()
            now[0] = 3.0
            over.set()
            had = await beside
            async with turn("light"):
                now[0] = 4.0
    assert had == 2.0  # of two processors for two seconds, a half
    assert clock.seconds == pytest.approx(ALONE + 2.0 + ALONE)
