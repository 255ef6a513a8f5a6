"""Words for a finding about an IP address: owners, evidence, root cause and the step that ends it, each from the
records.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shlex
import typing as t
from collections.abc import Iterable, Iterator

from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import listed
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._sightings import is_of_engine
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._addresses import AddressContest, Answer, Holding
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import Contest, place
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._managers import (
    ENGINE,
    answering,
    fixed_beside,
    guess,
    is_given_out,
    is_of_neutron,
    is_virtual,
    managers_of,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._explain import (
    NEW_MACHINE_ID,
    owner_row,
    representatives,
)

Row = dict[str, t.Any]
_SHOWN = 8
_CHOICES = 3  # commands to choose from, where the data do not tell who is to change
_METADATA = "169.254.169.254"  # of clouds
_WHOLE = 16  # bits of the prefix of IPv4 link-local addresses
_DUID = ", which its DUID is made of, or a copied DUID"
_DUID_FILES = "/var/lib/dhcp/*.leases, /var/lib/dhcpcd/duid, /var/lib/NetworkManager/*lease*"


def holders(contest: AddressContest) -> list[Holding]:
    """One holding an owner, the one that says most: up, on a NIC."""
    chosen = [
        min(held, key=lambda one: (not one.up, not one.wired, one.host_route, one.claim.interface))
        for held in contest.owners.values()
    ]
    return sorted(
        chosen,
        key=lambda holding: (not holding.up, holding.claim.host, holding.claim.guest or "", holding.claim.interface),
    )


def owner_rows(contest: AddressContest) -> list[Row]:
    """The OWNER objects of docs/findings.md: holders first, then known owners of MACs that answer in their stead."""
    rows = [_row(contest, holding.claim, _state(holding)) for holding in holders(contest)]
    for answer in contest.strangers:
        seen = representatives(Contest(answer.mac, answer.claims, contest.model))
        rows += [_row(contest, claim, claim.state) for claim in seen if claim.in_use]
    return rows


def _row(contest: AddressContest, claim: Claim, state: str) -> Row:
    claims = tuple(contest.model.claims.get(claim.mac, ())) if claim.link_type != "loopback" else ()
    return {
        **owner_row(Contest(claim.mac, claims or (claim,), contest.model), claim),
        "state": state,
        "mac": claim.mac or None,
    }


def _state(holding: Holding) -> str:
    if holding.dad_failed:
        return f"{holding.claim.state}, duplicate address detection failed"
    flags = [flag for flag in ("tentative", "deprecated") if flag in holding.flags]
    return ", ".join([holding.claim.state, *flags])


def macs(contest: AddressContest) -> list[str]:
    """All MACs that the address is claimed or seen at."""
    claimed = {holding.claim.mac for holding in contest.holdings if holding.wired and holding.claim.mac}
    return sorted(claimed | {answer.mac for answer in contest.answers})


def evidence(contest: AddressContest) -> Iterator[str]:
    """One observation each, naming the host that made it."""
    rows = holders(contest)
    for holding in rows[:_SHOWN]:
        claim = holding.claim
        whose = f"container {claim.guest}" if claim.owner_kind == "container" else "it"
        at = f" at {claim.mac}" if holding.wired else ""
        yield f"{claim.host}: {whose} has {holding.subnet} on {claim.interface} ({_state(holding)}){at}"
    if len(rows) > _SHOWN:
        yield f"and {len(rows) - _SHOWN} more owners"
    for answer in contest.answers[:_SHOWN]:
        yield _seen(contest, answer)


def _seen(contest: AddressContest, answer: Answer) -> str:
    who = listed(f"{entry.interface} of {entry.host}" for entry in answer.seen)
    lately = "confirmed" if answer.confirmed else "an old entry"
    known = listed(place(claim) for claim in answer.claims if claim.in_use) or "a machine that nobody claims"
    if answer.answered:
        return f"{answer.mac}, which is {known}, answered when {who} asked for {contest.address}"
    return f"the neighbour tables of {who} have {contest.address} at {answer.mac}, which is {known} ({lately})"


def cause(contest: AddressContest) -> tuple[str, str]:
    """(root cause, sentence)."""
    rows = [holding for holding in holders(contest) if holding.wired]
    clones = _clones(contest, rows)
    if clones:
        return "cloned_machine_id", f"{listed(clones)} have the same /etc/machine-id: {_why_clones(rows)}"
    moved = virtual(contest, rows)
    if moved:
        return _cause_of_virtual(contest, rows, moved)
    contained = [holding for holding in rows if is_given_out(holding)]
    inside = managers_of(contest.model, contained)
    if inside and len(rows) > 1:
        return _cause_of_contained(rows, contained, inside)
    return _cause_of_settings(contest, rows)


def _cause_of_contained(rows: list[Holding], contained: list[Holding], inside: list[str]) -> tuple[str, str]:
    """The same where INSIDE gave it to containers: to all that have it, or beside a machine's own."""
    given = f"{listed(place(one.claim) for one in contained)} got it from {listed(inside)}"
    others = listed(place(one.claim) for one in rows if one not in contained)
    if not others:
        return "managed_twice", f"{given}: it was given out, or is active, twice"
    return "managed_twice", f"{given}, and {others} has it besides: it was given out though it is not free"


