"""What others put on an interface and is put back after networkd configured it anew: rules, and when they are noted at
all.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _keep, _mac_change, _mac_plan
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import _networkd

from .host import Host

RULES = """0:\tfrom all lookup local
100:\tfrom 198.51.100.77 lookup 777
200:\tnot from all fwmark 0x1 iif wg0 [detached] lookup 51820 proto static
32766:\tfrom all lookup main
32767:\tfrom all lookup default
"""
ADD = ["ip", "-4", "rule", "add", "priority"]
BACK = [[*ADD, "100", "from", "198.51.100.77", "lookup", "777"],
        [*ADD, "200", *"not from all fwmark 0x1 iif wg0 lookup 51820 proto static".split()]]


def test_rules_but_the_kernels_can_be_put_back():
    assert _keep.rules(RULES, "-4") == BACK
    assert _keep.noted_rules(Host(answers={"ip_-4_rule_show": RULES})) == BACK


def plan(commands):
    return _mac_plan.Plan(
        interface="eth0",
        number=2,
        old="",
        new="",
        manager="systemd-networkd",
        changes=[],
        pins=[],
        commands=commands,
        undo=commands,
        replug=[],
        switch=True,
        hardware=False,
        warnings=[],
    )


@pytest.mark.parametrize(
    ("commands", "noted"),
    [
        ([], False),
        ([["nmcli", "connection", "load", "x"]], False),
        ([["networkctl", "reload"]], True),
        ([["systemctl", "restart", "systemd-networkd.service"]], True),
    ],
)
def test_it_is_noted_where_networkd_configures_the_interface_anew(commands, noted):
    found = _mac_change._noted(Host(answers={"ip_-4_rule_show": RULES}), plan(commands))
    assert (found == BACK) is noted and (found is None) is not noted


def test_what_is_gone_afterwards_is_put_back_and_what_cannot_be_is_said(monkeypatch):
    monkeypatch.setattr(_networkd, "_PAUSE", 0)
    after = Host(
        files={"/run/systemd/netif/links/2": "ADMIN_STATE=configured\n"},
        answers={"ip_-4_rule_show": RULES.replace("100:", "32766:", 1)},
    )
    said = []
    assert _mac_change._put_back(after, plan([["networkctl", "reload"]]), BACK, said)
    assert [argv for argv in after.ran if argv[:4] == ADD[:4]] == BACK[
        :1
    ] and "past systemd-networkd could not be put back" in said[0]
    assert not _mac_change._put_back(after, plan([]), None, [])


def test_it_waits_no_longer_than_it_was_told(monkeypatch):
    monkeypatch.setattr(_networkd, "_PAUSE", 0)
    assert _networkd.wait(Host(files={"/run/systemd/netif/links/2": "ADMIN_STATE=configuring\n"}), 2, 0.01) is None
