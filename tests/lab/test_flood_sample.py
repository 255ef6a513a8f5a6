"""flood_sample and packet_capture on a cable between network namespaces: the kernel's filter, ring, counters and
promiscuity for real.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._flooding import flooding_causes

from . import sender
from .paths import COLLECTIONS
from .system import new_namespace, run, slowness, wait_until

# The module as ansible-core's wrapper would start it.
MODULE = """
import importlib, sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = sys.argv[2].encode(), "legacy"
importlib.import_module("ansible_collections.netops.layer2.plugins.modules." + sys.argv[1]).main()
"""
# Of this file alone: what a machine of another test has in its namespace is the host's own, and no flood.
SENDER_MAC, MAC, VIRTUAL_ROUTER = "02:f1:00:d0:00:01", "02:f1:00:d0:00:02", "00:00:5e:00:01:07"
GUEST, TAPPED, NOBODY, NOBODY6 = "52:54:f1:d0:00:77", "52:54:f1:d0:00:55", "02:f1:00:d0:00:99", "02:f1:00:d0:00:98"
A, B = socket.inet_aton("192.0.2.1"), socket.inet_aton("192.0.2.9")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")


def octets(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def ethernet(destination: str, kind: int, payload: bytes, tags: bytes = b"", source: str = SENDER_MAC) -> bytes:
    return octets(destination) + octets(source) + tags + struct.pack("!H", kind) + payload


def udp(destination: str, size: int, port: int = 1000, tags: bytes = b"", source: str = SENDER_MAC) -> bytes:
    """A UDP datagram in a frame of SIZE octets, the tags not counted."""
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, size - 14, 1, 0, 64, 17, 0, A, B)
    return ethernet(
        destination, 0x0800, ip + struct.pack("!HHHH", port, 53, size - 34, 0) + bytes(size - 42), tags, source
    )


class Cable:
    """Two namespaces with a cable between them: frames leave at one end, and are sampled at the other."""

    def __init__(self) -> None:
        self.here, self.there = f"l2flood-{os.getpid()}-a", f"l2flood-{os.getpid()}-b"
        self.before = 0

    def lay(self) -> None:
        for name in (self.here, self.there):
            new_namespace(name)
            # Nobody else shall speak on the cable.
            self.ip(name, "link", "set", "lo", "up")
            run(
                [
                    "ip",
                    "netns",
                    "exec",
                    name,
                    "sysctl",
                    "-qw",
                    "net.ipv6.conf.all.disable_ipv6=1",
                    "net.ipv6.conf.default.disable_ipv6=1",
                ]
            )
        peer = ("peer", "name", "eth0", "netns", self.there, "address", MAC)
        self.ip(self.here, "link", "add", "eth0", "address", SENDER_MAC, "type", "veth", *peer)
        self.ip(self.here, "link", "set", "eth0", "up")
        self.ip(self.there, "link", "set", "eth0", "up")
        self.ip(
            self.there,
            "link",
            "add",
            "vrrp7",
            "link",
            "eth0",
            "address",
            VIRTUAL_ROUTER,
            "type",
            "macvlan",
            "mode",
            "private",
        )
        self.ip(self.there, "link", "set", "vrrp7", "up")
        # A bridge that the guest hangs on: its MAC is known from a static entry of the forwarding table.
        self.ip(self.there, "link", "add", "br0", "type", "bridge")
        self.ip(self.there, "link", "add", "vnet0", "type", "veth", "peer", "name", "inside")
        self.ip(self.there, "link", "set", "vnet0", "master", "br0", "up")
        run(["bridge", "-n", self.there, "fdb", "add", GUEST, "dev", "vnet0", "master", "static"])
        # The host's side of a guest's tap, as libvirt makes it: the guest's MAC with another first octet.
        self.ip(self.there, "tuntap", "add", "vnet9", "mode", "tap")
        self.ip(self.there, "link", "set", "vnet9", "address", "fe" + TAPPED[2:], "up")
        self.before = self.promiscuity()  # a macvlan makes a veth promiscuous by itself

    def remove(self) -> None:
        for name in (self.here, self.there):
            run(["ip", "netns", "del", name], check=False)

    @staticmethod
    def ip(name: str, *words: str) -> str:
        return run(["ip", "-n", name, *words]).stdout

    def promiscuity(self) -> int:
        found = re.search(r"promiscuity ([0-9]+)", self.ip(self.there, "-d", "link", "show", "eth0"))
        assert found
        return int(found.group(1))

    def is_listening(self) -> bool:
        return self.promiscuity() > self.before

    def send(self, frames: list[bytes], count: int, rate: float = 4000, at: str = "") -> None:
        argv = ["ip", "netns", "exec", at or self.here, sys.executable, sender.__file__, "eth0", str(count), str(rate)]
        said = json.loads(run(argv, text="\n".join(frame.hex() for frame in frames)).stdout)
        assert said["sent"] == count

    def start(self, module: str, at: str = "", **options: Any) -> subprocess.Popen[str]:
        """Start a module at the far end, or elsewhere, and wait until it listens at the far end."""
        arguments = {"ANSIBLE_MODULE_ARGS": {"_ansible_remote_tmp": "/tmp", **options}}
        argv = ["ip", "netns", "exec", at or self.there, sys.executable, "-c", MODULE, module, json.dumps(arguments)]
        path = os.pathsep.join([str(COLLECTIONS), *(entry for entry in sys.path if entry)])
        environment = dict(os.environ, PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1")
        started = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        assert wait_until(lambda: self.is_listening() or started.poll() is not None, 20), "it never listened"
        time.sleep(0.4)  # from the socket to the counting
        return started

    @staticmethod
    def finish(started: subprocess.Popen[str]) -> dict[str, Any]:
        said, errors = started.communicate(timeout=60)
        assert said.strip().startswith("{"), (started.returncode, said, errors)
        return json.loads(said)

    def sample(self, frames: list[bytes], count: int, rate: float = 8000, **options: Any) -> dict[str, Any]:
        """The entry of the sampled interface, while COUNT frames were sent."""
        started = self.start("flood_sample", **{"interfaces": ["eth0"], "duration": 2 + count / rate, **options})
        self.send(frames, count, rate)
        return self.entry(self.finish(started))

    @staticmethod
    def entry(result: dict[str, Any]) -> dict[str, Any]:
        assert "ansible_facts" in result, result
        (entry,) = json.loads(result["ansible_facts"]["layer2_flood_sample"])["interfaces"]
        return entry


@pytest.fixture(scope="module")
def cable() -> Iterator[Cable]:
    made = Cable()
    try:
        made.lay()
        yield made
    finally:
        made.remove()


COUNTED = [
    udp(NOBODY, 1000),
    udp(NOBODY, 60, port=2000, tags=struct.pack("!HH", 0x8100, 100)),
    ethernet(
        NOBODY6,
        0x86DD,
        struct.pack("!IHBB", 6 << 28, 8, 58, 64) + bytes(15) + b"\1" + bytes(15) + b"\2" + b"\x80\0" + bytes(6),
    ),
    ethernet(NOBODY, 0x0806, b"\0\1\x08\0\6\4\0\1" + octets(SENDER_MAC) + A + bytes(6) + B),
    ethernet(NOBODY, 0x0800, struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 1, 0, 64, 1, 0, A, B) + b"\x08\0" + bytes(6)),
]
NOT_COUNTED = [
    udp(destination, 500)
    for destination in (
        MAC,
        VIRTUAL_ROUTER,
        GUEST,
        TAPPED,
        "ff:ff:ff:ff:ff:ff",
        "01:00:5e:00:00:fb",
        "33:33:00:00:00:01",
    )
]


def test_exactly_the_frames_for_nobody_here_are_counted(cable: Cable) -> None:
    sampling = cable.start("flood_sample", interfaces=["eth0"], duration=20, packets=500, sampling=10000)
    # What the sampled host itself sends, for whomever, is no flood.
    cable.send([udp(NOBODY, 700, source=MAC)], 50, at=cable.there)
    frames = NOT_COUNTED + COUNTED
    cable.send(frames, 100 * len(frames), 2000)
    result = cable.finish(sampling)
    entry = cable.entry(result)
    assert (entry["frames"], entry["bytes"]) == (500, 100 * (sum(map(len, COUNTED)) - 4)), (
        "the kernel takes the tag off"
    )
    assert entry["verdict"] == "flood" and entry["dropped"] == entry["estimated"] == 0
    assert [sum(column) for column in zip(*entry["series"], strict=True)] == [entry["frames"], entry["bytes"]]
    assert entry["otherhost"] >= 300, "the kernel's own counter knows only IP"
    assert entry["talkers"]["rows"] == [
        f"- {SENDER_MAC} {NOBODY} 192.0.2.1 192.0.2.9 udp 1000 53 100 100000",
        f"- {SENDER_MAC} {NOBODY6} ::1 ::2 icmp6 128 0 100 6200",
        f"100 {SENDER_MAC} {NOBODY} 192.0.2.1 192.0.2.9 udp 2000 53 100 6000",
        f"- {SENDER_MAC} {NOBODY} 192.0.2.1 192.0.2.9 arp 1 0 100 4200",
        f"- {SENDER_MAC} {NOBODY} 192.0.2.1 192.0.2.9 icmp 8 0 100 4200",
    ]
    own = json.loads(result["ansible_facts"]["layer2_flood_sample"])["own_macs"]
    assert {MAC, VIRTUAL_ROUTER, GUEST} <= set(own)
    assert not cable.is_listening()


def test_further_own_macs_and_a_bound_of_packets(cable: Cable) -> None:
    started = cable.start(
        "flood_sample", interfaces=["eth0"], duration=20, packets=200, own_macs=[NOBODY.upper().replace(":", "-")]
    )
    cable.send([udp(NOBODY, 100), udp(NOBODY6, 100)], 2000)
    entry = cable.entry(cable.finish(started))
    assert 200 <= entry["frames"] <= 1000 and entry["seconds"] < 20
    assert {row.split()[2] for row in entry["talkers"]["rows"]} == {NOBODY6}


def test_killed_it_leaves_promiscuous_mode(cable: Cable) -> None:
    started = cable.start("flood_sample", interfaces=["eth0"], duration=60)
    assert cable.is_listening()
    os.kill(started.pid, signal.SIGKILL)
    started.communicate()
    assert wait_until(lambda: not cable.is_listening(), 5)


def test_lost_frames_are_counted_and_said(cable: Cable) -> None:
    # Stopped, it cannot empty its smallest ring (2 MiB, some 12,000 frames).
    started = cable.start("flood_sample", interfaces=["eth0"], duration=20, packets=20000, memory=1)
    os.kill(started.pid, signal.SIGSTOP)
    try:
        cable.send([udp(NOBODY, 800)], 20000, 0)
    finally:
        os.kill(started.pid, signal.SIGCONT)
    result = cable.finish(started)
    entry = cable.entry(result)
    assert entry["frames"] == 20000 and entry["dropped"] > 1000
    assert entry["estimated"] >= entry["dropped"] and entry["bytes"] == 20000 * 800
    assert any("dropped" in gap for gap in result["summary"]["gaps"])


def test_own_macs_that_are_too_many_for_the_kernels_filter(cable: Cable) -> None:
    many = [f"06:f1:00:d0:{number >> 8:02x}:{number & 255:02x}" for number in range(2000)]
    entry = cable.sample([udp(many[1999], 100), udp(many[0], 100), udp(NOBODY, 100)], 3000, own_macs=many)
    assert (entry["frames"], entry["bytes"]) == (1000, 100000)


def test_both_directions_of_a_conversation_may_be_a_mirror_port(cable: Cable) -> None:
    back = udp(NOBODY6, 400, source=NOBODY)
    started = cable.start("flood_sample", interfaces=["eth0"], duration=2.25, host="probe")
    cable.send([udp(NOBODY, 400, source=NOBODY6), back], 2000, 8000)
    text = cable.finish(started)["ansible_facts"]["layer2_flood_sample"]
    (entry,) = json.loads(text)["interfaces"]
    assert entry["verdict"] == "cannot_tell" and "mirror" in entry["reason"] and entry["frames"] == 2000
    verdict = flooding_causes([], [text])
    assert verdict["findings"] == [] and verdict["summary"]["interfaces_cannot_tell"] == 1
    (heard,) = verdict["coverage"]["listened"]
    assert {(pair["source"], pair["destination"]) for pair in heard["pairs"]} == {(NOBODY, NOBODY6), (NOBODY6, NOBODY)}
    assert "mirror" in heard["reason"] and heard["pairs"][0]["bits_per_second"] > 100_000


def test_a_macvlan_hears_only_its_own_and_says_so(cable: Cable) -> None:
    started = cable.start("flood_sample", interfaces=["vrrp7"], duration=1)
    entry = cable.entry(cable.finish(started))
    assert entry["verdict"] == "cannot_tell" and "macvlan" in entry["reason"]


def test_an_interface_of_a_container_is_sampled_from_outside(cable: Cable) -> None:
    name = f"netns:{cable.there}/eth0"
    started = cable.start("flood_sample", at=cable.here, interfaces=[name], duration=20, packets=300)
    cable.send([udp(NOBODY, 100), udp(VIRTUAL_ROUTER, 100)], 600)
    entry = cable.entry(cable.finish(started))
    assert (entry["netns"], entry["name"], entry["frames"], entry["verdict"]) == (
        f"netns:{cable.there}",
        "eth0",
        300,
        "flood",
    )
    assert entry["otherhost"] >= 300
    captured = cable.start(
        "packet_capture", at=cable.here, points=[{"interface": name}], packets=100, duration=20, host="h"
    )
    cable.send([udp(NOBODY, 100)], 200)
    (point,) = cable.finish(captured)["captures"]
    assert (point["point"], point["packets"], json.loads(point["document"])["netns"]) == (
        f"h:{name}",
        100,
        f"netns:{cable.there}",
    )


def test_an_interface_that_goes_down_cannot_be_told_quiet(cable: Cable) -> None:
    started = cable.start("flood_sample", interfaces=["eth0"], duration=3)
    cable.ip(cable.there, "link", "set", "eth0", "down")
    cable.ip(cable.there, "link", "set", "eth0", "up")
    entry = cable.entry(cable.finish(started))
    assert entry["verdict"] == "cannot_tell" and entry["reason"] == "eth0 went down while it was sampled"


# Sends a TCP segment of 10 * 1448 octets as the kernel itself hands it to a card: with the size to cut it to (struct
# virtio_net_hdr).
SUPER = """
import socket, struct, sys
channel = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
channel.setsockopt(263, 15, 1)
channel.bind(("eth0", 0))
head = bytes.fromhex(sys.argv[1])
for number in range(int(sys.argv[2])):
    channel.send(struct.pack("=BBHHHH", 1, 1, len(head), 1448, 34, 16) + head + bytes(14480))
