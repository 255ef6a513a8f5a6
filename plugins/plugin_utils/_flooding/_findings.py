"""A finding about a flood, as docs/flooding.md lays it down: who, which way, on what evidence, and what ends it, in
words and as data.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import typing as t
from collections.abc import Iterator

from ansible_collections.netops.layer2.plugins.module_utils._capture._rates import bit_rate
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import listed
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding import _ageing
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._case import (
    DIRECTOR,
    GATEWAY,
    Case,
    Party,
    counted_sources,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._causes._ruling import (
    NEW_MAC,
    POLICY_ROUTE,
    TIMERS,
    Ruling,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._return_path import ON_LINK, UNKNOWN, Decision
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._samples import Receiver
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._explain import segment_name

Row = dict[str, t.Any]
_SHOWN = 8
_BY_HAND = 1001  # table and priority in the commands for people; the role chooses free ones


def finding(case: Case, rulings: list[Ruling]) -> Row:
    """The FINDING object of docs/flooding.md; the first of RULINGS is the cause, the others stand beside it."""
    cause = rulings[0]
    row: Row = {
        "id": _identifier(case, cause),
        "cause": cause.cause,
        "rule": cause.rule,
        "status": "flooding" if case.flood else "latent",
        "confidence": cause.confidence,
        "reason": cause.reason,
        "source": _source(case),
        "destination": _destination(case),
        "receivers": [receiver_row(receiver) for receiver in _by_rate(case)],
        "route": {"reply": _reply(case.reply), "request": _request(case)},
        "ageing": _ageing_row(case),
        "also": [{"cause": ruling.cause, "rule": ruling.rule, "reason": ruling.reason} for ruling in rulings[1:]],
        "evidence": list(evidence(case)),
        "fix": fix(case, cause),
        "cure": cure(case, cause.role),
    }
    if cause.role == POLICY_ROUTE and case.ageing is not None:
        row["alternatives"] = [cure(case, TIMERS)]
    if case.heard:
        row["heard"] = [_heard_row(receiver) for receiver in case.heard]
    if case.flood is not None:
        row["packets_per_second"] = round(max(receiver.packets_per_second for receiver in case.flood.receivers), 1)
        row["bits_per_second"] = round(max(receiver.bits_per_second for receiver in case.flood.receivers), 1)
    return row


def _identifier(case: Case, cause: Ruling) -> str:
    """The same in every run: of a flood, who sends to whom; else who would, by which rule. What is read of the hosts
    may differ each time.
    """
    if case.flood is not None:
        parts = [
            case.source.mac,
            None if case.flood.remote else case.source.ip,
            case.destination.mac,
            case.destination.ip,
        ]
    else:
        parts = [cause.rule, case.source.host or case.source.mac, case.source.ip, case.clients or case.destination.ip]
    text = " ".join(str(part) for part in parts)
    return f"flood-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _party(party: Party) -> Row:
    claim = party.claim
    row: Row = {"host": party.host, "mac": party.mac, "ip": party.ip}
    if claim is not None:
        row.update(interface=claim.interface, kind=claim.owner_kind, state=claim.state, addresses=list(claim.addresses))
        if claim.guest:
            row["guest"] = claim.guest
    return row


def _source(case: Case) -> Row:
    row = _party(case.source)
    if case.vip is not None:
        row.update(host=case.vip.host, interface=case.reply.dev, vip_interface=case.vip.interface)
    elif case.own_vips:
        row["vip_interface"] = case.own_vips[0].interface
    service = case.flood.service() if case.flood else None
    if service is not None and service[0] != "-":
        row.update(protocol=service[0], port=service[1])
    return row


def _destination(case: Case) -> Row:
    row = _party(case.destination)
    row["segment"] = segment_name(case.network.model, case.point) if case.point is not None else "not proven"
    if case.clients:
        row["clients"] = case.clients
    return row


def _by_rate(case: Case) -> list[Receiver]:
    receivers = case.flood.receivers if case.flood else []
    return sorted(
        receivers, key=lambda receiver: (-receiver.bits_per_second, receiver.sampled.host, receiver.sampled.name)
    )


def receiver_row(receiver: Receiver) -> Row:
    """One receiver: this flood's share of what its interface got for nobody."""
    sampled = receiver.sampled
    return {
        "host": sampled.host,
        "interface": sampled.name,
        "packets_per_second": round(receiver.packets_per_second, 1),
        "bits_per_second": round(receiver.bits_per_second, 1),
        "share": round(receiver.share, 4),
        "seconds": sampled.seconds,
        "interval": sampled.interval,
        "series": receiver.series(),
        "dropped": sampled.dropped,
        **({"vlan": receiver.vlan} if receiver.vlan != "-" else {}),
    }


