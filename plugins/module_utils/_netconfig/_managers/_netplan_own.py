"""A netplan definition for one interface alone beside one that fits several: networkd takes the first file that fits,
in the order of their names.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import fnmatch
import re
from typing import List, Optional, Sequence, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini

_ROOM = "/run/systemd/network/10-netplan-%s"
_TOP = re.compile(r"([A-Za-z0-9_-]+):(?:\s|\Z)")
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+\Z")
_BY_NAME, _OPERATORS = ("Name", "interface-name"), ("!", "&", "|")  # NetworkManager's and systemd's
_REPLACED = ("match", "macaddress")
# Keys of a definition that a copy must not have, and why.
_NEVER = {"set-name": "it renames what it fits (set-name)", "auth": "it holds credentials (auth)"}


def identifier(name: str) -> str:
    """The definition of interface NAME alone: digits sort before letters."""
    return "0-" + name


def network_path(definition: str) -> str:
    """The .network file that netplan generates for a DEFINITION."""
    return _ROOM % definition + ".network"


def link_path(definition: str) -> str:
    """The .link file that netplan generates for a DEFINITION with settings of udev's."""
    return _ROOM % definition + ".link"


def obstacle(kind: str, wide: str, name: str, drop_ins: List[str]) -> Optional[str]:
    """Why interface NAME cannot have a copy of definition WIDE that comes first; None where it can.

    KIND: the section of WIDE; DROP_INS: files that add to what was generated for it, which no copy would have.
    """
    if kind != "ethernets":
        return "it stands below %s" % kind
    if not _PLAIN.match(name):
        return "netplan takes %s for a pattern" % name
    if not identifier(name) < wide:
        return "no name would come before %s" % wide
    if drop_ins:
        return "%s adds to it" % ", ".join(drop_ins)
    return None


def copied(given: str) -> Tuple[List[str], Optional[str]]:
    """The lines of a definition, as ``netplan get`` prints it, without its match and its MAC; why it cannot be copied,
    or None.
    """
    kept: List[str] = []
    keys: List[str] = []
    for line in _ini.split(given):
        top = _TOP.match(line)
        if top:
            keys.append(top.group(1))
        elif not line.startswith((" ", "- ")) or not keys:
            return [], "`netplan get` prints it otherwise than key by key"
        if keys[-1] not in _REPLACED:
            kept.append(line.rstrip("\n"))
    if "match" not in keys:
        return [], "`netplan get` shows no match of it"
    return kept, next((why for key, why in _NEVER.items() if key in keys), None)


def text(wide: str, name: str, lines: List[str]) -> str:
    """A netplan file that gives interface NAME alone the LINES of definition WIDE; its MAC comes after them."""
    head = (
        "# For %s alone, so that its MAC goes to no other interface: a copy of netplan's %s, whose later changes do not"
        " reach it\nnetwork:\n  version: 2\n  ethernets:\n    \"%s\":\n      match: {name: \"%s\"}\n"
    )
    return head % (name, wide, identifier(name), name) + "".join("      %s\n" % line for line in lines)


def fitting(generated: str, names: Sequence[str]) -> List[str]:
    """Those of the NAMES that a GENERATED file matches, empty where it matches by something else than names as well."""
    entries = [entry for entry in _ini.entries(generated) if entry.section.lower() == "match"]
    patterns = [word for entry in entries for word in entry.value.replace(";", " ").split()]
    if any(entry.key not in _BY_NAME for entry in entries) or any(word.startswith(_OPERATORS) for word in patterns):
        return []
    return [name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]


def narrower(kind: str, wide: str, name: str) -> str:
    """A netplan file, in one line, that has definition WIDE fit interface NAME only; it merges with the others."""
    return '{network: {version: 2, %s: {"%s": {match: {name: "%s"}}}}}' % (kind, wide, name)


def lost(own: str, wide: str) -> List[str]:
    """Settings of the file generated for the WIDE definition, and of that for its OWN copy, that only one of them has,
    [Match] and MAC left out.
    """
    here, there = _settings(own), _settings(wide)
    return sorted(set(here).symmetric_difference(there))


def _settings(text_of_file: str) -> List[str]:
    return [
        "%s=%s" % (entry.key, entry.value)
        for entry in _ini.entries(text_of_file)
        if entry.section != "Match" and (entry.section, entry.key) != ("Link", "MACAddress")
    ]
