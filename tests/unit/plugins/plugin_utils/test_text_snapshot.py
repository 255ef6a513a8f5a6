"""Snapshots out of raw text: real fleets in full, the quirks of real output, and damage that is named."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._text_snapshot import (
    ADDRESSES,
    FDB,
    NEIGHBOURS,
    TextSnapshotError,
    snapshot_from_text,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from .field_fleets import FLEETS, needs_fleets, recorded

ROOT = Path(__file__).resolve().parents[4]
CHECKER = jsonschema.Draft202012Validator(
    json.loads((ROOT / "docs/schemas/snapshot-v1.json").read_text(encoding="utf-8"))
)
SAMPLES = ROOT / "tests/unit/plugins/module_utils/samples"
HOSTS = [
    pytest.param(host, texts, id=f"{path.stem}-{host}")
    for path in FLEETS for host, texts in recorded(path).items()
]
MAC = "[0-9a-f]{2}(?::[0-9a-f]{2}){5}"


def problems(snapshot):
    return [error.json_path + ": " + error.message for error in CHECKER.iter_errors(json.loads(json.dumps(snapshot)))]


def gaps(snapshot, subset):
    return [gap["reason"] for gap in snapshot["gaps"] if gap["subset"] == subset]


def has_texts(texts):
    return ADDRESSES in texts


def is_station(mac):
    return mac != "00:00:00:00:00:00" and not int(mac[1], 16) & 1


@needs_fleets
@pytest.mark.parametrize(("host", "texts"), [param for param in HOSTS if has_texts(param.values[1])])
def test_every_interface_mac_and_address_of_the_real_fleets(host, texts):
    """Counted by regular expressions over the raw text, which know nothing of the parser."""
    snapshot = snapshot_from_text({"host": host, **texts})
    assert problems(snapshot) == []
    assert not any("not observed" not in gap["reason"] for gap in snapshot["gaps"]), snapshot["gaps"]
    raw = texts[ADDRESSES]
    headers = re.findall(r"^\d+: ([^:@ ]+)(?:@([^: ]+))?: <", raw, re.MULTILINE)
    assert [(record["name"], record.get("link", "")) for record in snapshot["interfaces"]] == headers
    macs = re.findall(rf"link/(?:ether|loopback) ({MAC})", raw)
    assert [record["mac"] for record in snapshot["interfaces"] if "mac" in record] == macs
    addresses = re.findall(r"^ +inet6? (\S+)/(\d+)", raw, re.MULTILINE)
    assert [
        (item["address"], str(item["prefix"])) for record in snapshot["interfaces"] for item in record["addresses"]
    ] == addresses
    assert [record["permanent_mac"] for record in snapshot["interfaces"] if "permanent_mac" in record] == re.findall(
        rf"perm_hwaddr ({MAC})", raw)


@needs_fleets
@pytest.mark.parametrize(("host", "texts"), [param for param in HOSTS if has_texts(param.values[1])])
def test_every_neighbour_and_forwarding_entry_of_the_real_fleets(host, texts):
    snapshot = snapshot_from_text({"host": host, **texts})
    told = re.findall(rf"^(\S+) dev (\S+) lladdr ({MAC})", texts.get(NEIGHBOURS, ""), re.MULTILINE)
    assert ("neighbors" in snapshot["observed"]) is (NEIGHBOURS in texts)
    rows = [row.split() for row in snapshot.get("neighbors", {"rows": []})["rows"]]
    assert [(row[2], row[1], row[3]) for row in rows] == [entry for entry in told if is_station(entry[2])]
    told_fdb = re.findall(rf"^({MAC}) dev (\S+)(.*)$", texts.get(FDB, ""), re.MULTILINE)
    assert ("fdb" in snapshot["observed"]) is (FDB in texts)
    kept = [(mac, device, rest) for mac, device, rest in told_fdb if not int(mac[1], 16) & 1]
    rows = [row.split() for row in snapshot.get("fdb", {"rows": []})["rows"]]
    assert [(row[2], row[1]) for row in rows] == [(mac, device) for mac, device, _rest in kept]
    for row, (_mac, _device, rest) in zip(rows, kept, strict=True):
        assert (row[3] == "-") == ("vlan" not in rest) and (row[5] == "-") == ("dst" not in rest)
        assert f"master {row[4]}" in rest or (row[4] == "-" and "master" not in rest)
        flags = re.sub(r"\b(?:vlan|dst|master) \S+", "", rest).split()
        assert set(row[6].split(",")) - {"-"} == set(flags)


@needs_fleets
@pytest.mark.parametrize(("host", "texts"), [param for param in HOSTS if not has_texts(param.values[1])])
def test_platforms_without_a_reader_are_not_observed_and_named(host, texts):
    snapshot = snapshot_from_text({"host": host, **texts})
    assert snapshot["observed"] == [] and "interfaces" not in snapshot and problems(snapshot) == []
    assert len(gaps(snapshot, "texts")) == len([key for key in texts if key != "os"])


@needs_fleets
def test_the_fleets_hold_what_the_tests_count():
    with_texts = [param for param in HOSTS if has_texts(param.values[1])]
    assert len(FLEETS) >= 8 and len(with_texts) > 80


@pytest.mark.parametrize("version", ["iproute2-3.16", "iproute2-4.18", "iproute2-6.1", "iproute2-7.1"])
def test_captured_versions(version):
    def text(name):
        return (SAMPLES / version / name).read_text(encoding="utf-8")

    snapshot = snapshot_from_text(
        {
            "host": "h",
            ADDRESSES: text("ip_-d_address_show"),
            NEIGHBOURS: text("ip_neigh_show"),
            FDB: text("bridge_fdb_show"),
        }
    )
    assert problems(snapshot) == []
    assert [record["name"] for record in snapshot["interfaces"]] == [
        "lo",
        "br0",
        "v0",
        "v1p",
        "v1",
        "vx24",
        "mv0",
        "tap0",
    ]
    assert len(snapshot["neighbors"]["rows"]) == 3 and len(snapshot["fdb"]["rows"]) == 9
    if version == "iproute2-3.16":  # its `-d address` says no more than `address`
        assert "bridges" not in snapshot["observed"] and "-d" in next(
            gap["hint"] for gap in snapshot["gaps"] if gap["subset"] == "bridges")
    else:
        # Only the newest counts what was learnt.
        learned = {"fdb_learned": 1} if version == "iproute2-7.1" else {}
        assert snapshot["bridges"] == [
            {
                "name": "br0",
                "kind": "linux",
                "ageing": 45.0,
                "forward_delay": 15.0,
                "stp": False,
                "vlan_filtering": False,
                "topology_change": False,
                "ports": ["tap0", "v0", "vx24"],
                **learned,
            }
        ]


LINK = "2: eth0: <UP> mtu 1500\n    link/ether 52:54:00:25:ad:fa brd ff:ff:ff:ff:ff:ff promiscuity 0\n"


def test_missing_texts_are_not_observed_and_never_empty():
    snapshot = snapshot_from_text({"host": "web01", ADDRESSES: LINK})
    assert snapshot["observed"] == ["interfaces", "addresses", "bridges"] and snapshot["source"] == "text"
    assert "neighbors" not in snapshot and "fdb" not in snapshot
    assert gaps(snapshot, "fdb") == ["not observed: `bridge fdb show` is not among the texts"]
    assert problems(snapshot) == []


def test_an_empty_text_is_an_answer():
    snapshot = snapshot_from_text({"host": "web01", NEIGHBOURS: "", FDB: "\n"})
    assert snapshot["neighbors"]["rows"] == [] and snapshot["fdb"]["rows"] == [] and "fdb" in snapshot["observed"]


def test_unknown_keys_are_named_and_the_os_is_accepted():
    snapshot = snapshot_from_text({"host": "web01", ADDRESSES: LINK, "os": "linux", "show version": "x", 7: None})
    assert gaps(snapshot, "texts") == ["no reader for show version", "no reader for 7"]


def test_a_damaged_line_is_shown_and_the_rest_is_there():
    text = (
        "192.0.2.1 dev eth0 lladdr 52:54:00:00:00:01 STALE\n192.0.2.2 dev eth0 lladdr 52:54:00:00:00:0 STALE"
        " junk\n\x1b[31mwho\n"
    )
    text = text.replace("00:0 STALE junk", "00:01x STALE")
    snapshot = snapshot_from_text({"host": "web01", NEIGHBOURS: text})
    assert snapshot["neighbors"]["rows"] == ["- eth0 192.0.2.1 52:54:00:00:00:01 STALE -"]
    shown = gaps(snapshot, "neighbors")
    assert len(shown) == 2 and "192.0.2.2 dev eth0 lladdr 52:54:00:00:00:01x" in shown[0]
    assert {gap.get("item") for gap in snapshot["gaps"] if gap["subset"] == "neighbors"} == {NEIGHBOURS}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "needs a dictionary"),
        ("text", "needs a dictionary"),
        ({}, "`host` is missing"),
        ({"host": ""}, "`host` is missing"),
        ({"host": 5}, "`host` is missing"),
        ({"host": "h" * 200000}, "too many for a host name"),
        (
            {"host": "web01", ADDRESSES: [{"ifname": "eth0"}]},
            "web01: ip -d address show: must be the command's output as text, not list",
        ),
        ({"host": "web01", FDB: 5}, "web01: bridge fdb show: must be"),
        (
            {"host": "web01", ADDRESSES: "bash: ip: command not found\n"},
            "web01: ip -d address show: nothing in this text.*command not found",
        ),
        ({"host": "web01", NEIGHBOURS: "<html>" * 50000}, "web01: ip neigh show: nothing in this text"),
    ],
)
def test_errors_name_host_and_field(texts, message):
    with pytest.raises(TextSnapshotError, match=message) as caught:
        snapshot_from_text(texts)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "line",
    [
        "3: " + "e" * 200000 + ": <UP> mtu 1500",
        "3: eth1: <UP> mtu " + "9" * 200000,
        "    link/ether " + "52:54:00:" * 60000,
        "    inet " + "1." * 100000 + "/24",
        "3: eth1@" + "x" * 200000 + ": <UP> mtu 1500",
    ],
)
def test_hostile_lines_never_fail_the_rest(line):
    snapshot = snapshot_from_text({"host": "web01", ADDRESSES: LINK + line + "\n" + LINK.replace("2: eth0", "4: eth2")})
    assert [record["name"] for record in snapshot["interfaces"]][::len(snapshot["interfaces"]) - 1] == ["eth0", "eth2"]
    assert problems(snapshot) == [] and len(json.dumps(snapshot["gaps"])) < 5000


TOKENS = st.sampled_from(
    [
        "2:",
        "eth0:",
        "<UP>",
        "mtu",
        "1500",
        "link/ether",
        "52:54:00:00:00:01",
        "inet",
        "192.0.2.1/24",
        "dev",
        "lladdr",
        "STALE",
        "master",
        "\n",
        "\n    ",
        "bridge",
        "ageing_time",
        "bond_slave",
        "é",
        "\u2028",
        "\x00",
        "9" * 30,
    ]
)
TEXT = st.one_of(st.none(), st.text(max_size=60), st.lists(TOKENS, max_size=25).map(" ".join))


@settings(max_examples=150, deadline=None)
@given(st.fixed_dictionaries({"host": st.just("web01"), ADDRESSES: TEXT, NEIGHBOURS: TEXT, FDB: TEXT}))
def test_any_text_gives_a_valid_snapshot_or_the_plain_error(texts):
    try:
        snapshot = snapshot_from_text(texts)
    except TextSnapshotError as error:
        assert str(error).startswith("web01: ")
    else:
        assert problems(snapshot) == []
