"""Plan policy routes: which rule, table, files, units and sysctls they take on this host, decided before anything is
touched.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ipaddress
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils import _gateway
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import (
    _interface,
    _policy_route,
    _route_state,
    _route_sysctls,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import _list
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import Adapter
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._owner import owner_of
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._policy_route import PolicyRoute
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Drafts, FileChange
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._route_state import Sysctl
from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner

_KERNELS_TABLES = {253: "default", 254: "main", 255: "local"}
_MAIN_PRIORITY = 32766  # of the kernel's own rule that asks the main table

Record = Dict[str, Any]


class Request(NamedTuple):
    """What is asked for: that replies from ``vips`` leave by ``gateway``, or (absent) that nothing of ours sees to
    them.
    """

    present: bool
    vips: Sequence[str]
    interface: str = ""
    gateway: str = ""
    table: Optional[int] = None
    priority: Optional[int] = None
    arrives: Sequence[str] = ()
    force: bool = False              # whatever the gateway answers


class Plan(NamedTuple):
    """What it takes. Lines are those of ``_route_state.running``."""

    interface: str
    gateway_mac: str                 # who answered for the gateway; empty where nobody was asked
    manager: str                     # empty where no network manager owns the interface
    routes: List[PolicyRoute]        # to be there afterwards
    gone: List[PolicyRoute]          # of ours, not to be there any more as they are
    before: List[str]
    after: List[str]
    changes: List[FileChange]
    sysctls: List[Sysctl]
    apply: List[List[str]]           # has the manager follow its files
    back: List[List[str]]            # the same once they are as they were
    verb: str                        # what is left for the unit to do
    foreign: List[str]               # rules of others, which stay
    warnings: List[str]


def plan(runner: Runner, request: Request) -> Plan:
    """What REQUEST takes on this host, as it is now. ConfigError for anything that cannot or must not be done."""
    drafts = Drafts(runner)
    there = _route_state.rules(runner)
    return _present(runner, request, drafts, there) if request.present else _absent(runner, request, drafts, there)


# --- there ------------------------------------------------------------------------------------------------------------


def _present(runner: Runner, request: Request, drafts: Drafts, there: List[Record]) -> Plan:
    world = _interface.read_world(runner)
    record = _interface.find(world, request.interface)
    gateway = _policy_route.address("gateway", request.gateway)
    _check(request, record, world, gateway)
    others = _others(drafts, request)
    routes: List[PolicyRoute] = []
    for vip in request.vips:
        routes.append(_numbered(runner, request, record, gateway, vip, there, drafts, others + routes))
    mac = "" if request.force else _ask(record, gateway)
    adapter = owner_of(runner, _interface.nic_of(record))
    gone = [old for old in _remembered(drafts, request) if old not in routes]
    for old in gone:
        _drop(drafts, old, None)
    for route in routes:
        _draft(runner, drafts, route, adapter)
    foreign = _route_state.of_others(there, routes + gone + others)
    _spare_others(runner, drafts, True)
    sysctls = _route_sysctls.plan(drafts, others + routes)
    before = _running(runner, _known(gone, routes), there)
    after = [line for route in routes for line in _route_state.wanted(runner, route)]
    if adapter is not None and drafts.changes():
        adapter.check(drafts, None, routes)
    warnings = _warnings(runner, request, record, world)
    return Plan(
        interface=record["name"],
        gateway_mac=mac,
        manager=_name(adapter),
        routes=routes,
        gone=gone,
        before=before,
        after=after,
        changes=drafts.changes(),
        sysctls=sysctls,
        apply=_apply(runner, adapter, drafts),
        back=_back(adapter),
        verb=_verb(adapter),
        foreign=foreign,
        warnings=warnings,
    )


def _check(request: Request, record: Record, world: _interface.World, gateway: str) -> None:
    if record["name"] == "lo" or record.get("master"):
        raise ConfigError(
            "%s: replies cannot leave by it: name the interface that has the address in the gateway's subnet%s"
            % (record["name"], ", such as " + record["master"] if record.get("master") else "")
        )
    wrong = [vip for vip in request.vips if _policy_route.family(vip) != _policy_route.family(gateway)]
    if wrong:
        raise ConfigError(
            "vip: %s and the gateway %s are of two families: give each family a gateway of its own"
            % (", ".join(wrong), gateway)
        )
    owner = next(
        (
            each["name"]
            for each in world.interfaces
            for entry in each.get("addresses", [])
            if entry["address"] == gateway
        ),
        None,
    )
    if owner:
        raise ConfigError(
            "gateway: %s is this host's own address, on %s: name the router that the switches know" % (gateway, owner)
        )
    _check_numbers(request)
    for name in request.arrives:
        _interface.find(world, name)


def _check_numbers(request: Request) -> None:
    """ConfigError where the numbers asked for cannot be those of a policy route (ip-rule(8), ip-route(8))."""
    table, priority = request.table, request.priority
    if len(request.vips) > 1 and (table is not None or priority is not None):
        raise ConfigError(
            "table, priority: two addresses cannot share them: leave them out, or give one address at a time"
        )
    if table is not None and (table in _KERNELS_TABLES or not 0 < table < 2 ** 32):
        raise ConfigError(
            "table: %d is %s: give a number that nobody uses, or none for a free one"
            % (
                table,
                "the kernel's own table " + _KERNELS_TABLES[table]
                if table in _KERNELS_TABLES
                else "no number of a table",
            )
        )
    if priority is not None and not 0 < priority <= _MAIN_PRIORITY:
        raise ConfigError(
            "priority: %d is %s: give one from 1 to %d, or none for a free one"
            % (
                priority,
                "asked after the main table, whose routes would win" if priority > 0 else "no priority of a rule",
                _MAIN_PRIORITY - 2,
            )
        )


def _own(record: Record) -> List[str]:
    return [
        "%s/%d" % (entry["address"], entry.get("prefix", 128 if ":" in entry["address"] else 32))
        for entry in record.get("addresses", [])
    ]


def _is_onlink(record: Record, gateway: str) -> bool:
    """Whether the kernel must be told that GATEWAY is on the link, since no subnet of the interface holds it."""
    found = ipaddress.ip_address(gateway)
    return not found.is_link_local and not any(found in ipaddress.ip_interface(text).network for text in _own(record))


def _ask(record: Record, gateway: str) -> str:
    try:
        mac = _gateway.answers(record["name"], gateway, str(record.get("mac", "")), _own(record))
    except (OSError, ValueError) as error:
        raise ConfigError("gateway: %s cannot be asked for on %s: %s; bring the interface up, or use force: true"
                          % (gateway, record["name"], getattr(error, "strerror", None) or error)) from None
    if mac is None:
        raise ConfigError(
            "gateway: nobody answers for %s on %s, so replies sent there would be lost: look for the right gateway and"
            " the right interface, or use force: true" % (gateway, record["name"])
        )
    return mac


def _numbered(
    runner: Runner,
    request: Request,
    record: Record,
    gateway: str,
    vip: str,
    there: List[Record],
    drafts: Drafts,
    others: Sequence[PolicyRoute],
) -> PolicyRoute:
    """The policy route of VIP with its numbers: those asked for, those it has, or free ones."""
    old = _route_state.remembered(drafts, vip)
    taken, tables = _taken([] if old is None else [old], there, others)

    def is_free(number: int) -> bool:
        if not taken.isdisjoint((number, number + 1)) or str(number) in tables:
            return False
        return old is not None or not _route_state.is_used(runner, number)

    number = old.priority if old is not None and not request.priority else request.priority or 0
    number = number or _policy_route.free_number(vip, is_free)
    table = request.table or (old.table if old is not None else number)
    route = PolicyRoute(
        vip, record["name"], gateway, table, number, _is_onlink(record, gateway), tuple(sorted(request.arrives))
    )
    _check_rules(drafts, route, old, there)
    return route


def _taken(
    mine: Sequence[PolicyRoute], there: List[Record], others: Sequence[PolicyRoute]
) -> Tuple[Set[int], Set[str]]:
    """The priorities and the tables, as words, that OTHERS of ours and the rules of somebody else have."""
    own = _priorities(mine)
    tables = {str(rule.get("table")) for rule in there if rule["priority"] not in own}
    priorities = {rule["priority"] for rule in there} - own
    return priorities | _priorities(others), tables | {str(other.table) for other in others}


def _priorities(routes: Iterable[PolicyRoute]) -> Set[int]:
    """The priorities of all rules of these policy routes."""
    return {number for route in routes for number in (route.priority, _policy_route.guard(route))}


def _check_rules(drafts: Drafts, route: PolicyRoute, old: Optional[PolicyRoute], there: List[Record]) -> None:
    """ConfigError where somebody else's rule has the priority, or routes the address already."""
    for each in _list.MANAGERS:
        each.check_vip(drafts, route.vip)
    mine = _priorities(each for each in (route, old) if each is not None)
    for rule in there:
        theirs = rule["from"] != route.vip
        if theirs and rule["priority"] in (route.priority, _policy_route.guard(route)):
            raise ConfigError(
                "priority: %d is taken by a rule of somebody else (%s): choose another one, of which the one after it"
                " is free, too" % (rule["priority"], _route_state.rule_text(rule))
            )
        if not theirs and rule["priority"] not in mine:
            raise ConfigError(
                "vip: a rule of somebody else routes %s already (%s): remove it there, or give its priority and table"
                % (route.vip, _route_state.rule_text(rule))
            )


