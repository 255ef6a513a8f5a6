"""Words for a finding: owners, evidence, root cause and the step that ends it, each from the records, never from
guesses.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shlex
import typing as t
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisors import presence_in
from ansible_collections.netops.layer2.plugins.module_utils._links import guest_of_port
from ansible_collections.netops.layer2.plugins.module_utils._mac import is_made_of
from ansible_collections.netops.layer2.plugins.plugin_utils._common._text import listed
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Managed, Model
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._observation import Lease
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._own_macs import OwnMac
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import network_of
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._sightings import Learned, Neighbour, is_of_engine
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._topology import name_of
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisor import Change, word
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisors import hypervisor, steps
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import LOCAL_PREFIX, propose
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._contest import (
    Contest,
    held_addresses,
    place,
    seen_from_outside,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._rules._managers import answering, defined_by, is_of_neutron
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._hypervisors import hypervisor_of

Row = dict[str, t.Any]
_SHOWN = 8
_CHOICES = 3  # commands to choose from, where the data do not tell who is to change
NEW_MACHINE_ID = "rm /etc/machine-id /var/lib/dbus/machine-id; systemd-machine-id-setup; reboot"


# Every VirtualBox and QEMU has the first behind its NAT, every libvirt the second, every Docker the third: machines in
# them seldom meet.
_NAT_SUBNETS = frozenset(("10.0.2.0/24", "192.168.122.0/24", "172.17.0.0/16"))
HOW_TO_PROVE = "a scan from one of them proves it: detect_dup_mac with scan; or name it with layer2_segment"
PROVE_BY_SCAN = "ansible-playbook netops.layer2.detect_dup_mac -e detect_scan=true"


def common_subnet(claims: Iterable[Claim]) -> str:
    """A subnet in which several hosts of CLAIMS, which lead outside, have an address; empty if there is none."""
    hosts: dict[str, set[str]] = {}
    for claim in claims:
        for address, prefix in zip(claim.addresses, claim.prefixes, strict=True):
            length = 128 if ":" in address else 32
            network = _network(address, prefix) if claim.external and prefix not in (None, length) else ""
            if network and network not in _NAT_SUBNETS:
                hosts.setdefault(network, set()).add(claim.owner)
    return min((network for network, owners in hosts.items() if len(owners) > 1), default="")


def representatives(contest: Contest) -> list[Claim]:
    """One claim an owner and segment, the one that says most: in use, with addresses, top of its stack."""
    chosen: dict[tuple[str, str, int], Claim] = {}
    for claim in contest.claims:
        # A guest that is an inventory host too is shown where it runs.
        side = "" if claim.owner_kind == "host" else claim.interface
        key = (contest.model.owner_of(claim) + side, claim.host, contest.model.segments.find(claim.point))
        best = chosen.get(key)
        if best is None or _telling(claim) > _telling(best):
            chosen[key] = claim
    rows = sorted(chosen.values(), key=lambda claim: (not claim.up, claim.host, claim.guest or "", claim.interface))
    return _without_repeats(contest, rows)


def _telling(claim: Claim) -> tuple[bool, bool, bool, bool, str]:
    # What a manager says of its container names the tool that changes it; the view from inside does not.
    return (claim.in_use, claim.managed is not None, bool(claim.addresses), claim.bridge is None, claim.interface)


def _without_repeats(contest: Contest, rows: list[Claim]) -> list[Claim]:
    """Drop the inside view of a guest or container that its hypervisor's view shows already."""
    guests = {contest.model.owner_of(claim) for claim in rows if claim.owner_kind in ("guest", "container", "tap")}
    rows = seen_from_outside(contest.model, rows)
    return [claim for claim in rows if claim.owner_kind != "host" or contest.model.owner_of(claim) not in guests]


