"""Filter ip_conflicts: types are checked, the core's errors come as Ansible's, and the verdict comes through whole."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.filter.ip_conflicts import FilterModule
from ansible_collections.netops.layer2.plugins.filter.snapshot_from_text import FilterModule as Texts

judge = FilterModule().filters()["ip_conflicts"]
from_text = Texts().filters()["snapshot_from_text"]


def _host(host: str, number: int):
    mac = f"52:54:00:00:00:0{number}"
    return from_text(
        {
            "host": host,
            "ip -d address show": (
                "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP group default qlen 1000\n"
                f"    link/ether {mac} brd ff:ff:ff:ff:ff:ff promiscuity 0\n    inet 10.0.0.5/24 scope global eth0\n"
            ),
            "ip neigh show": "10.0.0.1 dev eth0 lladdr 00:1b:21:aa:00:01 REACHABLE\n",
            "bridge fdb show": "",
        }
    )


def test_text_in_verdict_out():
    fleet = {
        name: {"ansible_facts": {"layer2_snapshot": json.dumps(_host(name, number))}}
        for number, name in enumerate(("a", "b"), 1)
    }
    verdict = judge(fleet, hosts=["a", "b", "c"], unreachable={"c": "timed out"})
    assert (verdict["summary"]["conflict"], verdict["findings"][0]["address"]) == (1, "10.0.0.5")
    assert verdict["coverage"]["missing"] == [{"host": "c", "reason": "timed out"}]


@pytest.mark.parametrize(("arguments", "message"), [
    ({"data": 7}, "neither hostvars nor a list"),
    ({"data": [], "hosts": "a"}, "hosts must be a list"),
    ({"data": [], "unreachable": ["a"]}, "unreachable must map"),
    ({"data": [], "exceptions": [{"match": "address =="}]}, "exceptions"),
])
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(AnsibleFilterError, match=message):
        judge(**arguments)
