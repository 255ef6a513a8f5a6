"""Incident 2: the flood at the bystanders, who causes it, both cures, what they have to survive, and everything that
can go wrong.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from . import fingerprint, flood, hosts, lab, paths, play, topology
from .conftest import Running
from .flood import CLIENT, DETECT, DROWNING, FIX, GATEWAY, RATE, SERVER, SPARED, VIP, Download
from .redirect import __file__ as redirect_script
from .system import run, stretched, wait_until

# The tests build on each other: one download, from the first look to the other cure.
QUIET = 0.001  # of the download: what may be left of a flood
BRIEF = (
    "-e",
    "flood_duration=2",
    "-e",
    "target=core:sw2:server:near2:near4",
)  # enough to judge, and quicker where a fault is tried
PROBED = {"policy_route_probe_from": ["core"], "policy_route_probe_ports": [flood.PORT]}
HASTY = {"policy_route_confirm_timeout": 8, "policy_route_revert_timeout": 25}
TIMERS = """
- name: Have the switches remember
  hosts: switches:realservers
  gather_facts: false
  roles:
    - role: netops.layer2.ageing_timers
      ageing_timers_ask_again: true
"""
ABSENT = f"""
- name: Take the policy route away
  hosts: server
  gather_facts: false
  tasks:
    - name: Take it away
      ansible.builtin.include_role:
        name: netops.layer2.policy_route
      vars:
        policy_route_state: absent
        policy_route_routes: [{{vip: {VIP}}}]
"""


@pytest.mark.parametrize(("old", "new", "told"), [
    ("learning_off: [sw1]", "learning_off: [sw9]", "hosts: core: switching: learning_off: no trunk to 'sw9'"),
    ("adjacency: {client: sw1}", "adjacency: {nobody: sw1}", "no host 'nobody' here"),
    ("  sw2:\n    manager: networkd", "  sw2:\n    manager: ifupdown", "only networkd's files are written for it"),
    ("- [core, sw2]", "- [core, sw7]", "switch 'sw7' is not defined"),
])
def test_a_switch_that_cannot_be_built_is_named(old: str, new: str, told: str) -> None:
    text = (topology.FOLDER / "incident2.yml").read_text()
    assert old in text
    with pytest.raises(topology.TopologyError) as caught:
        topology.parse("broken", text.replace(old, new))
    assert told in str(caught.value)


@pytest.fixture(scope="module")
def download(incident2: Running) -> Iterator[Download]:
    """The client's download, which goes on through all of this."""
    flood.offer(incident2.name)
    with flood.downloading(incident2.name) as running:
        yield running


def rates(incident2: Running, names: Sequence[str], seconds: float = 4) -> dict[str, float]:
    """What each of these hosts hears of others' traffic, as a share of the download."""
    return {name: heard.rate / RATE for name, heard in flood.hear(incident2.name, names, seconds).items()}


# A bystander whose MAC no switch has kept gets Ansible's own packets flooded, and on a busy machine enough of them.
OWN = {
    "match": "source.ip == '10.20.0.10' || destination.ip == '10.20.0.10'",
    "reason": "how the lab's controller reaches the hosts",
    "expires": "2999-12-31",
}


def options(folder: Path) -> tuple[str, ...]:
    """Where plans and reports of a run go, and what is no part of the incident."""
    own = json.dumps({"flood_exceptions": [OWN]})
    return ("-e", f"fix_directory={folder}", "-e", f"report_directory={folder}", "-e", own)


def uninterrupted(download: Download, before: flood.Progress, gap: float) -> None:
    """One connection all the time, never silent for longer than GAP seconds, and as fast as it should be."""
    now = download.now(before.at)
    assert now.connections == before.connections and now.gap < gap, f"{before} -> {now}"
    assert (now.bytes - before.bytes) / (now.at - before.at) > RATE * 0.9


def test_whoever_hangs_on_a_switch_that_does_not_hear_the_client_gets_the_whole_download(
    incident2: Running, download: Download
) -> None:
    assert flood.drowns(incident2.name), flood.hear(incident2.name, DROWNING, 2)
    before = download.now()
    heard = flood.hear(incident2.name, [*DROWNING, SPARED], 5)
    now = download.now()
    speed = (now.bytes - before.bytes) / (now.at - before.at)
    for name in DROWNING:
        assert abs(heard[name].rate / speed - 1) < 0.1, f"{heard[name]} of a download of {speed * 8 / 1e6:.2f} Mbit/s"
    assert heard[SPARED].rate < speed * QUIET, "SW1 hears the client's requests, and knows where it is"
    arp = hosts.inside(incident2.name, "server", ["ip", "neigh", "show", "to", CLIENT])
    assert "REACHABLE" in arp, "the real server knows the client all the time"


def test_a_switch_that_does_not_learn_floods_the_bystander_beside_the_client_too(
    incident2: Running, download: Download
) -> None:
    port = ["bridge", "-netns", paths.namespace(incident2.name, "sw1"), "link", "set", "dev", "client-eth0", "learning"]
    run([*port, "off"])
    try:
        assert flood.drowns(incident2.name, [SPARED])
    finally:
        run([*port, "on"])


