"""Bridges: forwarding tables, ports, timers (seconds) and VLANs, through `bridge`, sysfs and Open vSwitch's tools."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Any, Dict, Iterable, List, Optional, Sequence

from ansible_collections.netops.layer2.plugins.module_utils import _iptext
from ansible_collections.netops.layer2.plugins.module_utils._iproute import Tool, strings
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner
from ansible_collections.netops.layer2.plugins.module_utils._table import (
    Damaged,
    Parsed,
    Record,
    link_address,
    parse_each,
    row,
)

# USER_HZ: the kernel tells bridge timers in hundredths of a second, in netlink, sysfs and `ip -d` alike.
_TICKS = 100.0


# --- forwarding tables ----------------------------------------------------------------------------------------------

def read_fdb(tool: Tool, prefix: Sequence[str] = ()) -> Parsed:
    """All FDB entries of one network namespace, as ``bridge -j fdb show`` shapes them."""
    return tool.entries(["bridge", "fdb", "show"], (), _iptext.fdb, prefix)


def fdb_rows(entries: Iterable[Record], netns: str, rows: List[str]) -> List[str]:
    """Append the table rows of ENTRIES (``bridge -j`` shape) to ROWS and return the damaged ones; group addresses are
    left out.
    """
    parsed = parse_each(entries, lambda entry: _fdb_row(entry, netns))
    rows.extend(record["row"] for record in parsed.records)
    return parsed.damaged


def _fdb_row(entry: Record, netns: str) -> Optional[Record]:
    mac = link_address(entry.get("mac"))
    if mac is None or int(mac[1], 16) & 1:
        return None
    device = entry.get("ifname") or entry.get("dev")
    if not isinstance(device, str):
        raise Damaged("no interface")
    texts = {key: value for key, value in entry.items() if isinstance(value, str)}
    vlan = entry.get("vlan")
    return {"row": row((netns, device, mac, str(vlan) if isinstance(vlan, int) else None, texts.get("master"),
                        texts.get("dst"), ",".join(_fdb_flags(entry))))}


def _fdb_flags(entry: Record) -> List[str]:
    flags = strings(entry.get("flags"))
    flags += [
        flag for flag in sorted(_iptext.FDB_FLAGS) if flag in entry and entry[flag] is not False and flag not in flags
    ]
    state = entry.get("state")
    return flags + [state] if isinstance(state, str) and state else flags


# --- Linux bridges --------------------------------------------------------------------------------------------------

def linux_bridges(links: Iterable[Record], interfaces: Iterable[Record], netns: str = "") -> List[Record]:
    """Bridges among LINKS (``ip -j -d`` shape) of one namespace, with their ports from INTERFACES (snapshot shape)."""
    ports: Dict[str, List[str]] = {}
    for interface in interfaces:
        if interface.get("netns", "") == netns and "master" in interface:
            ports.setdefault(interface["master"], []).append(interface["name"])
    found = []
    for link in links:
        info = link.get("linkinfo")
        if isinstance(info, dict) and info.get("info_kind") == "bridge" and isinstance(link.get("ifname"), str):
            data = info.get("info_data")
            found.append(
                _bridge(link["ifname"], netns, data if isinstance(data, dict) else {}, ports.get(link["ifname"], []))
            )
    return found


def _bridge(name: str, netns: str, data: Record, ports: List[str]) -> Record:
    bridge: Record = {"name": name, "kind": "linux", "ports": sorted(ports)}
    if netns:
        bridge["netns"] = netns
    bridge.update(timers(data))
    return bridge


def timers(data: Record) -> Record:
    """``ageing`` and ``forward_delay`` in seconds, flags as bool, of the kernel's numbers that DATA holds.

    ``fdb_learned`` and ``fdb_limit`` (kernel 6.7) count learnt addresses; no limit is left out.
    """
    found: Dict[str, Any] = {}
    for key, name in (("ageing", "ageing_time"), ("forward_delay", "forward_delay")):
        ticks = _number(data.get(name))
        if ticks is not None:
            found[key] = ticks / _TICKS
    for key, name in (
        ("stp", "stp_state"),
        ("vlan_filtering", "vlan_filtering"),
        ("topology_change", "topology_change"),
    ):
        if isinstance(data.get(name), int):
            found[key] = bool(data[name])
    for key, name in (("fdb_learned", "fdb_n_learned"), ("fdb_limit", "fdb_max_learned")):
        count = _number(data.get(name))
        if count is not None and (count or key == "fdb_learned"):
            found[key] = count
    return found


def _number(value: object) -> Optional[int]:
    """VALUE, if it is a number that a kernel can hold."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 64 else None


