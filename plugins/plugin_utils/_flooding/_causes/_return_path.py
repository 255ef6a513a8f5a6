"""Causes on the way back: replies that go on-link or to another router, and cures of that which do not last."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import listed
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._case import (
    DIRECTOR,
    GATEWAY,
    TUNNEL,
    Case,
    counted_sources,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._causes._ruling import (
    POLICY_ROUTE,
    TIMERS,
    Ruling,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._flooding._return_path import ON_LINK, VIA
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import place


def asymmetric_return(case: Case) -> Ruling | None:
    """The reply goes on-link, by destination; the request came through a gateway or a director. Switches never hear the
    client.
    """
    if case.forwards or case.reply.kind != ON_LINK or case.request.kind not in (GATEWAY, DIRECTOR):
        return None
    request = case.request
    sure = "certain" if request.read or request.director is not None else "high"
    confidence = "medium" if case.reply.doubts else sure
    # Clients of the VIP's own subnet reach the director without a router, and no router's MAC would help them.
    role = POLICY_ROUTE if request.via or request.kind == GATEWAY else TIMERS
    return Ruling(
        "asymmetric_return",
        "reply_on_link",
        f"{case.source.name} answers {_client(case)} directly on "
        f"{case.reply.dev}, by destination, from {case.source.ip}, while the requests come {_way(case)}: "
        f"the switches towards it never hear the client, forget its MAC, and flood the replies",
        confidence,
        role,
    )


def _client(case: Case) -> str:
    if case.clients:
        return f"any client in {case.clients}"
    return (
        case.destination.name
        if case.destination.ip is None
        else f"{case.destination.ip} ({case.destination.name})"
        if case.destination.host
        else case.destination.ip
    )


def _way(case: Case) -> str:
    request = case.request
    words = (
        [f"through the gateway {request.via}" if request.via else "through a gateway"]
        if request.via or request.kind == GATEWAY
        else []
    )
    if request.director is not None:
        how = "in a tunnel" if request.mode == TUNNEL else "by direct routing"
        words.append(f"from the director {place(request.director)} ({how})")
    return " and ".join(words)


def asymmetric_router(case: Case) -> Ruling | None:
    """A router passes packets on to a destination whose own packets go to another router, so its MAC is not heard on
    this way.
    """
    if not case.forwards or case.source_ip is None or case.client is None:
        return None
    other = _other_way(case)
    if not other:
        return None
    return Ruling(
        "asymmetric_return",
        "other_router",
        f"{case.source.name} ({case.source.mac}) passes packets for "
        f"{case.destination.ip} on, whose own packets go to another router, {other.removeprefix('to ')}: the switches "
        "on this way do not hear it, and forget its MAC",
        "high",
        TIMERS,
    )


def router_return(case: Case) -> Ruling | None:
    """A router passes packets on to a destination whose own routes were not read, and the switches do not know it."""
    if case.flood is None or not case.forwards or case.source_ip is None or case.client is None:
        return None
    claim = case.destination.claim
    if claim is not None and claim.owner_kind == "host" and claim.host in case.network.facts.routing:
        return None  # its routes were read, and asymmetric_router looked at them
    return Ruling(
        "asymmetric_return",
        "router_return",
        f"{case.source.name} ({case.source.mac}) passes packets for {case.destination.ip} on, and the switches on this"
        " way do not hear the destination: it answers through another router, or not at all, while the router's ARP"
        " entry outlives the switches' MAC entry",
        "medium",
        TIMERS,
    )


def asymmetric_unread(case: Case) -> Ruling | None:
    """The sender was not read, and nobody routes through it: it answers from a VIP, or is a router. What is known are
    other addresses of its MAC, or that the destination's own packets to it go to another one.
    """
    mac, ip = case.source.mac, case.source.ip
    if case.routing is not None or mac is None or None in (case.source_ip, case.client):
        return None
    known, other = _known_otherwise(case), _other_way(case)
    if case.network.is_router(mac) or ip in known or not (known or other):
        return None
    called = listed(known) or case.source.host
    who = f"{called} ({mac})" if called else mac
    way = f", whose own packets to it go {other}" if other else ""
    sources, what = _sent_from(case)
    return Ruling(
        "asymmetric_return",
        "reply_from_vip",
        f"{who} sends from {sources}, which neighbours do not know at its MAC, straight to {_client(case)}{way}:"
        f" {what}; its own routes were not read",
        "medium",
        TIMERS if case.is_unread else POLICY_ROUTE,
    )


def _sent_from(case: Case) -> tuple[str, str]:
    """The addresses that an unread sender sends from, and what it may be."""
    if not case.is_unread:
        return str(case.source.ip), "it looks like a server that answers from a VIP by destination"
    remote = case.flood.remote if case.flood else ()
    what = "it is a router, or a server that answers from a VIP by destination: nobody here has that address"
    return counted_sources(remote) if remote else str(case.source.ip), what


def _known_otherwise(case: Case) -> set[str]:
    """The addresses, of the flood's family, that neighbours have at the sender's MAC, or that its NIC claims."""
    claimed = case.source.claim.addresses if case.source.claim else ()
    is_ipv6 = case.source_ip is not None and case.source_ip.version == 6
    texts = {*case.network.seen_at.get(case.source.mac or "", {}), *claimed}
    return {text for text in texts if (":" in text) == is_ipv6 and not text.startswith("fe80:")}


def _other_way(case: Case) -> str:
    """Where the destination's own packets to the source go, if its routes were read and that is another MAC than the
    sender's; empty otherwise.
    """
    claim = case.destination.claim
    routing = case.network.facts.routing.get(claim.host) if claim and claim.owner_kind == "host" else None
    back = case.way_back(routing) if routing is not None else None
    if back is None or back.kind != VIA or back.via is None or back.doubts:
        return ""
    macs = case.network.macs_of.get(back.via, set())
    return f"to {back.via} ({listed(macs)})" if macs and case.source.mac not in macs else ""


def undone_by_redirects(case: Case) -> Ruling | None:
    """The reply goes to the gateway, which is on the client's link and may redirect it, and the host believes redirects
    (seen).
    """
    dev, client = case.reply.dev, case.client
    if case.flood is not None or case.reply.kind != VIA or case.routing is None or client is None or not dev:
        return None
    if not _accepts_redirects(case, dev, client.version):
        return None
    return Ruling(
        "asymmetric_return",
        "undone_by_redirects",
        f"{case.source.name} sends replies from {case.source.ip} through "
        f"{case.reply.via}, but believes ICMP redirects on {dev}: one from the gateway, and they go directly to "
        f"{_client(case)} again",
        "medium",
        POLICY_ROUTE,
    )


def _accepts_redirects(case: Case, dev: str, version: int) -> bool:
    """As the kernel sees it: in IPv4 either of `all` and the NIC is enough on a host, a router needs both; in IPv6 only
    the NIC counts.
    """
    host, settings = case.source.host or "", case.network.facts.sysctls
    if version == 6:
        return bool(settings.own(host, dev, "accept_redirects", "net.ipv6.conf."))
    values = [settings.own(host, name, "accept_redirects") for name in ("all", dev)]
    return all(values) if host in case.network.model.forwarding else any(values)


def undone_by_link_loss(case: Case) -> Ruling | None:
    """The rule's table has no last-resort refusal: after a link down/up it is empty, and replies fall through to main
    (seen).
    """
    rule, routing, client = case.reply.rule, case.routing, case.client
    if case.flood is not None or case.reply.kind != VIA or rule is None or routing is None or client is None:
        return None
    if (
        rule.source is None
        or rule.table in (None, "main", "default")
        or routing.refuses_last(client.version, rule.table or "")
    ):
        return None
    return Ruling(
        "asymmetric_return",
        "undone_by_link_loss",
        f"{case.source.name} sends replies from {case.source.ip} by {rule}, and "
        "that table has no last-resort unreachable route: a link down/up empties it, and they go directly to "
        f"{_client(case)} again",
        "medium",
        POLICY_ROUTE,
    )
