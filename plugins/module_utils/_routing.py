"""Policy rules, routes and the sysctls that decide over ARP, NDP, redirects and return paths."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._iproute import Tool
from ansible_collections.netops.layer2.plugins.module_utils._runner import Missing, ReadError, Runner
from ansible_collections.netops.layer2.plugins.module_utils._table import Damaged, Parsed, Record, natural, parse_each

FAMILIES = (("inet", "-4"), ("inet6", "-6"))
_RULE_ACTIONS = frozenset("unreachable blackhole prohibit nop goto".split())
_ROUTE_TYPES = frozenset((
    "unicast local broadcast anycast multicast throw unreachable prohibit blackhole nat").split())
# Of the kernel itself, for its own addresses and group traffic; they decide nothing that is asked here.
_SKIPPED_TYPES = frozenset("local broadcast anycast multicast".split())

_PER_INTERFACE = (
    ("ipv4/conf", ("rp_filter", "arp_ignore", "arp_announce", "arp_filter", "arp_notify", "arp_accept", "proxy_arp",
                   "accept_redirects", "send_redirects", "forwarding")),
    ("ipv4/neigh", ("base_reachable_time_ms", "gc_stale_time")),
    ("ipv6/conf", ("accept_redirects", "forwarding", "disable_ipv6", "accept_dad", "ndisc_notify", "proxy_ndp",
                   "addr_gen_mode")),
    ("ipv6/neigh", ("base_reachable_time_ms", "gc_stale_time")),
)
_GLOBAL = (
    "ipv4/ip_forward", "ipv4/ip_nonlocal_bind", "ipv4/route/redirect_silence",
    "ipv4/neigh/default/gc_interval", "ipv4/neigh/default/gc_thresh1", "ipv4/neigh/default/gc_thresh2",
    "ipv4/neigh/default/gc_thresh3", "ipv6/neigh/default/gc_interval", "ipv6/neigh/default/gc_thresh1",
    "ipv6/neigh/default/gc_thresh2", "ipv6/neigh/default/gc_thresh3",
    "bridge/bridge-nf-call-iptables", "bridge/bridge-nf-call-arptables",
)


def has_ipv6(runner: Runner) -> bool:
    """Whether this kernel speaks IPv6 at all."""
    return runner.exists("/proc/net/if_inet6")


# --- rules ----------------------------------------------------------------------------------------------------------

def read_rules(tool: Tool, family: str, option: str) -> Parsed:
    """Policy rules of one address FAMILY as snapshot objects (ip-rule(8))."""
    parsed = tool.entries(["ip", "rule", "show"], (option,), rules_from_text)
    rules = parse_each(parsed.records, lambda entry: _rule(entry, family))
    return Parsed(rules.records, parsed.damaged + rules.damaged)


def rules_from_text(text: str) -> Parsed:
    """Rules in the text of ``ip rule show``, as ``ip -j rule`` shapes them."""
    return parse_each((line for line in text.split("\n") if line.strip()), _text_rule)


def _text_rule(line: str) -> Record:
    priority, colon, rest = line.partition(":")
    if not colon or not re.match(r"[0-9]{1,10}\Z", priority):
        raise Damaged("no policy rule")
    tokens = rest.replace(" /", "/").split()  # 4.18 prints `to 203.0.113.0 /24`
    values = _values(
        tokens,
        {
            "from": "src",
            "to": "dst",
            "iif": "iif",
            "oif": "oif",
            "fwmark": "fwmark",
            "lookup": "table",
            "goto": "goto",
            "suppress_prefixlength": "suppress_prefixlen",
            "ipproto": "ipproto",
            "sport": "sport",
            "dport": "dport",
            "tos": "tos",
            "tun_id": "tun_id",
            "uidrange": "uidrange",
        },
    )
    rule: Record = dict(values, priority=int(priority))
    rule.update((token, True) for token in tokens if token == "not")  # nosec B105  # a word of ip(8)
    rule.update(("action", token) for token in tokens if token in _RULE_ACTIONS)
    if rule.get("table") == "[l3mdev-table]":
        rule["l3mdev"] = True
    return rule


def _values(tokens: List[str], names: Dict[str, str]) -> Record:
    """The token after each of NAMES' keys, under NAMES' value; the first time a key occurs counts."""
    found: Record = {}
    for position in range(len(tokens) - 1):
        name = names.get(tokens[position])
        if name is not None:
            found.setdefault(name, tokens[position + 1])
    return found


def _rule(entry: Record, family: str) -> Record:
    priority = entry.get("priority")
    if not isinstance(priority, int):
        raise Damaged("no priority")
    rule: Record = {"family": family, "priority": priority, "from": _prefix(entry, "src") or "all"}
    texts = (
        ("to", _prefix(entry, "dst")),
        ("iif", entry.get("iif")),
        ("oif", entry.get("oif")),
        ("fwmark", _mark(entry)),
        ("table", "l3mdev" if "l3mdev" in entry else entry.get("table")),
        ("goto", entry.get("goto")),
    )
    rule.update((key, str(value)) for key, value in texts if value is not None)
    rule.update((key, value) for key, value in _further_selectors(entry))
    if "not" in entry:
        rule["not"] = True
    # 4.18 prints actions as "to_tbl"; goto and nop are keys of their own.
    own = next((key for key in ("goto", "nop") if key in entry), "lookup")
    rule["action"] = str(entry.get("action") or entry.get("to_tbl") or own)
    return rule


def _further_selectors(entry: Record) -> Iterator[Tuple[str, Any]]:
    """What else a rule asks for, or leaves out of its answers; ranges are numbers with a dash between."""
    suppressed = entry.get("suppress_prefixlen")
    length = natural(str(suppressed))
    if length is not None:
        yield "suppress_prefixlength", length
    for key in ("ipproto", "tos", "tun_id", "sport", "dport", "uidrange"):
        ends = "uid" if key == "uidrange" else key
        if entry.get(key) is not None:
            yield key, str(entry[key])
        elif ends + "_start" in entry:
            yield key, "%s-%s" % (entry[ends + "_start"], entry.get(ends + "_end"))


def _mark(entry: Record) -> Optional[str]:
    mark, mask = entry.get("fwmark"), entry.get("fwmask")
    return "%s/%s" % (mark, mask) if mark and mask else mark


def _prefix(entry: Record, key: str) -> Optional[str]:
    address, length = entry.get(key), entry.get(key + "len")
    if not isinstance(address, str):
        return None
    return "%s/%d" % (address, length) if isinstance(length, int) else address


# --- routes ---------------------------------------------------------------------------------------------------------

def count_routes(runner: Runner) -> Dict[str, int]:
    """Number of routes a family, from the kernel's own counters, without listing any."""
    counts: Dict[str, int] = {}
    for family, path in (("inet", "/proc/net/fib_triestat"), ("inet6", "/proc/net/rt6_stats")):
        try:
            text = runner.read(path)
        except ReadError:
            continue  # kernels without these counters have few routes
        if family == "inet":
            counts[family] = sum(int(found) for found in re.findall(r"Prefixes:\s+([0-9]{1,10})", text))
        elif len(text.split()) > 3 and re.match(r"[0-9a-f]{1,8}\Z", text.split()[3]):
            counts[family] = int(text.split()[3], 16)
    return counts


