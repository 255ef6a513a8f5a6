"""systemd-networkd's files by what they match: by MAC, by pattern, for several NICs; a copy for one NIC alone keeps
every setting.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json

import pytest
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import (
    _ini,
    _mac_change,
    _mac_plan,
    _networkd_match,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Drafts

from .host import NEW, OLD, Host, link

PATH = "/etc/systemd/network/20-lan.network"
OWN = "/etc/systemd/network/05-layer2-eth0.network"
OTHER = "52:54:00:0c:1d:99"
LAYER3 = "[Network]\nAddress=192.0.2.9/24\n"
RELOAD = ["networkctl", "reload"]


def host(match, more=None, path=PATH, links=None, layer3=LAYER3):
    """A host on which networkd configures eth0 by a file with this [Match]."""
    files = {
        path: f"[Match]\n{match}\n\n{layer3}",
        "/run/systemd/netif/links/2": f"ADMIN_STATE=configured\nNETWORK_FILE={path}\n",
        **(more or {}),
    }
    answers = {
        "systemctl_is-active_systemd-networkd.service": "active\n",
        "networkctl_--version": "systemd 257 (257.8-1)\n",
    }
    return Host(files=files, answers=answers, links=links)


def planned(made, **more):
    return _mac_plan.plan(made, _mac_plan.Request("eth0", NEW, None, "address", True, True, [])._replace(**more))


def drafted(plan):
    return {change.path: change.after for change in plan.changes}


def applied(made, plan):
    """The same host after the change and a reload: networkd has taken the first file that fits."""
    made.files.update({path: text.encode() for path, text in drafted(plan).items()})
    made.answers["ip_-j_-d_-s_-s_address_show"] = json.dumps([link("eth0", NEW, 2)])
    if OWN in made.files:
        made.files["/run/systemd/netif/links/2"] = f"ADMIN_STATE=configured\nNETWORK_FILE={OWN}\n".encode()
    return made


NARROW = [
    "Name=eth0",
    "MACAddress=" + OLD,
    "PermanentMACAddress=" + OLD,
    "MACAddress=" + OLD + "\nName=e*",
    "Name=eth0\nMACAddress=" + OLD + " " + OTHER,
    "MACAddress=" + OTHER + "\nMACAddress=\nMACAddress=" + OLD,
    "Type=ether\nMACAddress=" + OLD.replace(":", "-").upper(),
]
WIDE = [
    "Name=e*",
    "Name=eth0 eth1",
    "Type=ether",
    "MACAddress=" + OTHER + " " + OLD,
    "MACAddress=" + OLD + "\nMACAddress=" + OTHER,
    "PermanentMACAddress=" + OTHER + " " + OLD,
    "MACAddress=" + OLD + " " + OTHER + "\nName=e*",
    "Name=eth?\nDriver=virtio_net",
]


@pytest.mark.parametrize("match", NARROW)
def test_a_file_for_the_one_nic_is_edited_in_place(match):
    made = host(match, links=[link("eth0", OLD, 2, permaddr=OLD)])
    plan = planned(made)
    assert list(drafted(plan)) == [PATH] and _ini.values(drafted(plan)[PATH], ["Link"], "MACAddress") == [NEW]
    assert drafted(planned(applied(made, plan), old=OLD)) == {}


@pytest.mark.parametrize("match", WIDE)
@pytest.mark.parametrize("permanent", [{}, {"permaddr": OLD}])
def test_a_file_for_several_nics_is_left_alone_and_the_nic_gets_one_that_comes_first(match, permanent):
    made = host(match, links=[link("eth0", OLD, 2, **permanent)], layer3=LAYER3 + "# why\n[Route]\nGateway=192.0.2.1\n",
                more={PATH + ".d/mtu.conf": "[Link]\nMTUBytes=1400\n[Match]\nType=ether"})
    plan = planned(made)
    text = drafted(plan)[OWN]
    assert list(drafted(plan)) == [OWN] and _networkd_match.literal_name(text) == "eth0"
    assert _networkd_match.macs(text, "PermanentMACAddress") == list(permanent.values())
    settings = [(entry.section, entry.key, entry.value) for entry in _ini.entries(text) if entry.section != "Match"]
    assert settings == [
        ("Network", "Address", "192.0.2.9/24"),
        ("Route", "Gateway", "192.0.2.1"),
        ("Link", "MTUBytes", "1400"),
        ("Link", "MACAddress", NEW),
    ]
    assert drafted(planned(made, runtime=False, old=OLD)) == drafted(plan)
    assert drafted(planned(applied(made, plan), old=OLD)) == {}


def test_before_the_reload_the_nics_own_file_counts_already():
    made = host("Name=e*")
    made.files.update({path: text.encode() for path, text in drafted(planned(made)).items()})
    assert drafted(planned(made)) == {}


@pytest.mark.parametrize(
    ("base", "own"),
    [("20-lan", "05-layer2-eth0"), ("05-lan", "00-layer2-eth0"), ("00-a", "0-layer2-eth0"), ("0", "0-layer2-eth0")],
)
def test_the_own_file_comes_before_the_one_in_force(base, own):
    (path,) = drafted(planned(host("Name=e*", path=f"/usr/lib/systemd/network/{base}.network")))
    assert path == f"/etc/systemd/network/{own}.network" and path.rpartition("/")[2] < f"{base}.network"


def test_where_no_name_would_come_first_it_is_refused():
    with pytest.raises(ConfigError, match=r"matches `Name=e\*`.*a .network file of its own"):
        planned(host("Name=e*", path="/etc/systemd/network/!first.network"))


@pytest.mark.parametrize(
    ("match", "action"),
    [
        ("MACAddress={}", "extended"),
        ("MACAddress={}\nName=e*", "extended"),
        ("Name=!lo\nMACAddress={}", "extended"),
        ("Name=!lo eth9\nMACAddress={}", "extended"),
        ("Name=!lo wl*\nName=!docker0\nMACAddress={}", "extended"),
        ("Name=wl* e*\nMACAddress={}", "extended"),
        ("PermanentMACAddress={}\nName=en1s* eth*", "kept"),
        ("MACAddress={} " + OTHER, "kept"),
    ],
)
def test_a_pattern_beside_a_mac_is_no_name(match, action):
    plan = planned(host(match.format(OLD)))
    assert [pin["action"] for pin in plan.pins if pin["kind"].startswith("networkd")] == [action]


@pytest.mark.parametrize(
    ("match", "action"),
    [
        ("Name=wl*", "kept"),
        ("Name=!lo e*", "kept"),
        ("Name=!lo eth9", "extended"),
        ("Name=e* !eth*", "kept"),
        ("Name=eth1", "kept"),
        ("Name=e*", "extended"),
    ],
)
def test_a_stray_file_counts_where_its_name_leaves_the_nic_in(match, action):
    plan = planned(
        host("Name=eth0", more={"/etc/systemd/network/50-stray.network": f"[Match]\n{match}\nMACAddress={OLD}\n"})
    )
    assert [pin["action"] for pin in plan.pins] == [action]


@pytest.mark.parametrize("match", ["PermanentMACAddress={}\nName=e*", "MACAddress={}\nName=e*"])
def test_the_hypervisors_change_moves_a_match_beside_a_pattern(match):
    made = host(match.format(OLD))
    assert drafted(planned(made, change="hardware"))[PATH] == made.files[PATH].decode().replace(OLD, NEW)


@pytest.mark.parametrize("folder", ["/run/systemd/network", "/usr/lib/systemd/network"])
@pytest.mark.parametrize(
    ("change", "key"), [("address", "MACAddress"), ("hardware", "MACAddress"), ("hardware", "PermanentMACAddress")]
)
def test_a_match_that_is_not_ours_to_edit_is_widened_by_a_drop_in(folder, change, key):
    made = host(f"{key}={OLD}", path=folder + "/20-lan.network")
    plan = planned(made, change=change)
    (path,) = drafted(plan)
    assert path == PATH + ".d/90-mac.conf"
    drafts = Drafts(made)
    drafts.write(path, drafted(plan)[path])
    assert _networkd_match.macs(_networkd_match.effective(drafts, folder + "/20-lan.network"), key) == [OLD, NEW]


@pytest.mark.parametrize(
    ("match", "commands"),
    [
        ("Name=eth0", []),
        ("Name=e*", []),
        ("PermanentMACAddress=" + OLD, []),
        ("MACAddress=" + OLD, [RELOAD]),
        ("Name=eth0\nMACAddress=" + OLD, [RELOAD]),
        ("MACAddress=" + OLD + " " + OTHER, [RELOAD]),
    ],
)
def test_networkd_gets_to_know_the_new_mac_before_the_kernel_has_it(match, commands):
    plan = planned(host(match))
    assert (plan.commands, plan.undo, plan.switch) == (commands, commands, True)
    assert planned(host(match), runtime=False).commands == []


def test_files_that_are_right_already_are_shown_to_networkd_all_the_same():
    made = host(f"MACAddress={OLD} {NEW}", layer3=f"{LAYER3}[Link]\nMACAddress={NEW}\n")
    plan = planned(made)
    assert (plan.changes, plan.commands, plan.undo) == ([], [RELOAD], [RELOAD])


def test_undone_the_kernel_has_the_old_mac_before_networkd_reads_the_old_match():
    commands = [each.argv for each in _mac_change.revert_of(planned(host("MACAddress=" + OLD))).commands]
    assert [argv[-1] for argv in commands] == [OLD, "reload"]


def test_what_shares_the_mac_by_standing_on_the_nic_is_not_lost_either():
    vlan = link("eth0.10", OLD, 3, link="eth0", linkinfo={"info_kind": "vlan", "info_data": {"id": 10}})
    path = "/etc/systemd/network/30-vlan.network"
    plan = planned(
        host("Name=eth0", more={path: f"[Match]\nName=eth0.10\nMACAddress={OLD}\n"}, links=[link("eth0", OLD, 2), vlan])
    )
    assert f"MACAddress={OLD} {NEW}\n" in drafted(plan)[path] and plan.commands == [RELOAD]


@pytest.mark.parametrize("path", [PATH, "/run/systemd/network/10-netplan-lan.network"])
def test_until_the_next_boot_a_file_that_would_not_fit_is_a_reason_to_refuse(path):
    with pytest.raises(ConfigError, match="persistent: true"):
        planned(host("MACAddress=" + OLD, path=path), persistent=False)
    assert planned(host("Name=eth0", path=path), persistent=False).switch


def test_a_drop_in_that_would_give_another_mac_is_an_error():
    late = "/run/systemd/network/20-lan.network.d/95-x.conf"
    made = host("Name=eth0", path="/run/systemd/network/20-lan.network", more={late: f"[Link]\nMACAddress={OTHER}\n"})
    with pytest.raises(ConfigError, match=f"would still give it {OTHER}"):
        planned(made)


@pytest.mark.parametrize(
    ("name", "match", "taken"),
    [
        ("10-x", "MACAddress=" + NEW, True),
        ("10-x", "MACAddress=" + NEW + "\nName=e*", True),
        ("10-x", "MACAddress=" + NEW + "\nName=wl*", False),
        ("30-x", "MACAddress=" + NEW, False),
        ("10-x", "MACAddress=" + OTHER, False),
    ],
)
def test_a_file_that_would_begin_to_fit_and_comes_first_is_an_error(name, match, taken):
    made = host("Name=eth0", more={f"/run/systemd/network/{name}.network": f"[Match]\n{match}\n"})
    if not taken:
        assert list(drafted(planned(made))) == [PATH]
        return
    with pytest.raises(ConfigError, match="fits it before"):
        planned(made)
