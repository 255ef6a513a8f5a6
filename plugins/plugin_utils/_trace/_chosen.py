"""Which interfaces of a capture file make a point, and their packets handed to a packer, whatever link they were taken
from.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterable

from ansible_collections.netops.layer2.plugins.module_utils._capture._records import Packer
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._captures import TraceError
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._link_types import ETHERNET, LINKS, SLL2, inside
from ansible_collections.netops.layer2.plugins.plugin_utils._trace._pcap_file import File, Interface

ALL = "*"
Wanted = int | str      # number or name of an interface, or ALL
Take = Callable[[int, bytes, int, bool], None]      # ns since 1970, octets, length on the wire, whether it went out


class Chosen:
    """Takes packets of the chosen interfaces of a FILE, by place; nothing of the others."""

    def __init__(self, file: File, packer: Packer, wanted: Collection[Wanted]) -> None:
        self.file, self.packer, self.wanted = file, packer, wanted
        self.takers: list[Take] = []
        self.interfaces: list[Interface] = []   # that packets were taken from
        self.empty = 0                          # frames that hold no packet
        self._kept: set[tuple[int, str]] = set()
        self._seen: set[tuple[int, str]] = set()

    def learn(self) -> None:
        """Be ready for all interfaces that the file has described."""
        self.takers += [self._first(place) for place in range(len(self.takers), len(self.file.interfaces))]

    def check(self) -> None:
        """TraceError where nothing, or too much, was chosen."""
        strangers = self._strangers()
        if self._seen and (strangers or not self._kept):
            raise TraceError(
                f"{self.file.path}: interface: no packet came through {_listed(strangers or self.wanted)}; the file has"
                f" {self._shown()}"
            )
        if len(self._kept) > 1 and not self.wanted:
            raise TraceError(
                f"{self.file.path}: its packets came through several interfaces ({self._shown()}); choose one with"
                f" interface (number or name), several with a list, or all with {ALL!r}"
            )

    def _strangers(self) -> list[Wanted]:
        """What of the wanted interfaces the file neither describes nor has packets of."""
        known = {value for interface in self.file.interfaces for value in (interface.number, interface.name)}
        known |= {number for number, _name in self._seen} | {ALL}
        return [one for one in self.wanted if one not in known]

    def _shown(self) -> str:
        return shortened(
            ", ".join(f"{number} ({name})" if name else str(number) for number, name in sorted(self._seen)), 400
        )

    def _is_wanted(self, number: int, name: str) -> bool:
        return not self.wanted or ALL in self.wanted or number in self.wanted or bool(name and name in self.wanted)

    def _first(self, place: int) -> Take:
        """Decides by the first packet of an interface."""
        def take(time: int, data: bytes, length: int, outgoing: bool) -> None:
            self.takers[place] = taker = self._taker(self.file.interfaces[place])
            taker(time, data, length, outgoing)
        return take

    def _taker(self, interface: Interface) -> Take:
        if interface.linktype == SLL2:
            self.interfaces.append(interface)
            return self._cooked(interface)
        if not self._noted(interface.number, interface.name):
            return _nothing
        self.interfaces.append(interface)
        if interface.linktype == ETHERNET:
            return self._framed(interface.fcs) if interface.fcs else self.packer.add
        if interface.linktype not in LINKS:
            raise unknown(self.file, interface.linktype)
        return self._other(interface)

    def _noted(self, number: int, name: str) -> bool:
        """Whether packets of an interface are taken."""
        self._seen.add((number, name))
        is_wanted = self._is_wanted(number, name)
        if is_wanted:
            self._kept.add((number, name))
        return is_wanted

    def _framed(self, fcs: int) -> Take:
        def take(time: int, data: bytes, length: int, outgoing: bool) -> None:
            length = max(0, length - fcs)
            self.packer.add(time, data[:length], length, outgoing)
        return take

    def _other(self, interface: Interface) -> Take:
        def take(time: int, data: bytes, length: int, outgoing: bool) -> None:
            found = inside(interface.linktype, data, interface.order)
            if found is None:
                self.empty += 1
                return
            lead = found.lead
            length = max(0, length - lead - found.tail)
            self.packer.add_packet(
                time,
                data[lead:] if lead else data,
                found.start,
                found.ethertype,
                length,
                found.outgoing or outgoing,
                found.macs,
            )

        return take

    def _cooked(self, interface: Interface) -> Take:
        """LINUX_SLL2 names the interface in every packet."""
        other = self._other(interface)

        def take(time: int, data: bytes, length: int, outgoing: bool) -> None:
            if self._noted(
                int(struct.unpack_from("!I", data, 4)[0]) if len(data) >= 8 else interface.number, interface.name
            ):
                other(time, data, length, outgoing)
        return take


def _nothing(_time: int, _data: bytes, _length: int, _outgoing: bool) -> None:
    """What happens to packets of other interfaces."""


def unknown(file: File, linktype: int) -> TraceError:
    """The error for a link type that nobody here can read."""
    return file.error(
        f"link type {linktype} is unknown",
        "capture on an Ethernet interface, or with tcpdump -y EN10MB where it offers that",
    )


def _listed(wanted: Iterable[Wanted]) -> str:
    return ", ".join(f"number {one}" if isinstance(one, int) else shortened(one, 60) for one in wanted)
