"""A plan as data: read from a file, checked, and held against the fleet as it is now."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.plugin_utils._alphabets import unsound
from ansible_collections.netops.layer2.plugins.plugin_utils._common._fields import Fields, ReportError
from ansible_collections.netops.layer2.plugins.plugin_utils._common._lenient import objects_in
from ansible_collections.netops.layer2.plugins.plugin_utils._documents import absolute
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._snapshots import Document
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened
from ansible_collections.netops.layer2.plugins.plugin_utils._plan_digest import digest_problem
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._guest import (
    doubtful,
    executor_of,
    find_guest,
    guest_problem,
    naming_fields,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._renumbering import (
    SCHEMA,
    VERSION,
    Facts,
    PlanError,
    Row,
    read_facts,
    unsave,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._uses import Wish, known_on

# kind of a change -> what it must hold to be applied; of a guest also what its hypervisor knows it by
NEEDED = {
    "guest": ("host", "mac", "new_mac"),
    "interface": ("host", "mac", "new_mac", "interface"),
    "machine_id": ("host", "mac"),
}
_TEXTS = (
    "owner",
    "hypervisor",
    "guest",
    "uuid",
    "id",
    "guest_kind",
    "manager",
    "product_uuid",
    "interface",
    "kept_by",
    "kept_on",
    "reason",
    "finding",
    "cure",
)
_HINT = "Give the file that fix_dup_mac saved, or run without a saved plan"


def open_plan(plan: object) -> Row:
    """PLAN, or the plan in the file that PLAN names (relative to the working directory), checked; PlanError otherwise.

    A file whose digest does not fit was altered after it was saved, and is refused.
    """
    if not isinstance(plan, str):
        return check_plan(plan)
    path = absolute(plan)
    try:
        with open(path, encoding="utf-8") as file:
            opened = check_plan(json.load(file))
    except OSError as error:
        raise PlanError(f"{path}: {error.strerror}. {_HINT}") from None
    except (ValueError, RecursionError) as error:
        known = (
            str(error)
            if isinstance(error, PlanError)
            else f"it is no JSON ({shortened(str(error), 60)}), or was cut off. {_HINT}"
        )
        raise PlanError(f"{path}: {known}") from None
    if problem := digest_problem(opened):
        raise PlanError(f"{path}: {problem}")
    return opened


def check_plan(plan: object) -> Row:
    """PLAN, if it is one that this version reads; PlanError otherwise."""
    if not isinstance(plan, Mapping) or plan.get("schema") != SCHEMA:
        raise PlanError(f"plan: {shortened(plan, 60)} is not a plan of renumber_plan")
    if plan.get("version") != VERSION:
        raise PlanError(
            f"plan: version {shortened(plan.get('version'), 20)}; this collection reads {VERSION}. Plan again"
        )
    if not isinstance(plan.get("changes"), list):
        raise PlanError("plan: it has no list of changes. Plan again")
    try:
        Fields.of(plan, "plan").objects("refused")
        for number, change in enumerate(plan["changes"], 1):
            _check_change(change, number)
    except ReportError as error:
        raise PlanError(f"{error}. Plan again") from None
    return dict(plan)


def _check_change(change: object, number: int) -> None:
    kind = change.get("kind") if isinstance(change, Mapping) else None
    needed = NEEDED.get(str(kind))
    if not isinstance(change, Mapping) or needed is None:
        raise PlanError(f"plan: change {number}: kind {shortened(kind, 30)} is none of {', '.join(NEEDED)}. Plan again")
    fields = needed + (_guest_fields(change, number) if kind == "guest" else ())
    missing = [name for name in fields if not isinstance(change.get(name), str) or not change[name]]
    if missing:
        raise PlanError(f"plan: change {number} lacks {', '.join(missing)}. Plan again")
    for name in ("mac", "new_mac"):
        try:
            canonical(change.get(name, "02:00:00:00:00:00"))
        except MacError as error:
            raise PlanError(f"plan: change {number}: {name}: {error}. Plan again") from None
    _check_fields(Fields(change, f"plan: change {number}"))


def _guest_fields(change: Mapping[str, object], number: int) -> tuple[str, ...]:
    """What CHANGE must hold for its guest to be found; PlanError where nothing here changes such guests."""
    if executor_of(change) is None:
        whose = shortened(change.get("hypervisor"), 30)
        raise PlanError(f"plan: change {number}: guests of {whose} are not changed by it. Plan again")
    return naming_fields(change)


def _check_fields(change: Fields) -> None:
    """What may be there is of its kind, too; ReportError otherwise."""
    for name in _TEXTS:
        change.text(name)
    for name in ("warnings", "seen_with"):
        change.texts(name)
    place, _expects = change.nested("nic"), change.nested("expects")
    for name in ("address", "alias", "tap"):
        place.text(name)
    for problem in unsound(change.data):
        raise ReportError(f"{change.where}: {problem}")


def strangers(plan: Row, hosts: Collection[str]) -> list[str]:
    """Why changes of PLAN cannot be made: hosts of theirs are none of HOSTS. A plan never leads to a host that nobody
    named.
    """
    return [
        f"change {number}: {shortened(change['host'])} is no host of this run; run it for all hosts of the plan, or"
        " plan again"
        for number, change in enumerate(plan["changes"], 1)
        if change["host"] not in hosts
    ]


def plan_problems(plan: object, data: object, unreachable: Mapping[str, str] | None = None) -> list[str]:
    """What speaks against applying PLAN to the fleet as DATA shows it now; empty if nothing does. PlanError if it is no
    plan.

    UNREACHABLE (host -> reason): hosts that could not be read now, whatever older snapshot of them DATA holds.
    """
    changes = check_plan(plan)["changes"]
    facts, lost = read_facts(data), unreachable or {}
    known = known_on({_wish(change) for change in changes if change.get("new_mac")}, facts.documents)
    return [problem for change in changes for problem in _change_problems(change, facts, known, lost)]


def _wish(change: Row) -> Wish:
    return (str(change.get("new_mac")), str(change["host"]) if change.get("back_to_own") else "")


def _change_problems(change: Row, facts: Facts, known: dict[Wish, list[str]], lost: Mapping[str, str]) -> Iterator[str]:
    host = change["host"]
    document = facts.documents.get(host)
    if document is None or host in lost:
        yield (
            f"{host}: no snapshot now{', ' + lost[host] if host in lost else ''}, so nobody knows whether the plan"
            " still fits"
        )
        return
    if change["kind"] == "guest" and (problem := guest_problem(change, facts.documents)):
        yield f"{change.get('owner')}: {problem}"
        return
    if change["kind"] != "machine_id" and not is_done(document, change):
        yield from _open_problems(document, change, facts, known)


def _open_problems(document: Document, change: Row, facts: Facts, known: dict[Wish, list[str]]) -> Iterator[str]:
    """What speaks against CHANGE, which is still to be made."""
    host, new = change["host"], change.get("new_mac")
    if taken := known.get(_wish(change), []):
        yield f"{change.get('owner')}: the new address {new} is known on {', '.join(taken[:4])} meanwhile; plan again"
    if not _is_as_planned(document, change):
        yield f"{change.get('owner')}: {change['mac']} is not where the plan found it on {host}; plan again"
    if change["kind"] == "guest":
        yield from _guest_problems(document, change, facts)


def _guest_problems(document: Document, change: Row, facts: Facts) -> Iterator[str]:
    """The same of a guest alone."""
    for one in doubtful(change, facts.documents):
        yield (f"{change.get('owner')}: {one} may be this guest or a copy of it, which shows the same UUID: have it "
               "called as its guest is (in the inventory, or by its hostname), or leave it out")
    if (find_guest(document, change) or {}).get("managed_save"):
        yield (f"{change.get('owner')} has a managed save now, which would bring the old address back: start it, "
               f"or `{unsave({**change, 'name': change.get('guest')})}`")


def nics_of(document: Document, change: Row) -> list[Row]:
    """The NIC that CHANGE is about, or all that it may be; empty if it is gone.

    A guest's NIC keeps its PCI address when it is plugged in anew, its alias mostly, its tap not.
    """
    if change["kind"] != "guest":
        return [
            one
            for one in objects_in(document.get("interfaces"))
            if one.get("name") == change.get("interface") and not one.get("netns")
        ]
    nics, place = list(objects_in((find_guest(document, change) or {}).get("nics"))), change.get("nic") or {}
    for name in ("address", "alias", "tap"):
        named = [nic for nic in nics if place.get(name) and nic.get(name) == place[name]]
        if named:
            return named
    return nics


def is_done(document: Document, change: Row) -> bool:
    """Whether CHANGE was begun or made already: a plan that was interrupted is met by its second run."""
    return any(
        change.get("new_mac") in (nic.get("mac"), nic.get("persistent_mac")) for nic in nics_of(document, change)
    )


def _is_as_planned(document: Document, change: Row) -> bool:
    return any(
        change["mac"] in (nic.get("mac"), nic.get("live_mac"), nic.get("persistent_mac"))
        for nic in nics_of(document, change)
    )
