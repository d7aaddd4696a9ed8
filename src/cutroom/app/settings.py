"""Every setting, read from the environment once, checked at start.

A bad value stops the program with a sentence that names the variable. The values that packages need are small frozen
objects that live beside their users; this module only fills them.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cutroom.kit.errors import Detail, Invalid


class Settings(BaseSettings):
    """The settings of one process; each field's variable is `CUTROOM_` and its name, unless an alias says otherwise."""

    model_config = SettingsConfigDict(env_prefix="CUTROOM_", frozen=True, extra="ignore", populate_by_name=True)

    data: Annotated[Path, Field(description="Folder that holds all state.")] = Path("data")
    database_url: Annotated[str | None, Field(alias="DATABASE_URL", description="An outside Postgres.")] = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    public_url: Annotated[str | None, Field(description="Address that clients use behind a proxy.")] = None
    secret: Annotated[SecretStr | None, Field(description="Signs URLs; kept in the data folder when not set.")] = None

    log_format: Literal["auto", "json", "console"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    fetch_allow: Annotated[
        frozenset[tuple[str, int]],
        NoDecode,
        Field(description="Private hosts that sources may come from: host:port,host:port."),
    ] = frozenset()
    fetch_max_bytes: Annotated[int, Field(gt=0)] = 2 * 1024**3
    fetch_deadline_s: Annotated[float, Field(gt=0)] = 600.0

    max_upload_bytes: Annotated[int, Field(gt=0)] = 5 * 1024**3
    max_body_bytes: Annotated[int, Field(gt=0)] = 1024**2
    blob_budget_bytes: Annotated[int, Field(gt=0, description="Disk given to sources and segments kept for reuse.")] = (
        20 * 1024**3
    )
    artifact_days: Annotated[float, Field(gt=0, description="Days that signed output URLs last.")] = 7.0

    worker_slots: Annotated[int, Field(ge=1, le=256)] = 8
    worker_lease_s: Annotated[float, Field(ge=0.5)] = 30.0
    worker_poll_s: Annotated[float, Field(gt=0)] = 1.0
    worker_drain_s: Annotated[float, Field(ge=0)] = 20.0

    s3_bucket: str | None = None
    s3_endpoint: str | None = None
    s3_region: str = "us-east-1"
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None

    ffmpeg: Annotated[Path | None, Field(description="An ffmpeg to use instead of the one in the wheel.")] = None

    @field_validator("fetch_allow", mode="before")
    @classmethod
    def _hosts(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs: set[tuple[str, int]] = set()
        for part in filter(None, (piece.strip() for piece in value.split(","))):
            host, _, port = part.rpartition(":")
            if not host or not port.isdigit() or not 0 < int(port) < 65536:
                raise ValueError(f"'{part}' is not host:port")
            pairs.add((host.strip("[]").lower(), int(port)))
        return frozenset(pairs)

    @model_validator(mode="after")
    def _bucket_has_keys(self) -> Self:
        if self.s3_bucket is not None and (self.s3_access_key is None or self.s3_secret_key is None):
            raise ValueError("CUTROOM_S3_BUCKET needs CUTROOM_S3_ACCESS_KEY and CUTROOM_S3_SECRET_KEY")
        return self

    @property
    def base_url(self) -> str:
        """Where clients reach the API, without a slash at the end."""
        return (self.public_url or f"http://{_bracketed(self.host)}:{self.port}").rstrip("/")

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
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        details = [Detail(_variable(item["loc"]), "bad_setting", item["msg"]) for item in error.errors()]
        summary = "; ".join(f"{detail.pointer}: {detail.message.removeprefix('Value error, ')}" for detail in details)
        raise Invalid("bad_setting", f"Cannot start: {summary}.", details=details) from None


def _variable(location: tuple[str | int, ...]) -> str:
    if not location:
        return "settings"
    name = str(location[0])
    return name if name.isupper() else f"CUTROOM_{name.upper()}"


def inherited() -> Mapping[str, str]:
    """The variables that child programs of ours may see: ours, the database's, and what Python needs."""
    keep = ("CUTROOM_", "DATABASE_URL", "OTEL_", "PATH", "HOME", "LANG", "LC_", "TZ", "TMPDIR", "VIRTUAL_ENV", "PYTHON")
    return {name: value for name, value in os.environ.items() if name.startswith(keep)}
