"""ifcfg files (Red Hat's network-scripts, SUSE's wicked): shell variables, which of them is an interface's MAC, and the
files with its policy routes.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import itertools
import posixpath
import re
from contextlib import suppress
from typing import Collection, List, Optional, Set

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini, _policy_route
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._manager_pins import RED_HAT, SUSE
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import (
    Adapter,
    Claim,
    Evidence,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._networkd import is_active
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._networkmanager import (
    IFCFG,
    active_profile,
    refuse_wide,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._pin_files import Pin
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._policy_route import PolicyRoute
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import (
    ConfigError,
    Drafts,
    Nic,
    is_mac,
    restyled,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._shell_lines import Variable, variables
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner

# Of the package NetworkManager-dispatcher-routing-rules; with a rule-* file NetworkManager leaves an interface's routes
# to it.
_DISPATCHERS = (
    "/usr/lib/NetworkManager/dispatcher.d/10-ifcfg-rh-routes.sh",
    "/etc/NetworkManager/dispatcher.d/10-ifcfg-rh-routes.sh",
)
_REST = re.compile(r"\s*;?\s*(?:(?<=[\s;])#.*)?\Z", re.DOTALL)  # behind an assignment that is all of its line
_LEFT_OUT = re.compile(r"(?:~|\.bak|\.orig|\.old|\.rpmnew|\.rpmorig|\.rpmsave)\Z")  # ends of names that nobody reads


class Ifcfg(Adapter):
    """An interface with an ifcfg file. ``through``: whether NetworkManager reads it (its ifcfg-rh plugin)."""

    manager = "ifcfg"
    folders = ("/etc/sysconfig/",)
    loads_quietly = True  # through NetworkManager, or not at all

    def __init__(self, runner: Runner, nic: Nic, path: str, through: bool) -> None:
        super(Ifcfg, self).__init__(runner, nic)
        self.path = path
        self.through = through

    @classmethod
    def claims(cls, evidence: Evidence) -> List[Claim]:
        path = evidence.ask(active_profile)
        if path is None or not posixpath.basename(path).startswith(IFCFG):
            return []
        return [Claim("NetworkManager (%s)" % path, cls(evidence.runner, evidence.nic, path, through=True))]

    @classmethod
    def left_to(cls, evidence: Evidence) -> List[Claim]:
        path = legacy_file(evidence.runner, evidence.nic)
        return (
            [Claim("the network service (%s)" % path, cls(evidence.runner, evidence.nic, path, through=False))]
            if path
            else []
        )

    @property
    def key(self) -> str:
        """The variable that sets the MAC; Red Hat's HWADDR only says which NIC is meant, by its permanent one."""
        return "LLADDR" if posixpath.dirname(self.path) == SUSE else "MACADDR"

    @classmethod
    def interface_at(cls, drafts: Drafts, pin: Pin, names: Collection[str]) -> Optional[str]:
        return about(pin.file, drafts.read(pin.file) or "", by_mac=True)

    def names(self) -> Set[str]:
        return {about(self.path, Drafts(self.runner).read(self.path) or "")}

    def files(self, drafts: Drafts) -> List[str]:
        return [self.path]

    def _text(self, drafts: Drafts) -> str:
        text = drafts.read(self.path)
        if text is None:
            raise ConfigError(
                "%s: %s is gone: restore it, or let another network manager take over" % (self.nic.name, self.path)
            )
        return text

    def read_mac(self, drafts: Drafts) -> Optional[str]:
        given = values(self._text(drafts), self.key)
        try:
            return canonical(given[-1]) if given else None
        except MacError:
            return None

    def set_mac(self, drafts: Drafts, new: str) -> None:
        text = self._text(drafts)
        number = unread(text, self.key)
        if number is not None:
            raise ConfigError(
                "%s: line %d of %s says something of %s that is no plain assignment, and may take the place of another"
                " one: write `%s=...` on a line of its own" % (self.nic.name, number, self.path, self.key, self.key)
            )
        if self.through and not (values(text, "DEVICE") or values(text, "HWADDR")):
            refuse_wide(self.runner, self.nic, self.path, "DEVICE=%s" % self.nic.name)
        drafts.write(self.path, with_value(text, self.key, new))

    def activate(self) -> List[List[str]]:
        return [["nmcli", "connection", "load", self.path]] if self.through else []

    def set_route(self, drafts: Drafts, route: PolicyRoute) -> None:
        if posixpath.dirname(self.path) == SUSE:
            return  # wicked has no words for an unreachable route: the unit keeps all of it
        rules = side_file("rule", route)
        if self.through and drafts.read(rules) is None:
            drafts.write(self.path, with_rule(self._text(drafts), route))
        else:
            self._check_dispatcher(rules)
            drafts.write(rules, with_line(drafts.read(rules) or "", rule_line(route)))
        drafts.write(
            side_file("route", route), with_line(drafts.read(side_file("route", route)) or "", route_line(route))
        )

    def _check_dispatcher(self, rules: str) -> None:
        if self.through and not any(self.runner.exists(path) for path in _DISPATCHERS):
            raise ConfigError("%s: %s is there, and NetworkManager leaves such files to a package that is not: install "
                              "NetworkManager-dispatcher-routing-rules, or remove the file" % (self.nic.name, rules))

    @classmethod
    def drop_route(cls, drafts: Drafts, route: PolicyRoute) -> None:
        for path in drafts.glob(RED_HAT + "/ifcfg-*"):
            text = drafts.read(path) or ""
            if _rule_variables(text, route):
                drafts.write(path, without_rule(text, route))
        for path, line in (
            (side_file("rule", route), rule_line(route)),
            (side_file("route", route), route_line(route)),
        ):
            lines = _ini.split(drafts.read(path) or "")
            kept = "".join(each for each in lines if each.strip() != line)
            if kept:
                drafts.write(path, kept)
            elif lines:
                drafts.remove(path)

    def keeps_last_resort(self) -> bool:
        return False

    def apply(self) -> List[List[str]]:
        return self.activate() + ([["nmcli", "device", "reapply", self.nic.name]] if self.through else [])


