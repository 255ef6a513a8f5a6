"""What a plan comes to now, host by host: what is done, what is to do, what waits for a power cycle or for consent."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ansible_collections.netops.layer2.plugins.module_utils import _interface_name
from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisors import presence
from ansible_collections.netops.layer2.plugins.plugin_utils._alphabets import addresses_in, revert_id
from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import object_in, objects_in
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Document
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisors import hypervisor
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened
from ansible_collections.netops.layer2.plugins.plugin_utils._plan_digest import sealed
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._guest import (
    find_guest,
    guest_problem,
    inside,
    is_at_once,
    kept_port,
    naming_fields,
    subject,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._plan import check_plan, is_done, nics_of
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import Facts, Row, read_facts

DONE, TODO, WAITS, HELD = "done", "todo", "waits", "held"
_LIVE = "mac_regenerate_live=true"
_LINKS = "mac_regenerate_host_links=true"
_MACHINE_ID = "mac_regenerate_machine_id=true"


@dataclass(frozen=True, slots=True)
class Consent:
    """What the operator allows beside changing definitions and files."""

    live: bool = False          # cut a running guest's link for seconds
    host_links: bool = False    # change the MAC of a host's running interface
    machine_id: bool = False    # give a host another machine-id


def plan_steps(plan: object, data: object, consent: Consent) -> list[Row]:
    """The steps that PLAN takes on the fleet in DATA (hostvars, list of snapshots, cache directory), in order.

    A step: ``number``, ``change`` (its place in the plan, from 0), ``kind`` (guest, pins, interface, machine_id),
    ``host``, ``owner``, ``mac``, ``new_mac``, ``state`` (done, todo, waits, held), ``cuts_link``, ``says``, and what
    its kind needs, such as ``revert_id`` where its host may take it back.
    PlanError if PLAN is none.
    """
    facts = read_facts(data)
    steps = [
        {
            "change": place,
            "owner": change.get("owner") or change["host"],
            "mac": change["mac"],
            "new_mac": change.get("new_mac"),
            **step,
        }
        for place, change in enumerate(check_plan(plan)["changes"])
        for step in _KINDS[change["kind"]](change, facts, consent)
    ]
    return [{"number": number, **step} for number, step in enumerate(steps, 1)]


def step_problems(steps: Sequence[Row], hosts: Collection[str]) -> list[str]:
    """Why STEPS cannot be taken: one leads to none of HOSTS, or to an interface whose name no plan may hold (as its
    host told it).
    """
    problems = []
    for step in steps:
        if step["host"] not in hosts:
            problems.append(
                f"{step['owner']} is on {shortened(step['host'])} too, which is no host of this run; run it for that"
                " host as well"
            )
        elif step["kind"] == "pins" and not _interface_name.is_plain(step["interface"]):
            problems.append(
                f"{step['host']}: its interface {shortened(step['interface'], 40)!r} has a name that nothing is changed"
                " under; rename it, or leave the host out"
            )
    return problems


def resumed(plan: object, earlier: object, data: object, hosts: Collection[str] | None = None) -> Row:
    """PLAN and, before it, what EARLIER (a plan of an interrupted run) began and did not finish on the fleet in DATA.

    Where HOSTS are given, changes of other hosts are none of this run's.

    A NIC that was taken out of its guest makes no finding any more, nor do settings inside a guest that it took back
    itself. A clone that has a machine-id of its own and was not restarted looks like any twin.
    """
    facts, new = read_facts(data), check_plan(plan)
    planned = {subject(change) for change in new["changes"]}
    begun = [change for change in check_plan(earlier)["changes"] if subject(change) not in planned and
             (hosts is None or change["host"] in hosts) and _is_open(change, facts)]
    waiting = _with_clones(begun)
    changes = [*begun, *(change for change in new["changes"] if (change["mac"], change["host"]) not in waiting)]
    return sealed(
        {**new, "changes": changes, "summary": {"changes": len(changes), "refused": len(new.get("refused") or ())}}
    )


def _with_clones(changes: Sequence[Row]) -> set[tuple[str, str | None]]:
    """(MAC, host) of both sides of clones, the one that CHANGES give a machine-id and the one that keeps its own."""
    return {
        (change["mac"], host)
        for change in changes
        if change["kind"] == "machine_id"
        for host in (change["host"], change.get("kept_on"))
    }


def _is_open(change: Row, facts: Facts) -> bool:
    document = facts.documents.get(change["host"])
    if change["kind"] == "machine_id" and document is not None:
        return any(step["state"] == WAITS for step in _machine_id_steps(change, facts, Consent()))
    if change["kind"] != "guest" or document is None or not is_done(document, change):
        return False
    if guest_problem(change, facts.documents):
        return False
    return any(step["state"] == TODO for step in _guest_steps(change, facts, Consent(live=True)))


# --- guests

def _guest_steps(change: Row, facts: Facts, consent: Consent) -> Iterator[Row]:
    document = facts.documents.get(change["host"])
    if document is not None and (problem := guest_problem(change, facts.documents)):
        # There is something to do that nobody can: it must not pass for a plan that was carried out.
        step = _guest_step(change, change["host"], document, consent, [])
        yield {**step, "state": TODO, "cuts_link": False, "says": problem}
        return
    places = [host for host, document in facts.documents.items() if find_guest(document, change)]
    addresses = _addresses(change, facts)
    on_hosts = [_guest_step(change, host, facts.documents[host], consent, addresses)
                for host in sorted(places, key=lambda host: (host != change["host"], host))]
    is_done = all(step["state"] == DONE for step in on_hosts)
    guest = find_guest(facts.documents.get(change["host"], {}), change) or {}
    for host, name in inside(change, facts.documents):
        yield _pins_step(change, host, name, is_done, guest, consent)
    yield from on_hosts


class _Now(NamedTuple):
    """A guest's NIC as it is: whether definition and running guest have the new MAC (one that is off has it as its
    definition has), whether an earlier run left the NIC outside of the guest, and whether definition and running guest
    change at once.
    """

    is_defined: bool
    is_live: bool
    is_unplugged: bool
    at_once: bool


def _now(change: Row, guest: Row, nics: Sequence[Row]) -> _Now:
    """The NIC of CHANGE as it is, one of NICS of GUEST."""
    new, is_active, at_once = change["new_mac"], presence(guest).active, is_at_once(change)
    live_macs = [nic.get("live_mac") for nic in nics]
    return _Now(
        is_defined=guest.get("persistent") is False or new in [nic.get("persistent_mac") for nic in nics],
        is_live=not is_active or new in live_macs,
        is_unplugged=is_active and not any(live_macs) and not at_once,
        at_once=at_once,
    )


def _guest_step(change: Row, host: str, document: Document, consent: Consent, addresses: list[str]) -> Row:
    guest = find_guest(document, change) or {}
    now = _now(change, guest, nics_of(document, change))
    state, says = _guest_state(guest, now, consent)
    return {
        "kind": "guest",
        "host": host,
        "hypervisor": change.get("hypervisor"),
        **{name: change[name] for name in naming_fields(change)},
        "guest": guest.get("name"),
        "nic": dict(change.get("nic") or {}),
        "tap": kept_port(change),
        "expects": dict(change.get("expects") or {}) if host == change["host"] else {},
        "live": consent.live,
        "cuts_link": state == TODO and not now.is_live and consent.live and _is_pluggable(guest),
        "state": state,
        "is_defined": now.is_defined,
        "says": says,
        "addresses": addresses,
    }


def _addresses(change: Row, facts: Facts) -> list[str]:
    """What the guest may be asked for after the change: addresses seen with the old MAC, and its own where it is a
    host.
    """
    found = addresses_in(change.get("seen_with") or ())
    for host, name in inside(change, facts.documents):
        for entry in objects_in(facts.documents[host].get("interfaces")):
            found |= addresses_in(
                one.get("address") for one in objects_in(entry.get("addresses")) if entry.get("name") == name
            )
    return sorted(found)


def _is_pluggable(guest: Row) -> bool:
    """Whether GUEST can get a NIC while it runs, which its hypervisor denies of some."""
    return guest.get("hotplug") is not False


def _guest_state(guest: Row, now: _Now, consent: Consent) -> tuple[str, str]:
    if now.is_defined and now.is_live:
        return DONE, "has it already"
    if now.is_unplugged:
        return TODO, "an earlier run took the NIC out: put it back, with the new MAC"
    if now.is_live or (consent.live and _is_pluggable(guest)):
        where = (
            "its definition"
            if now.is_live
            else "the running guest"
            if now.is_defined
            else "its definition and the running guest"
        )
        off = "" if presence(guest).active else f" (it is {guest.get('state')})"
        return TODO, where + ("" if now.is_live else ", whose link is cut for seconds") + off
    return _without_running_nic(guest, now)


def _without_running_nic(guest: Row, now: _Now) -> tuple[str, str]:
    """What can be done while the running NIC is left alone."""
    if guest.get("persistent") is False:
        return (
            HELD,
            f"only the running guest has this NIC, no definition: needs {_LIVE}, which cuts its link for seconds",
        )
    if now.at_once and not now.is_defined and _is_pluggable(guest):
        name = hypervisor(guest.get("hypervisor")).name
        return HELD, (f"{name} plugs a running guest's NIC anew with its definition: needs {_LIVE}, which cuts its link"
                      " for seconds, or shut it down before")
    way = f", or {_LIVE}" if _is_pluggable(guest) else ", since its NICs are not hot-plugged"
    needs = f"the running guest needs a full power cycle, not a reboot{way}"
    return (WAITS, f"its definition has it; {needs}") if now.is_defined else (TODO, f"its definition only; {needs}")


def _pins_step(change: Row, host: str, interface: str, is_done: bool, guest: Row, consent: Consent) -> Row:
    """Always to do: whether they were moved, and not taken back by the guest itself, only a look inside tells."""
    live = is_done or (consent.live and _is_pluggable(guest))
    name = hypervisor(change.get("hypervisor")).name
    needs = (
        f"allow that with {_LIVE}"
        if _is_pluggable(guest)
        else f"have {name} hot-plug its NICs, or move them by hand and power it off and on"
    )
    if live:
        says = "its own settings that name the MAC" + (" are looked at again" if is_done else "")
    else:
        says = f"its own settings that name the MAC move together with the running NIC: if there are any, {needs}"
    return {
        "kind": "pins",
        "host": host,
        "interface": interface,
        "live": live,
        "is_armed": not is_done,
        "revert_id": revert_id("mac-pins", interface),
        "cuts_link": False,
        "state": TODO,
        "says": says,
        "needs": needs,
    }


# --- hosts

def _interface_steps(change: Row, facts: Facts, consent: Consent) -> Iterator[Row]:
    document = facts.documents.get(change["host"], {})
    is_live = any(entry.get("mac") == change["new_mac"] for entry in nics_of(document, change))
    if is_live:
        says = "has it already; its files are looked at again"
    elif consent.host_links:
        says = "its files and the running interface; it undoes that by itself unless a new connection confirms it"
    else:
        says = f"its files only; the running interface keeps the old MAC until the next boot, or {_LINKS}"
    yield {
        "kind": "interface", "host": change["host"], "interface": change["interface"], "runtime": consent.host_links,
        "cuts_link": consent.host_links and not is_live, "state": TODO, "is_live": is_live, "says": says,
        "revert_id": revert_id("mac", change["interface"]),
    }


def _machine_id_steps(change: Row, facts: Facts, consent: Consent) -> Iterator[Row]:
    document = facts.documents.get(change["host"], {})
    identity, expected = object_in(document.get("identity")), (change.get("expects") or {}).get("machine_id")
    still = any(entry.get("mac") == change["mac"] for entry in objects_in(document.get("interfaces")))
    if expected is None or identity.get("machine_id") == expected:
        state = TODO if consent.machine_id else HELD
        says = (
            "a machine-id of its own; its MACs, and what DHCP gives it, change with the next restart"
            if consent.machine_id
            else f"needs a machine-id of its own: {_MACHINE_ID}. What DHCP gives the host may change with it"
        )
    else:
        state, says = (
            (WAITS, "has a machine-id of its own; needs a restart") if still else (DONE, "has a machine-id of its own")
        )
    yield {
        "kind": "machine_id",
        "host": change["host"],
        "cuts_link": False,
        "state": state,
        "says": says,
        "expects": expected or "",
    }


_KINDS = {"guest": _guest_steps, "interface": _interface_steps, "machine_id": _machine_id_steps}
