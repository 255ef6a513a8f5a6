"""Tests of documents made of what command lines answer: every platform on ntc-templates' own samples, against their
truth; hostile, cut and large answers.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import jsonschema
import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._switches import _rows, _templates
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._cli import Answer, snapshot_of_answers
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._names import Names
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._platforms import (
    COLUMNS,
    PLATFORMS,
    PlatformError,
    commands_of,
    platform_of,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions
from hypothesis import given
from hypothesis import strategies as st

from ...growth import assert_grows_with_its_input

ROOT = Path(__file__).parents[5]
CHECKER = jsonschema.Draft202012Validator(
    json.loads((ROOT / "docs/schemas/snapshot-v1.json").read_text(encoding="utf-8"))
)
GOLDEN = Path(__file__).parent / "golden"
SAMPLES = GOLDEN / "ntc_templates"
MAC = re.compile(r"(?:[0-9a-f]{2}[:.-]?){5}[0-9a-f]{2}|[0-9a-f]{6}-[0-9a-f]{6}", re.IGNORECASE)
ASKED = {name: platform for name, platform in PLATFORMS.items() if platform.asks}
PARSED = {name: platform for name, platform in ASKED.items() if platform.parser}
EVERY = [(name, ask) for name, platform in PARSED.items() for ask in platform.asks]
TWIN = "52:54:00:0c:1d:f5"


def flat(text):
    return re.sub(r"[-_ /]", "", text)


def samples(name, command, root=SAMPLES, parser=""):
    """The samples of a command of a platform, as ntc-templates' project sorts them."""
    folders = (root / (parser or name)).glob("*")
    return sorted(path for folder in folders if flat(folder.name) == flat(command) for path in folder.glob("*.raw"))


def truth_of(path):
    return json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


def text_of(path):
    return path.read_text(encoding="utf-8", errors="replace")


def document(name, answers, parse=_templates.parse, asks=None, host="sw1"):
    platform = ASKED[name]._replace(asks=asks) if asks else ASKED[name]
    made = snapshot_of_answers(host, platform, {key: Answer(text) for key, text in answers.items()}, parse)
    CHECKER.validate({"collected_at": 1.0, "duration": 0.0, **made})
    return made


def reasons(made, subset=""):
    return [gap["reason"] for gap in made["gaps"] if not subset or gap["subset"] == subset]


def cells(made, table):
    return [row.split(" ") for row in made[table]["rows"]]


def test_the_table_has_the_platforms_that_it_is_to_have():
    wanted = {"ios", "nxos", "eos", "junos", "comware", "vrp", "procurve", "routeros", "sonic", "cumulus", "os10"}
    assert wanted <= PLATFORMS.keys()
    for name, platform in ASKED.items():
        assert {"fdb", "interfaces", "neighbors", "lldp", "members"} <= {ask.tells for ask in platform.asks}, name
        assert all(set(ask.columns) <= set(COLUMNS[ask.tells]) for ask in platform.asks), name
        assert platform_of(platform.network_os[0]) is platform


@pytest.mark.parametrize(("name", "way"), [("cumulus", "as a host"), ("os10", "SNMP"), ("acme", "to one of ios, nxos")])
def test_what_has_no_commands_says_how_it_is_read(name, way):
    with pytest.raises(PlatformError, match=way):
        platform_of(name)


@pytest.mark.parametrize(("name", "ask"), EVERY, ids=[f"{name}-{ask.tells}" for name, ask in EVERY])
def test_every_command_has_a_template_that_gives_the_columns(name, ask):
    paths = samples(name, ask.command)
    assert paths, "no sample of this command"
    for path in paths:
        rows = _templates.parse(PLATFORMS[name].parser, ask.command, text_of(path))
        wanted = {column for columns in ask.columns.values() for column in columns.split(" ")}
        assert wanted <= rows[0].keys()
        assert [{key: row[key] for key in wanted} for row in rows] == [
            {key: row[key] for key in wanted} for row in truth_of(path)
        ]


def station(digits):
    return not int(digits[1], 16) & 1 and set(digits) != {"0"}


