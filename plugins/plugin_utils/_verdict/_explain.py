"""Words for a finding: owners, evidence, root cause and the step that ends it, each from the records, never from guesses."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shlex
import typing as t
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import ip_interface

from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._model import Claim, Model
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._sightings import Learned, Neighbour
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._topology import name_of
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import propose
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._sharing import Contest, held_addresses

Row = dict[str, t.Any]
_SHOWN = 8
NEW_MACHINE_ID = "rm /etc/machine-id /var/lib/dbus/machine-id; systemd-machine-id-setup; reboot"


def place(claim: Claim) -> str:
    """Who and where, as people say it."""
    if claim.owner_kind == "guest":
        return f"guest {claim.guest} on {claim.host}"
    if claim.owner_kind == "container":
        return f"container {claim.guest} on {claim.host}"
    return f"{claim.guest} on {claim.host}" if claim.owner_kind == "tap" else claim.host


def listed(values: Iterable[object]) -> str:
    """VALUES as a readable list, sorted, cut after six."""
    names = sorted({str(value) for value in values})
    shown = " and ".join(names) if len(names) < 3 else ", ".join(names[:6])
    return shown if len(names) <= 6 else f"{shown} and {len(names) - 6} more"


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


def _telling(claim: Claim) -> tuple[bool, bool, bool, str]:
    return (claim.in_use, bool(claim.addresses), claim.bridge is None, claim.interface)


def _without_repeats(contest: Contest, rows: list[Claim]) -> list[Claim]:
    """Drop the inside view of a guest or container that its hypervisor's view shows already."""
    guests = {contest.model.owner_of(claim) for claim in rows if claim.owner_kind in ("guest", "container", "tap")}
    return [claim for claim in rows if claim.owner_kind != "host" or contest.model.owner_of(claim) not in guests]


def owner_row(contest: Contest, claim: Claim) -> Row:
    """The OWNER object of docs/findings.md."""
    owner = contest.model.owner_of(claim)
    inside = [other for other in contest.claims if contest.model.owner_of(other) == owner]
    addresses = {address for other in (inside if claim.owner_kind in ("guest", "tap") else [claim]) for address in other.addresses}
    identity = contest.model.identities.get(claim.host) if claim.owner_kind == "host" else None
    row: Row = {
        "host": claim.host,
        "guest": claim.guest,
        "interface": claim.interface,
        "addresses": sorted(addresses, key=lambda address: (":" in address, address)),
        "state": claim.state if claim.in_use else f"{claim.state}, address not in use now",
        "kind": claim.owner_kind,
        "uuid": claim.uuid,
        "machine_id": identity.machine_id if identity else None,
        "bridge": claim.bridge,
        "segment": segment_name(contest.model, claim.point),
        "permanent": None if claim.owner_kind == "guest" else _is_permanent(claim),
        "details": _details(claim),
    }
    return {name: value for name, value in row.items() if value is not None or name in ("guest", "uuid", "permanent")}


def _details(claim: Claim) -> str:
    """What the other columns do not say: where a guest's NIC hangs, what a host's interface is."""
    if claim.owner_kind in ("guest", "tap"):
        return f"on {claim.bridge}" if claim.bridge else ""
    if claim.permanent_mac and claim.permanent_mac != claim.mac:
        return f"the NIC's own address is {claim.permanent_mac}"
    return claim.kind or ""


def _is_permanent(claim: Claim) -> bool | None:
    if claim.permanent_mac:
        return claim.permanent_mac == claim.mac
    return None if claim.assign_type is None else claim.assign_type == 0


def segment_name(model: Model, point: int) -> str:
    """The operator's name of POINT's segment, else its most common subnet, else the point itself."""
    root = model.segments.find(point)
    for name, declared in model.declared.items():
        if model.segments.find(declared) == root:
            return name
    subnets = _subnets(model, root)
    return subnets.most_common(1)[0][0] if subnets else model.segments.label(point)


def _subnets(model: Model, root: int) -> Counter[str]:
    """Subnets of the addresses claimed in the segment ROOT, counted; link-local ones say nothing."""
    if not model.subnets:
        find = model.segments.find
        for claim in model.all_claims():
            if claim.addresses:
                model.subnets.setdefault(find(claim.point), []).append(claim)
    found: Counter[str] = Counter()
    for claim in model.subnets.get(root, ())[:200]:
        for address, prefix in zip(claim.addresses, claim.prefixes, strict=True):
            network = None if prefix is None else _network(address, prefix)
            if network:
                found[network] += 1
    return found


@lru_cache(maxsize=4096)
def _network(address: str, prefix: int) -> str:
    """The subnet of an address; empty if it is link-local or broken. Findings of one segment ask for the same ones."""
    if address.startswith(("fe80:", "169.254.")):
        return ""
    try:
        return str(ip_interface(f"{address}/{prefix}").network)
    except ValueError:
        return ""


def claims_evidence(rows: list[Claim]) -> Iterator[str]:
    """One sentence a claim."""
    for claim in rows[:_SHOWN]:
        if claim.owner_kind in ("guest", "tap"):
            where = f" on {claim.bridge}" if claim.bridge else ""
            yield f"{claim.host}: {claim.guest} has it on {claim.interface}{where} ({claim.state}){_uuid(claim)}"
        else:
            whose = f"container {claim.guest}" if claim.owner_kind == "container" else "it"
            addresses = f" with {', '.join(claim.addresses)}" if claim.addresses else ""
            yield f"{claim.host}: {whose} has it on {claim.interface} ({claim.state}){addresses}"
    if len(rows) > _SHOWN:
        yield f"and {len(rows) - _SHOWN} more claims"