def read_routes(tool: Tool, family: str, option: str, few: bool = False) -> Parsed:
    """Routes of all tables but `local` of one address FAMILY as snapshot objects (ip-route(8)), one a next hop.

    FEW: only default routes and those to connected networks, for routers with the whole Internet in their tables.
    """
    selections: Sequence[Tuple[str, ...]] = (("default",), ("proto", "kernel")) if few else ((),)
    routes: List[Record] = []
    damaged: List[str] = []
    for selection in selections:
        argv = ["ip", "route", "show", "table", "all"] + list(selection)
        parsed = _route_entries(tool, argv, option)
        found = parse_each(parsed.records, lambda entry: {"routes": _routes(entry, family)})
        for record in found.records:
            routes.extend(route for route in record["routes"] if route not in routes[-1:])
        damaged += parsed.damaged + found.damaged
    return Parsed(routes, damaged)


def _route_entries(tool: Tool, argv: Sequence[str], option: str) -> Parsed:
    """``-d`` tells the type and table of every route; BusyBox' `ip` does not know it and tells what differs from the
    usual.
    """
    try:
        return tool.entries(argv, ("-d", option), routes_from_text)
    except Missing:
        raise
    except ReadError:
        return tool.entries(argv, (option,), routes_from_text)


def routes_from_text(text: str) -> Parsed:
    """Routes in the text of ``ip [-d] route show table all``, as ``ip -j`` shapes them."""
    lines: List[str] = []
    for line in text.split("\n"):
        if line[:1] in " \t" and lines:
            lines[-1] += " " + line.strip()  # a next hop
        elif line.strip():
            lines.append(line)
    return parse_each(lines, _text_route)