def macs_in(row):
    """Every MAC in a row of the truth, by its digits, whatever its column is called."""
    values = [value for value in row.values() if isinstance(value, str)]
    return {re.sub("[^0-9a-f]", "", value.lower()) for value in values if MAC.fullmatch(value)}


@pytest.mark.parametrize("name", PARSED)
def test_the_table_of_addresses_says_what_the_truth_says(name):
    for ask in (ask for ask in PARSED[name].asks if ask.tells == "fdb"):
        for path in samples(name, ask.command):
            made = document(name, {ask.command: text_of(path)}, asks=(ask,))
            told = {(row[2].replace(":", ""), row[3]) for row in cells(made, "fdb")}
            true = {
                (mac, vlan if (vlan := row.get("vlan_id") or "-").isdigit() else "-")
                for row in truth_of(path)
                for mac in macs_in(row)
                if station(mac)
            }
            assert told == true, path.name


@pytest.mark.parametrize("name", PARSED)
def test_the_documents_of_all_samples_are_as_they_were_reviewed(name):
    answers = {}
    for command in commands_of(PARSED[name]):
        answers[command] = text_of(samples(name, command)[-1])
    made = document(name, answers)
    shown = {key: made.get(key) for key in ("identity", "interfaces", "fdb", "neighbors", "lldp", "bridges", "gaps")}
    wanted = json.loads((GOLDEN / "cli" / f"{name}.json").read_text(encoding="utf-8"))
    assert shown == wanted
    assert made["source"] == "cli" and {"fdb", "interfaces", "lldp", "neighbors"} <= set(made["observed"])
    assert mac_collisions([made])["summary"]["hosts_judged"] == 1


@pytest.mark.skipif("LAYER2_NTC_SAMPLES" not in os.environ, reason="LAYER2_NTC_SAMPLES does not name ntc-templates'")
@pytest.mark.parametrize("name", PARSED)
def test_all_samples_of_the_project_are_read(name):
    root = Path(os.environ.get("LAYER2_NTC_SAMPLES", ""))
    for ask in PARSED[name].asks:
        paths = samples(name, ask.command, root, PARSED[name].parser)
        assert paths
        for path in paths:
            made = document(name, {ask.command: text_of(path)}, asks=(ask,))
            assert not any("no template of" in reason or "refused" in reason for reason in reasons(made)), path


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("Gi1/0/1", "GigabitEthernet1/0/1"),
        ("gi1/0/1", "GigabitEthernet1/0/1"),
        ("Te1/1/1", "TenGigabitEthernet1/1/1"),
        ("Po10", "Port-channel10"),
        ("Po10(R)", "Port-channel10"),
        ("Vl6", "Vlan6"),
        ("XGE1/0/47", "Ten-GigabitEthernet1/0/47"),
        ("GE1/0/2", "GigabitEthernet1/0/2"),
        ("BAGG1", "Bridge-Aggregation1"),
        ("Gi1/0/9", "Gi1/0/9"),  # no such interface: nothing is guessed
        ("T1/0/3", "T1/0/3"),  # short for two
        ("ether3 UniFi1", "ether3%20UniFi1"),
        ("1/1/1", "1/1/1"),
        ("", "-"),
    ],
)
def test_one_port_has_one_name(short, full):
    known = [
        "GigabitEthernet1/0/1",
        "GigabitEthernet1/0/2",
        "TenGigabitEthernet1/1/1",
        "Ten-GigabitEthernet1/0/47",
        "TenGigabitEthernet1/0/3",
        "TwoGigabitEthernet1/0/3",
        "Port-channel10",
        "Bridge-Aggregation1",
        "Vlan6",
        "ether3 UniFi1",
    ]
    assert Names(known).port(short) == full


def test_units_of_junos_are_their_ports():
    names = Names(["ge-0/0/1", "irb.100"], has_units=True)
    assert names.port("ge-0/0/1.0") == "ge-0/0/1"
    assert names.interface("irb.100") == "irb.100"


