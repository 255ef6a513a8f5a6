"""A hypervisor watched through real SSH, machines with one MAC, routers with a virtual one, a running rulebook."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import ansible_collections.netops.layer2 as collection
import pytest

from tests.lab.system import run, wait_until

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = Path(next(iter(collection.__path__))).parents[2]
BIN = ROOT / ".venv" / "eda" / "bin"
TWIN, VIRTUAL = "52:54:00:0c:1d:f5", "00:00:5e:00:01:07"
ADDRESSES = {
    "web1": "192.0.2.11",
    "web2": "192.0.2.12",
    "router1": "192.0.2.21",
    "router2": "192.0.2.22",
    "controller": "192.0.2.250",
}
INVENTORY = """[all:vars]
ansible_connection=local
layer2_become=false
snapshot_become=false
snapshot_gather_subset=["identity", "interfaces", "neighbors", "fdb", "bridges"]
[all]
"""
# A machine of its own: name, machine-id and network; all else is this machine's.
INTERPRETER = """#!/bin/sh
be='hostname {name}; mount --bind {identity} /etc/machine-id; exec /usr/bin/python3 "$@"'
exec ip netns exec {netns} unshare -mu sh -c "$be" sh "$@"
"""
SSH_CONFIG = """Host hv1
  HostName 192.0.2.1
  User root
  IdentityFile {folder}/key
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known_hosts
  StrictHostKeyChecking yes
"""


def lacking() -> list[str]:
    """What this machine lacks for these tests."""
    reasons = [] if os.geteuid() == 0 else ["network namespaces need root"]
    if not (BIN / "ansible-rulebook").exists():
        reasons.append("ansible-rulebook is not in .venv/eda: python3 tools/environments.py eda")
    programs = {
        "java": "default-jre-headless",
        "dropbear": "dropbear-bin",
        "ping": "iputils-ping",
        "ip": "iproute2",
        "ssh": "openssh-client",
    }
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    packages = [package for program, package in programs.items() if shutil.which(program, path=path) is None]
    return reasons + ([f"packages are missing: apt-get install {' '.join(packages)}"] if packages else [])


def environment(home: Path) -> dict[str, str]:
    """What ansible-rulebook sees: no PYTHONPATH, since sources and filters have to find their collection alone."""
    seen = {name: os.environ[name] for name in ("LANG", "LC_ALL", "JAVA_HOME") if name in os.environ}
    return {
        **seen,
        "HOME": str(home),
        "PATH": f"{BIN}:{os.environ['PATH']}:/usr/sbin:/sbin",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
    }


@dataclass(frozen=True, slots=True)
class Network:
    """Namespaces on one bridge of the namespace `hv1`; FOLDER holds keys, inventory and what the rulebook says."""

    prefix: str
    folder: Path

    def netns(self, name: str) -> str:
        """The namespace of a machine."""
        return f"{self.prefix}-{name}"

    def inside(self, name: str, *words: str, check: bool = True) -> None:
        """Run a command as on a machine."""
        run(["ip", "netns", "exec", self.netns(name), *words], check=check)

    def speak(self, name: str, *options: str) -> None:
        """Let a machine send something to the hypervisor, so that its bridge learns where it is."""
        self.inside(name, "ping", "-c", "1", "-W", "1", *options, "192.0.2.1", check=False)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The machines, for the length of a module."""
    if reasons := lacking():
        pytest.skip("; ".join(reasons))
    net = Network(f"layer2-eda-{os.getpid()}", tmp_path_factory.mktemp("eda"))
    names = ["hv1", *ADDRESSES]
    try:
        for name in names:
            run(["ip", "netns", "add", net.netns(name)])
            run(["ip", "netns", "exec", net.netns(name), "sysctl", "-qw", "net.ipv4.ip_forward=0"])
            run(["ip", "-n", net.netns(name), "link", "set", "lo", "up"])
        _build(net)
        yield net
    finally:
        for name in names:
            run(["ip", "netns", "del", net.netns(name)], check=False)


