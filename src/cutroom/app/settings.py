"""Every setting, read from the environment once, checked at start.

A bad value stops the program with a sentence that names the variable. The values that packages need are small frozen
objects that live beside their users; this module only fills them.
"""

import ipaddress
import os
import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import unquote

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from cutroom.accounts import IdentitySettings, PasswordSettings, Registration, SessionSettings, read_issuers
from cutroom.accounts.quotas import Plans
from cutroom.app.engine_settings import read, read_hosts
from cutroom.app.job_settings import JobSettings
from cutroom.kit import strict_json
from cutroom.kit.errors import Detail, Invalid


class Settings(JobSettings):
    """The settings of one process; each field's variable is `CUTROOM_` and its name, unless an alias says otherwise."""

    model_config = SettingsConfigDict(env_prefix="CUTROOM_", frozen=True, extra="ignore", populate_by_name=True)

    database_url: str | None = Field(None, alias="DATABASE_URL", description="An outside Postgres, 15 or newer.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")

    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port on which a worker answers `GET /metrics`; it listens nowhere when not set.",
    )

    registration: Registration = Field(
        "invited", description="Who may make an account: anybody (`open`), who has an invitation, nobody (`closed`)."
    )
    oidc: str | None = Field(
        None,
        description='Identity providers whose tokens are taken, as JSON: `[{"kind": "clerk", "issuer": "https://…"}]`.',
    )
    session_idle_days: float = Field(7.0, gt=0, le=400, description="Days without a request that end a login.")
    session_days: float = Field(30.0, gt=0, le=400, description="Days after which a login ends however it is used.")
    passwords_at_once: int = Field(2, ge=1, le=64, description="Passwords checked at once; each takes 64 MiB.")
    blocked_networks: Annotated[frozenset[ipaddress.IPv4Network | ipaddress.IPv6Network], NoDecode] = Field(
        frozenset(), description="Networks from which nobody is let in: `192.0.2.0/24,2001:db8::/32`."
    )

    smtp_host: str | None = Field(
        None, description="A mail server for invitations, whose links are shown without, and for forgotten passwords."
    )
    smtp_port: int | None = Field(None, ge=1, le=65535, description="587, 465 or 25, by the security, when not set.")
    smtp_security: Literal["starttls", "tls", "none"] = Field("starttls", description="How the server is spoken to.")
    smtp_username: str | None = Field(None, description="To log in to the mail server with.")
    smtp_password: SecretStr | None = Field(None, description="The password that goes with it.")
    smtp_from: str | None = Field(None, description="Sender of letters: `Cutroom <cutroom@example.com>`.")
    confirm_email: bool | None = Field(
        None,
        description="Addresses are confirmed by a letter before the first login. When not set: in staging and "
        "production, where a mail server is set.",
    )
    join_url: str | None = Field(None, description="Page that an invitation's link opens; `/join` here when not set.")
    reset_url: str | None = Field(
        None, description="Page where a forgotten password is replaced by another; `/reset` here when not set."
    )
    confirm_url: str | None = Field(
        None, description="Page where an address is confirmed; `/confirm` here when not set."
    )

    log_format: Literal["auto", "json", "console"] = Field("auto", description="auto: console on a terminal.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")

    otlp_endpoint: str | None = Field(
        None,
        alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="An OpenTelemetry collector that takes OTLP over HTTP; spans go to `/v1/traces` there.",
    )
    otlp_headers: SecretStr | None = Field(
        None, alias="OTEL_EXPORTER_OTLP_HEADERS", description="What the collector wants to see: `key=value,key=value`."
    )

    webhook_allow: Annotated[frozenset[tuple[str, int]], NoDecode] = Field(
        frozenset(), description="Private hosts that webhooks may be sent to, also without TLS: `host:port,host:port`."
    )
    webhook_https_only: bool = Field(True, description="Refuse webhooks to other URLs than https.")
    webhook_slots: int = Field(128, ge=1, le=4096, description="Webhooks that one worker sends at once.")
    max_webhooks: int = Field(20, ge=1, description="Most webhooks of one workspace.")

    max_upload_bytes: int = Field(5 * 1024**3, gt=0, description="Largest upload.")
    max_body_bytes: int = Field(1024**2, gt=0, description="Largest JSON body, but for texts for models: 16 MB.")
    max_rows: int = Field(100_000, gt=0, description="Most rows of one batch.")
    max_rows_bytes: int = Field(64 * 1024**2, gt=0, description="Largest file of rows.")
    max_templates: int = Field(1_000, gt=0, description="Most templates of one workspace.")
    max_repositories: int = Field(1_000, gt=0, description="Most repositories of one workspace.")
    rework_first: bool = Field(True, description="Tasks on the rework queue go before those on the backlog.")
    artifact_days: float = Field(7.0, gt=0, description="Days that signed output URLs last.")

    max_queued: int = Field(1_000_000, ge=1, description="Jobs that may wait for workers in all; then 503.")
    worker_slots: int = Field(8, ge=1, le=256, description="Jobs that one worker runs at once.")
    worker_lease_s: float = Field(30.0, ge=0.5, description="Time after which a silent worker loses its jobs.")
    worker_poll_s: float = Field(1.0, gt=0, description="Longest wait for work when no notification comes.")
    worker_drain_s: float = Field(20.0, ge=0, description="Time that running jobs get at a stop.")

    worker_free_bytes: int = Field(
        256 * 1024**2, ge=0, description="Room on a worker's disk without which it takes no jobs."
    )

    grpc_address: str | None = Field(
        None,
        pattern=r"^.+:[0-9]{1,5}$",
        description="Address and port to listen for agents on; `cutroom up` takes the one behind its own.",
    )
    grpc_cert: Path | None = Field(None, description="Certificate of the door for agents, PEM.")
    grpc_key: Path | None = Field(None, description="Its key.")
    grpc_client_ca: Path | None = Field(None, description="Who signs the certificates that agents have to show.")
    grpc_plaintext: bool = Field(
        default=False, description="Listen for agents without TLS also beyond this machine: a proxy in front has it."
    )

    trash_days: float = Field(7.0, ge=0, description="Days for which a deleted asset can be restored.")
    cdn_url: str | None = Field(
        None, pattern="^https?://", description="A CDN for reading files: in front of the API, or of the bucket."
    )

    s3_bucket: str | None = Field(None, description="Keeps files in this bucket instead of the data folder.")
    s3_endpoint: str | None = Field(None, description="Address of an S3-compatible server; AWS when not set.")
    s3_public_endpoint: str | None = Field(None, description="The same as clients reach it, when that differs.")
    s3_region: str = Field("us-east-1", description="Region of the bucket.")
    s3_access_key: SecretStr | None = Field(None, description="Access key of the bucket.")
    s3_secret_key: SecretStr | None = Field(None, description="Secret key of the bucket.")

    plans: str | None = Field(
        None,
        description='Plans, as JSON: `{"free": {"jobsPerMonth": 100, "minutesPerMonth": 10}}`.',
    )
    default_plan: str | None = Field(
        None, description="Plan of workspaces that were given none; unlimited when not set."
    )

    @field_validator("webhook_allow", mode="before")
    @classmethod
    def _webhook_hosts(cls, value: object) -> object:
        return read_hosts(value)

    @field_validator("blocked_networks", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return frozenset(ipaddress.ip_network(part.strip()) for part in value.split(",") if part.strip())

    @model_validator(mode="after")
    def _mail_has_a_sender(self) -> Self:
        if (self.smtp_host is None) != (self.smtp_from is None):
            raise ValueError("CUTROOM_SMTP_HOST and CUTROOM_SMTP_FROM go together")
        if self.smtp_password is not None and (self.smtp_username is None or self.smtp_security == "none"):
            raise ValueError("CUTROOM_SMTP_PASSWORD needs CUTROOM_SMTP_USERNAME, and TLS to be sent over")
        if self.confirm_email and self.smtp_host is None:
            raise ValueError("CUTROOM_CONFIRM_EMAIL needs CUTROOM_SMTP_HOST: addresses are confirmed by letters")
        return self

    @model_validator(mode="after")
    def _bucket_has_keys(self) -> Self:
        if self.s3_bucket is not None and (self.s3_access_key is None or self.s3_secret_key is None):
            raise ValueError("CUTROOM_S3_BUCKET needs CUTROOM_S3_ACCESS_KEY and CUTROOM_S3_SECRET_KEY")
        return self

    @model_validator(mode="after")
    def _webhooks_are_safe(self) -> Self:
        if self.exposed and not self.webhook_https_only:
            raise ValueError(f"in {self.environment}, CUTROOM_WEBHOOK_HTTPS_ONLY must stay on")
        return self

    @model_validator(mode="after")
    def _agents_come_safely(self) -> Self:
        if (self.grpc_cert is None) != (self.grpc_key is None):
            raise ValueError("CUTROOM_GRPC_CERT and CUTROOM_GRPC_KEY go together")
        if self.grpc_client_ca is not None and self.grpc_cert is None:
            raise ValueError("CUTROOM_GRPC_CLIENT_CA needs CUTROOM_GRPC_CERT and CUTROOM_GRPC_KEY")
        here = self.grpc_address is None or _is_loopback(self.grpc_address.rpartition(":")[0])
        if not here and self.grpc_cert is None and not self.grpc_plaintext:
            raise ValueError(
                "CUTROOM_GRPC_ADDRESS is not of this machine alone: set CUTROOM_GRPC_CERT and CUTROOM_GRPC_KEY"
            )
        return self

    def collector(self) -> tuple[str, dict[str, str]] | None:
        """Where spans go, and the headers to send with them; None when nobody collects them."""
        if self.otlp_endpoint is None:
            return None
        given = "" if self.otlp_headers is None else self.otlp_headers.get_secret_value()
        pairs = (pair.partition("=") for pair in given.split(",") if "=" in pair)
        headers = {name.strip(): unquote(value.strip()) for name, _, value in pairs}
        return f"{self.otlp_endpoint.rstrip('/')}/v1/traces", headers

    def plan_table(self) -> Plans:
        """The plans that there are.

        Raises:
            Invalid: `bad_setting`.
        """
        try:
            return Plans.parse(self.plans, self.default_plan)
        except Invalid as error:
            details = [Detail("CUTROOM_PLANS", "bad_setting", error.message)]
            raise Invalid("bad_setting", f"Cannot start: CUTROOM_PLANS: {error.message}", details=details) from error

    def identity(self) -> IdentitySettings:
        """Who is let in.

        Raises:
            Invalid: `bad_setting`.
        """
        try:
            issuers = read_issuers(strict_json.parse(self.oidc.encode())) if self.oidc else ()
        except Invalid as error:
            details = [Detail("CUTROOM_OIDC", "bad_setting", error.message)]
            raise Invalid("bad_setting", f"Cannot start: CUTROOM_OIDC: {error.message}", details=details) from error
        return IdentitySettings(
            registration=self.registration,
            confirms=self.confirms,
            sessions=SessionSettings(timedelta(days=self.session_idle_days), timedelta(days=self.session_days)),
            passwords=PasswordSettings(at_once=self.passwords_at_once),
            issuers=issuers,
        )

    @property
    def base_url(self) -> str:
        """Where clients reach the API, without a slash at the end."""
        return (self.public_url or f"http://{_bracketed(self.host)}:{self.port}").rstrip("/")

    @property
    def confirms(self) -> bool:
        """Whether addresses must be confirmed."""
        chosen = self.confirm_email
        return self.exposed and self.smtp_host is not None if chosen is None else chosen

    def page(self, name: Literal["join", "reset", "confirm"]) -> str:
        """Where a link in a letter leads: to a page of the operator's, or else to ours."""
        own = {"join": self.join_url, "reset": self.reset_url, "confirm": self.confirm_url}[name]
        return own or f"{self.base_url}/{name}"

    def signing_secret(self) -> bytes:
        """The secret that signs URLs and cursors; made once per data folder when none is set."""
        if self.secret is not None:
            return self.secret.get_secret_value().encode()
        path = self.data / "secret"
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return _write_once(path, secrets.token_hex(32).encode())


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _write_once(path: Path, content: bytes) -> bytes:
    """Write a private file unless another process was first; return what it holds in the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    try:
        os.link(draft, path)
    except FileExistsError:
        return path.read_bytes()
    finally:
        draft.unlink()
    return content


def load(**overrides: object) -> Settings:
    """Read the environment; `overrides` (command line options) win.

    Raises:
        Invalid: `bad_setting`, with the name of each wrong variable.
    """
    return read(Settings, overrides)


def inherited() -> Mapping[str, str]:
    """The variables that child programs of ours may see: ours, the database's, and what Python needs."""
    keep = (
        "CUTROOM_",
        "HF_",
        "DATABASE_URL",
        "REDIS_URL",
        "OTEL_",
        "TEMPORAL_",
        "PATH",
        "HOME",
        "LANG",
        "LC_",
        "TZ",
        "TMPDIR",
        "VIRTUAL_ENV",
        "PYTHON",
    )
    return {name: value for name, value in os.environ.items() if name.startswith(keep)}
