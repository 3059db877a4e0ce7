"""An S3 server of its own: Ceph's gateway before a monitor and one store in memory, all on loopback."""

import contextlib
import os
import signal
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from . import free_port, require
from .process import temporary_place

KEY, SECRET = "TESTKEY", "TESTSECRET"
CONFIGURATION = """
[global]
fsid = {cluster}
mon_host = v2:127.0.0.1:{monitor}/0
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
ms_bind_ipv6 = false
ms_bind_msgr1 = false
ms_bind_port_min = {store}
ms_bind_port_max = {last_store}
ms_mon_client_mode = crc
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
paxos_propose_interval = 0.01
paxos_min_wait = 0.01
mon_data = {folder}/mon
osd_data = {folder}/osd
osd_objectstore = memstore
memstore_device_bytes = 1073741824
osd_class_load_list = *
osd_class_default_list = *
osd_crush_chooseleaf_type = 0
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
run_dir = {folder}
admin_socket = {folder}/$name.asok
crash_dir = {folder}
log_file = {folder}/$name.log
rgw_data = {folder}
rgw_enable_usage_log = false
rgw_gc_max_objs = 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class S3:
    """A running server. ``url`` of a bucket is what SocialClaw's setting takes."""

    endpoint: str
    pid: int
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def client(self) -> Any:
        import boto3  # only where an S3 server is asked for: it takes a third of a second
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
        )

    def create_bucket(self) -> str:
        name = f"test-{next(self._numbers)}"
        self.client().create_bucket(Bucket=name)
        return name

    def url(self, bucket: str, prefix: str = "media") -> str:
        query = urlencode({"endpoint_url": self.endpoint, "path_style": "true"})
        return f"s3://{bucket}/{prefix}?{query}"

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """It takes connections, and answers none until the block ends."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)


@contextlib.contextmanager
def s3() -> Iterator[S3]:
    programs = "ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin"
    ceph, monitor, store, map_maker, gateway, admin = require(*programs)
    with temporary_place("s3") as place, contextlib.ExitStack() as servers:
        ports = {"monitor": free_port(), "store": free_port(), "gateway": free_port()}
        configuration = _configure(place.folder, ports)
        options = ["-c", str(configuration)]
        cluster = configuration.read_text().split("fsid = ")[1].split()[0]
        map_file = str(place.folder / "map")
        address = f"v2:127.0.0.1:{ports['monitor']}"
        place.run([map_maker, "--create", "--fsid", cluster, "--addv", "a", f"[{address}]", map_file])
        place.run([monitor, *options, "--mkfs", "-i", "a", "--monmap", map_file])
        running = [monitor, *options, "-f", "-i", "a"]
        servers.enter_context(place.serving("mon", running, port=ports["monitor"], stop_signal=signal.SIGKILL))
        store_id = str(uuid.uuid4())
        place.run([ceph, *options, "osd", "new", store_id])
        place.run([store, *options, "-i", "0", "--mkfs", "--osd-uuid", store_id])
        place.run([ceph, *options, "osd", "crush", "add", "osd.0", "1.0", "host=h", "root=default"])
        running = [store, *options, "-f", "-i", "0"]
        servers.enter_context(place.serving("osd", running, port=ports["store"], stop_signal=signal.SIGKILL))
        user = ["user", "create", "--uid=test", "--display-name=Test", f"--access-key={KEY}", f"--secret={SECRET}"]
        place.run([admin, *options, "-n", "client.rgw", *user])
        front = f"--rgw_frontends=beast endpoint=127.0.0.1:{ports['gateway']}"
        running = [gateway, *options, "-f", "-n", "client.rgw", front]
        pid = servers.enter_context(place.serving("rgw", running, port=ports["gateway"], stop_signal=signal.SIGKILL))
        yield S3(endpoint=f"http://127.0.0.1:{ports['gateway']}", pid=pid)


def _configure(folder: Path, ports: dict[str, int]) -> Path:
    for name in ("mon", "osd"):
        (folder / name).mkdir()
    written = CONFIGURATION.format(
        cluster=uuid.uuid4(),
        folder=folder,
        monitor=ports["monitor"],
        store=ports["store"],
        last_store=ports["store"] + 50,
    )
    path = folder / "ceph.conf"
    path.write_text(written)
    return path