def _cause_of_settings(contest: AddressContest, rows: list[Holding]) -> tuple[str, str]:
    """The same of addresses that DHCP or people gave, or machines themselves."""
    leased = [holding for holding in rows if "dynamic" in holding.flags]
    if leased and len(rows) > 1:
        return _cause_of_leases(contest, leased, [holding for holding in rows if "dynamic" not in holding.flags])
    if _is_self_assigned(contest, rows):
        return (
            "self_assigned",
            "machines that get no lease choose such an address themselves (RFC 3927), and these chose the same: none"
            " saw the other's probes, or somebody set it by hand",
        )
    if len(rows) > 1:
        return "set_twice", "it was set on all of them by hand or by configuration"
    if _on_tunnels(contest):
        return "set_twice", "it was set on the tunnels of all of them: a tunnel's configuration that was copied"
    return "unknown", "the data does not tell how it came to be"


def _cause_of_leases(contest: AddressContest, leased: list[Holding], others: list[Holding]) -> tuple[str, str]:
    """The same where some or all of several got it by lease; OTHERS did not."""
    if others:
        fixed = listed(place(holding.claim) for holding in others)
        return (
            "static_in_pool",
            f"{listed(place(one.claim) for one in leased)} got it by lease, {fixed} has it set: it lies in the pool",
        )
    return (
        "leased_twice",
        (
            "all got it by lease: they name one client identifier (a clone's"
            f" machine-id{_DUID if contest.ip.version == 6 else ' or DUID'}), two DHCP servers hand out one pool,"
            " or one forgot its leases"
        ),
    )


def _is_self_assigned(contest: AddressContest, rows: list[Holding]) -> bool:
    """Whether it is as machines give it to themselves: of all of 169.254.0.0/16 but its first and last 256 addresses
    (RFC 3927, 2.1). Metadata services and links between routers have some of it that people set.
    """
    ip = contest.ip
    chosen = ip.version == 4 and ip.is_link_local and ip.packed[2] not in (0, 255) and contest.address != _METADATA
    return chosen and len(rows) > 1 and all(holding.prefix == _WHOLE for holding in rows)


def virtual(contest: AddressContest, rows: list[Holding]) -> list[Holding]:
    """Those of ROWS that have it beside an address with a subnet of their own: it can move, and something moves it."""
    if len(rows) < 2:
        return []
    if all(len(fixed_beside(contest.model, holding)) > 1 for holding in rows):
        return rows  # IPv6, and each of them has another one there, whichever came first
    return [holding for holding in rows if is_virtual(contest.model, holding)]


