"""Facts about this kernel that verdicts and cures rest on: ARP under TCP, otherhost, rules added twice, the larger
sysctl, centiseconds.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _bridge, _iproute
from ansible_collections.netops.layer2.plugins.module_utils._runner import Output, Runner
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._arp_settings import ArpSettings

from . import sender
from .system import LabError, new_namespace, run, slowness, wait_until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")

SERVER, CLIENT, IDLE, VIP = "192.0.2.1", "192.0.2.2", "192.0.2.3", "203.0.113.80"
SERVER_MAC, CLIENT_MAC, NOBODY = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:99"
SECONDS = 8
# The client answers TCP and takes UDP without a word; the server talks to both, and counts the ARP requests that it
# sends meanwhile.
CLIENT_SIDE = """
import socket, threading
tcp, udp = socket.create_server(("192.0.2.2", 7000)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("192.0.2.3", 7000))
print("ready", flush=True)
peer, _address = tcp.accept()
while peer.recv(65536):
    pass
"""
SERVER_SIDE = """
import json, socket, sys, time
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
raw.bind(("eth0", 3)); raw.setblocking(False)
tcp, udp = socket.create_connection(("192.0.2.2", 7000)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asked, end = {"192.0.2.2": 0, "192.0.2.3": 0}, time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    tcp.send(bytes(1000)); udp.sendto(bytes(1000), ("192.0.2.3", 7000)); time.sleep(0.05)
    while True:
        try:
            frame = raw.recv(200)
        except BlockingIOError:
            break
        request = frame[12:14] == b"\\x08\\x06" and frame[20:22] == b"\\0\\1"
        if request and frame[28:32] == socket.inet_aton("192.0.2.1"):
            asked[socket.inet_ntoa(frame[38:42])] += 1
print(json.dumps(asked))
"""


class Inside(Runner):
    """Commands in a namespace."""

    def __init__(self, netns: str) -> None:
        super().__init__()
        self._netns = netns

    def output(self, argv: Sequence[str]) -> Output:
        return super().output(["ip", "netns", "exec", self._netns, *argv])


class Pair:
    """A server and a client on one cable; the client never asks by itself who the server is."""

    def __init__(self) -> None:
        self.server, self.client = (f"layer2-facts-{os.getpid()}-{side}" for side in ("server", "client"))

    def lay(self) -> None:
        for name in (self.server, self.client):
            new_namespace(name)
            self.inside(
                name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"
            )
        far = ("peer", "name", "eth0", "netns", self.client, "address", CLIENT_MAC)
        self.ip(self.server, "link", "add", "eth0", "address", SERVER_MAC, "type", "veth", *far)
        for name, addresses in ((self.server, [SERVER]), (self.client, [CLIENT, IDLE])):
            self.ip(name, "link", "set", "lo", "up")
            self.ip(name, "link", "set", "eth0", "up")
            for address in addresses:
                self.ip(name, "address", "add", f"{address}/24", "dev", "eth0")
        self.ip(self.client, "neigh", "replace", SERVER, "lladdr", SERVER_MAC, "dev", "eth0", "nud", "permanent")

    def remove(self) -> None:
        for name in (self.server, self.client):
            run(["ip", "netns", "del", name], check=False)

    @staticmethod
    def inside(name: str, *argv: str, text: str | None = None) -> str:
        return run(["ip", "netns", "exec", name, *argv], text=text).stdout

    @staticmethod
    def ip(name: str, *words: str) -> str:
        return run(["ip", "-n", name, *words]).stdout

    def otherhost(self) -> int | None:
        """The client's rx_otherhost_dropped, as the collection's reader has it; None where the kernel does not tell, as
        of zero.
        """
        links = _iproute.interfaces(_iproute.read_links(_iproute.Tool(Inside(self.client))).records).records
        (counted,) = [link.get("otherhost") for link in links if link["name"] == "eth0"]
        return counted


@pytest.fixture
def pair(able: None) -> Iterator[Pair]:
    made = Pair()
    try:
        made.lay()
        yield made
    finally:
        made.remove()


def test_tcp_keeps_an_arp_entry_alive_without_arp_and_udp_does_not(pair: Pair) -> None:
    """So no ARP timer of the server ends a flood of TCP."""
    pair.inside(
        pair.server,
        "sysctl",
        "-qw",
        "net.ipv4.neigh.eth0.base_reachable_time_ms=1000",
        "net.ipv4.neigh.eth0.delay_first_probe_time=1",
    )
    with subprocess.Popen(
        ["ip", "netns", "exec", pair.client, sys.executable, "-c", CLIENT_SIDE], stdout=subprocess.PIPE, text=True
    ) as listening:
        try:
            assert listening.stdout and listening.stdout.readline() == "ready\n"
            asked = json.loads(pair.inside(pair.server, sys.executable, "-c", SERVER_SIDE, str(SECONDS)))
        finally:
            listening.kill()
    assert asked[CLIENT] <= 1 and asked[IDLE] >= 3, f"ARP requests in {SECONDS} s at a second's reachable time: {asked}"


def frame(kind: int, payload: bytes) -> bytes:
    return bytes.fromhex((NOBODY + SERVER_MAC).replace(":", "")) + struct.pack("!H", kind) + payload


def test_otherhost_counts_only_ip_is_silent_about_zero_and_a_bridge_port_shows_nothing(pair: Pair) -> None:
    ip = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 28, 1, 0, 64, 17, 0, socket.inet_aton(SERVER), socket.inet_aton("192.0.2.9")
    ) + bytes(8)
    others = [frame(0x0806, b"\0\1\x08\0\6\4\0\1" + bytes(20)), frame(0x88B5, bytes(46))]

    def send(frames: list[bytes], count: int) -> None:
        pair.inside(
            pair.server,
            sys.executable,
            sender.__file__,
            "eth0",
            str(count),
            "2000",
            text="\n".join(each.hex() for each in frames),
        )

    assert pair.otherhost() is None, "absent when zero"
    send(others, 200)
    assert pair.otherhost() is None, "it knows only IP"
    send([frame(0x0800, ip)], 100)
    assert wait_until(lambda: pair.otherhost() == 100, 3), pair.otherhost()
    pair.ip(pair.client, "link", "add", "br0", "type", "bridge")
    pair.ip(pair.client, "link", "set", "eth0", "master", "br0")
    send([frame(0x0800, ip)], 100)
    time.sleep(0.3)
    assert pair.otherhost() == 100, "a bridge's port shows nothing"


def test_a_rule_without_a_priority_is_added_again_and_one_with_it_is_not(pair: Pair) -> None:
    for _number in range(2):
        pair.ip(pair.server, "rule", "add", "from", VIP, "lookup", "77")
    assert pair.ip(pair.server, "rule").count(f"from {VIP} lookup 77") == 2
    pair.ip(pair.server, "rule", "add", "from", VIP, "lookup", "78", "priority", "20078")
    with pytest.raises(LabError, match="File exists"):
        pair.ip(pair.server, "rule", "add", "from", VIP, "lookup", "78", "priority", "20078")


def test_of_all_and_the_nic_the_larger_value_counts(pair: Pair) -> None:
    """ARP for an address on lo is answered unless one of the two says no; the verdict judges by the same maximum."""
    pair.ip(pair.server, "address", "add", f"{VIP}/32", "dev", "lo")
    pair.ip(pair.client, "route", "add", f"{VIP}/32", "dev", "eth0")
    for everywhere, nic in ((0, 0), (1, 0), (0, 1), (1, 1)):
        values = {"net.ipv4.conf.all.arp_ignore": str(everywhere), "net.ipv4.conf.eth0.arp_ignore": str(nic)}
        pair.inside(pair.server, "sysctl", "-qw", *(f"{name}={value}" for name, value in values.items()))
        pair.ip(pair.client, "neigh", "flush", "to", VIP)
        # One failed attempt would take three seconds; the first answer takes none.
        pair.inside(
            pair.client,
            "sysctl",
            "-qw",
            "net.ipv4.neigh.eth0.mcast_solicit=1",
            "net.ipv4.neigh.eth0.retrans_time_ms=300",
        )
        run(["ip", "netns", "exec", pair.client, "ping", "-c1", "-W1", VIP], check=False)
        answered = SERVER_MAC in pair.ip(pair.client, "neigh", "show", "to", VIP)
        settings = ArpSettings()
        settings.add("server", values)
        assert answered == (settings.effective("server", "eth0", "arp_ignore") == 0), values


def test_a_bridges_ageing_is_in_centiseconds_and_read_in_seconds(pair: Pair) -> None:
    pair.ip(pair.client, "link", "add", "br0", "type", "bridge", "ageing_time", "200")
    pair.ip(pair.client, "link", "set", "br0", "up")
    pair.ip(pair.client, "link", "set", "eth0", "master", "br0")
    detail = json.loads(pair.ip(pair.client, "-d", "-j", "link", "show", "br0"))[0]
    assert detail["linkinfo"]["info_data"]["ageing_time"] == 200
    assert read_ageing(pair) == 2.0
    pair.inside(pair.server, sys.executable, sender.__file__, "eth0", "1", "1", text=frame(0x88B5, bytes(46)).hex())

    def knows() -> bool:
        return SERVER_MAC in run(["bridge", "-n", pair.client, "fdb", "show", "br", "br0"]).stdout

    assert wait_until(knows, 1)
    began = time.monotonic()
    assert wait_until(lambda: not knows(), 8) and 1 < time.monotonic() - began < 6 * slowness(), (
        "two seconds, and at most as long again until it is swept"
    )


def read_ageing(pair: Pair) -> Any:
    """What the collection's reader says."""
    links = _iproute.read_links(_iproute.Tool(Inside(pair.client))).records
    (bridge,) = _bridge.linux_bridges(links, _iproute.interfaces(links).records)
    return bridge["ageing"]
