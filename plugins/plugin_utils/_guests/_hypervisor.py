"""What a hypervisor is to the controller: its words, its range of MACs, its executor or its commands; how names stand in them."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shlex
import typing as t
from collections.abc import Callable

DROPPED = "a MAC that is changed inside only may be dropped there"


class Change(t.NamedTuple):
    """A new MAC for one NIC of a guest, with all that commands name. Every text is a stranger's but the MACs.

    ``id``: of the guest, in its manager; ``nic``, ``definition``, ``network``: what the manager calls the NIC, its line there, and
    what it hangs on; empty where nobody told.
    """

    old: str
    new: str
    guest: str
    id: str
    uuid: str
    kind: str
    nic: str
    definition: str
    network: str


class Hypervisor(t.NamedTuple):
    """A hypervisor or cloud. KEY: its name in snapshots. NAME: as people say it. PLACE: where a NIC's MAC is set there. INSIDE: what
    happens to one that is changed inside only. POOL: where new MACs come from (``read_pool``); empty: locally administered ones.

    COMMANDS: lines that set a MAC; none where only people can. POWER: what a guest that runs needs besides. EXECUTOR: the module that
    carries a change out. RUNS, UNSAVE: commands that tell whether a guest runs, and that drop its saved memory; {} is its name.
    What tells that a machine is its guest: VIRTUALIZATION (systemd-detect-virt(1)), SYSTEMS (how DMI's vendor and product begin),
    DRIVERS of NICs, PREFIXES of MACs.
    """

    key: str
    name: str
    place: str
    inside: str = DROPPED
    pool: str = ""
    commands: Callable[[Change], list[str]] | None = None
    power: str = ""
    executor: str = ""
    runs: str = ""
    unsave: str = ""
    virtualization: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    drivers: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()


def word(text: str, instead: str) -> str:
    """TEXT as one word of a shell's command, or the word INSTEAD where a reader could take it for something else.

    That is an empty text, one that begins like an option, and one with control characters or line ends, which would show as
    more than one command.
    """
    return shlex.quote(text) if text and text.isprintable() and not text.startswith("-") else instead


def powershell(text: str, instead: str) -> str:
    """The same as one word of PowerShell, which takes typographic apostrophes for its own (about_Quoting_Rules)."""
    if not text or not text.isprintable():
        return instead
    return "'" + "".join(2 * letter if letter in "'\u2018\u2019\u201a\u201b" else letter for letter in text) + "'"


def bare(mac: str) -> str:
    """MAC without colons, in capitals."""
    return mac.replace(":", "").upper()
