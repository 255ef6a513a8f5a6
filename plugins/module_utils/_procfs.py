"""What /sys/class/net and /proc/net tell: drivers and address types for every host, all there is where iproute2 is
missing.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ipaddress
import re
import struct
from typing import Dict, List, Optional, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._mac import ZERO
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner
from ansible_collections.netops.layer2.plugins.module_utils._table import (
    Damaged,
    Parsed,
    Record,
    link_address,
    parse_each,
)

_SYS = "/sys/class/net/"
# linux/if_arp.h, by the names that iproute2 prints.
_LINK_TYPES = {
    1: "ether",
    24: "ieee1394",
    32: "infiniband",
    280: "can",
    512: "ppp",
    519: "rawip",
    768: "ipip",
    769: "tunnel6",
    772: "loopback",
    776: "sit",
    778: "gre",
    801: "ieee802.11",
    803: "ieee802.11/radiotap",
    823: "gre6",
    824: "netlink",
    65534: "none",
    65535: "void",
}
# linux/if.h, in iproute2's order; LOWER_UP and NO-CARRIER are derived from `carrier`.
_FLAGS = ((0x8, "LOOPBACK"), (0x2, "BROADCAST"), (0x10, "POINTOPOINT"), (0x1000, "MULTICAST"), (0x80, "NOARP"),
          (0x100, "PROMISC"), (0x400, "MASTER"), (0x800, "SLAVE"), (0x1, "UP"))
# linux/if_addr.h: what /proc/net/if_inet6 says in one octet.
_ADDRESS_FLAGS = ((0x01, "temporary"), (0x02, "nodad"), (0x04, "optimistic"), (0x08, "dadfailed"), (0x10, "home"),
                  (0x20, "deprecated"), (0x40, "tentative"))
_SCOPES = {0x00: "global", 0x10: "host", 0x20: "link", 0x40: "site"}
_DEVICE_TYPES = frozenset("bond bridge dsa geneve macsec macvlan macvtap team vlan vxlan".split())
_IFF_TAP = 2  # linux/if_tun.h
_FDB_ENTRY = struct.Struct("<6sBBIBBH")  # struct __fdb_entry, linux/if_bridge.h


def _read(runner: Runner, path: str) -> str:
    """Text of a small file that may be missing; empty then."""
    try:
        return runner.read(path, 4096)
    except ReadError:
        return ""


def _read_int(runner: Runner, path: str) -> Optional[int]:
    text = _read(runner, path)
    try:
        return int(text, 0)
    except ValueError:
        return None


def _link_name(runner: Runner, path: str) -> Optional[str]:
    """Last part of where the link PATH points to, None where there is no such link."""
    try:
        return runner.readlink(path).rsplit("/", 1)[-1]
    except ReadError:
        return None


# --- what `ip` does not say -----------------------------------------------------------------------------------------

def complete(runner: Runner, record: Record) -> None:
    """Add to a snapshot interface of the host's own namespace what only sysfs and the driver know."""
    path = _SYS + record["name"] + "/"
    assign_type = _read_int(runner, path + "addr_assign_type")
    if assign_type is not None:
        record["assign_type"] = assign_type
    if "kind" not in record:
        _complete_device(runner, record, path)
    elif record["kind"] == "tun" and "mode" not in record:
        _put_tun_mode(runner, record, path)


def _put_tun_mode(runner: Runner, record: Record, path: str) -> None:
    flags = _read_int(runner, path + "tun_flags")
    if flags is not None:
        record["mode"] = "tap" if flags & _IFF_TAP else "tun"


def _complete_device(runner: Runner, record: Record, path: str) -> None:
    """Driver, bus, physical function and permanent MAC of what looks like a real NIC."""
    bus = _link_name(runner, path + "device/subsystem")
    if bus is None:
        return
    record["bus"] = bus
    driver = _link_name(runner, path + "device/driver")
    if driver:
        record["driver"] = driver
    if "DEVTYPE=dsa" in _read(runner, path + "uevent"):
        record["kind"] = "dsa"
    physical = _physical_function(runner, path)
    if physical:
        record["vf_of"] = physical
    permanent = _permanent_mac(runner, record["name"])
    if permanent:
        record.setdefault("permanent_mac", permanent)


