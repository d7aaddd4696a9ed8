"""The settings of the render engine: where sources may come from, which programs are used, how large documents may be.

Read by every command that renders; one that does so without a server reads nothing else, and imports no database.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cutroom.app.speech_settings import SpeechSettings
from cutroom.kit.errors import Detail, Invalid
from cutroom.llm import OPENAI, Models, Provider, read_prices, read_providers
from cutroom.timeline import Limits

if TYPE_CHECKING:
    from cutroom.patterns import Library

S = TypeVar("S", bound=BaseSettings)


class EngineSettings(SpeechSettings):
    """The settings of the engine; each field's variable is `CUTROOM_` and its name."""

    model_config = SettingsConfigDict(env_prefix="CUTROOM_", frozen=True, extra="ignore", populate_by_name=True)

    fetch_allow: Annotated[frozenset[tuple[str, int]], NoDecode] = Field(
        frozenset(), description="Private hosts that sources may come from: `host:port,host:port`."
    )
    fetch_max_bytes: int = Field(2 * 1024**3, gt=0, description="Largest source.")
    fetch_deadline_s: float = Field(600.0, gt=0, description="Longest time for one source, redirects included.")
    ffmpeg: Path | None = Field(None, description="An ffmpeg to use instead of the one in the wheel.")
    chromium: Path | None = Field(None, description="A Chromium for html assets; one on the PATH when not set.")
    fonts: Path | None = Field(None, description="Folder of further fonts (TTF, OTF, TTC) that texts may name.")
    blob_budget_bytes: int = Field(20 * 1024**3, gt=0, description="Disk for sources and segments kept for reuse.")
    min_sandbox_level: int = Field(1, ge=0, le=4, description="Least level of the sandbox that is worked in.")
    allow_unsandboxed: bool = Field(default=False, description="Go on where no sandbox holds at all: level 0.")
    patterns: Annotated[tuple[Path, ...], NoDecode] = Field(
        (),
        description="Folders of patterns in Fabric's layout, read where they lie; the first goes before the others, "
        "and all before what is shipped. Separated as PATH is.",
    )
    strategies: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), description="Folders of strategies (`NAME.json`), likewise."
    )
    llm_model: str | None = Field(
        None,
        min_length=1,
        description="The language model that is asked: `gpt-5-mini`, `llama3.1:8b`… None when not set.",
    )
    llm_base_url: str | None = Field(
        None,
        pattern="^https?://",
        description="Address of any server that speaks OpenAI's chat API, `/v1` included; OpenAI's own when not set.",
    )
    llm_api_key: SecretStr | None = Field(None, description="Key of the server of language models.")
    llm_providers: SecretStr | None = Field(
        None,
        description="Several servers of language models, as JSON: "
        '`[{"name": "local", "baseUrl": "http://127.0.0.1:11434/v1", "model": "llama3.1:8b"}]`. '
        "The first is the default.",
    )
    llm_prices: str | None = Field(
        None,
        description="What models cost, in US dollars for a million tokens, as JSON; names may hold `*`, and the first "
        'that fits counts: `{"gpt-5-mini": {"input": 0.25, "output": 2}, "*": {"input": 0, "output": 0}}`.',
    )
    llm_context_tokens: int = Field(
        32_000, ge=1_000, le=100_000_000, description="How much the language model reads at once."
    )
    llm_timeout_s: float = Field(300.0, gt=0, description="Longest time for one answer of a language model.")
    max_tracks: int = Field(32, ge=1, description="Most tracks in a timeline.")
    max_clips: int = Field(500, ge=1, description="Most clips in a timeline.")
    max_seconds: int = Field(300, ge=1, description="Longest timeline, in seconds.")
    max_longform_seconds: int = Field(10_800, ge=1, description="Longest longform, in seconds.")
    max_long_side: int = Field(1920, ge=16, le=8192, description="Most pixels of a picture's longer side.")
    max_short_side: int = Field(1080, ge=16, le=8192, description="Most pixels of a picture's shorter side.")

    @field_validator("fetch_allow", mode="before")
    @classmethod
    def _fetch_hosts(cls, value: object) -> object:
        return read_hosts(value)

    @field_validator("patterns", "strategies", mode="before")
    @classmethod
    def _folders(cls, value: object) -> object:
        return read_folders(value)

    @model_validator(mode="after")
    def _providers_can_be_read(self) -> Self:
        if self.llm_providers is not None:
            read_providers(self.llm_providers.get_secret_value())
            if self.llm_model is not None:
                raise ValueError("CUTROOM_LLM_PROVIDERS and CUTROOM_LLM_MODEL do not go together")
            if self.llm_prices is not None:
                raise ValueError("with CUTROOM_LLM_PROVIDERS, prices stand in there and not in CUTROOM_LLM_PRICES")
        return self

    @field_validator("llm_prices", mode="after")
    @classmethod
    def _prices_can_be_read(cls, value: str | None) -> str | None:
        if value is not None:
            read_prices(value)
        return value

    def models(self) -> Models:
        """The language models that may be asked."""
        if self.llm_providers is not None:
            return Models(read_providers(self.llm_providers.get_secret_value()))
        if self.llm_model is None:
            return Models()
        key = None if self.llm_api_key is None else self.llm_api_key.get_secret_value()
        url = self.llm_base_url or OPENAI
        provider = Provider(
            "default",
            url,
            self.llm_model,
            key,
            prices={} if self.llm_prices is None else read_prices(self.llm_prices),
            context_tokens=self.llm_context_tokens,
            timeout_s=self.llm_timeout_s,
        )
        return Models([provider])

    def library(self) -> "Library":
        """The patterns and strategies of the operator's folders, and behind them what is shipped."""
        from cutroom.patterns import with_shipped  # noqa: PLC0415 — no render needs YAML and JSON schemas

        return with_shipped(self.patterns, self.strategies)

    def limits(self, *, allow_local: bool = False, fonts: frozenset[str] | None = None) -> Limits:
        """How large a document may be."""
        return Limits(
            tracks=self.max_tracks,
            clips=self.max_clips,
            duration_s=self.max_seconds,
            longform_s=self.max_longform_seconds,
            long_side_px=self.max_long_side,
            short_side_px=self.max_short_side,
            allow_local=allow_local,
            urls=self.url_sources,
            html=self.html_assets,
            fonts=fonts,
        )


