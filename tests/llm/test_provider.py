"""Providers, as they are set; and what models cost."""

import json

import pytest

from cutroom.kit.errors import Invalid
from cutroom.llm import Models, Price, Usage, read_prices, read_providers

SETTING = [
    {
        "name": "local",
        "baseUrl": "http://127.0.0.1:11434/v1",
        "model": "llama3.1:8b",
        "models": ["qwen3:4b"],
        "contextTokens": 8000,
    },
    {
        "name": "openai",
        "apiKey": "sk-1",
        "model": "gpt-5-mini",
        "prices": {"gpt-5-mini": {"input": 0.25, "output": 2}, "gpt-*": {"input": 1.25, "output": 10}},
    },
    {"name": "claude", "kind": "anthropic", "apiKey": "sk-2", "model": "claude-haiku-4-5"},
]


def test_providers_are_read_in_order() -> None:
    local, openai, claude = read_providers(json.dumps(SETTING))
    assert (local.name, local.api_key, local.context_tokens) == ("local", None, 8000)
    assert openai.base_url == "https://api.openai.com/v1"
    assert (claude.kind, claude.base_url) == ("anthropic", "https://api.anthropic.com")
    assert "sk-" not in repr([local, openai, claude])


def test_the_first_price_that_fits_counts() -> None:
    _, openai, claude = read_providers(json.dumps(SETTING))
    assert openai.price("gpt-5-mini") == Price(250_000, 2_000_000)
    assert openai.price("gpt-4o") == Price(1_250_000, 10_000_000)
    assert openai.price("other") is None
    assert claude.price("claude-haiku-4-5") is None
    assert Price(250_000, 2_000_000).of(Usage(1_000_000, 1_000)) == 252_000
    assert Price(250_000, 2_000_000).of(Usage(1, 0)) == 1


def test_only_listed_models_may_be_asked() -> None:
    models = Models(read_providers(json.dumps(SETTING)))
    assert models.find("qwen3:4b")[1] == "qwen3:4b"
    assert models.find("openai/gpt-whatever")[0].name == "openai"
    with pytest.raises(Invalid) as caught:
        models.find("local/other")
    assert caught.value.code == "model_not_found"
    assert "qwen3:4b" in caught.value.message


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("{", "JSON"),
        ("{}", "list"),
        ('[{"name": "a"}]', "model"),
        ('[{"name": "A b", "model": "m"}]', "/0/name"),
        ('[{"name": "a", "model": "m", "baseUrl": "ftp://x"}]', "/0/baseUrl"),
        ('[{"name": "a", "model": "m"}, {"name": "a", "model": "m"}]', "same name"),
        ('[{"name": "a", "model": "m", "prices": {"m": {"input": -1, "output": 1}}}]', "/0/prices/m/input"),
    ],
)
def test_a_wrong_setting_says_where(setting: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_providers(setting)


def test_prices_are_read_by_themselves_too() -> None:
    assert read_prices('{"small*": {"input": 0.15, "output": 0.6}}') == {"small*": Price(150_000, 600_000)}
    with pytest.raises(ValueError, match="/small/input"):
        read_prices('{"small": {"input": -1, "output": 1}}')
