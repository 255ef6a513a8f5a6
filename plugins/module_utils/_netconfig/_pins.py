"""Where a host's files hold a MAC of its own: the network managers', and udev rules, reservations, firewalls."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import posixpath
import re
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical, is_made_of
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini, _manager_pins
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._pin_files import (
    PERMANENT,
    REPORT,
    SET,
    Pin,
    PinFiles,
    by_yaml_key,
    every_line,
    tokens,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import Drafts, decimal_mac, matching
from ansible_collections.netops.layer2.plugins.module_utils._runner import Denied, ReadError, Runner

_LARGEST = 1 << 20  # no configuration file that people write is larger

_DHCP = (
    "/etc/dnsmasq.conf",
    "/etc/dnsmasq.d/*",
    "/etc/NetworkManager/dnsmasq.d/*",
    "/etc/ethers",
    "/etc/dhcp/dhcpd*.conf",
    "/etc/dhcpd.conf",
    "/etc/kea/*.conf",
    "/etc/config/dhcp",
)
_FIREWALL = (
    "/etc/nftables.conf",
    "/etc/nftables.d/*",
    "/etc/nftables/*",
    "/etc/sysconfig/nftables.conf",
    "/etc/iptables/*",
    "/etc/sysconfig/iptables",
    "/etc/sysconfig/ip6tables",
    "/etc/sysconfig/ipset",
    "/etc/ipset.conf",
    "/etc/ipset/*",
    "/etc/ebtables*",
    "/etc/firewalld/*.xml",
    "/etc/firewalld/*/*.xml",
    "/etc/ufw/*.rules",
    "/etc/shorewall/*",
    "/etc/config/firewall",
)
_SCRIPTS = ("/etc/rc.local", "/etc/rc.d/rc.local", "/etc/network/if-*.d/*", "/etc/NetworkManager/dispatcher.d/*",
            "/etc/networkd-dispatcher/*/*", "/etc/systemd/system/*.service", "/etc/cron.d/*", "/etc/crontab")
_CLOUD = ("/etc/cloud/cloud.cfg", "/etc/cloud/cloud.cfg.d/*.cfg", "/var/lib/cloud/seed/*/network-config")

_NEAR = 500  # characters of a line of udev in which a command and its MAC stand
_SETS = re.compile(r"\b(?:RUN|PROGRAM)\b[^\"]*\"[^\"]*(?:\baddr(?:ess)?\s+|\bether\s+|(?:-m|--mac)[\s=])\Z")


def _udev_kinds(text: str) -> Mapping[Any, str]:
    """udev_rule, and udev_address where a command in it gives a NIC the MAC."""
    found: Dict[Any, str] = {}
    for number, line in enumerate(_ini.split(text)):
        found[number] = "udev_rule"
        found.update(((number, each.start(1)), "udev_address") for each in tokens(line)
                     if _SETS.search(line[max(0, each.start(1) - _NEAR):each.start(1)]))
    return found


# The files that are no network manager's; those stand in _manager_pins.py.
OTHER_FILES: Tuple[PinFiles, ...] = (
    PinFiles(("/etc/udev/rules.d/*.rules",), "#", _udev_kinds),
    PinFiles(_CLOUD, "#", by_yaml_key("cloud_init_match", "cloud_init_other", "cloud_init_other")),
    PinFiles(("/etc/dhcp/dhclient*.conf", "/etc/dhclient*.conf", "/etc/dhcpcd.conf"), "#", every_line("dhcp_client")),
    PinFiles(_DHCP, "#", every_line("dhcp_reservation")),
    PinFiles(_FIREWALL, "#", every_line("firewall")),
    PinFiles(_SCRIPTS, "#", every_line("script")),
    PinFiles(
        ("/proc/cmdline", "/etc/default/grub", "/etc/kernel/cmdline", "/boot/loader/entries/*.conf"),
        "#",
        every_line("kernel_command_line"),
    ),
)
_OTHER_ROLES: Dict[str, str] = {
    "udev_rule": PERMANENT,
    "udev_address": SET,
    "cloud_init_match": PERMANENT,
    "cloud_init_other": REPORT,
    "dhcp_client": REPORT,
    "dhcp_reservation": REPORT,
    "firewall": REPORT,
    "script": REPORT,
    "kernel_command_line": REPORT,
    "eui64_address": REPORT,
    "eui64_in_file": REPORT,
    "running_firewall": REPORT,
}


def files() -> List[PinFiles]:
    """The files that may hold a MAC of a NIC: each network manager's, then all others."""
    return [each for manager in _manager_pins.MANAGER_PINS for each in manager.files] + list(OTHER_FILES)


def roles() -> Dict[str, str]:
    """What each kind of pin does with the MAC: SET, CURRENT, PERMANENT or REPORT."""
    found = dict(_OTHER_ROLES)
    for manager in _manager_pins.MANAGER_PINS:
        found.update(manager.roles)
    return found


def role(pin: Pin) -> str:
    """What PIN does with the MAC."""
    return roles()[pin.kind]


