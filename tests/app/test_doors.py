"""Environments, and the settings of the doors."""

from pathlib import Path

import pytest

from cutroom.api.rate_limits import RateSettings
from cutroom.app.settings import Settings, load
from cutroom.app.stack import running
from cutroom.kit.budget import Budget
from cutroom.kit.errors import Forbidden, Invalid

SAFE = {"CUTROOM_PUBLIC_URL": "https://api.example.org", "CUTROOM_SECRET": "s" * 32}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, field in Settings.model_fields.items():
        monkeypatch.delenv(field.alias or f"CUTROOM_{name.upper()}", raising=False)


def given(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load()


@pytest.mark.threat("A95")
@pytest.mark.parametrize("environment", ["staging", "production"])
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CUTROOM_PUBLIC_URL", None),
        ("CUTROOM_PUBLIC_URL", "http://api.example.org"),
        ("CUTROOM_PUBLIC_URL", "https://"),
        ("CUTROOM_SECRET", None),
        ("CUTROOM_SECRET", "short"),
        ("CUTROOM_CORS_ORIGINS", "http://studio.example.org"),
        ("CUTROOM_WEBHOOK_HTTPS_ONLY", "false"),
    ],
)
def test_what_is_unsafe_stops_the_start_and_is_named(
    monkeypatch: pytest.MonkeyPatch, environment: str, variable: str, value: str | None
) -> None:
    variables = {**SAFE, "CUTROOM_ENVIRONMENT": environment, **({variable: value} if value is not None else {})}
    if value is None:
        del variables[variable]
    with pytest.raises(Invalid, match=variable) as caught:
        given(monkeypatch, **variables)
    assert environment in caught.value.message
    assert variables.get("CUTROOM_SECRET", "-----") not in caught.value.message


def test_production_answers_under_its_own_name_and_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch, CUTROOM_ENVIRONMENT="production", **SAFE)
    assert settings.exposed
    assert settings.only_https
    assert settings.hosts() == {"api.example.org"}
    monkeypatch.setenv("CUTROOM_ALLOWED_HOSTS", "API.example.org, internal.example")
    assert load().hosts() == {"api.example.org", "internal.example"}


def test_development_needs_nothing() -> None:
    settings = load()
    assert (settings.exposed, settings.only_https, settings.hosts()) == (False, False, frozenset())


@pytest.mark.threat("A65")
@pytest.mark.parametrize("origin", ["*", "null", "https://*.example.org", "studio.example.org", "https://a.example/x"])
def test_an_origin_is_named_exactly(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    with pytest.raises(Invalid, match="CUTROOM_CORS_ORIGINS"):
        given(monkeypatch, CUTROOM_CORS_ORIGINS=origin)


def test_budgets_are_read_and_wrong_ones_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(monkeypatch, CUTROOM_RATE_READS="5/10").rate_reads == Budget(5, 10)
    for wrong in ("5", "0/10", "5/0", "a/b", "-1/10", "5/100000"):
        monkeypatch.setenv("CUTROOM_RATE_READS", wrong)
        with pytest.raises(Invalid, match="CUTROOM_RATE_READS"):
            load()


def test_the_defaults_of_the_settings_are_those_of_the_door() -> None:
    usual, settings = RateSettings(), load()
    assert (settings.rate_address, settings.rate_auth) == (usual.address, usual.auth)
    assert (settings.rate_reads, settings.rate_writes) == (usual.reads, usual.writes)
    assert settings.rate_failures == usual.failures


def test_a_redis_has_a_known_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(monkeypatch, REDIS_URL="redis://:geheim@cache:6379/0").redis_url is not None
    assert "geheim" not in repr(load())
    monkeypatch.setenv("REDIS_URL", "http://cache")
    with pytest.raises(Invalid, match="REDIS_URL"):
        load()


def test_what_is_risky_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch, CUTROOM_HTML_ASSETS="false", CUTROOM_URL_SOURCES="0")
    assert not settings.limits().html
    assert not settings.limits().urls
    assert settings.url_imports


@pytest.mark.threat("A95")
async def test_no_default_key_is_made_where_strangers_come(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = given(monkeypatch, CUTROOM_ENVIRONMENT="production", CUTROOM_DATA=str(tmp_path / "data"), **SAFE)
    with pytest.raises(Forbidden, match="DATABASE_URL"):
        async with running(settings):
            pass
    assert not (tmp_path / "data").exists()
