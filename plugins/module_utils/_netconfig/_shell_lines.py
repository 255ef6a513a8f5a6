"""Assignments of shell variables in ifcfg files, with their places."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from typing import List, NamedTuple

from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini

# Behind `export` only the shell reads it: NetworkManager and wicked leave such a line out.
_ASSIGNMENT = re.compile(r"\s*(export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=(\"[^\"\n]*\"|'[^'\n]*'|[^\s#;]*)")

# line: from 0; start, end: where the value, quotes and all, stands in it.
Variable = NamedTuple(
    "Variable", [("line", int), ("name", str), ("value", str), ("start", int), ("end", int), ("exported", bool)]
)


def variables(text: str) -> List[Variable]:
    """Every assignment at the start of a line, in order."""
    found: List[Variable] = []
    for number, line in enumerate(_ini.split(text)):
        match = _ASSIGNMENT.match(line)
        if match:
            value, exported = match.group(3).strip("\"'"), match.group(1) is not None
            found.append(Variable(number, match.group(2), value, match.start(3), match.end(3), exported))
    return found
