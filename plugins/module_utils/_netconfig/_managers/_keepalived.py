"""keepalived: rules of its own for an address, which would fight with a policy route for the same one."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import posixpath
import re
from typing import Iterator, List, Optional, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import Adapter
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Drafts

MAIN = "/etc/keepalived/keepalived.conf"
_BLOCKS = ("virtual_rules", "static_rules")


class Keepalived(Adapter):
    """It has no interface of its own, but gives addresses and rules to those of others."""

    manager = "keepalived"
    folders = ("/etc/keepalived/",)

    @classmethod
    def check_vip(cls, drafts: Drafts, vip: str) -> None:
        place = rule_for(drafts, vip)
        if place:
            raise ConfigError(
                "vip: %s is routed by keepalived (%s), which adds and removes its rule as it likes: remove that line,"
                " or leave this address to keepalived" % (vip, place)
            )


def rule_for(drafts: Drafts, vip: str) -> Optional[str]:
    """``FILE:LINE`` of the first rule of keepalived (virtual_rules, static_rules) from VIP; None for none."""
    for path in _files(drafts, MAIN):
        for number, line in rules_in(drafts.read(path) or ""):
            if re.search(r"\bfrom\s+%s(/(32|128))?(\s|$)" % re.escape(vip), line):
                return "%s:%d" % (path, number)
    return None


def rules_in(text: str) -> Iterator[Tuple[int, str]]:
    """(line from 1, text) of every line inside a block of rules; ``!`` and ``#`` begin comments (keepalived.conf(5)).
    """
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        line = re.split("[!#]", line)[0]
        if not depth and any(re.match(r"\s*%s\s*\{" % name, line) for name in _BLOCKS):
            depth, line = 1, line.split("{", 1)[1]
        if depth:
            yield number, line.split("}")[0]
            depth += line.count("{") - line.count("}")


def _files(drafts: Drafts, path: str, depth: int = 0) -> List[str]:
    text = drafts.read(path)
    if text is None or depth > 8:
        return []
    found = [path]
    for name in re.findall(r"(?m)^\s*include\s+(\S+)", text):
        for each in drafts.glob(posixpath.join(posixpath.dirname(path), name)):
            found += [more for more in _files(drafts, each, depth + 1) if more not in found]
    return found
