"""What a systemd-networkd file's [Match] section fits: one NIC by name or by MACs of its own, or several; and copies
for one NIC alone.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import fnmatch
import posixpath
import re
from typing import Collection, Dict, List, Optional, Sequence, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._mac import canonical
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import Drafts, Nic

FOLDERS = ("/etc/systemd/network", "/run/systemd/network", "/usr/local/lib/systemd/network", "/usr/lib/systemd/network",
           "/lib/systemd/network")
_WIDE = re.compile(r"[*?\[!\\\s]")
# What systemd takes for a MAC (parse_hw_addr): two digits or one at a time, or four with dots; nothing in quotes.
_MAC = re.compile(r"[0-9A-Fa-f]{1,2}(?:([:-])[0-9A-Fa-f]{1,2})(?:\1[0-9A-Fa-f]{1,2}){4}\Z"
                  r"|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}\Z")
# Its WHITESPACE, of which str.split() knows many more; a backslash is left out, and what is behind it stays.
_WORD = re.compile(r"(?:\\.|[^ \t\n\r\\])+", re.DOTALL)
_NO_NAME = re.compile(r"(?:[0-9]+|all|default|\.\.?)\Z|.*[^!-~]|.*[:/%]|.{128}", re.DOTALL)  # ifname_valid_full
CURRENT, PERMANENT = "MACAddress", "PermanentMACAddress"
_NAMING = ("Name", "OriginalName", CURRENT, PERMANENT)  # what of [Match] says which NIC is meant


def drop_ins(drafts: Drafts, path: str) -> List[str]:
    """The drop-ins of a .network, .netdev or .link file in the order in which they are read (systemd.network(5))."""
    found: Dict[str, str] = {}
    for folder in reversed(FOLDERS):  # the same name in an earlier folder hides the one in a later folder
        for each in drafts.glob("%s/%s.d/*.conf" % (folder, posixpath.basename(path))):
            found[posixpath.basename(each)] = each
    return [found[name] for name in sorted(found)]


def effective(drafts: Drafts, path: str) -> str:
    """The text of PATH with its drop-ins behind it, which is how systemd reads them."""
    main = next(
        (
            each
            for each in [path] + [posixpath.join(folder, posixpath.basename(path)) for folder in FOLDERS]
            if drafts.read(each) is not None
        ),
        path,
    )
    texts = [(drafts.read(each) or "").lstrip("\ufeff") for each in [main] + drop_ins(drafts, path)]
    return "\n\n".join(texts)  # a blank line ends a value that would go on in the next file


def owner_of_drop_in(path: str) -> str:
    """The file of systemd's that a drop-in adds to, by its name in the same folder; any other file itself."""
    return re.sub(r"(\.(?:network|netdev|link))\.d/[^/]+\.conf\Z", r"\1", path)


def words(text: str, key: str) -> List[str]:
    """Words of a list in [Match]; every statement adds to it, an empty one begins anew (systemd.syntax(7)).

    ``!`` before the first word of a statement is before each of them (systemd.network(5)).
    """
    found: List[str] = []
    for value in _ini.values(text, ["Match"], key):
        invert = "!" if value.startswith("!") else ""
        listed = [re.sub(r"\\(.)", r"\1", word) for word in _WORD.findall(value[len(invert):])]
        found = found + [invert + word for word in listed] if value else []
    return found


def names(text: str) -> List[str]:
    """The patterns of ``Name=``; systemd leaves out what no interface can be called."""
    return [word for word in words(text, "Name") if not _NO_NAME.match(word)]


def macs(text: str, key: str) -> List[str]:
    """Canonical MACs that [Match] lists under KEY (CURRENT or PERMANENT); systemd leaves out what is none."""
    return [canonical(word.replace("-", ":")) for word in words(text, key) if _MAC.match(word)]