def side_file(kind: str, route: PolicyRoute) -> str:
    """The file with the rules or routes (KIND) of ROUTE's interface and family."""
    return "%s/%s%s-%s" % (RED_HAT, kind, "6" if _policy_route.family(route.vip) == 6 else "", route.interface)


def rule_line(route: PolicyRoute) -> str:
    """The line of a rule-* file, words of `ip rule add`."""
    return "from %s lookup %d priority %d" % (route.vip, route.table, route.priority)


def route_line(route: PolicyRoute) -> str:
    """The line of a route-* file, words of `ip route add`."""
    return "default via %s dev %s%s table %d" % (
        route.gateway,
        route.interface,
        " onlink" if route.onlink else "",
        route.table,
    )


def with_line(text: str, line: str) -> str:
    """TEXT with LINE at its end, once."""
    if line in text.splitlines():
        return text
    return text + ("" if not text or text.endswith("\n") else "\n") + line + "\n"


def _rule_name(route: PolicyRoute) -> str:
    return "ROUTING_RULE6_" if _policy_route.family(route.vip) == 6 else "ROUTING_RULE_"


def _rule_variables(text: str, route: PolicyRoute) -> List[Variable]:
    words = [str(route.table), _policy_route.host_prefix(route)]
    return [
        each
        for each in variables(text)
        if each.name.startswith(_rule_name(route)) and all(word in each.value.split() for word in words)
    ]


def with_rule(text: str, route: PolicyRoute) -> str:
    """The ifcfg file with the rule of ROUTE, as NetworkManager reads it (nm-settings-ifcfg-rh(5))."""
    value = "priority %d from %s table %d" % (route.priority, _policy_route.host_prefix(route), route.table)
    if [each.value for each in _rule_variables(text, route)] == [value]:
        return text
    name = _rule_name(route)
    taken = {each.name for each in variables(text)}
    free = next(made for made in ("%s%d" % (name, number) for number in itertools.count(1)) if made not in taken)
    return with_line(without_rule(text, route), '%s="%s"' % (free, value))


def without_rule(text: str, route: PolicyRoute) -> str:
    """The ifcfg file without the rule of ROUTE."""
    return _ini.without(text, [each.line for each in _rule_variables(text, route)])


def unread(text: str, name: str) -> Optional[int]:
    """The line, from 1, that speaks of variable NAME in a way other than an assignment that is all of it; None where
    there is none.
    """
    ends = {each.line: each.end for each in variables(text) if each.name == name}
    for number, line in enumerate(_ini.split(text)):
        rest = line[ends.get(number, 0):]
        plain = _REST.match(rest) if number in ends else not re.search(r"(?<!\w)%s(?!\w)" % name, rest)
        if not plain and not line.lstrip().startswith("#"):
            return number + 1
    return None


def about(path: str, text: str, by_mac: bool = False) -> str:
    """The interface that the ifcfg file PATH is for: by DEVICE, by HWADDR (BY_MAC: then this is that MAC), by its name.
    """
    suffix = posixpath.basename(path)[len(IFCFG):]
    if posixpath.dirname(path) == SUSE or _LEFT_OUT.search(suffix):
        return suffix
    device, hardware = values(text, "DEVICE"), values(text, "HWADDR")
    if device:
        return device[-1]
    if hardware and by_mac:
        with suppress(MacError):
            return canonical(hardware[-1])
    return suffix


def values(text: str, name: str) -> List[str]:
    """Values of variable NAME without quotes, in order; the last one counts."""
    return [each.value for each in variables(text) if each.name == name and each.value]


def with_value(text: str, name: str, new: str) -> str:
    """TEXT in which variable NAME is the MAC NEW: every assignment is changed in its own notation, or one added at the
    end.
    """
    lines = _ini.split(text)
    places = [each for each in variables(text) if each.name == name]
    for each in places:
        line = lines[each.line]
        quote = line[each.start] if line[each.start:each.start + 1] in ("'", '"') else ""
        lines[each.line] = line[:each.start] + quote + _styled(each.value, new) + quote + line[each.end:]
    if not all(each.exported for each in places):
        return "".join(lines)
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    gap = "" if not lines or lines[-1].endswith("\n") else ending
    return "".join(lines) + gap + "%s=%s%s" % (name, new, ending)


def _styled(old: str, new: str) -> str:
    try:
        canonical(old)
    except MacError:
        return new
    return old if is_mac(old, new) else restyled(old, new)


def legacy_file(runner: Runner, nic: Nic) -> Optional[str]:
    """The ifcfg file by which a service without NetworkManager (network, wicked) configured NIC; None where none did.
    """
    for folder, unit in ((RED_HAT, "network.service"), (SUSE, "wicked.service")):
        path = _file_for(Drafts(runner), folder, nic.name)
        if path and (is_active(runner, unit) or runner.exists("/var/lock/subsys/network")):
            return path
    return None


def _file_for(drafts: Drafts, folder: str, name: str) -> Optional[str]:
    """The ifcfg file below FOLDER for interface NAME, the one that is called so first."""
    named = posixpath.join(folder, IFCFG + name)
    paths = sorted(drafts.glob(folder + "/ifcfg-*"), key=lambda path: path != named)
    return next((path for path in paths if about(path, _readable(drafts, path)) == name), None)


def _readable(drafts: Drafts, path: str) -> str:
    with suppress(ReadError):
        return drafts.read(path) or ""
    return ""
