"""A policy route: what leaves with one address goes to one gateway. Its parts, its numbers, and the script that keeps
them on a host.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ipaddress
import re
import zlib
from typing import Callable, List, NamedTuple, Optional, Tuple

from ansible_collections.netops.layer2.plugins.module_utils import _interface_name
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError

FOLDER = "/etc/netops-layer2/policy-route"
UNITS = "/etc/systemd/system"
LAST_METRIC = 2147483647  # so that any other route comes first; netplan writes what is larger as a negative number
LOWEST, HIGHEST = 20000, 29998  # our rules' priorities: after local (0) and VRFs (1000), before main (32766)

# table and priority: numbers; the priority after it is the guard's. onlink: the gateway is in no subnet of the
# interface.
# arrives: other interfaces on which requests come in, where a strict rp_filter would drop them.
PolicyRoute = NamedTuple(
    "PolicyRoute",
    [
        ("vip", str),
        ("interface", str),
        ("gateway", str),
        ("table", int),
        ("priority", int),
        ("onlink", bool),
        ("arrives", Tuple[str, ...]),
    ],
)

_SCRIPT = """#!/bin/sh
# Replies from {vip} leave by {gateway}. Written by netops.layer2.policy_route; `state: absent` removes it.
vip='{vip}'
interface='{interface}'
gateway='{gateway}'
onlink='{onlink}'
table={table}
priority={priority}
arrives='{arrives}'
PATH=/usr/sbin:/usr/bin:/sbin:/bin

# Priorities are never shared: a rule that has this one is there already. Network managers say static, too, and add
# none beside it.
rule() {{
    number=$1
    shift
    ip {option} rule show | grep -q "^$number:" ||
        ip {option} rule add "$@" priority "$number" protocol static 2>/dev/null ||
        ip {option} rule add "$@" priority "$number"
}}

# Whatever becomes of the link and its table: never by another way.
guard() {{
    rule $((priority + 1)) from "$vip" unreachable
}}

# The same where the network manager's files cannot hold the table's last resort.
hold() {{
    ip {option} route show table "$table" 2>/dev/null | grep -q "^unreachable default" ||
        ip {option} route add unreachable default table "$table" metric {metric}
    guard
}}

# Where no udev sets the sysctls of an interface that appears late.
deaf() {{
    for name in all "$interface"; do
        echo 0 >"/proc/sys/net/{ip}/conf/$name/accept_redirects"
    done 2>/dev/null
}}

up() {{
    deaf
    rule "$priority" from "$vip" lookup "$table"
    ip {option} route show table "$table" 2>/dev/null | grep -q "^default via $gateway dev $interface " ||
        ip {option} route replace default via "$gateway" dev "$interface" $onlink table "$table"
    hold
}}

# A link that was down comes back without its routes.
watch() {{
    ip -o monitor link address | {{
        up
        while read -r number name _; do
            case "$number $name" in
                *" $interface":* | *" $interface"@* | *" $interface") up 2>/dev/null ;;
            esac
        done
    }}
}}

case "$1" in
    guard | hold | up | watch) "$1" ;;
    *) echo "usage: $0 guard|hold|up|watch" >&2; exit 2 ;;
esac
"""

_UNIT = """# Written by netops.layer2.policy_route; `state: absent` removes it.
[Unit]
Description=Replies from {vip} leave by {gateway}
{order}

[Service]
{service}

