"""The wire: a packet socket that sends whole frames and hears who speaks of addresses, filtered in the kernel."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ctypes
import errno
import fcntl
import select
import socket
import struct
import time
from contextlib import suppress
from typing import Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import (
    JUMP_EQUAL,
    LOAD_HALF,
    LOAD_OCTET,
    LOAD_WORD,
    RETURN,
    Program,
    encoded,
    instruction,
)

_ETH_P_ALL = 0x0003
_SOL_PACKET, _ADD_MEMBERSHIP, _STATISTICS, _AUXDATA, _IGNORE_OUTGOING = 263, 1, 6, 8, 23  # linux/if_packet.h
_ALL_MULTICAST = 2
_GET_FLAGS, _RUNNING = 0x8913, 0x40  # SIOCGIFFLAGS, IFF_RUNNING: netdevice(7)
_GONE = (errno.ENETDOWN, errno.ENODEV, errno.ENXIO)
_OUTGOING = 4
_SO_ATTACH_FILTER, _SO_RCVBUFFORCE = 26, 33  # asm-generic/socket.h
_TAGGED = 1 << 4  # TP_STATUS_VLAN_VALID
_BUFFER = 4 << 20
_LONGEST = 2048

Frame = NamedTuple("Frame", [("octets", bytes), ("vlan", Optional[int]), ("at", float)])
_ARP, _IPV6 = 0x0806, 0x86DD
_ICMP6, _ECHO_REPLY, _SOLICITATION, _ADVERTISEMENT = 58, 129, 135, 136

# ARP; echo replies, neighbour solicitations and advertisements in IPv6 without extension headers.
NEIGHBOURS: Program = [
    instruction(LOAD_HALF, 12),
    instruction(JUMP_EQUAL, _ARP, 8, 0),
    instruction(JUMP_EQUAL, _IPV6, 0, 6),
    instruction(LOAD_OCTET, 20),
    instruction(JUMP_EQUAL, _ICMP6, 0, 4),
    instruction(LOAD_OCTET, 54),
    instruction(JUMP_EQUAL, _ECHO_REPLY, 3, 0),
    instruction(JUMP_EQUAL, _SOLICITATION, 2, 0),
    instruction(JUMP_EQUAL, _ADVERTISEMENT, 1, 0),
    instruction(RETURN, 0),
    instruction(RETURN, _LONGEST),
]


def answers_from(mac: str) -> Program:
    """The filter for all that MAC sends."""
    high, low = struct.unpack("!IH", bytes(bytearray.fromhex(mac.replace(":", ""))))
    return [
        instruction(LOAD_WORD, 6),
        instruction(JUMP_EQUAL, high, 0, 3),
        instruction(LOAD_HALF, 10),
        instruction(JUMP_EQUAL, low, 0, 1),
        instruction(RETURN, _LONGEST),
        instruction(RETURN, 0),
    ]


class WireDown(OSError):
    """The interface went down, or away, after it had been opened."""

    def __init__(self, interface: str) -> None:
        super().__init__("%s went down" % interface)

    def gap(self, interface: str) -> Dict[str, str]:
        """It as a gap of the document."""
        return {
            "subset": "scan",
            "item": interface,
            "reason": "%s meanwhile: what came after was not seen" % self,
            "hint": "scan again when it is up",
        }


class Wire:
    """A packet socket on one interface. Needs CAP_NET_RAW: PermissionError otherwise."""

    def __init__(self, interface: str, program: Optional[Program] = None) -> None:
        self.interface = interface
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # protocol 0: deaf until bound
        try:
            self._attach(NEIGHBOURS if program is None else program)
            self._socket.setsockopt(_SOL_PACKET, _AUXDATA, 1)
            for level, option in ((socket.SOL_SOCKET, _SO_RCVBUFFORCE), (socket.SOL_SOCKET, socket.SO_RCVBUF)):
                with suppress(OSError):
                    self._socket.setsockopt(level, option, _BUFFER)
            with suppress(OSError):  # before Linux 4.20
                self._socket.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
            self._socket.bind((interface, _ETH_P_ALL))
            self._join_multicast()
        except BaseException:
            self._socket.close()
            raise

    def _attach(self, program: Program) -> None:
        buffer = ctypes.create_string_buffer(encoded(program))
        self._socket.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(program), ctypes.addressof(buffer))
        )

    def _join_multicast(self) -> None:
        """Hear all multicast, as neighbour discovery needs; the kernel ends it with the socket."""
        number = socket.if_nametoindex(self.interface)
        with suppress(OSError):
            self._socket.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, struct.pack("iHH8s", number, _ALL_MULTICAST, 0, b""))

    def fileno(self) -> int:
        """The socket's, for select."""
        return self._socket.fileno()

    def send(self, frame: bytes) -> None:
        """Send a whole frame; a full queue of the driver is waited for."""
        while True:
            try:
                self._socket.send(frame)
                return
            except OSError as error:
                if error.errno in _GONE:
                    raise WireDown(self.interface) from error
                if error.errno != errno.ENOBUFS:
                    raise
                time.sleep(0.001)

    def receive(self, timeout: float) -> List[Frame]:
        """The frames that are there, after at most TIMEOUT seconds of waiting for the first; none if that is over."""
        if not select.select([self._socket], [], [], max(0.0, timeout))[0]:
            return []
        found: List[Frame] = []
        while len(found) < 64:
            try:
                octets, auxiliary, _flags, origin = self._socket.recvmsg(_LONGEST, 64, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno in _GONE:
                    raise WireDown(self.interface) from error
                raise
            if origin[2] != _OUTGOING:
                found.append(Frame(octets, _tag(auxiliary), time.time()))
        return found

    def dropped(self) -> int:
        """Frames that the kernel dropped since the last call, because nobody fetched them in time."""
        return int(struct.unpack("II", self._socket.getsockopt(_SOL_PACKET, _STATISTICS, 8))[1])

    def has_carrier(self) -> bool:
        """Whether the interface is up and something is plugged in."""
        try:
            answer = fcntl.ioctl(self._socket, _GET_FLAGS, struct.pack("16sH14x", self.interface.encode(), 0))
        except OSError:
            return False
        return bool(struct.unpack("16xH14x", answer)[0] & _RUNNING)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_unused: object) -> None:
        self.close()


def _tag(auxiliary: List[Tuple[int, int, bytes]]) -> Optional[int]:
    """The VLAN whose tag the kernel took off (struct tpacket_auxdata), None if there was none."""
    for level, kind, data in auxiliary:
        if level == _SOL_PACKET and kind == _AUXDATA and len(data) >= 20:
            status, tag = struct.unpack_from("I12xH", data)
            if status & _TAGGED or tag:
                return int(tag & 0x0FFF)
    return None
