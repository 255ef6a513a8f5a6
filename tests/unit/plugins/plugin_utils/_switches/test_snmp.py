"""Tests of documents made of walks: as net-snmp prints them, with the traps of Q-BRIDGE, LAG and LLDP tables, hostile
and large.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._walk import Value, walk
from ansible_collections.netops.layer2.plugins.plugin_utils._text_snapshot import TextSnapshotError, snapshot_from_text
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ...growth import assert_grows_with_its_input

ROOT = Path(__file__).parents[5]
CHECKER = jsonschema.Draft202012Validator(
    json.loads((ROOT / "docs/schemas/snapshot-v1.json").read_text(encoding="utf-8"))
)
WALK = "snmpbulkwalk -On"
TWIN = "52:54:00:0c:1d:f5"
BASE = {"sw1": "00:1c:73:00:00:01", "sw2": "00:1c:73:00:00:02"}


def octets(mac):
    return ".".join(str(int(part, 16)) for part in mac.split(":"))


def spaced(mac):
    return mac.upper().replace(":", " ")


def port(index, name, bridge_port=True, kind=6, host="sw1"):
    """An interface, and the bridge port of the same number less 100."""
    yield f".1.3.6.1.2.1.2.2.1.2.{index} = STRING: Port {index} of the switch"
    yield f".1.3.6.1.2.1.2.2.1.3.{index} = INTEGER: {kind}"
    yield f".1.3.6.1.2.1.2.2.1.6.{index} = STRING: 0:1c:73:{host[-1]}:0:{index % 256:x}"
    yield f".1.3.6.1.2.1.2.2.1.7.{index} = INTEGER: up(1)"
    yield f".1.3.6.1.2.1.2.2.1.8.{index} = INTEGER: 1"
    yield f'.1.3.6.1.2.1.31.1.1.1.1.{index} = STRING: "{name}"'
    if bridge_port:
        yield f".1.3.6.1.2.1.17.1.4.1.2.{index - 100} = INTEGER: {index}"


def system(host):
    yield f'.1.3.6.1.2.1.1.5.0 = STRING: "{host}"'
    yield f".1.3.6.1.2.1.17.1.1.0 = Hex-STRING: {spaced(BASE[host])} "
    yield ".1.0.8802.1.1.2.1.3.1.0 = INTEGER: 4"
    yield f".1.0.8802.1.1.2.1.3.2.0 = Hex-STRING: {spaced(BASE[host])} "
    yield ".1.3.6.1.2.1.17.4.2.0 = INTEGER: 300"


def entry(mac, bridge_port, table=7, status=3):
    yield f".1.3.6.1.2.1.17.7.1.2.2.1.2.{table}.{octets(mac)} = INTEGER: {bridge_port}"
    yield f".1.3.6.1.2.1.17.7.1.2.2.1.3.{table}.{octets(mac)} = INTEGER: {status}"


def vlan(number, table, egress="F0 00", untagged="00 00"):
    yield f".1.3.6.1.2.1.17.7.1.4.2.1.3.0.{number} = Gauge32: {table}"
    yield f".1.3.6.1.2.1.17.7.1.4.2.1.4.0.{number} = Hex-STRING: {egress} "
    yield f".1.3.6.1.2.1.17.7.1.4.2.1.5.0.{number} = Hex-STRING: {untagged} "


def neighbour(local, chassis, name, kind=4, far='"Gi0/1"'):
    at = f"0.{local}.1"
    yield f".1.0.8802.1.1.2.1.4.1.1.4.{at} = INTEGER: {kind}"
    yield f".1.0.8802.1.1.2.1.4.1.1.5.{at} = {chassis}"
    yield f".1.0.8802.1.1.2.1.4.1.1.6.{at} = INTEGER: 5"
    yield f".1.0.8802.1.1.2.1.4.1.1.7.{at} = STRING: {far}"
    yield f'.1.0.8802.1.1.2.1.4.1.1.9.{at} = STRING: "{name}"'
    yield f".1.0.8802.1.1.2.1.4.1.1.12.{at} = Hex-STRING: 28 00 "


def local_port(number, name, kind=5):
    yield f".1.0.8802.1.1.2.1.3.7.1.2.{number} = INTEGER: {kind}"
    yield f'.1.0.8802.1.1.2.1.3.7.1.3.{number} = STRING: "{name}"'


def text(*parts):
    return "\n".join(line for part in parts for line in part) + "\n"


def switch(host="sw1", *more):
    other = BASE["sw2" if host == "sw1" else "sw1"]
    return text(
        system(host),
        *[port(101 + number, f"Gi0/{number}", host=host) for number in range(4)],
        vlan(10, 7),
        local_port(4242, "Gi0/0"),
        neighbour(4242, f"Hex-STRING: {spaced(other)} ", "sw2" if host == "sw1" else "sw1"),
        *more,
    )


def read(*walks, host="sw1", **contexts):
    given = {f"{WALK} {name.replace('_', '-')}": told for name, told in contexts.items()}
    document = snapshot_from_text({"host": host, WALK: list(walks) if len(walks) > 1 else walks[0], **given})
    assert not list(CHECKER.iter_errors(document)), [error.message for error in CHECKER.iter_errors(document)][:3]
    return document


def reasons(document, subset):
    return [gap["reason"] for gap in document["gaps"] if gap["subset"] == subset]


def test_a_walk_becomes_a_document():
    document = read(
        switch("sw1", entry(TWIN, 3), entry(BASE["sw1"], 0, status=4), entry("00:25:90:00:00:01", 2, status=5))
    )
    assert document["fdb"]["rows"] == [
        f"- Gi0/2 {TWIN} 10 switch - -",
        f"- - {BASE['sw1']} 10 switch - self",
        "- Gi0/1 00:25:90:00:00:01 10 switch - static",
    ]
    assert document["lldp"]["rows"] == [f"Gi0/0 {BASE['sw2']} Gi0/1 sw2 bridge,router"]
    assert document["identity"] == {"hostname": "sw1", "chassis": BASE["sw1"]}
    (bridge,) = document["bridges"]
    assert (bridge["kind"], bridge["ageing"], bridge["port_vlans"]["Gi0/2"]) == ("switch", 300, [{"id": 10}])
    assert document["interfaces"][0] == {
        "name": "Gi0/0",
        "index": 101,
        "mac": "00:1c:73:01:00:65",
        "link_type": "ether",
        "addresses": [],
        "up": True,
        "carrier": True,
        "master": "switch",
    }


def test_a_document_says_when_its_texts_were_read():
    texts = {"host": "sw1", WALK: switch("sw1", entry(TWIN, 3))}
    assert snapshot_from_text({**texts, "collected_at": 1_700_000_000})["collected_at"] == 1_700_000_000
    assert "collected_at" not in snapshot_from_text(texts)
    with pytest.raises(TextSnapshotError, match="sw1: collected_at must be Unix time, not yesterday"):
        snapshot_from_text({**texts, "collected_at": "yesterday"})


def test_two_walks_of_two_switches_make_a_conflict():
    one = switch("sw1", entry(TWIN, 3), entry("00:25:90:00:00:01", 1))
    other = switch("sw2", entry(TWIN, 4), entry("00:25:90:00:00:02", 1))
    documents = [read(one, one, host="sw1"), read(other, other, host="sw2")]
    found = mac_collisions(documents)["findings"]
    assert [(row["mac"], row["status"], row["rule"]) for row in found] == [(TWIN, "conflict", "two_switch_ports")]
    assert "port Gi0/2 of sw1 (VLAN 10) and port Gi0/3 of sw2 (VLAN 10)" in found[0]["reason"]
    assert mac_collisions([read(one, host="sw1"), read(other, host="sw2")])["findings"][0]["status"] == "suspected"


def test_readings_tell_what_moved():
    walks = [switch("sw1", entry(TWIN, number), entry("00:25:90:00:00:01", 1)) for number in (2, 3, 2)]
    document = read(*walks)
    assert document["moves"]["rows"] == [f"switch 10 {TWIN} Gi0/1 Gi0/2 1 -", f"switch 10 {TWIN} Gi0/2 Gi0/1 1 -"]
    assert document["fdb"]["rows"] == [f"- Gi0/1 {TWIN} 10 switch - new", "- Gi0/0 00:25:90:00:00:01 10 switch - -"]
    assert document["bridges"][0]["readings"] == 3
    assert [row["rule"] for row in mac_collisions([document])["findings"]] == ["two_switch_ports"]
    assert mac_collisions([read(*walks[:2])])["findings"] == []  # one move
    gone = [walks[0], switch("sw1"), walks[0]]
    assert read(*gone)["moves"]["rows"] == []


def test_a_table_that_several_vlans_share_tells_no_vlan():
    document = read(switch("sw1", vlan(20, 7), entry(TWIN, 3)))
    assert document["fdb"]["rows"] == [f"- Gi0/2 {TWIN} - switch - -"]
    assert any("shared by several VLANs" in reason for reason in reasons(document, "fdb"))


def test_the_number_of_a_table_is_no_vlan():
    document = read(
        "\n".join(line for line in switch("sw1", entry(TWIN, 3)).split("\n") if ".17.7.1.4.2.1.3." not in line)
    )
    assert document["fdb"]["rows"] == [f"- Gi0/2 {TWIN} - switch - -"]
    assert any("dot1qVlanFdbId is missing" in reason for reason in reasons(document, "fdb"))


def test_contexts_of_cisco_are_vlans():
    rows = (f".1.3.6.1.2.1.17.1.4.1.2.9 = INTEGER: 102\n.1.3.6.1.2.1.17.4.3.1.2.{octets(TWIN)} = INTEGER: 9\n"
            f".1.3.6.1.2.1.17.4.3.1.3.{octets(TWIN)} = INTEGER: 3\n")
    assert read(switch("sw1"), vlan_10=rows)["fdb"]["rows"] == [f"- Gi0/1 {TWIN} 10 switch - -"]
    assert read(switch("sw1", [rows]))["fdb"]["rows"] == [
        f"- Gi0/1 {TWIN} - switch - -"
    ]  # without a context nobody knows the VLAN
    (gap,) = [one for one in read(switch("sw1", [rows]))["gaps"] if one["subset"] == "fdb"]
    assert gap["reason"].startswith("nobody tells the VLAN of 1 addresses") and "17.7" in gap["hint"]
    assert not reasons(read(switch("sw1"), vlan_10=rows), "fdb")


def test_link_aggregations_that_the_bridge_ports_leave_out():
    lag = [*port(1000, "Po1", bridge_port=False, kind=161), ".1.2.840.10006.300.43.1.2.1.1.13.101 = INTEGER: 1000"]
    document = read(
        switch("sw1", lag, entry(TWIN, 1000), entry("00:25:90:00:00:01", 77), entry("00:25:90:00:00:02", 1))
    )
    assert document["fdb"]["rows"] == [f"- Po1 {TWIN} 10 switch - -", "- Po1 00:25:90:00:00:02 10 switch - -"]
    assert any(
        "1 entries were left out: their bridge port is in no table" in reason for reason in reasons(document, "fdb")
    )
    made = {one["name"]: one for one in document["interfaces"]}
    assert (made["Gi0/0"]["master"], made["Po1"]["kind"], made["Po1"]["master"]) == ("Po1", "bond", "switch")


@pytest.mark.parametrize(
    ("chassis", "kind", "expected"),
    [
        ("Hex-STRING: 00 1C 73 ", 4, None),
        ('STRING: ""', 4, None),
        ('""', 4, None),
        ("Hex-STRING: 00 00 00 00 00 00 ", 4, None),
        ('STRING: "core 1"', 7, "core%201"),
        ('STRING: "001c.7300.0002"', 7, BASE["sw2"]),
        ("INTEGER: 5", 4, None),
        ('STRING: "abcdef"', 4, "61:62:63:64:65:66"),  # six octets that happen to be letters
    ],
)
def test_chassis_ids(chassis, kind, expected):
    document = read(text(system("sw1"), port(101, "Gi0/0"), local_port(1, "Gi0/0"), neighbour(1, chassis, "x", kind)))
    assert [row.split()[1] for row in document["lldp"]["rows"]] == ([expected] if expected else [])
    assert any("nonsense" in reason for reason in reasons(document, "lldp")) == (expected is None)


def test_a_neighbours_port_that_nobody_can_tell_is_left_out():
    document = read(
        text(
            system("sw1"),
            port(101, "Gi0/0"),
            local_port(1, "elsewhere"),
            neighbour(1, f"Hex-STRING: {spaced(BASE['sw2'])} ", "x"),
        )
    )
    assert document["lldp"]["rows"] == [] and any(
        "nobody tells which interface" in reason for reason in reasons(document, "lldp")
    )


def test_addresses_and_neighbours():
    more = [
        ".1.3.6.1.2.1.4.20.1.2.10.0.0.2 = INTEGER: 101",
        ".1.3.6.1.2.1.4.20.1.3.10.0.0.2 = IpAddress: 255.255.255.0",
        f".1.3.6.1.2.1.4.22.1.2.101.10.0.0.9 = Hex-STRING: {spaced(TWIN)} ",
        ".1.3.6.1.2.1.4.22.1.4.101.10.0.0.9 = INTEGER: dynamic(3)",
        f".1.3.6.1.2.1.4.35.1.4.101.2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.9 = STRING: {TWIN}",
        f".1.3.6.1.2.1.4.22.1.2.101.10.0.0.8 = Hex-STRING: {spaced(BASE['sw2'])} ",
        ".1.3.6.1.2.1.4.22.1.4.101.10.0.0.8 = INTEGER: 2",
    ]
    document = read(switch("sw1", more))
    assert document["interfaces"][0]["addresses"] == [{"address": "10.0.0.2", "prefix": 24}]
    assert document["neighbors"]["rows"] == [
        f"- Gi0/0 2001:db8::9 {TWIN} REACHABLE -",
        f"- Gi0/0 10.0.0.9 {TWIN} REACHABLE -",
    ]


def test_what_is_not_in_the_walk_is_a_gap():
    document = read(text(port(101, "Gi0/0")))
    assert {gap["subset"] for gap in document["gaps"]} >= {
        "fdb",
        "lldp",
        "neighbors",
        "identity",
    } and "fdb" not in document


@pytest.mark.parametrize("broken", ["", "Timeout: No Response from 10.0.0.1\n", '{"json": 1}', "1.3 = \n"])
def test_what_is_no_walk_is_refused(broken):
    with pytest.raises(TextSnapshotError, match="sw1: nothing in the walk is a variable"):
        snapshot_from_text({"host": "sw1", WALK: broken})


@pytest.mark.parametrize(
    "texts",
    [{WALK: 5}, {WALK: []}, {WALK: [None]}, {f"{WALK} vlan-10": "x"}, {WALK: ["a", "b"], f"{WALK} vlan-10": "c"}],
)
def test_arguments_are_checked(texts):
    with pytest.raises(TextSnapshotError, match=r"\Asw1: "):
        snapshot_from_text({"host": "sw1", **texts})


def test_a_walk_that_was_cut_short_anywhere_is_read_as_far_as_it_goes():
    whole = switch("sw1", entry(TWIN, 3), vlan(30, 9))
    for end in range(200, len(whole), 97):
        read(whole[:end])


def test_strangers_choose_names_and_types():
    evil = "\x1b[31m {{ 7*7 }} \u202e" * 40
    lines = [
        f'.1.3.6.1.2.1.31.1.1.1.1.101 = STRING: "{evil}"',
        '.1.3.6.1.2.1.2.2.1.3.102 = STRING: "six"',
        ".1.3.6.1.2.1.17.1.4.1.2.1 = OID: .1.3",
        ".1.3.6.1.2.1.17.7.1.2.2.1.2.7.1.2.3 = INTEGER: 3",
        f".1.3.6.1.2.1.17.7.1.2.2.1.2.7.999.0.0.0.0.0 = INTEGER: {'9' * 40}",
        ".1.3.6.1.2.1.17.7.1.2.2.1.2 = INTEGER: 3",
        ".1.3.6.1.2.1.4.35.1.4.101 = STRING: x",
        ".1.3.6.1.2.1.4.22.1.2 = STRING: x",
        ".1.0.8802.1.1.2.1.4.1.1.5.0 = STRING: x",
        ".1.3.6.1.2.1.17.7.1.4.2.1.4.0 = INTEGER: 1",
    ]
    document = read(
        switch("sw1", lines, neighbour(4242, f'STRING: "{evil}"', evil, kind=7, far=f'"{evil}"'), entry(TWIN, 3))
    )
    told = json.dumps(document, ensure_ascii=False)
    assert "\x1b" not in told and "\u202e" not in told and f"Gi0/2 {TWIN}" in told
    assert json.loads(json.dumps(mac_collisions([document])))["findings"] == []


def test_values_as_net_snmp_shows_them():
    assert [Value("INTEGER", "up(1)").number(), Value("Gauge32", "7").number(), Value("STRING", "7").number()] == [
        1,
        7,
        None,
    ]
    assert (
        Value("STRING", "0:1b:21:a:0:ff").octets()
        == Value("Hex-STRING", "00 1B 21 0A 00 FF ").octets()
        == bytes.fromhex("001b210a00ff")
    )
    assert Value("STRING", '"a\\"b"').octets() == b'a"b' and Value("", '""').octets() == b""
    found = walk(
        '.1.3.6.1.2.1.1.5.0 = STRING: "two\nlines"\n.1.3.6.1.2.1.1.6.0 = No Such Object\nx', ["1.3.6.1.2.1.1.5"]
    )
    assert found.columns["1.3.6.1.2.1.1.5"][(0,)].words() == "two\nlines" and found.damaged == ["x"]


FORGED = ".1.3.6.1.2.1.17.7.1.2.2.1.2.7.2.0.0.0.0.9 = INTEGER: 3"


def described(words):
    """What net-snmp prints of a neighbour's description."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return [f'.1.0.8802.1.1.2.1.4.1.1.10.0.4242.1 = STRING: "{escaped}"']


