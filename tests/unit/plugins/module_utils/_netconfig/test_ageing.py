"""Bridges' ageing and learning in the files of whoever makes them, and the plan for a host: exactly what changes, and
nothing at a second run.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import subprocess

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _timers
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ageing
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import _ifupdown
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Drafts

from .host import Host

ACTIVE = {"systemctl_is-active_systemd-networkd.service": "active\n"}
SYSTEMD = {"/run/systemd/system/x": ""}
NETDEV = "[NetDev]\nName=br0\nKind=bridge\n\n[Bridge]\n# short\nAgeingTimeSec=4\nSTP=no\n"
QUIET = "[Match]\nName=p1\n\n[Network]\nBridge=br0\n\n[Bridge]\nLearning=no\n"


def kernel(ageing=30000, deaf=(), ports=("p1", "p2"), **attributes):
    """Sysfs and procfs of a host whose bridge br0 has these ports."""
    files = {
        "/sys/class/net/br0/bridge/ageing_time": str(ageing),
        "/sys/class/net/br0/ifindex": "9",
        "/sys/class/net/br0/address": "02:00:00:00:00:09",
    }
    for number, port in enumerate(ports, 1):
        base = f"/sys/class/net/{port}"
        files.update(
            {
                f"/sys/class/net/br0/brif/{port}": "",
                f"{base}/ifindex": str(number),
                f"{base}/address": f"02:00:00:00:00:0{number}",
                f"{base}/brport/learning": "0" if port in deaf else "1",
                f"{base}/uevent": f"INTERFACE={port}\n",
            }
        )
    files.update(
        {f"/proc/sys/net/ipv4/neigh/{name}/base_reachable_time_ms": "30000" for name in ("br0", "default", "lo")}
    )
    return {**files, **attributes}


def owned(*files):
    """What networkd notes of the links that have these .network files: (index, path)."""
    return {
        f"/run/systemd/netif/links/{index}": f"ADMIN_STATE=configured\nNETWORK_FILE={path}\n" for index, path in files
    }


def networkd(**more):
    """A host on which networkd makes br0, and keeps p1 from learning."""
    files = {
        **kernel(400, ("p1",)),
        **SYSTEMD,
        "/etc/systemd/network/10-br0.netdev": NETDEV,
        "/etc/systemd/network/30-p1.network": QUIET,
        "/etc/systemd/network/20-br0.network": "[Match]\nName=br0\n",
        "/etc/systemd/network/90-all.network": "[Match]\nName=p*\n",
        **owned(
            (9, "/etc/systemd/network/20-br0.network"),
            (1, "/etc/systemd/network/30-p1.network"),
            (2, "/etc/systemd/network/90-all.network"),
        ),
    }
    return Host(files={**files, **more}, answers=ACTIVE)


def request(**changes):
    """Half an hour, on every bridge, for good."""
    return _timers.Request(1800, 1200, True, [], False, True, True)._replace(**changes)


def after(plan):
    """Path -> new text."""
    return {change.path: change.after for change in plan.changes}


def test_networkd_has_it_in_the_netdev_and_the_port_that_said_otherwise():
    plan = _timers.plan(networkd(), request())
    assert after(plan) == {
        "/etc/systemd/network/10-br0.netdev": NETDEV.replace("AgeingTimeSec=4", "AgeingTimeSec=1800"),
        "/etc/systemd/network/30-p1.network": QUIET.replace("Learning=no", "Learning=yes"),
    }
    assert [step.argv for step in plan.steps] == [
        ["ip", "link", "set", "dev", "br0", "type", "bridge", "ageing_time", "180000"],
        ["bridge", "link", "set", "dev", "p1", "learning", "on"],
    ]
    assert [step.undo[-1] for step in plan.steps] == ["400", "off"]
    assert plan.later == [] and plan.bridges[0]["manager"] == "systemd-networkd"


def test_a_second_run_changes_nothing():
    host = networkd()
    plan = _timers.plan(host, request())
    host.files.update({path: text.encode() for path, text in after(plan).items()})
    host.files.update({path: text.encode() for path, text in kernel(180000).items()})
    again = _timers.plan(host, request())
    assert (again.changes, again.steps, again.later) == ([], [], [])


def test_what_is_longer_already_is_left_alone_unless_exactly_this_is_asked_for():
    longer = {"/etc/systemd/network/10-br0.netdev": NETDEV.replace("=4", "=2h"), **kernel(720000)}
    longer.pop("/etc/systemd/network/30-p1.network", None)
    longer["/etc/systemd/network/30-p1.network"] = QUIET.replace("no", "yes")
    assert _timers.plan(networkd(**longer), request())[:2] == ([], [])
    plan = _timers.plan(networkd(**longer), request(exact=True, arp=None))
    assert [step.argv[-1] for step in plan.steps] == ["180000"] and "AgeingTimeSec=1800" in "".join(
        after(plan).values()
    )


def test_a_file_that_others_share_is_not_edited_and_a_script_keeps_it():
    host = networkd(**kernel(180000, ("p2",)), **{"/etc/systemd/network/10-br0.netdev": NETDEV.replace("=4", "=1800")})
    host.files["/etc/systemd/network/90-all.network"] = b"[Match]\nName=p*\n\n[Bridge]\nLearning=off\n"
    plan = _timers.plan(host, request())
    script = after(plan)[_ageing.script_path("br0")]
    assert "learning='p2'\n" in script and "ageing=''\n" in script
    assert plan.later == [["systemctl", "daemon-reload"], ["systemctl", "enable", _ageing.unit_name("br0")]]
    assert "/etc/systemd/network/90-all.network" not in after(plan)


def test_a_bridge_that_nobody_owns_is_kept_by_a_script_that_a_shell_understands(tmp_path):
    plan = _timers.plan(Host(files={**kernel(deaf=("p2",)), **SYSTEMD}), request())
    script, unit = (
        after(plan)[path] for path in (_ageing.script_path("br0"), f"/etc/systemd/system/{_ageing.unit_name('br0')}")
    )
    assert "ageing='1800'\nlearning='p2'\n" in script and f"ExecStart=/bin/sh {_ageing.script_path('br0')}" in unit
    (tmp_path / "script").write_text(script)
    subprocess.run(["/bin/sh", "-n", str(tmp_path / "script")], check=True)
    kept = Host(files={**kernel(180000), **SYSTEMD, **after(plan)})
    assert _timers.plan(kept, request())[:2] == ([], [])


def test_without_systemd_nobody_would_set_it_again_and_that_is_said():
    with pytest.raises(ConfigError, match="persistent: false"):
        _timers.plan(Host(files=kernel()), request())
    assert len(_timers.plan(Host(files=kernel()), request(persistent=False)).steps) == 1


def test_tunnels_and_locked_ports_are_told_what_to_know_by_others():
    files = kernel(
        180000, ("p1", "p2"), **{"/sys/class/net/p1/uevent": "DEVTYPE=vxlan\n", "/sys/class/net/p2/brport/locked": "1"}
    )
    assert _timers.plan(Host(files=files), request(persistent=False)).steps == []


def test_a_bridge_that_keeps_nothing_on_purpose_is_left_alone_unless_it_is_named():
    plan = _timers.plan(Host(files=kernel(0)), request(persistent=False))
    assert plan.steps == [] and "left alone" in plan.warnings[0]
    assert len(_timers.plan(Host(files=kernel(0)), request(persistent=False, bridges=["br0"])).steps) == 1


def test_an_unknown_bridge_is_an_error_that_lists_the_known_ones():
    with pytest.raises(ConfigError, match=r"bridges: br9: .*there are br0"):
        _timers.plan(Host(files=kernel()), request(bridges=["br9"]))


def test_neighbours_are_believed_in_no_longer_than_asked_for():
    files = {
        **kernel(180000),
        _timers.SYSCTLS: "# ours\nnet/ipv4/neigh/br0/base_reachable_time_ms = 5\nvm.swappiness = 1\n",
    }
    plan = _timers.plan(Host(files=files), request(arp=20, mac=None))
    assert after(plan) == {
        _timers.SYSCTLS: "# ours\nvm.swappiness = 1\nnet/ipv4/neigh/br0/base_reachable_time_ms = 13000\n"
        "net/ipv4/neigh/default/base_reachable_time_ms = 13000\n"
    }
    assert plan.steps[0].argv == ["sysctl", "-qw", "net/ipv4/neigh/br0/base_reachable_time_ms=13000"]
    assert _timers.plan(Host(files=files), request(arp=45, mac=None)).steps == []


def keyfile_adapter(host, path):
    """NetworkManager's adapter for br0."""
    from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._networkmanager import Keyfile
    from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import Nic

    return Keyfile(host, Nic("br0", 9, "", "", "bridge"), path)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/NetworkManager/system-connections/br0.nmconnection",
        "/run/NetworkManager/system-connections/br0.nmconnection",
    ],
)
def test_networkmanager_has_it_in_its_keyfile(path):
    host = Host(files={path: "[connection]\ntype=bridge\n\n[bridge]\nstp=false\n"})
    drafts, adapter = Drafts(host), keyfile_adapter(host, path)
    assert adapter.read_ageing(drafts) is None
    assert adapter.set_ageing(drafts, 1800)
    (change,) = drafts.changes()
    assert (
        change.path.startswith("/etc/")
        and change.after == "[connection]\ntype=bridge\n\n[bridge]\nstp=false\nageing-time=1800\n"
    )
    assert adapter.read_ageing(drafts) == 1800


