"""One segment made of network namespaces: a bridge, and machines on it that are nothing but a kernel; for what needs no
booted host.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .system import new_namespace, process, run

_DROPS = """table arp lossy {{
    chain out {{
        type filter hook output priority 0
        arp operation reply numgen random mod 100 < {share} drop
    }}
}}"""


@dataclass
class Segment:
    """A bridge in a namespace of its own. Machines are known by name; the names of their namespaces hold the process
    id.
    """

    name: str
    machines: list[str] = field(default_factory=list)

    @property
    def _switch(self) -> str:
        return self.namespace("switch")

    def namespace(self, machine: str) -> str:
        """The namespace of a machine."""
        return f"{self.name}-{machine}"

    def build(self) -> None:
        """Make the bridge."""
        new_namespace(self._switch)
        self.ip("switch", "link add br0 type bridge forward_delay 0", "link set br0 up", "link set lo up")

    def add(self, machine: str, *addresses: str, mac: str = "", nic: str = "eth0") -> None:
        """A machine with a NIC on the bridge, or a further NIC of one."""
        if machine not in self.machines:
            new_namespace(self.namespace(machine))
            self.machines.append(machine)
            self.ip(machine, "link set lo up")
        port = f"p{sum(ord(char) * 7 ** place for place, char in enumerate(machine + nic)) % 10**9}"
        chosen = f"address {mac}" if mac else ""
        self.ip(
            "switch",
            f"link add {port} type veth peer name {nic} {chosen} netns {self.namespace(machine)}",
            f"link set {port} master br0 up",
        )
        self.ip(machine, *(f"address add {address} dev {nic}" for address in addresses), f"link set {nic} up")

    def ip(self, machine: str, *lines: str) -> str:
        """Commands of ip(8) inside a machine, in one go."""
        return run(["ip", "-n", self.namespace(machine), "-batch", "-"], text="\n".join(lines) + "\n").stdout

    def inside(self, machine: str) -> list[str | Path]:
        """The words before a command that make it run inside a machine."""
        return ["ip", "netns", "exec", self.namespace(machine)]

    def run(self, machine: str, *words: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
        """Run a command inside a machine."""
        return run([*self.inside(machine), *words], **options)  # type: ignore[arg-type]

    def set(self, machine: str, **sysctls: object) -> None:
        """Set sysctls of net.ipv4.conf, such as all__arp_ignore=1."""
        for name, value in sysctls.items():
            self.run(machine, "sysctl", "-qw", f"net.ipv4.conf.{name.replace('__', '.')}={value}")

    def mac(self, machine: str, nic: str = "eth0") -> str:
        """The MAC of a NIC."""
        return self.run(machine, "cat", f"/sys/class/net/{nic}/address").stdout.strip()

    def lose(self, machines: Sequence[str], share: int) -> None:
        """Have machines drop SHARE percent of their ARP replies at random; 0: none any more."""
        for machine in machines:
            self.run(
                machine, "nft", "-f", "-", text="flush ruleset\n" + (_DROPS.format(share=share) if share else "") + "\n"
            )

    def remove(self) -> None:
        """Take everything down."""
        for machine in [*self.machines, "switch"]:
            run(["ip", "netns", "del", self.namespace(machine)], check=False)


@contextmanager
def running(purpose: str) -> Iterator[Segment]:
    """An empty segment, gone afterwards whatever happens."""
    sweep(purpose)
    segment = Segment(f"l2{purpose}{os.getpid()}")
    try:
        segment.build()
        yield segment
    finally:
        segment.remove()


def sweep(purpose: str) -> None:
    """Remove the namespaces of segments whose process was killed before it could."""
    for name in run(["ip", "netns", "list"]).stdout.split():
        match = re.match(rf"l2{re.escape(purpose)}(\d+)-", name)
        if match and process(int(match.group(1))) is None:
            run(["ip", "netns", "del", name], check=False)


def responders(segment: Segment, number: int, network: str) -> dict[str, str]:
    """So many machines with consecutive addresses from 1; NETWORK is like ``10.9.0.{}/24``. Address -> machine."""
    made = {}
    for place in range(1, number + 1):
        segment.add(f"r{place}", network.format(place))
        made[network.format(place).split("/")[0]] = f"r{place}"
    return made