def _physical_function(runner: Runner, path: str) -> Optional[str]:
    try:
        names = runner.listdir(path + "device/physfn/net")
    except ReadError:
        return None
    return names[0] if names else None


def _permanent_mac(runner: Runner, name: str) -> Optional[str]:
    """The driver's answer to ETHTOOL_GPERMADDR; zeros mean that it has none."""
    try:
        mac = link_address(runner.permanent_address(name))
    except (ReadError, Damaged):
        return None
    return None if mac == ZERO else mac


# --- all there is without iproute2 ----------------------------------------------------------------------------------

def links(runner: Runner) -> Parsed:
    """Interfaces with their addresses out of /sys/class/net, /proc/net and ioctl, as ``ip -j -d address show`` shapes
    them.
    """
    found: Dict[str, Record] = {}
    for name in runner.listdir(_SYS.rstrip("/")):
        index = _read_int(runner, _SYS + name + "/ifindex")
        if index is not None:  # bonding_masters is a file among the interfaces
            found[name] = _link(runner, name, index)
    vlans = _vlans(runner)
    for name, link in found.items():
        if name in vlans:
            link["linkinfo"] = {"info_kind": "vlan", "info_data": vlans[name]}
    damaged = _add_ipv4(runner, found)
    parsed = parse_each(_read(runner, "/proc/net/if_inet6").splitlines(), _ipv6_address)
    for info in parsed.records:
        if info["label"] in found:
            found[info["label"]].setdefault("addr_info", []).append(info)
    return Parsed(sorted(found.values(), key=lambda link: int(link["ifindex"])), parsed.damaged + damaged)


def _link(runner: Runner, name: str, index: int) -> Record:
    path = _SYS + name + "/"
    number = _read_int(runner, path + "type")
    link: Record = {"ifname": name, "ifindex": index, "link_type": _LINK_TYPES.get(number or 0, str(number)),
                    "operstate": _read(runner, path + "operstate") or "unknown", "flags": _flags(runner, path)}
    address = _read(runner, path + "address")
    if address:
        link["address"] = address
    mtu, lower = _read_int(runner, path + "mtu"), _read_int(runner, path + "iflink")
    if mtu is not None:
        link["mtu"] = mtu
    if lower and lower != index:
        link["link_index"] = lower
    master = _link_name(runner, path + "master")
    if master:
        link["master"] = master
    link["linkinfo"] = _linkinfo(runner, path)
    return link


def _flags(runner: Runner, path: str) -> List[str]:
    number = _read_int(runner, path + "flags") or 0
    names = [name for bit, name in _FLAGS if number & bit]
    carrier = _read(runner, path + "carrier")
    return names + {"1": ["LOWER_UP"], "0": ["NO-CARRIER"]}.get(carrier, [])


def _linkinfo(runner: Runner, path: str) -> Record:
    info: Record = {}
    match = re.search(r"^DEVTYPE=(\w+)$", _read(runner, path + "uevent"), re.MULTILINE)
    if match and match.group(1) in _DEVICE_TYPES:
        info["info_kind"] = match.group(1)
    tun = _read_int(runner, path + "tun_flags")
    if tun is not None:
        info.update(info_kind="tun", info_data={"type": "tap" if tun & _IFF_TAP else "tun"})
    mode = _read(runner, path + "bonding/mode")
    if mode:
        info.update(info_kind="bond", info_data={"mode": mode.split()[0]})
    if info.get("info_kind") == "bridge":
        info["info_data"] = {name: _read_int(runner, path + "bridge/" + name)
                             for name in ("forward_delay", "ageing_time", "stp_state", "vlan_filtering")}
    info.update(_port_info(runner, path))
    return info