def netplan_adapter(host):
    """Netplan's adapter for br0."""
    from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._netplan import Netplan
    from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import Nic

    return Netplan(host, Nic("br0", 9, "", "", "bridge"), "/run/systemd/network/10-netplan-br0.network")


def test_netplan_has_it_where_the_operator_has_it_else_in_a_file_of_its_own():
    text = (
        "network:\n  bridges:\n    br0:\n      interfaces: [p1]\n      parameters:\n        ageing-time: 15   # short\n"
        "        stp: false\n"
    )
    host = Host(files={"/etc/netplan/50-a.yaml": text})
    drafts = Drafts(host)
    assert netplan_adapter(host).read_ageing(drafts) == 15
    netplan_adapter(host).set_ageing(drafts, 1800)
    assert [change.after for change in drafts.changes()] == [text.replace("15 ", "1800 ")]
    bare = Host(files={"/etc/netplan/50-a.yaml": "network:\n  bridges:\n    br0: {interfaces: [p1]}\n"})
    drafts = Drafts(bare)
    netplan_adapter(bare).set_ageing(drafts, 1800)
    assert [change.path for change in drafts.changes()] == ["/etc/netplan/92-layer2-ageing-br0.yaml"]
    assert netplan_adapter(bare).read_ageing(drafts) == 1800