def owner_row(contest: Contest, claim: Claim) -> Row:
    """The OWNER object of docs/findings.md."""
    identity = contest.model.identities.get(claim.host) if claim.owner_kind == "host" else None
    set_on = _set_on(contest, claim)
    row: Row = {
        "host": claim.host,
        "guest": claim.guest,
        "interface": claim.interface,
        "addresses": sorted(_addresses_of(contest, claim), key=lambda address: (":" in address, address)),
        "state": claim.state if claim.in_use else f"{claim.state}, address not in use now",
        "kind": claim.owner_kind,
        "uuid": claim.uuid,
        "hypervisor": claim.hypervisor,
        "id": claim.managed.id if claim.managed else None,
        "node": claim.managed.node if claim.managed else None,
        "machine_id": identity.machine_id if identity else None,
        "bridge": claim.bridge,
        "segment": segment_name(contest.model, claim.point),
        "permanent": None if claim.owner_kind == "guest" else ownership(contest, claim),
        "own_mac": _own_mac(contest, claim),
        "set_on": set_on if set_on != claim.interface else None,
        "details": _details(claim),
    }
    return {name: value for name, value in row.items() if value is not None or name in ("guest", "uuid", "permanent")}


def _addresses_of(contest: Contest, claim: Claim) -> set[str]:
    """Addresses of CLAIM; of a guest those that its own system tells, where it was read."""
    if claim.owner_kind not in ("guest", "tap"):
        return set(claim.addresses)
    owner = contest.model.owner_of(claim)
    return {
        address for other in contest.claims if contest.model.owner_of(other) == owner for address in other.addresses
    }


def _details(claim: Claim) -> str:
    """What the other columns do not say: where a guest's NIC hangs, what a host's interface is."""
    if claim.owner_kind in ("guest", "tap"):
        managed = claim.managed
        words = [f"id {managed.id}" if managed and managed.id else "", f"on {claim.bridge}" if claim.bridge else "",
                 f"of node {managed.node}" if managed and managed.node else ""]
        return " ".join(filter(None, words))
    if claim.permanent_mac and claim.permanent_mac != claim.mac:
        return f"the NIC's own address is {claim.permanent_mac}"
    return claim.kind or ""


_MADE_BY_SOFTWARE = frozenset(("bond", "bridge", "dummy", "macvlan", "team"))  # no maker gave them a MAC


def _is_permanent(claim: Claim) -> bool | None:
    if claim.permanent_mac:
        return claim.permanent_mac == claim.mac
    if claim.assign_type is None:
        return False if claim.kind in _MADE_BY_SOFTWARE and claim.owner_kind == "host" else None
    return claim.assign_type == 0


def ownership(contest: Contest, claim: Claim) -> bool | None:
    """Whether the MAC is the own, permanent one of a NIC of CLAIM's owner; False where all of its NICs have others;
    None where nobody knows.

    `ip address` shows a permanent address only where it differs, so a plain NIC that tells none may have the MAC by
    right.
    """
    owner = contest.model.owner_of(claim)
    mine = [
        other
        for other in contest.claims
        if other.owner_kind in ("host", "container") and contest.model.owner_of(other) == owner
    ]
    told = {_is_permanent(other) for other in mine if other.kind in (None, "dsa") or other.permanent_mac}
    if not told:
        return _is_permanent(claim) if claim.owner_kind in ("host", "container") else None
    return True if True in told else None if None in told else False


def segment_name(model: Model, point: int) -> str:
    """The operator's name of POINT's segment, else its most common subnet, else the point itself."""
    root = model.segments.find(point)
    for name, declared in model.declared.items():
        if model.segments.find(declared) == root:
            return name
    subnets = _subnets(model, root)
    if subnets:
        return subnets.most_common(1)[0][0]
    network = next((known for known in model.networks.values() if model.segments.find(known) == root), point)
    return model.segments.label(network)