def _cause_of_virtual(contest: AddressContest, rows: list[Holding], moved: list[Holding]) -> tuple[str, str]:
    takers = listed(place(holding.claim) for holding in moved)
    by = _who_manages(contest, moved)
    if len(moved) == len(rows):
        return (
            "vip_on_several",
            (
                f"it is a virtual address (/{moved[0].prefix} beside each host's own), up on {takers} at once: {by} put"
                " it there"
            ),
        )
    own = listed(place(holding.claim) for holding in rows if holding not in moved)
    return (
        "vip_taken",
        (
            f"it is {own}'s own, and {takers} took it as a virtual address (/{moved[0].prefix} beside its own): {by}"
            " put it there"
        ),
    )


def _who_manages(contest: AddressContest, moved: list[Holding]) -> str:
    return " or ".join(managers_of(contest.model, moved)) or guess(moved[0])


def _why_clones(rows: list[Holding]) -> str:
    if any("dynamic" in holding.flags for holding in rows):
        return "DHCP clients that derive their identifier from it get one lease together"
    return (
        "they are clones, and took the files that set the address along (or their DHCP clients, which name the same "
        "identifier, get one lease together)"
    )


def _clones(contest: AddressContest, rows: list[Holding]) -> set[str]:
    hosts: dict[str, set[str]] = {}
    for holding in rows:
        identity = contest.model.identities.get(holding.claim.host)
        if holding.claim.owner_kind == "host" and identity and identity.machine_id:
            hosts.setdefault(identity.machine_id, set()).add(holding.claim.host)
    return next((names for names in hosts.values() if len(names) > 1), set())


def fix(contest: AddressContest, root_cause: str) -> str:
    """The command, or the step, that ends it: where something manages the address, there first."""
    rows = [holding for holding in holders(contest) if holding.wired]
    if len(rows) < 2:
        ends = _on_tunnels(contest)
        return _fix_tunnels(ends) if ends else ask(contest)
    if root_cause == "cloned_machine_id":
        hosts = sorted({holding.claim.host for holding in rows})
        own = "" if any("dynamic" in holding.flags for holding in rows) else (
            "give it an address of its own in the files of its network manager, where one sets it; and, so that DHCP "
            "tells them apart, ")
        clones = " or ".join(hosts[:_SHOWN])
        return f"on each clone but the original ({clones}): {own}{NEW_MACHINE_ID}; then {_flush(contest)}"
    if root_cause in ("vip_on_several", "vip_taken"):
        return _fix_virtual(contest, virtual(contest, rows), root_cause)
    return _FIX_OF_CAUSE.get(root_cause, _fix_set)(contest, rows)


def _fix_virtual(contest: AddressContest, moved: list[Holding], root_cause: str) -> str:
    """Deleting it does not last: its manager puts it back."""
    steps = "; ".join(
        f"on {holding.claim.host}: ip address del {shlex.quote(holding.subnet)} dev"
        f" {shlex.quote(holding.claim.interface)}"
        for holding in moved[:_SHOWN]
    )
    by = _who_manages(contest, moved)
    if root_cause == "vip_taken":
        return (
            f"take {contest.address} out of {by}, which puts it back otherwise; then, where it stays, {steps}; then"
            f" {_flush(contest)}"
        )
    return (
        f"see in {by} which of {listed(holding.claim.host for holding in moved)} is to have it, and why the other holds"
        " on to it (it puts back what is deleted); where it stays on the one that is not to have it,"
        f" {' or '.join(steps.split('; '))}; then {_flush(contest)}"
    )


