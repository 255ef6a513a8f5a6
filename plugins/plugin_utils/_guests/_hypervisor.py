"""What a hypervisor is to the controller: words, range of MACs, executor or commands; and how names stand in these."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import shlex
import typing as t
from collections.abc import Callable, Mapping

DROPPED = "a MAC that is changed inside only may be dropped there"


class Change(t.NamedTuple):
    """A new MAC for one NIC of a guest, with all that commands name. Every text is a stranger's but the MACs.

    ``id``: of the guest, in its manager; ``nic``, ``definition``, ``network``: what the manager calls the NIC, its line
    there, and what it hangs on; empty where nobody told. ``one_of_several``: other NICs of the guest have it, too, and
    keep it.
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
    one_of_several: bool = False


class KnownBy(t.NamedTuple):
    """One of what a guest is known by: its FIELD in a change of a plan, its name in the guest's record of a snapshot
    (docs/snapshot.md), and the characters that it is made of.
    """

    field: str
    told_as: str
    made_of: re.Pattern[str]


class Executor(t.NamedTuple):
    """The module that gives a guest's NIC another MAC, on the host that has the guest, and how a plan tells it which.

    ``known_by``: what together names one guest and no other; ``same_by``: pairs of a field of a change and one of a
    guest's record, of which the first that is told tells a guest from another one that goes by its name since;
    ``asks``: the module's options that name guest and NIC, made of a step of a plan and the connection that the
    operator chose. ``at_once``: a guest that runs gets its NIC anew with the change of its definition, unless its
    record says that it cannot (``hotplug``). ``keeps_port``: the host's interface of the NIC keeps its name then.
    """

    module: str
    known_by: tuple[KnownBy, ...]
    asks: Callable[[Mapping[str, t.Any], str], dict[str, t.Any]]
    same_by: tuple[tuple[str, str], ...] = ()
    at_once: bool = False
    keeps_port: bool = False


class Hypervisor(t.NamedTuple):
    """A hypervisor or cloud: what it is called, where a MAC is set there, and how a machine is known as its guest.

    ``key``: its name in snapshots; ``name``: as people say it; ``place``: where a NIC's MAC is set; ``inside``: what
    happens to one that is changed inside only; ``pool``: where new MACs come from (``read_pool``), empty for locally
    administered ones. ``commands``: lines that set a MAC, None where only people can; ``power``: what a guest that runs
    needs besides; ``executor``: who carries a change out, None where nobody here does; ``runs``, ``unsave``: commands
    that tell whether a guest runs, and that drop its saved memory. {} stands for the guest's name.

    ``virtualization`` (systemd-detect-virt(1)), ``systems`` (how DMI's vendor and product begin), ``drivers`` of NICs
    and ``prefixes`` of MACs tell that a machine is its guest.
    """

    key: str
    name: str
    place: str
    inside: str = DROPPED
    pool: str = ""
    commands: Callable[[Change], list[str]] | None = None
    power: str = ""
    executor: Executor | None = None
    runs: str = ""
    unsave: str = ""
    virtualization: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    drivers: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()


def word(text: str, instead: str) -> str:
    """TEXT as one word of a shell's command, or the word INSTEAD where a reader could take it for something else.

    That is an empty text, one that begins like an option, and one with control characters or line ends, which would
    show as more than one command.
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
