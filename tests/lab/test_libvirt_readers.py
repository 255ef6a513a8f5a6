"""The three readers of libvirt on a real libvirtd with real guests, in namespaces of its own: no booted lab, only its
image.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from .private_libvirt import Host, bridged, domain, libvirtd, on_network
from .system import slowness

# Debian releases whose libvirt is read; others than the first have an image of their own to build, so they are asked
# for.
RELEASES = os.environ.get("LAYER2_LIBVIRT_RELEASES", "bookworm").split()
RUNNING = "11111111-2222-3333-4444-555555555501"
READERS = ("read_guests", "virsh", "files")

# Runs inside, with the image's Python: one adapter by name, its records as JSON.
READ = """
import json, os, sys, time
sys.path.insert(0, "/collections")
from ansible_collections.netops.layer2.plugins.module_utils._guests import _libvirt
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner
runner = Runner(float(sys.argv[2]))
if len(sys.argv) > 3:
    os.setgid(int(sys.argv[3])), os.setuid(int(sys.argv[3]))
adapters = {
    "binding": lambda: _libvirt.records(_libvirt._from_binding(_libvirt._binding())),
    "virsh": lambda: _libvirt.records(_libvirt.from_virsh(runner)),
    "files": lambda: _libvirt.records(_libvirt._from_files(runner)),
    "read_guests": lambda: _libvirt.read_guests(runner),
}
started = time.time()
try:
    found = adapters[sys.argv[1]]()
except ReadError as error:
    found = [None, None, [{"reason": error.reason, "hint": error.hint}]]
print(json.dumps([*found, time.time() - started]))
"""


def read(
    host: Host, adapter: str, timeout: float = 20.0, user: int | None = None
) -> tuple[Any, list[dict[str, str]], float]:
    """Guests, gaps and seconds of one adapter."""
    guests, _reservations, gaps, seconds = read_all(host, adapter, timeout, user)
    return guests, gaps, seconds


def read_all(host: Host, adapter: str, timeout: float = 20.0, user: int | None = None) -> list[Any]:
    words = ["python3", "-c", READ, adapter, str(timeout)]
    return json.loads(host.run(*words, *([str(user)] if user else [])))


NETWORKS = (
    (
        "<network><name>default</name><bridge name='virbr9'/><ip address='10.8.0.1' netmask='255.255.255.0'><dhcp><host"
        " mac='52:54:00:BB:00:02' name='web' ip='10.8.0.10'/><host name='nomac' ip='10.8.0.11'/></dhcp></ip></network>"
    ),
    "<network><name>bridged</name><forward mode='bridge'/><bridge name='br-guests'/></network>",
    "<network><name>macvtaps</name><forward mode='bridge'><interface dev='veth-a'/></forward></network>",
)
NAMES = ("<script>alert(1)<_script>", "g\u00e4st-\u5ba2-\U0001f642", "l" * 60, "a b; list; $(id) \"q\" 's'")
DIRECT = "<interface type='direct'><mac address='52:54:00:bb:00:03'/><source dev='veth-a' mode='bridge'/></interface>"
USER = "<interface type='user'><mac address='52:54:00:bb:00:04'/></interface>"
SNAPSHOT = (
    "<domainsnapshot><name>{name}</name><creationTime>1500000000</creationTime><state>shutoff</state>"
    "{domain}</domainsnapshot>"
)


@pytest.fixture(scope="module", params=RELEASES)
def host(request: pytest.FixtureRequest, able: None) -> Iterator[Host]:
    with libvirtd(request.param) as made:
        for network in NETWORKS:
            made.define("net-define", network)
            made.virsh("net-start", network.split("name>")[1].split("<")[0])
        define_running(made)
        define_twin(made)
        made.define("define", domain("saved", bridged("52:54:00:ee:00:01")))
        made.virsh("start", "saved")
        made.virsh("managedsave", "saved")
        made.define("create", domain("transient", bridged("52:54:00:ee:00:02")))
        made.virsh("suspend", "transient")
        for name in NAMES:
            made.define("define", domain(name, USER.replace("bb", "cc"), more="<title>]]&gt; &amp;lt;</title>"))
        yield made


def define_running(made: Host) -> None:
    """A guest with a NIC of each kind that can run here; then one NIC's definition gets another MAC, and one is taken
    away.
    """
    nics = bridged("52:54:00:0c:1d:f5") + on_network("52:54:00:bb:00:02", "default") + DIRECT + USER
    made.define("define", domain("running", nics + on_network("52:54:00:bb:00:05", "macvtaps"), RUNNING))
    made.virsh("start", "running")
    inactive = made.virsh("dumpxml", "--inactive", "running")
    made.define("define", inactive.replace("52:54:00:bb:00:02", "52:54:00:bb:99:02"))
    made.virsh("detach-interface", "running", "user", "--mac", "52:54:00:bb:00:04", "--config")


def define_twin(made: Host) -> None:
    """A shut-off guest with the running one's MAC, twice, and two snapshots."""
    made.define("define", domain("twin", bridged("52:54:00:0c:1d:f5") * 2 + on_network("52:54:00:bb:00:06", "bridged")))
    made.virsh("autostart", "twin")
    for number, name in enumerate(("s1", "s &lt;2&gt;; 'q' -x")):
        definition = made.virsh("dumpxml", "--inactive", "twin").replace("bb:00:06", f"bb:0{number}:06")
        snapshot = SNAPSHOT.format(name=name, domain=definition)
        made.define("snapshot-create twin --redefine --xmlfile", snapshot)


