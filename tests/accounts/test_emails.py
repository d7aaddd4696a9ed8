import pytest

from cutroom.accounts.emails import normalise
from cutroom.kit.errors import Invalid


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("ada@example.com", "ada@example.com"),
        (" Ada.Lovelace+tag@EXAMPLE.com ", "ada.lovelace+tag@example.com"),
        ("ada@b\u00fccher.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ("\uff21da@example\uff0ecom", "ada@example.com"),
        ("j\u00f6rg@example.com", "j\u00f6rg@example.com"),
        ("jo\u0308rg@example.com", "j\u00f6rg@example.com"),
    ],
)
def test_an_address_has_one_spelling(given: str, stored: str) -> None:
    assert normalise(given) == stored
    assert normalise(stored) == stored


@pytest.mark.parametrize(
    "given",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@example",
        "ada@.com",
        "ada@example..com",
        "a@b@example.com",
        "a b@example.com",
        "ada@exam ple.com",
        "<ada@example.com>",
        '"ada"@example.com',
        "ada@[127.0.0.1]",
        "ada@example.com\nBcc: eve@example.com",
        "ada\x00@example.com",
        "a" * 65 + "@example.com",
        "ada@" + "x" * 64 + ".com",
        "ada@" + ".".join(["x" * 60] * 5) + ".com",
    ],
)
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(Invalid) as caught:
        normalise(given)
    assert caught.value.code == "bad_email"
