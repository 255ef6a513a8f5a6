"""What a host has of policy routes now: rules and tables in the kernel, units, sysctls, and the scripts that remember
ours.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import posixpath
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from ansible_collections.netops.layer2.plugins.module_utils import _routing
from ansible_collections.netops.layer2.plugins.module_utils._iproute import Tool
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _policy_route
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._policy_route import PolicyRoute
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Drafts
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner

Record = Dict[str, Any]
_WANTS = _policy_route.UNITS + "/multi-user.target.wants"
_STRICT = 1  # RFC 3704; Documentation/networking/ip-sysctl.rst

# before: what it is now, value: what it shall be. path: below /proc/sys.
Sysctl = NamedTuple("Sysctl", [("path", str), ("before", str), ("value", str)])


def rules(runner: Runner) -> List[Record]:
    """Policy rules of both families (docs/snapshot.md). ConfigError where they cannot be read."""
    tool = Tool(runner)
    found: List[Record] = []
    try:
        for family, option in _routing.FAMILIES:
            if family == "inet" or _routing.has_ipv6(runner):
                found += _routing.read_rules(tool, family, option).records
    except ReadError as error:
        raise ConfigError(
            "the policy rules cannot be read: %s; %s" % (error.reason, error.hint or "look at `ip rule`")
        ) from None
    return found


def ours(drafts: Drafts) -> List[PolicyRoute]:
    """The policy routes that this host remembers."""
    found = [_policy_route.from_script(drafts.read(path) or "") for path in drafts.glob(_policy_route.FOLDER + "/*.sh")]
    return [route for route in found if route is not None]


def remembered(drafts: Drafts, vip: str) -> Optional[PolicyRoute]:
    """The policy route of VIP that this host remembers; ConfigError where its script is damaged."""
    path = _policy_route.script_path(vip)
    text = drafts.read(path)
    if text is None:
        return None
    found = _policy_route.from_script(text)
    if found is None:
        raise ConfigError(
            "%s: %s was edited and says no longer what was set up: restore it, or remove it and what `ip rule` shows"
            " for %s" % (vip, path, vip)
        )
    return found


def is_used(runner: Runner, number: int) -> bool:
    """Whether routing table NUMBER holds anything, or has a name."""
    text = "".join(_read(runner, path) for path in ("/etc/iproute2/rt_tables", "/usr/share/iproute2/rt_tables"))
    named = {line.split()[0] for line in text.splitlines() if line.strip() and not line.startswith("#")}
    return str(number) in named or any(table(runner, option, number) for option in ("-4", "-6"))


def _read(runner: Runner, path: str) -> str:
    try:
        return runner.read(path) + "\n"
    except ReadError:
        return ""


def table(runner: Runner, option: str, number: int) -> List[Record]:
    """Routes of one table (``ip -j`` shape); a table that is not there is empty."""
    try:
        return (
            Tool(runner)
            .entries(["ip", "route", "show", "table", str(number)], ("-d", option), _routing.routes_from_text)
            .records
        )
    except ReadError:
        return []


def running(runner: Runner, route: PolicyRoute, there: Sequence[Record]) -> List[str]:
    """What of ROUTE the kernel and systemd hold, in the words of ``_policy_route.wanted``. THERE: the rules."""
    lines = ["rule %d: from %s %s" % (rule["priority"], route.vip, _does(rule)) for rule in there
             if rule["from"] == route.vip and rule["priority"] in (route.priority, _policy_route.guard(route))]
    for each in table(runner, _policy_route.option(route), route.table):
        if each.get("dst") != "default":
            continue
        if each.get("type") == "unreachable":
            lines.append("table %d: unreachable default metric %s" % (route.table, each.get("metric", 0)))
        elif each.get("dev"):
            lines.append("table %d: default via %s dev %s" % (route.table, each.get("gateway"), each["dev"]))
    return sorted(set(lines)) + unit_lines(runner, route.vip)


def _does(rule: Record) -> str:
    return "lookup %s" % rule["table"] if rule["action"] == "lookup" else str(rule["action"])


def wants_path(vip: str) -> str:
    """The link that has the unit of VIP started at boot."""
    return posixpath.join(_WANTS, _policy_route.unit_name(vip))


def unit_lines(runner: Runner, vip: str) -> List[str]:
    """Whether the unit of VIP runs and is started at boot; nothing without systemd."""
    if not has_systemd(runner):
        return []
    name = _policy_route.unit_name(vip)
    lines = ["unit %s: enabled" % name] if runner.exists(wants_path(vip)) else []
    return lines + (["unit %s: active" % name] if is_active(runner, name) else [])


def is_active(runner: Runner, name: str) -> bool:
    """Whether systemd has unit NAME running."""
    try:
        return runner.output(["systemctl", "is-active", name]).stdout.strip() == "active"
    except ReadError:
        return False


def rule_text(rule: Record) -> str:
    """A policy rule much as ``ip rule`` shows it."""
    words = ["%d: %sfrom %s" % (rule["priority"], "not " if rule.get("not") else "", rule["from"])]
    words += ["%s %s" % (key, rule[key]) for key in ("to", "iif", "oif", "fwmark") if key in rule]
    return " ".join(words + [_does(rule)])


def of_others(there: Sequence[Record], mine: Sequence[PolicyRoute]) -> List[str]:
    """The rules of THERE that are none of MINE, each with its family."""
    known = {(number, route.vip) for route in mine for number in (route.priority, _policy_route.guard(route))}
    return [
        "%s %s" % (rule["family"], rule_text(rule)) for rule in there if (rule["priority"], rule["from"]) not in known
    ]


def wanted(runner: Runner, route: PolicyRoute) -> List[str]:
    """All that shall hold for ROUTE on this host, as ``running`` says it."""
    name = _policy_route.unit_name(route.vip)
    units = ["unit %s: enabled" % name, "unit %s: active" % name] if has_systemd(runner) else []
    return _policy_route.wanted(route) + units


def has_systemd(runner: Runner) -> bool:
    """Whether systemd runs this host."""
    return runner.exists("/run/systemd/system")


# --- sysctls ----------------------------------------------------------------------------------------------------------


def sysctl_value(runner: Runner, path: str) -> Optional[str]:
    """The value of sysctl PATH below /proc/sys; None where this kernel has none."""
    try:
        return runner.read("/proc/sys/" + path, 256)
    except ReadError:
        return None


def is_strict(runner: Runner, interface: str) -> bool:
    """Whether INTERFACE drops what would not be answered through it: the larger one of the values for it and for all
    counts.
    """
    values = [sysctl_value(runner, "net/ipv4/conf/%s/rp_filter" % name) for name in ("all", interface)]
    return max([int(value) for value in values if value and value.isdigit()] or [0]) == _STRICT


def needed(routes: Sequence[PolicyRoute]) -> Dict[str, str]:
    """The sysctls that ROUTES ask for, by path below /proc/sys: an ICMP redirect would lead past the gateway again."""
    found: Dict[str, str] = {}
    for route in routes:
        conf = "net/ipv%d/conf" % _policy_route.family(route.vip)
        for name in ("all", route.interface):
            found["%s/%s/accept_redirects" % (conf, name)] = "0"
        if _policy_route.family(route.vip) == 4:
            found.update(("net/ipv4/conf/%s/rp_filter" % name, "2") for name in route.arrives)
    return found
