"""Why a flood happens, or would: one small rule a cause, tried in order (the table of docs/flooding.md)."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.plugin_utils._flooding import _ageing
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._case import DIRECTOR, GATEWAY, TUNNEL, Case
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._return_path import ON_LINK, VIA
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._explain import listed, place
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._sharing import Contest

CAUSES = ("asymmetric_return", "ageing_mismatch", "learning_off", "silent_destination", "table_overflow", "topology_change",
          "duplicate_mac", "unknown")
POLICY_ROUTE, TIMERS, NEW_MAC = "policy_route", "ageing_timers", "fix_dup_mac"
_NLB = "02:bf:"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule found: CAUSE, the name of the RULE, one sentence, how sure, and the role whose cure ends it (None: none does)."""

    cause: str
    rule: str
    reason: str
    confidence: str
    role: str | None = None


Finder = Callable[[Case], "Ruling | None"]


def duplicate_mac(case: Case) -> Ruling | None:
    """Two owners of the destination's MAC: it moves between ports, and mac_collisions judges that."""
    mac, network = case.destination.mac, case.network
    if mac is None or mac not in network.model.disputed():
        return None
    contest = Contest(mac, tuple(network.model.claims[mac]), network.model, tuple(network.sightings.addresses(mac)))
    ruling, _signs = network.judge.ruling(contest)
    if ruling.status != "conflict":
        return None
    return Ruling("duplicate_mac", "moving_mac", f"{mac} moves between ports, because {ruling.reason}: mac_collisions judges that; "
                  "cure the MAC first", ruling.confidence, NEW_MAC)


def asymmetric_return(case: Case) -> Ruling | None:
    """The reply goes on-link, by destination; the request came through a gateway or a director. Switches never hear the client."""
    if case.forwards or case.reply.kind != ON_LINK or case.request.kind not in (GATEWAY, DIRECTOR):
        return None
    request = case.request
    sure = "certain" if request.read or request.director is not None else "high"
    confidence = "medium" if case.reply.doubts else sure
    # Clients of the VIP's own subnet reach the director without a router, and no router's MAC would help them.
    role = POLICY_ROUTE if request.via or request.kind == GATEWAY else TIMERS
    return Ruling("asymmetric_return", "reply_on_link", f"{case.source.name} answers {_client(case)} directly on "
                  f"{case.reply.dev}, by destination, from {case.source.ip}, while the requests come {_way(case)}: "
                  f"the switches towards it never hear the client, forget its MAC, and flood the replies", confidence, role)


def _client(case: Case) -> str:
    if case.clients:
        return f"any client in {case.clients}"
    return case.destination.name if case.destination.ip is None else f"{case.destination.ip} ({case.destination.name})" \
        if case.destination.host else case.destination.ip


def _way(case: Case) -> str:
    request = case.request
    words = [f"through the gateway {request.via}" if request.via else "through a gateway"] if request.via or request.kind == GATEWAY else []
    if request.director is not None:
        how = "in a tunnel" if request.mode == TUNNEL else "by direct routing"
        words.append(f"from the director {place(request.director)} ({how})")
    return " and ".join(words)


def asymmetric_router(case: Case) -> Ruling | None:
    """A router passes packets on to a destination whose own packets go to another router, so its MAC is not heard on this way."""
    claim = case.destination.claim
    routing = case.network.facts.routing.get(claim.host) if claim and claim.owner_kind == "host" else None
    if not case.forwards or routing is None or case.source_ip is None or case.client is None:
        return None
    back = case.way_back(routing)
    if back.kind != VIA or back.via is None or back.doubts:
        return None
    macs = case.network.macs_of.get(back.via, set())
    if not macs or case.source.mac in macs:
        return None
    return Ruling("asymmetric_return", "other_router", f"{case.source.name} ({case.source.mac}) passes packets for "
                  f"{case.destination.ip} on, whose own packets go to another router, {back.via} ({listed(macs)}): the switches "
                  "on this way do not hear it, and forget its MAC", "high", TIMERS)


