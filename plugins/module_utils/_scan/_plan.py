"""What a scan asks: prefixes given or discovered, checked against the interfaces of this host, and who is asked how.
Pure.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ipaddress
from typing import Any, Dict, FrozenSet, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from ansible_collections.netops.layer2.plugins.module_utils._runner import shortened

Record = Dict[str, Any]
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
Holder = NamedTuple("Holder", [("interface", str), ("address", str), ("network", Network)])

_WIRELESS_OF_ADDRESSES = (31, 32)  # prefix lengths whose every address can be a host's (RFC 3021)
_MAPPED = ipaddress.ip_network("::ffff:0:0/96")

# Options of the module, as far as the plan needs them. vlan: tag to send with, None: untagged.
Wanted = NamedTuple(
    "Wanted",
    [
        ("prefixes", Sequence[str]),
        ("interfaces", Sequence[str]),
        ("vlan", Optional[int]),
        ("probe", bool),
        ("ipv6", bool),
        ("max_addresses", int),
    ],
)

# One prefix behind one interface. sender: own address to ask from, "" asks from none (RFC 5227 probe). first, last:
# addresses as
# numbers, None where a prefix is too large to be asked one by one (IPv6: who answers the multicast echo is asked). own:
# this host's
# addresses, on whatever interface, own_macs its MACs.
Target = NamedTuple(
    "Target",
    [
        ("interface", str),
        ("mac", str),
        ("vlan", Optional[int]),
        ("family", str),
        ("prefix", str),
        ("sender", str),
        ("first", Optional[int]),
        ("last", Optional[int]),
        ("own", FrozenSet[str]),
        ("own_macs", FrozenSet[str]),
        ("gateways", Tuple[str, ...]),
    ],
)
Plan = NamedTuple("Plan", [("targets", List[Target]), ("gaps", List[Record])])


class PlanError(ValueError):
    """The scan cannot be done as asked: the text names option, value and way out."""


def make_plan(wanted: Wanted, snapshot: Record) -> Plan:
    """What WANTED comes to on the host that SNAPSHOT (interfaces, addresses, routes) tells of; PlanError where it
    cannot be done.
    """
    if wanted.max_addresses < 1:
        raise PlanError("max_addresses: %d is no number of addresses: give 1 or more" % wanted.max_addresses)
    chosen = _chosen_interfaces(wanted, snapshot)
    gaps: List[Record] = []
    if wanted.prefixes:
        targets = _each_once([target for text in wanted.prefixes for target in _given(text, wanted, chosen, snapshot)])
    else:
        targets = _discovered(wanted, chosen, snapshot, gaps)
    if wanted.ipv6 and wanted.vlan is None:
        targets += _neighbours_of(chosen, targets, snapshot)
    if not targets:
        raise PlanError("nothing to scan: %s; name `prefixes`" % (
            "; ".join(gap["reason"] for gap in gaps) or "no interface that is up has an address with a prefix"))
    return Plan(targets, gaps)


# --- interfaces ------------------------------------------------------------------------------------------------------

def _chosen_interfaces(wanted: Wanted, snapshot: Record) -> Dict[str, Record]:
    """The interfaces to scan from: the named ones, else all that lead to a wire."""
    there = {record["name"]: record for record in snapshot.get("interfaces", []) if not record.get("netns")}
    _check_vlan(wanted, there)
    for name in wanted.interfaces:
        if name not in there:
            raise PlanError(
                "interfaces: this host has no %s; it has %s" % (shortened(name, 40), ", ".join(sorted(there)) or "none")
            )
        problem = _unusable(there[name])
        if problem:
            raise PlanError("interfaces: %s %s" % (name, problem))
    if wanted.interfaces:
        return {name: there[name] for name in wanted.interfaces}
    return {name: record for name, record in there.items() if not _unusable(record) and _leads_outside(record, there)}


def _check_vlan(wanted: Wanted, there: Dict[str, Record]) -> None:
    if wanted.vlan is None:
        return
    if not 1 <= wanted.vlan <= 4094:
        raise PlanError("vlan: %d is no VLAN: 1 to 4094 are" % wanted.vlan)
    if not wanted.interfaces or not wanted.prefixes:
        raise PlanError(
            "vlan: tagged frames need `interfaces` (which to send them on) and `prefixes` (what to ask for)"
        )
    for name in wanted.interfaces:
        if there.get(name, {}).get("kind") == "vlan":
            raise PlanError(
                "vlan: %s is a VLAN itself and tags by itself: leave `vlan` out, or name the interface below it" % name
            )


def _unusable(record: Record) -> str:
    """Why nothing can be asked on an interface, empty if it can."""
    if record.get("link_type") != "ether" or not record.get("mac"):
        return "is no Ethernet (%s): there is no ARP on it" % record.get("link_type", "unknown")
    if "NOARP" in record.get("flags", []):
        return "has ARP switched off"
    if not record.get("up"):
        return "is down: set it up"
    if record.get("carrier") is False:
        return "has no carrier: is it plugged in?"
    return ""


def _leads_outside(record: Record, there: Dict[str, Record]) -> bool:
    """Whether more than this host's own guests can be behind an interface: not docker0, virbr0."""
    if record.get("kind") != "bridge":
        return True
    ports = [other for other in there.values() if other.get("master") == record["name"]]
    return any(port.get("kind") not in ("veth", "tun") for port in ports)


