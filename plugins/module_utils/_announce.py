"""Tell a guest's neighbours its new MAC from the hypervisor: hear on its tap which addresses it uses, announce those.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import re
import select
import socket
import time
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _switch

_NET = "/sys/class/net"
_ETH_P_ALL = 0x0003
_PACKET_OUTGOING = 4
_IPV4 = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}\Z")
# Seconds to go on listening once an address was heard: a guest often has several. Also longer than the second in which
# a neighbour that
# has just updated its entry believes nobody, so what is said again after it counts.
_SETTLE = 1.5
_AGAIN = range(2)  # a frame can get lost

Address = Tuple[int, bytes]  # family, octets
# problem: why nobody was told, empty if somebody was. addresses: as text. frames: how many went out.
Announced = NamedTuple(
    "Announced", [("tap", str), ("bridge", str), ("addresses", List[str]), ("frames", int), ("problem", str)]
)


def tap_mac(mac: str) -> str:
    """The MAC that libvirt gives the host's side of a guest's tap: the guest's, its first octet fe (fa if that is the
    guest's).
    """
    return ("fa" if mac.startswith("fe") else "fe") + mac[2:]


def find_tap(mac: str, macs: Dict[str, str]) -> str:
    """The interface of MACS (name -> MAC) that is the host's side of the guest NIC MAC, empty if there is none."""
    return next((name for name, found in sorted(macs.items()) if found == tap_mac(mac)), "")


def source_address(frame: bytes, mac: bytes) -> Optional[Address]:
    """The address that FRAME proves to be that of MAC itself, None if it proves none.

    Only who asks for a neighbour names itself: the sender of an ARP request (RFC 826) or a neighbour solicitation (RFC
    4861, 4.3). Other packets of a guest that routes carry the addresses of others, and so do answers of a guest that
    does proxy ARP.
    """
    if frame[6:12] != mac:
        return None
    kind = frame[12:14]
    if kind == b"\x08\x06" and len(frame) >= 42 and (frame[20:22], frame[22:28]) == (b"\0\x01", mac):
        found = (socket.AF_INET, frame[28:32])
    elif kind == b"\x86\xdd" and len(frame) >= 78 and (frame[20], frame[54]) == (58, 135):
        found = (socket.AF_INET6, frame[22:38])
    else:
        return None
    return found if any(found[1]) else None  # all zero: it is only probing whether an address is free


def answered_address(frame: bytes, mac: bytes, asked: Set[Address]) -> Optional[Address]:
    """The address of ASKED that FRAME, an ARP reply of MAC, answers for; None if it is none."""
    is_reply = (frame[12:14], frame[20:22]) == (b"\x08\x06", b"\0\x02")
    if len(frame) < 42 or not is_reply or (frame[6:12], frame[22:28]) != (mac, mac):
        return None
    found = (socket.AF_INET, frame[28:32])
    return found if found in asked else None


def probes(source: bytes, asked: Set[Address]) -> List[bytes]:
    """ARP probes for ASKED (RFC 5227, 2.1.1): they come from no address, so nobody's table changes by them."""
    head = b"\xff" * 6 + source + b"\x08\x06\0\x01\x08\0\x06\x04\0\x01" + source + b"\0" * 4 + b"\0" * 6
    return [(head + address).ljust(60, b"\0") for family, address in sorted(asked) if family == socket.AF_INET]


def listen(
    tap: str, mac: bytes, timeout: float, asked: Set[Address], ask: Callable[[], int], tell: Callable[[Address], int]
) -> Set[Address]:
    """Addresses that MAC uses, heard on TAP within TIMEOUT seconds, each handed to TELL at once; ends early once one
    was heard.

    ASK is called each second, so that a guest that would say nothing by itself answers for those addresses of ASKED
    that it has.
    """
    found: Set[Address] = set()
    began = time.monotonic()
    until, next_question = began + timeout, began
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL)) as channel:
        channel.bind((tap, _ETH_P_ALL))
        while time.monotonic() < until:
            if time.monotonic() >= next_question:
                next_question += 1.0 if ask() else timeout
            if not select.select([channel], [], [], max(0.0, min(until, next_question) - time.monotonic()))[0]:
                continue
            frame, origin = channel.recvfrom(128)
            if origin[2] == _PACKET_OUTGOING:
                continue
            heard = source_address(frame, mac) or answered_address(frame, mac, asked)
            if heard is not None and heard not in found:
                found.add(heard)
                tell(heard)
                until = min(until, time.monotonic() + _SETTLE)
    return found


def frames_of(mac: bytes, found: Set[Address]) -> List[bytes]:
    """What tells everybody that MAC has these addresses: ARP in both forms, unsolicited advertisements without the
    router flag.
    """
    frames: List[bytes] = []
    for family, address in sorted(found):
        if family == socket.AF_INET:
            frames += _switch.gratuitous_arp(mac, address)
        else:
            frames.append(_switch.unsolicited_advertisement(mac, address, False))
    return frames


def _side_of(mac: str, port: str) -> str:
    """The host's side of the guest NIC MAC: PORT where that is told and there; empty if there is none."""
    macs = _switch.all_macs()
    if port:
        return port if port in macs else ""
    return find_tap(mac, macs)


def announce(mac: str, timeout: float, candidates: Sequence[str] = (), port: str = "") -> Announced:
    """Announce what the guest NIC MAC is heard to use; never raises for what a host may be like.

    PORT is the host's side of it; without, it is the one that libvirt gave a MAC made of MAC.
    CANDIDATES are IPv4 addresses that it may have, and is asked for; others of them are left alone.
    """
    try:
        tap = _side_of(mac, port)
        bridge = os.path.basename(os.path.realpath(os.path.join(_NET, tap, "master"))) if tap else ""
        if not tap or not os.path.isdir(os.path.join(_NET, bridge, "bridge")):
            return Announced(tap, "", [], 0, "the NIC is on no Linux bridge here, so its frames cannot be heard")
        octets = bytes(bytearray.fromhex(mac.replace(":", "")))
        asked: Set[Address] = {
            (int(socket.AF_INET), socket.inet_aton(text)) for text in candidates if _IPV4.match(text)
        }
        questions = probes(bytes(bytearray.fromhex(_switch.read_mac(bridge).replace(":", ""))), asked)
        found = listen(
            tap,
            octets,
            timeout,
            asked,
            lambda: _send(bridge, questions),
            lambda heard: _send(bridge, frames_of(octets, {heard})),
        )
        shown = sorted(socket.inet_ntop(family, address) for family, address in found)
        if not found:
            return Announced(
                tap, bridge, [], 0, "the guest said nothing within %g s: has it configured its new NIC?" % timeout
            )
        return Announced(tap, bridge, shown, sum(_send(bridge, frames_of(octets, found)) for _time in _AGAIN), "")
    except OSError as error:
        return Announced("", "", [], 0, error.strerror or str(error))


def _send(bridge: str, frames: List[bytes]) -> int:
    """Send FRAMES into BRIDGE; the bridge does not learn from what its own host sends."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as channel:
        channel.bind((bridge, 0))
        for frame in frames:
            channel.send(frame)
    return len(frames)
