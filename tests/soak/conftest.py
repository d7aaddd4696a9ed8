"""What soaks share with the tests of packages."""

from tests.assets.conftest import s3_endpoint, s3_settings

__all__ = ["s3_endpoint", "s3_settings"]
