"""The plan: from findings to changes. Who keeps the address and why, who gets which new one, and what must still be
true then.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisors import presence
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.plugin_utils._alphabets import unsound
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import Fields, ReportError
from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import objects_in, rows_in
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._known import macs_in
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import (
    Document,
    Fleet,
    SnapshotError,
    open_snapshot,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisor import (
    Change,
    Hypervisor,
    word,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisors import hypervisor, steps
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._libvirt import LIBVIRT
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened, type_name
from ansible_collections.netops.layer2.plugins.plugin_utils._plan_digest import sealed
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import (
    LOCAL_PREFIX,
    Allocator,
    PoolError,
    read_pool,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._guest import key_of, named
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._uses import Wish, known_on

SCHEMA = "netops.layer2/plan"
VERSION = 1
_LATEST = 1e12  # seconds since 1970; nothing is defined later
Row = dict[str, t.Any]


class PlanError(ValueError):
    """A plan, a finding or a choice of the operator that cannot be used: names it and the way out."""


@dataclass(frozen=True, slots=True)
class Owner:
    """One owner of a contested address, with all that speaks for keeping it."""

    row: Row
    host: Document | None
    guest: Row | None
    nic: Row | None

    @property
    def name(self) -> str:
        """Who it is, as the report says it."""
        kind, guest = self.row.get("kind"), self.row.get("guest")
        number = f" ({shortened(self.row['id'], 256)})" if self.row.get("id") else ""
        where = self.row.get("node") or self.row["host"]
        return f"{kind} {shortened(guest, 256)}{number} on {where}" if guest else str(where)

    @property
    def key(self) -> str:
        """What the seed of the new address is bound to: the machine, not the place where it runs."""
        if self.guest is not None and self.guest.get("id"):
            return key_of(self.guest, str(self.row["host"]))
        return str(self.row.get("uuid") or f"{self.row['host']}/{self.row.get('id') or self.row.get('guest') or ''}")

    @property
    def is_guest(self) -> bool:
        return self.row.get("kind") == "guest"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the fleet tells beside the findings: snapshots by host, uses of an address, reservations."""

    documents: dict[str, Document] = field(default_factory=dict)
    sightings: dict[str, int] = field(default_factory=dict)  # "address mac" -> hosts that have it as neighbour
    reserved: dict[str, set[str]] = field(default_factory=dict)  # MAC -> names and addresses in DHCP reservations


def read_facts(data: object) -> Facts:
    """Facts of DATA (hostvars, list of snapshots, cache directory); broken snapshots are left out, the verdict named
    them.
    """
    facts = Facts()
    for source in Fleet(data):
        try:
            document = open_snapshot(source)
        except SnapshotError:
            continue
        facts.documents[document["host"]] = document
        _note_sightings(facts, document)
        for entry in objects_in(document.get("dhcp_reservations")):
            names = {str(entry[name]) for name in ("name", "address") if entry.get(name)}
            facts.reserved.setdefault(str(entry.get("mac")), set()).update(names)
    return facts


def _note_sightings(facts: Facts, document: Document) -> None:
    for row in rows_in(document.get("neighbors")):
        parts = row.split(" ")
        if len(parts) == 6:
            pair = f"{parts[2]} {parts[3]}"
            facts.sightings[pair] = facts.sightings.get(pair, 0) + 1


# Why an owner keeps the address: (how much it speaks for it, in words). The first that tells two owners apart decides.
Reason = tuple[t.Callable[[Owner, str, Facts], t.Any], str]


def _is_router(owner: Owner, _mac: str, _facts: Facts) -> bool:
    sysctls = (owner.host or {}).get("sysctls")
    forwards = isinstance(sysctls, dict) and str(sysctls.get("net.ipv4.ip_forward")) == "1"
    return not owner.is_guest and owner.row.get("kind") == "host" and forwards


def _owns(owner: Owner, _mac: str, _facts: Facts) -> bool:
    """Whoever made the address, a maker or a hypervisor: a NIC whose permanent MAC it is has it by right."""
    return owner.row.get("permanent") is True


def _has_not_borrowed(owner: Owner, _mac: str, _facts: Facts) -> bool:
    return owner.row.get("permanent") is not False


def _not_movable(owner: Owner, _mac: str, _facts: Facts) -> int:
    return {"host": 2, "tap": 1, "container": 1}.get(str(owner.row.get("kind")), 0)