def _subnets(model: Model, root: int) -> Counter[str]:
    """Subnets of the addresses claimed in the segment ROOT, counted; link-local ones and those that stand alone say
    nothing.
    """
    if not model.subnets:
        find = model.segments.find
        for claim in model.all_claims():
            if claim.addresses:
                model.subnets.setdefault(find(claim.point), []).append(claim)
    found: Counter[str] = Counter()
    for claim in model.subnets.get(root, ())[:200]:
        for address, prefix in zip(claim.addresses, claim.prefixes, strict=True):
            alone = prefix in (None, 128 if ":" in address else 32)
            network = "" if alone else _network(address, t.cast(int, prefix))
            if network:
                found[network] += 1
    return found


@lru_cache(maxsize=4096)
def _network(address: str, prefix: int) -> str:
    """The subnet of an address; empty if it is link-local or broken. Findings of one segment ask for the same ones."""
    if address.startswith(("fe80:", "169.254.")):
        return ""
    return str(network_of(address, prefix) or "")


def claims_evidence(rows: list[Claim]) -> Iterator[str]:
    """One sentence a claim."""
    for claim in rows[:_SHOWN]:
        if claim.owner_kind in ("guest", "tap"):
            where = f" on {claim.bridge}" if claim.bridge else ""
            node = f" of node {claim.managed.node}" if claim.managed and claim.managed.node else ""
            nic = f"{claim.interface}{where} ({claim.state})"
            yield f"{claim.host}: {claim.guest}{node} has it on {nic}{_known_as(claim)}"
        else:
            whose = f"container {claim.guest}" if claim.owner_kind == "container" else "it"
            addresses = f" with {', '.join(claim.addresses)}" if claim.addresses else ""
            yield f"{claim.host}: {whose} has it on {claim.interface} ({claim.state}){addresses}"
    if len(rows) > _SHOWN:
        yield f"and {len(rows) - _SHOWN} more claims"


def _known_as(claim: Claim) -> str:
    managed = claim.managed
    if claim.uuid or not managed or not managed.id:
        return f", UUID {claim.uuid}" if claim.uuid else ""
    return f", id {managed.id}" + (f", SMBIOS UUID {managed.product_uuid}" if managed.product_uuid else "")


def neighbour_evidence(entries: list[Neighbour]) -> Iterator[str]:
    """Who has which addresses behind the MAC, one sentence an observer."""
    seen: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        seen.setdefault((entry.host, entry.interface), []).append(entry.address)
    observers = sorted(seen.items(), key=lambda item: (-len(set(item[1])), item[0]))
    for (host, interface), addresses in observers[:_SHOWN]:
        yield f"{host}: the neighbour table of {interface} has {' and '.join(sorted(set(addresses)))} behind it"
    if len(observers) > _SHOWN:
        yield f"and {len(observers) - _SHOWN} more hosts have it in their neighbour tables"


def learned_evidence(entries: list[Learned]) -> Iterator[str]:
    """On which ports bridges have learnt it."""
    for entry in entries[:_SHOWN]:
        vlan = f" in VLAN {entry.vlan}" if entry.vlan != "-" else ""
        yield f"{entry.host}: the FDB of {name_of((entry.netns, entry.bridge))} has it on port {entry.port}{vlan}"


def lease_evidence(leases: Iterable[Lease]) -> Iterator[str]:
    """Which addresses DHCP servers gave to it, and whether the clients say which machine they are."""
    for lease in list(dict.fromkeys(leases))[:_SHOWN]:
        who = f"machine {shortened(lease.machine, 60)}" if lease.machine else "a client that names no machine"
        yield f"{lease.host}: leased {lease.address} to it, {'held' if lease.is_held else 'no longer held'}, by {who}"


def records_evidence(records: Iterable[Claim]) -> Iterator[str]:
    """Whom registers name for the MAC, beside those that have it."""
    for claim in list(records)[:_SHOWN]:
        yield f"{claim.host}: records it for {shortened(claim.guest, 256)}, {claim.interface}"


_QEMU_DEFAULT = "52:54:00:12:34:"  # net/net.c of QEMU: 52:54:00:12:34:56 and counting


