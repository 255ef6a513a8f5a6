"""Where the files of each network manager may hold a MAC of a NIC, and what each kind of place does with it there; a
row each, in the order of the managers. What only finds such places needs no manager.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from contextlib import suppress
from typing import Callable, Dict, List, NamedTuple, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._netconfig import (
    _ini,
    _shell_lines,
    _stanza_users,
    _uci_lines,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._pin_files import (
    CURRENT,
    PERMANENT,
    REPORT,
    SET,
    PinFiles,
    by_key,
    by_yaml_key,
    every_line,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import Drafts
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._stanza_files import MAIN, sourced
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError

KEYFILES = "/etc/NetworkManager/system-connections"
RED_HAT = "/etc/sysconfig/network-scripts"
SUSE = "/etc/sysconfig/network"
UCI_CONFIG = "/etc/config/network"
# Kinds that a manager asks for by name.
NETWORKD_MATCH = "networkd_match"  # names an interface by its current MAC
NETDEV_ADDRESS = "netdev_address"
IFUPDOWN_MATCH, IFUPDOWN_RENAME = "ifupdown_match", "ifupdown_rename"  # the MAC is what names the NIC

# manager: as its class has it. roles: of each kind of place, which no other manager has. more: files beside those that
# patterns find, of the kind of the first of its files.
ManagerPins = NamedTuple(
    "ManagerPins",
    [
        ("manager", str),
        ("files", Tuple[PinFiles, ...]),
        ("roles", Dict[str, str]),
        ("more", Callable[[Drafts], List[str]]),
    ],
)


def no_more(_drafts: Drafts) -> List[str]:
    """No files but those that patterns find."""
    return []


def _sourced(drafts: Drafts) -> List[str]:
    with suppress(ReadError):
        return sourced(drafts, MAIN)
    return []


def _stanza_kinds(text: str) -> Dict[int, str]:
    kinds = {
        "hwaddress": "ifupdown_hwaddress",
        "map": IFUPDOWN_MATCH,
        "rename": IFUPDOWN_RENAME,
        "no-auto-down": IFUPDOWN_MATCH,
        "no-scripts": IFUPDOWN_MATCH,
    }
    return {
        number: IFUPDOWN_MATCH if _stanza_users.is_start(word) else kinds.get(word, "ifupdown_command")
        for number, word in _stanza_users.line_words(text).items()
    }


def _shell_kinds(text: str) -> Dict[int, str]:
    names = {"HWADDR": "ifcfg_hwaddr", "MACADDR": "ifcfg_macaddr", "LLADDR": "ifcfg_macaddr"}
    found = dict.fromkeys(range(len(_ini.split(text))), "ifcfg_other")
    found.update((each.line, names[each.name]) for each in _shell_lines.variables(text) if each.name in names)
    return found


def _uci_kinds(text: str) -> Dict[int, str]:
    found = dict.fromkeys(range(len(_ini.split(text))), "uci_other")
    for section in _uci_lines.known(text):
        for option in section.options if section.kind in ("device", "interface") else ():
            if option.name == "macaddr":
                found[text.count("\n", 0, option.value.start)] = "uci_macaddr"
    return found


_KEYS_OF_KEYFILES = {
    ("bridge", "mac-address"): "nm_bridge_mac_address",
    ("", "mac-address"): "nm_mac_address",
    ("", "cloned-mac-address"): "nm_cloned_mac_address",
}
_KEYS_OF_NETWORKS = {
    ("Match", "MACAddress"): NETWORKD_MATCH,
    ("Match", "PermanentMACAddress"): "networkd_permanent_match",
    ("Link", "MACAddress"): "networkd_address",
}
_KEYS_OF_LINKS = {
    ("Match", "MACAddress"): "link_match",
    ("Match", "PermanentMACAddress"): "link_match",
    ("Link", "MACAddress"): "link_address",
}

MANAGER_PINS: Tuple[ManagerPins, ...] = (
    ManagerPins(
        "NetworkManager",
        (
            PinFiles((KEYFILES + "/*",), "#", by_key(_KEYS_OF_KEYFILES, "nm_other", joins=False)),
            PinFiles(
                ("/etc/NetworkManager/NetworkManager.conf", "/etc/NetworkManager/conf.d/*.conf"),
                "#",
                every_line("nm_device_match"),
            ),
        ),
        {
            "nm_mac_address": PERMANENT,
            "nm_cloned_mac_address": SET,
            "nm_bridge_mac_address": SET,
            "nm_device_match": PERMANENT,
            "nm_other": REPORT,
        },
        no_more,
    ),
    ManagerPins(
        "systemd-networkd",
        (
            PinFiles(
                ("/etc/systemd/network/*.network", "/etc/systemd/network/*.network.d/*.conf"),
                "#;",
                by_key(_KEYS_OF_NETWORKS, "networkd_other"),
            ),
            PinFiles(
                ("/etc/systemd/network/*.netdev", "/etc/systemd/network/*.netdev.d/*.conf"),
                "#;",
                by_key({("NetDev", "MACAddress"): NETDEV_ADDRESS}, "networkd_other"),
            ),
        ),
        {
            NETWORKD_MATCH: CURRENT,
            "networkd_permanent_match": PERMANENT,
            "networkd_address": SET,
            NETDEV_ADDRESS: SET,
            "networkd_other": REPORT,
        },
        no_more,
    ),
    ManagerPins(
        "netplan",
        (PinFiles(("/etc/netplan/*.yaml",), "#", by_yaml_key("netplan_match", "netplan_macaddress", "netplan_other")),),
        {"netplan_match": PERMANENT, "netplan_macaddress": SET, "netplan_other": REPORT},
        no_more,
    ),
    ManagerPins(
        "ifupdown",
        (PinFiles((MAIN, "/etc/network/interfaces.d/*"), "#", _stanza_kinds),),
        {"ifupdown_hwaddress": SET, "ifupdown_command": SET, IFUPDOWN_MATCH: CURRENT, IFUPDOWN_RENAME: PERMANENT},
        _sourced,
    ),
    ManagerPins(
        "ifcfg",
        (PinFiles((RED_HAT + "/ifcfg-*", SUSE + "/ifcfg-*"), "#", _shell_kinds),),
        {"ifcfg_hwaddr": PERMANENT, "ifcfg_macaddr": SET, "ifcfg_other": REPORT},
        no_more,
    ),
    ManagerPins(
        "uci",
        (
            PinFiles((UCI_CONFIG,), "#", _uci_kinds),
            PinFiles(("/etc/config/wireless",), "#", every_line("uci_other")),
        ),
        {"uci_macaddr": SET, "uci_other": REPORT},
        no_more,
    ),
    # udev sees the NIC before anybody changed it, so that either match is by the permanent MAC.
    ManagerPins(
        ".link file",
        (
            PinFiles(
                ("/etc/systemd/network/*.link", "/etc/systemd/network/*.link.d/*.conf"),
                "#;",
                by_key(_KEYS_OF_LINKS, "networkd_other"),
            ),
        ),
        {"link_match": PERMANENT, "link_address": SET},
        no_more,
    ),
)
