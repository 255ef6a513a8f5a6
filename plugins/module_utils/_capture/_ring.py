"""A packet socket with a ring that the kernel fills (TPACKET_V3): blocks of frames, read in place; exact counts of what
passed and was lost.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ctypes
import errno
import fcntl
import mmap
import os
import select
import socket
import struct
import sys
from contextlib import suppress
from typing import Iterator, List, NamedTuple, Optional, Sequence, Union

from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import Program, encoded, nothing
from ansible_collections.netops.layer2.plugins.module_utils._capture._socket import opened
from ansible_collections.netops.layer2.plugins.module_utils._runner import BECOME, Denied, Missing, ReadError

# packet(7), linux/if_packet.h, asm-generic/socket.h
_SOL_PACKET = 263
_ADD_MEMBERSHIP, _RX_RING, _STATISTICS, _VERSION, _VNET_HDR = 1, 5, 6, 10, 15
_MR_PROMISC = 1
_TPACKET_V3 = 2
_SO_ATTACH_FILTER = 26
_ETH_P_ALL = 3
_SIOCGIFINDEX, _SIOCGIFMTU = 0x8933, 0x8921
_ARPHRD_WITH_HEADER = (1, 772)  # Ethernet and the loopback (net/if_arp.h)
_ARPHRD_BARE_IP = (65534, 768, 769, 776, 519)  # tun, IPIP, its IPv6 twin, SIT, raw IP

_STATUS_USER = 1
_VLAN_VALID = 0x10
_OUTGOING = 4
_TPID = 0x8100
# struct tpacket3_hdr: offset of the next one, seconds, nanoseconds, kept, on the wire, status, where MAC and network
# headers begin, hash,
# tag and its EtherType; behind it (at 48) a struct sockaddr_ll with the frame's EtherType and the packet's type.
_HEADER = struct.Struct("=IIIIIIHHIIH")
_SHORT = struct.Struct("=H")
_LENGTH_AT, _MAC_AT, _TAG_AT, _KIND_AT, _TYPE_AT = 16, 24, 32, 50, 58
_VLAN_TPID_VALID = 0x40
_LOW = (
    (0, 1, 2) if sys.byteorder == "little" else (3, 2, 1)
)  # of a 32-bit number, the octets that a length below 16 MiB needs
_VNET = struct.Struct(
    "=BBHH"
)  # struct virtio_net_hdr: flags, GSO type, header length, GSO size; ten octets before the MAC header
_VNET_OCTETS = 10
_NETWORK_AT = 96  # where the network header of an Ethernet frame lies in a record without such a header
RETIRE_MS = 100  # a block that is not full is handed over after this time
BLOCK = 1 << 19
_LEAST_BLOCKS = 4

# vlan: identifier of the tag that the kernel took off, empty without; tag: its four octets. ethertype: the kernel's
# view of it, for links
# without an Ethernet header. segment: GSO size of a super-frame, else 0.
Frame = NamedTuple(
    "Frame",
    [
        ("time_ns", int),
        ("octets", bytes),
        ("length", int),
        ("vlan", str),
        ("outgoing", bool),
        ("segment", int),
        ("tag", bytes),
        ("ethertype", int),
    ],
)
Memory = Union[bytes, mmap.mmap]
Statistics = NamedTuple("Statistics", [("frames", int), ("dropped", int)])


class Block:
    """One block of the ring, until the next one is asked for. DATA: the ring's memory, or a copy of a block; WORDS: the
    same by 32 bits.
    """

    def __init__(self, data: Memory, words: memoryview, begin: int) -> None:
        self._data, self._words, self._begin = data, words, begin
        self.count = int(words[(begin >> 2) + 3])
        self._first = begin + int(words[(begin >> 2) + 4])
        self._end = begin + int(words[(begin >> 2) + 5])
        self._distance = self._equal_distance()

    def _equal_distance(self) -> int:
        """How far apart the frames lie, where that is the same for all, as in most blocks of a flood: spares us the
        walk along them; else 0.
        """
        if self.count < 2:
            return self._end - self._first
        distance = int(self._words[self._first >> 2])
        if self._end - self._first != self.count * distance:
            return 0
        # The last one says 0. If all the others say the same, each begins where it is looked for.
        return distance if self._are_equal(self._first, self._end - distance, distance) else 0

    def _are_equal(self, first: int, end: int, distance: int) -> bool:
        """Whether the numbers that stand DISTANCE apart are equal: by three slices of single octets, since no loop of
        ours is as fast.
        """
        slices = [self._data[first + at:end:distance] for at in _LOW]
        return all(octets == octets[:1] * len(octets) for octets in slices)

    def places(self) -> Sequence[int]:
        """Where the frames of this block begin."""
        if self._distance:
            return range(self._first, self._end, self._distance)
        found: List[int] = []
        at = self._first
        while len(found) < self.count:
            found.append(at)
            at += self._words[at >> 2]
        return found

    def lengths(self, places: Sequence[int]) -> List[int]:
        """How long each frame was on the wire, without FCS; a super-frame of TSO or GRO as a whole."""
        return [self._words[(at + _LENGTH_AT) >> 2] for at in places]

    def only_length(self) -> int:
        """The length that all frames of this block have, as in most of a flood; 0 if they differ, or lie at several
        distances.
        """
        at = self._first + _LENGTH_AT
        if not self._distance or not self._are_equal(at, self._end, self._distance):
            return 0
        return int(self._words[at >> 2])

    def head(self, place: int, octets: int) -> bytes:
        """The first OCTETS of the frame at PLACE, and what follows in memory where it is shorter."""
        begin = place + _SHORT.unpack_from(self._data, place + _MAC_AT)[0]
        return self._data[begin:begin + octets]

    def tag(self, place: int) -> bytes:
        """What tells one VLAN tag that the kernel took off from another: zeros without one."""
        return self._data[place + _TAG_AT:place + _TAG_AT + 6]

    def frame(self, place: int) -> Frame:
        """The frame at PLACE."""
        _next, seconds, nanoseconds, kept, length, status, mac, network, _hash, tci, tpid = _HEADER.unpack_from(
            self._data, place
        )
        segment = 0
        if network >= _NETWORK_AT + _VNET_OCTETS:
            _flags, kind, _header, size = _VNET.unpack_from(self._data, place + mac - _VNET_OCTETS)
            segment = size if kind else 0
        tag = b""
        if status & _VLAN_VALID:
            tag = struct.pack("!HH", tpid if status & _VLAN_TPID_VALID else _TPID, tci & 0xFFFF)
        return Frame(
            seconds * 1000000000 + nanoseconds,
            self._data[place + mac:place + mac + kept],
            length,
            str(tci & 0xFFF) if tag else "",
            self._data[place + _TYPE_AT] == _OUTGOING,
            segment,
            tag,
            struct.unpack_from("!H", self._data, place + _KIND_AT)[0],
        )

    def copy(self) -> "Block":
        """The same block in memory of its own, which stays when the kernel fills the next one."""
        data = self._data[self._begin:self._end]  # a multiple of 16 octets
        return Block(data, memoryview(data).cast("I"), 0)

    def __len__(self) -> int:
        return self._end - self._begin


class Ring:
    """Frames of one interface, from ``begin`` on until ``end``.

    The kernel takes the interface out of promiscuous mode as soon as the socket is gone, so also when this process is
    killed (packet(7), PACKET_MR_PROMISC). Raises Denied, Missing or ReadError with the reason.
    """

    def __init__(self, interface: str, octets: int, path: Optional[str] = None, promiscuous: bool = True) -> None:
        self.interface = interface
        self._map: Optional[mmap.mmap] = None
        self._frames = self._dropped = 0
        try:
            self._socket = opened(socket.AF_PACKET, socket.SOCK_RAW, 0, path)
        except OSError as error:
            raise _explained(error, interface) from error
        try:
            self.index = self._asked(_SIOCGIFINDEX)
            self.mtu = self._asked(_SIOCGIFMTU)
            self._fit_out(max(octets // BLOCK, _LEAST_BLOCKS), promiscuous)
        except OSError as error:
            self.close()
            raise _explained(error, interface) from error

    def _asked(self, question: int) -> int:
        answer = fcntl.ioctl(
            self._socket.fileno(), question, struct.pack("16s24x", self.interface.encode("utf-8")[:15])
        )
        return int(struct.unpack_from("i", answer, 16)[0])

    def _fit_out(self, blocks: int, promiscuous: bool) -> None:
        self.apply(nothing())
        with suppress(
            OSError
        ):  # tells how many frames a super-frame stands for; kernels without it are noticed in the frames
            self._socket.setsockopt(_SOL_PACKET, _VNET_HDR, 1)
        self._socket.setsockopt(_SOL_PACKET, _VERSION, _TPACKET_V3)
        # struct tpacket_req3: blocks, their number, frames (of no meaning here), their number, milliseconds, private
        # octets, features
        request = struct.pack("7I", BLOCK, blocks, 2048, blocks * (BLOCK // 2048), RETIRE_MS, 0, 0)
        self._socket.setsockopt(_SOL_PACKET, _RX_RING, request)
        self._map = mmap.mmap(self._socket.fileno(), blocks * BLOCK, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self._words = memoryview(self._map).cast("I")
        self.room, self._at = blocks, 0
        self._socket.bind((self.interface, _ETH_P_ALL))
        self.ethernet = self._kind_of_link(int(self._socket.getsockname()[3]))
        if promiscuous:
            self._socket.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, struct.pack("iHH8x", self.index, _MR_PROMISC, 0))

    def _kind_of_link(self, hardware: int) -> bool:
        """Whether frames here begin with an Ethernet header; the others begin with IP at once."""
        if hardware not in _ARPHRD_WITH_HEADER + _ARPHRD_BARE_IP:
            raise OSError(
                errno.EOPNOTSUPP, "frames of this kind of link (ARP hardware type %d) are not understood" % hardware
            )
        return bool(hardware in _ARPHRD_WITH_HEADER)

    def fileno(self) -> int:
        """The socket's, for poll."""
        return self._socket.fileno()

    def apply(self, program: Program) -> None:
        """Let only what PROGRAM says through from now on; OSError ENOMEM where the kernel has no room for so long a
        program.
        """
        instructions = ctypes.create_string_buffer(encoded(program))
        self._socket.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(program), ctypes.addressof(instructions))
        )

    def begin(self, program: Program) -> None:
        """Count from now on."""
        self.statistics()
        self._frames = self._dropped = 0
        self.apply(program)

    def end(self) -> None:
        """Take nothing more in; what came before is still in the ring."""
        self.apply(nothing())

    def statistics(self) -> Statistics:
        """How many frames passed the filter since ``begin``, and how many of these the ring had no room for."""
        # struct tpacket_stats_v3; the kernel starts from zero again at each question, and its packets include the
        # drops.
        packets, drops, _frozen = struct.unpack("3I", self._socket.getsockopt(_SOL_PACKET, _STATISTICS, 12))
        self._frames += packets
        self._dropped += drops
        return Statistics(self._frames, self._dropped)

    def trouble(self) -> Optional[str]:
        """What happened to the interface since the last question: None, or why no frames come any more."""
        number = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return {0: None, errno.ENETDOWN: "%s went down" % self.interface}.get(number, os.strerror(number))

    def blocks(self) -> Iterator[Block]:
        """Every block that the kernel has handed over; each goes back to it when the next one is asked for."""
        while self._map is not None and self._words[(self._at * BLOCK >> 2) + 2] & _STATUS_USER:
            begin = self._at * BLOCK
            yield Block(self._map, self._words, begin)
            self._words[(begin >> 2) + 2] = 0
            self._at = (self._at + 1) % self.room

    def close(self) -> None:
        """Leave promiscuous mode and give the memory back."""
        if self._map is not None:
            self._words.release()
            self._map.close()
            self._map = None
        self._socket.close()


def wait(rings: Sequence[Ring], seconds: float) -> None:
    """Until one of RINGS has a block, or SECONDS have passed."""
    waiting = select.poll()
    for ring in rings:
        waiting.register(ring, select.POLLIN | select.POLLERR)
    waiting.poll(max(0, int(seconds * 1000)))


def _explained(error: OSError, interface: str) -> ReadError:
    if error.errno in (errno.EPERM, errno.EACCES):
        return Denied("reading frames of %s off the wire needs root (CAP_NET_RAW)" % interface, BECOME)
    if error.errno in (errno.ENODEV, errno.ENXIO):
        return Missing("there is no interface %s here" % interface, "see `ip link`")
    if error.errno == errno.ENETDOWN:
        return ReadError("%s is down" % interface, "ip link set %s up" % interface)
    if error.errno == errno.ENOENT:
        return Missing("the network namespace of %s does not exist any more" % interface)
    return ReadError("%s: %s" % (interface, error.strerror or error))