def _heard_row(receiver: Receiver) -> Row:
    """One interface that heard it and cannot tell why."""
    row = receiver_row(receiver)
    return {name: row[name] for name in ("host", "interface", "packets_per_second", "bits_per_second")}


def _reply(decision: Decision) -> Row:
    row: Row = {"kind": decision.kind, "dev": decision.dev, "via": decision.via}
    if decision.hops:
        row["route"] = str(decision.hops[0])
    if decision.rule is not None:
        row["rule"] = str(decision.rule)
    return {**row, "doubts": list(decision.doubts)} if decision.doubts else row


def _request(case: Case) -> Row:
    request = case.request
    row: Row = {
        "kind": request.kind,
        "via": request.via,
        "from": "the client's own routes" if request.read else "inferred",
    }
    if request.kind == UNKNOWN:
        row["from"] = "not observed"
    if request.director is not None:
        claim = request.director
        row.update(director={"host": claim.host, "interface": claim.interface, "mac": claim.mac}, mode=request.mode)
    return row


def _ageing_row(case: Case) -> Row:
    ageing = case.ageing
    if ageing is None:
        return {
            "segment": "not proven",
            "arp": None,
            "mac": None,
            "from": _ageing.NOT_OBSERVED,
            "not_observed": ["the segment"],
        }
    arp, mac = ageing.longest_arp, ageing.shortest_mac
    known = [timer.origin for timer in (arp, mac) if timer is not None]
    return {
        "segment": ageing.name, "arp": arp.seconds if arp else None, "mac": mac.seconds if mac else None,
        "from": ", ".join(dict.fromkeys(known)) or _ageing.NOT_OBSERVED, "arp_device": arp.device if arp else None,
        "mac_device": mac.device if mac else None, "not_observed": ageing.unread, "confirmed_by_traffic": _is_tcp(case),
    }


def _is_tcp(case: Case) -> bool:
    service = case.flood.service() if case.flood else None
    return service is not None and service[0] == "tcp"


# --- evidence -------------------------------------------------------------------------------------------------------

def evidence(case: Case) -> Iterator[str]:
    """One observation a line, each with the host that made it."""
    yield from _rates(case)
    if case.flood is not None and case.flood.remote:
        sources = counted_sources(case.flood.remote)
        yield (
            f"{case.source.name}: passes on what {sources} behind it send" if case.forwards
            else f"{case.source.mac}: sends from {sources}, which nobody here has"
        )
    yield from _routes(case)
    yield from _vip(case)
    yield from _tables(case)
    yield from _timers(case)


def _rates(case: Case) -> Iterator[str]:
    receivers = _by_rate(case)
    for receiver in receivers[:_SHOWN]:
        lost = (
            f"; the kernel dropped {receiver.sampled.dropped} frames of the sample" if receiver.sampled.dropped else ""
        )
        yield (
            f"{receiver.sampled.host}: {receiver.sampled.name} got {bit_rate(receiver.bits_per_second)}"
            f" ({receiver.packets_per_second:.0f} frames/s) of it for {receiver.sampled.seconds:g} s, though neither"
            f" end is there{lost}"
        )
    if len(receivers) > _SHOWN:
        yield f"and {len(receivers) - _SHOWN} more receivers"
    for receiver in case.heard[:_SHOWN]:
        yield (
            f"{receiver.sampled.host}: {receiver.sampled.name} heard {bit_rate(receiver.bits_per_second)} of it, but"
            " cannot tell whether that was flooded there, so it counts as no receiver"
        )