def _holders(interfaces: Iterable[Record]) -> Iterator[Holder]:
    """Every address with its network; addresses that are not in use yet, or no longer, are left out."""
    for record in interfaces:
        for entry in record.get("addresses", []):
            if "prefix" in entry and not {"tentative", "dadfailed"} & set(entry.get("flags", [])):
                network = ipaddress.ip_network("%s/%d" % (entry["address"], entry["prefix"]), strict=False)
                yield Holder(record["name"], entry["address"], network)


def own_addresses(snapshot: Record) -> FrozenSet[str]:
    """All addresses of this host, on whatever interface: none of them is ever asked from another address."""
    return frozenset(holder.address for holder in _holders(snapshot.get("interfaces", [])))


def own_macs(snapshot: Record) -> FrozenSet[str]:
    """All MACs of this host: what they answer is no news (ARP flux between two NICs in one segment)."""
    return frozenset(record["mac"] for record in snapshot.get("interfaces", []) if record.get("mac"))


# --- prefixes --------------------------------------------------------------------------------------------------------

def parse_prefix(text: str) -> Network:
    """The network of TEXT; PlanError where it is none that can be scanned."""
    if "%" in text:
        raise PlanError("prefixes: %s: a prefix has no scope: name the interface in `interfaces`" % shortened(text, 60))
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise PlanError(
            "prefixes: %s: %s: write 192.0.2.0/24 or 2001:db8::/64" % (shortened(text, 60), error)
        ) from None
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= 96 and network.network_address in _MAPPED:
        four = ipaddress.ip_network("%s/%d" % (network.network_address.ipv4_mapped, network.prefixlen - 96))
        raise PlanError(
            "prefixes: %s is IPv4 written as IPv6, and nobody is asked for such addresses on a wire: write %s"
            % (text, four)
        )
    is_of_nobody = network.version == 4 and network.network_address.packed[0] in (0, 127)
    if network.is_multicast or network.is_loopback or is_of_nobody:
        raise PlanError("prefixes: %s holds no addresses of hosts on a segment" % text)
    return network


def _given(text: str, wanted: Wanted, chosen: Dict[str, Record], snapshot: Record) -> List[Target]:
    network = parse_prefix(text)
    if network.version == 4 or network.prefixlen > 64:
        _refuse_large(network, wanted.max_addresses)
    if network.is_link_local and network.version == 6 and not wanted.probe and wanted.vlan is None:
        # The prefix is the same on every wire.
        holders = [holder for holder in _holders(chosen.values()) if _within(network, holder.network)]
        if holders:
            return [_target(chosen[holder.interface], network, holder.address, wanted, snapshot) for holder in holders]
    return [_at_one_interface(network, wanted, chosen, snapshot)]


def _each_once(targets: Sequence[Target]) -> List[Target]:
    """Without what lies within another target of the same wire: nobody is asked twice for one address."""
    networks = [(target.interface, ipaddress.ip_network(target.prefix)) for target in targets]
    numbers = range(len(targets))
    return [
        target
        for number, target in enumerate(targets)
        if not any(_covers(targets, networks, other, number) for other in numbers)
    ]