def complete_timers(runner: Runner, bridge: Record) -> None:
    """Take from sysfs what an old `ip` did not tell of a bridge in the host's own namespace."""
    names = {
        "ageing": "ageing_time",
        "forward_delay": "forward_delay",
        "stp": "stp_state",
        "vlan_filtering": "vlan_filtering",
        "topology_change": "topology_change",
    }
    data: Record = {}
    for key, name in names.items():
        if key not in bridge:
            try:
                data[name] = int(runner.read("/sys/class/net/%s/bridge/%s" % (bridge["name"], name), 64))
            except (ReadError, ValueError):
                continue  # older kernels lack some of the files
    bridge.update(timers(data))


# --- VLANs of ports -------------------------------------------------------------------------------------------------

def read_port_vlans(tool: Tool, prefix: Sequence[str] = ()) -> Parsed:
    """VLANs of bridge ports: one ``{"ifname", "vlans"}`` a port, as ``bridge -j vlan show`` shapes them (bridge(8))."""
    argv = ["bridge", "vlan", "show"]
    options = () if tool.speaks_json(argv) is False else ("-compressvlans",)
    parsed = tool.entries(argv, options, _iptext.vlans, prefix)
    records: List[Record] = []
    for entry in parsed.records:
        if "vlans" in entry:
            records.append(entry)
        else:  # iproute2 before 5.0: {"eth0": [...], "eth1": [...]}
            records.extend({"ifname": name, "vlans": vlans} for name, vlans in entry.items())
    return Parsed(records, parsed.damaged)


def add_port_vlans(bridges: Iterable[Record], entries: Iterable[Record]) -> None:
    """Set ``port_vlans`` of BRIDGES that filter VLANs; consecutive VLANs with equal flags become one range."""
    vlans = {str(entry.get("ifname")): entry["vlans"] for entry in entries if isinstance(entry.get("vlans"), list)}
    for bridge in bridges:
        if bridge.get("vlan_filtering"):
            ports = [bridge["name"]] + bridge["ports"]
            bridge["port_vlans"] = {port: vlan_ranges(vlans[port]) for port in ports if port in vlans}


def vlan_ranges(vlans: Iterable[Record]) -> List[Record]:
    """``[{"id", "end"?, "pvid"?, "untagged"?}]`` of iproute2's ``{"vlan", "vlanEnd"?, "flags"}``."""
    ranges: List[Record] = []
    for vlan in vlans:
        first = _number(vlan.get("vlan")) if isinstance(vlan, dict) else None
        if first is None:
            continue
        last = _number(vlan.get("vlanEnd")) or first
        # 4.18 says `"pvid": null, "untagged": null`, other versions list "PVID" and "Egress Untagged".
        flags = " ".join([flag.lower() for flag in strings(vlan.get("flags"))] + list(vlan))
        entry: Record = {"id": first}
        entry.update((key, True) for key in ("pvid", "untagged") if key in flags)
        _extend(ranges, entry, last)
    return ranges


def _extend(ranges: List[Record], entry: Record, last: int) -> None:
    """Append ENTRY up to LAST, or lengthen the range before it."""
    before: Record = ranges[-1] if ranges else {"id": -1}
    end: int = before["end" if "end" in before else "id"]
    follows = end + 1 == entry["id"]
    if follows and "pvid" not in entry and "pvid" not in before and before.get("untagged") == entry.get("untagged"):
        before["end"] = last
        return
    if last != entry["id"]:
        entry["end"] = last
    ranges.append(entry)
