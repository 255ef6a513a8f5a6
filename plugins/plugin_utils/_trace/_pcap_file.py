"""A pcap or pcapng file while it is read: its interfaces, where reading is, and errors that say so."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ansible_collections.netops.layer2.plugins.module_utils._capture._records import MAX_PACKETS
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._octets import Octets

# Place of the interface among those described, ns since 1970, octets, length on the wire, whether it went out.
Raw = tuple[int, int, bytes, int, bool]
LONGEST = 1 << 18       # pcap's MAXIMUM_SNAPLEN; Linux' largest super-segment is as long
_MOST_INTERFACES = 4096


class Truncated(Exception):
    """The file stops within a packet, as a capture that was killed does."""


@dataclass(slots=True)
class Interface:
    """An interface of a file; ``number`` is what people call it by who know no name."""

    number: int
    linktype: int
    name: str
    units: int          # time stamps a second
    shift: int          # seconds to add
    fcs: int = 0
    dropped: int | None = None
    order: str = "<"    # in which the file was written


@dataclass(slots=True)
class File:
    """A file being read: where, and what its headers said so far. ``kept`` counts the packets that were kept of it."""

    path: str
    octets: Octets
    kept: Callable[[], int] = int
    order: str = "<"
    interfaces: list[Interface] = field(default_factory=list)
    truncated: str = ""

    def error(self, problem: str, hint: str, behind: int = 0) -> TraceError:
        """The error for the place at which reading is; BEHIND octets were fetched, but not looked at."""
        return TraceError(f"{self.path}: octet {self.octets.position - behind}: {problem}; {hint}")

    def take(self, length: int, what: str) -> bytes:
        """The next octets; Truncated if there are fewer."""
        octets = self.octets.read(length)
        self._check_end(octets, length, what)
        return octets

    def refill(self, rest: bytes, need: int, what: str) -> bytes:
        """REST with what follows, NEED octets at least; nothing at the end of the file. Truncated where that is in the
        midst of WHAT.
        """
        self._check_bounds()
        octets = self.octets.more(rest, need)
        if octets or self.octets.is_cut:
            self._check_end(octets, need, what)
        return octets

    def _check_end(self, octets: bytes, need: int, what: str) -> None:
        if len(octets) < need:
            problem = (
                "the compressed file ends too early" if self.octets.is_cut else f"the file ends in the midst of {what}"
            )
            raise Truncated(f"octet {self.octets.position}: {problem}")

    def described(self, interface: Interface) -> int:
        """The place of an interface that the file describes."""
        if len(self.interfaces) >= _MOST_INTERFACES:
            raise self.error(f"more than {_MOST_INTERFACES} interfaces", "write it anew with tcpdump -r FILE -w NEW")
        self.interfaces.append(interface)
        return len(self.interfaces) - 1

    def _check_bounds(self) -> None:
        count = self.kept()
        if count > MAX_PACKETS:
            raise self.error(f"more than {MAX_PACKETS} packets", "filter the file with tcpdump -r FILE -w NEW FILTER")
        self.octets.check_packets(count)

    def check_length(self, captured: int, behind: int) -> None:
        """TraceError where no packet can be that long."""
        if captured > LONGEST:
            raise self.damaged(behind)

    def damaged(self, behind: int) -> TraceError:
        """The error where no packet begins at a place."""
        return self.error(
            "no packet begins here, the file is damaged", "fetch it again in binary mode, or capture anew", behind
        )