def _is_not_begun(owner: Owner, mac: str, _facts: Facts) -> bool:
    """A definition that has another address already was changed by a run that did not finish, or waits for a power
    cycle.
    """
    return not owner.is_guest or (owner.nic or {}).get("persistent_mac") in (None, mac)


def _is_up(owner: Owner, _mac: str, _facts: Facts) -> bool:
    return owner.row.get("state") == "up"


def _is_reserved(owner: Owner, mac: str, facts: Facts) -> bool:
    names = {str(owner.row.get("guest") or owner.row["host"]), *map(str, owner.row.get("addresses") or ())}
    return bool(names & facts.reserved.get(mac, set()))


def _age(owner: Owner, _mac: str, _facts: Facts) -> float:
    defined = (owner.guest or {}).get("defined")
    return -float(defined) if isinstance(defined, (int, float)) and 0 < defined < _LATEST else 0.0


def _use(owner: Owner, mac: str, facts: Facts) -> int:
    return sum(facts.sightings.get(f"{address} {mac}", 0) for address in owner.row.get("addresses") or ())


def _pins(owner: Owner, mac: str, _facts: Facts) -> int:
    """Files on the host that name the address, which a copy came by; a NIC that has it by right needs none."""
    if owner.is_guest:
        return 0
    return -len(
        [pin for pin in objects_in((owner.host or {}).get("pins")) if pin.get("mac") == mac and pin.get("file")]
    )


REASONS: tuple[Reason, ...] = (
    (_owns, "the address is its NIC's own, permanent one"),
    (_has_not_borrowed, "the others' NICs were given the address, which is not their own"),
    (_is_router, "it is a router, and everybody knows its address"),
    (_not_movable, "it is a machine, and a guest is easier to change"),
    (_is_not_begun, "the others' definitions have new addresses already"),
    (_is_up, "it is up, and the others are not"),
    (_is_reserved, "a DHCP reservation gives it this address"),
    (_age, "its definition is the older one, the others are copies"),
    (_use, "more neighbours use the address with it"),
    (_pins, "files on the others set the address, as copied configuration does"),
)


PLANNED = ("conflict", "latent", "suspected")
_TEXTS = (
    "host", "guest", "uuid", "kind", "state", "interface", "hypervisor", "id", "node", "own_mac", "set_on")


def make_plan(
    findings: Iterable[object],
    facts: Facts,
    allocators: tuple[Allocator, Allocator],
    keep: Mapping[str, object] | None = None,
    statuses: Iterable[str] = ("conflict",),  # or one as text
) -> Row:
    """Plan changes for FINDINGS (docs/findings.md) whose status is in STATUSES.

    ALLOCATORS give addresses to guests and to hosts' own interfaces. KEEP maps a MAC to the owner that is to keep it
    (guest name, UUID or host). Findings that cannot be planned are listed under ``refused`` with the reason.
    """
    wanted, kept = _read_statuses(statuses), _read_keep(keep or {})
    plan: Row = {"schema": SCHEMA, "version": VERSION, "changes": [], "refused": []}
    chosen = []
    for finding in findings:
        if not isinstance(finding, Mapping) or not {"mac", "status", "owners"} <= set(finding):
            raise PlanError(
                f"findings: {shortened(finding, 60)} is no finding; give verdict.findings of mac_collisions"
            )
        _check_finding(finding)
        if finding["status"] in wanted and not finding.get("exception"):
            chosen.append(finding)
    used = known_on(set(_own_macs(chosen)), facts.documents)
    for finding in chosen:
        _plan_finding(plan, _without_used(finding, used), facts, allocators, kept)
    plan["summary"] = {"changes": len(plan["changes"]), "refused": len(plan["refused"])}
    return sealed(plan)


def _own_macs(findings: Iterable[Mapping[str, t.Any]]) -> Iterator[Wish]:
    """The MACs that NICs of FINDINGS may go back to."""
    for finding in findings:
        for row in finding["owners"]:
            if row.get("own_mac"):
                yield _own_mac(row)


def _own_mac(row: Row) -> Wish:
    return (canonical(row["own_mac"]), str(row["host"]))


def _without_used(finding: Mapping[str, t.Any], used: Container[Wish]) -> Mapping[str, t.Any]:
    """FINDING, but without own MACs that are USED by somebody else: such a NIC gets a new one."""
    owners = [
        {name: value for name, value in row.items() if name != "own_mac"}
        if row.get("own_mac") and _own_mac(row) in used
        else row
        for row in finding["owners"]
    ]
    return {**finding, "owners": owners}


