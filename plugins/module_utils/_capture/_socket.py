"""Sockets that are born in a network namespace, and the counters that the kernel keeps of an interface (rtnetlink)."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ctypes
import os
import socket
import struct
import threading
from typing import Callable, Dict, List, Optional, Tuple

_CLONE_NEWNET = 0x40000000
_NETLINK_ROUTE = 0
_RTM_NEWLINK, _RTM_GETLINK = 16, 18
_NLM_F_REQUEST = 1
_IFLA_STATS64 = 23
# struct rtnl_link_stats64 (linux/if_link.h): the position of each counter; kernels append to it.
_COUNTERS = (("rx_packets", 0), ("rx_bytes", 2), ("rx_missed", 15), ("otherhost", 24))


def opened(family: int, kind: int, protocol: int, path: Optional[str] = None) -> socket.socket:
    """A socket of the network namespace that file PATH keeps, the process' own without. Raises OSError.

    Entering a namespace concerns one thread, so a thread does it and ends; a socket stays where it was made.
    """
    if path is None:
        return socket.socket(family, kind, protocol)
    made: List[socket.socket] = []
    failed: List[OSError] = []
    visit = threading.Thread(
        target=_visit, args=(path, lambda: made.append(socket.socket(family, kind, protocol)), failed)
    )
    visit.start()
    visit.join()
    if failed:
        raise failed[0]
    return made[0]


def _visit(path: str, work: Callable[[], None], failed: List[OSError]) -> None:
    try:
        with open(path, "rb") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), _CLONE_NEWNET) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), path)
        work()
    except OSError as error:
        failed.append(error)


class Counters:
    """The kernel's counters of interfaces in one namespace, by index. ``otherhost`` is only there from Linux 5.19 on.
    """

    def __init__(self, path: Optional[str] = None) -> None:
        self._channel = opened(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE, path)
        self._channel.settimeout(5)

    def read(self, index: int) -> Dict[str, int]:
        """``rx_packets``, ``rx_bytes``, ``rx_missed`` (lost in the card) and ``otherhost``; those that the kernel has.
        Raises OSError.
        """
        # struct nlmsghdr, struct ifinfomsg (rtnetlink(7))
        self._channel.send(
            struct.pack("IHHII", 32, _RTM_GETLINK, _NLM_F_REQUEST, 0, 0) + struct.pack("BxHiII", 0, 0, index, 0, 0)
        )
        return counters_in(self._channel.recv(65536))

    def close(self) -> None:
        """Give the socket back."""
        self._channel.close()


def counters_in(answer: bytes) -> Dict[str, int]:
    """The counters in a netlink message; none of one that is something else."""
    if len(answer) < 32 or struct.unpack_from("H", answer, 4)[0] != _RTM_NEWLINK:
        return {}
    stats = _attribute(answer, 32, _IFLA_STATS64)
    return {
        name: struct.unpack_from("Q", answer, stats[0] + 8 * at)[0]
        for name, at in _COUNTERS
        if 8 * (at + 1) <= stats[1]
    }


def _attribute(message: bytes, at: int, wanted: int) -> Tuple[int, int]:
    """Where attribute WANTED begins and how long it is; (0, 0) if it is not there."""
    while at + 4 <= len(message):
        length, kind = struct.unpack_from("HH", message, at)
        if kind & 0x3FFF == wanted:
            return at + 4, min(length - 4, len(message) - at - 4)
        if length < 4:
            break
        at += (length + 3) & ~3
    return 0, 0
