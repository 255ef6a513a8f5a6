"""Where to capture, found in snapshots; plans laid over captures; the verdict in words for each kind of trouble."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import Capture, TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._correlation import correlated
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._plan import applied
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._points import plan
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._words import judged

from .capture_builders import CLIENT, GUEST, GUEST_MAC, NS, capture, conversation, ethernet, ipv4, talk, tcp, through

MAC = "52:54:00:0c:1d:f5"


def snapshot(host: str, **parts: Any) -> dict[str, Any]:
    """A snapshot with what matters here."""
    rows = [f"- eth0 {address} {mac} REACHABLE -" for address, mac in parts.pop("neighbours", {}).items()]
    return {
        "schema": "netops.layer2/snapshot",
        "version": 1,
        "host": host,
        "neighbors": {"columns": [], "rows": rows},
        **parts,
    }


def nic(name: str, mac: str, *addresses: str, **more: Any) -> dict[str, Any]:
    """An interface."""
    return {
        "name": name,
        "mac": mac,
        "up": True,
        "addresses": [{"address": address, "prefix": 24} for address in addresses],
        **more,
    }


def hypervisor(name: str, number: int, *guests: tuple[str, str, str], bridge_address: str = "") -> dict[str, Any]:
    """A hypervisor: eth0 in br0, and its guests' taps: (name, tap, MAC)."""
    mac = f"02:00:00:00:01:{number:02x}"
    own = [nic("eth0", mac, master="br0"), nic("br0", mac, *filter(None, [bridge_address]), kind="bridge")]
    taps = [nic(tap, "fe" + guest_mac[2:], kind="tun") for _name, tap, guest_mac in guests]
    return snapshot(
        name,
        interfaces=own + taps,
        bridges=[{"name": "br0", "ports": [*(tap for _name, tap, _mac in guests), "eth0"]}],
        guests=[
            {"name": guest, "state": "running", "nics": [{"mac": own_mac, "tap": tap, "bridge": "br0"}]}
            for guest, tap, own_mac in guests
        ],
    )


CLIENT_HOST = snapshot("client", interfaces=[nic("eth0", "02:00:00:00:00:21", CLIENT)], neighbours={GUEST: MAC})


def points(made: dict[str, Any]) -> list[str]:
    return [row["point"] for row in made["points"]]


def test_client_uplink_tap_and_the_twin_beside() -> None:
    fleet = [hypervisor("hv1", 1, ("vm30", "vnet0", MAC)), CLIENT_HOST, hypervisor("hv2", 2, ("vm25", "vnet7", MAC))]
    made = plan(fleet, CLIENT, GUEST)
    assert points(made) == ["client:eth0", "hv1:eth0", "hv1:vnet0", "hv2:eth0", "hv2:vnet7"]
    assert [row["branch"] for row in made["points"]] == ["client", "hv1/vm30", "hv1/vm30", "hv2/vm25", "hv2/vm25"]
    assert made["captures"]["hv2"] == [
        {"interface": "eth0", "name": "hv2:eth0"},
        {"interface": "vnet7", "name": "hv2:vnet7"},
    ]
    assert (
        made["filter"]
        == f"(host {CLIENT} and host {GUEST}) or (arp and ether src 02:00:00:00:00:21) or (ether src {MAC})"
    )
    assert made["ends"]["destination"] == {"address": GUEST, "macs": [MAC]}


def test_the_way_back_is_the_same_turned_round() -> None:
    fleet = [hypervisor("hv1", 1, ("vm30", "vnet0", MAC)), CLIENT_HOST]
    assert points(plan(fleet, GUEST, CLIENT)) == ["hv1:vnet0", "hv1:eth0", "client:eth0"]


def test_a_guest_that_is_a_host_is_captured_inside_too() -> None:
    inside = snapshot("vm30", interfaces=[nic("ens3", MAC, GUEST)])
    made = plan([hypervisor("hv1", 1, ("vm30", "vnet0", MAC)), CLIENT_HOST, inside], CLIENT, GUEST)
    assert points(made) == ["client:eth0", "hv1:eth0", "hv1:vnet0", "vm30:ens3"]
    assert {row["branch"] for row in made["points"] if row["end"] == "destination"} == {"vm30"}