@pytest.mark.parametrize(("state", "stated"), [("0\n", "stp: false"), ("1\n", "stp: true"), (None, "stp: false")])
def test_netplan_does_not_turn_spanning_tree_on(state, stated):
    host = Host(
        files={
            "/etc/netplan/50-a.yaml": "network:\n  bridges:\n    br0: {interfaces: [p1], parameters: {stp: false}}\n",
            **({"/sys/class/net/br0/bridge/stp_state": state} if state else {}),
        }
    )
    drafts = Drafts(host)
    netplan_adapter(host).set_ageing(drafts, 1800)
    assert [stated in change.after for change in drafts.changes()] == [True]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (
            "auto br0\niface br0 inet static\n    bridge_ports p1\n",
            "auto br0\niface br0 inet static\n    bridge_ageing 1800\n    bridge_ports p1\n",
        ),
        (
            "iface br0 inet manual\n  bridge-ageing 15 # s\niface eth0 inet dhcp\n",
            "iface br0 inet manual\n  bridge-ageing 1800 # s\niface eth0 inet dhcp\n",
        ),
        ("iface br0 inet manual", "iface br0 inet manual\n    bridge_ageing 1800\n"),
    ],
)
def test_ifupdown_has_it_in_the_stanza(before, expected):
    assert _ifupdown.with_ageing(before, "br0", 1800) == expected
    assert _ifupdown.with_ageing(expected, "br0", 1800) == expected


def test_open_vswitch_keeps_it_itself():
    bridge = _timers.Bridge("br-int", "openvswitch", 300.0, ["vnet0"], [])
    (step,) = _timers._ageing_steps(bridge, 1800)
    assert step.argv == ["ovs-vsctl", "--timeout=5", "set", "Bridge", "br-int", "other_config:mac-aging-time=1800"]