def _routes(case: Case) -> Iterator[str]:
    yield from _reply_routes(case)
    yield from (f"not observed: {doubt}" for doubt in case.reply.doubts)
    yield from _request_routes(case)


def _reply_routes(case: Case) -> Iterator[str]:
    """The routes of the sender: what decides, what was passed over, and what leads nowhere."""
    if case.reply.hops or case.reply.rule:
        yield f"{case.source.name}: ip route get {_asked(case)} from {case.source.ip} gives {case.reply}"
    for rule in case.reply.passed:
        if rule.source is not None:
            yield f"{case.source.name}: {rule} fits, but that table has no route to it, so the next rules decide"
    if case.reply.kind == ON_LINK and case.routing is not None and case.client is not None:
        for table in case.routing.unused(case.client.version):
            yield (
                f"{case.source.name}: table {table} has a default route through a gateway, but no rule leads to it: a"
                " network manager that removes rules it does not know may have taken it away"
            )


def _request_routes(case: Case) -> Iterator[str]:
    """How requests come: through a gateway, or through a director that answers for the address."""
    request = case.request
    if request.read and request.via:
        yield f"{case.destination.name}: its own routes send requests to {case.source.ip} through {request.via}"
    elif request.kind == GATEWAY and case.reply.kind == ON_LINK:
        yield (
            f"{case.source.ip} is outside of {case.reply.hops[0].destination}, so clients in it send their requests to"
            " a gateway"
        )
    if request.kind == DIRECTOR and request.director is not None:
        yield (
            f"{request.director.host}: has {case.source.ip} up on {request.director.interface} ({request.director.mac})"
            " and answers for it"
        )


def _asked(case: Case) -> str:
    return str(case.client) if case.client else "CLIENT"


def _vip(case: Case) -> Iterator[str]:
    settings = case.network.facts.sysctls
    for vip in case.own_vips[:1]:
        dev = case.reply.dev or ""
        values = [(name, settings.effective(vip.host, dev, name)) for name in ("arp_ignore", "arp_announce")]
        known = ", ".join(f"{name} {value}" for name, value in values if value is not None)
        yield f"{vip.host}: has {vip.address} on {vip.interface}{f' ({known} on {dev})' if known and dev else ''}"


def _tables(case: Case) -> Iterator[str]:
    mac = case.destination.mac
    for host, port in case.knowing[:_SHOWN]:
        yield f"{host}: the FDB of {port.bridge} has {mac} on port {port.name}"
    lacking = [bridge for bridge in case.not_learning if mac]
    if lacking:
        yield f"the FDB of {listed(bridge.name for bridge in lacking)} does not have {mac}"
    seen = case.network.seen_at.get(mac or "", {})
    if seen:
        fresh = "confirmed lately" if any(seen.values()) else "none confirmed lately"
        yield f"neighbour tables have {mac} for {listed(seen)} ({fresh})"
    for deaf in case.deaf_ports[:_SHOWN]:
        yield f"{deaf.host}: port {deaf.name} of {deaf.bridge} does not learn"


def _timers(case: Case) -> Iterator[str]:
    ageing = case.ageing
    if ageing is not None:
        yield f"segment {ageing.name}: {_ageing.reason(ageing)}"
    if _is_tcp(case):
        yield (
            "TCP confirms the sender's ARP entry with every acknowledgement, so it lives as long as the traffic,"
            " without any ARP"
        )


# --- what ends it ---------------------------------------------------------------------------------------------------