_ROUTE_NAMES = {
    "via": "gateway",
    "dev": "dev",
    "src": "prefsrc",
    "table": "table",
    "metric": "metric",
    "proto": "protocol",
    "scope": "scope",
}


def _text_route(line: str) -> Record:
    first, *hops = line.split(" nexthop ")
    tokens = first.split()
    kind = tokens.pop(0) if tokens and tokens[0] in _ROUTE_TYPES else "unicast"
    if not tokens or not re.match(r"(default|[0-9a-fA-F.:]+(/[0-9]{1,3})?)\Z", tokens[0]):
        raise Damaged("no route")
    route = _route_values(tokens)
    route.update(type=kind, dst=tokens[0])
    if hops:
        route["nexthops"] = [_route_values(hop.split()) for hop in hops]
    return route


def _route_values(tokens: List[str]) -> Record:
    values = _values(tokens, _ROUTE_NAMES)
    if values.get("gateway") in ("inet", "inet6"):  # via inet6 fe80::1, RFC 5549
        values["gateway"] = next(iter(_values(tokens, {values["gateway"]: "host"}).values()), "")
    metric = natural(str(values.pop("metric", "")))
    if metric is not None:
        values["metric"] = metric
    return values


def _routes(entry: Record, family: str) -> List[Record]:
    if entry.get("table") == "local" or str(entry.get("type")) in _SKIPPED_TYPES or _is_own_link_local(entry):
        return []
    if not isinstance(entry.get("dst"), str):
        raise Damaged("no destination")
    route: Record = {"family": family, "dst": entry["dst"], "type": "unicast", "table": "main"}
    _copy(
        route,
        entry,
        (("src", "prefsrc"), ("table", "table"), ("proto", "protocol"), ("scope", "scope"), ("type", "type")),
    )
    if isinstance(entry.get("metric"), int):
        route["metric"] = entry["metric"]
    hops = entry.get("nexthops") or [entry]
    if not isinstance(hops, list):
        raise Damaged("next hops that are no list")
    return [_with_hop(route, hop) for hop in hops if isinstance(hop, dict)]


def _is_own_link_local(entry: Record) -> bool:
    """fe80::/64, which the kernel adds on every interface: a thousand rows that decide nothing."""
    return entry.get("dst") == "fe80::/64" and entry.get("protocol", "kernel") == "kernel"


def _with_hop(route: Record, hop: Record) -> Record:
    route = dict(route)
    _copy(route, hop, (("via", "gateway"), ("dev", "dev")))
    via = hop.get("via")
    if isinstance(via, dict) and isinstance(via.get("host"), str):
        route["via"] = via["host"]
    return route


def _copy(target: Record, source: Record, names: Iterable[Tuple[str, str]]) -> None:
    for key, name in names:
        if isinstance(source.get(name), (str, int)) and source[name] != "":
            target[key] = str(source[name])


# --- sysctls --------------------------------------------------------------------------------------------------------

def read_sysctls(runner: Runner) -> Dict[str, str]:
    """Sysctl name -> value; an interface's own value only where it differs from ``default``'s.

    Names as sysctl(8) writes them: the dot in ``eth0.100`` becomes a slash.
    """
    values: Dict[str, str] = {}
    for path in _GLOBAL:
        _read_sysctl(runner, path, values)
    for directory, names in _PER_INTERFACE:
        try:
            interfaces = runner.listdir("/proc/sys/net/" + directory)
        except ReadError:
            continue  # no IPv6 here
        for name in names:
            _read_each(runner, directory, interfaces, name, values)
    if not values:
        raise ReadError("nothing in /proc/sys/net can be read")
    return values


def _read_each(runner: Runner, directory: str, interfaces: List[str], name: str, values: Dict[str, str]) -> None:
    usual = _read_sysctl(runner, "%s/default/%s" % (directory, name), values)
    for interface in interfaces:
        own: Dict[str, Any] = {} if interface not in ("all", "default") else values
        value = _read_sysctl(runner, "%s/%s/%s" % (directory, interface, name), own)
        if value is not None and value != usual:
            values.update(own)


def _read_sysctl(runner: Runner, path: str, values: Dict[str, str]) -> Optional[str]:
    try:
        text = runner.read("/proc/sys/net/" + path, 256)
    except ReadError:
        return None  # this kernel does not have it, or the interface has just gone
    name = ".".join(["net"] + [part.replace(".", "/") for part in path.split("/")])
    values[name] = text.replace("\t", " ")
    return text
