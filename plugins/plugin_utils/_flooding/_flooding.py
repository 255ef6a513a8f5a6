"""The verdict on flooding: every flood that was sampled, and every one that waits to happen, with cause, evidence and
cure.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Collection, Iterable, Iterator, Mapping
from ipaddress import ip_network

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._coverage import coverage_of
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._garbage import short_garbage_collection
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._hosts import Hosts
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Model
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._segments import Link
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import (
    Fleet,
    is_document,
    is_document_text,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._ageing import (
    Device,
    Segmented,
    ageing_rows,
    networks_of,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._case import Case, Network, Party
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._causes._list import cause_names, rulings
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._facts import Facts, Vip
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._findings import finding
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._heard import (
    MIRROR,
    SampleVerdict,
    attach,
    is_unsure,
    listened,
    not_told,
    told,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._return_path import IP, Net, Routing, address
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._samples import (
    CANNOT_TELL,
    FLOOD,
    QUIET,
    Flood,
    Receiver,
    Sampled,
    Samples,
    floods,
    is_many,
    read_samples,
    subnet_of,
    through_router,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._sources._observe import Observed, observe
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._exceptions import ExceptionList
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import Judge

SCHEMA = "netops.layer2/flood-verdict"
VERSION = 1
STATUSES = ("flooding", "latent")
LEAST_SHARE = 0.01
Row = dict[str, t.Any]


def flooding_causes(
    data: object,
    samples: object = None,
    hosts: Iterable[str] | None = None,
    unreachable: Mapping[str, str] | None = None,
    exceptions: ExceptionList | None = None,
    devices: Iterable[Device] = (),
    least_share: float = LEAST_SHARE,
) -> Row:
    """Explain the floods of a fleet, and find those that wait to happen (docs/flooding.md).

    DATA: snapshots as for mac_collisions. SAMPLES: flood samples in any of the same shapes; None looks for them where
    DATA has the snapshots, if that can hold both. LEAST_SHARE: pairs with less of every receiver's flood are only
    counted. Raises SnapshotError only if DATA or SAMPLES as a whole is unusable; what is wrong in one document is
    quarantined.
    """
    wanted = None if hosts is None else [str(host) for host in hosts]
    with short_garbage_collection():
        if samples is None and isinstance(data, (Mapping, str)) and not _is_one_snapshot(data):
            samples = data
        read = read_samples(samples, wanted)
        return _verdict(
            Fleet(data, wanted, lost=unreachable or ()),
            read,
            unreachable or {},
            exceptions or ExceptionList(()),
            tuple(devices),
            least_share,
        )


def _is_one_snapshot(data: Mapping[t.Any, t.Any] | str) -> bool:
    return is_document_text(data) if isinstance(data, str) else is_document(data)


def ageing_mismatches(data: object, devices: Iterable[Device] = (), hosts: Iterable[str] | None = None) -> list[Row]:
    """The timers of every segment (docs/flooding.md); DATA and HOSTS as above, DEVICES what the operator says of
    switches.
    """
    devices = tuple(devices)
    with short_garbage_collection():
        facts = Facts()
        model = observe(Hosts(Fleet(data, hosts)).beside(facts.keep)).model
        return ageing_rows(Segmented(model, facts, devices), devices)


def _verdict(
    fleet: Fleet,
    samples: Samples,
    unreachable: Mapping[str, str],
    exceptions: ExceptionList,
    devices: tuple[Device, ...],
    least: float,
) -> Row:
    pairs, _minor = floods([sampled for sampled in samples.interfaces if sampled.verdict == FLOOD], 0)
    maybe, _minor = floods([sampled for sampled in samples.interfaces if sampled.verdict == CANNOT_TELL], least)
    facts = _facts_about([*pairs, *maybe])
    observed = observe(Hosts(fleet).beside(facts.keep))
    model = observed.model
    network = _network(observed, facts, samples, devices, pairs)
    every = [told(network, sampled) for sampled in samples.interfaces]
    judged, minor = _floods_to_judge(network, [each.sampled for each in every if each.verdict == FLOOD], least)
    cases = [_case(network, flood) for flood in judged]
    cases += _latent(network, cases)
    cases += attach(network, cases, [each.sampled for each in every if is_unsure(each)], least)
    findings, counts = _judged(cases, exceptions)
    coverage = _coverage(network, samples, unreachable, every)
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "summary": {
            **_summary(counts, findings, samples, every, minor, model),
            "hosts_missing": len(coverage["missing"]),
        },
        "findings": findings,
        "coverage": coverage,
    }


def _facts_about(suspects: Collection[Flood]) -> Facts:
    """A keeper of facts about the ends of SUSPECTS."""
    return Facts(
        {mac for flood in suspects for mac in (flood.source, flood.destination)},
        {ip for flood in suspects for ip in (flood.source_ip, flood.destination_ip) if ip},
    )


def _network(
    observed: Observed, facts: Facts, samples: Samples, devices: tuple[Device, ...], pairs: list[Flood]
) -> Network:
    model, sightings, _compared, _switching = observed
    _join_receivers(model, pairs)
    network = Network(model, facts, sightings, Segmented(model, facts, devices), samples, Judge(model, sightings))
    network.learned = _learned(model, facts.macs)
    _index_pairs(network)
    network.routers = _routers(network, devices, pairs)
    wanted = set(facts.addresses) | {vip.address for vips in facts.vips.values() for vip in vips}
    for claim in model.all_claims() if wanted else ():
        for text in claim.addresses:
            if text in wanted and claim.in_use:
                network.holders.setdefault(text, []).append(claim)
    network.known.update(network.holders, (vip.address for vips in facts.vips.values() for vip in vips))
    return network


def _join_receivers(model: Model, pairs: list[Flood]) -> None:
    """Untagged frames of a NIC that arrive somewhere prove one segment; the MAC must have one owner in one place."""
    for flood in pairs:
        claims = [claim for claim in model.claims.get(flood.source, ()) if claim.in_use and claim.external]
        if not claims or len({model.segments.find(claim.point) for claim in claims}) > 1:
            continue
        for receiver in flood.receivers:
            point = _outer_point(model, receiver)
            if point is not None and receiver.vlan == "-":
                why = (
                    f"frames of {flood.source}, which is {model.segments.label(claims[0].point)}, arrive at"
                    f" {model.segments.label(point)}"
                )
                model.segments.join(claims[0].point, point, Link(why))


def _outer_point(model: Model, receiver: Receiver) -> int | None:
    """Where RECEIVER listened, if the host was read and that leads out of it."""
    topology = model.topologies.get(receiver.sampled.host)
    point = topology.point((receiver.sampled.netns, receiver.sampled.interface)) if topology else None
    return point if topology is not None and point is not None and topology.is_external(point) else None


def _learned(model: Model, macs: Collection[str]) -> dict[str, list[tuple[str, t.Any]]]:
    """Who has the MACS of the floods in an FDB; one pass over all tables."""
    tables = model.tables
    wanted = {number: mac for number, mac in enumerate(tables.macs) if mac in macs}
    found: dict[str, list[tuple[str, t.Any]]] = {}
    for host in model.topologies if wanted else ():
        for port, numbers in tables.learned.of(host):
            for number in wanted.keys() & set(numbers):
                found.setdefault(wanted[number], []).append((host, port))
    return found


def _index_pairs(network: Network) -> None:
    """What neighbours have at the floods' MACs, and at which MACs they have the addresses that hosts route through."""
    tables, macs = network.model.tables, network.facts.macs
    for number, (text, mac) in enumerate(tables.pairs):
        if mac in macs:
            network.seen_at.setdefault(mac, {})[text] = bool(tables.confirmed[number])
        if mac and text in tables.next_hops:
            network.macs_of.setdefault(text, set()).add(mac)
        if mac and text in network.facts.addresses:
            network.known.add(text)


