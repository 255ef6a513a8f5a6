"""ifcfg files (Red Hat's network-scripts, SUSE's wicked): shell variables, and which of them is an interface's MAC."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import posixpath
import re
from typing import List, NamedTuple, Optional

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._adapter import Adapter
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._networkd import is_active
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Drafts, Nic, is_mac, restyled
from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner

RED_HAT = "/etc/sysconfig/network-scripts"
SUSE = "/etc/sysconfig/network"
_ASSIGNMENT = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)=(\"[^\"\n]*\"|'[^'\n]*'|[^\s#;]*)")

# line: from 0; start, end: where the value, quotes and all, stands in it.
Variable = NamedTuple("Variable", [("line", int), ("name", str), ("value", str), ("start", int), ("end", int)])


class Ifcfg(Adapter):
    """An interface with an ifcfg file. ``through``: whether NetworkManager reads it (its ifcfg-rh plugin)."""

    manager = "ifcfg"
    loads_quietly = True  # through NetworkManager, or not at all

    def __init__(self, runner: Runner, nic: Nic, path: str, through: bool) -> None:
        super(Ifcfg, self).__init__(runner, nic)
        self.path = path
        self.through = through

    @property
    def key(self) -> str:
        """The variable that sets the MAC; Red Hat's HWADDR only says which NIC is meant, by its permanent one."""
        return "LLADDR" if posixpath.dirname(self.path) == SUSE else "MACADDR"

    def files(self, drafts: Drafts) -> List[str]:
        return [self.path]

    def _text(self, drafts: Drafts) -> str:
        text = drafts.read(self.path)
        if text is None:
            raise ConfigError("%s: %s is gone: restore it, or let another network manager take over" % (self.nic.name, self.path))
        return text

    def read_mac(self, drafts: Drafts) -> Optional[str]:
        given = values(self._text(drafts), self.key)
        try:
            return canonical(given[-1]) if given else None
        except MacError:
            return None

    def set_mac(self, drafts: Drafts, new: str) -> None:
        drafts.write(self.path, with_value(self._text(drafts), self.key, new))

    def activate(self) -> List[List[str]]:
        return [["nmcli", "connection", "load", self.path]] if self.through else []


def variables(text: str) -> List[Variable]:
    """Every assignment at the start of a line, in order."""
    found: List[Variable] = []
    for number, line in enumerate(_ini.split(text)):
        match = _ASSIGNMENT.match(line)
        if match:
            found.append(Variable(number, match.group(1), match.group(2).strip("\"'"), match.start(2), match.end(2)))
    return found


def values(text: str, name: str) -> List[str]:
    """Values of variable NAME without quotes, in order; the last one counts."""
    return [each.value for each in variables(text) if each.name == name and each.value]


def with_value(text: str, name: str, new: str) -> str:
    """TEXT in which variable NAME is the MAC NEW: every assignment is changed in its own notation, or one added at the end."""
    lines = _ini.split(text)
    places = [each for each in variables(text) if each.name == name]
    for each in places:
        line = lines[each.line]
        quote = line[each.start] if line[each.start:each.start + 1] in ("'", '"') else ""
        lines[each.line] = line[:each.start] + quote + _styled(each.value, new) + quote + line[each.end:]
    if places:
        return "".join(lines)
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    gap = "" if not lines or lines[-1].endswith("\n") else ending
    return text + gap + "%s=%s%s" % (name, new, ending)


def _styled(old: str, new: str) -> str:
    try:
        canonical(old)
    except MacError:
        return new
    return old if is_mac(old, new) else restyled(old, new)


def legacy_file(runner: Runner, nic: Nic) -> Optional[str]:
    """The ifcfg file by which a service without NetworkManager (network, wicked) configured NIC; None where none did."""
    for folder, unit in ((RED_HAT, "network.service"), (SUSE, "wicked.service")):
        path = posixpath.join(folder, "ifcfg-" + nic.name)
        if runner.exists(path) and (is_active(runner, unit) or runner.exists("/var/lock/subsys/network")):
            return path
    return None