def cause(contest: Contest, rows: list[Claim]) -> tuple[str, str]:
    """(root cause, sentence)."""
    if contest.mac.startswith(_QEMU_DEFAULT):
        return (
            "unknown",
            (
                "QEMU gives it to NICs that are started without an address of their own: give each guest one in its"
                " definition"
            ),
        )
    cloned = _cloned_machine(contest, rows)
    if cloned:
        return "cloned_machine_id", (
            f"{cloned} have the same /etc/machine-id: they are clones, and systemd derives such addresses from it"
        )
    if given_by_address(rows):
        return (
            "address_given_twice",
            (
                "the address is the cause, and the MAC follows from it: container engines make it of 02:42 and the"
                " address, which was given twice"
            ),
        )
    if rows and is_of_neutron(contest.model, rows):
        return "managed_twice", (
            "Neutron made the port, and gave it its MAC: it is active on several nodes, or was left over on one")
    if any(claim.recorded for claim in rows):
        return "unknown", "a record contradicts what was read, or another record"
    guests = [claim for claim in rows if claim.owner_kind == "guest"]
    return _cause_of_guests(guests) or _cause_of_hosts(contest, rows)


def _cause_of_guests(guests: list[Claim]) -> tuple[str, str] | None:
    """The same where the definitions of guests tell; one guest with one NIC tells nothing."""
    if any(not claim.in_use for claim in guests):
        return "live_differs_from_persistent", "a guest's live and persistent definitions have different addresses"
    if len({claim.owner for claim in guests}) > 1:
        return "cloned_definition", _copied(guests)
    if len({claim.guest for claim in guests}) > 1:
        return "cloned_definition", f"one {_kind_of(guests)}definition was copied under another name, and kept its UUID"
    if len({claim.host for claim in guests}) > 1:
        return "unknown", "one domain on several hypervisors: it migrates, was defined on both, or was started on both"
    if len(guests) > 1:
        return "copied_mac", "one guest has the address twice"
    return None


def _cause_of_hosts(contest: Contest, rows: list[Claim]) -> tuple[str, str]:
    copied = [claim for claim in rows if ownership(contest, claim) is False and claim.owner_kind == "host"]
    if copied:
        names = ", ".join(f"{claim.interface} on {claim.host}" for claim in copied)
        return "copied_mac", f"the address was set by hand or by configuration, not by the maker, on {names}"
    return "unknown", "the data does not tell how it came to be"


def _copied(guests: list[Claim]) -> str:
    uuids = {claim.product_uuid for claim in guests}
    if guests[0].uuid is None and len(uuids) == 1 and None not in uuids:
        return (
            "one guest was restored or copied with its MAC and its SMBIOS UUID: a restore that makes new ones asks for"
            " it (--unique)"
        )
    return f"two {_kind_of(guests)}definitions carry one address: one was copied from the other by hand"


def _kind_of(guests: list[Claim]) -> str:
    """The name of the hypervisor, and a space, where it is one."""
    kinds = {claim.hypervisor or "libvirt" for claim in guests}
    return f"{'libvirt' if kinds == {'libvirt'} else hypervisor(guests[0].hypervisor).name} " if len(kinds) == 1 else ""


def given_by_address(rows: Iterable[Claim]) -> bool:
    """Whether the MAC of ROWS is made of an IPv4 address that they have, as container engines do."""
    return any(is_of_engine(address, claim.mac) for claim in rows for address in claim.addresses)


def _cloned_machine(contest: Contest, rows: list[Claim]) -> str:
    hosts: dict[str, set[str]] = {}
    for claim in rows:
        identity = contest.model.identities.get(claim.host)
        if claim.owner_kind == "host" and identity and identity.machine_id and _is_permanent(claim) is not True:
            hosts.setdefault(identity.machine_id, set()).add(claim.host)
    clones = [names for names in hosts.values() if len(names) > 1]
    return " and ".join(sorted(clones[0])) if clones else ""


