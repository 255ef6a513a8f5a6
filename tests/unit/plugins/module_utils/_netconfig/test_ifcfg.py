"""ifcfg files: which interface each is for, and its MAC as the shell reads it, which is the judge."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import subprocess

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _mac_plan
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import _ifcfg
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError
from hypothesis import given, settings
from hypothesis import strategies as st

from .host import NEW, OLD, Host, link

FOLDER = "/etc/sysconfig/network-scripts/"
OTHER = "52:54:00:0c:1d:99"
UUID = "11111111-2222-3333-4444-555555555555"


def through(path, text, more=None, **parts):
    """A host on which NetworkManager has eth0 by an ifcfg file."""
    answers = {
        "nmcli_-t_-f_GENERAL_device_show_eth0": f"GENERAL.STATE:100 (connected)\nGENERAL.CON-UUID:{UUID}\n",
        "nmcli_-t_-f_UUID,FILENAME_connection_show": f"{UUID}:{path}\n",
    }
    return Host(files={path: text, **(more or {})}, answers=answers, **parts)


def planned(host, **more):
    return _mac_plan.plan(host, _mac_plan.Request("eth0", NEW, None, "address", True, False, [])._replace(**more))


def rewritten(text, path=FOLDER + "ifcfg-lan", **more):
    """What becomes of the file that NetworkManager has eth0 by."""
    return {path: text, **{each.path: each.after for each in planned(through(path, text), **more).changes}}[path]


def sourced(text):
    """The variables that the shell has after it read such a file."""
    script = 'set -a; eval "$0"; env'
    said = subprocess.run(["bash", "-c", script, text], capture_output=True, text=True, env={}, check=False).stdout
    return {line.partition("=")[0]: line.partition("=")[2] for line in said.splitlines() if line[:1] not in "_S"}


LINES = st.sampled_from(
    [f"MACADDR={OLD}", f'MACADDR="{OLD.upper()}"', f"MACADDR='{OTHER}' # why", "MACADDR=", f"export MACADDR={OLD}",
     f'  export  MACADDR="{OTHER}"', f"MACADDR={OLD};", f"# MACADDR={OTHER}", f"HWADDR={OLD}", "NAME='a b'",
     f"export HWADDR='{OTHER}'", "MACADDR=random", "", "ONBOOT=yes", "BOOTPROTO=dhcp # MACADDR of old"])


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, max_size=7), st.booleans())
def test_the_shell_has_the_new_mac_and_all_else_as_before(lines, last):
    text = "\n".join(["DEVICE=eth0", *lines]) + "\n" * last
    once = _ifcfg.with_value(text, "MACADDR", NEW)
    assert {**sourced(once), "MACADDR": sourced(once)["MACADDR"].lower()} == {**sourced(text), "MACADDR": NEW}
    assert _ifcfg.with_value(once, "MACADDR", NEW) == once
    # NetworkManager and wicked leave out what stands behind `export`.
    plain = "\n".join(line for line in once.splitlines() if not line.strip().startswith("export"))
    assert sourced(plain)["MACADDR"].lower() == NEW


@pytest.mark.parametrize(
    "line",
    [
        f"MACADDR={OLD} ETHTOOL_OPTS=x",
        f"ONBOOT=yes MACADDR={OLD}",
        f"ONBOOT=yes; MACADDR={OLD}",
        f"[ -e /x ] && MACADDR={OLD}",
        f"MACADDR+={OLD}",
        f"readonly MACADDR={OLD}",
        'MACADDR="52:54:00"":0c:1d:f5"',
        f"MACADDR={OLD}#x",
        "unset MACADDR",
        ": ${MACADDR:=x}",
    ],
)
@pytest.mark.parametrize("before", ["", f"MACADDR={OLD}\n"])
def test_what_is_no_plain_assignment_is_refused(line, before):
    number = 2 + before.count("\n")
    with pytest.raises(ConfigError, match=f"line {number} of .*ifcfg-lan says something of MACADDR"):
        rewritten(f"DEVICE=eth0\n{before}{line}\nNAME=x\n")


@pytest.mark.parametrize("line", [f"HWADDR={OLD}", f'export HWADDR="{OLD}"', f"  HWADDR='{OLD.upper()}' # of old"])
@pytest.mark.parametrize("device", ["DEVICE=eth0\n", 'export DEVICE="eth0"\n', ""])
def test_the_nics_own_mac_moves_with_the_hypervisors_change_whatever_the_file_is_called(line, device):
    text = f"{device}{line}\nBOOTPROTO=dhcp\n"
    after = rewritten(text, change="hardware")
    assert after == text.replace(OLD, NEW).replace(OLD.upper(), NEW.upper()) != text
    assert rewritten(text).startswith(text.rstrip("\n")) and f"MACADDR={NEW}\n" in rewritten(text)


@pytest.mark.parametrize(
    ("name", "text", "moves"),
    [
        ("ifcfg-eth1", f"HWADDR={OLD}\n", True),
        ("ifcfg-eth1", f"DEVICE=eth1\nHWADDR={OLD}\n", False),
        ("ifcfg-wan", f"DEVICE=eth0\nMACADDR={OLD}\n", True),
        ("ifcfg-wan", f"HWADDR={OTHER}\nMACADDR={OLD}\n", False),
        ("ifcfg-eth1", f"MACADDR={OLD}\n", False),
        ("ifcfg-eth0.rpmsave", f"DEVICE=eth0\nHWADDR={OLD}\n", False),
        ("ifcfg-eth0~", f"HWADDR={OLD}\n", False),
    ],
)
def test_another_file_moves_along_where_it_is_about_the_nic(name, text, moves):
    host = through(FOLDER + "ifcfg-lan", "DEVICE=eth0\n", {FOLDER + name: text})
    assert ((FOLDER + name) in [each.path for each in planned(host, change="hardware").changes]) is moves


@pytest.mark.parametrize("text", ["BOOTPROTO=dhcp\n", "NAME=lan\nTYPE=Ethernet\n"])
def test_a_profile_that_names_no_nic_is_refused_where_another_one_may_take_it(text):
    nics = {f"/sys/class/net/{name}/{part}": value for name in ("eth0", "eth1") for part, value in
            (("device/x", ""), ("type", "1\n"))}
    other = {"/sys/class/net/lo/type": "772\n", "/sys/class/net/wl0/device/x": "", "/sys/class/net/wl0/type": "1\n",
             "/sys/class/net/wl0/phy80211/x": "", "/sys/class/net/br0/type": "1\n"}
    path = FOLDER + "ifcfg-lan"
    alone = {path: value for path, value in nics.items() if "eth1" not in path}
    assert f"MACADDR={NEW}" in planned(through(path, text, {**alone, **other})).changes[0].after
    for narrow in ("DEVICE=eth0\n", f"HWADDR={OLD}\n"):
        assert planned(through(path, text + narrow, {**nics, **other})).changes
    with pytest.raises(ConfigError, match="eth1 may take it, the MAC included: set DEVICE=eth0 there"):
        planned(through(path, text, {**nics, **other}))
    keyfile = "/etc/NetworkManager/system-connections/lan.nmconnection"
    wide = "[connection]\ntype=ethernet\n[match]\ninterface-name=eth*\n"
    assert f"cloned-mac-address={NEW}" in planned(through(keyfile, wide, {**alone, **other})).changes[0].after
    with pytest.raises(ConfigError, match=r"eth1 may take it.*set connection.interface-name=eth0 there"):
        planned(through(keyfile, wide, {**nics, **other}))
    assert planned(through(keyfile, wide.replace("eth*", "eth0"), {**nics, **other})).changes


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("ifcfg-eth0", "", True),
        ("ifcfg-lan", "DEVICE=eth0\n", True),
        ("ifcfg-eth0", "DEVICE=eth1\n", False),
        ("ifcfg-eth0.bak", "DEVICE=eth0\n", False),
        ("ifcfg-lan", f"HWADDR={OLD}\n", False),
    ],
)
def test_the_network_service_has_the_interface_by_device_or_the_name_of_the_file(name, text, found):
    host = Host(files={FOLDER + name: text, "/var/lock/subsys/network": ""}, links=[link("eth0", OLD, 2)])
    nic = _mac_plan._interface.nic_of({"name": "eth0", "mac": OLD})
    assert _ifcfg.legacy_file(host, nic) == (FOLDER + name if found else None)