def router_return(case: Case) -> Ruling | None:
    """A router passes packets on to a destination whose own routes were not read, and the switches do not know it."""
    if case.flood is None or not case.forwards or case.source_ip is None or case.client is None:
        return None
    claim = case.destination.claim
    if claim is not None and claim.owner_kind == "host" and claim.host in case.network.facts.routing:
        return None  # its routes were read, and asymmetric_router looked at them
    return Ruling("asymmetric_return", "router_return", f"{case.source.name} ({case.source.mac}) passes packets for {case.destination.ip} on, and "
                  "the switches on this way do not hear the destination: it answers through another router, or not at all, while the router's ARP "
                  "entry outlives the switches' MAC entry", "medium", TIMERS)


def asymmetric_unread(case: Case) -> Ruling | None:
    """The sender was not read, but its MAC is known for another address, and nobody routes through it: it answers from a VIP."""
    mac = case.source.mac
    if case.routing is not None or mac is None or case.source_ip is None or case.network.is_router(mac):
        return None
    known = set(case.network.seen_at.get(mac, {})) | set(case.source.claim.addresses if case.source.claim else ())
    known = {text for text in known if (":" in text) == (case.source_ip.version == 6) and not text.startswith("fe80:")}
    if not known or case.source.ip in known or case.client is None:
        return None
    return Ruling("asymmetric_return", "reply_from_vip", f"{case.source.name} ({listed(known)}) sends from {case.source.ip}, which "
                  f"neighbours do not know at its MAC, straight to {_client(case)}: it looks like a server that answers from a VIP by "
                  "destination; its own routes were not read", "medium", POLICY_ROUTE)


def undone_by_redirects(case: Case) -> Ruling | None:
    """The reply goes to the gateway, which is on the client's link and may redirect it, and the host believes redirects (seen)."""
    dev, client = case.reply.dev, case.client
    if case.flood is not None or case.reply.kind != VIA or case.routing is None or client is None or not dev:
        return None
    if not _accepts_redirects(case, dev, client.version):
        return None
    return Ruling("asymmetric_return", "undone_by_redirects", f"{case.source.name} sends replies from {case.source.ip} through "
                  f"{case.reply.via}, but believes ICMP redirects on {dev}: one from the gateway, and they go directly to "
                  f"{_client(case)} again", "medium", POLICY_ROUTE)


def _accepts_redirects(case: Case, dev: str, version: int) -> bool:
    """As the kernel sees it: in IPv4 either of `all` and the NIC is enough on a host, a router needs both; in IPv6 only the NIC counts."""
    host, settings = case.source.host or "", case.network.facts.sysctls
    if version == 6:
        return bool(settings.own(host, dev, "accept_redirects", "net.ipv6.conf."))
    values = [settings.own(host, name, "accept_redirects") for name in ("all", dev)]
    return all(values) if host in case.network.model.forwarding else any(values)


def undone_by_link_loss(case: Case) -> Ruling | None:
    """The rule's table has no last-resort refusal: after a link down/up it is empty, and replies fall through to main (seen)."""
    rule, routing, client = case.reply.rule, case.routing, case.client
    if case.flood is not None or case.reply.kind != VIA or rule is None or routing is None or client is None:
        return None
    if rule.source is None or rule.table in (None, "main", "default") or routing.refuses_last(client.version, rule.table or ""):
        return None
    return Ruling("asymmetric_return", "undone_by_link_loss", f"{case.source.name} sends replies from {case.source.ip} by {rule}, and "
                  "that table has no last-resort unreachable route: a link down/up empties it, and they go directly to "
                  f"{_client(case)} again", "medium", POLICY_ROUTE)


def learning_off(case: Case) -> Ruling | None:
    """A bridge in the segment lacks the destination and has a port that does not learn."""
    ports = case.deaf_ports
    if not ports:
        return None
    names = listed(f"{port.name} of {port.bridge} on {port.host}" for port in ports)
    return Ruling("learning_off", "deaf_port", f"learning is off on {names}, and the bridge does not know {case.destination.mac}: "
                  "what comes in there is never learnt", "high" if len(case.not_learning) == 1 else "medium", TIMERS)


def table_overflow(case: Case) -> Ruling | None:
    """A bridge in the segment lacks the destination, and its table is full."""
    full = [bridge for bridge in case.not_learning if bridge.full]
    if not full:
        return None
    names = listed(f"{bridge.name} ({bridge.learned} of {bridge.limit})" for bridge in full)
    return Ruling("table_overflow", "full_table", f"the MAC table is full on {names}: it cannot learn {case.destination.mac}", "high")


