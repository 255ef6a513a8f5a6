"""arp_scan on a real segment: nobody missed, everybody judged right, nobody's cache touched by probes, refusals in
plain words.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from . import alone, segment
from .paths import COLLECTIONS, PACKAGE, PLAYBOOKS
from .segment import Segment
from .system import run, wait_until

FACTS = ["!all", "interfaces", "addresses", "neighbors", "routes", "sysctls"]
RESPONDERS, NETWORK = 40, "10.9.0.{}/24"
TWICE, PROXIED, VIP, FLUX, OUTSIDE, TWIN_MAC = (
    "10.9.0.50",
    "10.9.0.200",
    "10.9.0.60",
    "10.9.0.70",
    "10.9.0.90",
    "52:54:00:0c:1d:f5",
)
TWINS = ["10.9.0.95", "10.9.0.96"]
INVENTORY = ("vantage", "dup1", "hidden", "director", "real", "flux", "r1")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")


def build(made: Segment) -> None:
    """All that a segment can hold to confuse a scan."""
    made.add("vantage", NETWORK.format(250))
    segment.responders(made, RESPONDERS, NETWORK)
    made.add("dup1", f"{TWICE}/24")
    made.add("dup2", f"{TWICE}/24")
    made.add("outside", f"{OUTSIDE}/24", mac="00:25:90:12:34:56")
    for name, address in zip(("twin1", "twin2"), TWINS, strict=True):
        made.add(name, f"{address}/24", mac=TWIN_MAC)
    made.add("hidden", f"{PROXIED}/24")
    made.add("proxy", NETWORK.format(99))
    made.ip(
        "proxy",
        "link add far0 type veth peer name far1",
        "link set far0 up",
        "link set far1 up",
        "route add 10.9.0.192/27 dev far0",
    )
    made.set("proxy", eth0__proxy_arp=1, all__forwarding=1)
    made.run("proxy", "sysctl", "-qw", "net.ipv4.neigh.eth0.proxy_delay=0")
    made.add("director", NETWORK.format(61), f"{VIP}/32")
    made.add("real", NETWORK.format(62))
    made.ip("real", f"address add {VIP}/32 dev lo")
    made.set("real", all__arp_ignore=1, all__arp_announce=2)
    made.add("flux", f"{FLUX}/24")
    made.add("flux", NETWORK.format(71), nic="eth1")


@pytest.fixture(scope="module")
def world() -> Iterator[Segment]:
    with segment.running("scan") as made:
        build(made)
        wait_until(
            lambda: made.run("vantage", "ping", "-c1", "-W1", OUTSIDE, check=False).returncode == 0, 10, "the segment"
        )
        yield made


def module(world: Segment, machine: str, name: str, without: str = "", **arguments: Any) -> dict[str, Any]:
    """What a module answers inside a machine, without Ansible around it, and WITHOUT a capability."""
    lacking = ("setpriv", f"--bounding-set=-{without}") if without else ()
    done = world.run(machine, *lacking, sys.executable, "-c", alone.code(name, **arguments), check=False)
    assert "Traceback" not in done.stderr, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def play(
    world: Segment, tmp_path: Path, machine: str, module: str, *more: str, user: str = "", **arguments: Any
) -> dict[str, Any]:
    """What a task answers that runs inside a machine, with the controller's side of the module; its screen is in
    ``screen``.
    """
    task = {
        "name": "Ask",
        f"netops.layer2.{module}": {"host": machine, **arguments},
        "register": "answer",
        "ignore_errors": True,
    }
    out = tmp_path / "answer.json"
    keep = {"ansible.builtin.copy": {"content": "{{ answer | to_json }}", "dest": str(out)}, "check_mode": False}
    playbook = tmp_path / "play.yml"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task, keep]}]))
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "ANSIBLE_NOCOLOR": "1",
    }
    words = [
        sys.executable,
        "-m",
        "ansible.cli.playbook",
        "-c",
        "local",
        "-i",
        "localhost,",
        "-e",
        f"ansible_python_interpreter={sys.executable}",
    ]
    done = run([*world.inside(machine), *words, *more, playbook], env=environment, timeout=120, check=False)
    assert out.exists(), done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(out.read_text())
    return {**answer, "screen": done.stdout}


def scan(world: Segment, tmp_path: Path, *more: str, **arguments: Any) -> dict[str, Any]:
    """The document of a scan from the vantage."""
    options = {"rate": 2000, "ipv6": False, **arguments}
    answer = play(world, tmp_path, "vantage", "arp_scan", *more, **options)
    assert not answer.get("failed"), answer
    fact = "layer2_watch" if arguments.get("mode") == "watch" else "layer2_scan"
    return json.loads(answer["ansible_facts"][fact])


def replies(document: dict[str, Any], kind: str = "arp") -> set[tuple[str, str]]:
    """(address, MAC) of a kind."""
    rows = [row.split(" ") for row in document["replies"]["rows"]]
    return {(row[2], row[3]) for row in rows if row[4] == kind}


def lossy(world: Segment) -> list[str]:
    return [f"r{number}" for number in range(1, RESPONDERS + 1)] + ["dup1", "dup2"]


@pytest.fixture
def losses(world: Segment) -> Iterator[None]:
    world.lose(lossy(world), 20)
    yield
    world.lose(lossy(world), 0)


def test_nobody_is_missed_though_every_fifth_answer_is_lost(world: Segment, tmp_path: Path, losses: None) -> None:
    found = scan(world, tmp_path)
    assert {address for address, _mac in replies(found)} >= {
        NETWORK.format(number).split("/")[0] for number in range(1, RESPONDERS + 1)
    }
    probe = found["probes"][0]
    assert probe["loss"] > 0 and probe["rounds"] > 3 and probe["asked"] == 253
    # both of the two that have one address, though either answer can get lost
    assert {mac for address, mac in replies(found) if address == TWICE} == {world.mac("dup1"), world.mac("dup2")}


@pytest.fixture(scope="module")
def heard(world: Segment, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return scan(world, tmp_path_factory.mktemp("heard"), evidence=["arp", "icmp"])


@pytest.fixture(scope="module")
def snapshots(world: Segment, heard: dict[str, Any]) -> list[str]:
    """The snapshots of those in the inventory, after the scan."""
    return [
        module(world, name, "layer2_facts", host=name, gather_subset=FACTS)["ansible_facts"]["layer2_snapshot"]
        for name in INVENTORY
    ]


def test_everybody_is_judged_right(world: Segment, heard: dict[str, Any], snapshots: list[str]) -> None:
    from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._address_verdicts import ip_conflicts

    verdict = ip_conflicts(snapshots, scans=[heard], list_shared=True)
    found = {one["address"]: (one["status"], one["rule"]) for one in verdict["findings"]}
    assert found[TWICE] == ("conflict", "answered_twice"), verdict["findings"]
    assert found[PROXIED] == ("shared", "proxy_arp")
    assert found[VIP] == ("shared", "load_balancer_vip")
    assert [address for address, (status, _rule) in found.items() if status not in ("shared", "latent")] == [TWICE]
    # ARP flux: both NICs answered for both addresses, and that is one owner
    assert {mac for address, mac in replies(heard) if address == FLUX} == {world.mac("flux"), world.mac("flux", "eth1")}


def test_twins_outside_the_inventory_are_told_from_one_machine_with_two_addresses(
    heard: dict[str, Any], snapshots: list[str]
) -> None:
    from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

    told = {tuple(sorted(one["addresses"])): one["same"] for one in heard["machines"]}
    assert told[tuple(TWINS)] is False
    assert told["10.9.0.60", "10.9.0.61"] is True  # the director and its virtual IP
    findings = {
        one["mac"]: (one["status"], one["rule"]) for one in mac_collisions(snapshots, scans=[heard])["findings"]
    }
    assert findings[TWIN_MAC] == ("conflict", "told_apart")


def test_who_is_outside_the_inventory_is_named_with_vendor(
    world: Segment, heard: dict[str, Any], snapshots: list[str]
) -> None:
    from ansible_collections.netops.layer2.plugins.plugin_utils._scan._unknown import machines

    unknown = {one["mac"]: one for one in machines(snapshots, [heard])["unknown"]}
    assert unknown["00:25:90:12:34:56"]["addresses"] == [OUTSIDE]
    assert unknown["00:25:90:12:34:56"]["vendor"] == "Super Micro Computer, Inc."
    assert unknown[world.mac("dup2")]["held_by"] == ["dup1"]
    assert world.mac("r1") not in unknown


def arp_entries(world: Segment, machine: str) -> str:
    return world.ip(machine, "-4 neigh show")


def test_a_probe_touches_no_cache_and_an_ordinary_question_does(world: Segment, tmp_path: Path) -> None:
    world.ip("r7", "neigh flush all")
    found = scan(world, tmp_path, prefixes=["10.9.0.0/28"], probe=True, retries=2)
    assert ("10.9.0.7", world.mac("r7")) in replies(found) and found["probes"][0]["sender"] is None
    assert world.run("r7", "ip", "-4", "neigh", "show").stdout == ""
    scan(world, tmp_path, prefixes=["10.9.0.0/28"], retries=2)
    assert world.mac("vantage") in world.run("r7", "ip", "-4", "neigh", "show").stdout


TAGGED = """
import sys; sys.path.insert(0, {collections!r})
from ansible_collections.netops.layer2.plugins.module_utils._scan._wire import Wire
wire = Wire("eth0")
mac = bytes.fromhex(open("/sys/class/net/eth0/address").read().strip().replace(":", ""))
print("ready", flush=True)
while True:
    for frame in wire.receive(1):
        octets = frame.octets
        if frame.vlan == 7 and octets[12:14] == b"\\x08\\x06" and octets[38:42] == bytes([10, 7, 0, 9]):
            arp = b"\\0\\1\\x08\\0\\6\\4\\0\\2" + mac + octets[38:42] + octets[22:32]
            wire.send(octets[6:12] + mac + b"\\x81\\0\\0\\7\\x08\\x06" + arp)