def _floods_to_judge(network: Network, interfaces: list[Sampled], least: float) -> tuple[list[Flood], int]:
    """The floods that INTERFACES got; what a router, or a machine that nobody read, sends to one destination from
    addresses that nobody here has, is one of them. And how many are less than LEAST everywhere.
    """
    every, _minor = floods(interfaces, 0)
    parts: dict[tuple[str | None, ...], list[Flood]] = {}
    for flood in every:
        case = _case(network, flood)
        routed = case.forwards or case.is_unread
        parts.setdefault(
            (flood.source, flood.destination, flood.destination_ip, None if routed else flood.source_ip), []
        ).append(flood)
    whole = [
        through_router(found) if key[3] is None and found[0].source_ip else found[0] for key, found in parts.items()
    ]
    kept = [flood for flood in whole if max(receiver.share for receiver in flood.receivers) >= least]
    return kept, len(whole) - len(kept)


def _routers(network: Network, devices: tuple[Device, ...], pairs: list[Flood]) -> dict[str, str]:
    """MAC of a flood -> what its router is called: one of the operator's DEVICES, or the sender for many addresses of
    other subnets.
    """
    names = {text: device.name for device in devices for text in device.addresses}
    found: dict[str, str] = {}
    behind = _behind(network, pairs)
    links = _links(network, pairs) if behind else set()
    for mac in {flood.source for flood in pairs}:
        seen = sorted(network.seen_at.get(mac, {}))
        named = [text for text in seen if text in names]
        if named:
            found[mac] = f"router {names[named[0]]}"
        elif is_many(behind.get(mac, ()), links):
            found[mac] = f"the router at {seen[0]}" if seen else "a router"
    return found