_PLAYBOOK = "ansible-playbook netops.layer2.fix_dup_mac"


def fix(contest: Contest, rows: list[Claim], root_cause: str, status: str) -> str:
    """The command, or the step, that ends it: the playbook where it plans such findings, and what to do by hand; a
    command is a line.
    """
    if not rows:
        return _find_out(contest)
    if root_cause in _FIX_OF_CAUSE:
        return _FIX_OF_CAUSE[root_cause](contest, rows)
    rows = _without_views(contest, rows)
    movable = _to_change(contest, rows)
    by_hand = _by_hand(contest, movable, rows)
    if movable[0].owner_kind not in ("guest", "host") or all(_is_of_vpn(claim) for claim in movable):
        return by_hand
    if any(claim.recorded for claim in rows):
        return _fix_records(contest, rows)
    if len(rows) < 2:
        return _fix_alone(contest, rows[0], by_hand)
    if not any(_can_be_carried_out(claim) for claim in movable):
        return by_hand
    first = _hypervisor_first(contest, movable)
    which = "" if status == "conflict" else f""" -e '{{"fix_statuses": ["{status}"]}}'"""
    return f"{first}{_PLAYBOOK}{which}\nor by hand {by_hand}"


def _can_be_carried_out(claim: Claim) -> bool:
    """Whether the playbook gives another MAC to the NIC of CLAIM, a host's or a guest's; on no node that was not read.
    """
    is_elsewhere = claim.managed is not None and claim.managed.node is not None
    return claim.owner_kind != "guest" or (bool(hypervisor(claim.hypervisor).executor) and not is_elsewhere)


def _find_out(contest: Contest) -> str:
    """Nobody who claims it is known."""
    leased = sorted({lease.address for lease in contest.model.leases.get(contest.mac, ()) if lease.is_held})
    if not contest.seen and leased:
        return (
            f"log in to {listed(leased)} and compare (hostname, machine-id): of two machines give the copy a new MAC"
            " where it is defined; of one that was installed anew the older lease ends by itself"
        )
    if not contest.seen:
        return f"find out who has {contest.mac}: the switches know its port"
    return f"find out what answers: arping -c 3 -I INTERFACE {shlex.quote(contest.seen[0])}"


def _fix_alone(contest: Contest, claim: Claim, by_hand: str) -> str:
    """Only one who claims it is known, and another uses it; the known one changes only where it may be the copy."""
    others = [address for address in contest.seen if address not in held_addresses(contest)]
    who = f" that answers for {listed(others)}" if others else ""
    find = f"find the other machine{who}: the switches know the ports of {contest.mac}"
    if _own_mac(contest, claim):
        return f"{by_hand}\nthen {find}"
    software = _may_answer(contest, others)
    if claim.owner_kind == "host" and ownership(contest, claim) and hypervisor_of(contest.model, claim) is None:
        keeps = f"give that one another MAC, since on {claim.host} it is the NIC's own, permanent one"
        return f"{find}; {keeps}{software}"
    return f"{find}{software}\nor, where {place(claim)} is the copy, {_hypervisor_first(contest, [claim])}{by_hand}"


def _may_answer(contest: Contest, others: list[str]) -> str:
    """Whose addresses OTHERS may be, where software on those who claim the MAC answers for what no interface holds."""
    names = answering(contest.model, (claim.host for claim in contest.claims if claim.owner_kind == "host"))
    if not names or not others:
        return ""
    return f" (no other machine is needed where {' or '.join(names)} gave it {listed(others)})"


def _fix_records(contest: Contest, rows: list[Claim]) -> str:
    """Look which of both is right, before anything is changed."""
    recorded = [claim for claim in rows if claim.recorded]
    found = listed(place(claim) for claim in rows if not claim.recorded)
    names = " and ".join(sorted(f"{shortened(claim.guest, 256)} ({claim.interface})" for claim in recorded[:_SHOWN]))
    where = f", which {found} has" if found else ""
    return (
        f"look whether {names} really has {contest.mac}{where}: where it has not, correct the record in "
        f"{listed(claim.host for claim in recorded)}; where it has, read it too (in the inventory, or from its manager)"
    )