def _check_finding(finding: Mapping[str, t.Any]) -> None:
    """What the plan needs of a finding is of its kind; PlanError otherwise."""
    fields = Fields(finding, f"findings: {shortened(finding.get('id'), 40)}")
    try:
        for name in ("mac", "status", "id", "cause"):
            fields.text(name)
        canonical(finding["mac"])
        if finding["owners"] is None:
            raise ReportError(f"{fields.where}.owners: is null")
        fields.texts("seen_with")
        for owner in fields.objects("owners"):
            for name in _TEXTS:
                owner.text(name)
            if owner.has("own_mac"):
                canonical(owner.text("own_mac"))
            owner.texts("addresses")
            if not owner.has("host"):
                raise ReportError(f"{owner.where}.host: is missing")
    except MacError as error:
        raise PlanError(f"{fields.where}.mac: {error}; give verdict.findings of mac_collisions") from None
    except ReportError as error:
        raise PlanError(f"{error}; give verdict.findings of mac_collisions") from None


def _read_statuses(statuses: object) -> set[str]:
    """The statuses to plan; one alone may be a plain text, as `-e` hands it over."""
    several = isinstance(statuses, (list, tuple, set, frozenset))
    wanted = list(t.cast("list[object]", statuses)) if several else [statuses]
    unknown = sorted(str(status) for status in wanted if not isinstance(status, str) or status not in PLANNED)
    if unknown:
        raise PlanError(f"statuses: {shortened(unknown[0], 40)} cannot be planned; give a list of {', '.join(PLANNED)}")
    return set(t.cast("list[str]", wanted))


def _read_keep(keep: object) -> dict[str, str]:
    if not isinstance(keep, Mapping):
        raise PlanError(f"keep: {type_name(keep)} instead of MAC: OWNER; write it as {{'52:54:00:00:00:01': 'web30'}}")
    try:
        return {canonical(mac): str(owner) for mac, owner in keep.items()}
    except MacError as error:
        raise PlanError(f"keep: {error}; write MAC: OWNER") from None


def _plan_finding(
    plan: Row, finding: Mapping[str, t.Any], facts: Facts, allocators: tuple[Allocator, Allocator], keep: dict[str, str]
) -> None:
    mac = str(finding["mac"])
    rows = [_owner(row, mac, facts) for row in finding["owners"]]
    owners = _without_followers(_without_replicas(rows))
    if len(owners) < 2:
        plan["refused"].append({"finding": finding.get("id"), "mac": mac, "reason": _too_few(rows)})
        return
    kept = _keeper(owners, mac, facts, keep.get(mac))
    if kept is None:
        plan["refused"].append({"finding": finding.get("id"), "mac": mac, "reason": _undecided(owners, mac)})
        return
    keeper, why = kept
    for owner in owners:
        if owner is not keeper:
            change = _sound(_change(owner, finding, mac, facts, allocators), owner)
            if isinstance(change, str):
                plan["refused"].append({"finding": finding.get("id"), "mac": mac, "reason": change})
            else:
                plan["changes"].append(
                    {
                        **change,
                        "kept_by": keeper.name,
                        "kept_on": keeper.row["host"],
                        "reason": f"{keeper.name} keeps it: {why}",
                    }
                )


def _sound(change: Row | str, owner: Owner) -> Row | str:
    """CHANGE, or why there is none: what its host tells becomes arguments of modules that run as root."""
    problems = [] if isinstance(change, str) else list(unsound(change))
    return f"{owner.name}: {problems[0]}; look at what tells so on {owner.row['host']}" if problems else change


def _without_replicas(owners: list[Owner]) -> list[Owner]:
    """OWNERS, but a domain that several hypervisors define only where it is up: the same change goes to all of them."""
    places: dict[str, str] = {}
    for owner in sorted(owners, key=lambda owner: owner.row.get("state") != "up"):
        places.setdefault(owner.key, str(owner.row["host"]))
    return [owner for owner in owners if places[owner.key] == owner.row["host"]]


def _without_followers(owners: list[Owner]) -> list[Owner]:
    """OWNERS, but each interface of a host that a MAC is set on only once: what is stacked on it follows."""
    places: dict[object, Owner] = {}
    for owner in owners:
        places.setdefault((owner.key, _set_on(owner)) if owner.row.get("kind") == "host" else id(owner), owner)
    return list(places.values())