def _port_info(runner: Runner, path: str) -> Record:
    permanent = _read(runner, path + "bonding_slave/perm_hwaddr")
    if permanent:
        return {"info_slave_kind": "bond", "info_slave_data": {"perm_hwaddr": permanent}}
    state = _read_int(runner, path + "brport/state")
    if state is None:
        return {}
    names = ("disabled", "listening", "learning", "forwarding", "blocking")  # linux/if_bridge.h, BR_STATE_*
    data: Record = {"state": names[state] if 0 <= state < len(names) else str(state)}
    for key, name in (("learning", "learning"), ("flood", "unicast_flood"), ("isolated", "isolated")):
        value = _read_int(runner, path + "brport/" + name)
        if value is not None:
            data[key] = bool(value)
    return {"info_slave_kind": "bridge", "info_slave_data": data}


def _vlans(runner: Runner) -> Dict[str, Record]:
    """VLAN interfaces of /proc/net/vlan/config: ``eth0.100 | 100 | eth0``; readable for root only."""
    lines = re.findall(r"^(\S+)\s*\|\s*([0-9]{1,4})\s*\|", _read(runner, "/proc/net/vlan/config"), re.MULTILINE)
    return {name: {"id": int(number)} for name, number in lines}


def _add_ipv4(runner: Runner, found: Dict[str, Record]) -> List[str]:
    try:
        addresses = runner.ipv4_addresses()
    except ReadError as error:
        return ["IPv4 addresses: " + error.reason]
    for label, address, prefix in addresses:
        link = found.get(label.partition(":")[0])
        if link is not None:
            link.setdefault("addr_info", []).append({"family": "inet", "local": address, "prefixlen": prefix})
    return []


def _ipv6_address(line: str) -> Record:
    """One line of /proc/net/if_inet6: address, index, prefix, scope, flags (all hexadecimal) and name."""
    match = re.match(r"([0-9a-f]{32}) +[0-9a-f]+ +([0-9a-f]{2}) +([0-9a-f]{2}) +([0-9a-f]{2}) +(\S+)\Z", line)
    if not match:
        raise Damaged("no line of /proc/net/if_inet6")
    prefix, scope, flags = (int(match.group(group), 16) for group in (2, 3, 4))
    info: Record = {
        "family": "inet6",
        "local": str(ipaddress.IPv6Address(int(match.group(1), 16))),
        "prefixlen": prefix,
        "label": match.group(5),
    }
    if scope in _SCOPES:
        info["scope"] = _SCOPES[scope]
    info.update((name, True) for bit, name in _ADDRESS_FLAGS if flags & bit)
    return info


def neighbours(runner: Runner) -> Parsed:
    """IPv4 neighbours of /proc/net/arp, as ``ip -j neigh`` shapes them; the state is only told of permanent ones."""
    return parse_each(runner.read("/proc/net/arp").splitlines()[1:], _arp_entry)


def _arp_entry(line: str) -> Optional[Record]:
    fields = line.split()
    if len(fields) != 6 or not re.match(r"0x[0-9a-f]{1,8}\Z", fields[2]):
        raise Damaged("no line of /proc/net/arp")
    flags = int(fields[2], 16)
    if not flags & 0x2:  # ATF_COM: it has an answer
        return None
    return {"dst": fields[0], "dev": fields[5], "lladdr": fields[3], "state": ["PERMANENT"] if flags & 0x4 else []}


def fdb(runner: Runner, bridges: List[Tuple[str, List[str]]]) -> List[Record]:
    """Entries of the kernel's binary tables of BRIDGES (name, ports), as ``bridge -j fdb`` shapes them; without VLANs.
    """
    entries: List[Record] = []
    for bridge, ports in bridges:
        numbers = {_read_int(runner, "%s%s/brport/port_no" % (_SYS, port)): port for port in ports}
        data = runner.read_bytes("%s%s/brforward" % (_SYS, bridge))
        for offset in range(0, len(data) - _FDB_ENTRY.size + 1, _FDB_ENTRY.size):
            mac, low, local, _ageing, high, _pad, _unused = _FDB_ENTRY.unpack_from(data, offset)
            port = numbers.get(high << 8 | low)
            if port:
                entries.append(
                    {
                        "mac": ":".join("%02x" % octet for octet in bytearray(mac)),
                        "ifname": port,
                        "master": bridge,
                        "flags": [],
                        "state": "permanent" if local else "",
                    }
                )
    return entries