def test_two_guests_of_one_bridge_do_not_pass_its_uplink() -> None:
    other = "52:54:00:00:00:31"
    fleet = [
        hypervisor("hv1", 1, ("vm30", "vnet0", MAC), ("vm31", "vnet1", other)),
        snapshot("x", interfaces=[], neighbours={GUEST: MAC, "192.0.2.31": other}),
    ]
    assert points(plan(fleet, "192.0.2.31", GUEST)) == ["hv1:vnet1", "hv1:vnet0"]


def test_a_hypervisor_is_captured_at_its_uplink() -> None:
    made = plan([hypervisor("hv1", 1, bridge_address="192.0.2.216"), CLIENT_HOST], CLIENT, "192.0.2.216")
    assert points(made) == ["client:eth0", "hv1:eth0"]


def test_a_cable_to_a_guests_firewall_is_no_uplink() -> None:
    """Proxmox: tap100i0 - fwbr100i0 - fwln100i0 = fwpr100p0 - vmbr0."""
    site = hypervisor("pve1", 1, ("web", "tap100i0", MAC))
    site["interfaces"].append(nic("fwpr100p0", "02:00:00:00:00:99", kind="veth", master="br0"))
    site["bridges"][0]["ports"] = ["fwpr100p0"]
    assert points(plan([site, CLIENT_HOST], CLIENT, GUEST)) == ["client:eth0", "pve1:tap100i0"]
    site["bridges"][0]["ports"].append("eth0")
    assert points(plan([site, CLIENT_HOST], CLIENT, GUEST)) == ["client:eth0", "pve1:eth0", "pve1:tap100i0"]


def test_points_that_somebody_names_are_taken_as_they_are() -> None:
    rows = [
        {"host": "a", "interface": "eth0"},
        {"host": "b", "interface": "bond0", "label": "the core's side", "beside": True},
    ]
    made = plan([], "", "", rows)
    assert points(made) == ["a:eth0", "b:bond0"]
    assert (made["points"][1]["label"], made["filter"]) == ("the core's side", "")
    assert plan([], CLIENT, GUEST, rows)["filter"] == f"host {CLIENT} and host {GUEST}"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("client", GUEST), "source: 'client' does not appear to be an IPv4 or IPv6 address; give an IP address"),
        (
            (CLIENT, "192.0.2.99"),
            (
                "destination: 192.0.2.99 is held by no host that was read, and by no guest with a tap on one; read its"
                " host"
            ),
        ),
        ((CLIENT, GUEST), f"destination: {GUEST} \\(seen behind {MAC}\\) is held by no host"),
        (("", "", "x"), "points: str is no list"),
        (("", "", [{"host": "a"}]), r"points\[0\]: a mapping with host and interface is expected"),
    ],
)
def test_what_cannot_be_found_is_said(arguments: tuple[Any, ...], problem: str) -> None:
    with pytest.raises(TraceError, match=problem):
        plan([CLIENT_HOST], *arguments)


def test_snapshots_of_another_kind_are_named() -> None:
    with pytest.raises(TraceError, match=r"not read: a: schema: is x, not netops\.layer2/snapshot"):
        plan([{"schema": "x", "version": 1, "host": "a"}], "192.0.2.1", "192.0.2.2")


def rows(*given: tuple[str, str, str, str]) -> list[dict[str, str]]:
    """Rows of a plan: (point, branch, sends, label)."""
    return [
        {
            "point": point,
            "host": point.partition(":")[0],
            "label": label,
            "end": "destination",
            "branch": branch,
            "address": GUEST,
            "sends": sends,
            "mac": MAC,
        }
        for point, branch, sends, label in given
    ]


def test_a_damaged_snapshot_does_not_hide_the_others() -> None:
    broken = [
        {**snapshot("b1"), "interfaces": 5},
        {**snapshot("b2"), "neighbors": {"rows": ["x"]}},
        {**snapshot("b3"), "version": 9},
        "{",
    ]
    fleet = [hypervisor("hv1", 1, ("vm30", "vnet0", MAC)), *broken, CLIENT_HOST]
    assert points(plan(fleet, CLIENT, GUEST)) == ["client:eth0", "hv1:eth0", "hv1:vnet0"]
    with pytest.raises(TraceError, match=r"not read: snapshots\[1\]: its snapshot is damaged"):
        plan([CLIENT_HOST, *broken], CLIENT, "192.0.2.99")