def _too_few(owners: list[Owner]) -> str:
    if len(owners) > 1:
        hosts = " and ".join(str(owner.row["host"]) for owner in owners)
        return (
            f"it is one domain, {owners[0].row.get('guest')}, on {hosts}: it must not run on both. Shut one off, and"
            " undefine it there"
        )
    known = owners[0].name if owners else "none"
    return f"only {len(owners)} owner is known ({known}): find the other first (gather more hosts, or scan the segment)"


def _owner(row: Row, mac: str, facts: Facts) -> Owner:
    document = facts.documents.get(str(row["host"]))
    guest = next((one for one in objects_in((document or {}).get("guests")) if _is_guest_of(row, one)), None)
    nics = [nic for nic in objects_in((guest or {}).get("nics")) if mac in macs_in(nic)]
    named = [nic for nic in nics if row.get("interface") in (nic.get("alias"), nic.get("tap"), nic.get("address"))]
    return Owner(row, document, guest, next(iter(named or nics), None))


def _is_guest_of(row: Row, guest: Row) -> bool:
    """Whether GUEST, of a snapshot, is the owner in ROW: by its UUID, or where its manager has ids, by that."""
    if row.get("id"):
        return all(guest.get(name) == row.get(name) for name in ("id", "hypervisor", "node"))
    return bool(row.get("uuid")) and str(guest.get("uuid")).lower() == str(row["uuid"]).lower()


def _keeper(owners: list[Owner], mac: str, facts: Facts, pinned: str | None) -> tuple[Owner, str] | None:
    """Who keeps MAC and why; None where nothing tells the owner from the intruder."""
    if pinned is not None:
        return _called(pinned, owners, mac), "the operator said so"
    best = owners
    for weight, why in REASONS:
        weights = [weight(owner, mac, facts) for owner in best]
        top = [owner for owner, value in zip(best, weights, strict=True) if value == max(weights)]
        if len(top) == 1 < len(best):
            return top[0], why
        best = top
    if len({owner.key for owner in best}) == 1 and all(owner.nic for owner in best):
        return min(best, key=_position), "the others are NICs of the same machine, after it in its definition"
    return None


def _called(name: str, owners: list[Owner], mac: str) -> Owner:
    """The first of the OWNERS of MAC that NAME means; PlanError if it means none."""
    for owner in owners:
        if name in (owner.name, *map(owner.row.get, ("guest", "uuid", "id", "host"))):
            return owner
    raise PlanError(
        f"keep: {mac}: {shortened(name, 60)} is none of its owners ({', '.join(owner.name for owner in owners)})"
    )


def _position(owner: Owner) -> int:
    """Where the NIC stands among those of its guest: a copy of a NIC is added behind the others."""
    return [nic is owner.nic for nic in objects_in((owner.guest or {}).get("nics"))].index(True)


def _undecided(owners: list[Owner], mac: str) -> str:
    names = " or ".join(owner.name for owner in owners)
    return (f"nothing in the data tells whose it is and who has the copy: name the one that keeps it ({names}), "
            f"""-e '{{"fix_keep": {{"{mac}": "OWNER"}}}}'""")


def _change(
    owner: Owner, finding: Mapping[str, t.Any], mac: str, facts: Facts, allocators: tuple[Allocator, Allocator]
) -> Row | str:
    base: Row = {"finding": finding.get("id"), "mac": mac, "host": owner.row["host"], "owner": owner.name,
                 "seen_with": list(finding.get("seen_with") or ())}
    if finding.get("cause") == "cloned_machine_id" and owner.row.get("kind") == "host":
        identity = (owner.host or {}).get("identity")
        return {
            **base,
            "kind": "machine_id",
            "cure": "a machine-id of its own and a restart; the address then differs by itself",
            "expects": {"machine_id": identity.get("machine_id") if isinstance(identity, dict) else None},
            "warnings": [],
        }
    try:
        if owner.is_guest:
            return _guest_change(base, owner, mac, facts, allocators[0])
        if owner.row.get("kind") == "host":
            return _interface_change(base, owner, mac, allocators[1])
    except PoolError as error:
        return f"{owner.name}: {error}"
    return f"{owner.name} is a {owner.row.get('kind')}: give it a new address where it is defined"


