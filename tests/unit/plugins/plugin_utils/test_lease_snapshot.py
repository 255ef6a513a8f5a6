"""Leases of dnsmasq, Kea and ISC in one form, and what several machines with one MAC are told by."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from ansible_collections.netops.layer2.plugins.filter import snapshot_from_leases as plugin
from ansible_collections.netops.layer2.plugins.plugin_utils._lease_snapshot import (
    FORMATS,
    LeaseError,
    snapshot_from_leases,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._sources._leases import machine_of
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ..growth import assert_grows_with_its_input
from .builders import TWIN, server

ROOT = Path(__file__).resolve().parents[4]
CHECKER = jsonschema.Draft202012Validator(
    json.loads((ROOT / "docs/schemas/snapshot-v1.json").read_text(encoding="utf-8"))
)
NOW = 1_000_000_000
ONE, OTHER = (
    "ff:12:34:56:78:00:02:00:00:ab:11:01",
    "ff:12:34:56:78:00:02:00:00:ab:11:02",
)  # RFC 4361, as systemd-networkd sends them
OF_MAC = f"01:{TWIN}"
PXE = "00:" + ":".join(["1f"] * 16)

DNSMASQ = f"""\
{NOW + 60} {TWIN} 10.0.0.11 web {ONE}
0 {TWIN} 10.0.0.12 * *
nonsense
{NOW + 60} 06-00:00:00:00:00:01 10.0.0.13 * *
duid 00:01:00:01:2b:aa:bb:cc:52:54:00:00:00:01
{NOW + 60} 7 2001:db8::1 * 00:01
"""
KEA = f"""\
address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context
10.0.0.11,{TWIN},{OTHER},3600,{NOW},1,0,0,web,0,
10.0.0.11,{TWIN},{ONE},3600,{NOW + 60},1,0,0,"a, b",0,
10.0.0.12,{TWIN},,4294967295,{NOW},1,0,0,,0,
10.0.0.13,{TWIN},,0,{NOW},1,0,0,,0,
10.0.0.14,{TWIN},,3600,{NOW},1,0,0,,1,
10.0.0.15,,,3600,{NOW},1,0,0,,2,
10.0.0.16,nonsense,,3600,{NOW},1,0,0,,0,
"""
ANSWER = [
    {
        "result": 0,
        "arguments": {
            "leases": [
                {
                    "ip-address": "10.0.0.11",
                    "hw-address": TWIN,
                    "client-id": ONE,
                    "cltt": NOW - 3540,
                    "valid-lft": 3600,
                    "state": 0,
                },
                {"ip-address": "10.0.0.12", "hw-address": TWIN, "cltt": NOW, "valid-lft": 4294967295, "state": 0},
                5,
            ]
        },
    },
    {"result": 1, "text": "unable to forward"},
]
ISC = """\
# The format of this file is documented in the dhcpd.leases(5) manual page.
lease 10.0.0.11 {
  starts 0 2001/09/09 00:46:40;
  ends 0 2001/09/09 01:47:40;
  binding state active;
  next binding state free;
  hardware ethernet 52:54:00:0c:1d:f5;
  uid "\\377\\0224Vx\\000\\002\\000\\000\\253\\021\\001";
  client-hostname "web";
}
lease 10.0.0.12 {
  ends never;
  binding state active;
  hardware ethernet 52:54:00:0c:1d:f5;
}
lease 10.0.0.13 {
  ends epoch 5; # Thu Jan 01 00:00:05 1970
  binding state free;
  hardware ethernet 52:54:00:0c:1d:f5;
  uid 01:52:54:00:0c:1d:f5;
}
lease 10.0.0.14 {
  binding state backup;
}
lease 10.0.0.15 {
  ends nonsense;
  hardware ethernet 52:54:00:0c:1d:f5;
}
"""
LEASED = [f"10.0.0.11 {TWIN} {ONE} active {NOW + 60}", f"10.0.0.12 {TWIN} - active -"]


@pytest.mark.parametrize(
    "name, text, more, gaps",
    [
        ("dnsmasq", DNSMASQ, [], ["no lease: nonsense", "10.0.0.13 06-00"]),
        ("kea", KEA, [f"10.0.0.14 {TWIN} - declined {NOW}"], ["10.0.0.16 nonsense"]),
        ("kea", json.dumps(ANSWER), [], ["a lease that is no object", "unable to forward"]),
        ("kea", ANSWER, [], ["a lease that", "unable to forward"]),
        ("isc", ISC, [f"10.0.0.13 {TWIN} {OF_MAC} released 5"], ["10.0.0.15: "]),
    ],
)
def test_leases_of_each_server_have_one_form(name, text, more, gaps):
    document = snapshot_from_leases(text, "dhcp1", name, NOW)
    CHECKER.validate(document)
    assert document["dhcp_leases"]["rows"] == [*LEASED, *more]
    assert len(document["gaps"]) == len(gaps)
    assert all(
        gap["reason"].startswith("not used: ") and words in gap["reason"]
        for words, gap in zip(gaps, document["gaps"], strict=True)
    )


@pytest.mark.parametrize(
    "text, host, name, says",
    [
        ("x", "h", "bootp", "server must be one of dnsmasq, kea, isc"),
        ("x", "", "isc", "host must be a name"),
        (5, "h", "isc", "needs the leases as text"),
        ("x,y", "h", "kea", "does not name the columns"),
        ("{", "h", "kea", "no answer of Kea"),
        ("nonsense", "h", "isc", "no dhcpd.leases"),
    ],
)
def test_what_is_no_list_of_leases_is_refused(text, host, name, says):
    with pytest.raises(LeaseError, match=says):
        snapshot_from_leases(text, host, name)


KEA_LEASE = {"ip-address": "10.0.0.11", "hw-address": TWIN}


def isc(*lines):
    """A lease without its end."""
    return "lease 10.0.0.11 {\n" + "".join(f"  {line};\n" for line in (f"hardware ethernet {TWIN}", *lines))


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("kea", json.dumps({"arguments": {"leases": [{**KEA_LEASE, "cltt": 1.7e308, "valid-lft": 1.7e308}]}}), "times"),
        ("isc", isc() + "}\n" + isc(), "1 lease without an end"),
        ("isc", isc(), "1 lease without an end"),
    ],
    ids=["beyond-numbers", "cut-off", "cut-off-at-once"],
)
def test_what_is_cut_off_or_beyond_numbers_is_a_gap(name, text, says):
    [gap] = snapshot_from_leases(text, "dhcp1", name, NOW)["gaps"]
    assert says in gap["reason"]


@pytest.mark.parametrize(
    ("word", "state"), [("active", "active"), ("backup", "released"), ("a\tb\x0bc", "unknown"), ("next", "unknown")]
)
def test_a_state_is_one_of_those_that_the_server_has(word, state):
    text = isc(f"binding state {word}") + "}\n"
    assert snapshot_from_leases(text, "dhcp1", "isc")["dhcp_leases"]["rows"] == [f"10.0.0.11 {TWIN} - {state} -"]


@pytest.mark.parametrize("name", FORMATS)
def test_no_leases_are_none(name):
    text = KEA.splitlines()[0] if name == "kea" else ""
    assert snapshot_from_leases(text, "dhcp1", name)["dhcp_leases"]["rows"] == []


def test_twenty_thousand_leases_are_read_in_a_time_that_grows_with_them():
    def leases_read(count):
        text = "".join(
            f"{NOW} 02:00:00:00:{number >> 8:02x}:{number & 255:02x} 10.0.{number >> 8}.{number & 255} * *\n"
            for number in range(count)
        )

        def work():
            assert len(snapshot_from_leases(text, "dhcp1", "dnsmasq")["dhcp_leases"]["rows"]) == count

        return work

    assert_grows_with_its_input(leases_read, 2_000, 20_000)


def leases(*clients, state="active", expires="-"):
    rows = [f"10.0.0.{number} {TWIN} {client} {state} {expires}" for number, client in enumerate(clients, 11)]
    return {
        "schema": "netops.layer2/snapshot",
        "version": 1,
        "host": "dhcp1",
        "source": "leases",
        "collected_at": NOW,
        "dhcp_leases": {"rows": rows},
    }


def judged(document, *hosts):
    found = mac_collisions(list(hosts), scans=[document])
    return [(one["status"], one["rule"], one["confidence"]) for one in found["findings"]], found


def test_one_mac_with_the_identifiers_of_two_machines_is_suspected():
    rows, found = judged(leases(ONE, OTHER))
    assert rows == [("suspected", "two_clients", "low")]
    assert "10.0.0.11 (dhcp1) and 10.0.0.12 (dhcp1)" in found["findings"][0]["reason"]
    assert judged(leases(ONE, OTHER), server("web", TWIN, "10.0.0.11/24"))[0] == [("suspected", "two_clients", "low")]


@pytest.mark.parametrize(
    "clients, more",
    [
        ((ONE, ONE), {}),
        ((ONE, "-"), {}),
        ((ONE, OF_MAC), {}),
        ((ONE, PXE), {}),
        ((ONE, ONE.replace("12:34", "99:99")), {}),
        ((ONE, OTHER), {"state": "declined"}),
        ((ONE, OTHER), {"expires": NOW - 1}),
    ],
)
def test_what_tells_no_two_machines_apart_is_no_sign(clients, more):
    """Firmware, installers and VLANs of one machine have identifiers of their own; leases that ran out tell of earlier
    times.
    """
    assert judged(leases(*clients, **more))[0] == []


@pytest.mark.parametrize(
    "file", sorted((Path(__file__).parent / "golden" / "leases").iterdir()), ids=lambda path: path.name
)
def test_what_real_servers_kept_of_two_clients_with_one_mac(file):
    """dnsmasq 2.90 and Kea 2.2 (file, and answer to lease4-get-all), which two clients with one MAC asked in turn."""
    document = snapshot_from_leases(file.read_text(encoding="utf-8"), "dhcp1", file.name.partition("-")[0])
    CHECKER.validate(document)
    assert document["gaps"] == []
    assert sorted(row.split(" ")[2] for row in document["dhcp_leases"]["rows"]) == [ONE, OTHER]
    assert judged(document)[0] == [("suspected", "two_clients", "low")]


def test_leases_are_evidence_of_what_others_found():
    hosts = [server("a", TWIN, "192.168.100.5/23"), server("b", TWIN, "192.168.100.6/23")]
    rows, found = judged(leases(ONE), *hosts)
    assert rows[0][:2] == ("conflict", "proven_twins")
    assert (
        f"dhcp1: leased 10.0.0.11 to it, held, by machine {machine_of(ONE, TWIN)}" in found["findings"][0]["evidence"]
    )


def test_broken_rows_are_quarantined():
    document = leases(ONE)
    document["dhcp_leases"]["rows"] += [
        "a b",
        f"10.0.0.1 {TWIN.upper()} - active -",
        f"10.0.0.1 {TWIN} - active soon",
        5,
    ]
    quarantined = judged(document)[1]["coverage"]["quarantined"]
    assert sorted(row["problem"].split(",")[0] for row in quarantined) == [
        "1 do not have 5 columns",
        "1 rows are no texts",
        "2 are no leases",
    ]


def test_the_documentation_names_the_servers():
    assert yaml.safe_load(plugin.DOCUMENTATION)["options"]["server"]["choices"] == list(FORMATS)