def _behind(network: Network, pairs: list[Flood]) -> dict[str, set[str]]:
    """MAC -> the addresses that it sends from and that nobody here has: a VIP has a director that answers for it, or
    stands on the sender itself.
    """
    found: dict[str, set[str]] = {}
    for flood in pairs:
        if flood.source_ip:
            found.setdefault(flood.source, set()).add(flood.source_ip)
    several = {mac: texts for mac, texts in found.items() if len(texts) > 1}
    held = _held(network, several) if several else set()
    return {mac: texts - held for mac, texts in several.items()}


def _held(network: Network, senders: Iterable[str]) -> set[str]:
    """All addresses that somebody here has, those included that the hosts of SENDERS have on their loopbacks."""
    held = {text for text, mac in network.model.tables.pairs if mac}
    held.update(text for claim in network.model.all_claims() for text in claim.addresses)
    for claim in (claim for mac in senders for claim in network.model.claims.get(mac, ())):
        routing = network.facts.routing.get(claim.host) if claim.owner_kind == "host" else None
        held.update(map(str, routing.own if routing is not None else ()))
    return held


def _links(network: Network, pairs: list[Flood]) -> set[Net]:
    """The subnets of the hosts that were read, and those of the floods' destinations, which are on a link here."""
    found = {net for claim in network.model.all_claims() for net in networks_of(claim)}
    ends = [address(flood.destination_ip) for flood in pairs if flood.destination_ip]
    return found | {subnet_of(ip) for ip in ends if ip is not None}


def _case(network: Network, flood: Flood) -> Case:
    return Case(
        network,
        network.party(flood.source, flood.source_ip),
        network.party(flood.destination, flood.destination_ip),
        flood,
    )


# --- what waits to happen -------------------------------------------------------------------------------------------

def _latent(network: Network, cases: list[Case]) -> list[Case]:
    """Real servers' VIPs and the subnets that a reply would reach on-link; those that are flooded already are left out.
    """
    flooded: dict[tuple[str | None, str | None], list[IP]] = {}
    for case in cases:
        if case.client is not None:
            flooded.setdefault((case.source.host, case.source.ip), []).append(case.client)
    found: list[Case] = []
    holders: dict[str, set[str]] = {text: {claim.host for claim in claims} for text, claims in network.holders.items()}
    for vips in network.facts.vips.values():
        for vip in vips:
            holders.setdefault(vip.address, set()).add(vip.host)
    for host, vips in sorted(network.facts.vips.items()):
        for vip in vips if host in network.model.topologies else ():
            if _is_real_server(network, vip, len(holders[vip.address] | {host}) > 1):
                found.extend(_would_be_flooded(network, vip, flooded.get((host, vip.address), [])))
    return found


def _is_real_server(network: Network, vip: Vip, shared: bool) -> bool:
    """It does not answer ARP for the VIP on purpose, or does not route for others and another host has the VIP too."""
    routing = network.facts.routing[vip.host]
    devices = {route.dev for route in routing.connected(vip.ip.version) if route.dev}
    settings = network.facts.sysctls
    if any((settings.effective(vip.host, dev, "arp_ignore") or 0) > 0 for dev in devices) and vip.ip.version == 4:
        return True
    return shared and vip.host not in network.model.forwarding


def _would_be_flooded(network: Network, vip: Vip, flooded: list[IP]) -> Iterator[Case]:
    routing = network.facts.routing[vip.host]
    subnets: dict[Net, str] = {}
    for route in routing.connected(vip.ip.version):
        subnets.setdefault(route.destination, route.dev or "")
    for subnet, dev in subnets.items():
        if vip.ip in subnet or any(ip in subnet for ip in flooded):
            continue
        example = _example(network, vip.host, dev, subnet, routing)
        if example is not None:
            source = Party(
                _mac_of(network.model, vip.host, dev), vip.address, _claim_of(network.model, vip.host, dev), vip.host
            )
            yield Case(network, source, Party(None, str(example), None), None, vip, str(subnet))


