"""The settings of what runs jobs: the embedded engine, or Temporal and where it is."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, SecretStr, model_validator

from cutroom.app.engine_settings import EngineSettings

if TYPE_CHECKING:
    from cutroom.temporal import TemporalSettings


class JobSettings(EngineSettings):
    """The settings of what runs jobs; each field's variable is `CUTROOM_` and its name, unless an alias says otherwise.

    The names of Temporal's own are those that its tools read too.
    """

    engine: Literal["postgres", "temporal"] = Field(
        "postgres", description="What carries jobs: `postgres` needs nothing else; `temporal` needs a Temporal server."
    )
    temporal_address: str = Field(
        "127.0.0.1:7233",
        alias="TEMPORAL_ADDRESS",
        pattern=r"^[^\s/]+:\d+$",
        description="`host:port` of Temporal's frontend.",
    )
    temporal_namespace: str = Field(
        "default", alias="TEMPORAL_NAMESPACE", min_length=1, description="Temporal's namespace; it must exist."
    )
    temporal_task_queue: str = Field(
        "cutroom",
        alias="TEMPORAL_TASK_QUEUE",
        min_length=1,
        max_length=200,
        description="Queue that all workers of one database share; different databases need different ones.",
    )
    temporal_api_key: SecretStr | None = Field(
        None, alias="TEMPORAL_API_KEY", description="Key for Temporal Cloud; goes over TLS only."
    )
    temporal_tls: bool = Field(
        default=False, alias="TEMPORAL_TLS", description="Speak TLS to Temporal; on where a certificate or key is set."
    )
    temporal_tls_server_ca_cert_path: Path | None = Field(
        None,
        alias="TEMPORAL_TLS_SERVER_CA_CERT_PATH",
        description="Certificate of whoever signed the server's; the system's when not set.",
    )
    temporal_tls_client_cert_path: Path | None = Field(
        None, alias="TEMPORAL_TLS_CLIENT_CERT_PATH", description="Our certificate, for servers that want one."
    )
    temporal_tls_client_key_path: Path | None = Field(
        None, alias="TEMPORAL_TLS_CLIENT_KEY_PATH", description="The key that goes with it."
    )
    temporal_tls_server_name: str | None = Field(
        None, alias="TEMPORAL_TLS_SERVER_NAME", description="Name in the server's certificate, where not its address."
    )
    temporal_workflow_pollers: int = Field(
        5, ge=2, le=100, description="Requests for turns of workflows that a worker has open at Temporal."
    )
    temporal_activity_pollers: int = Field(
        5, ge=1, le=100, description="Requests for steps that a worker has open at Temporal."
    )
    temporal_cache: int = Field(
        1000, ge=0, le=100_000, description="Workflows that a worker keeps in memory between two turns."
    )

    @model_validator(mode="after")
    def _certificate_has_a_key(self) -> Self:
        if (self.temporal_tls_client_cert_path is None) != (self.temporal_tls_client_key_path is None):
            raise ValueError("TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH go together")
        return self

    def temporal(self) -> "TemporalSettings":
        """Where Temporal is, and how much of it one worker takes."""
        from cutroom.temporal import TemporalSettings  # noqa: PLC0415 — is an extra

        return TemporalSettings(
            address=self.temporal_address,
            namespace=self.temporal_namespace,
            task_queue=self.temporal_task_queue,
            tls=self.temporal_tls,
            server_ca=self.temporal_tls_server_ca_cert_path,
            client_cert=self.temporal_tls_client_cert_path,
            client_key=self.temporal_tls_client_key_path,
            server_name=self.temporal_tls_server_name,
            api_key=None if self.temporal_api_key is None else self.temporal_api_key.get_secret_value(),
            workflow_pollers=self.temporal_workflow_pollers,
            activity_pollers=self.temporal_activity_pollers,
            cache=self.temporal_cache,
        )
