"""The plan of a bridge's MAC ageing: what is asked of which bridge, and what is left alone."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.netops.layer2.plugins.module_utils import _timers

from .host import Host

NET = "/sys/class/net"


def bridges(**hundredths):
    """A host with these bridges, each with a port, that keep a MAC for so many hundredths of a second."""
    files = {}
    for number, (name, value) in enumerate(hundredths.items(), 1):
        port = f"{name}p"
        files.update({f"{NET}/{name}/bridge/ageing_time": str(value), f"{NET}/{name}/brif/{port}": ""})
        for each in (name, port):
            files.update({f"{NET}/{each}/ifindex": str(number), f"{NET}/{each}/address": f"02:00:00:00:00:0{number}"})
    return Host(files=files)


def planned(host, names=(), **changes):
    """The plan that bridges keep a MAC 1800 s while the host runs, with changes of the request."""
    request = _timers.Request(1800, None, False, list(names), False, persistent=False, runtime=True)
    return _timers.plan(host, request._replace(**changes))


def test_a_bridge_that_keeps_no_mac_is_left_alone_unless_it_is_named():
    host = bridges(br0=0, br1=30000)
    plan = planned(host)
    assert [(row["name"], row["ageing"]) for row in plan.bridges] == [("br0", 0), ("br1", 1800)]
    assert [step.argv[4] for step in plan.steps] == ["br1"]
    (warning,) = plan.warnings
    assert warning.startswith("br0 keeps no MAC at all (ageing 0)")
    named = planned(host, ["br0"])
    assert [step.argv[4] for step in named.steps] == ["br0"] and named.warnings == []


def test_where_nothing_is_asked_of_macs_nothing_is_warned_of():
    plan = planned(bridges(br0=0), mac=None)
    assert plan.steps == [] and plan.warnings == []


def test_a_longer_time_stays_unless_exactly_that_is_asked_for():
    host = bridges(br0=360000)
    assert planned(host).steps == [] and len(planned(host, exact=True).steps) == 1