def _covers(targets: Sequence[Target], networks: Sequence[Tuple[str, Network]], other: int, number: int) -> bool:
    """Whether the target OTHER asks for all that NUMBER would ask for on its wire; of equal ones the first does."""
    (wire, outer), (interface, inner) = networks[other], networks[number]
    if other == number or wire != interface or not _within(inner, outer):
        return False
    is_first = outer != inner or other < number
    return is_first and (targets[other].first is not None or targets[number].first is None)


def _at_one_interface(network: Network, wanted: Wanted, chosen: Dict[str, Record], snapshot: Record) -> Target:
    holder = _on_link(network, wanted, chosen, snapshot)
    if holder is not None:
        record = chosen[holder.interface] if wanted.vlan is None else chosen[wanted.interfaces[0]]
        return _target(record, network, "" if wanted.probe else holder.address, wanted, snapshot)
    if wanted.probe and len(chosen) == 1 and wanted.interfaces:
        return _target(chosen[wanted.interfaces[0]], network, "", wanted, snapshot)
    raise PlanError(_not_on_link(network, wanted, chosen))


def _refuse_large(network: Network, most: int) -> None:
    if network.num_addresses > most:
        raise PlanError(
            "prefixes: %s has %d addresses, more than max_addresses (%d): scan a part of it, or raise max_addresses if "
            "the segment may carry that many broadcasts" % (network, network.num_addresses, most)
        )


def _on_link(network: Network, wanted: Wanted, chosen: Dict[str, Record], snapshot: Record) -> Optional[Holder]:
    """The own address whose network NETWORK lies in; of a tagged scan the one of the VLAN interface above."""
    records = list(chosen.values())
    if wanted.vlan is not None:
        above = [record for record in snapshot.get("interfaces", []) if record.get("link") in chosen]
        vlans = [record for record in above if record.get("kind") == "vlan"]
        records = [record for record in vlans if record.get("vlan", {}).get("id") == wanted.vlan]
    # what stands alone (/32) is a virtual IP, which a question must not move here in anybody's cache
    around = [
        holder for holder in _holders(records) if holder.network.num_addresses > 1 and _within(network, holder.network)
    ]
    # the narrowest network is what the kernel would route by
    return max(around, key=lambda holder: holder.network.prefixlen) if around else None


def _within(inner: Network, outer: Network) -> bool:
    if inner.version != outer.version:
        return False
    begins = outer.network_address <= inner.network_address  # type: ignore[operator]
    return begins and inner.broadcast_address <= outer.broadcast_address  # type: ignore[operator]


def _not_on_link(network: Network, wanted: Wanted, chosen: Dict[str, Record]) -> str:
    there = ", ".join("%s (%s)" % (holder.network, holder.interface) for holder in _holders(chosen.values())
                      if holder.network.version == network.version)
    where = "VLAN %d" % wanted.vlan if wanted.vlan is not None else "any network of this host: %s" % (there or "none")
    return (
        "prefixes: %s is not on-link, not within %s. ARP passes no router: scan from a host that has an address in it,"
        " or, where the segment carries it without this host having one, name one of `interfaces` and set `probe`"
        % (network, where)
    )


def _discovered(wanted: Wanted, chosen: Dict[str, Record], snapshot: Record, gaps: List[Record]) -> List[Target]:
    """The IPv4 networks of the chosen interfaces, each once; those too large are gaps."""
    found: Dict[Tuple[str, Network], Target] = {}
    for holder in _holders(chosen.values()):
        network = holder.network
        if network.version != 4 or network.prefixlen == 32 or (holder.interface, network) in found:
            continue
        if network.num_addresses > wanted.max_addresses:
            gaps.append(
                {
                    "subset": "scan",
                    "item": "%s %s" % (holder.interface, network),
                    "reason": "%s on %s has %d addresses, more than max_addresses"
                    % (network, holder.interface, network.num_addresses),
                    "hint": "name the parts that are in use in `prefixes`, or raise `max_addresses`",
                }
            )
            continue
        sender = "" if wanted.probe else holder.address
        found[holder.interface, network] = _target(chosen[holder.interface], network, sender, wanted, snapshot)
    return list(found.values())


