"""Incident 2 in a running lab: the download, the flood that it makes at the bystanders, and the playbooks that end it.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import hosts, paths
from .detect import PLAYBOOK as DETECT_MACS
from .listen import __file__ as listen_script
from .stream import __file__ as stream_script
from .system import LabError, run, wait_until

VIP, PORT, RATE = "10.30.0.80", 8080, 1_000_000  # bytes a second
SERVER, CLIENT, GATEWAY = "10.20.0.20", "10.20.0.30", "10.20.0.1"
SPARED, DROWNING = "near1", ("near2", "near4")
DETECT = DETECT_MACS.with_name("detect_flooding.yml")
FIX = DETECT_MACS.with_name("fix_return_path.yml")
SERVICE = f"""[Unit]
Description=What clients download
After=network.target

[Service]
# Frames as the wire has them: a veth would hand on segments of 64 KiB
ExecStartPre=-/bin/ip link set eth0 gso_max_segs 1
ExecStart=/usr/bin/python3 /usr/local/sbin/lab-stream serve {PORT} {RATE}
Restart=always

[Install]
WantedBy=multi-user.target
"""


def offer(name: str) -> None:
    """Start what the real server offers, at every boot."""
    base = hosts.root(name, "server")
    shutil.copy(stream_script, base / "usr/local/sbin/lab-stream")
    hosts.write(base, "etc/systemd/system/lab-stream.service", SERVICE)
    hosts.inside(name, "server", ["systemctl", "enable", "--now", "lab-stream.service"])


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the download came: bytes, connections that it took, the longest silence (s) within a connection since
    then.
    """

    at: float
    bytes: int
    connections: int
    gap: float


@dataclass(frozen=True, slots=True)
class Download:
    """The client's download, by its log."""

    log: Path

    def lines(self) -> list[dict[str, Any]]:
        """What the client noted, oldest first."""
        whole = self.log.read_text().rpartition("\n")[0] if self.log.exists() else ""
        return [json.loads(line) for line in whole.splitlines()]

    def now(self, since: float = 0.0) -> Progress:
        """Where it is; the gap is the longest after SINCE (an `at`)."""
        lines = self.lines()
        if not lines:
            return Progress(0.0, 0, 0, 0.0)
        last = lines[-1]
        return Progress(
            last["at"], last["bytes"], last["connections"], max(line["gap"] for line in lines if line["at"] >= since)
        )

    def goes_on(self, seconds: float = 20) -> bool:
        """Whether more comes in within the time."""
        before = self.now().bytes
        return wait_until(lambda: self.now().bytes > before, seconds, 0.2)


@contextmanager
def downloading(name: str, client: str = "client") -> Iterator[Download]:
    """A download by the client for the length of a with block, running when it begins."""
    log = paths.folder(name) / f"download-{client}.log"
    log.unlink(missing_ok=True)  # that of an earlier download
    argv = [
        "ip",
        "netns",
        "exec",
        paths.namespace(name, client),
        sys.executable,
        stream_script,
        "load",
        VIP,
        str(PORT),
        str(log),
    ]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL) as loading:
        try:
            download = Download(log)
            if not download.goes_on():
                raise LabError(f"{client} gets nothing from {VIP}:{PORT}")
            yield download
        finally:
            loading.kill()


@dataclass(frozen=True, slots=True)
class Heard:
    """What a bystander heard of others' unicast."""

    host: str
    frames: int
    bytes: int
    seconds: float

    @property
    def rate(self) -> float:
        """Bytes a second."""
        return self.bytes / self.seconds

    def __str__(self) -> str:
        return f"{self.host}: {self.rate * 8 / 1e6:.2f} Mbit/s, {self.frames / self.seconds:.0f} frames/s for others"


def hear(name: str, names: Iterable[str], seconds: float = 5) -> dict[str, Heard]:
    """Listen at several hosts at once."""
    def one(host: str) -> Heard:
        argv = ["ip", "netns", "exec", paths.namespace(name, host), sys.executable, listen_script, "eth0", str(seconds)]
        return Heard(host, **json.loads(run(argv, timeout=seconds + 20).stdout), seconds=seconds)

    chosen = list(names)
    with ThreadPoolExecutor(len(chosen)) as pool:
        return {heard.host: heard for heard in pool.map(one, chosen)}


def drowns(name: str, names: Sequence[str] = DROWNING, patience: float = 40) -> bool:
    """Wait until the switches have forgotten the client and each of the hosts hears the whole download."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if all(heard.rate > RATE * 0.9 for heard in hear(name, names, 2).values()):
            return True
    return False


# --- the playbooks

def verdict(directory: Path) -> dict[str, Any]:
    """The verdict in a report that a playbook wrote."""
    found = json.loads((directory / "layer2-flooding.json").read_text())["verdict"]
    assert isinstance(found, dict)
    return found


def way_back(name: str) -> str:
    """How the real server's kernel would send a reply to the client."""
    # While the link is down there is no way at all, on purpose.
    return hosts.inside(name, "server", ["sh", "-c", f"ip route get {CLIENT} from {VIP} 2>&1 || true"])


def settled(name: str, cured: bool, seconds: float = 60) -> bool:
    """Wait until replies go by the gateway, or directly again."""
    return wait_until(lambda: (f"via {GATEWAY}" in way_back(name)) == cured, seconds, 1)
