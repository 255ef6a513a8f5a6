"""Who owns an interface: each manager's own evidence, two owners, and states that are no ownership."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._owner import adapter_for, owner_of
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Nic

from .host import OLD, Host, tree

NIC = Nic("eth0", 2, OLD, "", "")
GENERAL = "nmcli_-t_-f_GENERAL_device_show_eth0"
FILES = "nmcli_-t_-f_UUID,FILENAME_connection_show"


def merged(*cases):
    """A host that is all of these recorded ones at once."""
    files = {path: text for case in cases for path, text in tree(case, "before").items()}
    answers = {path.lstrip("/"): text.decode() for case in cases for path, text in tree(case, "commands").items()}
    return Host(files=files, answers=answers)


@pytest.mark.parametrize(
    "cases", [("networkmanager", "networkd"), ("networkd", "ifupdown"), ("networkmanager", "netplan", "ifupdown")]
)
def test_several_owners_are_an_error_that_names_them(cases):
    with pytest.raises(ConfigError, match="at once") as caught:
        owner_of(merged(*cases), NIC)
    names = {
        "networkmanager": "NetworkManager",
        "networkd": "systemd-networkd",
        "netplan": "systemd-networkd",
        "ifupdown": "ifupdown",
    }
    assert all(names[case] in str(caught.value) for case in cases)


@pytest.mark.parametrize("state", ["10 (unmanaged)", "30 (disconnected)", "100 (connected (externally))"])
def test_what_networkmanager_only_watches_is_not_its_own(state):
    host = Host("networkmanager")
    host.answers[GENERAL] = host.answers[GENERAL].replace("100 (connected)", state)
    assert owner_of(host, NIC) is None


def test_an_unmanaged_link_is_not_networkds():
    host = Host("networkd")
    host.files["/run/systemd/netif/links/2"] = (
        b"ADMIN_STATE=unmanaged\nNETWORK_FILE=/etc/systemd/network/20-uplink.network\n"
    )
    assert owner_of(host, NIC) is None


def test_the_state_of_a_stopped_networkd_is_no_evidence():
    host = Host("networkd")
    host.answers["systemctl_is-active_systemd-networkd.service"] = "inactive\n"
    assert owner_of(host, NIC) is None


def test_netplan_is_the_owner_behind_either_renderer():
    host = Host("networkmanager")
    host.answers[FILES] = (
        "0f8d1f4e-7a43-4d6d-a0a9-525400aa0c1d:/run/NetworkManager/system-connections/netplan-eth0.nmconnection\n"
    )
    assert owner_of(host, NIC).manager == "netplan"
    assert owner_of(Host("netplan"), NIC).manager == "netplan"


def test_a_profile_in_memory_is_an_error_with_its_hint():
    host = Host("networkmanager")
    host.answers[FILES] = "0f8d1f4e-7a43-4d6d-a0a9-525400aa0c1d:\n"
    with pytest.raises(ConfigError, match="nmcli connection modify 0f8d1f4e"):
        owner_of(host, NIC)


def test_a_file_name_with_colons_is_read_whole():
    host = Host("networkmanager")
    path = "/etc/NetworkManager/system-connections/a:b.nmconnection"
    host.answers[FILES] = "0f8d1f4e-7a43-4d6d-a0a9-525400aa0c1d:" + path.replace(":", "\\:") + "\n"
    assert owner_of(host, NIC).path == path


def test_a_logical_name_of_ifupdown_is_followed():
    host = Host("ifupdown", files={})
    host.files["/run/network/ifstate"] = b"eth0=home\n"
    host.files["/etc/network/interfaces"] = b"iface home inet dhcp\n"
    adapter = owner_of(host, NIC)
    assert [change.after for change in adapter.plan_mac("02:00:00:00:00:01")] == [
        "iface home inet dhcp\n    hwaddress 02:00:00:00:00:01\n"
    ]


def test_ifupdown2_is_known_by_its_stanza():
    host = Host(
        files={
            "/usr/share/ifupdown2/lib/x": "",
            "/etc/network/interfaces": "auto eth0\niface eth0\n\taddress 192.0.2.1/24\n",
        }
    )
    assert owner_of(host, NIC).manager == "ifupdown"


def test_nobody_owns_it():
    assert owner_of(Host(), NIC) is None
    with pytest.raises(ConfigError, match="persistent: false"):
        adapter_for(Host(), NIC)


def test_a_link_file_of_the_operators_own_is_edited_in_place():
    text = f"[Match]\nMACAddress={OLD}\n[Link]\nMACAddress=02:00:00:00:00:09\n"
    host = Host("link", files={"/etc/systemd/network/10-my.link": text})
    name = "udevadm_info_--query=property_--path=_sys_class_net_eth0"
    host.answers[name] = "ID_NET_LINK_FILE=/etc/systemd/network/10-my.link\n"
    (change,) = adapter_for(host, NIC).plan_mac("02:00:00:00:00:01")
    assert (change.path, change.after) == (
        "/etc/systemd/network/10-my.link",
        text.replace("02:00:00:00:00:09", "02:00:00:00:00:01"),
    )