def read_hosts(value: object) -> object:
    """The hosts and ports of a list in text; raises ValueError for what is none."""
    if not isinstance(value, str):
        return value
    pairs: set[tuple[str, int]] = set()
    for part in filter(None, (piece.strip() for piece in value.split(","))):
        host, _, port = part.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError(f"'{part}' is not host:port")
        pairs.add((host.strip("[]").lower(), int(port)))
    return frozenset(pairs)


def read_folders(value: object) -> object:
    """The folders of a list in text; raises ValueError for what is none."""
    if not isinstance(value, str):
        return value
    folders = tuple(Path(part).expanduser() for part in value.split(os.pathsep) if part.strip())
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"'{folder}' is no folder")
    return folders


def read(kind: type[S], overrides: Mapping[str, object]) -> S:
    """Read settings from the environment; `overrides` (command line options) that are not None win.

    Raises:
        Invalid: `bad_setting`, with the name of each wrong variable.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return kind(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        details = [Detail(_variable(item["loc"]), "bad_setting", item["msg"]) for item in error.errors()]
        summary = "; ".join(f"{detail.pointer}: {detail.message.removeprefix('Value error, ')}" for detail in details)
        raise Invalid("bad_setting", f"Cannot start: {summary}.", details=details) from None


def _variable(location: tuple[str | int, ...]) -> str:
    if not location:
        return "settings"
    name = str(location[0])
    return name if name.isupper() else f"CUTROOM_{name.upper()}"


def load_engine() -> EngineSettings:
    """The settings of the engine alone; raises as `read`."""
    return read(EngineSettings, {})