def told(**tables):
    """A parser that gives these rows, whatever the text; what is not named has none."""
    asks = {ask.command: ask.tells for ask in ASKED["ios"].asks}
    return lambda _platform, command, _text: tables.get(asks[command], [])


def ios(parse, **texts):
    return document("ios", {command: texts.get(command, "text") for command in commands_of(ASKED["ios"])}, parse)


def entry(mac, port="Gi1/0/1", vlan="10", kind="DYNAMIC"):
    return {"destination_address": mac, "vlan_id": vlan, "destination_port": [port], "type": kind}


def interface(name, mac=""):
    return {"interface": name, "mac_address": mac, "link_status": "up", "ip_address": "", "prefix_length": ""}


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        (entry(TWIN), "- GigabitEthernet1/0/1 52:54:00:0c:1d:f5 10 switch - -"),
        (entry("5254.000c.1df5"), "- GigabitEthernet1/0/1 52:54:00:0c:1d:f5 10 switch - -"),
        (entry(TWIN, "Gi1/0/2"), "- Port-channel7 52:54:00:0c:1d:f5 10 switch - -"),
        (entry(TWIN, kind="STATIC"), "- GigabitEthernet1/0/1 52:54:00:0c:1d:f5 10 switch - static"),
        (entry(TWIN, "CPU", "All", "STATIC"), "- - 52:54:00:0c:1d:f5 - switch - self"),
        (entry(TWIN, "switch2"), "- switch2 52:54:00:0c:1d:f5 10 switch - -"),
        (entry(TWIN, "sup-eth1(R)"), "- - 52:54:00:0c:1d:f5 10 switch - self"),
        (entry(TWIN, "Drop"), "- - 52:54:00:0c:1d:f5 10 switch - static"),
        (entry(TWIN, "nve1(10.0.0.9)"), "- nve1 52:54:00:0c:1d:f5 10 switch - remote"),
        (entry(TWIN, vlan="4095"), "- GigabitEthernet1/0/1 52:54:00:0c:1d:f5 - switch - -"),
        (entry(TWIN, kind="quantum"), "- GigabitEthernet1/0/1 52:54:00:0c:1d:f5 10 switch - static"),
        (entry("0100.5e00.0001"), None),
        (entry("broken"), None),
        ({**entry(TWIN), "destination_port": ["Gi1/0/1", "Gi1/0/3"]}, None),
        ({**entry(TWIN), "destination_port": []}, None),
    ],
)
def test_an_entry_of_the_table_of_addresses(row, wanted):
    known = [interface(name) for name in ("GigabitEthernet1/0/1", "GigabitEthernet1/0/2", "Port-channel7")]
    bundles = [{"bundle_name": "Po7", "member_interface": ["Gi1/0/2"]}]
    made = ios(told(fdb=[row], interfaces=known, members=bundles))
    assert made["fdb"]["rows"] == ([wanted] if wanted else [])
    untold = {"broken": "is none", "quantum": "quantum", "4095": "VLAN is not told"}
    for word, reason in untold.items():
        assert (word in row.values()) == any(reason in text for text in reasons(made, "fdb"))
    assert {item["name"]: item.get("kind") for item in made["interfaces"]}["Port-channel7"] == "bond"


def test_a_bundle_whose_members_nobody_told_is_a_link_aggregation_all_the_same():
    made = ios(told(fdb=[entry(TWIN, "Po9")], interfaces=[interface("Vlan1")]))
    assert {"name": "Po9", "kind": "bond", "link_type": "ether", "master": "switch"} in made["interfaces"]


def test_bundles_are_known_even_where_the_list_of_interfaces_was_refused():
    made = ios(told(fdb=[entry(TWIN, "Po9")]))
    assert made["interfaces"] == [{"name": "Po9", "kind": "bond", "link_type": "ether", "master": "switch"}]
    assert "interfaces" not in made["observed"] and any("not one entry" in text for text in reasons(made, "interfaces"))