def _fix_clones(_contest: Contest, rows: list[Claim]) -> str:
    hosts = sorted({claim.host for claim in rows if claim.owner_kind == "host"})
    return f"on each clone but the original ({' or '.join(hosts[:_SHOWN])}):\n{NEW_MACHINE_ID}"


def _fix_given(_contest: Contest, rows: list[Claim]) -> str:
    addresses = listed(address for claim in rows for address in claim.addresses if is_of_engine(address, claim.mac))
    return (
        f"give one of {listed(place(claim) for claim in rows)} another address than {addresses} where the container"
        " engine manages it (--ip, ipv4_address, --ip-range of networks that share a segment), and start it again: the"
        " MAC follows from the address"
    )


def _fix_port(contest: Contest, rows: list[Claim]) -> str:
    """A new MAC ends nothing: Neutron puts its own back."""
    names = listed(place(claim) for claim in rows)
    return (f"leave the MAC, and have one of {names} alone serve the port (openstack port list --mac-address "
            f"{contest.mac}; openstack network agent list --router ROUTER; of a highly available router both active: "
            "look why its keepalived, in /var/lib/neutron/ha_confs, does not hear the other's VRRP); "
            "remove what an agent left over with neutron-netns-cleanup on that node")


# Root causes whose fix is not another MAC.
_FIX_OF_CAUSE: dict[str, t.Callable[[Contest, list[Claim]], str]] = {
    "cloned_machine_id": _fix_clones,
    "address_given_twice": _fix_given,
    "managed_twice": _fix_port,
}


def _by_hand(contest: Contest, movable: list[Claim], rows: list[Claim]) -> str:
    """Commands for the one of ROWS that is to change; where the data do not tell which, for each, to choose from.

    Where somebody else keeps the MAC, all of MOVABLE change.
    """
    if len(movable) == 1:
        return _step(contest, movable[0])
    if len({claim.owner for claim in movable}) == 1 and movable[0].owner_kind == "guest":
        return f"on one of its NICs, {_step(contest, movable[0])}"
    if len({*map(contest.model.owner_of, movable)}) < len({*map(contest.model.owner_of, rows)}):
        shown = [_step(contest, claim) for claim in movable[:_SHOWN]]
        more = f"\nand likewise for {len(movable) - _SHOWN} more" if len(movable) > _SHOWN else ""
        return "each of them: " + "\nand ".join(shown) + more
    steps = "\nor ".join(_step(contest, claim) for claim in movable[:_CHOICES])
    names = listed(place(claim) for claim in movable)
    return (
        f"on the copy alone; the data do not tell which of {names} that is (fix_keep names the one that keeps"
        f" it):\n{steps}"
    )


def _step(contest: Contest, claim: Claim) -> str:
    if claim.owner_kind == "tap":
        return (
            f"on {claim.host}: find the guest that owns {claim.interface} (gather guests as root) and give it a new"
            " address"
        )
    if claim.owner_kind == "container":
        return (
            f"on {claim.host}: give {claim.interface} of container {shlex.quote(claim.guest or '')} another MAC where"
            f" it is defined{defined_by(contest.model, claim)}"
        )
    return _fix_guest(contest, claim) if claim.owner_kind == "guest" else _fix_host(contest, claim)


def _hypervisor_first(contest: Contest, movable: list[Claim]) -> str:
    """Where a new MAC is set outside of the virtual machine; one that goes back to its own, permanent MAC needs nothing
    there.
    """
    lines: dict[str, list[Claim]] = {}
    words = {}
    for claim in movable:
        found = hypervisor_of(contest.model, claim) if _own_mac(contest, claim) is None else None
        if found is not None:
            lines.setdefault(found.name, []).append(claim)
            words[found.name] = found
    return "".join(
        f"in {name} first, for {' or '.join(place(claim) for claim in claims[:_SHOWN])}: {words[name].place};"
        f" {words[name].inside}\n"
        for name, claims in lines.items()
    )


