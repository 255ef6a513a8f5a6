"""Flood samples: every field typed, what is wrong quarantined by name; receivers of one flood grouped, mirrors told
apart.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._samples import floods, read_samples

from ..flood_builders import CLIENT_MAC, COLUMNS, SERVER_MAC, incident2_samples, sample, sampled, talker


def test_documents_texts_and_hostvars_give_the_same():
    documents = incident2_samples()
    found = [read_samples(data).interfaces for data in (
        documents, [json.dumps(one) for one in documents],
        {one["host"]: {"ansible_facts": {"layer2_flood_sample": json.dumps(one)}} for one in documents})]
    assert found[0] == found[1] == found[2] and len(found[0]) == 2
    assert read_samples(None).interfaces == []


def test_a_sample_given_twice_counts_once():
    documents = incident2_samples()
    read = read_samples([*documents, documents[0]])
    assert len(read.interfaces) == 2 and "second flood sample" in str(read.quarantined[0])


def test_every_receiver_of_a_flood_is_in_one_place():
    (flood,), minor = floods(read_samples(incident2_samples()).interfaces, 0.01)
    assert [receiver.sampled.host for receiver in flood.receivers] == ["bystander1", "bystander2"] and minor == 0
    assert (flood.source, flood.destination, flood.service()) == (SERVER_MAC, CLIENT_MAC, ("tcp", 80, 40112))


def test_columns_are_found_by_name():
    columns = [*reversed(COLUMNS), "ttl"]
    row = " ".join([*reversed(talker().split(" ")), "64"])
    read = read_samples([sample("h", sampled("eth0", talkers={"columns": columns, "rows": [row]}, verdict="flood"))])
    assert read.interfaces[0].talkers[0].source == SERVER_MAC and read.interfaces[0].talkers[0].frames == 8000


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"verdict": "perhaps"}, "interfaces[0].verdict"),
        ({"packets_per_second": -1}, "interfaces[0].packets_per_second"),
        ({"bits_per_second": "much"}, "interfaces[0].bits_per_second"),
        ({"seconds": float("inf")}, "interfaces[0].seconds"),
        ({"name": None}, "interfaces[0].name"),
        ({"talkers": {"rows": [], "columns": ["vlan"]}}, "interfaces[0].talkers"),
        ({"talkers": {"rows": ["too short", talker(source="junk")], "columns": COLUMNS}}, "interfaces[0].talkers.rows"),
    ],
)
def test_what_is_wrong_is_named(change, field):
    read = read_samples(
        [{**sample("h", sampled("eth0")), "interfaces": [sampled("eth0", **change) if "name" not in change else {}]}]
    )
    assert [(problem.host, problem.field) for problem in read.quarantined] == [("h", field)]


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ('{"cut', "broken JSON"),
        ("[]", "not an object"),
        ({**sample("h"), "version": 2}, "this collection reads version 1"),
        ({**sample("h"), "schema": "netops.layer2/snapshot"}, "Only output of flood_sample"),
        (sample(""), "Give each flood sample"),
    ],
)
def test_documents_that_are_no_sample(document, problem):
    read = read_samples([document, sample("good", sampled("eth0"))])
    assert problem in str(read.quarantined[0]) and read.hosts == {"good"}


def test_hosts_without_a_sample_are_missing():
    assert [gone.reason for gone in read_samples({"h": {}}).missing] == ["no flood sample was gathered"]


@pytest.mark.parametrize(
    ("back", "is_mirror"), [(None, False), ({"frames": 4000}, True), ({"frames": 20}, True), ({"frames": 2}, False)]
)
def test_conversations_seen_both_ways_are_a_mirror(back, is_mirror):
    """An answer that strays once in a while makes no mirror of a flood."""
    rows = [talker()] + ([talker(source=CLIENT_MAC, destination=SERVER_MAC, bytes=60_000, **back)] if back else [])
    assert read_samples([sample("h", sampled("eth0", *rows))]).interfaces[0].is_mirror() is is_mirror