def hub(case: Case) -> Ruling | None:
    """A bridge in the segment has ageing 0: it remembers nothing."""
    hubs = [bridge for bridge in case.on_the_way if bridge.ageing == 0]
    if not hubs:
        return None
    return Ruling("ageing_mismatch", "no_memory", f"{listed(bridge.name for bridge in hubs)} remembers no MAC (ageing 0) and floods "
                  "every frame, like a hub", "high", TIMERS)


def topology_change(case: Case) -> Ruling | None:
    """A bridge in the segment lacks the destination while spanning tree tells it to forget fast."""
    changing = [bridge for bridge in case.not_learning if bridge.topology_change]
    if not changing:
        return None
    return Ruling("topology_change", "flushed", f"spanning tree reports a topology change on {listed(bridge.name for bridge in changing)}, "
                  "which makes bridges forget MACs after the forward delay instead of their ageing", "medium")


def cluster_address(case: Case) -> Ruling | None:
    """Microsoft NLB in unicast mode never sends from the cluster's MAC, so that switches flood it: on purpose."""
    if not (case.destination.mac or "").startswith(_NLB):
        return None
    return Ruling("silent_destination", "cluster_address", f"{case.destination.mac} is a cluster address of network load balancing, from "
                  "which nobody ever sends, so that every switch floods it: give the cluster a VLAN of its own, or multicast mode", "high")


def silent_destination(case: Case) -> Ruling | None:
    """The destination is off, or nothing in the segment heard of it for long: no FDB has it, no neighbour entry is fresh."""
    claim, mac = case.destination.claim, case.destination.mac
    if mac is None or case.flood is None or case.knowing:
        return None
    if claim is not None and claim.state not in ("up", "unknown"):
        return Ruling("silent_destination", "not_up", f"{case.destination.name} has {mac} on {claim.interface}, which is {claim.state}: "
                      "nobody answers, and whoever has a lasting ARP entry for it goes on sending", "high")
    seen = case.network.seen_at.get(mac, {})
    if not case.not_learning or not seen or any(seen.values()):
        return None
    return Ruling("silent_destination", "not_heard", f"no FDB in the segment has {mac}, and every neighbour entry for it is old "
                  f"({listed(seen)}): it says nothing", "medium")


def ageing_mismatch(case: Case) -> Ruling | None:
    """ARP entries live longer than MAC table entries, so that frames are sent on after the switches forgot."""
    ageing = case.ageing
    if ageing is None or ageing.verdict() != _ageing.MISMATCH or case.flood is None:
        return None
    arp, mac = ageing.longest_arp, ageing.shortest_mac
    read = arp is not None and mac is not None and _ageing.DEFAULT not in (arp.origin, mac.origin)
    return Ruling("ageing_mismatch", "arp_outlives_mac", f"in segment {ageing.name} {_ageing.reason(ageing)}", "high" if read else "medium",
                  TIMERS)


def unknown(case: Case) -> Ruling:
    """Nothing that was read explains it; what was not read is named."""
    unread = [*case.reply.doubts]
    if case.source.claim is None:
        unread.append(f"who sends from {case.source.mac}")
    elif case.routing is None:
        unread.append(f"the routes of {case.source.name}")
    if not case.bridges:
        unread.append("any switch of the segment")
    if case.destination.claim is None:
        unread.append(f"who has {case.destination.mac}")
    why = f"not observed: {', '.join(unread)}" if unread else "routes, learning, tables and timers that were read look right"
    return Ruling("unknown", "unknown", f"nothing that was read explains why the switches do not know {case.destination.mac} ({why})", "low")


# In this order: what makes the others hopeless to look at, the root before what it brings about, the sure before the likely.
RULES: tuple[Finder, ...] = (
    duplicate_mac, asymmetric_return, asymmetric_router, asymmetric_unread, undone_by_redirects, undone_by_link_loss, cluster_address,
    learning_off, table_overflow, hub, topology_change, silent_destination, ageing_mismatch, router_return,
)


def rulings(case: Case) -> list[Ruling]:
    """What explains CASE, the root cause first; [unknown] for a flood that nothing explains, and nothing for what is right."""
    found = [ruling for ruling in (rule(case) for rule in RULES) if ruling is not None]
    return found or ([unknown(case)] if case.flood is not None else [])
