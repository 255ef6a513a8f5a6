"""Where a host's files hold a MAC of its own: udev rules, profiles, reservations, firewalls; a row per kind of file."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import posixpath
import re
from typing import Any, Callable, Collection, Dict, Iterable, Iterator, List, Match, NamedTuple, Optional, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical, is_made_of
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import (
    _ini,
    _networkd_match,
    _stanza_users,
    _uci_lines,
    _yaml_lines,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import (
    ConfigError,
    Drafts,
    decimal_mac,
    matching,
)
from ansible_collections.netops.layer2.plugins.module_utils._runner import Denied, ReadError, Runner

# What may touch it from the left: `mac:` of NetworkManager's device lists, the hardware type 1 of a DHCP client
# identifier.
_TOKEN = re.compile(
    r"(?:(?<![0-9A-Za-z:.-])|(?<=\bmac:)|(?<=\b1:)|(?<=\b01:)|(?<=BOOTIF=01-))"
    r"([0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}"
    r"|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}|[0-9A-Fa-f]{12}|[0-9]{1,3}(?:;[0-9]{1,3}){5})(?![0-9A-Za-z:-])"
)
_DRACUT_NAME = re.compile(r"\bifname=[^:\s]*:")  # dracut.cmdline(7): ifname=NAME:MAC
_LARGEST = 1 << 20  # no configuration file that people write is larger

# What a file does with the MAC.
SET = "set"  # gives it to the interface
CURRENT = "current"  # applies to the interface that has it at the moment
PERMANENT = "permanent"  # applies to the NIC whose own it is
REPORT = "report"  # somebody else's business, or a decision: only named
ROLES: Dict[str, str] = {
    "udev_rule": PERMANENT,
    "link_match": PERMANENT,
    "link_address": SET,
    "networkd_match": CURRENT,
    "networkd_permanent_match": PERMANENT,
    "networkd_address": SET,
    "netdev_address": SET,
    "nm_mac_address": PERMANENT,
    "nm_cloned_mac_address": SET,
    "nm_bridge_mac_address": SET,
    "nm_device_match": PERMANENT,
    "ifcfg_hwaddr": PERMANENT,
    "ifcfg_macaddr": SET,
    "netplan_match": PERMANENT,
    "netplan_macaddress": SET,
    "cloud_init_match": PERMANENT,
    "ifupdown_hwaddress": SET,
    "ifupdown_command": SET,
    "ifupdown_match": CURRENT,
    "ifupdown_rename": PERMANENT,
    "uci_macaddr": SET,
    "uci_other": REPORT,
    "networkd_other": REPORT,
    "nm_other": REPORT,
    "ifcfg_other": REPORT,
    "netplan_other": REPORT,
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

# line: from 0; start, end: where the MAC stands in that line.
Pin = NamedTuple("Pin", [("file", str), ("mac", str), ("kind", str), ("line", int), ("start", int), ("end", int)])
# Where a file names its one interface: a .netdev, a keyfile.
_NAMES = (("NetDev", "Name"), ("connection", "interface-name"))
_Kinds = Callable[[str], Dict[int, str]]  # text -> kind of each line that can hold a pin


def _every_line(kind: str) -> _Kinds:
    return lambda text: dict.fromkeys(range(len(_ini.split(text))), kind)


def _by_key(keys: Dict[Tuple[str, str], str], other: str, joins: bool = True) -> _Kinds:
    """Kinds of an INI text by (section, key); an empty section stands for any."""
    def kinds(text: str) -> Dict[int, str]:
        return {
            entry.line: keys.get((entry.section, entry.key), keys.get(("", entry.key), other))
            for entry in _ini.entries(text, joins)
        }

    return kinds


def _network_kinds(text: str) -> Dict[int, str]:
    return _by_key(
        {
            ("Match", "MACAddress"): "networkd_match",
            ("Match", "PermanentMACAddress"): "networkd_permanent_match",
            ("Link", "MACAddress"): "networkd_address",
        },
        "networkd_other",
    )(text)


def _keyfile_kinds(text: str) -> Dict[int, str]:
    return _by_key({("bridge", "mac-address"): "nm_bridge_mac_address", ("", "mac-address"): "nm_mac_address",
                    ("", "cloned-mac-address"): "nm_cloned_mac_address"}, "nm_other", joins=False)(text)


def _variable_kinds(text: str) -> Dict[int, str]:
    names = {"HWADDR": "ifcfg_hwaddr", "MACADDR": "ifcfg_macaddr", "LLADDR": "ifcfg_macaddr"}
    found: Dict[int, str] = {}
    for number, line in enumerate(_ini.split(text)):
        found[number] = names.get(line.partition("=")[0].strip(), "ifcfg_other")
    return found


def _interfaces_kinds(text: str) -> Dict[int, str]:
    kinds = {"hwaddress": "ifupdown_hwaddress", "map": "ifupdown_match", "rename": "ifupdown_rename",
             "no-auto-down": "ifupdown_match", "no-scripts": "ifupdown_match"}
    return {number: "ifupdown_match" if _stanza_users.is_start(word) else kinds.get(word, "ifupdown_command")
            for number, word in _stanza_users.line_words(text).items()}


def _uci_kinds(text: str) -> Dict[int, str]:
    found = dict.fromkeys(range(len(_ini.split(text))), "uci_other")
    for section in _uci_sections(text):
        for option in section.options if section.kind in ("device", "interface") else ():
            if option.name == "macaddr":
                found[text.count("\n", 0, option.value.start)] = "uci_macaddr"
    return found


def _uci_sections(text: str) -> List[_uci_lines.Section]:
    try:
        return _uci_lines.sections(text)
    except ConfigError:
        return []  # nobody knows what its lines mean: they are only named


def _yaml_kinds(match: str, address: str, other: str) -> _Kinds:
    def kinds(text: str) -> Dict[int, str]:
        found = {number: _flow_kind(line, match, address, other) for number, line in enumerate(_ini.split(text))}
        for each in _yaml_lines.scalars(text):
            if each.value and each.path[-1] in ("macaddress", "mac_address"):
                found[each.line] = (
                    match if each.path[-2:-1] == ("match",) or each.path[-1] == "mac_address" else address
                )
        return found
    return kinds


def _flow_kind(line: str, match: str, address: str, other: str) -> str:
    """Kind of a line in flow style: ``eth0: {match: {macaddress: "..."}}``."""
    before = _TOKEN.split(line)[0]
    if not before.rstrip("\"' ").endswith(("macaddress:", "mac_address:")):
        return other
    return (
        match
        if re.search(r"match\"?:\s*\{[^}]*\Z", before) or before.rstrip("\"' ").endswith("mac_address:")
        else address
    )


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

# A row: files, what marks a comment there, and the kind of each line.
TABLE: Tuple[Tuple[Tuple[str, ...], str, _Kinds], ...] = (
    (("/etc/udev/rules.d/*.rules",), "#", _every_line("udev_rule")),
    (
        ("/etc/systemd/network/*.link", "/etc/systemd/network/*.link.d/*.conf"),
        "#;",
        _by_key(
            {
                ("Match", "MACAddress"): "link_match",
                ("Match", "PermanentMACAddress"): "link_match",
                ("Link", "MACAddress"): "link_address",
            },
            "networkd_other",
        ),
    ),
    (("/etc/systemd/network/*.network", "/etc/systemd/network/*.network.d/*.conf"), "#;", _network_kinds),
    (
        ("/etc/systemd/network/*.netdev", "/etc/systemd/network/*.netdev.d/*.conf"),
        "#;",
        _by_key({("NetDev", "MACAddress"): "netdev_address"}, "networkd_other"),
    ),
    (("/etc/NetworkManager/system-connections/*",), "#", _keyfile_kinds),
    (
        ("/etc/NetworkManager/NetworkManager.conf", "/etc/NetworkManager/conf.d/*.conf"),
        "#",
        _every_line("nm_device_match"),
    ),
    (("/etc/sysconfig/network-scripts/ifcfg-*", "/etc/sysconfig/network/ifcfg-*"), "#", _variable_kinds),
    (("/etc/netplan/*.yaml",), "#", _yaml_kinds("netplan_match", "netplan_macaddress", "netplan_other")),
    (_CLOUD, "#", _yaml_kinds("cloud_init_match", "cloud_init_other", "cloud_init_other")),
    (("/etc/network/interfaces", "/etc/network/interfaces.d/*"), "#", _interfaces_kinds),
    (("/etc/config/network",), "#", _uci_kinds),
    (("/etc/config/wireless",), "#", _every_line("uci_other")),
    (("/etc/dhcp/dhclient*.conf", "/etc/dhclient*.conf", "/etc/dhcpcd.conf"), "#", _every_line("dhcp_client")),
    (_DHCP, "#", _every_line("dhcp_reservation")),
    (_FIREWALL, "#", _every_line("firewall")),
    (_SCRIPTS, "#", _every_line("script")),
    (
        ("/proc/cmdline", "/etc/default/grub", "/etc/kernel/cmdline", "/boot/loader/entries/*.conf"),
        "#",
        _every_line("kernel_command_line"),
    ),
)


def interface_named(drafts: Drafts, pin: Pin, names: Collection[str] = ()) -> Optional[str]:
    """The interface that the place of PIN is about, where its file says so: the name in the file, whatever interface
    has it now.

    Patterns (``en*`` in a .network file) name none where they fit one of NAMES.
    """
    path = owner_of_drop_in(pin.file)
    text = drafts.read(path) or ""
    if pin.kind.startswith("netplan"):
        return _definition_of(_ini.split(text), text, pin)
    if pin.kind in ("ifupdown_match", "ifupdown_rename"):
        return None  # there the MAC is what names the NIC
    if pin.kind.startswith("ifupdown"):
        heads = [line.split() for line in _ini.split(text)[:pin.line] if line.split()[:1] == ["iface"]]
        return heads[-1][1] if heads and len(heads[-1]) > 1 else None
    if pin.kind.startswith("uci"):
        return _uci_device(text, pin)
    if pin.kind.startswith("ifcfg"):
        return path.rpartition("ifcfg-")[2]
    if pin.kind.startswith("networkd"):
        return _networkd_match.named(_networkd_match.effective(drafts, path), names)
    found = [entry.value for entry in _ini.entries(text, joins=not pin.kind.startswith("nm"))
             if (entry.section, entry.key) in _NAMES and len(entry.value.split()) == 1]
    return found[0] if found and pin.kind.startswith(("netdev", "nm")) else None


def owner_of_drop_in(path: str) -> str:
    """The file of systemd's that a drop-in adds to, by its name in the same folder; any other file itself."""
    return re.sub(r"(\.(?:network|netdev|link))\.d/[^/]+\.conf\Z", r"\1", path)


