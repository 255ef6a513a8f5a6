"""The way a packet would take: policy rules and routes of one snapshot, walked as the kernel's `ip route get CLIENT
from VIP` does.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from ansible_collections.netops.layer2.plugins.module_utils._table import natural
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._records import Reader
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

IP = IPv4Address | IPv6Address
Net = IPv4Network | IPv6Network
ON_LINK, VIA, LOCAL, POINT_TO_POINT, REFUSED, NO_ROUTE, UNKNOWN = (
    "on-link", "via", "local", "point-to-point", "refused", "no route", "unknown")
_TABLES = {"255": "local", "254": "main", "253": "default", "0": "unspec"}
_REFUSALS = frozenset(("unreachable", "blackhole", "prohibit"))
_FAMILIES = {"inet": 4, "inet6": 6}
_LONGEST = {4: 32, 6: 128}
# A route without a metric: 0 in IPv4, IP6_RT_PRIO_USER in IPv6 (kernel's include/net/ip6_route.h).
_METRIC = {4: 0, 6: 1024}


class Rule(t.NamedTuple):
    """A policy rule (ip-rule(8)); None where it does not ask."""

    family: int
    priority: int
    source: Net | None
    destination: Net | None
    iif: str | None
    oif: str | None
    mark: tuple[int, int] | None  # value, mask
    action: str
    table: str | None
    goto: int | None
    inverted: bool
    suppress: int | None  # results of this prefix length or shorter do not count
    protocol: str | None
    ports: tuple[str | None, str | None]  # source, destination: "80" or "1000-2000"
    readable: bool = True

    def __str__(self) -> str:
        words = [f"rule {self.priority}:", "not" if self.inverted else "", f"from {self.source or 'all'}"]
        words += [f"to {self.destination}" if self.destination else "", f"iif {self.iif}" if self.iif else ""]
        target = (
            f"lookup {self.table}"
            if self.action == "lookup"
            else f"goto {self.goto}"
            if self.action == "goto"
            else self.action
        )
        return " ".join(word for word in [*words, target] if word)


class Route(t.NamedTuple):
    """A route with one next hop."""

    destination: Net
    table: str
    type: str
    via: str | None
    dev: str | None
    src: str | None
    metric: int
    proto: str | None

    def __str__(self) -> str:
        name = "default" if self.destination.prefixlen == 0 else str(self.destination)
        kind = "" if self.type == "unicast" else f"{self.type} "
        via = f" via {self.via}" if self.via else ""
        return f"{kind}{name}{via}{f' dev {self.dev}' if self.dev else ''} (table {self.table})"


@dataclass(frozen=True, slots=True)
class Flow:
    """What is asked for. IIF is `lo` for what the host itself sends; a protocol or port that is None fits no rule that
    asks for one.
    """

    source: IP
    destination: IP
    iif: str = "lo"
    oif: str | None = None
    mark: int = 0
    protocol: str | None = None
    ports: tuple[int | None, int | None] = (None, None)
    vrf_table: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the packet goes. ``kind`` is one of the constants above; ``doubts`` says what was not read and could change
    it.
    """

    kind: str
    hops: tuple[Route, ...] = ()
    rule: Rule | None = None
    passed: tuple[Rule, ...] = ()  # rules that fitted, but whose table had no answer
    doubts: tuple[str, ...] = ()

    @property
    def dev(self) -> str | None:
        """The interface of the first next hop."""
        return self.hops[0].dev if self.hops else None

    @property
    def via(self) -> str | None:
        """The gateway of the first next hop."""
        return self.hops[0].via if self.hops else None

    def __str__(self) -> str:
        why = f" ({self.rule})" if self.rule else ""
        if self.hops:
            return f"{' or '.join(str(hop) for hop in self.hops)}{why}"
        return f"{self.kind}{why}"


