"""The guest of a change, on every hypervisor alike: how a plan names it, whether it is still there and the same, where
it is a host of the inventory too, and what the module that changes it is asked.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import object_in, objects_in
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Document
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisor import Executor
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisors import hypervisor
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

Row = dict[str, Any]
Documents = Mapping[str, Document]


class GuestError(ValueError):
    """A step whose guest no module changes: names it and the way out."""


def key_of(guest: Row, host: str) -> str:
    """What tells GUEST, as HOST tells of it, from all others: equal for all that tell of it, and wherever it runs."""
    if guest.get("id"):
        return f"{guest.get('hypervisor')}/{guest.get('manager') or host}/{guest['id']}"
    return str(guest.get("uuid") or f"{host}/{guest.get('name')}").lower()


# --- in a plan

def executor_of(change: Mapping[str, Any]) -> Executor | None:
    """Who carries out CHANGE, or a step of it; a plan that names no hypervisor is of libvirt's guests."""
    return hypervisor(change.get("hypervisor")).executor


def naming_fields(change: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that CHANGE must have for its guest to be found."""
    executor = executor_of(change)
    return tuple(one.field for one in executor.known_by) if executor else ()


def is_at_once(change: Mapping[str, Any]) -> bool:
    """Whether the guest of CHANGE, running, gets its NIC anew with the change of its definition."""
    executor = executor_of(change)
    return executor is not None and executor.at_once


def kept_port(change: Mapping[str, Any]) -> str:
    """The host's interface of the NIC of CHANGE, where that keeps its name; empty otherwise."""
    executor = executor_of(change)
    return str((change.get("nic") or {}).get("tap") or "") if executor and executor.keeps_port else ""


def named(guest: Row, executor: Executor) -> Row:
    """The fields of a change that name GUEST, and those that tell it from others that come after it."""
    fields = ((one.field, one.told_as) for one in executor.known_by)
    return {field: guest[told_as] for field, told_as in (*fields, *executor.same_by) if guest.get(told_as)}


def subject(change: Row) -> tuple[object, ...]:
    """What CHANGE is about: equal for changes of one guest's NIC, of one interface, of one machine-id."""
    place = change.get("nic") or {}
    guest = tuple(str(change.get(name)).lower() for name in naming_fields(change)) if change["kind"] == "guest" else ()
    where = (change.get("hypervisor"), *guest) if guest else (change["host"],)
    return (change["kind"], where, place.get("address") or place.get("alias"), change.get("interface"))


# --- in the fleet as it is now

def find_guest(document: Document, change: Row) -> Row | None:
    """The guest of CHANGE, as DOCUMENT (the snapshot of the host that it is on) has it."""
    return next((guest for guest in _called_so(document, change) if not guest.get("node")), None)


def _called_so(document: Document, change: Row) -> Iterator[Row]:
    """The guests in DOCUMENT that go by the name of that of CHANGE, here or on another node."""
    executor, key = executor_of(change), change.get("hypervisor")
    for guest in objects_in(document.get("guests")) if executor else ():
        is_of = hypervisor(guest.get("hypervisor")) is hypervisor(key)
        if executor and is_of and all(
            str(guest.get(one.told_as)).lower() == str(change.get(one.field)).lower() for one in executor.known_by
        ):
            yield guest


def guest_problem(change: Row, documents: Documents) -> str:
    """Why the guest of CHANGE is not the one that the plan found where it found it; empty where it is."""
    document = documents[change["host"]]
    guest = find_guest(document, change)
    if guest is None:
        where = _elsewhere(change, documents)
        now = f"it is on {where} now" if where else "it is there no more"
        return f"the plan found it on {change['host']}, and {now}; plan again"
    executor = executor_of(change)
    for field, told_as in executor.same_by if executor else ():
        if change.get(field) and guest.get(told_as):
            if str(guest[told_as]).lower() == str(change[field]).lower():
                return ""
            return (f"another guest goes by its name on {change['host']} now, {shortened(guest.get('name'), 60)} "
                    f"({told_as} {shortened(guest[told_as], 60)}, not {shortened(change[field], 60)}); plan again")
    return ""


def _elsewhere(change: Row, documents: Documents) -> str:
    """Which host, or which node by the word of its old one, has the guest of CHANGE; empty where nobody tells."""
    hosts = [host for host, document in sorted(documents.items()) if find_guest(document, change)]
    nodes = [str(guest["node"]) for guest in _called_so(documents[change["host"]], change)]
    return shortened(hosts[0], 60) if hosts else f"node {shortened(nodes[0], 60)}" if nodes else ""


# --- as a host of the inventory

def inside(change: Row, documents: Documents) -> list[tuple[str, str]]:
    """(host, interface) where the guest of CHANGE is a host of the inventory too, whose own settings may name the MAC.
    """
    hosts = _hosts_inside(change, documents)
    who = _who_is_who(change, hosts, documents)
    return [(host, name) for host, names in hosts.items() if who[host] == _key(change) for name in names]


def doubtful(change: Row, documents: Documents) -> list[str]:
    """Hosts of which nobody can tell whether they are the guest of CHANGE or a copy of it, which shows the same UUID.
    """
    hosts = _hosts_inside(change, documents)
    return [host for host, key in _who_is_who(change, hosts, documents).items() if key is None]


def _hosts_inside(change: Row, documents: Documents) -> dict[str, list[str]]:
    """Hosts with the guest's product UUID -> their interfaces with a MAC of CHANGE. A container shows its host's UUID.
    """
    uuid = _product_uuid(change)
    found: dict[str, list[str]] = {}
    for host, document in documents.items() if uuid else ():
        identity = object_in(document.get("identity"))
        if str(identity.get("product_uuid")).lower() != uuid or identity.get("container"):
            continue
        names = [str(entry.get("name")) for entry in objects_in(document.get("interfaces"))
                 if not entry.get("kind") and not entry.get("netns") and _has_mac(entry, change)]
        if names:
            found[host] = names
    return found


def _product_uuid(change: Row) -> str:
    """What the guest's own DMI shows: a libvirt domain's UUID, else that which its manager gave it."""
    return str(change.get("product_uuid") or change.get("uuid") or "").lower()


def _has_mac(one: Row, change: Row) -> bool:
    """Whether ONE, an interface or a guest's NIC, has a MAC of CHANGE, now or for good."""
    macs = {one.get(name) for name in ("mac", "permanent_mac", "live_mac", "persistent_mac")}
    return change["mac"] in macs or change["new_mac"] in macs


def _who_is_who(change: Row, hosts: Iterable[str], documents: Documents) -> dict[str, str | None]:
    """Which guest each of HOSTS, with the product UUID of that of CHANGE, is: its key, None where nobody can tell.

    Restored copies share UUID and MAC: of several, a host is the one that is called so.
    """
    guests = {_key(change): str(change.get("guest")), **_copies(change, documents)}
    if len(guests) == 1:
        return dict.fromkeys(hosts, _key(change))
    found = {host: [key for key, name in guests.items() if name in _names(host, documents)] for host in hosts}
    sure = [keys[0] for keys in found.values() if len(keys) == 1]
    return {host: keys[0] if len(keys) == 1 and sure.count(keys[0]) == 1 else None for host, keys in found.items()}


def _key(change: Row) -> str:
    return key_of(change, change["host"])


def _names(host: str, documents: Documents) -> set[str]:
    """What HOST is called, in the inventory and by itself, with and without its domain."""
    names = {host, str(object_in(documents[host].get("identity")).get("hostname") or host)}
    return names | {name.partition(".")[0] for name in names}


def _copies(change: Row, documents: Documents) -> dict[str, str]:
    """Key -> name of all guests that show the product UUID and a MAC of CHANGE, whoever tells of them."""
    uuid = _product_uuid(change)
    return {
        key_of(guest, host): str(guest.get("name"))
        for host, document in documents.items()
        for guest in objects_in(document.get("guests"))
        if str(guest.get("product_uuid") or guest.get("uuid")).lower() == uuid
        and any(_has_mac(nic, change) for nic in objects_in(guest.get("nics")))
    }


# --- to the module

def request(step: Row, back: bool, uri: str, timeout: float) -> tuple[str, Row]:
    """The module that takes STEP (of a guest; BACK takes it back) and its options; GuestError where there is none.

    What is taken back ends where it began, though a twin has that MAC, and whatever the plan found.
    """
    executor = executor_of(step)
    if executor is None:
        whose = shortened(step.get("hypervisor"), 40)
        raise GuestError(f"step: guests of {whose} are changed by no module; give one of look_at_plan")
    missing = [name for name in (*naming_fields(step), "mac", "new_mac") if not isinstance(step.get(name), str)]
    if missing:
        raise GuestError(f"step: it lacks {', '.join(missing)}; give one of kind guest, of look_at_plan")
    old, new = (step["new_mac"], step["mac"]) if back else (step["mac"], step["new_mac"])
    options = {"mac": old, "new_mac": new, "live": step.get("live") is True, "timeout": timeout}
    more = {"allow_taken": True} if back else {"expects": dict(step.get("expects") or {})}
    return executor.module, {**executor.asks(step, uri), **options, **more}
