"""The settings of the doors: in which environment we are, who is in front of us, how often anybody may ask.

Read by commands that have no doors, too: nothing of `api` is imported here.
"""

from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode

from cutroom.kit.budget import Budget

SECRET_CHARS: Final = 32
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def _listed(value: object) -> object:
    return frozenset(filter(None, (part.strip() for part in value.split(",")))) if isinstance(value, str) else value


def _hosts(value: object) -> object:
    if not isinstance(value, str):
        return value
    names = {name.strip() for name in value.split(",") if name.strip()}
    for name in names:
        if "*" in name or urlsplit(f"//{name}").hostname != name.lower():
            raise ValueError(f"'{name}' is not the name of a host; write it without scheme, port and wildcard")
    return frozenset(name.lower() for name in names)


def _origins(value: object) -> object:
    listed = _listed(value)
    for origin in listed if isinstance(listed, frozenset) else ():
        parts = urlsplit(origin)
        if (
            parts.scheme not in {"http", "https"}
            or not parts.netloc
            or f"{parts.scheme}://{parts.netloc}" != origin
            or "*" in origin
        ):
            raise ValueError(
                f"'{origin}' is not an origin; write https://host or https://host:port, without a wildcard"
            )
    return listed


def _budget(value: object) -> object:
    if not isinstance(value, str):
        return value
    amount, _, window = value.partition("/")
    if not (amount.isdigit() and window.isdigit() and int(amount) > 0 and 0 < int(window) <= 86_400):
        raise ValueError(f"'{value}' is not REQUESTS/SECONDS, as in 600/60")
    return Budget(int(amount), int(window))


Names = Annotated[frozenset[str], NoDecode]
Rate = Annotated[Budget, NoDecode, BeforeValidator(_budget)]


class DoorSettings(BaseSettings):
    """What `Settings` says about the doors."""

    environment: Literal["development", "staging", "production"] = Field(
        "development",
        description="`staging` and `production` show no description of the API and little of their health, and refuse "
        "to start with what is unsafe.",
    )
    public_url: str | None = Field(None, description="Address that clients use, behind a proxy.")
    secret: SecretStr | None = Field(None, description="Signs URLs and cursors; made in the data folder when not set.")
    redis_url: SecretStr | None = Field(
        None,
        alias="REDIS_URL",
        description="A Redis in which several processes count requests, and keep what is dear to read, together; they "
        "tell each other of events of jobs there too.",
    )
    trusted_proxies: int = Field(
        0, ge=0, le=8, description="How many proxies of yours a request passes, each adding to X-Forwarded-For."
    )
    allowed_hosts: Annotated[Names, BeforeValidator(_hosts)] = Field(
        frozenset(), description="Names under which to answer; in production that of CUTROOM_PUBLIC_URL when not set."
    )
    cors_origins: Annotated[Names, BeforeValidator(_origins)] = Field(
        frozenset(), description="Origins whose pages may use the API: `https://studio.example.org,…`."
    )

    rate_address: Rate = Field(Budget(12_000, 60), description="Requests of one client address, as REQUESTS/SECONDS.")
    rate_auth: Rate = Field(Budget(120, 60), description="Logins, registrations and the like of one client address.")
    rate_reads: Rate = Field(Budget(6_000, 60), description="Reading requests of one key or user.")
    rate_writes: Rate = Field(Budget(1_200, 60), description="Other requests of one key or user.")
    rate_failures: Rate = Field(Budget(60, 60), description="Wrong keys and passwords of one client address.")

    html_assets: bool = Field(True, description="Allow pages and pieces of HTML in timelines; a browser draws them.")
    url_sources: bool = Field(
        True, description="Allow sources by URL, and YouTube; else only what was uploaded can be used."
    )
    url_imports: bool = Field(True, description="Allow assets to be imported from a URL.")

    @property
    def exposed(self) -> bool:
        """Whether strangers may reach this environment."""
        return self.environment != "development"

    @property
    def only_https(self) -> bool:
        """Whether clients reach us over TLS alone."""
        return self.public_url is not None and self.public_url.startswith("https://")

    def hosts(self) -> frozenset[str]:
        """The names under which to answer; any when empty."""
        if self.allowed_hosts or not self.exposed or self.public_url is None:
            return self.allowed_hosts
        return frozenset({urlsplit(self.public_url).hostname or ""})

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if self.redis_url is not None:
            scheme = self.redis_url.get_secret_value().partition("://")[0]
            if scheme not in {"redis", "rediss", "unix"}:
                raise ValueError("REDIS_URL begins with redis://, rediss:// or unix://")
        if not self.exposed:
            return self
        if not self.only_https or urlsplit(self.public_url or "").hostname is None:
            raise ValueError(f"in {self.environment}, CUTROOM_PUBLIC_URL must say https:// and the host of your API")
        if self.secret is None or len(self.secret.get_secret_value()) < SECRET_CHARS:
            raise ValueError(
                f"in {self.environment}, CUTROOM_SECRET must hold {SECRET_CHARS} or more characters that nobody knows: "
                'python3 -c "import secrets; print(secrets.token_hex(32))"'
            )
        for origin in self.cors_origins:
            parts = urlsplit(origin)
            if parts.scheme != "https" and not (self.environment == "staging" and parts.hostname in _LOOPBACK):
                raise ValueError(
                    f"in {self.environment}, CUTROOM_CORS_ORIGINS may name https origins alone, not {origin}"
                )
        return self