def _uci_device(text: str, pin: Pin) -> Optional[str]:
    """The device that the section around a pin is for, where it is for one."""
    before = [section for section in _uci_sections(text) if text.count("\n", 0, section.start) <= pin.line]
    named = _uci_lines.devices(before[-1]) if before else []
    return named[0] if len(named) == 1 else None


def _definition_of(lines: List[str], text: str, pin: Pin) -> Optional[str]:
    """The netplan definition that a line stands in; in flow style, the one that begins on that line."""
    above = [
        each.path
        for each in _yaml_lines.scalars(text)
        if each.line <= pin.line and len(each.path) >= 3 and each.path[0] == "network"
    ]
    flow = re.match(r"\s*[\"']?([^\s\"':{]+)[\"']?:\s*\{", lines[pin.line])
    if flow and flow.group(1) not in ("match", "parameters"):
        return flow.group(1)
    return above[-1][2] if above else None


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
    """Files and folders of TABLE that are there and closed to this user, by path: whether they hold a MAC stays
    unknown.
    """
    patterns = [pattern for row in TABLE for pattern in row[0]]
    folders = {posixpath.dirname(pattern[:pattern.index("*")]) for pattern in patterns if "*" in pattern}
    files = {path for pattern in patterns for path in matching(runner, pattern)}
    closed = {path for path in folders if _is_closed(runner.listdir, path)}
    return sorted(closed.union(path for path in files if _is_closed(lambda path: runner.read_bytes(path, 1), path)))