@pytest.mark.parametrize(
    "words",
    [
        f"x\n{FORGED}",
        f'x"\n{FORGED}',
        f'x\\"\n{FORGED}',
        f"x\\\n{FORGED}",
        f"\n{FORGED}\n",
        f'"\n{FORGED}',
        f'"\r\n{FORGED}\r\n"',
    ],
)
def test_lines_within_a_text_are_no_variables(words):
    document = read(switch("sw1", entry(TWIN, 3), described(words), entry("00:25:90:00:00:01", 2)))
    assert [row.split(" ")[2] for row in document["fdb"]["rows"]] == [TWIN, "00:25:90:00:00:01"]
    (told,) = reasons(document, "texts")
    assert told.startswith("not believed") and FORGED[:40] in told


def test_texts_of_several_lines_that_look_like_none_are_read_without_a_word():
    document = read(switch("sw1", described('Cisco IOS\r\nVersion "15"\r\n'), entry(TWIN, 3)).replace("\n", "\r\n"))
    assert len(document["fdb"]["rows"]) == 1 and not reasons(document, "texts")


@pytest.mark.parametrize("mac", ["52:54:0d:0a:41:42", "52:54:41:42:0d:0a", "52:54:22:5c:41:22", "0a:20:20:20:20:20"])
def test_a_mac_whose_octets_are_all_text(mac):
    words = bytes.fromhex(mac.replace(":", "")).decode("ascii").replace("\\", "\\\\").replace('"', '\\"')
    lines = [f'.1.3.6.1.2.1.2.2.1.6.101 = STRING: "{words}"', *entry(TWIN, 3)]
    assert read(switch("sw1", lines))["interfaces"][0]["mac"] == mac


def test_a_text_without_an_end_takes_no_more_than_a_value_may_have():
    lines = ['.1.3.6.1.2.1.1.6.0 = STRING: "x', *["y" * 1000] * 200, *entry(TWIN, 3)]
    assert len(read(switch("sw1", lines))["fdb"]["rows"]) == 1


def test_a_scalar_without_the_zero_at_its_end():
    told = switch("sw1").replace(".17.1.1.0 ", ".17.1.1 ").replace(".17.4.2.0 ", ".17.4.2 ")
    assert read(told)["bridges"][0]["ageing"] == 300


def test_twenty_thousand_rows_are_read_in_a_time_that_grows_with_them():
    def rows_read(count):
        macs = (f"02:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}:01" for number in range(count))
        told = switch("sw1", (line for mac in macs for line in entry(mac, 3)))

        def work():
            assert len(snapshot_from_text({"host": "sw1", WALK: told})["fdb"]["rows"]) == count

        return work

    assert_grows_with_its_input(rows_read, 2_000, 20_000)
