"""The sysctl.d file of all policy routes of a host: what they need, and what it was before."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
from typing import Dict, List, Sequence

from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _route_state
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._policy_route import PolicyRoute
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import Drafts
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._route_state import Sysctl

# After a distribution's 50-default.conf and the operators' usual names; the last file counts (sysctl.d(5)).
PATH = "/etc/sysctl.d/99-zz-layer2-policy-routes.conf"
_HEAD = "# Policy routes of netops.layer2.policy_route: a redirect, or a strict reverse path filter, would undo them.\n"
_BEFORE = re.compile(r"# before: (\S+) = (\S+)")


def plan(drafts: Drafts, routes: Sequence[PolicyRoute]) -> List[Sysctl]:
    """Draft the file for ROUTES, all that the host is to have; returns the sysctls that are to change now.

    One that nobody needs any more gets back what it was, which the file remembers.
    """
    before = dict(_BEFORE.findall(drafts.read(PATH) or ""))
    needed = _route_state.needed(routes)
    now = {path: _route_state.sysctl_value(drafts.runner, path) for path in set(needed) | set(before)}
    there = {path: value for path, value in needed.items() if now[path] is not None}
    _draft(drafts, there, {path: before.get(path, str(now[path])) for path in there})
    back = {path: value for path, value in before.items() if path not in there}
    return [Sysctl(path, str(now[path]), value) for path, value in sorted(dict(back, **there).items())
            if now[path] is not None and now[path] != value]


def _draft(drafts: Drafts, needed: Dict[str, str], before: Dict[str, str]) -> None:
    """Draft the file with what is NEEDED and what it was BEFORE; away with it where nothing is."""
    if needed:
        drafts.write(PATH, _text(needed, before))
    elif drafts.read(PATH) is not None:
        drafts.remove(PATH)


def _text(needed: Dict[str, str], before: Dict[str, str]) -> str:
    # With slashes throughout, since a dot in an interface's name is part of it (sysctl.d(5)).
    lines = ["# before: %s = %s\n%s = %s\n" % (path, before[path], path, needed[path]) for path in sorted(needed)]
    return _HEAD + "".join(lines)
