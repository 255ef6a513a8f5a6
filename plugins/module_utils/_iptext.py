"""The plain text of `ip` and `bridge` (any age), turned into the shape that their `-j` prints; damaged lines are kept
apart.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import functools
import ipaddress
import re
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._runner import shortened
from ansible_collections.netops.layer2.plugins.module_utils._table import (
    Damaged,
    Parsed,
    Record,
    link_address,
    parse_each,
)

_SHOWN = 80
_LONGEST_NAME = 15  # IFNAMSIZ - 1
_HEADER = re.compile(r"(\d{1,10}): ([^\s:]+): <([A-Z0-9_,-]*)>((?: .*)?)\Z")
# iproute2 before 4.5 puts a newline into the middle of bond_slave lines; what follows starts at column 0.
_WRAPPED = re.compile(r"(?:ad_partner_oper_port_state|numtxqueues|numrxqueues|gso_max_size|addrgenmode) \S")
_KINDS = frozenset(
    (
        "amt bareudp batadv bond bridge can dsa dummy erspan geneve gre gretap gtp hsr ifb ip6erspan ip6gre ip6gretap"
        " ip6tnl ipip ipoib ipvlan ipvtap lowpan macsec macvlan macvtap netdevsim netkit nlmon openvswitch ovpn rmnet"
        " sit team tun vcan veth virt_wifi vlan vrf vti vti6 vxcan vxlan wireguard wwan xfrm"
    ).split()
)
_DETAILS: Dict[str, Tuple[str, ...]] = {
    "bridge": (
        "forward_delay",
        "ageing_time",
        "stp_state",
        "vlan_filtering",
        "topology_change",
        "fdb_n_learned",
        "fdb_max_learned",
    ),
    "bond": ("mode",),
    "vlan": ("protocol", "id"),
    "vrf": ("table",),
    "vxlan": ("id", "local", "ageing"),
    "macvlan": ("mode",),
    "macvtap": ("mode",),
    "ipvlan": ("mode",),
    "ipvtap": ("mode",),
    "tun": ("type",),
}
_SLAVE_DETAILS: Dict[str, Tuple[str, ...]] = {
    "bridge": ("state", "learning", "flood", "isolated"), "bond": ("perm_hwaddr",),
}
_IGNORED = frozenset(("valid_lft", "alias", "vf", "RX:", "TX:", "RX", "TX", "xdp", "link-netns", "parentbus"))
ADDRESS_FLAGS = frozenset(
    (
        "secondary temporary dadfailed tentative deprecated optimistic permanent dynamic noprefixroute nodad home"
        " mngtmpaddr autojoin stable-privacy"
    ).split()
)
NEIGHBOUR_STATES = frozenset("INCOMPLETE REACHABLE STALE DELAY PROBE FAILED NOARP PERMANENT NONE".split())
NEIGHBOUR_FLAGS = frozenset("router proxy extern_learn offload managed extern_valid sticky self master".split())
FDB_FLAGS = frozenset("self router extern_learn offload sticky locked blackhole added_by_user inactive".split())
FDB_STATES = frozenset("permanent static stale".split())
# Colours of `ip -c` (ECMA-48, 8.3.117), and the byte order mark that some editors put in front.
_DECORATION = re.compile("\x1b\\[[0-9;]*[mK]|\\A\ufeff")
_FOLD = re.compile(r"\\(?=\s)")
_VLAN_HEAD = re.compile(r"port\s+vlan")
_FDB_KEYWORDS = frozenset(
    "vlan dst master port vni src_vni via ifindex nhid link-netnsid used activity_notify proto".split()
)


def _lines(text: str) -> Iterator[str]:
    """The lines that say something, as ``ip`` wrote them: without colours (``-c``), byte order mark, other systems'
    line ends.
    """
    plain = _DECORATION.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    for line in plain.split("\n"):
        line = line.rstrip()
        if line:
            yield line


def _unfolded(lines: Iterator[str]) -> Iterator[str]:
    """LINES of interfaces; what ``-o`` joined with backslashes is several lines again."""
    for line in lines:
        if _FOLD.search(line) and _HEADER.match(line):
            yield from _FOLD.split(line)
        else:
            yield line


def _after(tokens: List[str], key: str) -> Optional[str]:
    """The token after the first KEY, None if there is none."""
    for position in range(len(tokens) - 1):
        if tokens[position] == key:
            return tokens[position + 1]
    return None


def device_name(text: Optional[str]) -> str:
    """TEXT if it can be an interface's name, Damaged otherwise (netdevice(7), IFNAMSIZ)."""
    if not text or len(text) > _LONGEST_NAME:
        raise Damaged("not an interface name (%s)" % shortened(text or "nothing", 40))
    return text