def _uuid(claim: Claim) -> str:
    return f", UUID {claim.uuid}" if claim.uuid else ""


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


_QEMU_DEFAULT = "52:54:00:12:34:"  # net/net.c of QEMU: 52:54:00:12:34:56 and counting


def cause(contest: Contest, rows: list[Claim]) -> tuple[str, str]:
    """(root cause, sentence)."""
    if contest.mac.startswith(_QEMU_DEFAULT):
        return "unknown", "QEMU gives it to NICs that are started without an address of their own: give each guest one in its definition"
    cloned = _cloned_machine(contest, rows)
    if cloned:
        return "cloned_machine_id", (
            f"{cloned} have the same /etc/machine-id: they are clones, and systemd derives such addresses from it"
        )
    guests = [claim for claim in rows if claim.owner_kind == "guest"]
    if any(not claim.in_use for claim in guests):
        return "live_differs_from_persistent", "a guest's live and persistent definitions have different addresses"
    if len({claim.uuid for claim in guests}) > 1:
        return "cloned_definition", "two libvirt definitions carry one address: one was copied from the other by hand"
    if len({claim.guest for claim in guests}) > 1:
        return "cloned_definition", "one libvirt definition was copied under another name, and kept its UUID"
    if len({claim.host for claim in guests}) > 1:
        return "unknown", "one domain on several hypervisors: it migrates, was defined on both, or was started on both"
    if len(guests) > 1:
        return "copied_mac", "one guest has the address twice"
    copied = [claim for claim in rows if _is_permanent(claim) is False and claim.owner_kind == "host"]
    if copied:
        names = ", ".join(f"{claim.interface} on {claim.host}" for claim in copied)
        return "copied_mac", f"the address was set by hand or by configuration, not by the maker, on {names}"
    return "unknown", "the data does not tell how it came to be"


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
    """The command, or the step, that ends it: the playbook where it plans such findings, and what to do by hand; a command is a line."""
    if not rows:
        return f"find out what answers: arping -c 3 -I INTERFACE {contest.seen[0]}" if contest.seen else "look at it by hand"
    if root_cause == "cloned_machine_id":
        clone = rows[-1].host
        return f"on {clone}:\n{NEW_MACHINE_ID}"
    claim = _to_change(rows)
    if claim.owner_kind == "tap":
        return f"on {claim.host}: find the guest that owns {claim.interface} (gather guests as root) and give it a new address"
    if claim.owner_kind == "container":
        return f"on {claim.host}: give {claim.interface} of container {shlex.quote(claim.guest or '')} another address where it is defined"
    by_hand = _fix_guest(contest, claim) if claim.owner_kind == "guest" else _fix_host(contest, claim)
    if len(rows) < 2:
        others = [address for address in contest.seen if address not in held_addresses(contest)]
        who = f" that answers for {listed(others)}" if others else ""
        return f"find the other machine{who}: the switches know the ports of {contest.mac}\nor {by_hand}"
    which = "" if status == "conflict" else f""" -e '{{"fix_statuses": ["{status}"]}}'"""
    return f"{_PLAYBOOK}{which}\nor by hand {by_hand}"


def fix_running_twice(rows: list[Claim]) -> str | None:
    """The step for one domain on two hypervisors, None where its names differ: then a copied definition kept the UUID."""
    guests = [claim for claim in rows if claim.owner_kind == "guest" and claim.up]
    if len({claim.guest for claim in guests}) != 1:
        return None
    name = shlex.quote(guests[0].guest or "")
    return (f"on {listed(claim.host for claim in guests)}:\nvirsh domstate {name}\n"
            "where it runs on both, shut it down on one at once: two that write to one disk destroy it")


def _to_change(rows: list[Claim]) -> Claim:
    """The owner that is easiest to renumber: off before running, guest before host, copy before original."""
    order = {"guest": 0, "container": 1, "tap": 2, "host": 3}
    return min(
        rows,
        key=lambda claim: (
            claim.in_use, claim.up, order[claim.owner_kind], _is_permanent(claim) is True, _later(claim.uuid), claim.host
        ),
    )


def _later(uuid: str | None) -> str:
    """Sort key that puts the later UUID first, so that the choice is the same at every run."""
    return "".join("%02x" % (255 - ord(char) % 256) for char in uuid or "")


def _fix_guest(contest: Contest, claim: Claim) -> str:
    name = shlex.quote(claim.guest or "")
    new = propose(f"{claim.uuid}/{claim.interface}", contest.model.claims)
    power = "" if claim.state == "shut off" else f"\nthen power {name} off and on again (a reboot inside keeps the old address)"
    return (
        f"on {claim.host}:\nvirsh dumpxml --inactive --security-info {name} > nic.xml && "
        f"sed -i 's/{contest.mac}/{new}/I' nic.xml && virsh define nic.xml{power}"
    )


def _fix_host(contest: Contest, claim: Claim) -> str:
    new = claim.permanent_mac
    if not new or new == contest.mac:
        new = propose(f"{claim.owner}/{claim.interface}", contest.model.claims, "02:00:00")
    return (
        f"on {claim.host}, and the same in the configuration of its network manager (it cuts the link for a moment):\n"
        f"ip link set dev {shlex.quote(claim.interface)} address {new}"
    )
