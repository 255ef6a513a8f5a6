"""A switch's document out of SNMP walks: BRIDGE-MIB (RFC 4188), Q-BRIDGE-MIB (RFC 4363), IF-MIB (RFC 2863), IP-MIB (RFC
4293), LLDP-MIB (IEEE 802.1AB) and IEEE8023-LAG-MIB (IEEE 802.3).
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address

from ansible_collections.netops.layer2.plugins.module_utils._snapshot import Gaps
from ansible_collections.netops.layer2.plugins.module_utils._table import is_station, natural
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._document import (
    BRIDGE,
    Document,
    chassis_word,
    mac_in,
    port_name,
    whole,
    word,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._switches._walk import Index, Value, Walk, walk

_SYSTEM_NAME = "1.3.6.1.2.1.1.5"
_IF_DESCRIPTION, _IF_TYPE, _IF_MAC, _IF_ADMIN, _IF_OPER = (f"1.3.6.1.2.1.2.2.1.{number}" for number in (2, 3, 6, 7, 8))
_IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"
_BRIDGE_MAC, _PORT_INTERFACE = "1.3.6.1.2.1.17.1.1", "1.3.6.1.2.1.17.1.4.1.2"
_STP_STATE, _AGEING = "1.3.6.1.2.1.17.2.15.1.3", "1.3.6.1.2.1.17.4.2"
_FDB_PORT, _FDB_STATUS = "1.3.6.1.2.1.17.4.3.1.2", "1.3.6.1.2.1.17.4.3.1.3"
_Q_PORT, _Q_STATUS = "1.3.6.1.2.1.17.7.1.2.2.1.2", "1.3.6.1.2.1.17.7.1.2.2.1.3"
_VLAN_FDB, _VLAN_EGRESS, _VLAN_UNTAGGED = (f"1.3.6.1.2.1.17.7.1.4.2.1.{number}" for number in (3, 4, 5))
_PVID = "1.3.6.1.2.1.17.7.1.4.5.1.1"
_OLD_ARP, _OLD_ARP_TYPE = "1.3.6.1.2.1.4.22.1.2", "1.3.6.1.2.1.4.22.1.4"
_ARP, _ARP_TYPE = "1.3.6.1.2.1.4.35.1.4", "1.3.6.1.2.1.4.35.1.6"
_OLD_ADDRESS, _OLD_MASK, _ADDRESS, _PREFIX = (
    "1.3.6.1.2.1.4.20.1.2",
    "1.3.6.1.2.1.4.20.1.3",
    "1.3.6.1.2.1.4.34.1.3",
    "1.3.6.1.2.1.4.34.1.5",
)
_AGGREGATOR = "1.2.840.10006.300.43.1.2.1.1.13"
_LLDP = "1.0.8802.1.1.2.1"
_CHASSIS_TYPE, _CHASSIS = f"{_LLDP}.3.1", f"{_LLDP}.3.2"
_LOCAL_TYPE, _LOCAL_ID, _LOCAL_WORDS = (f"{_LLDP}.3.7.1.{number}" for number in (2, 3, 4))
_FAR_TYPE, _FAR_CHASSIS, _FAR_PORT_TYPE, _FAR_PORT, _FAR_SYSTEM, _FAR_CAN = (
    f"{_LLDP}.4.1.1.{number}" for number in (4, 5, 6, 7, 9, 12)
)
WANTED = (
    _SYSTEM_NAME,
    _IF_DESCRIPTION,
    _IF_TYPE,
    _IF_MAC,
    _IF_ADMIN,
    _IF_OPER,
    _IF_NAME,
    _BRIDGE_MAC,
    _PORT_INTERFACE,
    _STP_STATE,
    _AGEING,
    _FDB_PORT,
    _FDB_STATUS,
    _Q_PORT,
    _Q_STATUS,
    _VLAN_FDB,
    _VLAN_EGRESS,
    _VLAN_UNTAGGED,
    _PVID,
    _OLD_ARP,
    _OLD_ARP_TYPE,
    _ARP,
    _ARP_TYPE,
    _OLD_ADDRESS,
    _OLD_MASK,
    _ADDRESS,
    _PREFIX,
    _AGGREGATOR,
    _CHASSIS_TYPE,
    _CHASSIS,
    _LOCAL_TYPE,
    _LOCAL_ID,
    _LOCAL_WORDS,
    _FAR_TYPE,
    _FAR_CHASSIS,
    _FAR_PORT_TYPE,
    _FAR_PORT,
    _FAR_SYSTEM,
    _FAR_CAN,
)

_LEARNED, _INVALID = 3, 2  # dot1qTpFdbStatus: other(1), invalid(2), learned(3), self(4), mgmt(5)
_STATUS_FLAGS = {1: "static", 4: "self", 5: "static"}
_STP = {1: "disabled", 2: "blocking", 3: "listening", 4: "learning", 5: "forwarding", 6: "broken"}
_KINDS = {
    161: "bond",
    135: "vlan",
    136: "vlan",
    53: "vlan",
    131: "tunnel",
}  # IANAifType-MIB; 53 is what many call an SVI
_LOOPBACK = 24
_MAC_ADDRESS, _NAMES, _PORT_MAC = 4, (5, 7), 3  # subtypes of LLDP's ids: a MAC; an interface's name, or the maker's own
_CAPABILITIES = (
    "other",
    "repeater",
    "bridge",
    "wlan",
    "router",
    "telephone",
    "docsis",
    "station",
)  # lldpRemSysCapEnabled, from bit 0
_MOST_SHOWN = 3
_WITHIN = "not believed, since it stands within a text that a stranger chose, or where the walk was cut off: "


class WalkError(ValueError):
    """A text is no walk at all, or of another table; the message says of which host and context."""


def snapshot_of_walks(host: str, texts: Mapping[str, str]) -> Document:
    """The document (docs/snapshot.md) of switch HOST out of TEXTS: context ("" for the plain walk, a VLAN's number for
    Cisco's) -> walk.

    WalkError if the plain walk is missing or nothing in a text is a variable; what is damaged or cannot be resolved is
    a gap.
    """
    if "" not in texts:
        raise WalkError(f"{host}: the walk without a context is missing, which names the interfaces")
    walks = {context: walk(text, WANTED) for context, text in texts.items()}
    for context, one in walks.items():
        if not one.variables:
            where = f" of context {shortened(context, 40)}" if context else ""
            raise WalkError(f"{host}: nothing in the walk{where} is a variable as snmpbulkwalk -On prints them; "
                            f"it starts with: {shortened(texts[context].strip(), 80)}")
    return _Switch(host, walks).document()


class _Switch:
    """One switch's tables, put together; what cannot be resolved is left out and said, never guessed."""

    def __init__(self, host: str, walks: Mapping[str, Walk]) -> None:
        self.host = host
        self.walks = walks
        self.main = walks[""]
        self.gaps = Gaps()
        for context, one in walks.items():
            where = context or "walk"
            self.gaps.add_damaged("texts", [f"no variable: {shortened(line, 80)}" for line in one.damaged], item=where)
            self.gaps.add_damaged("texts", [_WITHIN + shortened(line, 80) for line in one.within], item=where)
        self.names = dict(self._names())
        self.types = {index[0]: number for index, number in self.main.numbers(_IF_TYPE).items() if index}
        self.members = dict(self._members())
        self.lags = {name for index, name in self.names.items() if self.types.get(index) == 161} | set(
            self.members.values()
        )

    def document(self) -> Document:
        """All of it."""
        parts: Document = {
            "identity": self._identity(),
            "fdb": self._fdb(),
            "neighbors": self._neighbours(),
            "lldp": self._lldp(),
        }
        parts["bridges"] = [self._bridge(parts["fdb"])]
        parts["interfaces"] = self._interfaces(set(parts["bridges"][0]["ports"]))
        observed = [name for name, columns in _TOLD.items() if any(self._has(column) for column in columns)]
        for name in _TOLD:
            if name not in observed:
                self.gaps.add(
                    name,
                    "not observed: the walk does not hold it",
                    "walk .1.3.6.1.2.1 and .1.0.8802, with a view that allows both",
                )
                if name not in ("bridges", "interfaces"):
                    parts.pop(name, None)
        return whole(self.host, "snmp", parts, observed, self.gaps)

    def _has(self, column: str) -> bool:
        return any(column in one.columns for one in self.walks.values())

    def _identity(self) -> Document:
        found: Document = {}
        name = self.main.scalar(_SYSTEM_NAME)
        if name is not None and word(name.words()) != "-":
            found["hostname"] = word(name.words())
        chassis, subtype = self.main.scalar(_CHASSIS), self.main.scalar(_CHASSIS_TYPE)
        own = _chassis(chassis, subtype.number() if subtype else None) if chassis else None
        base = self.main.scalar(_BRIDGE_MAC)
        own = own or (mac_in(base.octets()) if base else None)
        if own:
            found["chassis"] = own
        return found

    def _names(self) -> Iterator[tuple[int, str]]:
        """(ifIndex, name): ifName, else ifDescr; one that several have gets its index."""
        told = {index[0]: value.words() for index, value in self.main.column(_IF_DESCRIPTION).items() if index}
        told.update(
            (index[0], value.words())
            for index, value in self.main.column(_IF_NAME).items()
            if index and value.words().strip()
        )
        taken: set[str] = set()
        for index, text in sorted(told.items()):
            name = port_name(text)
            if name in taken or name == "-":
                name = f"{name[:50]}#{index}"
            taken.add(name)
            yield index, name

    def _members(self) -> Iterator[tuple[str, str]]:
        """(member, link aggregation): dot3adAggPortAttachedAggID is the ifIndex of the aggregator, 0 where there is
        none, or the port itself.
        """
        for index, aggregator in self.main.numbers(_AGGREGATOR).items():
            member, lag = self.names.get(index[0] if index else -1), self.names.get(aggregator)
            if member and lag and member != lag:
                yield member, lag

    def _interfaces(self, ports: set[str]) -> list[Document]:
        macs = {index[0]: mac_in(value.octets()) for index, value in self.main.column(_IF_MAC).items() if index}
        admin, oper = self.main.numbers(_IF_ADMIN), self.main.numbers(_IF_OPER)
        states = dict(self._stp_states())
        addresses: dict[int, list[Document]] = {}
        for index, address in self._addresses():
            addresses.setdefault(index, []).append(address)
        found = []
        for index, name in self.names.items():
            kind = _KINDS.get(self.types.get(index, 0))
            entry: Document = {
                "name": name,
                "index": index,
                "mac": macs.get(index),
                "kind": "bond" if name in self.lags else kind,
                "link_type": "loopback" if self.types.get(index) == _LOOPBACK else "ether",
                "addresses": addresses.get(index, []),
                "up": _is_up(admin.get((index,))),
                "carrier": _is_up(oper.get((index,))),
                "master": self.members.get(name) or (BRIDGE if name in ports else None),
                "port": {"state": states[name]} if name in states else None,
            }
            found.append({key: value for key, value in entry.items() if value is not None})
        return found

    def _stp_states(self) -> Iterator[tuple[str, str]]:
        """(port, state); a port that forwards in any VLAN's tree forwards."""
        for context, one in self.walks.items():
            ports = self._ports(one)
            for index, state in one.numbers(_STP_STATE).items():
                name = ports.get(index[0] if index else -1)
                if name and state in _STP and (not context or state == 5):
                    yield name, _STP[state]

    def _addresses(self) -> Iterator[tuple[int, Document]]:
        """(ifIndex, address): IPv4 of the older table, all else of the newer one."""
        yield from self._old_addresses()
        yield from self._new_addresses()

    def _old_addresses(self) -> Iterator[tuple[int, Document]]:
        masks = {index: value.text for index, value in self.main.column(_OLD_MASK).items()}
        for index, number in self.main.numbers(_OLD_ADDRESS).items():
            address = _ipv4(index)
            if address:
                bits = _mask_bits(masks.get(index, ""))
                yield number, {"address": address, **({} if bits is None else {"prefix": bits})}

    def _new_addresses(self) -> Iterator[tuple[int, Document]]:
        prefixes = {index: value.text.rpartition(".")[2] for index, value in self.main.column(_PREFIX).items()}
        for index, number in self.main.numbers(_ADDRESS).items():
            address = _typed_address(index)
            if address and ":" in address:  # the older table has those of IPv4
                length = natural(prefixes.get(index, ""))
                yield number, {"address": address, **({} if length is None or length > 128 else {"prefix": length})}

    def _ports(self, one: Walk) -> dict[int, str]:
        """Bridge port -> interface. Link aggregations that many leave out are found by their own ifIndex, where it is
        no bridge port's number.
        """
        told = {index[0]: number for index, number in one.numbers(_PORT_INTERFACE).items() if index}
        ports = {port: self.names[number] for port, number in told.items() if number in self.names}
        for index, name in self.names.items():
            if index not in told and name in self.lags:
                ports[index] = name
        return ports

    def _fdb(self) -> list[str]:
        rows: list[str] = []
        lost: dict[str, int] = {}
        ports = self._ports(self.main)
        vlans = self._vlans_of_tables()
        for index, number in self.main.numbers(_Q_PORT).items():
            vlan = vlans.get(index[0] if index else -1)
            self._add(rows, lost, (ports, index[1:], number, vlan or "-"), self.main.column(_Q_STATUS).get(index))
        if not (rows or lost):
            self._add_all(rows, lost, "")
            self._note_without_vlan(rows)
        for context in self.walks:
            if context:
                self._add_all(rows, lost, context)
        for why, count in lost.items():
            self.gaps.add("fdb", f"{count} entries were left out: {why}")
        return rows

    def _add_all(self, rows: list[str], lost: dict[str, int], context: str) -> None:
        """Rows of BRIDGE-MIB's table in one context."""
        one = self.walks[context]
        ports = self._ports(one)
        for index, number in one.numbers(_FDB_PORT).items():
            self._add(rows, lost, (ports, index, number, context or "-"), one.column(_FDB_STATUS).get(index))

    def _note_without_vlan(self, rows: list[str]) -> None:
        """BRIDGE-MIB alone tells no VLAN, and without one nothing is known to be the same VLAN elsewhere."""
        if rows:
            self.gaps.add(
                "fdb",
                f"nobody tells the VLAN of {len(rows)} addresses: they are not compared with those of other switches",
                "walk .1.3.6.1.2.1.17.7 (Q-BRIDGE-MIB); of Cisco IOS, .1.3.6.1.2.1.17 in each VLAN's context",
            )

    def _vlans_of_tables(self) -> dict[int, str]:
        """dot1qFdbId -> VLAN (dot1qVlanFdbId, index TimeMark and VLAN); several VLANs that share a table are told apart
        by nobody.
        """
        found: dict[int, set[int]] = {}
        for index, table in self.main.numbers(_VLAN_FDB).items():
            if len(index) == 2 and 0 < index[1] < 4095:
                found.setdefault(table, set()).add(index[1])
        if not found and self._has(_Q_PORT):
            self.gaps.add(
                "fdb",
                "dot1qVlanFdbId is missing, so nobody knows which VLANs the tables are of",
                "walk .1.3.6.1.2.1.17 as a whole",
            )
        shared = sorted(table for table, vlans in found.items() if len(vlans) > 1)
        if shared:
            self.gaps.add(
                "fdb", f"{len(shared)} tables are shared by several VLANs: of their entries the VLAN is not known"
            )
        return {table: str(min(vlans)) for table, vlans in found.items() if len(vlans) == 1}

    def _add(
        self, rows: list[str], lost: dict[str, int], entry: tuple[dict[int, str], Index, int, str], status: Value | None
    ) -> None:
        """One row of the forwarding table: PORTS, the octets of the MAC, the bridge port, the VLAN."""
        ports, octets, number, vlan = entry
        mac = _mac(octets)
        state = _LEARNED if status is None else status.number()
        if mac is None or state is None:
            why = "no MAC address in the index, or no number as status"
            lost[why] = lost.get(why, 0) + 1
            return
        if state == _INVALID or not is_station(mac):
            return
        name = ports.get(number)
        if name is None and state == _LEARNED:
            why = (
                "their bridge port is in no table of interfaces (dot1dBasePortIfIndex)"
                if number
                else "learnt on port 0, which is no port"
            )
            lost[why] = lost.get(why, 0) + 1
            return
        flags = _STATUS_FLAGS.get(state, "-" if state == _LEARNED else "static")
        rows.append(f"- {self.members.get(name or '', name or '-')} {mac} {vlan} {BRIDGE} - {flags}")

    def _neighbours(self) -> list[str]:
        rows: dict[str, None] = {}
        kinds = self.main.numbers(_ARP_TYPE)
        for index, value in self.main.column(_ARP).items():
            self._add_neighbour(rows, index[0], _typed_address(index[1:]), value, kinds.get(index))
        kinds = self.main.numbers(_OLD_ARP_TYPE)
        for index, value in self.main.column(_OLD_ARP).items():
            self._add_neighbour(rows, index[0] if index else -1, _ipv4(index[1:]), value, kinds.get(index))
        return list(rows)

    def _add_neighbour(
        self, rows: dict[str, None], index: int, address: str | None, value: Value, kind: int | None
    ) -> None:
        """A row of ARP or ND; type static(4) was entered by hand, local(5) is its own, invalid(2) is none."""
        mac, name = mac_in(value.octets()), self.names.get(index)
        if mac and name and address and kind not in (2, 5):
            rows[f"- {name} {address} {mac} {'PERMANENT' if kind == 4 else 'REACHABLE'} -"] = None

    def _bridge(self, fdb: list[str]) -> Document:
        ports = {
            self.members.get(name, name) for one in self.walks.values() for number, name in self._ports(one).items()
        }
        found: Document = {
            "name": BRIDGE,
            "kind": "switch",
            "vlan_filtering": True,
            "ports": sorted({*ports, *(row.split(" ")[1] for row in fdb)} - {"-"}),
            "port_vlans": self._port_vlans(),
        }
        ageing = self.main.scalar(_AGEING)
        seconds = ageing.number() if ageing else None
        if seconds is not None and seconds >= 0:
            found["ageing"] = seconds
        if not found["port_vlans"]:
            del found["port_vlans"]
        return found

    def _port_vlans(self) -> Document:
        """Port -> VLANs that it carries: bit lists (PortList, RFC 4363) of dot1qVlanCurrentEgressPorts, whose first bit
        is port 1.
        """
        ports, pvids = (
            self._ports(self.main),
            {index[0]: number for index, number in self.main.numbers(_PVID).items() if index},
        )
        untagged = self.main.column(_VLAN_UNTAGGED)
        found: Document = {}
        for index, value in sorted(self.main.column(_VLAN_EGRESS).items(), key=lambda item: item[0][-1:]):
            vlan = index[-1] if len(index) == 2 else 0
            plain = _bits(untagged[index]) if index in untagged else set()
            for port in _bits(value) if 0 < vlan < 4095 else ():
                if port in ports:
                    marks = {"pvid": pvids.get(port) == vlan, "untagged": port in plain}
                    name = self.members.get(ports[port], ports[port])
                    found.setdefault(name, {})[vlan] = {
                        "id": vlan,
                        **{key: True for key, is_set in marks.items() if is_set},
                    }
        return {name: list(vlans.values()) for name, vlans in found.items()}

    def _lldp(self) -> list[str]:
        rows = []
        lost: dict[str, int] = {}
        local = {index[0]: self._local_port(index) for index in self.main.column(_LOCAL_ID) if index}
        kinds, port_kinds = self.main.numbers(_FAR_TYPE), self.main.numbers(_FAR_PORT_TYPE)
        for index, value in self.main.column(_FAR_CHASSIS).items():
            port = local.get(index[1]) if len(index) == 3 else None
            chassis = _chassis(value, kinds.get(index))
            if port is None or chassis is None:
                why = (
                    "their chassis id is nonsense"
                    if port
                    else "nobody tells which interface their port is (lldpLocPortTable)"
                )
                lost[why] = lost.get(why, 0) + 1
                continue
            far, system = self.main.column(_FAR_PORT).get(index), self.main.column(_FAR_SYSTEM).get(index)
            rows.append(
                " ".join(
                    (
                        port,
                        chassis,
                        _port_word(far, port_kinds.get(index)),
                        word(system.words()) if system else "-",
                        _capabilities(self.main.column(_FAR_CAN).get(index)),
                    )
                )
            )
        for why, count in lost.items():
            self.gaps.add("lldp", f"{count} neighbours were left out: {why}")
        return rows

    def _local_port(self, index: Index) -> str | None:
        """The interface that a port of LLDP is, by its name or its MAC where only one has it; its number may be of any
        kind, and is not asked.
        """
        told, kind = self.main.column(_LOCAL_ID)[index], self.main.numbers(_LOCAL_TYPE).get(index)
        known = set(self.names.values())
        described = self.main.column(_LOCAL_WORDS).get(index)
        for text in [told.words()] * (kind != _PORT_MAC) + ([described.words()] if described else []):
            if port_name(text) in known:
                return port_name(text)
            by_description = self._described_as(text)
            if len(by_description) == 1:
                return self.names.get(by_description[0])
        mac = mac_in(told.octets()) if kind == _PORT_MAC else None
        owners = [
            number[0]
            for number, value in self.main.column(_IF_MAC).items()
            if number and mac and mac_in(value.octets()) == mac
        ]
        return self.names.get(owners[0]) if len(owners) == 1 else None

    def _described_as(self, text: str) -> list[int]:
        """ifIndexes of the interfaces whose ifDescr is TEXT."""
        told = self.main.column(_IF_DESCRIPTION).items()
        return [index[0] for index, value in told if index and value.words() == text]


_TOLD = {
    "identity": (_SYSTEM_NAME, _CHASSIS, _BRIDGE_MAC),
    "interfaces": (_IF_DESCRIPTION, _IF_NAME),
    "bridges": (_PORT_INTERFACE, _Q_PORT),
    "fdb": (_Q_PORT, _FDB_PORT),
    "neighbors": (_ARP, _OLD_ARP),
    "lldp": (_LOCAL_ID, _CHASSIS),
}


def _chassis(value: Value, kind: int | None) -> str | None:
    """A chassis id: a MAC where it says so and is one; text of another kind; None for nonsense."""
    if kind == _MAC_ADDRESS:
        return mac_in(value.octets())
    text = value.words().strip()
    return chassis_word(text) if text.isprintable() and text else None


def _port_word(value: Value | None, kind: int | None) -> str:
    if value is None:
        return "-"
    mac = mac_in(value.octets()) if kind == _PORT_MAC else None
    return mac or word(value.words())


def _capabilities(value: Value | None) -> str:
    octets = value.octets() if value else None
    names = [name for bit, name in enumerate(_CAPABILITIES) if octets and octets[0] & (0x80 >> bit)]
    return ",".join(names) or "-"


def _bits(value: Value) -> set[int]:
    octets = value.octets() or b""
    return {
        place * 8 + bit + 1
        for place, octet in enumerate(octets[:8192])
        if octet
        for bit in range(8)
        if octet & (0x80 >> bit)
    }


def _is_up(state: int | None) -> bool | None:
    """Whether a state of ifAdminStatus or ifOperStatus is up(1); None where it is not told."""
    return None if state is None else state == 1


def _mac(index: Index) -> str | None:
    """The MAC address that INDEX is, an octet a number."""
    return mac_in(bytes(index)) if len(index) == 6 and max(index) < 256 else None


def _ipv4(index: Index) -> str | None:
    """The IPv4 address that INDEX is, an octet a number."""
    return _address(bytes(index)) if len(index) == 4 and max(index) < 256 else None


def _address(octets: bytes) -> str | None:
    try:
        return str(ip_address(octets))
    except ValueError:
        return None


def _typed_address(index: Index) -> str | None:
    """InetAddressType, length, octets (RFC 4001): IPv4 (1), IPv6 (2), and the same with a zone (3, 4), which is left
    out.
    """
    if len(index) < 6 or max(index[1:]) > 255 or index[1] != len(index) - 2:
        return None
    size = {1: 4, 2: 16, 3: 4, 4: 16}.get(index[0])
    return _address(bytes(index[2:2 + size])) if size and len(index) - 2 >= size else None


def _mask_bits(text: str) -> int | None:
    try:
        return f"{int(ip_address(text)):b}".count("1")
    except ValueError:
        return None
