"""udev's .link files: one of the NIC's own keeps every setting of the one in force and comes before it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import _link
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._owner import adapter_for
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Drafts, Nic

from .host import NEW, OLD, Host

OTHER = "52:54:00:0c:1d:99"
NIC = Nic("eth0", 2, OLD, "", "")


def by_udev(path, files):
    """A host on which only udev configures eth0, by the .link file PATH."""
    name = "udevadm_info_--query=property_--path=_sys_class_net_eth0"
    return Host(files={"/run/udev/control": "", **files}, answers={name: f"ID_NET_LINK_FILE={path}\n"})


def test_a_link_file_of_its_own_keeps_every_section_and_the_drop_ins():
    text = (
        "# vendor's\n[Match]\nOriginalName=eth0\n\n[Link]\nMTUBytes=9000\nMACAddressPolicy=persistent\nMACAddress = "
        + OTHER
        + "\nDescription=a \\\n  b\n"
        "\n[SR-IOV]\nVirtualFunction=0\nMACAddress=52:54:00:00:01:01\n[SR-IOV]\nVirtualFunction=1\nVLANId=5\n"
    )
    path = "/usr/lib/systemd/network/60-nic.link"
    files = {
        path: text,
        "/usr/lib/systemd/network/60-nic.link.d/10-x.conf": "[Link]\nMTUBytes=1400\n",
        "/etc/systemd/network/60-nic.link.d/10-x.conf": (
            "[Match]\nDriver=x\n[Link]\nMTUBytes=1500\nMACAddressPolicy=random"
        ),
        "/run/systemd/network/60-nic.link.d/20-y.conf": "[EnergyEfficientEthernet]\nEnable=no\n",
    }
    (change,) = adapter_for(by_udev(path, files), NIC).plan_mac(NEW)
    assert change.path == "/etc/systemd/network/10-mac-eth0.link"
    assert (
        change.after
        == "# Gives eth0 its MAC\n[Match]\nOriginalName=eth0\nDriver=x\n\n[Link]\nMTUBytes=9000\nDescription=a \\\n "
        " b\nMTUBytes=1500\n"
        f"MACAddress={NEW}\n\n[SR-IOV]\nVirtualFunction=0\nMACAddress=52:54:00:00:01:01\n\n[SR-IOV]\nVirtualFunction=1\nVLANId=5\n"
        "\n[EnergyEfficientEthernet]\nEnable=no\n"
    )


@pytest.mark.parametrize(
    ("base", "own"),
    [
        ("10-netplan-lan", "10-mac-eth0"),
        ("10-cloud-init-eth0", "05-mac-eth0"),
        ("05-a", "00-mac-eth0"),
        ("00-a", "0-mac-eth0"),
    ],
)
def test_a_link_file_of_its_own_comes_first(base, own):
    path = f"/etc/systemd/network/{base}.link"
    made = by_udev(path, {path: "[Match]\nOriginalName=*\n[Link]\nMTUBytes=1400\n"})
    (change,) = adapter_for(made, NIC).plan_mac(NEW)
    assert change.path == f"/etc/systemd/network/{own}.link" and change.path < path
    made.files[change.path] = change.after.encode()
    assert adapter_for(made, NIC).plan_mac(NEW) == [] and adapter_for(made, NIC).read_mac(Drafts(made)) == NEW


def test_a_drop_in_of_a_link_file_that_states_the_mac_is_edited():
    path = "/etc/systemd/network/10-my.link"
    files = {
        path: f"[Match]\nMACAddress={OLD}\n[Link]\nName=lan\n",
        path + ".d/mac.conf": f"[Link]\nMACAddress={OTHER}\n",
    }
    changes = {change.path: change.after for change in adapter_for(by_udev(path, files), NIC).plan_mac(NEW)}
    assert changes[path + ".d/mac.conf"] == f"[Link]\nMACAddress={NEW}\n"


@pytest.mark.parametrize("policy", ["persistent", "random"])
@pytest.mark.parametrize("where", ["", ".d/x.conf"])
def test_a_mac_that_udev_leaves_out_for_a_policy_counts_for_nothing(policy, where):
    path, chosen = "/etc/systemd/network/10-mac-eth0.link", f"[Link]\nMACAddressPolicy={policy}\n"
    files = {path: f"[Match]\nOriginalName=eth0\n[Link]\nMACAddress={OLD}\n"}
    files[path + where] = files.get(path + where, "") + chosen
    made = by_udev(path, files)
    assert adapter_for(made, NIC).read_mac(Drafts(made)) is None
    (change,) = adapter_for(made, NIC).plan_mac(NEW)
    assert change.path < path and _link.link_mac(change.after) == NEW and "Policy" not in change.after
    made.files[change.path] = change.after.encode()
    assert adapter_for(made, NIC).read_mac(Drafts(made)) == NEW and adapter_for(made, NIC).plan_mac(NEW) == []


@pytest.mark.parametrize("policy", ["none", "none\nMACAddressPolicy=unheard", "random\nMACAddressPolicy="])
def test_a_policy_that_leaves_the_stated_mac_in_stays(policy):
    path = "/etc/systemd/network/20-x.link"
    text = f"[Match]\nOriginalName=eth0\n[Link]\nMACAddressPolicy={policy}\nMACAddress={OLD}\n"
    (change,) = adapter_for(by_udev(path, {path: text}), NIC).plan_mac(NEW)
    assert (change.path, change.after) == (path, text.replace(OLD, NEW))


def test_a_wide_file_whose_stated_mac_counts_for_nothing_is_left_alone():
    path = "/etc/systemd/network/20-x.link"
    text = f"[Match]\nOriginalName=e*\nDriver=x\n[Link]\nMACAddressPolicy=random\nMACAddress={OTHER}\nMTUBytes=1400\n"
    (change,) = adapter_for(by_udev(path, {path: text}), NIC).plan_mac(NEW)
    assert change.path == "/etc/systemd/network/10-mac-eth0.link"
    assert change.after == (
        f"# Gives eth0 its MAC\n[Match]\nOriginalName=eth0\nDriver=x\n\n[Link]\nMTUBytes=1400\nMACAddress={NEW}\n"
    )


def test_a_policy_in_a_drop_in_that_is_not_ours_is_an_error():
    path = "/etc/systemd/network/20-x.link"
    files = {path: f"[Match]\nOriginalName=eth0\n[Link]\nMACAddress={OTHER}\n",
             f"{path}.d/a.conf": "[Link]\nMACAddressPolicy=none\n"}
    files["/run/systemd/network/10-mac-eth0.link.d/z.conf"] = "[Link]\nMACAddressPolicy=random\n"
    path = "/usr/lib/systemd/network/99-default.link"
    with pytest.raises(ConfigError, match="a MAC by MACAddressPolicy"):
        adapter_for(by_udev(path, {path: "[Match]\nOriginalName=*\n", **files}), NIC).plan_mac(NEW)


@pytest.mark.parametrize(("assigned", "permanent", "refused"), [("4", "", True), ("4", OLD, False), ("3", "", False)])
def test_a_nic_that_was_renamed_is_matched_by_its_permanent_mac_or_refused(assigned, permanent, refused):
    path = "/usr/lib/systemd/network/99-default.link"
    made = by_udev(path, {path: "[Match]\nOriginalName=*\n", "/sys/class/net/eth0/name_assign_type": assigned + "\n"})
    adapter = adapter_for(made, NIC._replace(permanent=permanent))
    if refused:
        with pytest.raises(ConfigError, match="it was renamed"):
            adapter.plan_mac(NEW)
    else:
        assert len(adapter.plan_mac(NEW)) == 1


@pytest.mark.parametrize("shadow", [{}, {"/etc/systemd/network/60-nic.link": ""}])
def test_a_link_file_that_is_gone_is_not_copied_without_its_settings(shadow):
    with pytest.raises(ConfigError, match="which is gone or empty, so that its settings cannot be kept"):
        adapter_for(by_udev("/usr/lib/systemd/network/60-nic.link", shadow), NIC).plan_mac(NEW)


def test_a_link_file_without_settings_gets_its_section():
    assert _link.new_link(NIC, "") == "# Gives eth0 its MAC\n[Match]\nOriginalName=eth0\n\n[Link]\n"