def _draft(runner: Runner, drafts: Drafts, route: PolicyRoute, adapter: Optional[Adapter]) -> None:
    _drop(drafts, route, adapter)  # what another manager kept when it owned the interface
    if adapter is not None:
        adapter.set_route(drafts, route)
    drafts.write(_policy_route.script_path(route.vip), _policy_route.script(route), 0o755)
    if _route_state.has_systemd(runner):
        drafts.write(_policy_route.unit_path(route.vip), _policy_route.unit(route, _verb(adapter)))


def _verb(adapter: Optional[Adapter]) -> str:
    """What is left for the unit to do."""
    if adapter is None or not adapter.refills:
        return _policy_route.WATCH
    return _policy_route.GUARD if adapter.keeps_last_resort() else _policy_route.HOLD


def _drop(drafts: Drafts, route: PolicyRoute, keeping: Optional[Adapter]) -> None:
    """Draft ROUTE out of every manager's files but those of KEEPING."""
    for each in _list.MANAGERS:
        if not isinstance(keeping, each):
            each.drop_route(drafts, route)


def _known(gone: Sequence[PolicyRoute], routes: Sequence[PolicyRoute]) -> List[PolicyRoute]:
    """Each policy route that is or was, once an address."""
    old = {route.vip: route for route in gone}
    return [old.get(route.vip, route) for route in routes] + [
        route for route in gone if route.vip not in {each.vip for each in routes}
    ]


