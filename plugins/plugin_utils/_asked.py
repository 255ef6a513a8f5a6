"""Whom a run is asked about: the pattern of a play's hosts, or words on why there is nobody, so that nothing unknown
reads as clean.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened

EVERYBODY, HERE = "all", "localhost"
_HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")


class AskedError(ValueError):
    """There is nobody to ask; the text says which of the names that the run was given matches nobody, and how to write
    it.
    """


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run was given. SOURCES: the inventories, as absolute paths or ``host,`` lists; NAMED: whether somebody
    named them.

    HOSTS: all that they hold. LIMIT: of --limit, empty without it. MATCHING: the hosts that a pattern and a limit
    leave. PARTS: of a pattern. SWITCHES: the group that ``detect_switches`` names, empty without it. GROUPS: their
    hosts. IS_PART: whether this is a slice of a job, whose inventory lacks hosts and groups.
    """

    target: str
    sources: Sequence[str]
    named: bool
    hosts: Sequence[str]
    limit: str
    matching: Callable[[str, str], Iterable[str]]
    parts: Callable[[str], Iterable[str]]
    exists: Callable[[str], bool] = os.path.exists
    switches: str = ""
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_part: bool = False

    def pattern(self) -> str:
        """The pattern for the play's hosts; AskedError where there is nobody to ask, or one of the names matches
        nobody.
        """
        if self.named:
            self._check_sources()
        target = self.target or (EVERYBODY if self.hosts else HERE)
        self._check_target(target)
        if self.switches and not self.is_part:
            self._check_switches(target)
        if self.limit and not list(self.matching(target, self.limit)):
            raise AskedError(
                f"nobody to ask: --limit {shortened(self.limit)} leaves none of the hosts of {shortened(target)}. "
                "Look at both with ansible-inventory --graph"
            )
        return target

    def _check_switches(self, target: str) -> None:
        """A group that holds no switch of the target would leave every port unread without a word."""
        name, found = shortened(self.switches), self.groups.get(self.switches)
        if found is None:
            raise AskedError(
                f"the inventory has no group {name}, which detect_switches names: look at it with ansible-inventory"
                " --graph. Nothing was read"
            )
        if not found:
            raise AskedError(
                f"the group {name}, which detect_switches names, has no hosts: write the switches into it, or leave"
                " detect_switches out. Nothing was read"
            )
        if not set(found).intersection(self.matching(target, "")):
            raise AskedError(
                f"no host of the group {name}, which detect_switches names, belongs to the target {shortened(target)}:"
                f" add the switches to it (-e 'target={shortened(target)},{name}'). Nothing was read"
            )

    def _check_sources(self) -> None:
        for source in self.sources:
            if "," not in source and not self.exists(source):
                raise AskedError(f"the inventory {_relative(source)} does not exist{_comma(source)}. Nothing was read")
        if not self.hosts:
            raise AskedError(
                f"the inventory {', '.join(map(_relative, self.sources))} has no hosts, or"
                " cannot be read (a warning above says why). Write a host's name into it, one a line. Without -i (make"
                " detect: without INVENTORY), and with no inventory in ansible.cfg, this machine is judged"
            )

    def _check_target(self, target: str) -> None:
        """Every part of the pattern that adds hosts has to find some: a misspelt one beside others would go unsaid."""
        for part in self.parts(target):
            if part[:1] not in ("!", "&") and not list(self.matching(part, "")):
                where = (
                    "there is no inventory: name one with -i FILE, or hosts with -i 'host1,'"
                    if not self.hosts
                    else ("no host or group of the inventory is called so: look at it with ansible-inventory --graph")
                )
                raise AskedError(
                    f"nobody to ask: the target {shortened(part)} matches no host; {where}. Nothing was read"
                )
        if not list(self.matching(target, "")):
            raise AskedError(f"nobody to ask: nothing is left of the target {shortened(target)}. Nothing was read")


def _relative(source: str) -> str:
    """A source as somebody may have written it: short where it lies below the working directory."""
    here = os.getcwd().rstrip(os.sep) + os.sep
    return shortened(source.removeprefix(here))


def _comma(source: str) -> str:
    """The way out for a host's name that was given without a comma, which Ansible takes for a file."""
    name = os.path.basename(source)
    if not _HOST_NAME.match(name) or source != os.path.join(os.getcwd(), name):
        return ""
    return (
        f"; if {shortened(name)} is a host, write a comma after it: -i {shortened(name)}, (make detect"
        f" INVENTORY={shortened(name)},)"
    )
