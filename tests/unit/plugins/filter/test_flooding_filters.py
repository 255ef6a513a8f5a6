"""Filters flooding_causes and ageing_mismatches: types are checked, the core's errors come as Ansible's, and the
verdict comes through whole.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.netops.layer2.plugins.filter.ageing_mismatches import FilterModule as Ageing
from ansible_collections.netops.layer2.plugins.filter.flooding_causes import FilterModule as Causes

from ..plugin_utils.flood_builders import VIP, incident2, incident2_samples

judge, compare = Causes().filters()["flooding_causes"], Ageing().filters()["ageing_mismatches"]


def test_hostvars_in_verdict_out():
    hostvars = {one["host"]: {"ansible_facts": {"layer2_snapshot": json.dumps(one)}} for one in incident2()}
    for one in incident2_samples():
        hostvars[one["host"]]["layer2_flood_sample"] = json.dumps(one)
    verdict = judge(hostvars, hosts=list(hostvars), switches={"core": {"platform": "ios"}})
    assert (verdict["summary"]["flooding"], verdict["findings"][0]["cure"]["vip"]) == (1, VIP)
    assert compare(hostvars, {"core": {"platform": "ios"}})[0]["verdict"] == "mismatch"


@pytest.mark.parametrize(("arguments", "message"), [
    ({"data": 7}, "neither hostvars nor a list of snapshots"),
    ({"data": [], "samples": 7}, "neither hostvars nor a list of flood samples"),
    ({"data": [], "hosts": "a"}, "hosts must be a list"),
    ({"data": [], "unreachable": ["a"]}, "unreachable must map"),
    ({"data": [], "switches": []}, "switches: list"),
    ({"data": [], "least_share": 2}, "least_share must be a share from 0 to 1"),
    ({"data": [], "least_share": "much"}, "least_share must be a share"),
    ({"data": [], "exceptions": [{"match": "cause =="}]}, "exceptions"),
])
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(AnsibleFilterError, match=message):
        judge(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"data": 7}, "neither"), ({"data": [], "hosts": 1}, "hosts"), ({"data": [], "switches": {"a": {}}}, "a:")],
)
def test_wrong_arguments_of_the_other_filter(arguments, message):
    with pytest.raises(AnsibleFilterError, match=message):
        compare(**arguments)