@pytest.mark.parametrize(
    ("told_by", "words"),
    [
        ("B,R", "bridge,router"),
        ("P", "repeater"),
        ("Repeater, Bridge", "bridge,repeater"),
        ("wlan-access-point", "wlan"),
        ("stationOnly", "station"),
        ("not advertised", "-"),
        ("", "-"),
    ],
)
def test_what_a_neighbour_can_do_is_told_in_the_words_of_lldp(told_by, words):
    cable = {"local_interface": "Gi1/0/48", "chassis_id": TWIN, "capabilities": told_by}
    (row,) = cells(ios(told(lldp=[cable])), "lldp")
    assert row[4] == words


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "answered nothing"),
        ("  \n", "answered nothing"),
        ("show mac address-table\n         ^\n% Invalid input detected at '^' marker.\n", "refused the command: %"),
        ("% Authorization failed\n", "refused"),
        ("Invalid input: address-table\n", "refused"),
        ("Error: Unrecognized command found at '^' position.\n", "refused"),
        ("bash: show: command not found\n", "refused"),
        ("% LLDP is not enabled\n", "refused"),
        ("Info: Global LLDP is not enabled.\n", "refused"),
        ("Vlan  Mac Address\n --More-- ", "pager"),
        ("some words that are no table\n", "not one entry"),
        ("x" * 9000, "a line of the answer"),
        (7, "int and no text"),
        (None, "NoneType and no text"),
    ],
)
def test_what_is_no_answer_is_a_gap_that_names_switch_command_and_hint(text, reason):
    answers = {ask.command: text_of(samples("ios", ask.command)[0]) for ask in PARSED["ios"].asks}
    made = document("ios", {**answers, "show mac address-table": text})
    (gap,) = [gap for gap in made["gaps"] if gap["subset"] == "fdb"]
    assert gap["reason"].startswith("`show mac address-table`: ") and reason in gap["reason"]
    assert gap["hint"]
    assert "fdb" not in made and "fdb" not in made["observed"] and "bridges" not in made["observed"]


def test_an_answer_that_no_template_reads_is_a_gap():
    ask = ASKED["eos"].asks[0]._replace(command="show something else")
    made = document("eos", {ask.command: "words\n"}, asks=(ask,))
    assert any("no template of ntc-templates reads the answer" in reason for reason in reasons(made, "interfaces"))
    assert "interfaces" not in made["observed"] and made["interfaces"] == []


@pytest.mark.parametrize(("name", "ask"), EVERY, ids=[f"{name}-{ask.tells}" for name, ask in EVERY])
@pytest.mark.parametrize("text", ["error: command is not valid on this switch", "1,2,3 \x1b[2J", "-" * 60, ": x", "{"])
def test_whatever_stands_in_an_answer_it_is_a_gap_or_tells_nothing(name, ask, text):
    """Templates of some platforms refuse lines that they do not know, in words of their own."""
    made = document(name, {ask.command: f"{text}\n{text}\n"}, asks=(ask,))
    assert all(reason.isprintable() and len(reason) < 400 for reason in reasons(made))
    assert ask.tells != "fdb" or "fdb" not in made["observed"]


def test_a_command_that_failed_is_a_gap_in_the_words_of_the_failure():
    answers = {"show mac address-table": Answer(trouble="timed out\x1b[2J after 30 s")}
    made = snapshot_of_answers("sw1", ASKED["ios"], answers, told())
    assert any("timed out\\x1b[2J after 30 s" in reason for reason in reasons(made, "fdb"))
    assert any("was not run" in reason for reason in reasons(made, "lldp"))


