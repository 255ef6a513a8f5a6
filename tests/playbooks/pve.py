"""A cluster of Proxmox VE for playbooks: two nodes in namespaces, with real files, bridges, guests' NICs and processes.

No distribution has qm and pct, which exist on nodes only: one program stands in for both, which does to the guest's
file and to its NIC what qm(1) and pct(1) say of `set`.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# What a module finds on its node: the node's own /etc, /run and programs, and the files of the cluster.
_INTERPRETER = """#!/bin/sh
exec ip netns exec {netns} sh -c '
    mount --bind {node}/etc /etc && mount --bind {shared} /etc/pve/nodes && mount --bind {node}/run /run &&
    mount --bind {node}/sbin /usr/local/sbin && exec {python} "$@"' sh "$@"
"""
# Plugs the NIC of a running guest anew, unless its hotplug has no networks. MISHAP: what goes wrong.
_TOOL = """#!{python} -I
import hashlib, os, re, subprocess, sys
verb, number, option, digest, name, line = sys.argv[1:]
tool, name = os.path.basename(sys.argv[0]), name[2:]
folder = {{"qm": "qemu-server", "pct": "lxc"}}[tool]
path = os.path.join(os.path.realpath("/etc/pve/local"), folder, number + ".conf")
text = open(path).read()
assert (verb, option) == ("set", "--digest"), sys.argv
mishap = open({mishap!r}).read()
open({mishap!r}, "w").write("" if mishap != "never" else mishap)
if digest != hashlib.sha1(text.encode()).hexdigest():
    sys.exit("checksum mismatch (file change by other user?)")
lock = re.search("(?m)^lock: (.*)$", text)
if lock or mishap == "refuse":
    sys.exit("VM is locked (%s)" % (lock.group(1) if lock else "backup"))
pid = "/run/qemu-server/%s.pid" % number
runs, plugs = os.path.exists(pid), "hotplug: disk" not in text and mishap != "never"
head, mark, rest = text.partition("\\n[")
if runs and not plugs:
    if rest.startswith("PENDING]"):
        _old, mark, rest = rest.partition("\\n[")
    rest = "PENDING]\\n%s: %s\\n" % (name, line) + (mark + rest if mark else "")
    mark = "\\n["
else:
    head = re.sub("(?m)^%s: .*$" % name, "%s: %s" % (name, line), head)
    if rest.startswith("PENDING]"):
        _old, mark, rest = rest.partition("\\n[")
open(path, "w").write(head + mark + rest)
if mishap == "die":
    sys.exit("got no answer from the monitor")
if runs and plugs:
    mac = re.search("(?:[0-9A-F]{{2}}:){{5}}[0-9A-F]{{2}}", line).group()
    inside = ["nsenter", "--net", "--target", open(pid).read().strip(), "ip", "link", "set", "eth0"]
    for change in (["down"], ["address", mac], ["up"]):
        subprocess.run(inside + change, check=True)
print("update VM %s: -%s %s" % (number, name, line))
"""
# What runs in a guest: it talks to its neighbours and to all, as guests do, and to one that is off, for whom it asks
# again and again: so it is heard, whoever listens, also where no node knows its address.
_GUEST = """
import socket, time
print(flush=True)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    while True:
        for place in ("192.0.2.1", "192.0.2.2", "192.0.2.9", "192.0.2.255"):
            try:
                channel.sendto(b"here", (place, 9))
            except OSError:
                pass
        time.sleep(0.2)
