"""Whether a guest runs: one table for all who ask, in the words of each hypervisor."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._guests import _hypervisors, _libvirt
from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import (
    ENDS,
    HELD,
    OFF,
    RUNS,
    UNKNOWN,
    Hypervisor,
)
from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisors import presence, presence_in

PLUGINS = Path(_hypervisors.__file__).resolve().parents[2]
WORDS = [
    ("libvirt", "running", RUNS),
    ("libvirt", "idle", RUNS),
    ("libvirt", "blocked", RUNS),
    ("libvirt", "no state", RUNS),
    ("libvirt", "in shutdown", ENDS),
    ("libvirt", "paused", HELD),
    ("libvirt", "pmsuspended", HELD),
    ("libvirt", "crashed", HELD),
    ("libvirt", "shut off", OFF),
    ("libvirt", "stopped", UNKNOWN),
    ("libvirt", "", UNKNOWN),
    ("libvirt", None, UNKNOWN),
    (None, "running", RUNS),
    (None, "shut off", OFF),
    ("vmware", "poweredOn", RUNS),
    ("vmware", "suspended", OFF),
    ("vmware", "running", UNKNOWN),
    ("hyperv", "Running", RUNS),
    ("hyperv", "Saved", OFF),
    ("xen", "paused", HELD),
    ("xen", "Halted", OFF),
    ("virtualbox", "poweroff", OFF),
    ("virtualbox", "gurumeditation", HELD),
    ("openstack", "ACTIVE", RUNS),
    ("openstack", "SHUTOFF", OFF),
    ("incus", "Frozen", HELD),
    ("lxd", "Stopped", OFF),
    ("bhyve of nobody", "running", UNKNOWN),
    (7, ["running"], UNKNOWN),
]


@pytest.mark.parametrize(
    ("hypervisor", "state", "expected"), WORDS, ids=[f"{name}-{state}" for name, state, _presence in WORDS]
)
def test_a_word_means_what_its_hypervisor_means_by_it(hypervisor, state, expected):
    assert presence_in(state, hypervisor) == expected
    assert presence({"hypervisor": hypervisor, "state": state}) == expected


def test_every_state_that_libvirt_can_tell_is_understood():
    told = {*_libvirt._STATES, *_libvirt._STATUS_STATES.values()}
    assert [word for word in told if not presence_in(word, "libvirt").known] == []


def test_each_hypervisor_stands_in_the_list_once_and_can_be_on_and_off():
    names = [one.name for one in _hypervisors.HYPERVISORS]
    assert len(set(names)) == len(names)
    for one in _hypervisors.HYPERVISORS:
        assert {RUNS, OFF} <= set(one.states.values()), one.name


def test_what_is_not_known_is_neither_on_the_wire_nor_off():
    assert (UNKNOWN.on_wire, UNKNOWN.active, UNKNOWN.known) == (False, True, False)


def test_a_new_hypervisor_is_one_row(monkeypatch):
    toy = Hypervisor("toy", {"hums": RUNS, "sleeps": OFF}, None)
    monkeypatch.setattr(_hypervisors, "HYPERVISORS", (*_hypervisors.HYPERVISORS, toy))
    assert presence({"hypervisor": "toy", "state": "hums"}).on_wire
    assert not presence({"hypervisor": "toy", "state": "sleeps"}).active


def test_nobody_else_compares_a_guests_state_with_a_word():
    """Another place that decides it would decide otherwise one day, as eight of them did."""
    words = {word for one in _hypervisors.HYPERVISORS for word in one.states} - {"paused", "shutdown"}
    state = r"""(?:guest|facts|domain)\w*(?:\.get\("state"\)|\["state"\]|\.state)"""
    compared = re.compile(state + r""" (?:==|!=|in|not in) \(?"(%s)\"""" % "|".join(map(re.escape, words)))
    found = [
        str(path.relative_to(PLUGINS))
        for path in PLUGINS.rglob("*.py")
        if compared.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