def fix(case: Case, cause: Ruling) -> str:
    """The step that ends it, in words."""
    if cause.role == POLICY_ROUTE:
        return f"ansible-playbook netops.layer2.fix_return_path\n{_by_hand(case)}"
    if cause.role == TIMERS:
        return _fix_timers(case, cause)
    if cause.role == NEW_MAC:
        return "ansible-playbook netops.layer2.fix_dup_mac; judge the flood again afterwards"
    texts = {
        "table_overflow": (
            "raise the limit of the table, or find who fills it: a loop, a scan, or an attack with random MACs"
        ),
        "topology_change": (
            "find the port that goes up and down, and make ports to hosts edge ports (portfast), whose changes flush"
            " nothing"
        ),
        "silent_destination": "stop sending to it, or have it say something more often than the MAC ageing",
    }
    return texts.get(
        cause.cause, "gather the hosts and switches that were not read, sample the flood again, and judge again"
    )


def _by_hand(case: Case) -> str:
    gateway = case.gateway or "GATEWAY"
    ip = "ip -6" if case.source_ip is not None and case.source_ip.version == 6 else "ip"
    family = "ipv6" if ip == "ip -6" else "ipv4"
    dev, table = case.reply.dev or "INTERFACE", _BY_HAND
    return "\n".join(
        (
            (
                f"or by hand on {case.source.host or case.source.name}, and the same in the configuration of its"
                " network manager:"
            ),
            f"{ip} route add default via {gateway} dev {dev} table {table}",
            f"{ip} route add unreachable default metric 4278198272 table {table}",
            f"{ip} rule add from {case.source.ip} lookup {table} priority {table}",
            f"sysctl -w net.{family}.conf.all.accept_redirects=0 net.{family}.conf.{dev}.accept_redirects=0",
        )
    )


def _fix_timers(case: Case, cause: Ruling) -> str:
    if cause.cause == "learning_off":
        ports = [f"on {port.host}: bridge link set dev {port.name} learning on" for port in case.deaf_ports]
        return f"{'; '.join(ports)} (role ageing_timers)"
    routing = (
        f"; or route symmetrically, so that {case.destination.name} answers through the router that its packets come"
        " from"
        if case.forwards
        else _ask_what_it_is(case)
        if cause.rule == "reply_from_vip"
        else ""
    )
    if case.ageing is None:
        return (
            "set the MAC ageing of the switches between them longer than their ARP timers (role"
            f" ageing_timers){routing}"
        )
    wanted = _ageing.wanted_mac(case.ageing)
    return (
        f"set the MAC ageing of every switch of segment {case.ageing.name} to {wanted:g} s, longer than ARP entries"
        f" live, and have them learn on every layer-2 port, routed frames included (role ageing_timers){routing}"
    )


def _ask_what_it_is(case: Case) -> str:
    """A sender that nobody read: both that it may be have cures of their own as well."""
    return (
        f". Look what {case.source.mac} is: of a router, route symmetrically, so that {case.destination.name} answers"
        f" through it; a server that has the source address on a loopback is to reply through its gateway"
        " (fix_return_path, once it is in the inventory)"
    )


def cure(case: Case, role: str | None) -> Row | None:
    """What the role that ends it takes; None where no role does."""
    if role == POLICY_ROUTE:
        return {
            "role": POLICY_ROUTE,
            "host": case.source.host,
            "vip": case.source.ip,
            "interface": _interface(case),
            "gateway": case.gateway,
        }
    if role == NEW_MAC:
        return {"role": NEW_MAC, "host": case.destination.host, "mac": case.destination.mac}
    if role == TIMERS:
        ports = [{"host": port.host, "bridge": port.bridge, "port": port.name} for port in case.deaf_ports]
        base = (
            _ageing.cure(case.ageing)
            if case.ageing is not None
            else {"role": TIMERS, "segment": "not proven", "devices": []}
        )
        return {**base, "learning": ports} if ports else base
    return None


def _interface(case: Case) -> str | None:
    return case.reply.dev or (case.source.claim.interface if case.source.claim else None)
