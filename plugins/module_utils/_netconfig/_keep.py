"""What others put on an interface past its network manager, which a reload of that manager takes away: noted before,
put back after.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from typing import List, Match, Set

from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner

_STATES = {"linkdown", "dead", "offload", "trap", "rt_offload", "rt_trap"}
_OPTIONS = ("-4", "-6")

Commands = List[List[str]]


def noted(runner: Runner, interface: str, tables: Set[int]) -> Commands:
    """Commands that would put back every address and route on INTERFACE that somebody set, but those of TABLES."""
    return addresses(_said(runner, ["ip", "-o", "address", "show", "dev", interface]), interface) + [
        argv
        for option in _OPTIONS
        for argv in routes(
            _said(runner, ["ip", option, "route", "show", "table", "all", "dev", interface]), option, interface, tables
        )
    ]


def noted_rules(runner: Runner) -> Commands:
    """Commands that would put back every policy rule but the kernel's three: networkd deletes those that are not in its
    files.
    """
    return [argv for option in _OPTIONS for argv in rules(_said(runner, ["ip", option, "rule", "show"]), option)]


def put_back(runner: Runner, before: Commands, after: Commands) -> List[str]:
    """Run what of BEFORE is not in AFTER; returns what failed, and why."""
    failed: List[str] = []
    for argv in [argv for argv in before if argv not in after]:
        try:
            runner.run(argv)
        except ReadError as error:
            failed.append(error.reason)
    return failed


def _said(runner: Runner, argv: List[str]) -> str:
    try:
        return runner.output(argv).stdout
    except ReadError:
        return ""


def addresses(text: str, interface: str) -> Commands:
    """Commands for the addresses in the text of ``ip -o address``, without those that the kernel or a server gave."""
    found: Commands = []
    for line in text.splitlines():
        match = re.match(r"\d+: \S+\s+(inet6?) (\S+)(?: peer (\S+))?(?: brd (\S+))? scope (\S+) (.*)", line)
        if match is None or "dynamic" in match.group(6) or (match.group(1) == "inet6" and match.group(5) == "link"):
            continue
        found.append(_adding(match, interface))
    return found


def _adding(address: Match[str], interface: str) -> List[str]:
    """The command that gives INTERFACE an ADDRESS again: family, local, peer, broadcast, scope, rest of its line."""
    family, local, peer, broadcast, scope, rest = address.groups()
    argv = ["ip", "-4" if family == "inet" else "-6", "address", "add", local] + (["peer", peer] if peer else [])
    argv += ["brd", broadcast] if broadcast else []
    label = rest.split("\\")[0].split()[-1:]
    own = label if label and label[0].startswith(interface + ":") else []
    argv += ["dev", interface, "scope", scope]
    argv += ["label"] + own if own else []
    return argv + (["nodad"] if family == "inet6" else [])


def routes(text: str, option: str, interface: str, tables: Set[int]) -> Commands:
    """Commands for the routes in the text of ``ip route show table all dev INTERFACE``, without the kernel's, routers'
    and those of TABLES.
    """
    found: Commands = []
    for line in text.splitlines():
        words = [word for word in line.split() if word not in _STATES]
        pairs = {words[at]: words[at + 1] for at in range(len(words) - 1)}
        is_given = pairs.get("proto") in ("kernel", "ra", "redirect", "dhcp") or "expires" in pairs
        if not words or line[:1] in " \t" or is_given:
            continue
        if pairs.get("table") == "local" or pairs.get("table") in {str(number) for number in tables}:
            continue
        found.append(["ip", option, "route", "add"] + words + ["dev", interface])
    return found


def rules(text: str, option: str) -> Commands:
    """Commands for the rules in the text of ``ip rule show``, without the kernel's own (priorities 0, 32766 and 32767).
    """
    found: Commands = []
    for line in text.splitlines():
        priority, _colon, rest = line.partition(":")
        words = [word for word in rest.split() if not word.startswith("[")]  # [detached]
        if priority.isdigit() and priority not in ("0", "32766", "32767") and words:
            found.append(["ip", option, "rule", "add", "priority", priority] + words)
    return found