def fix_two_nics(contest: Contest, rivals: list[Claim]) -> str:
    """Two NICs of one machine: the one whose permanent MAC differs goes back to it; else any of them may change."""
    claim = next((one for one in rivals if one.permanent_mac and one.permanent_mac != contest.mac), rivals[-1])
    apart = "or put them into one bond or bridge, or each into a segment of its own"
    return f"{_fix_host(contest, claim)}\n{apart}"


def fix_behind_ports(ports: Iterable[Learned]) -> str:
    """Two guests of which only the hypervisors' ports are known."""
    return (
        f"look at the guests behind {listed(port_words(entry) for entry in ports)}: where both run with this MAC, give"
        " one a new MAC in its hypervisor and power it off and on; gather the guests (as root, or from the"
        " hypervisors' manager) to have them judged by name"
    )


def port_words(entry: Learned) -> str:
    """A port of a hypervisor's bridge, with what its name tells of the guest."""
    guest = guest_of_port(entry.port)
    return f"{entry.port} of {name_of((entry.netns, entry.bridge))} on {entry.host}{f' ({guest})' if guest else ''}"


def fix_running_twice(rows: list[Claim]) -> str | None:
    """The step for one domain on two hypervisors, None where its names differ: then a copied definition kept the UUID.
    """
    guests = [claim for claim in rows if claim.owner_kind == "guest" and claim.up]
    if len({claim.guest for claim in guests}) != 1:
        return None
    asked = hypervisor(guests[0].hypervisor)
    known = guests[0].managed.id if guests[0].managed else None
    name = word(known or guests[0].guest or "", word(guests[0].uuid or "", "NAME"))
    look = f"{asked.runs.format(name)}\n" if asked.runs else ""
    return (f"on {listed(claim.host for claim in guests)}:\n{look}"
            "where it runs on both, shut it down on one at once: two that write to one disk destroy it")


def _to_change(contest: Contest, rows: list[Claim]) -> list[Claim]:
    """Whose address is to change: a borrowed one before an owned one, guest before host, off before running; several
    where nothing tells.

    ``renumber_plan`` weighs the same in the same order, and more besides.
    """
    order = {"guest": 0, "container": 1, "tap": 1, "host": 2}
    owned = {False: 0, None: 1, True: 2}

    def weight(claim: Claim) -> tuple[t.Any, ...]:
        forwards = claim.owner_kind == "host" and claim.host in contest.model.forwarding
        return (
            owned[None if claim.owner_kind == "guest" else ownership(contest, claim)],
            forwards,
            order[claim.owner_kind],
            claim.in_use,
            claim.up,
        )

    least = min(map(weight, rows))
    found = [claim for claim in rows if weight(claim) == least]
    return _once_a_place(contest, found)


def _without_views(contest: Contest, rows: list[Claim]) -> list[Claim]:
    """ROWS without guests and taps where more virtual machines of the inventory have the MAC: each of those guests is
    one of these machines, and nothing tells which.
    """
    outside = [claim for claim in rows if claim.owner_kind in ("guest", "tap")]
    machines = [claim for claim in rows if claim not in outside and hypervisor_of(contest.model, claim) is not None]
    return machines if outside and len(machines) > len(outside) and len(machines) + len(outside) == len(rows) else rows


def _once_a_place(contest: Contest, claims: list[Claim]) -> list[Claim]:
    """The first of CLAIMS of each interface that a MAC is set on: what is stacked on it follows."""
    places: dict[tuple[str, str], Claim] = {}
    for claim in claims:
        places.setdefault((claim.owner, _set_on(contest, claim)), claim)
    return list(places.values())


def _is_of_vpn(claim: Claim) -> bool:
    """Whether a VPN made the NIC and gives it its MAC."""
    return claim.owner_kind == "host" and claim.kind == "tun"


