from cutroom.accounts import is_api_key
from cutroom.accounts.api_keys import digest, new_api_key


def test_a_key_has_the_form_that_scanners_can_look_for() -> None:
    key = new_api_key()
    assert key.startswith("ctr_")
    assert len(key) == 47
    assert is_api_key(key)


def test_no_two_keys_are_alike() -> None:
    assert len({new_api_key() for _ in range(1000)}) == 1000


def test_every_place_of_a_key_is_random() -> None:
    keys = [new_api_key() for _ in range(500)]
    for place in range(5, 47):  # the first digit after the prefix covers only part of its range
        assert len({key[place] for key in keys}) > 40


def test_what_is_not_a_key_is_told_apart_without_asking_anyone() -> None:
    key = new_api_key()
    for wrong in (
        "",
        "ctr_",
        key[:-1],
        key + "A",
        key.upper(),
        f" {key}",
        f"{key}\n",
        key[:-1] + "é",
        key[:-1] + "\x00",
    ):
        assert not is_api_key(wrong)


def test_a_stored_key_does_not_hold_its_text() -> None:
    key = new_api_key()
    assert len(digest(key)) == 32
    assert key.encode() not in digest(key)
    assert digest(key) != digest(key[:-1] + ("A" if key[-1] != "A" else "B"))