@dataclass(frozen=True, slots=True)
class Routing:
    """Rules and routes of one host, and what decides besides: own addresses, interfaces without layer 2, what was not
    read.
    """

    rules: tuple[Rule, ...]
    tables: Mapping[tuple[int, str], tuple[Route, ...]]
    own: frozenset[IP] = frozenset()
    no_layer2: frozenset[str] = frozenset()
    vrf_tables: Mapping[str, str] = field(default_factory=dict)  # interface in a VRF -> that VRF's table
    doubts: tuple[str, ...] = ()

    def decide(self, flow: Flow) -> Decision:
        """The kernel's decision on FLOW: rules by priority, the first table with an answer (ip-rule(8),
        fib_rules_lookup).
        """
        if flow.destination in self.own or flow.destination.is_loopback:
            return Decision(LOCAL, doubts=self.doubts)
        passed: list[Rule] = []
        for rule in self._matching(flow):
            decision = self._carry_out(rule, flow)
            if decision is not None:
                return Decision(decision.kind, decision.hops, rule, tuple(passed), self.doubts)
            if rule.action == "lookup" and rule.table != "local":
                passed.append(rule)
        return Decision(UNKNOWN if self.doubts else NO_ROUTE, passed=tuple(passed), doubts=self.doubts)

    def _matching(self, flow: Flow) -> Iterator[Rule]:
        """The rules that fit FLOW, in the order in which the kernel tries them; a goto only leads forward."""
        rules = [rule for rule in self.rules if rule.family == flow.destination.version]
        place = 0
        while place < len(rules):
            rule = rules[place]
            place += 1
            if not fits(rule, flow):
                continue
            if rule.action != "goto":
                yield rule
                continue
            target = next((index for index in range(place, len(rules)) if rules[index].priority == rule.goto), None)
            place = place if target is None else target

    def _carry_out(self, rule: Rule, flow: Flow) -> Decision | None:
        """What RULE decides; None: go on with the next one."""
        if rule.action in _REFUSALS:
            return Decision(REFUSED)
        table = flow.vrf_table if rule.table == "l3mdev" else rule.table
        if rule.action != "lookup" or table is None:
            return None
        found = self._look_up(table, flow)
        if not found or found[0].type == "throw":
            return None
        if found[0].type in _REFUSALS:  # which no prefix length suppresses
            return Decision(REFUSED, tuple(found))
        if rule.suppress is not None and found[0].destination.prefixlen <= rule.suppress:
            return None
        return Decision(self._kind(found), tuple(found))

    def _look_up(self, table: str, flow: Flow) -> list[Route]:
        """The routes of the longest prefix with the lowest metric; several are next hops of one multipath route."""
        fitting = [
            route for route in self.tables.get((flow.destination.version, table), ())
            if flow.destination in route.destination and flow.oif in (None, route.dev)
        ]
        best = min(((-route.destination.prefixlen, route.metric) for route in fitting), default=None)
        return [route for route in fitting if (-route.destination.prefixlen, route.metric) == best]

    def _kind(self, hops: list[Route]) -> str:
        if any(hop.via is None and hop.dev not in self.no_layer2 for hop in hops):
            return ON_LINK
        return VIA if any(hop.via for hop in hops) else POINT_TO_POINT

    def has_routes(self, family: int, table: str) -> bool:
        """Whether TABLE holds any route of FAMILY."""
        return bool(self.tables.get((family, table)))

    def refuses_last(self, family: int, table: str) -> bool:
        """Whether TABLE ends with a default that refuses, so that nothing falls through to the next rule when its
        routes are gone.
        """
        return any(
            route.type in _REFUSALS and not route.destination.prefixlen
            for route in self.tables.get((family, table), ())
        )

    def unused(self, family: int) -> list[str]:
        """Tables with a default route through a gateway that no rule leads to, as a network manager leaves them that
        removes foreign rules.
        """
        asked = {rule.table for rule in self.rules if rule.family == family} | {"main", "default", "local", "unspec"}
        asked |= set(self.vrf_tables.values())
        return sorted(
            table
            for (version, table), routes in self.tables.items()
            if version == family
            and table not in asked
            and any(route.via and not route.destination.prefixlen for route in routes)
        )

    def connected(self, family: int) -> Iterator[Route]:
        """On-link prefixes that a neighbour could be asked in: unicast, no gateway, more than one address, a device
        with layer 2.
        """
        for (version, _table), routes in self.tables.items():
            for route in routes if version == family else ():
                direct = route.via is None and route.type == "unicast" and route.dev and route.dev not in self.no_layer2
                if direct and route.destination.prefixlen < _LONGEST[family] and not route.destination.is_link_local:
                    yield route

    def gateways(self, family: int, dev: str | None = None) -> list[str]:
        """Gateways of default routes, of the main table first; of those through DEV where it is given."""
        found = [
            (table != "main", route.metric, route.via)
            for (version, table), routes in self.tables.items() if version == family
            for route in routes if route.via and not route.destination.prefixlen and dev in (None, route.dev)
        ]
        return list(dict.fromkeys(via for _other, _metric, via in sorted(found)))