def _fix_managed(contest: AddressContest, rows: list[Holding]) -> str:
    """A container gets another address where it got this one; a machine that has it besides keeps its own."""
    contained = [holding for holding in rows if is_given_out(holding)]
    by = " or ".join(managers_of(contest.model, contained))
    who = listed(place(holding.claim) for holding in contained)
    if contained == rows:
        ports = is_of_neutron(contest.model, [holding.claim for holding in contained])
        alone = f"have one of {who} alone serve it" if ports else f"give all but one of {who} another address"
        return f"{alone}, in {by}; then {_flush(contest)}"
    return (
        f"give {who} another address, and keep {contest.address} out of what is given out, in {by}; then"
        f" {_flush(contest)}"
    )


def _fix_leases(contest: AddressContest, rows: list[Holding]) -> str:
    hosts = " or ".join(place(holding.claim) for holding in rows[:_SHOWN])
    return (
        "compare what identifies the clients in the DHCP server's leases: where it is one for all, give each clone"
        f" ({hosts}) its own: {NEW_MACHINE_ID} (and remove {_DUID_FILES}); where there are two servers, give each its"
        " own pool. Then renew the lease: an address that is only deleted comes back with the renewal; then"
        f" {_flush(contest)}"
    )


def _fix_pool(contest: AddressContest, rows: list[Holding]) -> str:
    fixed = listed(place(holding.claim) for holding in rows if "dynamic" not in holding.flags)
    leased = listed(place(holding.claim) for holding in rows if "dynamic" in holding.flags)
    return (
        f"take {contest.address} out of the DHCP server's pool, or reserve it for {fixed}, and renew the lease of"
        f" {leased}; or set another address on {fixed}, outside of the pool; then {_flush(contest)}"
    )


def _fix_self_assigned(contest: AddressContest, rows: list[Holding]) -> str:
    hosts = listed(place(holding.claim) for holding in rows[:_SHOWN])
    return (
        f"find out why {hosts} get no lease (DHCP server, relay, VLAN): with one they give it up; where they are to do"
        " without, have all but one choose anew: their network managers do when the link is taken down and up (cuts"
        f" what uses it); then {_flush(contest)}"
    )


def _fix_set(contest: AddressContest, rows: list[Holding]) -> str:
    """Set by hand, as far as anything tells."""
    movable = _to_change(rows, {answer.mac for answer in contest.answers})
    steps = [_remove(holding) for holding in movable[:_CHOICES]]
    free = (
        "give it a free one, and the same in the configuration of its network manager (or the one that manages its"
        " address)"
    )
    if len(movable) == 1:
        return f"on {steps[0]} (cuts what uses it), {free}; then {_flush(contest)}"
    return (
        f"on the intruder alone, which the data do not tell: on {' or on '.join(steps)} (cuts what uses it), {free};"
        f" then {_flush(contest)}"
    )


_FIX_OF_CAUSE: dict[str, t.Callable[[AddressContest, list[Holding]], str]] = {
    "managed_twice": _fix_managed,
    "leased_twice": _fix_leases,
    "static_in_pool": _fix_pool,
    "self_assigned": _fix_self_assigned,
}


def _flush(contest: AddressContest) -> str:
    """Neighbours keep the old MAC until they ask again."""
    ip = "ip" if contest.ip.version == 4 else "ip -6"
    return f"on its neighbours: {ip} neigh flush to {contest.address}"


def _to_change(rows: list[Holding], seen: set[str]) -> list[Holding]:
    """Whose address is to change: off before up, container before host, one that no neighbour knows before one they do;
    several where nothing tells.
    """
    def weight(one: Holding) -> tuple[bool, ...]:
        return (
            one.up,
            "dynamic" in one.flags,
            one.claim.owner_kind != "container",
            "secondary" not in one.flags,
            one.claim.mac in seen,
        )

    least = min(map(weight, rows))
    return [holding for holding in rows if weight(holding) == least]


def _remove(holding: Holding) -> str:
    claim = holding.claim
    inside = f" in container {claim.guest}" if claim.owner_kind == "container" else ""
    return f"{claim.host}{inside}: ip address del {shlex.quote(holding.subnet)} dev {shlex.quote(claim.interface)}"