def _build(net: Network) -> None:
    """The bridge, a cable to each machine, its addresses, and the inventory."""
    bridge = ["link add br0 type bridge", "link set br0 up", "address add 192.0.2.1/24 dev br0"]
    run(["ip", "-n", net.netns("hv1"), "-batch", "-"], text="\n".join(bridge) + "\n")
    for name, address in ADDRESSES.items():
        run(
            [
                "ip",
                "-n",
                net.netns("hv1"),
                "link",
                "add",
                f"to-{name}",
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                net.netns(name),
            ]
        )
        run(["ip", "-n", net.netns("hv1"), "link", "set", f"to-{name}", "master", "br0", "up"])
        mac = [f"link set eth0 address {TWIN}"] if name.startswith("web") else []
        lines = [*mac, "link set eth0 up", f"address add {address}/24 dev eth0 nodad"]
        if name.startswith("router"):
            lines += [
                "link add vrrp link eth0 type macvlan mode bridge",
                f"link set vrrp address {VIRTUAL}",
                "link set vrrp up",
                "address add 192.0.2.20/24 dev vrrp nodad",
            ]
        run(["ip", "-n", net.netns(name), "-batch", "-"], text="\n".join(lines) + "\n")
    (net.folder / "hosts.ini").write_text(
        INVENTORY + "".join(_machine(net, number, name) for number, name in enumerate(("hv1", "web1", "web2"), 1))
    )


def _machine(net: Network, number: int, name: str) -> str:
    """The line of a machine in the inventory; its Python runs in its namespace."""
    identity, interpreter = net.folder / f"{name}.id", net.folder / f"{name}.python"
    identity.write_text(f"{number:032x}\n")
    interpreter.write_text(INTERPRETER.format(netns=net.netns(name), name=name, identity=identity))
    interpreter.chmod(0o755)
    return f"{name} ansible_python_interpreter={interpreter}\n"


class Server:
    """An SSH server on the hypervisor, which lets the key of FOLDER in; nothing of root's own home is touched."""

    def __init__(self, net: Network) -> None:
        self._net, folder = net, net.folder
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"])
        run(["dropbearkey", "-t", "ed25519", "-f", folder / "host_key"])
        shown = run(["dropbearkey", "-y", "-f", folder / "host_key"])
        public = next(line for line in shown.stdout.splitlines() if line.startswith("ssh-ed25519"))
        (folder / "known_hosts").write_text(f"192.0.2.1 {public}\n")
        (folder / "root" / ".ssh").mkdir(parents=True)
        shutil.copy(folder / "key.pub", folder / "root" / ".ssh" / "authorized_keys")
        (folder / "ssh_config").write_text(SSH_CONFIG.format(folder=folder))

    def start(self) -> None:
        """Let people in."""
        folder = self._net.folder
        serve = f"mount --bind {folder}/root /root && exec dropbear -F -E -s -r {folder}/host_key -p 192.0.2.1:22"
        command = ["ip", "netns", "exec", self._net.netns("hv1"), "unshare", "-m", "sh", "-c", serve]
        with (self._net.folder / "sshd.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def stop(self) -> None:
        """Cut every connection, as a reboot does."""
        for pid in run(["ip", "netns", "pids", self._net.netns("hv1")]).stdout.split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        self._process.wait()


@pytest.fixture(scope="module")
def server(network: Network) -> Iterator[Server]:
    """The hypervisor's SSH server, running."""
    server = Server(network)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A running ansible-rulebook and what it has said."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """All output so far."""
        return self.log.read_text(errors="replace")

    def until(self, fits: Callable[[str], bool], patience: float) -> bool:
        """Whether the output fits within PATIENCE seconds of a quiet machine; more where it is busy."""
        return wait_until(lambda: self.process.poll() is not None or fits(self.said()), patience) and fits(self.said())


@pytest.fixture(scope="module")
def rulebook(network: Network, server: Server) -> Iterator[Rulebook]:
    """The delivered rulebook, on the controller."""
    folder = network.folder
    variables = {
        "layer2_watch_hosts": ["hv1"],
        "layer2_watch_ssh_config": str(folder / "ssh_config"),
        "layer2_watch_heartbeat": 1,
    }
    (folder / "watch.json").write_text(json.dumps(variables))
    command = [
        "ip",
        "netns",
        "exec",
        network.netns("controller"),
        str(BIN / "ansible-rulebook"),
        "-r",
        "netops.layer2.watch_neighbors",
        "-i",
        str(folder / "hosts.ini"),
        "-e",
        str(folder / "watch.json"),
        "--print-events",
    ]
    with (folder / "rulebook.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield Rulebook(process, folder / "rulebook.log")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