"""


def test_a_vlan_of_the_trunk_is_scanned_with_tags(world: Segment, tmp_path: Path) -> None:
    # The kernel needs no VLAN of its own for that: somebody answers with tags.
    words = [*world.inside("r40"), sys.executable, "-c", TAGGED.format(collections=str(COLLECTIONS))]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as tagged:
        try:
            assert tagged.stdout is not None and tagged.stdout.readline() == b"ready\n"
            found = scan(world, tmp_path, interfaces=["eth0"], prefixes=["10.7.0.8/29"], vlan=7, probe=True)
        finally:
            tagged.terminate()
    assert [row.split(" ")[:5] for row in found["replies"]["rows"]] == [
        ["eth0", "7", "10.7.0.9", world.mac("r40"), "arp"]
    ]
    assert found["probes"][0]["vlan"] == 7


def test_ipv6_neighbours_answer(world: Segment, tmp_path: Path) -> None:
    found = scan(world, tmp_path, prefixes=["10.9.0.0/29"], ipv6=True)
    addresses = {address for address, _mac in replies(found, "na")}
    assert len([address for address in addresses if address.startswith("fe80::")]) >= RESPONDERS


def test_an_address_of_the_vantage_that_somebody_else_has_is_noticed(world: Segment, tmp_path: Path) -> None:
    world.ip("r9", f"address add {NETWORK.format(250)} dev eth0")
    try:
        found = scan(world, tmp_path, prefixes=["10.9.0.248/29"])
    finally:
        world.ip("r9", f"address del {NETWORK.format(250)} dev eth0")
    assert replies(found, "probe-conflict") == {("10.9.0.250", world.mac("r9"))}


ANNOUNCE = """
import socket, sys, time; sys.path.insert(0, {collections!r})
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _switch
channel = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); channel.bind(("eth0", 0))
mac = bytes.fromhex(_switch.read_mac("eth0").replace(":", ""))
while True:
    for frame in _switch.gratuitous_arp(mac, socket.inet_aton("10.9.0.33")): channel.send(frame)
    time.sleep(1)
