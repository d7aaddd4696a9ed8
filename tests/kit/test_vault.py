import pytest

from cutroom.kit.vault import Vault

SECRET = b"0123456789abcdef"


def test_what_was_sealed_is_opened_in_its_place_alone() -> None:
    vault = Vault(SECRET, "tests")
    sealed = vault.seal(b"hush", "here")
    assert vault.open(sealed, "here") == b"hush"
    assert vault.open(sealed, "there") is None
    assert b"hush" not in sealed


def test_another_secret_or_purpose_opens_nothing() -> None:
    sealed = Vault(SECRET, "tests").seal(b"hush", "here")
    assert Vault(SECRET[::-1], "tests").open(sealed, "here") is None
    assert Vault(SECRET, "others").open(sealed, "here") is None


@pytest.mark.parametrize("index", [0, 11, 12, -1])
def test_what_was_changed_is_not_opened(index: int) -> None:
    vault = Vault(SECRET, "tests")
    sealed = bytearray(vault.seal(b"hush", "here"))
    sealed[index] ^= 1
    assert vault.open(bytes(sealed), "here") is None


@pytest.mark.parametrize("garbage", [b"", b"x", b"x" * 12, b"x" * 28])
def test_garbage_is_not_opened(garbage: bytes) -> None:
    assert Vault(SECRET, "tests").open(garbage, "here") is None


def test_the_same_value_is_sealed_differently_each_time() -> None:
    vault = Vault(SECRET, "tests")
    assert vault.seal(b"hush", "here") != vault.seal(b"hush", "here")


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Vault(b"short", "tests")
