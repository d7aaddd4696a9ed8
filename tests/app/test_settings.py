import re
from pathlib import Path

import pytest

from cutroom.app.settings import Settings, load
from cutroom.kit.errors import Invalid
from cutroom.llm import Price


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"CUTROOM_{name.upper()}", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)


def test_the_defaults_need_nothing() -> None:
    settings = load()
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.database_url is None
    assert settings.fetch_allow == frozenset()


def test_a_bad_value_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTROOM_PORT", "99999")
    monkeypatch.setenv("CUTROOM_FETCH_ALLOW", "localhost")
    with pytest.raises(Invalid) as caught:
        load()
    assert "CUTROOM_PORT" in caught.value.message
    assert "CUTROOM_FETCH_ALLOW: 'localhost' is not host:port" in caught.value.message


def test_allowed_hosts_are_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTROOM_FETCH_ALLOW", "Files.local:8080, [::1]:9000,")
    assert load().fetch_allow == {("files.local", 8080), ("::1", 9000)}


def test_an_option_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTROOM_PORT", "9000")
    assert load(port=9001).port == 9001
    assert load(port=None).port == 9000


def test_a_bucket_without_keys_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTROOM_S3_BUCKET", "films")
    with pytest.raises(Invalid, match="CUTROOM_S3_ACCESS_KEY"):
        load()


def test_the_secret_is_made_once_and_is_private(tmp_path: Path) -> None:
    settings = load(data=tmp_path / "new")
    secret = settings.signing_secret()
    assert len(secret) == 64
    assert load(data=tmp_path / "new").signing_secret() == secret
    assert (tmp_path / "new" / "secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret"]


def test_by_default_nobody_registers_uninvited_and_no_provider_is_believed() -> None:
    identity = load().identity()
    assert (identity.registration, identity.issuers) == ("invited", ())
    assert identity.sessions.idle < identity.sessions.absolute


def test_addresses_are_confirmed_where_strangers_come_and_letters_go(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().identity().confirms is False
    with monkeypatch.context() as patched:
        patched.setenv("CUTROOM_CONFIRM_EMAIL", "true")
        with pytest.raises(Invalid, match="CUTROOM_CONFIRM_EMAIL needs CUTROOM_SMTP_HOST"):
            load()
    mail = {"smtp_host": "mail.example.org", "smtp_from": "cutroom@example.org"}
    assert load(**mail).identity().confirms is False
    assert load(**mail, confirm_email=True).identity().confirms is True
    live = {"environment": "production", "public_url": "https://api.example.org", "secret": "s" * 32}
    assert load(**live).identity().confirms is False
    assert load(**live, **mail).identity().confirms is True
    assert load(**live, **mail, confirm_email=False).identity().confirms is False


def test_links_lead_to_our_own_pages_or_to_those_of_the_operator() -> None:
    settings = load(public_url="https://api.example.org/", reset_url="https://studio.example.org/password")
    assert settings.page("confirm") == "https://api.example.org/confirm"
    assert settings.page("reset") == "https://studio.example.org/password"


def test_the_providers_of_the_howto_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[2] / "docs/howto/sign-in.md").read_text(encoding="utf-8")
    written = re.findall(r"export CUTROOM_OIDC='(.+?)'\n", text, re.DOTALL)
    kinds = []
    for document in written:
        monkeypatch.setenv("CUTROOM_OIDC", document)
        kinds += [issuer.kind for issuer in load().identity().issuers]
    assert kinds == ["clerk", "propelauth", "oidc"]


@pytest.mark.parametrize("document", ["[{}]", "{}", "[", '[{"kind": "oidc", "issuer": "https://a"}]', '"x"', "NaN"])
def test_a_list_of_providers_that_is_wrong_names_its_variable(monkeypatch: pytest.MonkeyPatch, document: str) -> None:
    monkeypatch.setenv("CUTROOM_OIDC", document)
    with pytest.raises(Invalid, match="Cannot start: CUTROOM_OIDC"):
        load().identity()


def test_blocked_networks_are_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTROOM_BLOCKED_NETWORKS", "192.0.2.0/24, 2001:db8::/32,")
    assert {str(network) for network in load().blocked_networks} == {"192.0.2.0/24", "2001:db8::/32"}
    monkeypatch.setenv("CUTROOM_BLOCKED_NETWORKS", "192.0.2.1/24")
    with pytest.raises(Invalid, match="CUTROOM_BLOCKED_NETWORKS"):
        load()


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTROOM_SECRET", "very-private-value")
    assert "very-private-value" not in repr(load())


def test_an_ipv6_address_is_bracketed_in_the_url() -> None:
    assert load(host="::1", port=1).base_url == "http://[::1]:1"


def test_one_language_model_has_its_price_and_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTROOM_LLM_MODEL", "small")
    monkeypatch.setenv("CUTROOM_LLM_PRICES", '{"sm*": {"input": 0.25, "output": 2}}')
    monkeypatch.setenv("CUTROOM_LLM_CONTEXT_TOKENS", "8000")
    (provider,) = load().models().providers
    assert provider.price("small") == Price(250_000, 2_000_000)
    assert provider.context_tokens == 8_000
    monkeypatch.setenv("CUTROOM_LLM_PRICES", "[]")
    with pytest.raises(Invalid, match="CUTROOM_LLM_PRICES"):
        load()
