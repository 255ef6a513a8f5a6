"""Ansible's own hostvars, read without injected facts: the same answer, the setting as it was, and each host asked
once.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

import pytest
from ansible import constants
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars import manager
from ansible.vars.hostvars import HostVars
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet import _hostvars
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hostvars import getter
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Fleet, Missing, Source
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ..builders import server

M = "00:25:90:00:aa:01"


class Watched(Mapping):
    """Hostvars that note, for each answer, whether facts were injected into it."""

    def __init__(self, hostvars):
        self.hostvars = hostvars
        self.asked = []

    def raw_get(self, host):
        variables = self.hostvars.raw_get(host)
        if host != "localhost":  # which ansible-core 2.16 lists, though no inventory does
            self.asked.append((host, "layer2_snapshot" in variables))
        return variables

    def __getitem__(self, host):
        if host not in self.hostvars:  # outside of a template, Ansible has no word for what is undefined
            raise KeyError(host)
        return self.hostvars[host]

    def __iter__(self):
        return iter(self.hostvars)

    def __len__(self):
        return len(self.hostvars)


@pytest.fixture(autouse=True)
def injecting(monkeypatch):
    """The setting as it is by default, and as it has to be again."""
    where = manager if hasattr(manager, "_INJECT_FACTS") else constants
    name = "_INJECT_FACTS" if where is manager else "INJECT_FACTS_AS_VARS"
    monkeypatch.setattr(where, name, True)
    yield where, name
    assert getattr(where, name) is True


@pytest.fixture
def fleet():
    """Ansible's hostvars of two twins and a host that was never gathered, and their variable manager."""
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=["a,b,never"])
    variables = manager.VariableManager(loader=loader, inventory=inventory)
    for host, address in (("a", "192.168.100.4/23"), ("b", "192.168.100.5/23")):
        variables.set_host_facts(
            host, {"layer2_snapshot": json.dumps(server(host, M, address)), "ansible_os_family": "Debian"}
        )
    return Watched(HostVars(inventory=inventory, variable_manager=variables, loader=loader)), variables


def test_facts_are_not_injected_where_they_tell_all(fleet):
    hostvars, _variables = fleet
    verdict = mac_collisions(hostvars)
    assert verdict["summary"]["conflict"] == 1 and verdict["coverage"]["judged"] == ["a", "b"]
    assert hostvars.asked == [("a", False), ("b", False), ("never", False), ("never", False)]


def test_a_release_that_keeps_the_setting_elsewhere_is_read_as_it_is(fleet, monkeypatch):
    hostvars, _variables = fleet
    lean = mac_collisions(hostvars)
    hostvars.asked.clear()
    monkeypatch.setattr(
        _hostvars, "_SETTINGS", (("ansible.vars.manager", "_MOVED"), ("ansible.gone", "INJECT_FACTS_AS_VARS"))
    )
    assert mac_collisions(hostvars) == lean
    assert hostvars.asked == [("a", True), ("b", True), ("never", False)]


@pytest.mark.parametrize("inject", [True, False])
def test_a_segment_among_the_facts_counts_as_ansible_is_set(fleet, injecting, monkeypatch, inject):
    """`set_fact` with `cacheable` leaves it there: above the inventory's where facts are injected, unseen where they
    are not.
    """
    hostvars, variables = fleet
    inventory = hostvars.hostvars._inventory
    inventory.get_host("a").set_variable("layer2_segment", "of the inventory")
    variables.set_host_facts("a", {"layer2_segment": "cached"})
    with monkeypatch.context() as patch:
        patch.setattr(*injecting, inject)
        found = {source.host: source.segment for source in Fleet(hostvars) if isinstance(source, Source)}
    assert found == {"a": "cached" if inject else "of the inventory", "b": None}


def test_variables_set_in_the_run_are_read_too(fleet):
    hostvars, variables = fleet
    variables.set_nonpersistent_facts(
        "never", {"layer2_snapshot": json.dumps(server("never", M, "192.168.100.6/23")), "layer2_segment": "x"}
    )
    variables.set_nonpersistent_facts("a", {"layer2_segment": "y"})
    found = {source.host: source.segment for source in Fleet(hostvars) if not isinstance(source, Missing)}
    assert found == {"a": "y", "b": None, "never": "x"}


def test_the_setting_is_as_it_was_after_an_error(injecting):
    class Broken(dict):
        def raw_get(self, host):
            assert getattr(*injecting) is False
            raise KeyError(host)

    with pytest.raises(KeyError):
        getter(Broken(), lambda variables: True)("a")


def test_a_plain_mapping_is_only_looked_up():
    assert getter({"a": {"x": 1}}, lambda variables: False)("a") == {"x": 1}


def test_nothing_of_ansible_is_imported_for_it(monkeypatch):
    for name, _setting in _hostvars._SETTINGS:
        monkeypatch.delitem(sys.modules, name, raising=False)

    class Other(dict):
        def raw_get(self, host):
            return host

    assert getter(Other(), lambda variables: False)("a") == "a"
    assert not {name for name, _setting in _hostvars._SETTINGS} & set(sys.modules)