def ip_address(text: str) -> str:
    """TEXT if it is an IPv4 or IPv6 address, as it stands; Damaged otherwise."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise Damaged("not an IP address (%s)" % shortened(text, 40)) from None
    return text


def number(text: str) -> int:
    """TEXT as a number of at most ten digits, Damaged otherwise."""
    if not re.match(r"[0-9]{1,10}\Z", text):
        raise Damaged("not a number (%s)" % shortened(text, 40))
    return int(text)


# --- ip -d address show ---------------------------------------------------------------------------------------------

def links(text: str) -> Parsed:
    """Interfaces in the text of ``ip [-d] address show`` or ``ip [-d] link show``, as ``ip -j`` prints them
    (ip-address(8)).
    """
    blocks, damaged = _blocks(text)
    found: List[Record] = []
    for header, body in blocks:
        try:
            link = _header(header)
        except Damaged as error:
            damaged.append("%s: %s" % (error, shortened(header, _SHOWN)))
            continue
        broken = parse_each(body, functools.partial(_body_line, link)).damaged
        if "link_type" not in link and not broken:
            broken.append("no line of its link, so its MAC address is unknown: " + link["ifname"])
        damaged.extend(broken)
        found.append(link)
    _name_lower_links(found)
    return Parsed(found, damaged)


def _blocks(text: str) -> Tuple[List[Tuple[str, List[str]]], List[str]]:
    """One (header, lines under it) an interface; lines that belong to none are damaged."""
    blocks: List[Tuple[str, List[str]]] = []
    damaged: List[str] = []
    inside = False
    for line in _unfolded(_lines(text)):
        if _HEADER.match(line):
            blocks.append((line, []))
            inside = True
        elif inside and line[0] in " \t":
            blocks[-1][1].append(line)
        elif inside and _WRAPPED.match(line) and blocks[-1][1]:
            blocks[-1][1][-1] += " " + line
        else:
            # What is indented under a header that nobody understood must not land on the interface before it.
            inside = False
            damaged.append("no line of an interface: " + shortened(line, _SHOWN))
    return blocks, damaged


def _header(line: str) -> Record:
    match = _HEADER.match(line)
    if not match:
        raise Damaged("no line of an interface")
    name, at, lower = match.group(2).rpartition("@") if "@" in match.group(2) else (match.group(2), "", "")
    tokens = match.group(4).split()
    link = {"ifindex": number(match.group(1)), "ifname": device_name(name),
            "flags": [flag for flag in match.group(3).split(",") if flag]}  # type: Record
    if at and lower != "NONE":
        link["link"] = device_name(lower)
    for key, name in (("mtu", "mtu"), ("master", "master"), ("operstate", "state")):
        value = _after(tokens, name)
        if value is not None:
            link[key] = number(value) if key == "mtu" else value
    return link


def _body_line(link: Record, line: str) -> None:
    tokens = line.split()
    first = tokens[0]
    if first.startswith("link/"):
        _link_line(link, tokens)
    elif first in ("inet", "inet6"):
        link.setdefault("addr_info", []).append(_address(tokens))
    elif first == "altname":
        link.setdefault("altnames", []).append(" ".join(tokens[1:2]))
    elif (
        first in _IGNORED or first.isdigit() or first.startswith("prog/xdp")
    ):  # prog/xdp, prog/xdpdrv, prog/xdpgeneric, ...
        return
    elif first.endswith("_slave") or first in _KINDS:
        _detail_line(link, tokens)
    else:
        raise Damaged("line not understood")


def _link_line(link: Record, tokens: List[str]) -> None:
    link["link_type"] = tokens[0][len("link/"):]
    netnsid = _after(tokens, "link-netnsid")
    if netnsid is not None:
        link["link_netnsid"] = number(netnsid)
    elif "link-netns" in tokens:
        link["link_netns"] = _after(tokens, "link-netns")
    permanent = _after(tokens, "permaddr")
    if permanent is not None:
        link["permaddr"] = link_address(permanent)
    if len(tokens) > 1 and re.match(r"[0-9a-fA-F]+[:.]", tokens[1]):
        link_address(tokens[1])
        link["address"] = tokens[1]
    elif link["link_type"] == "ether":
        raise Damaged("no MAC address")


def _address(tokens: List[str]) -> Record:
    """``inet 192.0.2.9/24 peer ... scope global secondary br0``: the prefix is the peer's where there is one."""
    local, _slash, prefix = (tokens[1] if len(tokens) > 1 else "").partition("/")
    info: Record = {"family": tokens[0], "local": ip_address(local)}
    peer = _after(tokens, "peer")
    if peer is not None:
        info["address"], _slash, prefix = peer.partition("/")
        ip_address(info["address"])
    info["prefixlen"] = number(prefix) if prefix else (32 if tokens[0] == "inet" else 128)
    for key, word in (("scope", "scope"), ("protocol", "proto")):
        value = _after(tokens, word)
        if value is not None:
            info[key] = value
    info.update((flag, True) for flag in tokens[2:] if flag in ADDRESS_FLAGS)
    if _is_labelled(tokens):
        info["label"] = tokens[-1]
    return info


