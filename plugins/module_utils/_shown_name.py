"""Names that strangers choose, as they are shown: their source's alphabet stays, all else is escaped, and two names
stay two.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import hashlib
import re
from typing import Any, NamedTuple

_DIGITS = 24  # of a digest: half as many octets are more than anybody finds two names for
_CUT = "%~"

# plain: what is shown as it is, as the inside of a regular expression's class, never braces or white space, and "%"
# only for
# what was escaped before.
# longest: characters of a whole shown name, more than the digest of one that is cut.
Alphabet = NamedTuple("Alphabet", [("plain", str), ("longest", int)])

# RFC 4250, 4.6.1 allows every printable character but the comma, 64 of them at most; IANA's names, private ones with
# their @domain and those of GSS-API, which end in base64, need no more than these.
SSH_TYPE = Alphabet(r"A-Za-z0-9._+/=@-", 64)
# systemd.unit(5); "@" stands before an instance.
UNIT = Alphabet(r"A-Za-z0-9:_.\\@-", 255)
# Machines of machined are host names; LXC, CNI plugins and ip-netns(8) take any file name, and people choose of these.
CONTAINER = Alphabet(r"A-Za-z0-9:_.@+-", 64)
# Names that are escaped already: several joined into the column of a table, and those that a document of a host holds.
JOINED = Alphabet("%~" + CONTAINER.plain, 160)
HELD = Alphabet("%~+" + UNIT.plain, 256)
FILE = Alphabet(r"A-Za-z0-9:_.@+/-", 512)


def shown(name: str, alphabet: Alphabet) -> str:
    """NAME with each octet outside of ALPHABET as ``%NN``; one that gets too long ends in ``%~`` and digits of its
    digest.

    Octets that are no UTF-8 are expected as ``surrogateescape`` decodes them; any other lone surrogate becomes
    ``%uNNNN``. Two different names are shown differently.
    """
    text = re.sub("[^%s]" % alphabet.plain, _escaped, name)
    if len(text) <= alphabet.longest:
        return text
    digest = hashlib.sha256(text.encode("ascii")).hexdigest()[:_DIGITS]
    return text[: alphabet.longest - len(_CUT) - _DIGITS] + _CUT + digest


def _escaped(match: Any) -> str:
    character = match.group()
    try:
        return "".join("%%%02X" % octet for octet in character.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return "%%u%04X" % ord(character)