"""


def test_watching_sees_who_announces_and_who_moves(world: Segment, tmp_path: Path) -> None:
    words = [sys.executable, "-c", ANNOUNCE.format(collections=str(COLLECTIONS))]
    announcers = [subprocess.Popen([*world.inside(name), *words]) for name in ("r33", "r34")]
    try:
        found = scan(world, tmp_path, mode="watch", duration=6)
    finally:
        for announcer in announcers:
            announcer.terminate()
            announcer.wait()
    both = {world.mac("r33"), world.mac("r34")}
    events = [event for event in found["events"] if event["address"] == "10.9.0.33"]
    assert {event["mac"] for event in events if event["kind"] == "gratuitous"} == both
    # It moves, and back: two have it at the same time. Which way first depends on when the listening begins.
    for kind in ("move", "conflict"):
        assert both in [{event["mac"], event["mac_before"]} for event in events if event["kind"] == kind]


def test_watching_sees_a_detection_of_duplicates_fail(world: Segment, tmp_path: Path) -> None:
    world.ip("r35", "address add 2001:db8::35/64 dev eth0 nodad")
    listening = {"mode": "watch", "interfaces": ["eth0"], "duration": 6}
    try:
        answer = while_it_works(world, "address add 2001:db8::35/64 dev eth0", machine="r36", **listening)
        refused = world.ip("r36", "address show dev eth0")
    finally:
        for machine in ("r35", "r36"):
            world.run(machine, "ip", "address", "del", "2001:db8::35/64", "dev", "eth0", check=False)
    assert "dadfailed" in refused
    (failed,) = [
        event
        for event in json.loads(answer["ansible_facts"]["layer2_watch"])["events"]
        if event["kind"] == "dad_failed"
    ]
    assert (failed["address"], failed["mac"], failed["mac_before"]) == (
        "2001:db8::35",
        world.mac("r36"),
        world.mac("r35"),
    )


def test_a_long_scan_shows_how_far_it_is_and_ends_as_one_document(world: Segment, tmp_path: Path) -> None:
    answer = play(world, tmp_path, "vantage", "arp_scan", rate=400, ipv6=False, slice=1, retries=2)
    assert "of 253 addresses asked" in answer["screen"] and "s to go" in answer["screen"]
    document = json.loads(answer["ansible_facts"]["layer2_scan"])
    assert [(probe["asked"], probe["prefix"]) for probe in document["probes"]] == [(253, "10.9.0.0/24")]
    assert answer["summary"]["answered"] >= RESPONDERS


def test_check_mode_sends_nothing_and_says_what_it_would_send(world: Segment, tmp_path: Path) -> None:
    sent = world.run("vantage", "cat", "/sys/class/net/eth0/statistics/tx_packets").stdout
    answer = play(world, tmp_path, "vantage", "arp_scan", "--check", ipv6=False)
    assert answer["plan"] == [
        "10.9.0.0/24 on eth0: 253 addresses from 10.9.0.250, at most 10 times each, 100 a second, 25 s at most"
    ]
    assert "ansible_facts" not in answer and "localhost: would ask 10.9.0.0/24 on eth0" in answer["screen"]
    after = world.run("vantage", "cat", "/sys/class/net/eth0/statistics/tx_packets").stdout
    assert int(after) - int(sent) <= 3  # the kernel's own


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"prefixes": ["203.0.113.0/24"]}, "not on-link"),
        ({"prefixes": ["10.9.0.0/16"]}, "not on-link"),
        ({"prefixes": ["10.0.0.0/8"]}, "more than max_addresses"),
        ({"interfaces": ["eth7"]}, "this host has no eth7"),
        ({"rate": 0}, "rate: 0 is not between 0.1 and 100000"),
        ({"timeout": "nan"}, "timeout: nan is not between"),
        ({"slice": "nan"}, "slice: nan is not between"),
        ({"mode": "watch", "duration": 0}, "duration: 0 is not between 1 and 86400"),
        ({"tell_apart": ["x"]}, "tell_apart: x is no row of a scan"),
    ],
)
def test_what_cannot_be_scanned_is_refused(world: Segment, arguments: dict[str, Any], said: str) -> None:
    answer = module(world, "vantage", "arp_scan", **{"ipv6": False, "max_addresses": 70000, **arguments})
    assert answer["failed"] and said in answer["msg"]


def while_it_works(world: Segment, *change: str, machine: str = "vantage", **arguments: Any) -> dict[str, Any]:
    """What the module answers at the vantage if a machine changes while it works."""
    started = subprocess.Popen(
        [*world.inside("vantage"), sys.executable, "-c", alone.code("arp_scan", **arguments)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert wait_until(lambda: _is_at_work(world), 60, 0.1), "the module opens a socket"
    time.sleep(1)
    world.ip(machine, *change)
    answer: dict[str, Any] = json.loads(started.communicate(timeout=60)[0])
    return answer


def _is_at_work(world: Segment) -> bool:
    """Whether the vantage has a packet socket on an interface other than the loopback (column 5 of /proc/net/packet,
    packet(7)).
    """
    rows = [line.split() for line in world.run("vantage", "cat", "/proc/net/packet").stdout.splitlines()[1:]]
    return any(row[4] not in ("0", "1") for row in rows)


@pytest.fixture
def spare(world: Segment) -> Iterator[str]:
    """A second interface of the vantage that can be done without."""
    world.ip(
        "vantage",
        "link add spare0 type veth peer name spare1",
        "link set spare0 up",
        "link set spare1 up",
        "address add 10.50.0.1/24 dev spare0",
    )
    wait_until(lambda: "LOWER_UP" in world.run("vantage", "ip", "link", "show", "spare0").stdout, 10, 0.1)
    yield "spare0"
    world.run("vantage", "ip", "link", "del", "spare0", check=False)


def test_an_interface_that_goes_away_is_a_gap_and_the_others_are_scanned(world: Segment, spare: str) -> None:
    there = {
        "interfaces": [spare, "eth0"],
        "prefixes": ["10.50.0.0/24", "10.9.0.0/27"],
        "ipv6": False,
        "rate": 50,
        "retries": 0,
        "slice": 0,
    }
    answer = while_it_works(world, f"link del {spare}", **there)
    document = json.loads(answer["ansible_facts"]["layer2_scan"])
    assert [(gap["item"], gap["reason"]) for gap in document["gaps"]] == [
        (spare, "spare0 went down meanwhile: what came after was not seen")
    ]
    assert len(replies(document)) >= 30


def test_a_cable_that_is_pulled_is_a_gap(world: Segment, spare: str) -> None:
    answer = while_it_works(world, "link set spare1 down", interfaces=[spare], ipv6=False, rate=100, retries=0, slice=0)
    assert answer["summary"]["gaps"] == ["scan: spare0 has lost its carrier"] and answer["summary"]["asked"] == 253


def test_watching_goes_on_where_another_interface_goes_down(world: Segment, spare: str) -> None:
    answer = while_it_works(world, f"link set {spare} down", mode="watch", interfaces=[spare, "eth0"], duration=4)
    assert answer["summary"]["seconds"] >= 4
    assert answer["summary"]["gaps"] == ["scan: spare0 went down meanwhile: what came after was not seen"]


def test_without_the_right_to_raw_frames_it_refuses_in_plain_words(world: Segment) -> None:
    # Without the one right, and not as another user: that one may not read a collection that lies in root's home.
    answer = module(world, "vantage", "arp_scan", without="net_raw")
    assert answer["failed"] and "only root may send and hear" in answer["msg"] and "become: true" in answer["msg"]


def test_the_scan_is_what_the_schema_says(heard: dict[str, Any]) -> None:
    import jsonschema

    schema = json.loads((PACKAGE.parents[1] / "docs" / "schemas" / "scan-v1.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(heard)


def test_the_playbook_scans_judges_and_lists_who_is_unknown(world: Segment, tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.yml"
    local = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "ansible_remote_tmp": str(tmp_path / "remote"),
    }
    inventory.write_text(json.dumps({"all": {"hosts": {"vantage": local}}}))
    chosen = {
        "detect_scan": True,
        "layer2_become": False,
        "snapshot_gather_subset": FACTS,
        "snapshot_scan_vantages": {"vantage": ["eth0"]},
        "snapshot_scan_rate": 2000,
        "snapshot_scan_watch": 2,
        "snapshot_scan_evidence": ["arp"],
        "report_directory": str(tmp_path / "report"),
    }
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "ANSIBLE_NOCOLOR": "1",
    }
    words = [
        sys.executable,
        "-m",
        "ansible.cli.playbook",
        "-i",
        inventory,
        "-e",
        json.dumps(chosen),
        PLAYBOOKS / "detect_dup_mac.yml",
    ]
    tried = run([*world.inside("vantage"), *words, "--check"], env=environment, timeout=170, check=False)
    assert "check mode: nothing was sent; would ask" in tried.stdout and "UNKNOWN" not in tried.stdout, (
        tried.stdout + tried.stderr
    )
    assert "nothing missing" not in tried.stdout and not (tmp_path / "report").exists()
    done = run([*world.inside("vantage"), *words], env=environment, timeout=170, check=False)
    assert "UNKNOWN" in done.stdout and "00:25:90:12:34:56  Super Micro Computer" in done.stdout, (
        done.stdout + done.stderr
    )
    assert f"CONFLICT  {TWIN_MAC}" in done.stdout and done.returncode == 2
    report = json.loads((tmp_path / "report" / "layer2-report.json").read_text())
    assert TWICE in {address for one in report["machines"]["unknown"] for address in one["addresses"]}
    addresses = json.loads((tmp_path / "report" / "layer2-addresses.json").read_text())
    # Neither of the two is in this inventory, so they could be one machine with two NICs.
    assert {one["address"]: one["status"] for one in addresses["verdict"]["findings"]}[TWICE] == "suspected"
