"""What soaks share with the tests of packages."""

from tests.assets.conftest import s3_endpoint, s3_settings
from tests.jobs.conftest import jobs, registry, rig

__all__ = ["jobs", "registry", "rig", "s3_endpoint", "s3_settings"]
