"""OpenStack Swift with its S3 API: a whole, real object store in one process, with objects in memory.

Run as `python swift_server.py FOLDER ACCESS_KEY SECRET_KEY`; writes its port when it answers, and ends when its
standard input does, so that it cannot outlive the tests. Swift is imported by name because it must come after eventlet
has replaced the blocking parts of the standard library, and because it has no types.
"""

import logging
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

HOST: Final = "127.0.0.1"
# Small pages make every listing a paginated one.
PROXY: Final = """
[DEFAULT]
swift_dir = {folder}
[pipeline:main]
pipeline = catch_errors cache listing_formats s3api tempauth copy slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
auth_pipeline_check = false
max_bucket_listing = 3
[filter:tempauth]
use = egg:swift#tempauth
user_{account}_{user} = {secret} .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
"""
CONF: Final = """
[swift-hash]
swift_hash_path_suffix = tests
[storage-policy:0]
name = memory
default = yes
"""


def main(folder: Path, access_key: str, secret: str) -> None:
    """Write the configuration, start the three back ends, then serve S3."""
    eventlet: Any = import_module("eventlet")
    eventlet.monkey_patch()
    wsgi = import_module("eventlet.wsgi")
    account, _, user = access_key.partition(":")
    (folder / "devices" / "d").mkdir(parents=True)
    (folder / "swift.conf").write_text(CONF)
    (folder / "proxy.conf").write_text(PROXY.format(folder=folder, account=account, user=user, secret=secret))
    import_module("swift.common.utils").set_swift_dir(str(folder))
    log = logging.getLogger("swift")
    settings = {"devices": folder / "devices", "swift_dir": folder, "mount_check": "false", "disable_fallocate": "true"}
    conf = {name: str(value) for name, value in settings.items()}
    for name, module, controller in (
        ("account", "swift.account.server", "AccountController"),
        ("container", "swift.container.server", "ContainerController"),
        ("object", "swift.obj.mem_server", "ObjectController"),
    ):
        listener = eventlet.listen((HOST, 0))
        write_ring(folder / f"{name}.ring.gz", listener.getsockname()[1])
        app = getattr(import_module(module), controller)(conf)
        eventlet.spawn(wsgi.server, listener, app, log, log_output=False)
    proxy = import_module("swift.common.wsgi").loadapp(str(folder / "proxy.conf"))
    front = eventlet.listen((HOST, 0))
    eventlet.patcher.original("_thread").start_new_thread(end_with_stdin, (eventlet.patcher.original("os").read,))
    sys.stdout.write(f"{front.getsockname()[1]}\n")
    sys.stdout.flush()
    wsgi.server(front, proxy, log, log_output=False)


def write_ring(path: Path, port: int) -> None:
    """A ring says which server has what; this one has one server."""
    builder = import_module("swift.common.ring").RingBuilder(2, 1, 0)
    address = {"ip": HOST, "port": port, "replication_ip": HOST, "replication_port": port}
    builder.add_dev({"id": 0, "region": 0, "zone": 0, "weight": 1.0, "device": "d", "meta": "", **address})
    builder.rebalance()
    builder.get_ring().save(str(path))


def end_with_stdin(read: Any) -> None:
    """Wait for the end of standard input, in a real thread."""
    read(0, 1)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
