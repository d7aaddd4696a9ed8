"""The bucket, for those who have one."""

from importlib import import_module

from cutroom.assets.settings import S3Settings
from cutroom.assets.store import Store


def open_bucket(settings: S3Settings) -> Store:
    """The store in a bucket.

    It is imported only here: botocore takes longer to load (0.3 s) than anything else a worker needs, and most
    installations keep their files on a disk.
    """
    store: Store = import_module("cutroom.assets.s3").S3Store(settings)
    return store
