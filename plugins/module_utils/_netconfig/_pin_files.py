"""What is said of a file that may hold a MAC of a NIC: where it lies, what its lines are, what each does with the MAC.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from typing import Any, Callable, Dict, Iterator, List, Mapping, Match, NamedTuple, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini, _yaml_lines

# What may touch it from the left: `mac:` of NetworkManager's device lists, the hardware type 1 of a DHCP client
# identifier.
_TOKEN = re.compile(
    r"(?:(?<![0-9A-Za-z:.-])|(?<=\bmac:)|(?<=\b1:)|(?<=\b01:)|(?<=BOOTIF=01-))"
    r"([0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}"
    r"|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}|[0-9A-Fa-f]{12}|[0-9]{1,3}(?:;[0-9]{1,3}){5})(?![0-9A-Za-z:-])"
)
_DRACUT_NAME = re.compile(r"\bifname=[^:\s]*:")  # dracut.cmdline(7): ifname=NAME:MAC

# What a place does with the MAC: its role.
SET = "set"  # gives it to the interface
CURRENT = "current"  # applies to the interface that has it at the moment
PERMANENT = "permanent"  # applies to the NIC whose own it is
REPORT = "report"  # somebody else's business, or a decision: only named

# line: from 0; start, end: where the MAC stands in that line.
Pin = NamedTuple("Pin", [("file", str), ("mac", str), ("kind", str), ("line", int), ("start", int), ("end", int)])
# text -> kind of each line that can hold a pin, and of what stands at (line, column) where a line can hold several.
Kinds = Callable[[str], Mapping[Any, str]]
# patterns: where they lie, as in glob(7); comments: each mark that begins one there.
PinFiles = NamedTuple("PinFiles", [("patterns", Tuple[str, ...]), ("comments", str), ("kinds", Kinds)])


def tokens(text: str) -> Iterator[Match[str]]:
    """What looks like a MAC in TEXT, at its own place; it is group 1."""
    return _TOKEN.finditer(_DRACUT_NAME.sub(lambda match: " " * len(match.group()), text))


def every_line(kind: str) -> Kinds:
    """Each line of a text is of this KIND."""
    return lambda text: dict.fromkeys(range(len(_ini.split(text))), kind)


def by_key(keys: Dict[Tuple[str, str], str], other: str, joins: bool = True) -> Kinds:
    """Kinds of an INI text by (section, key), and OTHER; an empty section stands for any. JOINS: see _ini.entries."""
    def kinds(text: str) -> Dict[int, str]:
        return {
            number: keys.get((entry.section, entry.key), keys.get(("", entry.key), other))
            for entry in _ini.entries(text, joins)
            for number in (entry.line, *entry.more)
        }

    return kinds


def by_yaml_key(match: str, address: str, other: str) -> Kinds:
    """Kinds of netplan's YAML, of either version: MATCH of what names a NIC, ADDRESS of what it gets, and OTHER."""
    def kinds(text: str) -> Mapping[Any, str]:
        path_at = _yaml_lines.path_finder(text)
        found: Dict[Any, str] = {}
        for number, line in enumerate(_ini.split(text)):
            found[number] = other
            for token in tokens(line):
                path = path_at(number, token.start(1))
                if path[-1:] == ("mac_address",) or path[-2:] == ("match", "macaddress"):
                    found[number, token.start(1)] = match
                elif path[-1:] == ("macaddress",):
                    found[number, token.start(1)] = address
        return found
    return kinds


def words_of(text: str, section: str, key: str, joins: bool = True) -> List[str]:
    """The values of KEY in SECTION of an INI text that are one word each. JOINS: see _ini.entries."""
    return [value for value in _ini.values(text, [section], key, joins) if len(value.split()) == 1]