[Install]
WantedBy=multi-user.target
"""
_GUARD = (
    (
        "DefaultDependencies=no\nAfter=local-fs.target\nWants=network-pre.target\nBefore=network-pre.target"
        " shutdown.target\nConflicts=shutdown.target"
    ),
    "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh {script} {verb}",
)
_WATCH = ("After=network.target", "ExecStart=/bin/sh {script} {verb}\nRestart=always\nRestartSec=1")


def family(address: str) -> int:
    """4 or 6."""
    return 6 if ":" in address else 4


def option(route: PolicyRoute) -> str:
    """The option of ``ip`` for the family of ROUTE."""
    return "-%d" % family(route.vip)


def everything(route: PolicyRoute) -> str:
    """The destination of a default route as most files write it."""
    return "::/0" if family(route.vip) == 6 else "0.0.0.0/0"


def host_prefix(route: PolicyRoute) -> str:
    """The address that the rule matches, as a prefix."""
    return "%s/%d" % (route.vip, 128 if family(route.vip) == 6 else 32)


def guard(route: PolicyRoute) -> int:
    """Priority of the rule that ends what the table did not route."""
    return route.priority + 1


def key(vip: str) -> str:
    """A name for files that is safe everywhere (run-parts takes no dots)."""
    return re.sub("[.:]", "-", vip)


def script_path(vip: str) -> str:
    """The script is what remembers a policy route on its host."""
    return "%s/%s.sh" % (FOLDER, key(vip))


def unit_name(vip: str) -> str:
    """The systemd unit that runs the script."""
    return "netops-layer2-policy-route-%s.service" % key(vip)


def unit_path(vip: str) -> str:
    """Where that unit is kept."""
    return "%s/%s" % (UNITS, unit_name(vip))


def script(route: PolicyRoute) -> str:
    """The shell script that holds ROUTE and keeps it in the kernel."""
    for name in (route.interface,) + tuple(route.arrives):
        if not _interface_name.is_plain(name):
            raise ConfigError(_interface_name.problem(name))
    return _SCRIPT.format(
        option=option(route),
        ip="ipv%d" % family(route.vip),
        metric=LAST_METRIC,
        vip=route.vip,
        interface=route.interface,
        gateway=route.gateway,
        onlink="onlink" if route.onlink else "",
        table=route.table,
        priority=route.priority,
        arrives=",".join(route.arrives),
    )


GUARD, HOLD, WATCH = "guard", "hold", "watch"


def unit(route: PolicyRoute, verb: str) -> str:
    """The unit of ROUTE. VERB: what it has the script do; GUARD and HOLD beside a network manager, WATCH where none
    refills the table.
    """
    order, service = _WATCH if verb == WATCH else _GUARD
    return _UNIT.format(
        vip=route.vip,
        gateway=route.gateway,
        order=order,
        service=service.format(script=script_path(route.vip), verb=verb),
    )


def from_script(text: str) -> Optional[PolicyRoute]:
    """The policy route that a script of ours holds; None where somebody edited it out of shape."""
    found = {name: value.strip("'") for name, value in re.findall(r"(?m)^([a-z]+)=(\S*)$", text)}
    try:
        return PolicyRoute(
            found["vip"],
            found["interface"],
            found["gateway"],
            int(found["table"]),
            int(found["priority"]),
            found["onlink"] == "onlink",
            tuple(found["arrives"].split(",")) if found["arrives"] else (),
        )
    except (KeyError, ValueError):
        return None


def address(field: str, text: str) -> str:
    """TEXT as a canonical unicast address; ConfigError naming FIELD."""
    try:
        # An IPv6 zone (fe80::1%eth0) is the interface's business, which is named by itself.
        found = ipaddress.ip_address("" if "%" in text else text.strip())
    except ValueError:
        raise ConfigError(
            "%s: %r is no IP address: write it as 192.0.2.1 or 2001:db8::1, without prefix length" % (field, text)
        ) from None
    if found.is_multicast or found.is_unspecified or found.is_loopback:
        raise ConfigError("%s: %s is no address of one station that others reach" % (field, found))
    return str(found)


def free_number(vip: str, is_free: Callable[[int], bool]) -> int:
    """A number for table and priority of VIP, the same one at every run while IS_FREE says so of it; ConfigError where
    none is.
    """
    room = (HIGHEST - LOWEST) // 2 + 1
    first = zlib.crc32(vip.encode("ascii")) % room
    for step in range(min(room, 64)):
        number = LOWEST + 2 * ((first + step) % room)
        if is_free(number):
            return number
    raise ConfigError("table, priority: %d numbers from %d on were tried for %s and all are in use: choose both"
                      % (min(room, 64), LOWEST + 2 * first, vip))


def wanted(route: PolicyRoute) -> List[str]:
    """What the kernel shall hold, one line a part."""
    return ["rule %d: from %s lookup %d" % (route.priority, route.vip, route.table),
            "rule %d: from %s unreachable" % (guard(route), route.vip),
            "table %d: default via %s dev %s" % (route.table, route.gateway, route.interface),
            "table %d: unreachable default metric %d" % (route.table, LAST_METRIC)]