def _is_labelled(tokens: List[str]) -> bool:
    """Whether an address line ends with the label; only IPv4 has one, behind the scope and the flags."""
    scope = _after(tokens, "scope")
    return tokens[0] == "inet" and scope is not None and tokens[-1] != scope and tokens[-1] not in ADDRESS_FLAGS


def _detail_line(link: Record, tokens: List[str]) -> None:
    info = link.setdefault("linkinfo", {})
    if tokens[0].endswith("_slave"):
        info["info_slave_kind"] = kind = tokens[0][:-len("_slave")]
        info["info_slave_data"] = _pairs(tokens, _SLAVE_DETAILS.get(kind, ()))
    else:
        info["info_kind"] = tokens[0]
        info["info_data"] = _pairs(tokens, _DETAILS.get(tokens[0], ()))


def _pairs(tokens: List[str], keys: Tuple[str, ...]) -> Record:
    pairs: Record = {}
    for key in keys:
        value = _after(tokens, key)
        if value is not None:
            pairs[key] = _value(value)
    return pairs


def _value(text: str) -> Any:
    if text in ("on", "off"):
        return text == "on"
    return int(text) if re.match(r"[0-9]{1,10}\Z", text) else text


def _name_lower_links(found: List[Record]) -> None:
    """`eth0@if5` names an interface by number, unless one here is really called if5."""
    names = {link["ifname"] for link in found}
    for link in found:
        match = re.match(r"if([0-9]{1,10})\Z", link.get("link") or "")
        if match and ("link_netnsid" in link or "link_netns" in link or link["link"] not in names):
            del link["link"]
            link["link_index"] = int(match.group(1))


# --- ip neigh show --------------------------------------------------------------------------------------------------

def neighbours(text: str) -> Parsed:
    """Entries in the text of ``ip neigh show``, as ``ip -j neigh`` prints them (ip-neighbour(8))."""
    return parse_each(_lines(text), _neighbour)