def fits_name(text: str, asked: Collection[str]) -> bool:
    """Whether ``Name=`` leaves an interface in that has the names ASKED: patterns as in fnmatch(3), ``!`` before one
    excludes.
    """
    patterns = names(text)

    def hit(pattern: str) -> bool:
        return any(fnmatch.fnmatchcase(name, _python_pattern(pattern)) for name in asked)

    if any(hit(pattern[1:]) for pattern in patterns if pattern.startswith("!")):
        return False
    wanted = [pattern for pattern in patterns if not pattern.startswith("!")]
    return not wanted or any(map(hit, wanted))


def _python_pattern(pattern: str) -> str:
    """PATTERN of fnmatch(3) in the words of Python, which knows no ``[^``."""
    return pattern.replace("[^", "[!")


def literal_name(text: str) -> Optional[str]:
    """The one name that ``Name=`` leaves in; None for patterns, several names, or none."""
    patterns = names(text)
    return patterns[0] if len(patterns) == 1 and not _WIDE.search(patterns[0]) else None


def named(text: str, asked: Collection[str]) -> Optional[str]:
    """What ``Name=`` says: the one interface, or patterns that none of the names ASKED fits; None where it leaves open
    which one is meant.
    """
    literal = literal_name(text)
    return literal if literal or fits_name(text, asked) else " ".join(names(text))


def wide_match(text: str, nic: Optional[Nic] = None, new: str = "") -> Optional[str]:
    """Why a [Match] section may fit more than one interface; None if a name, or MACs that are all one NIC's, narrow it
    down to one.

    NIC: the interface it is about, whose current, permanent and NEW MAC may stand side by side.
    """
    if literal_name(text):
        return None
    for key in (PERMANENT, CURRENT):
        listed = macs(text, key)
        if listed and len(set(listed) - _own(text, listed, key, nic, new)) <= (0 if nic else 1):
            return None
    listed = macs(text, CURRENT) + macs(text, PERMANENT)
    if listed:
        return "matches by %d MACs (%s)" % (len(set(listed)), " ".join(listed[:3]))
    patterns = names(text)
    return "matches `Name=%s`" % " ".join(patterns) if patterns else "matches by no name"


def _own(text: str, listed: Sequence[str], key: str, nic: Optional[Nic], new: str) -> Set[str]:
    """Which of the LISTED MACs the one NIC has or gets."""
    if nic is None:
        return set()
    if key == PERMANENT:
        return {nic.permanent} if nic.permanent else set(listed[:1])
    if nic.permanent:
        return {nic.permanent, new or nic.mac}
    stated = macs("[Match]\nMACAddress=%s\n" % " ".join(_ini.values(text, ["Link"], "MACAddress")[-1:]), CURRENT)
    # The driver tells no permanent MAC: a file that also gives the NIC its MAC lists what it had before each change.
    return set(listed) if nic.mac in listed and stated in ([nic.mac], [new]) else {nic.mac, new}


def own_file(kind: str, nic: Nic, base: str, stems: Sequence[str]) -> Optional[str]:
    """A file below /etc for NIC alone that systemd reads before BASE (by name, whatever the folder); None where no name
    would do.

    STEMS: what to put before the interface's name, the best first.
    """
    stemmed = [stem + nic.name + kind for stem in stems]
    found = next((name for name in stemmed if name < posixpath.basename(base)), None)
    return posixpath.join(FOLDERS[0], found) if found else None


def alone(head: str, text: str, without: Sequence[Tuple[str, str]] = ()) -> str:
    """A file that begins with HEAD (comment and the [Match] that names the NIC) and goes on with every section of TEXT.

    Of its [Match] all stays that names no NIC: a boot on which that does not fit is to find the same file as before.
    WITHOUT: see _ini.sections.
    """
    found: List[Tuple[str, List[str]]] = []
    for name, lines in _ini.sections(text, [("Match", key) for key in _NAMING] + list(without)):
        once = next((each for each in found if each[0] == name), None) if name == "Link" else None
        if once is not None:
            once[1].extend(lines)
        elif name == "Match":
            head += "".join(lines)
        else:
            found.append((name, list(lines)))
    return head + "".join("\n[%s]\n%s" % (name, "".join(lines)) for name, lines in found)
