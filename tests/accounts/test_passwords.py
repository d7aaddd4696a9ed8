"""argon2id: what is stored, and how many at once."""

import asyncio
import threading
import time
from collections.abc import Iterator

import argon2
import pytest

from cutroom.accounts.passwords import Passwords, PasswordSettings, Verdict, check_new
from cutroom.kit.errors import Invalid, Unavailable

CHEAP = PasswordSettings(memory_kib=64, passes=1, lanes=1)


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(CHEAP)
    yield made
    made.close()


async def test_a_password_is_right_and_every_other_is_wrong(passwords: Passwords) -> None:
    stored = await passwords.hash("correct horse")
    assert await passwords.verify("correct horse", stored) == Verdict(right=True)
    for wrong in ("Correct horse", "correct horse ", "", "correct horse\x00", "x" * 100_000):
        assert not (await passwords.verify(wrong, stored)).right


async def test_two_hashes_of_one_password_are_different(passwords: Passwords) -> None:
    assert await passwords.hash("correct horse") != await passwords.hash("correct horse")


async def test_letters_are_the_same_however_they_are_typed(passwords: Passwords) -> None:
    stored = await passwords.hash("caf\u00e9 au lait")
    assert (await passwords.verify("cafe\u0301 au lait", stored)).right


async def test_nobodys_password_is_wrong_even_if_it_is_guessed(passwords: Passwords) -> None:
    for guess in ("the password of nobody", "", "x"):
        assert await passwords.verify(guess, None) == Verdict(right=False)


async def test_what_is_stored_in_no_known_form_is_wrong(passwords: Passwords) -> None:
    for stored in ("", "x", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv"):
        assert not (await passwords.verify("x", stored)).right


def test_the_usual_costs_are_those_of_the_rfc() -> None:
    second = argon2.profiles.RFC_9106_LOW_MEMORY
    usual = PasswordSettings()
    assert (usual.memory_kib, usual.passes, usual.lanes) == (second.memory_cost, second.time_cost, second.parallelism)
    assert second.type is argon2.Type.ID


async def test_a_hash_with_other_costs_is_to_be_made_again(passwords: Passwords) -> None:
    other = Passwords(PasswordSettings(memory_kib=128, passes=1, lanes=1))
    stored = await other.hash("correct horse")
    assert await passwords.verify("correct horse", stored) == Verdict(right=True, outdated=True)
    assert not (await passwords.verify("wrong", stored)).outdated
    other.close()


async def test_an_address_that_nobody_has_takes_as_long_as_a_wrong_password() -> None:
    passwords = Passwords(PasswordSettings(memory_kib=16 << 10, passes=2, lanes=1, at_once=1))
    stored = await passwords.hash("correct horse")
    await passwords.verify("x", None)  # makes the hash to compare with

    async def took(of: str | None) -> float:
        """Processor time, of which other programs take nothing."""
        started = time.process_time()
        await passwords.verify("wrong", of)
        return time.process_time() - started

    pairs = [(await took(None), await took(stored)) for _ in range(7)]
    nobody, somebody = (min(times) for times in zip(*pairs, strict=True))
    assert 0.5 < nobody / somebody < 2
    passwords.close()


async def test_beyond_a_few_at_once_and_a_short_queue_the_next_is_told_to_come_back() -> None:
    passwords = Passwords(PasswordSettings(memory_kib=8 << 10, passes=2, lanes=1, at_once=2, waiting=3))
    found = await asyncio.gather(*(passwords.hash("x") for _ in range(20)), return_exceptions=True)
    refused = [one for one in found if isinstance(one, Unavailable)]
    assert [isinstance(one, str) for one in found] == [True] * 5 + [False] * 15
    assert {one.code for one in refused} == {"too_many_logins"}
    assert all(one.retry_after_s for one in refused)
    assert isinstance(await passwords.hash("x"), str)  # and there is room again
    passwords.close()


async def test_a_client_that_hangs_up_does_not_make_room_for_more_than_there_is() -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Held(argon2.PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            begun.set()
            go_on.wait(60)
            return super().hash(password, salt=salt)

    passwords = Passwords(PasswordSettings(memory_kib=128, passes=1, lanes=1, at_once=1, waiting=0))
    passwords._hasher = Held(time_cost=1, memory_cost=128, parallelism=1)
    for _ in range(3):
        leaving = asyncio.create_task(passwords.hash("x"))
        await asyncio.to_thread(begun.wait, 60)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        with pytest.raises(Unavailable):  # the thread still works
            await passwords.hash("x")
        go_on.set()
        async with asyncio.timeout(60):
            while True:
                try:
                    await passwords.hash("x")
                except Unavailable:
                    await asyncio.sleep(0.01)
                else:
                    break
        begun.clear()
        go_on.clear()
    passwords.close()


@pytest.mark.parametrize("length", [8, 100, 1024])
def test_a_new_password_of_good_length_is_taken(length: int) -> None:
    check_new("x" * length, "/password")


@pytest.mark.parametrize("length", [0, 7, 1025, 1_000_000])
def test_a_new_password_of_another_length_is_not(length: int) -> None:
    with pytest.raises(Invalid) as caught:
        check_new("x" * length, "/password")
    assert caught.value.code == "bad_password"
    assert caught.value.details[0].pointer == "/password"
    assert str(length) in caught.value.message