def find_pins(runner: Runner, interfaces: Iterable[Dict[str, Any]], running: bool = False) -> List[Dict[str, Any]]:
    """Places on this host that hold a MAC of its own INTERFACES (snapshot records): the snapshot's ``pins``
    (docs/snapshot.md).

    RUNNING: also look at the firewall that the kernel has loaded, which takes two more commands. What cannot be read is
    left out.
    """
    records = [record for record in interfaces if not record.get("netns")]
    own = {record[key] for record in records for key in ("mac", "permanent_mac") if record.get(key, "").strip("0:")}
    found = [
        {"file": pin.file, "mac": pin.mac, "kind": pin.kind, "line": pin.line + 1}
        for pin in pins_of(Drafts(runner), own)
    ]
    return found + eui64_pins(runner, records) + (running_pins(runner, own) if running else [])


def closed_places(runner: Runner) -> List[str]:
    """Files that may hold a MAC, and their folders, that are there and closed to this user, by path: whether they do
    stays unknown.
    """
    patterns = [pattern for each in files() for pattern in each.patterns]
    folders = {posixpath.dirname(pattern[:pattern.index("*")]) for pattern in patterns if "*" in pattern}
    there = {path for pattern in patterns for path in matching(runner, pattern)}
    closed = {path for path in folders if _is_closed(runner.listdir, path)}
    return sorted(closed.union(path for path in there if _is_closed(lambda path: runner.read_bytes(path, 1), path)))


def _is_closed(read: Callable[[str], Any], path: str) -> bool:
    try:
        read(path)
    except ReadError as error:
        return isinstance(error, Denied)
    return False


def pins_of(drafts: Drafts, macs: Set[str]) -> List[Pin]:
    """Every place in the host's configuration files that holds one of the canonical MACS, in whatever notation."""
    found: List[Pin] = []
    for path, each in _places(drafts):
        text = _text(drafts, path)
        if text and _mentions(text, macs):
            found += pins_in(path, text, macs, each)
    return found


def _places(drafts: Drafts) -> Iterator[Tuple[str, PinFiles]]:
    """Every file that may hold a MAC, once for each that is said of it."""
    more = {manager.files[0]: manager.more(drafts) for manager in _manager_pins.MANAGER_PINS}
    for each in files():
        found = {path for pattern in each.patterns for path in drafts.glob(pattern)}
        for path in sorted(found.union(more.get(each, ()))):
            yield path, each


def _text(drafts: Drafts, path: str) -> str:
    """Text of a file; empty for directories, unreadable ones and those too large to be configuration."""
    try:
        text = drafts.read(path) or ""
    except ReadError:
        return ""
    return text if len(text) <= _LARGEST else ""


def _mentions(text: str, macs: Set[str]) -> bool:
    return any(known_mac(match.group(1)) in macs for match in tokens(text))


def pins_in(path: str, text: str, macs: Set[str], about: PinFiles) -> List[Pin]:
    """The pins in the TEXT of one of the files that are spoken of; what stands in comments (lines that begin with one
    of their marks, or behind `` #``) is none.
    """
    kind_of = about.kinds(text)
    found: List[Pin] = []
    for number, line in enumerate(_ini.split(text)):
        if number not in kind_of or line.lstrip().startswith(tuple(about.comments)):
            continue
        for match in tokens(re.split(r"\s#", line, maxsplit=1)[0]):
            mac = known_mac(match.group(1))
            if mac in macs:
                kind = kind_of.get((number, match.start(1)), kind_of[number])
                found.append(Pin(path, str(mac), kind, number, match.start(1), match.end(1)))
    return found


def known_mac(text: str) -> Optional[str]:
    """The canonical MAC that TEXT is, in whatever notation; None where it is none."""
    try:
        return canonical(decimal_mac(text))
    except MacError:
        return None


def eui64_pins(runner: Runner, interfaces: Iterable[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """IPv6 addresses that were made of a MAC (RFC 4291, appendix A), and lines of /etc/hosts that name one of them."""
    found: List[Dict[str, Any]] = []
    for record in interfaces:
        mac = record.get("permanent_mac") or record.get("mac")
        for candidate in {record.get("mac"), mac} - {None}:
            for entry in record.get("addresses", []):
                if is_made_of(entry.get("address", ""), str(candidate)):
                    found.append(
                        {
                            "mac": candidate,
                            "kind": "eui64_address",
                            "interface": record["name"],
                            "address": entry["address"],
                        }
                    )
    named = {pin["address"]: pin["mac"] for pin in found}
    return found + _lines_naming(runner, "/etc/hosts", named)


def _lines_naming(runner: Runner, path: str, addresses: Dict[str, Any]) -> List[Dict[str, Any]]:
    text = _text(Drafts(runner), path)
    return [
        {"file": path, "mac": addresses[words[0]], "kind": "eui64_in_file", "line": number, "address": words[0]}
        for number, line in enumerate(_ini.split(text), 1)
        for words in [line.split()]
        if words and words[0] in addresses
    ]


def running_pins(runner: Runner, macs: Set[str]) -> List[Dict[str, Any]]:
    """Lines of the loaded nftables rules and ipsets that hold one of MACS; nothing where they cannot be listed."""
    found: List[Dict[str, Any]] = []
    for argv in (["nft", "list", "ruleset"], ["ipset", "save"]):
        try:
            answer = runner.output(argv)
        except ReadError:
            continue
        named = {known_mac(match.group(1)) or "" for match in tokens(answer.stdout)} if answer.rc == 0 else set()
        found += [
            {"mac": mac, "kind": "running_firewall", "file": "`%s`" % " ".join(argv)} for mac in sorted(named & macs)
        ]
    return found