# --- away -------------------------------------------------------------------------------------------------------------


def _absent(runner: Runner, request: Request, drafts: Drafts, there: List[Record]) -> Plan:
    gone = _remembered(drafts, request)
    others = _others(drafts, request)
    before = _running(runner, gone, there)
    adapter = _owner_of_old(runner, gone)
    for route in gone:
        _drop(drafts, route, None)
        drafts.remove(_policy_route.script_path(route.vip))
        if drafts.read(_policy_route.unit_path(route.vip)) is not None:
            drafts.remove(_policy_route.unit_path(route.vip))
    sysctls: List[Sysctl] = []
    if gone:
        sysctls = _route_sysctls.plan(drafts, others)
        _spare_others(runner, drafts, bool(others))
    return Plan(
        interface=gone[0].interface if gone else request.interface,
        gateway_mac="",
        manager=_name(adapter),
        routes=[],
        gone=gone,
        before=before,
        after=[],
        changes=drafts.changes(),
        sysctls=sysctls,
        apply=_apply(runner, adapter, drafts) if gone else [],
        back=_back(adapter),
        verb=_verb(adapter),
        foreign=_route_state.of_others(there, gone + others),
        warnings=[],
    )


def _owner_of_old(runner: Runner, gone: Sequence[PolicyRoute]) -> Optional[Adapter]:
    """Who owns the interface that ours were on; None where it is gone, too."""
    world = _interface.read_world(runner)
    for route in gone:
        for record in world.interfaces:
            if record["name"] == route.interface:
                return owner_of(runner, _interface.nic_of(record))
    return None


# --- both -------------------------------------------------------------------------------------------------------------


def _remembered(drafts: Drafts, request: Request) -> List[PolicyRoute]:
    """The policy routes that this host remembers of the addresses asked about."""
    found = [_route_state.remembered(drafts, vip) for vip in request.vips]
    return [route for route in found if route is not None]


def _others(drafts: Drafts, request: Request) -> List[PolicyRoute]:
    """The policy routes of ours that nothing is asked about."""
    return [route for route in _route_state.ours(drafts) if route.vip not in request.vips]


def _running(runner: Runner, routes: Sequence[PolicyRoute], there: List[Record]) -> List[str]:
    """What of ROUTES the kernel and systemd hold. THERE: the rules."""
    return [line for route in routes for line in _route_state.running(runner, route, there)]


def _spare_others(runner: Runner, drafts: Drafts, wanted: bool) -> None:
    for each in _list.MANAGERS:
        each.spare_others(runner, drafts, wanted)


def _apply(runner: Runner, adapter: Optional[Adapter], drafts: Drafts) -> List[List[str]]:
    """What has the managers follow the drafted files."""
    commands = adapter.apply() if adapter is not None else []
    for each in _list.MANAGERS:
        commands = each.follow(runner, drafts.changes(), commands)
    return commands


def _name(adapter: Optional[Adapter]) -> str:
    return adapter.manager if adapter is not None else ""


def _back(adapter: Optional[Adapter]) -> List[List[str]]:
    # No restart of networkd: with its old settings it would begin by deleting the rules of others.
    return adapter.apply() if adapter is not None else []


def _warnings(runner: Runner, request: Request, record: Record, world: _interface.World) -> List[str]:
    return _waiting(request, world) + _filtered(runner, request, record, world)


def _waiting(request: Request, world: _interface.World) -> List[str]:
    """What to tell of addresses that this host does not have at present."""
    here = {entry["address"] for each in world.interfaces for entry in each.get("addresses", [])}
    away = [vip for vip in request.vips if vip not in here]
    return ["%s is no address of this host at present: the policy route waits for it" % ", ".join(away)] if away else []


def _filtered(runner: Runner, request: Request, record: Record, world: _interface.World) -> List[str]:
    """What to tell of interfaces that drop requests whose replies leave by another one."""
    known = ("lo", record["name"], *request.arrives)
    others = [each["name"] for each in world.interfaces if each.get("up") and not each.get("master")]
    strict = [name for name in others if name not in known and _route_state.is_strict(runner, name)]
    if not strict or not any(_policy_route.family(vip) == 4 for vip in request.vips):
        return []
    return [
        "requests for %s that arrive on %s are dropped there by rp_filter, since their replies leave by %s: name"
        " those interfaces in arrives_on" % (", ".join(request.vips), ", ".join(strict), record["name"])
    ]
