"""Policy routes on recorded hosts of every network manager: the files to the letter, twice is once, and nothing is left
of them.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import os
import subprocess

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import (
    _ini,
    _interface,
    _keep,
    _policy_route,
    _route_change,
    _route_plan,
    _route_state,
    _route_sysctls,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import (
    _ifcfg,
    _keepalived,
    _netplan,
    _networkmanager,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._owner import owner_of
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._policy_route import PolicyRoute
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Drafts
from hypothesis import given, settings
from hypothesis import strategies as st

from .host import OLD, Host, link, tree

V4 = PolicyRoute("198.51.100.9", "eth0", "192.0.2.1", 20010, 20010, False, ())
V6 = PolicyRoute("2001:db8:9::9", "eth0", "fe80::1", 20012, 20012, False, ("tunl0", "eth0.100"))
ONLINK = V4._replace(onlink=True)
CASES = {
    "ifcfg": "ifcfg",
    "ifupdown": "ifupdown",
    "ifupdown-plain": "ifupdown",
    "netplan": "netplan",
    "netplan-plain": "netplan",
    "networkd": "systemd-networkd",
    "networkmanager": "NetworkManager",
    "wicked": "ifcfg",
}
NMCLI = {"nmcli_--version": "nmcli tool, version 1.42.4\n"}
RULES = {
    "ip_-j_-4_rule_show": '[{"priority":0,"src":"all","table":"local"},{"priority":32766,"src":"all","table":"main"}]'
}


def drafted(case, *routes):
    """The drafts of a recorded host with ROUTES, and its adapter."""
    runner = Host(case, answers=NMCLI if case in ("networkmanager", "ifcfg") else None)
    world = _interface.read_world(runner)
    adapter = owner_of(runner, _interface.nic_of(world.interfaces[0]))
    drafts = Drafts(runner)
    for route in routes:
        adapter.set_route(drafts, route)
    return drafts, adapter


@pytest.mark.parametrize("case", CASES)
def test_files_are_as_recorded(case):
    drafts, adapter = drafted(case, V4, V6)
    found = {change.path: change.after.encode() for change in drafts.changes()}
    golden = os.environ.get("LAYER2_WRITE_GOLDEN")
    for path, content in found.items() if golden else ():
        place = os.path.join(golden, case, "route" + path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as stream:
            stream.write(content)
    assert (adapter.manager, found) == (CASES[case], tree(case, "route"))
    assert bool(found) == (case != "wicked")


@pytest.mark.parametrize("case", CASES)
def test_twice_is_once_and_nothing_is_left_of_it(case):
    drafts, adapter = drafted(case, V4, V6)
    once = drafts.changes()
    adapter.set_route(drafts, V4)
    adapter.set_route(drafts, V6)
    assert drafts.changes() == once
    for route in (V4, V6):
        _route_plan._drop(drafts, route, None)
    assert drafts.changes() == []


@pytest.mark.parametrize("case", CASES)
def test_one_goes_and_the_other_stays(case):
    both, _adapter = drafted(case, V4, V6)
    _route_plan._drop(both, V4, None)
    alone, _adapter = drafted(case, V6)
    assert [(each.path, sorted(_ini.split(each.after))) for each in both.changes()] == [
        (each.path, sorted(_ini.split(each.after))) for each in alone.changes()
    ] or case in ("ifcfg", "networkmanager")
    text = "".join(each.after for each in both.changes())
    assert V4.vip not in text and (V6.vip in text or case == "wicked")


def test_a_gateway_in_no_subnet_is_said_to_be_on_the_link():
    assert "GatewayOnLink=yes\n" in drafted("networkd", ONLINK)[0].changes()[0].after
    assert "on-link: true\n" in drafted("netplan", ONLINK)[0].changes()[0].after
    assert ",onlink=true\n" in "".join(each.after for each in drafted("networkmanager", ONLINK)[0].changes())
    assert " onlink table 20010\n" in "".join(each.after for each in drafted("ifcfg", ONLINK)[0].changes())
    assert "onlink='onlink'\n" in _policy_route.script(ONLINK)


def test_an_old_networkmanager_leaves_the_last_resort_to_the_unit():
    adapter = owner_of(
        Host("networkmanager", answers={"nmcli_--version": "nmcli tool, version 1.30.0\n"}),
        _interface.nic_of({"name": "eth0", "index": 2, "mac": OLD}),
    )
    assert not adapter.keeps_last_resort() and _route_plan._verb(adapter) == _policy_route.HOLD
    assert "type=unreachable" not in _networkmanager.with_route("[ipv4]\nmethod=auto\n", V4, False)


def test_a_profile_without_the_family_is_refused():
    runner = Host("networkmanager", answers=NMCLI)
    adapter = owner_of(runner, _interface.nic_of({"name": "eth0", "index": 2, "mac": OLD}))
    drafts = Drafts(runner)
    drafts.write(
        adapter.own_path, "[connection]\nid=x\ntype=ethernet\ninterface-name=eth0\n\n[ipv6]\nmethod=disabled\n"
    )
    with pytest.raises(ConfigError, match=r"gives it no IPv6.*set ipv6\.method first"):
        adapter.set_route(drafts, V6)


def test_rule_files_need_the_dispatcher():
    runner = Host("ifcfg", answers=NMCLI)
    adapter = owner_of(runner, _interface.nic_of({"name": "eth0", "index": 2, "mac": OLD}))
    assert adapter.through
    rules = _ifcfg.side_file("rule", V4)
    runner.files[rules] = b"from 10.9.9.9 lookup 77 priority 500\n"
    with pytest.raises(ConfigError, match="install NetworkManager-dispatcher-routing-rules"):
        adapter.set_route(Drafts(runner), V4)
    runner.files["/usr/lib/NetworkManager/dispatcher.d/10-ifcfg-rh-routes.sh"] = b""
    drafts = Drafts(runner)
    adapter.set_route(drafts, V4)
    assert {each.path: each.after for each in drafts.changes()} == {
        rules: "from 10.9.9.9 lookup 77 priority 500\nfrom 198.51.100.9 lookup 20010 priority 20010\n",
        _ifcfg.side_file("route", V4): "default via 192.0.2.1 dev eth0 table 20010\n"}


def test_networkmanager_may_have_numbered_anew_and_others_stay():
    text = (
        "[ipv4]\nroute1=10.0.0.0/8,192.0.2.7\nroute2=0.0.0.0/0,192.0.2.9\nroute2_options=table=99\n"
        "routing-rule1=priority 5 from 10.9.9.9/32 table 99\n"
    )
    once = _networkmanager.with_route(text, V4, True)
    assert _networkmanager.without_route(once, V4) == text
    moved = (
        once.replace("route3", "route9")
        .replace("routing-rule2", "routing-rule7")
        .replace("from 198.51.100.9/32", "from 198.51.100.9")
    )
    assert _networkmanager.without_route(moved, V4) == text
    assert once.count("table=20010") == 2 and "routing-rule2=priority 20010 from 198.51.100.9/32 table 20010\n" in once


PIECES = ("[ipv4]", "[ipv6]", "[connection]", "method=auto", "route1=10.0.0.0/8,192.0.2.7", "route1_options=table=99",
          "routing-rule1=priority 5 from 10.9.9.9 table 99",
          "# route2=x", "", "type=ethernet", "addr-gen-mode=default", "\u2028odd", "junk")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12), st.sampled_from([V4, V6, ONLINK]), st.booleans())
def test_keyfiles_of_any_kind(lines, route, in_table):
    text = "".join(line + "\n" for line in lines)
    once = _networkmanager.with_route(text, route, in_table)
    assert _networkmanager.with_route(once, route, in_table) == once
    kept = iter(_ini.split(once))
    assert all(line in kept for line in _ini.split(text))
    gone = [
        line
        for line in _ini.split(_networkmanager.without_route(once, route))
        if line.strip() not in ("", "[ipv4]", "[ipv6]")
    ]
    assert gone == [line for line in _ini.split(text) if line.strip() not in ("", "[ipv4]", "[ipv6]")]


# --- script, unit, numbers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", [V4, V6, ONLINK])
def test_the_script_remembers_its_route(route):
    assert _policy_route.from_script(_policy_route.script(route)) == route
    checked = subprocess.run(["/bin/sh", "-n"], input=_policy_route.script(route), universal_newlines=True, check=False,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_a_damaged_script_is_told_of():
    runner = Host("networkd", files={_policy_route.script_path(V4.vip): "#!/bin/sh\nvip=198.51.100.9\n"})
    with pytest.raises(ConfigError, match="was edited and says no longer"):
        _route_state.remembered(Drafts(runner), V4.vip)


@pytest.mark.parametrize(
    ("verb", "words"), [("guard", "RemainAfterExit=yes"), ("hold", "RemainAfterExit=yes"), ("watch", "Restart=always")]
)
def test_units(verb, words):
    text = _policy_route.unit(V6, verb)
    assert f"ExecStart=/bin/sh /etc/netops-layer2/policy-route/2001-db8-9--9.sh {verb}\n" in text and words in text


def test_numbers_stay_and_avoid_what_is_in_use():
    first = _policy_route.free_number("198.51.100.9", lambda number: True)
    assert first == _policy_route.free_number("198.51.100.9", lambda number: True)
    assert _policy_route.LOWEST <= first <= _policy_route.HIGHEST and first % 2 == 0
    assert _policy_route.free_number("198.51.100.9", lambda number: number != first) != first
    with pytest.raises(ConfigError, match="choose both"):
        _policy_route.free_number("198.51.100.9", lambda number: False)


@pytest.mark.parametrize(
    "text", ["", "192.0.2.0/24", "224.0.0.1", "::", "127.0.0.1", "fe80::1%eth0\n", "192.0.2.1;reboot", "1.2.3"]
)
def test_addresses_that_nobody_can_have(text):
    with pytest.raises(ConfigError, match="vip: "):
        _policy_route.address("vip", text)


# --- sysctls, keepalived ----------------------------------------------------------------------------------------------

REDIRECTS = {
    f"/proc/sys/net/ipv{version}/conf/{name}/accept_redirects": "1\n" for version in (4, 6) for name in ("all", "eth0")
}


def test_sysctls_are_remembered_for_the_last_one_that_goes():
    runner = Host(files={**REDIRECTS, "/proc/sys/net/ipv4/conf/tunl0/rp_filter": "1\n"})
    drafts = Drafts(runner)
    route = V4._replace(arrives=("tunl0", "gone0"))
    changes = _route_sysctls.plan(drafts, [route])
    assert [(each.path, each.before, each.value) for each in changes] == [
        ("net/ipv4/conf/all/accept_redirects", "1", "0"),
        ("net/ipv4/conf/eth0/accept_redirects", "1", "0"),
        ("net/ipv4/conf/tunl0/rp_filter", "1", "2"),
    ]
    for each in changes:
        runner.files["/proc/sys/" + each.path] = each.value.encode() + b"\n"
    other = V4._replace(vip="198.51.100.10")
    assert _route_sysctls.plan(drafts, [route, other]) == []
    back = _route_sysctls.plan(drafts, [other])
    assert [(each.path, each.before, each.value) for each in back] == [("net/ipv4/conf/tunl0/rp_filter", "2", "1")]
    assert len(_route_sysctls.plan(drafts, [])) == 2 and drafts.read(_route_sysctls.PATH) is None


@pytest.mark.parametrize(
    ("maximum", "own", "strict"),
    [("0", "0", False), ("1", "0", True), ("0", "1", True), ("1", "2", False), ("2", "1", False)],
)
def test_the_larger_filter_counts(maximum, own, strict):
    runner = Host(
        files={"/proc/sys/net/ipv4/conf/all/rp_filter": maximum, "/proc/sys/net/ipv4/conf/eth1/rp_filter": own}
    )
    assert _route_state.is_strict(runner, "eth1") is strict


KEEPALIVED = """! a comment
include conf.d/*.conf
vrrp_instance VI_1 {
    virtual_ipaddress {
        198.51.100.9/32 dev lo  # from 198.51.100.9 lookup 1
    }
    virtual_rules {
        from 198.51.100.8/32 lookup 9 priority 5
        # from 198.51.100.9 lookup 9
    }
}
"""


def test_keepaliveds_rules_are_found_where_they_are_rules():
    files = {
        _keepalived.MAIN: KEEPALIVED,
        "/etc/keepalived/conf.d/a.conf": "static_rules { from 2001:db8:9::9 lookup 7 }\n",
    }
    drafts = Drafts(Host(files=files))
    assert _keepalived.rule_for(drafts, "198.51.100.9") is None
    assert _keepalived.rule_for(drafts, "198.51.100.8") == _keepalived.MAIN + ":8"
    assert _keepalived.rule_for(drafts, "2001:db8:9::9") == "/etc/keepalived/conf.d/a.conf:1"
    assert _keepalived.rule_for(Drafts(Host()), "198.51.100.8") is None


# --- the plan ---------------------------------------------------------------------------------------------------------


def plain(**more):
    """A host whose interface no network manager owns."""
    address = {"local": "192.0.2.20", "prefixlen": 24, "scope": "global"}
    answers = {**RULES, **more.pop("answers", {})}
    return Host(links=[link("eth0", OLD, 2, addr_info=[address]), link("tunl0", OLD, 3)], answers=answers,
                files={**REDIRECTS, "/proc/sys/net/ipv4/conf/tunl0/rp_filter": "1\n", **more.pop("files", {})}, **more)


def asked(**more):
    return _route_plan.Request(
        **{
            "present": True,
            "vips": ["198.51.100.9"],
            "interface": "eth0",
            "gateway": "192.0.2.1",
            "force": True,
            **more,
        }
    )


def test_a_plan_for_a_host_without_a_network_manager():
    made = _route_plan.plan(plain(), asked())
    assert made.manager == "" and made.verb == "watch" and made.apply == []
    assert [each.path for each in made.changes] == [_policy_route.script_path("198.51.100.9"), _route_sysctls.PATH]
    number = made.routes[0].table
    assert made.before == [] and f"rule {number}: from 198.51.100.9 lookup {number}" in made.after
    assert [
        word
        for word in ("no address of this host", "arrive on tunl0 are dropped")
        if not any(word in text for text in made.warnings)
    ] == []


def test_where_it_is_already_nothing_changes():
    first = _route_plan.plan(plain(), asked())
    number = first.routes[0].table
    rules = [
        {"priority": 0, "src": "all", "table": "local"},
        {"priority": number, "src": "198.51.100.9", "table": str(number)},
        {"priority": number + 1, "src": "198.51.100.9", "action": "unreachable"},
    ]
    routes = [{"type": "unicast", "dst": "default", "gateway": "192.0.2.1", "dev": "eth0"},
              {"type": "unreachable", "dst": "default", "metric": _policy_route.LAST_METRIC}]
    host = plain(
        files={**{each.path: each.after for each in first.changes}, **dict.fromkeys(REDIRECTS, "0\n")},
        answers={"ip_-j_-4_rule_show": json.dumps(rules), f"ip_-j_-d_-4_route_show_table_{number}": json.dumps(routes)},
    )
    again = _route_plan.plan(host, asked())
    assert (again.changes, again.sysctls, sorted(again.before), again.gone) == ([], [], sorted(again.after), [])
    away = _route_plan.plan(host, asked(present=False))
    assert all(each.after is None for each in away.changes) and len(away.before) == 4 and away.after == []
    other = _route_plan.plan(host, asked(gateway="192.0.2.2"))
    assert [route.gateway for route in other.gone] == ["192.0.2.1"] and other.routes[0].table == number


@pytest.mark.parametrize(("request_", "words"), [
    (asked(gateway="192.0.2.20"), "this host's own address"),
    (asked(interface="eth9"), "eth9 does not exist here: there are eth0, tunl0"),
    (asked(gateway="2001:db8::1"), "of two families"),
    (asked(vips=["198.51.100.8", "198.51.100.9"], table=7), "two addresses cannot share them"),
    (asked(priority=32766), "32766 is taken by a rule of somebody else"),
    (asked(priority=32765), "32766 is taken by a rule of somebody else"),
    (asked(priority=40000), "40000 is asked after the main table"),
    (asked(priority=0), "0 is no priority of a rule"),
    (asked(table=254), "254 is the kernel's own table main"),
    (asked(table=255), "255 is the kernel's own table local"),
    (asked(table=0), "0 is no number of a table"),
    (asked(table=2**32), "4294967296 is no number of a table"),
    (asked(arrives=["ghost0"]), "ghost0 does not exist here"),
])  # fmt: skip
def test_what_is_refused(request_, words):
    with pytest.raises(ConfigError, match=words):
        _route_plan.plan(plain(), request_)


def test_nobody_elses_rule_for_the_address_is_touched():
    host = plain(answers={"ip_-j_-4_rule_show": '[{"priority":500,"src":"198.51.100.9","table":"77"}]'})
    with pytest.raises(ConfigError, match=r"routes 198.51.100.9 already \(500: from 198.51.100.9 lookup 77\)"):
        _route_plan.plan(host, asked())
    taken = _route_plan.plan(host, asked(priority=500, table=77))
    assert (taken.routes[0].priority, taken.routes[0].table) == (500, 77)


def test_netplan_overlays_are_yaml_of_their_own():
    yaml = pytest.importorskip("yaml")
    for route in (V4, V6, ONLINK):
        read = yaml.safe_load(_netplan.route_text("bridges", "br-0:x", route, True))
        routes = read["network"]["bridges"]["br-0:x"]["routes"]
        assert [each["table"] for each in routes] == [route.table] * 2 and routes[1]["type"] == "unreachable"


# --- what others put on the link --------------------------------------------------------------------------------------

ADDRESSES = r"""2: eth0    inet 192.0.2.20/24 brd 192.0.2.255 scope global eth0\ valid_lft forever preferred_lft forever
2: eth0    inet 203.0.113.77/32 scope global eth0:vip\ valid_lft forever preferred_lft forever
2: eth0    inet 10.0.0.1 peer 10.0.0.2/32 scope global eth0\ valid_lft forever preferred_lft forever
2: eth0    inet 192.0.2.99/24 brd 192.0.2.255 scope global secondary dynamic eth0\ valid_lft 300sec preferred_lft 300sec
2: eth0    inet6 2001:db8::20/64 scope global \ valid_lft forever preferred_lft forever
2: eth0    inet6 2001:db8::1234/64 scope global dynamic mngtmpaddr \ valid_lft 300sec preferred_lft 300sec
2: eth0    inet6 fe80::1/64 scope link \ valid_lft forever preferred_lft forever
""".replace("\\ ", "\\" + " " * 7)  # as ip -oneline prints it
ROUTES = """default via 192.0.2.1 table 20010 proto static
default via 192.0.2.1 proto bird metric 77 linkdown
192.0.2.0/24 proto kernel scope link src 192.0.2.20
10.0.0.0/8 via 192.0.2.7 table 99 onlink
local 192.0.2.20 table local proto kernel scope host src 192.0.2.20
"""


def test_addresses_and_routes_of_others_as_commands():
    assert [" ".join(argv[1:]) for argv in _keep.addresses(ADDRESSES, "eth0")] == [
        "-4 address add 192.0.2.20/24 brd 192.0.2.255 dev eth0 scope global",
        "-4 address add 203.0.113.77/32 dev eth0 scope global label eth0:vip",
        "-4 address add 10.0.0.1 peer 10.0.0.2/32 dev eth0 scope global",
        "-6 address add 2001:db8::20/64 dev eth0 scope global nodad",
    ]
    assert [" ".join(argv[1:]) for argv in _keep.routes(ROUTES, "-4", "eth0", {20010})] == [
        "-4 route add default via 192.0.2.1 proto bird metric 77 dev eth0",
        "-4 route add 10.0.0.0/8 via 192.0.2.7 table 99 onlink dev eth0",
    ]


def test_only_what_is_missing_is_put_back():
    host = Host(answers={"ip_there": "", "ip_gone": ""})
    assert _keep.put_back(host, [["ip", "there"], ["ip", "gone"]], [["ip", "there"]]) == []
    assert host.ran == [["ip", "gone"]]
    assert "no answer recorded" in _keep.put_back(host, [["ip", "odd"]], [])[0]


def test_what_the_new_route_shares_with_the_old_one_is_not_removed():
    whole = _route_change.removal(V4)
    assert [" ".join(argv[2:4]) for argv in whole] == ["rule del", "rule del", "route del", "route del"]
    moved = V4._replace(gateway="192.0.2.2")
    left = _route_change.removal(V4, _policy_route.wanted(moved))
    assert [" ".join(argv) for argv in left] == ["ip -4 route del default via 192.0.2.1 dev eth0 table 20010"]
    assert _route_change.removal(V4, _policy_route.wanted(V4)) == []


def test_a_revert_restores_the_files_first_and_asks_for_no_restart_of_networkd():
    plan = _route_plan.plan(plain(), asked())._replace(
        back=[["networkctl", "reload"]], gone=[V4._replace(vip="198.51.100.9", gateway="192.0.2.7")]
    )
    change = _route_change.revert_of(plan)
    words = [" ".join(command.argv) for command in change.commands]
    assert "/etc/systemd/system/multi-user.target.wants/netops-layer2-policy-route-198-51-100-9.service" in change.files
    assert words.index("systemctl stop netops-layer2-policy-route-198-51-100-9.service") < words.index(
        "networkctl reload"
    )
    assert words.index("networkctl reload") < words.index(
        "systemctl enable --now netops-layer2-policy-route-198-51-100-9.service"
    )
    assert words[-1].endswith("net/ipv4/conf/eth0/accept_redirects 1") and not any("restart" in each for each in words)
    # Removing what may not be there is no failure, bringing the manager back is one.
    assert {command.may_fail for command in change.commands if command.argv[0] == "networkctl"} == {False}
