import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutroom.kit.signing import Signer

SECRET = b"0123456789abcdef"


def test_a_signature_holds_for_its_facts_only() -> None:
    signer = Signer(SECRET, "url")
    signature = signer.sign("GET", "a/b", 7)
    assert signer.verify(signature, "GET", "a/b", 7)
    assert not signer.verify(signature, "PUT", "a/b", 7)
    assert not signer.verify(signature, "GET", "a/b7")
    assert not signer.verify(signature + "=", "GET", "a/b", 7)


def test_facts_do_not_run_into_each_other() -> None:
    signer = Signer(SECRET, "url")
    assert signer.sign("ab", "c") != signer.sign("a", "bc")


def test_a_signature_of_another_purpose_is_worthless() -> None:
    assert not Signer(SECRET, "cursor").verify(Signer(SECRET, "url").sign("x"), "x")


def test_a_sealed_value_comes_back_and_a_forged_one_does_not() -> None:
    signer = Signer(SECRET, "cursor")
    token = signer.seal({"after": "job_1"})
    assert signer.unseal(token) == {"after": "job_1"}
    assert signer.unseal(token[:-1] + ("A" if token[-1] != "A" else "B")) is None


@given(st.text())
def test_no_text_breaks_unseal(token: str) -> None:
    assert Signer(SECRET, "cursor").unseal(token) is None


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Signer(b"short", "url")
