"""Tests of the one way in: a new source is one file and one row, and what each kind of observation proves."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils import _gathered
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hosts import Hosts
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._observation import (
    CLAIMED,
    LEARNED,
    PROGRAMMED,
    RECORDED,
    SEEN,
    Observation,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Reader
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Fleet, Kind
from ansible_collections.netops.layer2.plugins.plugin_utils._reporting import Circumstances, Reporting
from ansible_collections.netops.layer2.plugins.plugin_utils._sources import _list, _snapshot
from ansible_collections.netops.layer2.plugins.plugin_utils._sources._observe import observe
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._address_verdicts import ip_conflicts

from ..builders import GATEWAY, guest, hypervisor, learned, neighbour, server

A, B, X = (f"00:25:90:00:aa:0{number}" for number in (1, 2, 9))
IP = "192.168.100.9"
OWNER = server("a", A, f"{IP}/23")
SERVER = server("dhcp", B, "192.168.100.2/23")
LEASES = Kind("example/leases", 1, "dhcp_leases", "lease file", "a task of yours")


def leases(reader):
    """The whole of a new source: a lease says that the DHCP server heard a MAC on an interface, and gave it an address.
    """
    for path, row in reader.objects("leases"):
        mac, address = reader.mac(row, "mac", path), reader.text(row, "address", path)
        if mac and address:
            yield Observation(
                "lease", SEEN, reader.host, "eth0", mac, address, first=row.get("starts"), last=row.get("ends")
            )


def lease_file(*rows, host="dhcp"):
    return {
        "schema": "example/leases",
        "version": 1,
        "host": host,
        "leases": [{"address": address, "mac": mac} for address, mac in rows],
    }


@pytest.fixture
def _with_leases(monkeypatch):
    monkeypatch.setattr(_list, "SOURCES", [*_list.SOURCES, _list.SourceRow(LEASES, leases)])


def judged(told):
    found = ip_conflicts([OWNER, SERVER], scans=told)
    return [(one["address"], one["status"], one["rule"]) for one in found["findings"]]


@pytest.mark.usefixtures("_with_leases")
def test_a_new_source_is_one_file_and_one_row():
    document = lease_file((IP, X))
    for given in (
        [document],
        [json.dumps(document)],
        {"dhcp": {"ansible_facts": {"dhcp_leases": json.dumps(document)}}},
    ):
        assert judged(given) == [(IP, "suspected", "unknown_owner")]
    assert judged([lease_file((IP, A))]) == []


@pytest.mark.usefixtures("_with_leases")
def test_what_is_wrong_in_a_new_sources_document_is_reported_like_anybodys():
    told = [
        lease_file((IP, "nonsense"), ("a; b", X)),
        lease_file((IP, X), host="nobody"),
        {**lease_file(), "version": 2},
    ]
    coverage = ip_conflicts([OWNER, SERVER], scans=told)["coverage"]
    assert sorted((row["host"], row["field"]) for row in coverage["quarantined"]) == [
        ("dhcp", "lease"), ("dhcp", "leases[0].mac"), ("dhcp", "version")]
    assert [(gap["host"], gap["subset"]) for gap in coverage["gaps"]] == [("nobody", "lease")]


@pytest.mark.usefixtures("_with_leases")
def test_a_report_counts_the_documents_of_a_new_source_by_the_same_rule_as_scans():
    def counted(mark):
        variables = {"ansible_facts": {"dhcp_leases": "{}", "dhcp_leases_received": f"990.000 {mark}"}}
        return list(_gathered.scans({"dhcp": variables}, ["dhcp"], _gathered.Now("this-run", 1000.0)))

    assert (counted("this-run"), counted("earlier")) == (["dhcp"], [])


@pytest.mark.usefixtures("_with_leases")
@pytest.mark.parametrize("scans", [False, True])
def test_a_report_reads_a_new_source_whether_anybody_scans_or_not(scans):
    mark = "990.000 this-run"
    facts = {
        host: {"layer2_snapshot": one, "layer2_snapshot_received": mark}
        for host, one in (("a", OWNER), ("dhcp", SERVER))
    }
    facts["dhcp"] |= {"dhcp_leases": json.dumps(lease_file((IP, X))), "dhcp_leases_received": mark}
    hostvars = {host: {"ansible_facts": told} for host, told in facts.items()}
    report = Reporting(
        hostvars, list(hostvars), _gathered.Now("this-run", 1000.0), Circumstances(), scans=scans
    ).addresses()
    assert [one["rule"] for one in report.document["verdict"]["findings"]] == ["unknown_owner"]


@pytest.mark.parametrize("kind", [PROGRAMMED, RECORDED])
def test_what_is_programmed_or_recorded_proves_nothing(kind):
    told = Observation("register", kind, "dhcp", "eth0", X, IP)
    model = observe(Hosts(Fleet([OWNER, SERVER])), [told]).model
    assert X not in model.claims and (IP, X) not in model.tables.pairs
    assert observe(Hosts(Fleet([OWNER, SERVER])), [told._replace(kind=SEEN)]).model.tables.pairs[-1] == (IP, X)


def test_what_a_further_source_learnt_stands_beside_the_hosts_own_tables():
    host = hypervisor("hv1", 1, guest("web", A), learnt=[learned("eth0", B, "br0", "7")])
    told = Observation("controller", LEARNED, "hv1", "eth0", X, bridge="br0", vlan="7")
    tables = observe(Hosts(Fleet([host])), [told]).model.tables
    assert [
        (port.name, port.bridge, port.vlan, [tables.macs[number] for number in numbers])
        for port, numbers in tables.learned.of("hv1")
    ] == [("eth0", "br0", "7", [B]), ("eth0", "br0", "7", [X])]


def test_a_mac_that_a_host_claims_by_another_source_is_its_own():
    told = Observation("manager", CLAIMED, "dhcp", "eth0", A)
    model = observe(Hosts(Fleet([OWNER, SERVER])), [told]).model
    assert {claim.host for claim in model.claims[A]} == {"a", "dhcp"} and A in model.disputed()
    unknown = observe(Hosts(Fleet([OWNER, SERVER])), [told._replace(interface="eth7")]).model
    assert [(row.host, row.field, row.problem) for row in unknown.quarantined] == [
        ("dhcp", "manager", "its snapshot has no interface eth7 with a MAC")]


def test_the_rows_of_a_table_are_observations_of_their_host():
    programmed = neighbour("eth0", f"192.168.100.7 {X}").replace("REACHABLE", "PERMANENT")
    learnt = [learned("eth0", B, "br0"), learned("eth0", X, "br0", flags="permanent")]
    host = server("a", A, f"{IP}/23", learnt=learnt, neighbours=["broken", programmed])
    wrong = []
    tables = list(_snapshot.tell(Reader(host, wrong.append)))
    rows = [(one.host, one.kind, one.address, one.mac, one.bridge) for table in tables for one in table.observations()]
    gateway, router = GATEWAY.split()
    assert rows == [
        ("a", SEEN, gateway, router, ""),
        ("a", PROGRAMMED, "192.168.100.7", X, ""),
        ("a", LEARNED, "", B, "br0"),
        ("a", PROGRAMMED, "", X, "br0"),
    ]
    kept = observe(Hosts(Fleet([host]))).model.tables
    assert ([*kept.pairs], kept.macs) == ([(gateway, router)], [B])
    with pytest.raises(AttributeError):
        next(tables[0].observations()).mac = B