def _neighbour(line: str) -> Record:
    tokens = line.split()
    entry: Record = {"dst": ip_address(tokens[0]), "dev": device_name(_after(tokens, "dev"))}
    address = _after(tokens, "lladdr")
    if address is not None:
        link_address(address)
        entry["lladdr"] = address
    states = [token for token in tokens[3:] if token in NEIGHBOUR_STATES]
    flags = [token for token in tokens[3:] if token in NEIGHBOUR_FLAGS]
    if not states and not flags and address is None:
        raise Damaged("no neighbour entry")
    entry["state"] = states
    entry.update((flag, True) for flag in flags)
    return entry


# --- bridge fdb show ------------------------------------------------------------------------------------------------

def fdb(text: str) -> Parsed:
    """Entries in the text of ``bridge fdb show``, as ``bridge -j fdb`` prints them (bridge(8))."""
    return parse_each(_lines(text), _fdb_entry)


def _fdb_entry(line: str) -> Record:
    tokens = line.split()
    entry: Record = {"mac": tokens[0], "ifname": device_name(_after(tokens[:3], "dev"))}
    link_address(tokens[0])
    named, bare = _named_values(tokens[3:])
    words = FDB_FLAGS | FDB_STATES | {"master"}
    _name_bare_values(named, [token for token in bare if token not in words])
    entry.update((key, check(named[key])) for key, check in _FDB_CHECKS if key in named)
    entry["flags"] = [token for token in bare if token in FDB_FLAGS]
    entry["state"] = "".join([token for token in bare if token in FDB_STATES][:1])
    return entry


_FDB_CHECKS: Tuple[Tuple[str, Callable[[str], Any]], ...] = (
    ("vlan", number),
    ("dst", ip_address),
    ("master", device_name),
)


def _named_values(tokens: List[str]) -> Tuple[Dict[str, str], List[str]]:
    """(value by the keyword before it, all other tokens). Old versions print a bare flag `master` where newer ones name
    the bridge.
    """
    named: Dict[str, str] = {}
    bare: List[str] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        value = tokens[position + 1] if position + 1 < len(tokens) else ""
        is_state = token == "master" and (value in FDB_FLAGS or value in FDB_STATES)  # nosec B105  # a word of ip(8)
        if token in _FDB_KEYWORDS and value and not is_state:
            named[token] = value
            position += 1
        else:
            bare.append(token)
        position += 1
    return named, bare


def _name_bare_values(named: Dict[str, str], unknown: List[str]) -> None:
    """iproute2 4.17 and 4.18 leave the words `dst` and `master` out; an address is the one, a name the other."""
    for token in unknown:
        key = "dst" if re.match(r"[0-9]+[.][0-9.]+\Z|[0-9a-fA-F]*:[0-9a-fA-F:.]+\Z", token) else "master"
        if key in named:
            raise Damaged("no FDB entry")
        named[key] = token


# --- bridge vlan show -----------------------------------------------------------------------------------------------

def vlans(text: str) -> Parsed:
    """Ports in the text of ``bridge vlan show``, as ``bridge -j vlan`` prints them: ``ifname``, ``vlans`` (bridge(8)).
    """
    ports: List[Record] = []
    lines = [line for line in _lines(text) if not _VLAN_HEAD.match(line)]
    return Parsed(ports, parse_each(lines, functools.partial(_vlan_line, ports)).damaged)


def _vlan_line(ports: List[Record], line: str) -> None:
    """A port's name stands at the start of a line, its VLANs behind it and on indented lines below."""
    tokens = line.split()
    if line[0] not in " \t":
        ports.append({"ifname": device_name(tokens.pop(0)), "vlans": []})
    if not tokens or tokens == ["None"]:
        return
    match = re.match(r"([0-9]{1,4})(?:-([0-9]{1,4}))?\Z", tokens[0])
    if not match or not ports:
        raise Damaged("no VLAN of a port")
    vlan: Record = {"vlan": int(match.group(1)), "flags": re.findall("PVID|(?:Egress Un|un)tagged", line)}
    if match.group(2):
        vlan["vlanEnd"] = int(match.group(2))
    ports[-1]["vlans"].append(vlan)