def by_name(guests: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Guests without the age of their definitions, which is read beside the adapters."""
    return {guest["name"]: {key: value for key, value in guest.items() if key != "defined"} for guest in guests}


@pytest.fixture(scope="module")
def guests(host: Host) -> dict[str, dict[str, Any]]:
    found, gaps, _seconds = read(host, "virsh")
    assert gaps == []
    return by_name(found)


def test_every_guest_is_there_under_its_own_name(guests):
    assert sorted(guests) == sorted(["running", "twin", "saved", "transient", *NAMES])


@pytest.mark.parametrize("adapter", ["binding", "files", "read_guests"])
def test_all_readers_say_the_same_as_virsh(host, guests, adapter):
    found, gaps, _seconds = read(host, adapter)
    assert gaps == []
    assert by_name(found) == guests


def test_a_definitions_age_is_that_of_its_file(host, guests):
    found, _gaps, _seconds = read(host, "read_guests")
    ages = {guest["name"]: guest.get("defined") for guest in found}
    assert ages["transient"] is None
    assert ages["twin"] == pytest.approx(float(host.run("stat", "-c", "%.Y", "/etc/libvirt/qemu/twin.xml")), abs=0.01)
    assert all(ages[name] > 1.5e9 for name in NAMES)


STATES = {  # state, persistent, autostart, managed save, snapshots
    "running": ("running", True, False, False, 0), "twin": ("shut off", True, True, False, 2),
    "saved": ("shut off", True, False, True, 0), "transient": ("paused", False, False, False, 0),
    NAMES[0]: ("shut off", True, False, False, 0),
}


@pytest.mark.parametrize("name", list(STATES))
def test_state_and_what_hinders_a_change(guests, name):
    guest = guests[name]
    assert (
        tuple(guest[key] for key in ("state", "persistent", "autostart", "managed_save", "snapshots")) == STATES[name]
    )


def test_snapshots_tell_which_macs_they_would_bring_back(guests):
    assert guests["twin"]["snapshot_macs"] == ["52:54:00:0c:1d:f5", "52:54:00:bb:00:06", "52:54:00:bb:01:06"]
    assert "snapshot_macs" not in guests["running"]


@pytest.mark.parametrize("adapter", ["virsh", "binding", "files", "read_guests"])
def test_reservations_are_read_by_each_reader(host, adapter):
    _guests, reservations, _gaps, _seconds = read_all(host, adapter)
    assert reservations == [{"network": "default", "mac": "52:54:00:bb:00:02", "name": "web", "address": "10.8.0.10"}]


NICS = {  # type, source, bridge, live MAC, persistent MAC
    "running": [
        ("bridge", "br-guests", "br-guests", "52:54:00:0c:1d:f5", "52:54:00:0c:1d:f5"),
        ("network", "default", "virbr9", "52:54:00:bb:00:02", "52:54:00:bb:99:02"),
        ("direct", "veth-a", None, "52:54:00:bb:00:03", "52:54:00:bb:00:03"),
        ("user", None, None, "52:54:00:bb:00:04", None),
        ("direct", "veth-a", None, "52:54:00:bb:00:05", "52:54:00:bb:00:05"),
    ],
    "twin": [
        ("bridge", "br-guests", "br-guests", None, "52:54:00:0c:1d:f5"),
        ("bridge", "br-guests", "br-guests", None, "52:54:00:0c:1d:f5"),
        ("network", "bridged", "br-guests", None, "52:54:00:bb:00:06"),
    ],
    "transient": [("bridge", "br-guests", "br-guests", "52:54:00:ee:00:02", None)],
}


@pytest.mark.parametrize("name", list(NICS))
def test_nics_as_they_run_and_as_they_are_defined(guests, name):
    found = [
        tuple(nic.get(key) for key in ("type", "source", "bridge", "live_mac", "persistent_mac"))
        for nic in guests[name]["nics"]
    ]
    assert found == NICS[name]


def test_a_running_nic_names_a_tap_that_exists(host, guests):
    taps = [nic["tap"] for nic in guests["running"]["nics"] if nic["type"] != "user"]
    links = {link["ifname"] for link in json.loads(host.run("ip", "-j", "link"))}
    assert len(taps) == 4
    assert set(taps) <= links


def test_a_user_without_rights_reads_the_same_through_the_daemon(host, guests):
    found, gaps, _seconds = read(host, "read_guests", user=65534)
    assert (gaps, by_name(found)) == ([], guests)


def test_reading_leaves_no_trace(host, guests):
    before = host.run(
        "find", "/etc/libvirt", "/var/lib/libvirt", "/run/libvirt", "-newermt", "2000-01-01", "-printf", "%p %T@ %s\n"
    )
    read(host, "read_guests")
    after = host.run(
        "find", "/etc/libvirt", "/var/lib/libvirt", "/run/libvirt", "-newermt", "2000-01-01", "-printf", "%p %T@ %s\n"
    )
    assert (before, bool(guests)) == (after, True)


def test_a_hung_daemon_becomes_a_gap_and_its_files_answer(host, guests):
    pid = host.run("cat", "/run/libvirtd.pid").strip()
    host.run("kill", "-STOP", pid)
    try:
        found, gaps, seconds = read(host, "read_guests", timeout=2)
    finally:
        host.run("kill", "-CONT", pid)
    assert seconds < 6 * slowness()
    assert by_name(found) == guests
    assert len(gaps) == 1
    assert "2 s" in gaps[0]["reason"] and "files" in gaps[0]["reason"] and gaps[0]["hint"]


@pytest.mark.usefixtures("able")
def test_300_guests_are_read_by_each_reader_in_a_time_that_grows_with_them():
    with libvirtd(RELEASES[0]) as made:
        define(made, range(30))
        few = {adapter: least_seconds(made, adapter, 30) for adapter in READERS}
        define(made, range(30, 300))
        many = {adapter: least_seconds(made, adapter, 300) for adapter in READERS}
    # Ten times the guests, the square of which would be a hundred times; other programs may take a part of it.
    assert not {adapter: (few[adapter], many[adapter]) for adapter in READERS if many[adapter] > 40 * few[adapter]}


def define(made, numbers):
    """Define guests of four NICs each, as many as there are NUMBERS."""
    texts = {
        number: domain(
            f"g{number}",
            "".join(bridged(f"52:54:{nic:02x}:01:{number >> 8:02x}:{number & 255:02x}") for nic in range(4)),
        )
        for number in numbers
    }
    write = (
        "import json, sys; [open(f'/run/g{number}.xml', 'w').write(text) for number, text in"
        " json.load(sys.stdin).items()]"
    )
    made.run("python3", "-c", write, given=json.dumps(texts))
    made.virsh("; ".join(f"define /run/g{number}.xml" for number in numbers))


def least_seconds(made, adapter, count):
    """The least of three: what another program takes of the machine makes a reading longer, and none shorter."""
    taken = []
    for _round in range(3):
        found, gaps, seconds = read(made, adapter)
        assert (len(found), gaps, sum(len(guest["nics"]) for guest in found)) == (count, [], 4 * count)
        taken.append(seconds)
    return min(taken)


def test_a_dead_daemon_leaves_its_files_to_root_and_nothing_to_others(host, guests):
    host.run("sh", "-c", "kill $(cat /run/libvirtd.pid); while virsh -q -r list >/dev/null 2>&1; do sleep 0.2; done")
    found, gaps, _seconds = read(host, "read_guests")
    assert by_name(found) == guests
    assert [("files" in gap["reason"], "systemctl" in gap["hint"]) for gap in gaps] == [(True, True)]
    found, gaps, _seconds = read(host, "read_guests", user=65534)
    assert found is None
    assert "permission denied" in gaps[0]["reason"] and "become" in gaps[0]["hint"]