def test_a_cut_answer_of_a_database_is_a_gap():
    text = json.dumps(sonic()["fdb"])
    made = document("sonic", {fdb_command(): text[: len(text) // 2]})
    assert any("no whole JSON dump" in reason for reason in reasons(made, "fdb")) and "fdb" not in made


def fdb_command():
    return next(ask.command for ask in ASKED["sonic"].asks if ask.tells == "fdb")


def sonic():
    """Dumps as sonic-db-dump prints them, by what they tell."""

    def dump(**entries):
        return {key: {"expireat": 1.5, "ttl": -0.001, "type": "hash", "value": value} for key, value in entries.items()}

    return {
        "fdb": dump(
            **{
                f"FDB_TABLE|Vlan10:{TWIN}": {"port": "Ethernet0", "type": "dynamic"},
                "FDB_TABLE|Vlan10:52:54:00:00:00:02": {"port": "Ethernet8", "type": "static"},
                "FDB_TABLE|Vlan20:52:54:00:00:00:03": {"port": "PortChannel01", "type": "dynamic"},
            }
        ),
        "PORT": dump(**{"PORT_TABLE:Ethernet0": {"admin_status": "up", "oper_status": "up"}}),
        "LAG_TABLE": dump(**{"LAG_TABLE:PortChannel01": {"admin_status": "up", "oper_status": "down"}}),
        "members": dump(**{"LAG_MEMBER_TABLE:PortChannel01:Ethernet8": {"status": "enabled"}}),
        "neighbors": dump(**{"NEIGH_TABLE:Vlan10:fc00::9": {"neigh": TWIN, "family": "IPv6"}}),
        "lldp": dump(
            **{
                "LLDP_ENTRY_TABLE:Ethernet0": {
                    "lldp_rem_chassis_id": "00:1c:73:00:00:02",
                    "lldp_rem_port_id": "Ethernet4",
                    "lldp_rem_sys_name": "leaf 2",
                }
            }
        ),
    }


def test_databases_of_sonic_are_read_without_a_template():
    dumps = sonic()
    answers = {}
    for ask in ASKED["sonic"].asks:
        key = next(name for name in dumps if name == ask.tells or f"'{name}" in ask.command)
        answers[ask.command] = json.dumps(dumps[key])
    made = document("sonic", answers, parse=None)
    assert made["fdb"]["rows"] == [
        f"- Ethernet0 {TWIN} 10 switch - -",
        "- PortChannel01 52:54:00:00:00:02 10 switch - static",
        "- PortChannel01 52:54:00:00:00:03 20 switch - -",
    ]
    assert made["neighbors"]["rows"] == [f"- Vlan10 fc00::9 {TWIN} REACHABLE -"]
    assert made["lldp"]["rows"] == ["Ethernet0 00:1c:73:00:00:02 Ethernet4 leaf%202 -"]
    assert {item["name"]: item.get("carrier") for item in made["interfaces"]} == {
        "Ethernet0": True,
        "PortChannel01": False,
    }


def test_hosts_of_routeros_are_learnt_local_or_disabled():
    parse = {
        "/interface bridge host print terse without-paging": [
            {"mac_address": "52:54:00:00:00:01", "dynamic": "D", "on_interface": "ether4", "interface": "bridge"},
            {"mac_address": "52:54:00:00:00:02", "dynamic": "D", "external": "E", "on_interface": "ether3"},
            {"mac_address": "52:54:00:00:00:03", "dynamic": "D", "local": "L", "interface": "ether4"},
            {"mac_address": "52:54:00:00:00:04", "disabled": "X", "interface": "bridge", "vlan_id": "7"},
        ]
    }
    answers = dict.fromkeys(commands_of(ASKED["routeros"]), "text")
    made = document("routeros", answers, lambda _platform, command, _text: parse.get(command, []))
    assert [(row[1], row[3], row[6]) for row in cells(made, "fdb")] == [
        ("ether4", "-", "-"),
        ("ether3", "-", "-"),
        ("ether4", "-", "self"),
        ("bridge", "7", "static"),
    ]


@pytest.mark.parametrize(
    ("row", "vlans"),
    [
        ({"mode": "static access", "access_vlan": "7"}, [{"id": 7, "pvid": True, "untagged": True}]),
        (
            {"mode": "trunk", "native_vlan": "5", "trunking_vlans": ["4-6", "9"]},
            [{"id": 4}, {"id": 6}, {"id": 9}, {"id": 5, "pvid": True, "untagged": True}],
        ),
        ({"mode": "trunk", "native_vlan": "5", "trunking_vlans": ["9"]}, [{"id": 9}]),
        ({"mode": "native-tagged", "native_vlan": "5", "trunking_vlans": ["5", "9"]}, [{"id": 5}, {"id": 9}]),
        ({"mode": "hybrid", "native_vlan": "5", "trunking_vlans": ["9"]}, None),
        ({"mode": "trunk", "native_vlan": "5", "trunking_vlans": ["9000", "0", "6-5", "x"]}, None),
    ],
)
def test_the_vlans_of_a_port(row, vlans):
    made = ios(told(vlans=[{"interface": "Gi1/0/1", **row}], interfaces=[interface("GigabitEthernet1/0/1")]))
    assert made["bridges"][0].get("port_vlans") == ({"GigabitEthernet1/0/1": vlans} if vlans else None)


CELL = st.one_of(
    st.none(),
    st.integers(),
    st.text(max_size=30),
    st.sampled_from([TWIN, "Gi1/0/1", "10", "\x1b[31m", "a b\n{{ 1 }}"]),
    st.lists(st.one_of(st.text(max_size=9), st.none()), max_size=3),
    st.dictionaries(st.text(), st.text(), max_size=1),
)
ROWS = {
    ask.tells: st.lists(
        st.one_of(st.none(), st.fixed_dictionaries({}, optional=dict.fromkeys(ask.columns.values(), CELL))), max_size=4
    )
    for ask in PARSED["ios"].asks
}


@given(st.fixed_dictionaries(ROWS))
def test_whatever_rows_hold_the_document_is_one_and_can_be_judged(rows):
    made = ios(told(**rows))
    for table in made.keys() & {"fdb", "neighbors", "lldp"}:
        for row in made[table]["rows"]:
            assert len(row.split(" ")) == len(made[table]["columns"]) and row.isprintable()
    assert mac_collisions([made])["summary"]["hosts_judged"] == 1


@pytest.mark.parametrize("given_rows", [None, "rows", {"a": 1}, 7])
def test_a_parser_that_gives_no_rows_is_a_gap(given_rows):
    made = ios(lambda *_asked: given_rows)
    assert any("instead of rows" in reason for reason in reasons(made, "fdb"))


def test_large_tables_are_mapped_in_a_time_that_grows_with_them(monkeypatch):
    def mapped(count):
        rows = [entry(f"5254.{number >> 16:04x}.{number & 0xFFFF:04x}") for number in range(count)]
        parse = told(fdb=rows, interfaces=[interface("GigabitEthernet1/0/1")])

        def work():
            assert len(ios(parse)["fdb"]["rows"]) == count

        return work

    assert_grows_with_its_input(mapped, 2_000, 20_000)
    monkeypatch.setattr(_rows, "MOST_ROWS", 10)
    assert any("more than 10 rows" in reason for reason in reasons(ios(told(fdb=[entry(TWIN)] * 11)), "fdb"))


def test_two_switches_that_see_one_mac_on_edge_ports_show_twins():
    def switch(host, other, mac, far):
        known = [interface("GigabitEthernet1/0/1", mac), interface("GigabitEthernet1/0/48")]
        cable = {
            "local_interface": "Gi1/0/48",
            "chassis_id": far,
            "neighbor_port_id": "Gi1/0/48",
            "neighbor_name": other,
            "capabilities": "B,R",
        }
        parse = told(fdb=[entry(TWIN), entry(far, "Gi1/0/48", "10")], interfaces=known, lldp=[cable])
        texts = dict.fromkeys(commands_of(ASKED["ios"]), "text")
        return document("ios", texts, parse, host=host)

    first, second = "001c.7300.0001", "001c.7300.0002"
    verdict = mac_collisions([switch("sw1", "sw2", first, second), switch("sw2", "sw1", second, first)])
    (found,) = [finding for finding in verdict["findings"] if finding["mac"] == TWIN]
    assert found["status"] == "suspected"
    assert "sw1" in str(found["evidence"]) and "GigabitEthernet1/0/1" in str(found["evidence"])


def test_without_the_parser_the_message_names_its_package(monkeypatch):
    monkeypatch.setattr(_templates, "parse_output", None)
    with pytest.raises(_templates.ParserMissing, match="pip install ntc-templates"):
        _templates.require()