def fits(rule: Rule, flow: Flow) -> bool:
    """Whether RULE's selectors fit FLOW (kernel's net/core/fib_rules.c, fib_rule_match)."""
    if not rule.readable:
        return False
    fitting = (
        (rule.source is None or flow.source in rule.source)
        and (rule.destination is None or flow.destination in rule.destination)
        and rule.iif in (None, flow.iif)
        and rule.oif in (None, flow.oif)
        and (rule.mark is None or not (rule.mark[0] ^ flow.mark) & rule.mark[1])
        and _fits_transport(rule, flow)
        and (rule.table != "l3mdev" or flow.vrf_table is not None)
    )
    return fitting != rule.inverted


def _fits_transport(rule: Rule, flow: Flow) -> bool:
    return rule.protocol in (None, flow.protocol) and all(map(_in_range, flow.ports, rule.ports))


def _in_range(port: int | None, wanted: str | None) -> bool:
    if wanted is None:
        return True
    first, _dash, last = wanted.partition("-")
    least, most = natural(first), natural(last or first)
    return port is not None and least is not None and most is not None and least <= port <= most


# --- from a snapshot ------------------------------------------------------------------------------------------------

_DEFAULT_RULES = tuple(
    Rule(family, priority, None, None, None, None, None, "lookup", table, None, False, None, None, (None, None))
    for family, priority, table in (
        (4, 0, "local"),
        (4, 32766, "main"),
        (4, 32767, "default"),
        (6, 0, "local"),
        (6, 32766, "main"),
    )
)


def read_routing(reader: Reader, observed: Iterable[str] | None = None) -> Routing:
    """Routing of the host that READER reads; what is broken is quarantined, what was not read becomes a doubt.

    OBSERVED: the snapshot's list of subsets that were read; None if it does not tell, when an absent key counts as not
    read.
    """
    seen = None if observed is None else set(observed)
    rules, routes = list(_rules(reader)), list(_routes(reader))
    doubts = list(_doubts(reader, seen, rules, routes))
    tables: dict[tuple[int, str], list[Route]] = {}
    for route in routes:
        tables.setdefault((route.destination.version, route.table), []).append(route)
    own, no_layer2, vrf_tables = _of_interfaces(reader)
    return Routing(
        tuple(sorted(rules, key=lambda rule: rule.priority)) or _DEFAULT_RULES,
        {key: tuple(found) for key, found in tables.items()}, own, no_layer2, vrf_tables, tuple(dict.fromkeys(doubts)),
    )


def _doubts(
    reader: Reader, seen: set[str] | None, rules: Collection[Rule], routes: Collection[Route]
) -> Iterator[str]:
    """Yield why the RULES and ROUTES may not be all there are; SEEN: the subsets that were read, None if not told."""
    for subset, found in (("rules", rules), ("routes", routes)):
        if subset not in seen if seen is not None else not found:
            yield f"{subset} of {reader.host} were not read"
    for _path, gap in reader.objects("gaps"):
        if gap.get("subset") in ("rules", "routes") and isinstance(gap.get("reason"), str):
            yield f"{reader.host}: {gap['reason']}"
    for rule in rules:
        if not rule.readable:
            yield f"{reader.host}: {rule} also asks for a type of service, tunnel or user, and was passed over"