def _claim_of(model: Model, host: str, dev: str) -> Claim | None:
    topology = model.topologies[host]
    interface = topology.interfaces.get(("", dev))
    for claim in model.claims.get(interface.mac or "", ()) if interface else ():
        if claim.host == host and claim.interface == dev and claim.in_use:
            return claim
    return None


def _mac_of(model: Model, host: str, dev: str) -> str | None:
    interface = model.topologies[host].interfaces.get(("", dev))
    return interface.mac if interface else None


def _example(network: Network, host: str, dev: str, subnet: Net, routing: Routing) -> IP | None:
    """An address in SUBNET that stands for its clients: a neighbour that nobody routes through, else the first that is
    not the host's.
    """
    tables = network.model.tables
    for place, numbers in tables.neighbours.of(host):
        for number in numbers if place == ("", dev) else ():
            text = tables.pairs[number].address
            ip = address(text) if text not in tables.next_hops else None
            if ip is not None and ip.version == subnet.version and ip in subnet and ip not in routing.own:
                return ip
    hosts = ip_network(subnet).hosts()
    return next((ip for ip in hosts if ip not in routing.own and str(ip) not in tables.next_hops), None)


# --- the document ---------------------------------------------------------------------------------------------------

def _judged(cases: list[Case], exceptions: ExceptionList) -> tuple[list[Row], dict[str, int]]:
    counts = dict.fromkeys((*cause_names(), *STATUSES, "excepted"), 0)
    found = []
    for case in cases:
        causes = rulings(case)
        if not causes:
            continue
        row = finding(case, causes)
        exception = exceptions.granted(row)
        if exception is not None:
            row["exception"] = exception
            counts["excepted"] += 1
        else:
            counts[row["cause"]] += 1
            counts[row["status"]] += 1
        found.append(row)
    found.sort(key=lambda row: (STATUSES.index(row["status"]), -row.get("bits_per_second", 0), row["id"]))
    return found, counts


def _summary(
    counts: dict[str, int], findings: list[Row], samples: Samples, every: list[SampleVerdict], minor: int, model: Model
) -> Row:
    verdicts = [each.verdict for each in every]
    receivers = {(row["host"], row["interface"]) for found in findings for row in found["receivers"]}
    got = [sampled for sampled in samples.interfaces if (sampled.host, sampled.name) in receivers]
    return {
        **counts, "receivers": len(receivers),
        "bits_per_second": round(max((sampled.bits_per_second for sampled in got), default=0.0), 1),
        "packets_per_second": round(max((sampled.packets_per_second for sampled in got), default=0.0), 1),
        "hosts_judged": len(model.identities), "hosts_sampled": len(samples.hosts),
        "interfaces_quiet": verdicts.count(QUIET), "interfaces_cannot_tell": verdicts.count(CANNOT_TELL),
        "interfaces_mirrored": verdicts.count(MIRROR), "minor_pairs": minor,
        "gaps": len(model.gaps) + len(samples.gaps), "quarantined": len(model.quarantined) + len(samples.quarantined),
    }


def _coverage(network: Network, samples: Samples, unreachable: Mapping[str, str], every: list[SampleVerdict]) -> Row:
    """As of mac_collisions, with the samples': who was sampled, which interfaces cannot tell, what could not be judged
    and why.
    """
    coverage: Row = coverage_of(network.model, unreachable)
    coverage["sampled"] = sorted(samples.hosts)
    coverage["not_sampled"] = [
        {"host": host, "reason": "no flood sample was gathered, so nothing is known of what arrives there"}
        for host in coverage["judged"] if host not in samples.hosts
    ]
    coverage["listened"] = listened(every)
    rows = [*not_told(every), *_not_judged(network)]
    coverage["gaps"] = sorted(
        [*coverage["gaps"], *samples.gaps, *rows], key=lambda gap: (gap["host"], gap.get("subset", ""))
    )
    coverage["quarantined"] += [error.as_dict() for error in samples.quarantined]
    return coverage


def _not_judged(network: Network) -> Iterator[dict[str, str]]:
    """Hosts with VIPs whose rules or routes were not read: whether their replies would go on-link is not known."""
    for host in sorted(network.facts.vips):
        unread = network.facts.unread.get(host, frozenset()) & {"rules", "routes"}
        if unread:
            vips = ", ".join(sorted({vip.address for vip in network.facts.vips[host]}))
            yield {
                "host": host,
                "subset": sorted(unread)[0],
                "reason": f"whether replies from {vips} would go on-link is not known for "
                f"certain: {' and '.join(sorted(unread))} were not read",
                "hint": "gather the host with these subsets",
            }
