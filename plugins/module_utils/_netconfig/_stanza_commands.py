"""interfaces(5): commands in stanzas that give an interface a MAC, and which interface they name."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import posixpath
import re
from contextlib import suppress
from typing import Callable, Dict, Iterator, List, Optional, Set

from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini, _pin_files, _stanza_users

_ENDS = re.compile(r"[;&|\n]")  # what ends a command of the shell
_OWN = re.compile(r"\$\{?IFACE\}?(.*)\Z", re.DOTALL)
_LINK = re.compile(r"li?n?k?\Z")  # ip takes the beginning of a word for the word
_ADD = re.compile(r"a(dd?)?\Z")


def target(text: str, line: int, column: int) -> Optional[str]:
    """The interface to which the command at this place of TEXT gives a MAC; None where it gives none, or gives it to
    the interface of its stanza, or to one that only the shell knows.
    """
    words = _command(text, line, column)
    for at, word in enumerate(words):
        finder = _FINDERS.get(posixpath.basename(word))
        if finder is None:
            continue
        found = finder(words[at + 1:]) or ""
        own = _OWN.match(found)
        known = own.group(1) if own else "$" not in found and found
        return found if known else None
    return None


def macs(text: str, logical: str) -> Set[str]:
    """Canonical MACs in the stanzas of LOGICAL but for ``hwaddress``, of commands for the interface that runs as it."""
    found: Set[str] = set()
    stanza = ""
    for each in _stanza_users.statements(text):
        if each.words[0] in ("iface", "template"):
            stanza = each.words[1] if len(each.words) > 1 else ""
        elif stanza == logical and each.words[0] != "hwaddress":
            found.update(_macs(" ".join(each.words)))
    return found


def _macs(text: str) -> Iterator[str]:
    for match in _pin_files.tokens(text):
        with suppress(MacError):
            yield canonical(match.group(1))


def _command(text: str, line: int, column: int) -> List[str]:
    """The words of the command at this place, without quotes and brackets."""
    each = next((each for each in _stanza_users.statements(text) if 0 <= line - each.number < each.lines), None)
    if each is None:
        return []
    lines = _ini.split(text)[each.number:each.number + each.lines]
    at = sum(map(len, lines[:line - each.number])) + column
    whole = re.sub(r"\\\r?\n", lambda match: " " * len(match.group()), "".join(lines))
    ends = [match.start() for match in _ENDS.finditer(whole)]
    first = max([end + 1 for end in ends if end < at] + [0])
    last = min([end for end in ends if end >= at] + [len(whole)])
    return re.sub(r"[\"'()`]", " ", whole[first:last]).split()


def _of_ip(words: List[str]) -> Optional[str]:
    """ip-link(8): `ip [OPTIONS] link set [dev] NAME ...`, `ip link add [link PARENT] [name] NAME ...`."""
    words = [word for word in words if not word.startswith("-")]
    if len(words) < 3 or not _LINK.match(words[0]):
        return None
    verb, words = words[1], words[2:]
    if _ADD.match(verb) and words[0] == "link":
        words = words[2:]
    named = [words[at + 1] for at, word in enumerate(words[:-1]) if word in ("dev", "name")]
    found = named[0] if named else next(iter(words), None)
    virtual = "vf" in words  # the MAC of a virtual function of the NIC
    return "%s vf" % found if virtual else None if found in ("address", "up", "down") else found


def _of_ifconfig(words: List[str]) -> Optional[str]:
    """ifconfig(8): `ifconfig NAME hw ether MAC`."""
    return next((word for word in words if not word.startswith("-")), None) if "ether" in words else None


def _of_macchanger(words: List[str]) -> Optional[str]:
    """macchanger(1): `macchanger -m MAC NAME`, in any order."""
    named = [word for word in words if not word.startswith("-") and not any(_pin_files.tokens(word))]
    return named[-1] if named else None


_FINDERS: Dict[str, Callable[[List[str]], Optional[str]]] = {
    "ip": _of_ip,
    "ifconfig": _of_ifconfig,
    "macchanger": _of_macchanger,
}