def _fix_guest(contest: Contest, claim: Claim) -> str:
    known, managed = hypervisor(claim.hypervisor), claim.managed or Managed(None)
    new = propose(f"{claim.uuid or claim.owner}/{claim.interface}", contest.model.claims, known.pool or LOCAL_PREFIX)
    texts = (claim.guest, managed.id, claim.uuid, managed.kind, managed.nic, managed.definition, managed.network)
    nics = sum(other.owner == claim.owner for other in contest.claims)
    change = Change._make((contest.mac, new, *(text or "" for text in texts), nics > 1))
    is_off = not presence_in(claim.state, claim.hypervisor).active
    power = "" if is_off or not known.power else f"\n{known.power.format(word(claim.guest or '', 'the guest'))}"
    where = f"node {managed.node}" if managed.node else claim.host
    return "\n".join([f"on {where}:", *steps(claim.hypervisor, change)]) + power


def _set_on(contest: Contest, claim: Claim) -> str:
    """The interface on which the MAC of CLAIM is set, its own one or the one that it follows."""
    own = _origin(contest, claim)
    return own.interface if own else claim.interface


def _origin(contest: Contest, claim: Claim) -> OwnMac | None:
    is_host = claim.owner_kind == "host"
    return contest.model.topologies[claim.host].own_macs.get(("", claim.interface)) if is_host else None


def _own_mac(contest: Contest, claim: Claim) -> str | None:
    """The MAC that the NIC of CLAIM can go back to; None where it has it, or another uses it."""
    own = _origin(contest, claim)
    if own is None or own.mac in (None, contest.mac):
        return None
    owners = {contest.model.owner_of(other) for other in contest.model.claims.get(own.mac or "", ())}
    # Neighbours that have it at an address of the NIC's host remember the NIC; at another, they tell of somebody.
    strange = contest.model.tables.addresses_of(own.mac or "") - set(_host_addresses(contest, claim))
    if any(not is_made_of(address, own.mac or "") for address in strange):
        return None
    return own.mac if owners <= {contest.model.owner_of(claim)} else None


def _host_addresses(contest: Contest, claim: Claim) -> Iterator[str]:
    """All addresses of the host of CLAIM."""
    for interface in contest.model.topologies[claim.host].interfaces.values():
        for address in interface.addresses:
            yield address.address


def _fix_host(contest: Contest, claim: Claim) -> str:
    own, interface = _own_mac(contest, claim), _set_on(contest, claim)
    if _is_of_vpn(claim):
        return _fix_vpn(claim)
    if own:
        return (
            f"on {claim.host}, whose NIC goes back to its own, permanent address: take {contest.mac} out of the"
            " configuration of its network manager (it cuts the link for a moment):\nip link set dev"
            f" {shlex.quote(interface)} address {own}"
        )
    virtual = hypervisor_of(contest.model, claim)
    pool = (virtual.pool if virtual else "") or LOCAL_PREFIX
    new = propose(f"{claim.owner}/{interface}", contest.model.claims, pool)
    return (
        f"on {claim.host}, and the same in the configuration of its network manager (it cuts the link for a moment):\n"
        f"ip link set dev {shlex.quote(interface)} address {new}"
    )


def _fix_vpn(claim: Claim) -> str:
    """What makes a tap sets its MAC at each start: clones took its key or its configuration along."""
    if claim.interface.startswith("zt"):
        return (
            f"on {claim.host}: ZeroTier makes the MAC of {claim.interface} from the node's key: stop zerotier-one, "
            "remove /var/lib/zerotier-one/identity.secret and identity.public, start it, and authorise the new node"
        )
    return (f"on {claim.host}: give {claim.interface} another MAC where the VPN that made it sets it (OpenVPN: lladdr, "
            "tinc: its tinc-up, n2n: -m, SoftEther: a virtual adapter of its own), and a key of its own to a clone")