PLAN = [
    {"point": "client:eth0", "host": "client", "label": "client's eth0"},
    *rows(
        ("hv2:vnet7", "hv2/vm25", "in", "the tap of vm25 on hv2"),
        ("hv1:vnet0", "hv1/vm30", "in", "the tap of vm30 on hv1"),
    ),
]


def astray() -> list[Capture]:
    """Three of ten requests go to the twin; both guests send."""
    there, back = talk(10)
    forward = through(there, [100_000], {2: 0, 5: 0, 8: 0})
    backward = through([pair for at, pair in enumerate(back) if at not in (2, 5, 8)], [100_000], seed=2)[::-1]
    others = [
        (at * NS // 10, ethernet(ipv4(tcp(), "192.0.2.25", "192.0.2.51", identifier=at), GUEST_MAC)) for at in range(4)
    ]
    twin = sorted([(there[at][0] + 130_000, there[at][1]) for at in (2, 5, 8)] + others)
    return [
        capture("client:eth0", sorted(forward[0] + backward[0])),
        capture("hv1:vnet0", sorted(forward[1] + backward[1])),
        capture("hv2:vnet7", twin),
    ]


def test_the_path_takes_the_branch_that_sends_with_the_address() -> None:
    made = applied(astray(), PLAN, {})
    assert (made.beside, [one.point for one in made.captures]) == (
        ["hv2:vnet7"],
        ["client:eth0", "hv2:vnet7", "hv1:vnet0"],
    )
    (rival,) = made.rivals
    assert (rival.mac, rival.one, rival.other) == (MAC, "hv1/vm30", "hv2/vm25")
    assert (rival.one_sends, rival.other_sends) == ((GUEST,), ("192.0.2.25",))


def test_the_verdict_names_the_twin() -> None:
    made = applied(astray(), PLAN, {})
    verdict = judged(correlated(made.captures, made.beside, [CLIENT], [GUEST]), made.labels, made.rivals)
    assert verdict.status == "astray"
    assert (
        verdict.sentence
        == f"Frames for {GUEST} leave client's eth0, but 30 % (3 of 10) arrive at the tap of vm25 on hv2 to {MAC}"
        " instead of at the tap of vm30 on hv1."
    )
    assert (
        f"hv1/vm30, which sends as {GUEST}, and hv2/vm25, which sends as 192.0.2.25, both have the MAC {MAC}."
        in verdict.evidence
    )


@pytest.mark.parametrize(("at_tap", "named"), [(20, "t:tap"), (19, "t:tap"), (18, "t:tap"), (17, "t:up")])
def test_of_two_points_that_saw_the_strays_the_one_farther_in_is_named(at_tap: int, named: str) -> None:
    """A tap that began to capture a moment after its host's uplink misses a few."""
    there, back = talk(30)
    forward = through(there, [100_000], dict.fromkeys(range(20), 0))
    backward = through(back, [100_000], seed=2)[::-1]
    points = [
        capture("a:0", sorted(forward[0] + backward[0])),
        capture("b:0", sorted(forward[1] + backward[1])),
        capture("t:up", there[:20]),
        capture("t:tap", there[20 - at_tap : 20]),
    ]
    sentence = judged(correlated(points, ["t:up", "t:tap"], [CLIENT], [GUEST]), {}).sentence
    seen = at_tap if named == "t:tap" else 20
    assert f"({seen} of 30) arrive at {named} to {MAC} instead of at b:0." in sentence, sentence


def test_a_point_without_a_capture_is_a_gap_with_the_hosts_reason() -> None:
    made = applied(astray()[:2], PLAN, {"hv2": "Permission denied"})
    assert [(gap["point"], gap["reason"]) for gap in made.gaps] == [
        ("hv2:vnet7", "no capture came back: Permission denied")
    ]


def words(captures: list[Capture], **labels: str) -> tuple[str, str]:
    """Status and sentence."""
    verdict = judged(correlated(captures, [], [CLIENT], [GUEST]), labels)
    return verdict.status, verdict.sentence


def test_every_kind_of_verdict() -> None:
    there, back = talk(10)
    one, two = through(there, [100_000])
    assert words(conversation(10, [100_000], [0, 0]))[0] == "clean"
    assert words(conversation(10, [100_000], [0, 0], {1: 0})) == (
        "loss", f"Frames for {GUEST} leave h0:eth0, but 10 % (1 of 10) never arrive at h1:eth0.")
    assert words([capture("a:0", one), capture("b:0", two)]) == (
        "unanswered", f"All 10 packets for {GUEST} arrive at b:0, and nothing comes back.")
    assert words([capture("a:0", []), capture("b:0", [])])[0] == "nothing_seen"
    strangers = [(0, ethernet(ipv4(tcp(), "198.51.100.1", "198.51.100.2")))]
    assert words([capture("a:0", strangers), capture("b:0", strangers)])[1].startswith(
        "None of the 2 packets captured goes between the two ends"
    )
    late = [*two[:9], (two[9][0] + 2 * NS, two[9][1])]
    answers = through(back, [100_000], seed=2)
    status, sentence = words([capture("a:0", sorted(one + answers[1])), capture("b:0", sorted(late + answers[0]))])
    assert status == "late" and f"those for {GUEST} take up to 2.0 s between a:0 and b:0" in sentence


def test_drops_of_the_capture_itself_are_no_verdict_on_the_network() -> None:
    first, second = conversation(10, [100_000], [0, 0], {1: 0, 2: 0})
    from dataclasses import replace

    status, sentence = words([first, replace(second, dropped=2)])
    assert status == "cannot_tell" and "its kernel dropped 2 while capturing" in sentence


def test_what_a_host_says_is_no_filter_and_no_point_without_end() -> None:
    """Of a neighbour table MAC addresses count, of interfaces plain names, and one host has so many points."""
    odd = "02:00:00:00:00:30) or (ip"
    liar = hypervisor("liar", 9, *((f"vm{number}", f"vnet{number}", MAC) for number in range(40)))
    liar["interfaces"] += [nic("{{x}}", MAC, GUEST), nic("eth9", odd, GUEST)]
    liar["neighbors"]["rows"] = [
        f"- eth0 {GUEST} {mac} REACHABLE -" for mac in (odd, *(f"02:00:00:00:99:{number:02x}" for number in range(50)))
    ]
    made = plan([liar, CLIENT_HOST, hypervisor("hv1", 1, ("vm30", "vnet0", MAC))], CLIENT, GUEST)
    assert (
        odd not in made["filter"]
        and made["filter"].count("02:00:00:00:99:") == 4
        and f"ether src {MAC}" in made["filter"]
    )
    assert "hv1:vnet0" in points(made) and len(made["captures"]["liar"]) == 16 and "{{x}}" not in str(made["points"])
    assert [gap["reason"][:20] for gap in made["gaps"] if gap["host"] == "liar"] == [
        "interface '{{x}}': i",
        "tells of 42 points; ",
    ]


def test_hosts_that_were_not_read_now_are_gaps_and_no_points() -> None:
    fleet = {
        one["host"]: {"ansible_facts": {"layer2_snapshot": one}}
        for one in (hypervisor("hv1", 1, ("vm30", "vnet0", MAC)), CLIENT_HOST)
    }
    fleet["hv2"] = {"ansible_facts": {"layer2_snapshot": hypervisor("hv2", 2, ("vm25", "vnet7", MAC))}}
    made = plan(
        fleet,
        CLIENT,
        GUEST,
        None,
        ["client", "hv1", "hv2"],
        {"hv2": "unreachable: no route", **{f"x{number}": "gone" for number in range(30)}},
    )
    assert points(made) == ["client:eth0", "hv1:eth0", "hv1:vnet0"]
    assert [gap["host"] for gap in made["gaps"]][:1] + [gap["host"] for gap in made["gaps"]][-1:] == [
        "hv2",
        "11 more hosts",
    ] and len(made["gaps"]) == 21