"""


def missing() -> str:
    """Why there can be no cluster here; empty where there can."""
    if os.geteuid() != 0:
        return "only root may make namespaces"
    if not all(map(shutil.which, ("ip", "nsenter", "unshare"))):
        return "ip, nsenter and unshare are needed"
    done = subprocess.run(["unshare", "--mount", "--net", "true"], capture_output=True, check=False)
    return "" if done.returncode == 0 else "namespaces cannot be made here"


class Cluster:
    """Nodes pve1 and pve2, whose bridges vmbr0 are one segment."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.shared, self.mishap = folder, folder / "nodes", folder / "mishap"
        self._running: list[subprocess.Popen[bytes]] = []
        self._names = {node: f"l2pve-{os.getpid()}-{node}" for node in ("pve1", "pve2")}
        self.mishap.write_text("")
        for node in self._names:
            self._make(node)
        one, two = self._names.values()
        _ip("link", "add", "name", "uplink", "netns", one, "type", "veth", "peer", "name", "uplink", "netns", two)
        for number, name in enumerate((one, two), 1):
            _ip("-n", name, "link", "set", "uplink", "master", "vmbr0", "up")
            _ip("-n", name, "address", "add", f"192.0.2.{number}/24", "dev", "vmbr0")
        self.meet()

    def _make(self, node: str) -> None:
        root, netns = self.folder / node, self._names[node]
        for kind in ("qemu-server", "lxc"):
            (self.shared / node / kind).mkdir(parents=True)
        for name in ("etc/pve/nodes", "run/qemu-server", "sbin"):
            (root / name).mkdir(parents=True)
        (root / "etc/pve/local").symlink_to(f"nodes/{node}")
        (root / "etc/pve/pve-root-ca.pem").write_text("one certificate authority\n")
        (root / "etc/pve/corosync.conf").write_text("totem {\n  cluster_name: prod\n}\n")
        (root / "etc/machine-id").write_text(node[-1] * 32 + "\n")
        for name in ("passwd", "group", "ld.so.cache"):
            shutil.copy(f"/etc/{name}", root / "etc" / name)
        for name in ("qm", "pct"):
            (root / "sbin" / name).write_text(_TOOL.format(python=sys.executable, mishap=str(self.mishap)))
            (root / "sbin" / name).chmod(0o755)
        (root / "python3").write_text(
            _INTERPRETER.format(netns=netns, node=root, shared=self.shared, python=sys.executable))
        (root / "python3").chmod(0o755)
        _ip("netns", "add", netns)
        _ip("-n", netns, "link", "set", "lo", "up")
        _ip("-n", netns, "link", "add", "vmbr0", "type", "bridge", "forward_delay", "0")
        _ip("-n", netns, "link", "set", "vmbr0", "up")

    @property
    def hosts(self) -> dict[str, dict[str, str]]:
        """The nodes, as an inventory has them."""
        return {node: {"ansible_connection": "local", "ansible_python_interpreter": str(self.folder / node / "python3")}
                for node in self._names}

    def config(self, number: int, text: str | None = None, node: str = "", kind: str = "qemu-server") -> str:
        """The configuration of a guest, written first where there is a TEXT (to NODE)."""
        if text is not None:
            (self.shared / node / kind / f"{number}.conf").write_text(text)
        return next(self.shared.glob(f"*/*/{number}.conf")).read_text()

    def start(self, node: str, number: int, mac: str, address: str) -> None:
        """Have a VM run: a process of its own, with a NIC that hangs on the node's bridge."""
        pidfile, netns, tap = f"/var/run/qemu-server/{number}.pid", self._names[node], f"tap{number}i0"
        guest = subprocess.Popen(
            ["unshare", "--net", sys.executable, "-c", _GUEST, "-pidfile", pidfile], stdout=subprocess.PIPE)
        self._running.append(guest)
        assert guest.stdout is not None and guest.stdout.readline()
        (self.folder / node / "run/qemu-server" / f"{number}.pid").write_text(f"{guest.pid}\n")
        _ip("link", "add", "name", tap, "netns", netns, "type", "veth", "peer", "name", "eth0", "netns", str(guest.pid))
        _ip("-n", netns, "link", "set", tap, "master", "vmbr0", "up")
        for words in (("link", "set", "eth0", "address", mac, "up"), ("address", "add", address, "dev", "eth0")):
            subprocess.run(["nsenter", "--net", "--target", str(guest.pid), "ip", *words], check=True)

    def stop(self, node: str, number: int) -> None:
        """Have it off, and forgotten by all."""
        pidfile = self.folder / node / "run/qemu-server" / f"{number}.pid"
        guest = next(one for one in self._running if one.pid == int(pidfile.read_text()))
        guest.kill()
        guest.wait()
        pidfile.unlink()
        for netns in self._names.values():
            _ip("-n", netns, "link", "set", "uplink", "down")
            _ip("-n", netns, "link", "set", "uplink", "up")
            _ip("-n", netns, "neighbour", "flush", "all")

    def mac_inside(self, node: str, number: int) -> str:
        """The MAC that the running guest has."""
        pid = (self.folder / node / "run/qemu-server" / f"{number}.pid").read_text().strip()
        shown = subprocess.run(["nsenter", "--net", "--target", pid, "ip", "-o", "link", "show", "eth0"], check=True,
                               capture_output=True, text=True).stdout
        return shown.split("link/ether ")[1].split()[0]

    def meet(self) -> None:
        """Have the nodes see each other, which proves that their bridges are one segment."""
        for name, number in zip(self._names.values(), (2, 1), strict=True):
            subprocess.run(["ip", "netns", "exec", name, "ping", "-q", "-c", "1", "-w", "5", f"192.0.2.{number}"],
                           check=True, stdout=subprocess.DEVNULL)

    def end(self) -> None:
        """Take it all away."""
        for guest in self._running:
            guest.kill()
            guest.wait()
            assert guest.stdout is not None
            guest.stdout.close()
        for name in self._names.values():
            subprocess.run(["ip", "netns", "delete", name], check=False, stderr=subprocess.DEVNULL)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
