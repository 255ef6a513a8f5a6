"""Open vSwitch: bridges, ports with their VLANs, ageing and forwarding tables, through ovs-vsctl and ovs-appctl."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import re
import time
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple

from ansible_collections.netops.layer2.plugins.module_utils import _table
from ansible_collections.netops.layer2.plugins.module_utils._runner import Missing, ReadError, Runner
from ansible_collections.netops.layer2.plugins.module_utils._table import (
    Damaged,
    Parsed,
    Record,
    link_address,
    natural,
    parse_each,
)

_SOCKETS = "/run/openvswitch"
_KERNEL_PATH = "/sys/class/net/ovs-system"  # forwards by what it knows where the daemons were ended
_FIRST_PAUSE = 1.0  # seconds between two looks at the counters of moves; twins that talk move their address more often
_PAUSE, _LOOKS = 0.2, 10  # between looks at a table whose counter rises, and how many of them
_MOVED = re.compile(r"port moved MAC entries *: *([0-9]{1,18})")
# A flow as ovs-appctl prints it: the port, the sender's address in full, perhaps a VLAN tag, how many packets it took.
_FLOW = re.compile(
    r"in_port\(([^()\n]{1,64})\)[^\n]*?\beth\(src=([0-9a-f]{2}(?::[0-9a-f]{2}){5})[,)](?:[^\n]*?\bvlan\(vid=([0-9]{1,4})[,)])?"
    r"[^\n]*?, packets:([0-9]{1,18})"
)
_DEFAULT_AGEING = 300.0  # ovs-vswitchd.conf.db(5), other_config:mac-aging-time
_COLUMNS = (("Bridge", "name,ports,other_config,stp_enable"), ("Port", "_uuid,name,tag,trunks,vlan_mode,interfaces"),
            ("Interface", "_uuid,name,ofport,type,options"))


def is_running(runner: Runner) -> bool:
    """Whether Open vSwitch is installed and runs here, or may do: one that is only installed has no bridges."""
    if runner.find("ovs-vsctl") is None:
        return False
    try:
        runs = "db.sock" in runner.listdir(_SOCKETS)
    except Missing:
        runs = False
    except ReadError:
        return True  # asked then, so that what this user may not read is told
    return runs or runner.exists(_KERNEL_PATH)


def read_database(runner: Runner) -> Dict[str, List[Record]]:
    """The rows of the tables Bridge, Port and Interface, by table; three short processes whatever the number of
    bridges.
    """
    database: Dict[str, List[Record]] = {}
    for table, columns in _COLUMNS:
        text = runner.run(["ovs-vsctl", "--timeout=5", "--format=json", "--columns=" + columns, "list", table])
        database[table] = rows(text)
    return database


def rows(text: str) -> List[Record]:
    """Rows of ovs-vsctl's JSON table (ovs-vsctl(8), --format), their values opened (RFC 7047, section 5.1)."""
    try:
        document = json.loads(text)
        headings = document["headings"]
        return [{heading: _opened(value) for heading, value in zip(headings, data)} for data in document["data"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ReadError("the output of ovs-vsctl is no table") from None


def _opened(value: Any) -> Any:
    """A set becomes a list, a map a dict, a UUID its text."""
    if isinstance(value, list) and len(value) == 2:
        kind, content = value
        if kind == "uuid":
            return content
        if kind == "set":
            return [_opened(item) for item in content]
        if kind == "map":
            return {str(_opened(key)): _opened(item) for key, item in content}
    return value


def _as_list(value: object) -> List[Any]:
    """A set of one is printed as its only member."""
    return value if isinstance(value, list) else [value]


def bridges(database: Dict[str, List[Record]]) -> List[Record]:
    """Snapshot bridges, with ``port_vlans`` of the ports that have a tag or trunks, and ``patches`` to other bridges.
    """
    peers = dict(_peers(database["Interface"]))
    interfaces = {str(row.get("_uuid")): row.get("name") for row in database["Interface"]}
    ports = {str(row.get("_uuid")): row for row in database["Port"]}
    found = []
    for row in database["Bridge"]:
        members = [ports[uuid] for uuid in map(str, _as_list(row.get("ports"))) if uuid in ports]
        bridge: Record = {
            "name": str(row.get("name")),
            "kind": "openvswitch",
            "ageing": _ageing(row.get("other_config")),
            "ports": [],
            "port_vlans": {},
        }
        if isinstance(row.get("stp_enable"), bool):
            bridge["stp"] = row["stp_enable"]
        for port in members:
            _add_port(bridge, port, [str(interfaces.get(uuid)) for uuid in map(str, _as_list(port.get("interfaces")))])
        bridge["ports"].sort()
        patches = {name: peers[name] for name in bridge["ports"] if name in peers}
        if patches:
            bridge["patches"] = patches
        found.append(bridge)
    return found


def _peers(interfaces: List[Record]) -> Iterator[Tuple[str, str]]:
    """(patch port, its peer): ovs-vswitchd.conf.db(5), Interface, options:peer."""
    for row in interfaces:
        options = row.get("options")
        peer = options.get("peer") if isinstance(options, dict) else None
        if row.get("type") == "patch" and isinstance(peer, str):
            yield str(row.get("name")), peer


def _ageing(config: object) -> float:
    text = config.get("mac-aging-time") if isinstance(config, dict) else None
    return float(text) if isinstance(text, str) and re.match(r"[0-9]{1,9}\Z", text) else _DEFAULT_AGEING


def _add_port(bridge: Record, port: Record, names: List[str]) -> None:
    """A bond of Open vSwitch is one port with several interfaces."""
    vlans = _port_vlans(port)
    for name in names:
        if name != bridge["name"]:
            bridge["ports"].append(name)
        if vlans:
            bridge["port_vlans"][name] = vlans


def _port_vlans(port: Record) -> List[Record]:
    """ovs-vswitchd.conf.db(5), Port: an access port has a tag, a trunk lists what it carries besides its native VLAN.
    """
    tag = port.get("tag")
    vlans: List[Record] = []
    if isinstance(tag, int):
        vlans.append({"id": tag, "pvid": True})
        if port.get("vlan_mode") != "native-tagged":
            vlans[0]["untagged"] = True
    return vlans + [{"id": vlan} for vlan in _as_list(port.get("trunks")) if isinstance(vlan, int) and vlan != tag]


def read_fdb(runner: Runner, database: Dict[str, List[Record]]) -> Parsed:
    """Forwarding tables of all bridges, as ``bridge -j fdb`` shapes them; one process a bridge."""
    records: List[Record] = []
    damaged: List[str] = []
    for bridge in bridges(database):
        parsed = read_table(runner, database, bridge["name"])
        records += parsed.records
        damaged += parsed.damaged
    return Parsed(records, damaged)


def read_table(runner: Runner, database: Dict[str, List[Record]], name: str) -> Parsed:
    """The forwarding table of the bridge NAME."""
    ports = {port for bridge in bridges(database) if bridge["name"] == name for port in bridge["ports"]}
    # Each bridge counts its ports from 1.
    numbers = {str(one.get("ofport")): str(one["name"]) for one in database["Interface"] if one.get("name") in ports}
    return fdb(runner.run(["ovs-appctl", "fdb/show", name]), name, numbers)


def fdb(text: str, bridge: str, ports: Dict[str, str]) -> Parsed:
    """Entries in the text of ``ovs-appctl fdb/show``: port number, VLAN, MAC, age; PORTS names the numbers."""
    lines = [line for line in text.split("\n") if line.strip()]
    return parse_each(lines[1:], lambda line: _fdb_entry(line, bridge, ports))


def _fdb_entry(line: str, bridge: str, ports: Dict[str, str]) -> Optional[Record]:
    fields = line.split()
    vlan = natural(fields[1]) if len(fields) == 4 else None
    if vlan is None:
        raise Damaged("no forwarding entry")
    mac = link_address(fields[2])
    name = bridge if fields[0] == "LOCAL" else ports.get(fields[0], "port%s" % fields[0])
    entry: Record = {"mac": mac, "ifname": name, "master": bridge, "flags": [], "state": ""}
    if vlan:
        entry["vlan"] = vlan
    return entry


# --- addresses that move between ports ------------------------------------------------------------------------------

Place = Tuple[str, str]  # VLAN, MAC
Way = Tuple[Place, str, str]  # what moved, from which port, to which


def counters(runner: Runner, names: Iterable[str]) -> Dict[str, int]:
    """Bridge -> how many times an address changed its port since Open vSwitch began; versions before 2.12 do not count.
    """
    found = {}
    for name in names:
        try:
            told = _MOVED.search(runner.run(["ovs-appctl", "fdb/stats-show", name]))
        except ReadError:
            continue
        if told:
            found[name] = int(told.group(1))
    return found


def moves(
    runner: Runner, database: Dict[str, List[Record]], before: Dict[str, int]
) -> Tuple[Dict[str, int], List[str]]:
    """(bridge -> moves since the counters BEFORE, rows of the table of moves), of bridges on which any address ever
    moved.

    Two looks at the counters tell that addresses fight. Which ones, the tables tell that are looked at several times,
    and else the flows: the switch learns anew from all flows at once, so that the same port may win before each look.
    """
    names = sorted(name for name, count in before.items() if count)
    if not names:
        return dict.fromkeys(before, 0), []
    time.sleep(_FIRST_PAUSE)
    now = counters(runner, names)
    rising = [bridge for bridge in bridges(database) if now.get(bridge["name"], 0) > before.get(bridge["name"], 0)]
    bonds = _bonds(database)
    begun = {bridge["name"]: _sent(runner, bridge, bonds) for bridge in rising}
    ways = {bridge["name"]: _ways(runner, database, bridge["name"]) for bridge in rising}
    ended = {bridge["name"]: _sent(runner, bridge, bonds) for bridge in rising}
    after = counters(runner, begun)
    counted = {name: max(after.get(name, now.get(name, before[name])) - before[name], 0) for name in before}
    rows: List[str] = []
    for name, seen in sorted(ways.items()):
        seen.update(_hidden_ways(seen, _rivals(begun[name], ended[name]), counted[name]))
        rows += _move_rows(name, seen)
    return counted, rows


def _move_rows(bridge: str, ways: Dict[Way, int]) -> List[str]:
    now = "%.3f" % time.time()
    return [_table.row((bridge, vlan, mac, source, target, str(count), now))
            for ((vlan, mac), source, target), count in sorted(ways.items())]


def _ways(runner: Runner, database: Dict[str, List[Record]], bridge: str) -> Dict[Way, int]:
    """Which address went from which port to which, and how often, while the table of BRIDGE was looked at."""
    ways: Dict[Way, int] = {}
    known: Dict[Place, str] = {}
    for look in range(_LOOKS):
        time.sleep(_PAUSE if look else 0)
        for entry in read_table(runner, database, bridge).records:
            place = (str(entry.get("vlan", "-")), entry["mac"])
            port = known.setdefault(place, entry["ifname"])
            if port != entry["ifname"]:
                way = (place, port, entry["ifname"])
                ways[way] = ways.get(way, 0) + 1
                known[place] = entry["ifname"]
    return ways


def _hidden_ways(seen: Dict[Way, int], rivals: Dict[Place, List[str]], moved: int) -> Dict[Way, int]:
    """The ways of RIVALS, with what the looks that have SEEN some missed. The switch counts all its moves together:
    what is left of those that it MOVED is shared out evenly.
    """
    known = {place for place, _source, _target in seen}
    ways = [(place, source, target) for place, ports in rivals.items()
            for source, target in (ports[at:at + 2] for at in range(len(ports) - 1))]
    share = (moved - sum(seen.values())) // len(ways) if ways else 0
    return {way: seen.get(way, 0) + max(1, share) for way in ways if share > 0 or way[0] not in known}


def _rivals(begun: Dict[Tuple[Place, str], int], ended: Dict[Tuple[Place, str], int]) -> Dict[Place, List[str]]:
    """Addresses from which packets came in through several ports between the two looks, with those ports."""
    ports: Dict[Place, List[str]] = {}
    for (place, port), packets in sorted(ended.items()):
        if packets > begun.get((place, port), 0):
            ports.setdefault(place, []).append(port)
    return {place: found for place, found in ports.items() if len(found) > 1}


def _sent(runner: Runner, bridge: Record, bonds: Dict[str, str]) -> Dict[Tuple[Place, str], int]:
    """(address, port of BRIDGE) -> packets that its flows now count (ovs-vswitchd(8), dpif/dump-flows); nothing where
    they cannot be read. What comes in through several interfaces of one of the BONDS comes in through one port.
    """
    try:
        text = runner.run(["ovs-appctl", "dpif/dump-flows", "--names", bridge["name"]])
    except ReadError:
        return {}
    ports, native = set(bridge["ports"]), _native_vlans(bridge)
    found: Dict[Tuple[Place, str], int] = {}
    for flow in _FLOW.finditer(text):
        port, mac, vlan, packets = flow.groups()
        if port in ports:
            key = (vlan or native.get(port, "-"), mac), bonds.get(port, port)
            found[key] = found.get(key, 0) + int(packets)
    return found


def _bonds(database: Dict[str, List[Record]]) -> Dict[str, str]:
    """Interface of a port with several -> the first of them."""
    names = {str(row.get("_uuid")): str(row.get("name")) for row in database["Interface"]}
    found = {}
    for port in database["Port"]:
        members = sorted(names[uuid] for uuid in map(str, _as_list(port.get("interfaces"))) if uuid in names)
        if len(members) > 1:
            found.update(dict.fromkeys(members, members[0]))
    return found


def _native_vlans(bridge: Record) -> Dict[str, str]:
    """Port -> the VLAN of its untagged frames."""
    return {port: str(vlan["id"]) for port, vlans in bridge["port_vlans"].items() for vlan in vlans if vlan.get("pvid")}