def _guest_change(base: Row, owner: Owner, mac: str, facts: Facts, allocator: Allocator) -> Row | str:
    guest, nic = owner.guest, owner.nic
    if guest is None or nic is None:
        return f"{owner.name}: its definition is not in the snapshot of {base['host']}; gather the subset guests there"
    known = hypervisor(guest.get("hypervisor"))
    allocator, warnings = _range(known, guest, allocator)
    if known.executor is None or owner.row.get("node"):
        return _by_hand(base, owner, mac, allocator)
    if guest.get("managed_save"):
        return (f"{owner.name} has a managed save, which would bring the old address back: "
                f"start it, or `{unsave(guest)}`")
    if guest.get("snapshots"):
        warnings.append(
            f"{guest['snapshots']} snapshots of {guest.get('name')} still carry {mac}: reverting brings it back"
        )
    new = _begun(nic, mac, facts) or allocator.allocate(
        owner.key, str(nic.get("address") or nic.get("alias") or owner.row.get("interface")))
    return {
        **base,
        "kind": "guest",
        "hypervisor": known.key,
        "guest": guest.get("name"),
        **named(guest, known.executor),
        "nic": _place_of(nic),
        "new_mac": new,
        "live": presence(guest).on_wire,
        "warnings": warnings,
        "expects": {
            "state": guest.get("state"),
            "persistent_mac": nic.get("persistent_mac"),
            "live_mac": nic.get("live_mac"),
        },
    }


def _place_of(nic: Row) -> Row:
    """What the guest's definition calls NIC and where it puts it, as far as that is told."""
    return {name: nic[name] for name in ("alias", "address", "tap") if isinstance(nic.get(name), str) and nic[name]}


def unsave(guest: Row) -> str:
    """The command that drops the saved memory of GUEST, a record of a snapshot or a change of it."""
    name = word(str(guest.get("name") or ""), word(str(guest.get("uuid") or ""), "DOMAIN"))
    return hypervisor(guest.get("hypervisor")).unsave.format(name)


def _by_hand(base: Row, owner: Owner, mac: str, allocator: Allocator) -> str:
    """Why there is no change for a guest that nothing here can change, and the commands that do it, with an address
    of ALLOCATOR, that is free.
    """
    guest, nic = owner.guest or {}, owner.nic or {}
    known = hypervisor(guest.get("hypervisor"))
    name = str(nic.get("alias") or owner.row.get("interface") or "")
    new = allocator.allocate(owner.key, name)
    texts = [
        str(value or "")
        for value in (*map(guest.get, ("name", "id", "uuid", "kind")), name, *map(nic.get, ("definition", "source")))
    ]
    commands = "; ".join(f"`{line}`" for line in steps(known.key, Change._make((mac, new, *texts, False))))
    where = owner.row.get("node") or base["host"]
    if known.executor is None:
        return f"{owner.name} is a guest of {known.name}, which this collection reads only: on {where}, {commands}"
    return (f"{owner.name} is changed on its node, which was not read: run this for {shortened(where, 256)} as well, "
            f"and for all of the cluster, or on {where}, {commands}")


def _range(known: Hypervisor, guest: Row, allocator: Allocator) -> tuple[Allocator, list[str]]:
    """One for the range that hypervisor KNOWN gives MACs of, and a warning where its own setting cannot serve.

    The operator's prefix is that of libvirt's guests, whose hypervisor has no setting for it.
    """
    if known is LIBVIRT:
        return allocator, []
    own, warnings = guest.get("mac_prefix"), []
    pool = read_pool(known.pool or LOCAL_PREFIX)
    if own is not None:
        try:
            pool = read_pool(own)
        except PoolError as error:
            warnings.append(f"its mac_prefix is not used: {error}")
    return allocator.of(pool), warnings


def _begun(nic: Row, mac: str, facts: Facts) -> str | None:
    """The address that the definition has already, given by a run that did not finish, if nobody else has it."""
    new = nic.get("persistent_mac")
    if not isinstance(new, str) or new == mac:
        return None
    owners = {
        key_of(guest, host)
        for host, document in facts.documents.items()
        for guest in objects_in(document.get("guests"))
        if new in macs_in(guest)
    }
    holders = [host for host, document in facts.documents.items() for entry in objects_in(document.get("interfaces"))
               if new in (entry.get("mac"), entry.get("permanent_mac"))]
    return new if len(owners) == 1 and not holders else None


def _set_on(owner: Owner) -> str:
    """The interface on which its MAC is set: a VLAN follows the one below."""
    return str(owner.row.get("set_on") or owner.row.get("interface"))


def _interface_change(base: Row, owner: Owner, mac: str, allocator: Allocator) -> Row:
    own = owner.row.get("own_mac")
    name = _set_on(owner)
    return {
        **base, "kind": "interface", "interface": name, "new_mac": own or allocator.allocate(owner.key, name),
        "live": True, "warnings": [], "expects": {"mac": mac}, "back_to_own": bool(own),
    }
