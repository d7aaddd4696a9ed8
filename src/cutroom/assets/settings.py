"""How this package behaves, as values that the composition root fills."""

from dataclasses import dataclass
from typing import Final

DAY_S: Final = 86_400
HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True)
class AssetSettings:
    """Limits and lifetimes.

    Args:
        max_upload_bytes: the largest upload, unless a plan says otherwise.
        upload_expires_s: for how long the bytes of an upload in one piece may be sent.
        large_expires_s: for how long those of an upload in parts, or by tus; less than `stray_s`.
        multipart_over_bytes: above which size an upload is in parts without being asked for.
        single_bytes: the most that is taken in one piece; 5 GiB is what one PUT to a bucket takes.
        part_bytes: how large parts are, where they need not be larger.
        grace_s: how long after its time an upload that was not completed is given up, and its bytes removed.
        upload_kept_s: for how long after that an upload is remembered.
        verify_takeover_s: after how long a verification that did not end is taken to be dead.
        artifact_url_s: how long the links to a job's results work; a week at most with a bucket.
        download_url_s: how long a link to an asset works.
        writing_s: after how long an artifact that was never finished is given up.
        artifact_kept_s: how long a job's results are kept.
        trash_s: how long a deleted asset can be restored.
        blob_budget_bytes: how much is kept for reuse.
        blob_kept_s: how long something is kept for reuse without being used.
        blob_rest_s: for how long after its use nothing is removed, whatever the budget says.
        stray_s: after how long bytes that no row knows are removed.
    """

    max_upload_bytes: int = 5 * 1024**3
    upload_expires_s: int = 6 * HOUR_S
    large_expires_s: int = DAY_S
    multipart_over_bytes: int = 100 * 1024**2
    single_bytes: int = 5 * 1024**3
    part_bytes: int = 16 * 1024**2
    grace_s: int = HOUR_S
    upload_kept_s: int = DAY_S
    verify_takeover_s: int = 300
    artifact_url_s: int = 7 * DAY_S
    download_url_s: int = HOUR_S
    writing_s: int = 6 * HOUR_S
    artifact_kept_s: int = 31 * DAY_S
    trash_s: int = 7 * DAY_S
    blob_budget_bytes: int = 20 * 1024**3
    blob_kept_s: int = 14 * DAY_S
    blob_rest_s: int = HOUR_S
    stray_s: int = 2 * DAY_S


@dataclass(frozen=True, slots=True)
class S3Settings:
    """Which bucket, and how to reach it.

    Args:
        bucket: its name.
        access_key: id of the key pair.
        secret_key: the secret half of it.
        region: where the bucket is; most stores other than Amazon's accept the default.
        endpoint: address of the service, `http://host:port`; Amazon's for the region when None.
        public_endpoint: the same as clients reach it, for links, when that is another address.
        cdn_url: where clients read files when a CDN stands before the bucket; its origin is the bucket, reached under
            the bucket's own host name, and it passes on the query.
        retry_s: for how long a request is tried again. A job step that cannot reach its bucket is better off failing
            and being run again than waiting for minutes.
        silence_s: after how long a server that sends nothing is given up.
    """

    bucket: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"
    endpoint: str | None = None
    public_endpoint: str | None = None
    cdn_url: str | None = None
    retry_s: float = 20.0
    silence_s: float = 30.0