def _is_closed(read: Callable[[str], Any], path: str) -> bool:
    try:
        read(path)
    except ReadError as error:
        return isinstance(error, Denied)
    return False


def pins_of(drafts: Drafts, macs: Set[str]) -> List[Pin]:
    """Every place in the host's configuration files that holds one of the canonical MACS, in whatever notation."""
    found: List[Pin] = []
    for patterns, comments, kinds in TABLE:
        for path in sorted({path for pattern in patterns for path in drafts.glob(pattern)}):
            text = _text(drafts, path)
            if text and _mentions(text, macs):
                found += pins_in(path, text, macs, comments, kinds)
    return found


def _text(drafts: Drafts, path: str) -> str:
    """Text of a file; empty for directories, unreadable ones and those too large to be configuration."""
    try:
        text = drafts.read(path) or ""
    except ReadError:
        return ""
    return text if len(text) <= _LARGEST else ""


def _mentions(text: str, macs: Set[str]) -> bool:
    return any(_canonical(match.group(1)) in macs for match in _tokens(text))


def _tokens(text: str) -> Iterator[Match[str]]:
    """What looks like a MAC in TEXT, at its own place."""
    return _TOKEN.finditer(_DRACUT_NAME.sub(lambda match: " " * len(match.group()), text))


def pins_in(path: str, text: str, macs: Set[str], comments: str, kinds: _Kinds) -> List[Pin]:
    """The pins in one TEXT; what stands in comments (lines that begin with one of COMMENTS, or behind `` #``) is none.
    """
    kind_of = kinds(text)
    found: List[Pin] = []
    for number, line in enumerate(_ini.split(text)):
        if number not in kind_of or line.lstrip().startswith(tuple(comments)):
            continue
        for match in _tokens(re.split(r"\s#", line, maxsplit=1)[0]):
            mac = _canonical(match.group(1))
            if mac in macs:
                found.append(Pin(path, str(mac), kind_of[number], number, match.start(1), match.end(1)))
    return found


def _canonical(text: str) -> Optional[str]:
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
        tokens = {_canonical(match.group(1)) or "" for match in _tokens(answer.stdout)} if answer.rc == 0 else set()
        found += [
            {"mac": mac, "kind": "running_firewall", "file": "`%s`" % " ".join(argv)} for mac in sorted(tokens & macs)
        ]
    return found