def _target(record: Record, network: Network, sender: str, wanted: Wanted, snapshot: Record) -> Target:
    first: Optional[int] = int(network.network_address)
    last: Optional[int] = int(network.broadcast_address)
    if network.version == 6 and network.num_addresses > wanted.max_addresses:
        first = last = None
    elif network.version == 4 and network.prefixlen not in _WIRELESS_OF_ADDRESSES:
        first, last = int(network.network_address) + 1, int(network.broadcast_address) - 1
    return Target(
        record["name"],
        record["mac"],
        wanted.vlan,
        "inet" if network.version == 4 else "inet6",
        str(network),
        sender,
        first,
        last,
        own_addresses(snapshot),
        own_macs(snapshot),
        _gateways(snapshot, record["name"]),
    )


def _neighbours_of(chosen: Dict[str, Record], targets: Sequence[Target], snapshot: Record) -> List[Target]:
    """One IPv6 target for each interface that speaks it and is scanned for no IPv6 prefix already: who is there at all.
    """
    done = {target.interface for target in targets if target.family == "inet6"}
    used = {target.interface for target in targets} or set(chosen)
    own, found = own_addresses(snapshot), []
    for name in sorted(used - done):
        sender = next((holder.address for holder in _holders([chosen[name]]) if holder.address.startswith("fe80:")), "")
        if sender:
            found.append(
                Target(
                    name,
                    chosen[name]["mac"],
                    None,
                    "inet6",
                    "ff02::1",
                    sender,
                    None,
                    None,
                    own,
                    own_macs(snapshot),
                    _gateways(snapshot, name),
                )
            )
    return found


def _gateways(snapshot: Record, interface: str) -> Tuple[str, ...]:
    """The next hops behind an interface: asked first, and never taken for a sender."""
    return tuple(
        sorted(
            {route["via"] for route in snapshot.get("routes", []) if route.get("dev") == interface and route.get("via")}
        )
    )


def listeners(wanted: Wanted, snapshot: Record) -> List[Target]:
    """The interfaces to listen on: as targets that nothing is asked of."""
    chosen = _chosen_interfaces(wanted, snapshot)
    if not chosen:
        raise PlanError("nothing to listen on: no Ethernet interface is up")
    own, macs = own_addresses(snapshot), own_macs(snapshot)
    return [
        Target(name, record["mac"], None, "inet", "", "", None, None, own, macs, ())
        for name, record in sorted(chosen.items())
    ]


# --- what is asked ---------------------------------------------------------------------------------------------------

def addresses_of(target: Target) -> Iterator[str]:
    """The addresses to ask one by one: gateways first, so that who answers for others is known early; own ones left
    out.
    """
    if target.first is None or target.last is None:
        return
    make = ipaddress.IPv4Address if target.family == "inet" else ipaddress.IPv6Address
    within = [text for text in target.gateways if _number(text, target) is not None and text not in target.own]
    yield from within
    for number in range(target.first, target.last + 1):
        text = str(make(number))
        if text not in target.own and text not in within:
            yield text


def _number(text: str, target: Target) -> Optional[int]:
    address = ipaddress.ip_address(text)
    if address.version != (4 if target.family == "inet" else 6) or target.first is None or target.last is None:
        return None
    return int(address) if target.first <= int(address) <= target.last else None


def own_within(target: Target) -> List[str]:
    """This host's own addresses of a target: asked only by probe, since a question from them would rewrite the caches
    of others.
    """
    return sorted(text for text in target.own if _number(text, target) is not None)


def count(target: Target) -> int:
    """How many addresses are asked."""
    if target.first is None or target.last is None:
        return 0
    return target.last - target.first + 1 - len(own_within(target))


def seconds(targets: Sequence[Target], rate: float, rounds: int, timeout: float) -> float:
    """About how long a scan takes if nobody answers: every address asked ROUNDS times, RATE questions a second."""
    return sum(max(count(target) * rounds / rate, timeout * rounds) for target in targets)


def in_words(plan: Plan, rate: float, most: int, timeout: float) -> List[str]:
    """What a scan would send, a line a target."""
    lines = []
    for target in plan.targets:
        where = target.interface if target.vlan is None else "%s, VLAN %d" % (target.interface, target.vlan)
        if target.first is None:
            lines.append(
                "%s on %s: a multicast echo, then neighbour solicitations to who answers" % (target.prefix, where)
            )
            continue
        sender = "from %s" % target.sender if target.sender else "as probes from no address (RFC 5227)"
        lines.append("%s on %s: %d addresses %s, at most %d times each, %g a second, %.0f s at most" % (
            target.prefix, where, count(target), sender, most, rate, seconds([target], rate, most, timeout)))
    return lines