def silence(vips: Iterable[Holding]) -> str:
    """Keep real servers of a load balancer from answering for its VIP (and from announcing it)."""
    return (
        f"on {listed(holding.claim.host for holding in vips)}: sysctl -w net.ipv4.conf.all.arp_ignore=1 "
        "net.ipv4.conf.all.arp_announce=2, and the same in /etc/sysctl.d"
    )


def ask(contest: AddressContest) -> str:
    """How to see from one of the hosts who answers, and what is known of those who may."""
    seen = sorted((entry.host, entry.interface) for answer in contest.answers for entry in answer.seen)
    host, interface = seen[0] if seen else ("another host of the segment", "INTERFACE")
    device = shlex.quote(interface)
    words = (
        f"arping -c 3 -I {device} {contest.address}"
        if contest.ip.version == 4
        else f"ndisc6 -m {contest.address} {device}"
    )
    look = f"see who answers, on {host}: {words}"
    if any(is_of_engine(contest.address, answer.mac) for answer in contest.strangers):
        return f"{look}; {_in_engine(contest)}"
    names = _may_manage(contest)
    software = f" (it may be an address of {' or '.join(names)}: see there who is to have it)" if names else ""
    if not contest.owners and contest.strangers and all(_is_read_host(answer) for answer in contest.strangers):
        return f"{look}; {_by_software(contest)}{software}"
    return (
        f"{look}; look the MACs up on the switches, and give the one that has it without right another"
        f" address{software}"
    )


def _in_engine(contest: AddressContest) -> str:
    """A container has it, on a host that was not read whole: its MAC is made of the address."""
    keeps = listed(place(holding.claim) for holding in holders(contest))
    whose = f", which {keeps} has," if keeps else ""
    return (
        "a container engine made the MAC of the address, so find the container (docker ps, docker network inspect),"
        f" give it another address, and keep {contest.address}{whose} out of what is given out, in {ENGINE}; then"
        f" {_flush(contest)}"
    )


def _is_read_host(answer: Answer) -> bool:
    return bool(answer.claims) and all(claim.owner_kind == "host" for claim in answer.claims)


def _by_software(contest: AddressContest) -> str:
    """Machines that were read answer, though none of their interfaces has it."""
    who = listed(dict.fromkeys(place(claim) for answer in contest.strangers for claim in answer.claims if claim.in_use))
    return (
        f"no interface of {who} has it, so software there answers for it (MetalLB, Cilium or another load balancer of "
        "Kubernetes: kubectl get services -A; proxy_arp; a container with the host's MAC): there, have one alone answer"
    )


def _may_manage(contest: AddressContest) -> list[str]:
    """Words for the software that is known, or may be taken, to move it, where it is up, or to answer for addresses,
    where it is seen.
    """
    moved = [holding for holding in holders(contest) if holding.wired and is_virtual(contest.model, holding)]
    seen = (claim.host for answer in contest.answers for claim in answer.claims)
    known = [*managers_of(contest.model, moved), *answering(contest.model, seen)]
    return list(dict.fromkeys(known or [guess(one) for one in moved[:1]]))


def _on_tunnels(contest: AddressContest) -> list[Holding]:
    """Those that have it up on tunnels, if they are several, and nobody has it on a wire: no ARP asks for it."""
    rows = [holding for holding in holders(contest) if holding.up]
    ends = [holding for holding in rows if not holding.wired and holding.claim.link_type != "loopback"
            and holding.claim.kind not in ("dummy", "vrf")]
    return ends if len(ends) == len(rows) > 1 else []


def _fix_tunnels(ends: list[Holding]) -> str:
    where = listed(f"{holding.claim.interface} on {place(holding.claim)}" for holding in ends)
    return (
        f"compare the configuration of {where}: where one was copied, give it an address and a key (a certificate) of"
        " its own, and tell its peers (WireGuard: AllowedIPs); tunnels that have no peer in common do each other no"
        " harm"
    )