def _of_interfaces(reader: Reader) -> tuple[frozenset[IP], frozenset[str], dict[str, str]]:
    own: set[IP] = set()
    no_layer2: set[str] = set()
    masters: dict[str, str] = {}
    tables: dict[str, str] = {}
    for _path, item in reader.objects("interfaces"):
        name = item.get("name")
        if item.get("netns") or not isinstance(name, str):
            continue
        if not _has_layer2(item):
            no_layer2.add(name)
        if isinstance(item.get("vrf_table"), int):
            tables[name] = _table(item["vrf_table"])
        if isinstance(item.get("master"), str):
            masters[name] = item["master"]
        own.update(ip for ip in (address(entry["address"]) for entry in addresses_of(item)) if ip is not None)
    vrfs = {name: tables[master] for name, master in masters.items() if master in tables}
    return frozenset(own), frozenset(no_layer2), {**tables, **vrfs}


def _has_layer2(item: dict[str, t.Any]) -> bool:
    """Whether neighbours are asked for on an interface."""
    flags = item.get("flags")
    return item.get("link_type", "ether") == "ether" and not (isinstance(flags, list) and "NOARP" in flags)


def addresses_of(item: dict[str, t.Any]) -> Iterator[dict[str, t.Any]]:
    """The entries of an interface's ``addresses`` that hold one."""
    entries = item.get("addresses")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("address"), str):
            yield entry


def address(value: object) -> IP | None:
    """VALUE as an address, None if it is none."""
    try:
        return ip_address(str(value).partition("%")[0]) if isinstance(value, str) else None
    except ValueError:
        return None


def _rules(reader: Reader) -> Iterator[Rule]:
    for path, item in reader.objects("rules"):
        family, priority = _FAMILIES.get(str(item.get("family"))), item.get("priority")
        if family is None or not isinstance(priority, int):
            reader.reject(path, "no policy rule: family or priority is missing")
            continue
        try:
            yield _rule(item, family, priority)
        except (ValueError, TypeError, OverflowError) as error:
            reader.reject(path, f"no policy rule: {shortened(str(error))}")


def _rule(item: dict[str, t.Any], family: int, priority: int) -> Rule:
    goto = item.get("goto")
    suppress = item.get("suppress_prefixlength")
    return Rule(
        family=family, priority=priority, source=_selector(item.get("from")), destination=_selector(item.get("to")),
        iif=_text(item, "iif"), oif=_text(item, "oif"), mark=_mark(item.get("fwmark")),
        action=str(item.get("action", "lookup")), table=None if item.get("table") is None else _table(item["table"]),
        goto=int(goto) if goto is not None else None, inverted=item.get("not") is True,
        suppress=suppress if isinstance(suppress, int) else None, protocol=_text(item, "ipproto"),
        ports=(_text(item, "sport"), _text(item, "dport")),
        readable=not {"tos", "tun_id", "uidrange"} & item.keys(),
    )


def _text(item: dict[str, t.Any], name: str) -> str | None:
    return None if item.get(name) is None else str(item[name])


def _selector(value: object) -> Net | None:
    return None if value in (None, "all", "default", "0.0.0.0/0", "::/0") else ip_network(str(value), strict=False)


def _mark(value: object) -> tuple[int, int] | None:
    if value is None:
        return None
    number, _slash, mask = str(value).partition("/")
    return int(number, 0), int(mask, 0) if mask else 0xFFFFFFFF


def _table(value: object) -> str:
    return _TABLES.get(str(value), str(value))


def _routes(reader: Reader) -> Iterator[Route]:
    for path, item in reader.objects("routes"):
        family = _FAMILIES.get(str(item.get("family")))
        try:
            if family is not None:
                yield _route(item, family)
        except ValueError as error:
            reader.reject(path, f"no route: {shortened(str(error))}")


def _route(item: dict[str, t.Any], family: int) -> Route:
    dst, metric = item.get("dst"), item.get("metric")
    name = ("0.0.0.0/0" if family == 4 else "::/0") if dst == "default" else str(dst)
    return Route(
        destination=ip_network(name, strict=False),
        table=_table(item.get("table", "main")),
        type=str(item.get("type", "unicast")),
        via=_text(item, "via"),
        dev=_text(item, "dev"),
        src=_text(item, "src"),
        metric=metric if isinstance(metric, int) else _METRIC[family],
        proto=_text(item, "proto"),
    )