def test_the_verdict_names_server_client_and_vip_and_who_drowns(
    incident2: Running, download: Download, tmp_path: Path
) -> None:
    found = play.play(incident2.name, DETECT, *options(tmp_path), "-e", "flood_duration=5")
    assert found.status == 2 and "flooding asymmetric_return" in found.message, found.text
    verdict = flood.verdict(tmp_path)
    (finding,) = [each for each in verdict["findings"] if each["status"] == "flooding" and "exception" not in each]
    client = incident2.topology.host("client")
    assert finding["cause"] == "asymmetric_return"
    assert (finding["source"]["host"], finding["source"]["ip"]) == ("server", VIP)
    assert (finding["destination"]["ip"], finding["destination"]["mac"]) == (CLIENT, client.nics[0].mac)
    assert finding["cure"] == {
        "role": "policy_route",
        "host": "server",
        "vip": VIP,
        "interface": "eth0",
        "gateway": GATEWAY,
    }
    got = {each["host"]: each["bits_per_second"] / 8 for each in finding["receivers"]}
    assert set(DROWNING) <= set(got) and SPARED not in got
    assert all(abs(got[name] / RATE - 1) < 0.1 for name in DROWNING), got
    assert sorted(path.suffix for path in tmp_path.glob("layer2-flooding.*")) == [
        ".csv",
        ".html",
        ".json",
        ".prom",
        ".txt",
    ]
    assert "<polyline" in (tmp_path / "layer2-flooding.html").read_text()


def test_check_mode_shows_the_plan_and_touches_nothing(incident2: Running, download: Download, tmp_path: Path) -> None:
    before = fingerprint.of_host(incident2.name, "server")
    checked = play.play(incident2.name, FIX, *options(tmp_path / "none"), *BRIEF, "--check", "--diff")
    assert checked.status == 0 and f"ROUTE  server: replies from {VIP} leave by {GATEWAY} on eth0" in checked.text, (
        checked.text
    )
    assert "Check mode: nothing was changed." in checked.text and not (tmp_path / "none").exists()
    assert sorted(set(fingerprint.of_host(incident2.name, "server")) ^ set(before)) == []


def test_a_gateway_that_does_not_forward_is_taken_back_by_the_host(
    incident2: Running, download: Download, tmp_path: Path
) -> None:
    wrong = {"fix_gateways": {"server": "10.20.0.54"}, **PROBED}
    told = ("-e", json.dumps({**wrong, **stretched(HASTY)}))
    failed = play.play(incident2.name, FIX, *options(tmp_path), *BRIEF, *told)
    assert failed.status == 2 and "Nothing was cured" in failed.text, failed.text
    # It answers ARP, and frames leave for it: only whoever uses the VIP sees that they do not come back.
    assert (
        "ok: [server] => (item=10.30.0.80)" in failed.text.partition("TASK [netops.layer2.policy_route : Prove it")[2]
    ), failed.text
    assert f"from core: port {flood.PORT}: " in failed.text and f"no answer to a ping of {VIP}" in failed.text, (
        failed.text
    )
    assert wait_until(lambda: "10.20.0.54" not in flood.way_back(incident2.name), 60, 1)
    assert VIP not in hosts.inside(incident2.name, "server", ["ip", "rule"])
    assert hosts.inside(incident2.name, "server", ["sh", "-c", "grep -rl 10.20.0.54 /etc/systemd || true"]) == ""
    assert download.goes_on()


def test_a_stranger_that_is_to_probe_is_named_before_anything_changes(
    incident2: Running, download: Download, tmp_path: Path
) -> None:
    stranger = json.dumps({"policy_route_probe_from": ["cleint"]})
    failed = play.play(incident2.name, FIX, *options(tmp_path), *BRIEF, "-e", stranger, "--check")
    assert failed.status == 2 and "policy_route_probe_from: cleint not in the inventory" in failed.text, failed.text


def test_a_controller_that_is_killed_leaves_a_host_that_takes_it_back(
    incident2: Running, download: Download, tmp_path: Path
) -> None:
    play.kill_at(
        incident2.name,
        "Prove it by the kernel",
        play.start(incident2.name, FIX, *options(tmp_path), *BRIEF, "-e", json.dumps(stretched(HASTY))),
    )
    assert flood.settled(incident2.name, cured=False), flood.way_back(incident2.name)
    assert VIP not in hosts.inside(incident2.name, "server", ["ip", "rule"])
    assert download.goes_on()


def test_the_cure_ends_the_flood_while_the_download_goes_on(
    incident2: Running, download: Download, tmp_path: Path
) -> None:
    assert flood.drowns(incident2.name)
    before = download.now()
    cured = play.play(incident2.name, FIX, *options(tmp_path), "-e", "flood_duration=4", "-e", json.dumps(PROBED))
    assert cured.status == 0 and f"CURED    server, {VIP}: " in cured.text, cured.text
    assert ": 0 new, 0 still there, 1 gone, 0 not checked again" in cured.text, (
        "the report from after says what became of that from before"
    )
    left = rates(incident2, DROWNING, 5)
    assert all(share < QUIET for share in left.values()), left
    uninterrupted(download, before, 2)
    assert set(cured.changed) <= {"core", "server"}, (
        "the server, and the plan on the controller, which the first host of the play keeps"
    )