"""
SEGMENTED = ethernet(NOBODY, 0x0800, struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + 14480, 1, 0, 64, 6, 0, A, B)
                     + struct.pack("!HHIIBBHHH", 40000, 80, 1, 1, 0x50, 16, 9000, 0, 0))


def test_super_frames_count_as_the_frames_they_are_on_a_wire(cable: Cable) -> None:
    sampling = cable.start("flood_sample", interfaces=["eth0"], duration=20, packets=1000, sampling=10000)
    run(["ip", "netns", "exec", cable.here, sys.executable, "-c", SUPER, SEGMENTED.hex(), "100"])
    entry = cable.entry(cable.finish(sampling))
    assert (entry["frames"], entry["bytes"]) == (1000, 1000 * (54 + 1448))
    assert entry["talkers"]["rows"] == [f"- {SENDER_MAC} {NOBODY} 192.0.2.1 192.0.2.9 tcp 40000 80 1000 {1000 * 1502}"]


def test_capture_from_a_common_moment_on(cable: Cable, tmp_path: Path) -> None:
    points = [
        {"interface": "eth0"},
        {"interface": "eth0", "name": "up/link", "filter": "ip6"},
        {"interface": "lo", "filter": "port 1"},
    ]
    for seconds in (3, 12, 48):
        start = time.time() + seconds
        started = cable.start(
            "packet_capture",
            points=points,
            filter="udp or arp",
            start_at=start,
            duration=seconds,
            dest=str(tmp_path),
            pcap=True,
            host="h",
        )
        cable.send([udp(NOBODY, 100)], 100)  # too early
        if time.time() < start:
            break
        cable.finish(started)  # a machine so busy that they came late: another try, with more room
    else:
        pytest.fail("what is too early could not be sent within 48 s")
    time.sleep(max(0.0, start + 0.3 - time.time()))
    cable.send(COUNTED, 500, 2000)
    result = cable.finish(started)
    assert [point["packets"] for point in result["captures"]] == [300, 100, 0]
    assert all(
        point["ended"] == "time" and point["dropped"] == 0 and point["gaps"] == [] for point in result["captures"]
    )
    assert all(abs(point["clock"]["stepped"]) < 0.01 for point in result["captures"])
    document = json.loads(Path(result["captures"][0]["path"]).read_text())
    assert abs(document["collected_at"] - start) < 0.2 * slowness()
    assert (document["host"], document["point"]) == ("h", "h:eth0")
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{name}.{kind}" for name in ("h:eth0", "up_link", "h:lo") for kind in ("json", "pcap")
    }
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    frames = Path(result["captures"][0]["pcap"]).read_bytes()
    assert frames.count(struct.pack("!HH", 0x8100, 100) + b"\x08\0") == 100, "the tag is back in its place"


def test_capture_ends_at_its_bounds_and_when_asked(cable: Cable) -> None:
    started = cable.start("packet_capture", points=[{"interface": "eth0"}], packets=123, duration=30)
    cable.send([udp(NOBODY, 100)], 2000)
    (point,) = cable.finish(started)["captures"]
    assert (point["packets"], point["ended"]) == (123, "packets")
    started = cable.start("packet_capture", points=[{"interface": "eth0"}], duration=30)
    cable.send([udp(NOBODY, 100)], 50)
    os.kill(started.pid, signal.SIGTERM)
    (point,) = cable.finish(started)["captures"]
    assert (point["packets"], point["ended"], cable.is_listening()) == (50, "asked", False)


@pytest.mark.parametrize(("module", "options"), [
    ("flood_sample", {"interfaces": ["eth0"]}), ("packet_capture", {"points": [{"interface": "eth0"}]}),
])
def test_without_root_it_refuses_with_the_hint(cable: Cable, module: str, options: dict[str, Any]) -> None:
    arguments = {"ANSIBLE_MODULE_ARGS": {"_ansible_remote_tmp": "/tmp", **options}}
    # The same user without the right: an unprivileged user may not read the interpreter that runs the tests.
    argv = [
        "ip",
        "netns",
        "exec",
        cable.there,
        "setpriv",
        "--bounding-set=-net_raw,-net_admin",
        "--inh-caps=-all",
        sys.executable,
        "-c",
        MODULE,
        module,
    ]
    path = os.pathsep.join([str(COLLECTIONS), *(entry for entry in sys.path if entry)])
    done = run([*argv, json.dumps(arguments)], check=False, env=dict(os.environ, PYTHONPATH=path))
    result = json.loads(done.stdout)
    assert result["failed"] and "needs root (CAP_NET_RAW)" in result["msg"] and "become: true" in result["msg"]