def test_redirects_by_the_gateway_are_not_believed(incident2: Running, download: Download) -> None:
    def allow(value: int) -> None:
        names = [f"net.ipv4.conf.{name}.accept_redirects={value}" for name in ("all", "eth0")]
        hosts.inside(incident2.name, "server", ["sysctl", "-qw", *names])

    def told() -> str:
        run(
            [
                "ip",
                "netns",
                "exec",
                paths.namespace(incident2.name, "core"),
                sys.executable,
                redirect_script,
                GATEWAY,
                SERVER,
                VIP,
                CLIENT,
            ]
        )
        return flood.way_back(incident2.name)

    assert f"via {GATEWAY}" in told()
    allow(1)
    try:
        assert "redirected" in told() and f"via {GATEWAY}" not in flood.way_back(incident2.name), (
            "a host that believes them is undone"
        )
    finally:
        allow(0)
        hosts.inside(incident2.name, "server", ["ip", "route", "flush", "cache"])
    assert f"via {GATEWAY}" in told()


def test_a_second_run_changes_nothing(incident2: Running, download: Download, tmp_path: Path) -> None:
    again = play.play(incident2.name, FIX, *options(tmp_path), *BRIEF)
    assert (again.status, again.changed) == (0, {}), again.text
    assert "Nothing to do" in again.text


def test_the_cure_survives_a_link_that_was_down(incident2: Running, download: Download) -> None:
    hosts.inside(incident2.name, "server", ["sh", "-c", "ip link set eth0 down; sleep 1; ip link set eth0 up"])
    assert flood.settled(incident2.name, cured=True), flood.way_back(incident2.name)
    assert download.goes_on(40)
    left = rates(incident2, DROWNING)
    assert all(share < QUIET for share in left.values()), left


def test_the_cure_survives_a_reboot(incident2: Running, download: Download) -> None:
    lab.reboot(incident2.name, "server")
    assert flood.settled(incident2.name, cured=True), flood.way_back(incident2.name)
    assert download.goes_on(60)
    # While it was away, the switches forgot it as well: give them the time to hear it, and to forget the client.
    assert wait_until(lambda: all(share < QUIET for share in rates(incident2, DROWNING, 2).values()), 20)
    left = rates(incident2, DROWNING, 6)
    assert all(share < QUIET for share in left.values()), left


def test_a_vip_that_is_gone_meanwhile_is_named(incident2: Running, download: Download, tmp_path: Path) -> None:
    plan = {
        "schema": "netops.layer2/return-path-plan",
        "version": 1,
        "refused": [],
        "others": [],
        "steps": [
            {
                "host": "server",
                "interface": "eth0",
                "gateway": GATEWAY,
                "vips": [VIP],
                "clients": [CLIENT],
                "findings": [],
                "reason": "a test",
                "bits_per_second": 0.0,
                "receivers": [],
            }
        ],
    }
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    hosts.inside(incident2.name, "server", ["ip", "address", "del", f"{VIP}/32", "dev", "lo"])
    try:
        failed = play.play(incident2.name, FIX, *options(tmp_path), *BRIEF, "-e", f"fix_plan={tmp_path}/plan.json")
    finally:
        hosts.inside(incident2.name, "server", ["ip", "address", "replace", f"{VIP}/32", "dev", "lo"])
    assert failed.status == 2 and VIP in failed.text.split("Stop here")[-1], failed.text
    assert download.goes_on(40)


def test_the_other_cure_alone_ends_it_too(incident2: Running, download: Download, tmp_path: Path) -> None:
    for name, text in (("absent.yml", ABSENT), ("timers.yml", TIMERS)):
        (tmp_path / name).write_text(text)
    taken = play.play(incident2.name, tmp_path / "absent.yml")
    assert taken.status == 0 and flood.settled(incident2.name, cured=False), taken.text
    assert flood.drowns(incident2.name, patience=60), "without the policy route it is as it was"
    before = download.now()
    cured = play.play(incident2.name, tmp_path / "timers.yml")
    assert cured.status == 0 and set(cured.changed) == {"core", "sw2"}, cured.text
    left = rates(incident2, DROWNING, 6)
    assert all(share < QUIET for share in left.values()), left
    uninterrupted(download, before, 2)
    again = play.play(incident2.name, tmp_path / "timers.yml")
    assert (again.status, again.changed) == (0, {}), again.text
    assert "AgeingTimeSec=1800" in hosts.inside(incident2.name, "core", ["cat", "/etc/systemd/network/10-br0.netdev"])
    assert "Learning=yes" in hosts.inside(incident2.name, "core", ["cat", "/etc/systemd/network/30-to-sw1.network"])
