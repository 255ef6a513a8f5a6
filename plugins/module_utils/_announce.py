"""Tell a guest's neighbours its new MAC from the hypervisor: hear on its tap which addresses it uses, announce those."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import select
import socket
import struct
import time
from typing import Dict, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _switch

_NET = "/sys/class/net"
_ETH_P_ALL = 0x0003
_PACKET_OUTGOING = 4
_SETTLE = 1.5  # seconds to go on listening once an address was heard: a guest often has several

# problem: why nobody was told, empty if somebody was. addresses: as text. frames: how many went out.
Announced = NamedTuple("Announced", [("tap", str), ("bridge", str), ("addresses", List[str]), ("frames", int), ("problem", str)])


def tap_mac(mac: str) -> str:
    """The MAC that libvirt gives the host's side of a guest's tap: the guest's, its first octet fe (fa if that is the guest's)."""
    return ("fa" if mac.startswith("fe") else "fe") + mac[2:]


def find_tap(mac: str, macs: Dict[str, str]) -> str:
    """The interface of MACS (name -> MAC) that is the host's side of the guest NIC MAC, empty if there is none."""
    return next((name for name, found in sorted(macs.items()) if found == tap_mac(mac)), "")


def source_address(frame: bytes, mac: bytes) -> Optional[Tuple[int, bytes]]:
    """(family, address) that FRAME shows MAC to use, None if it shows none. Frames of others, probes and :: tell nothing."""
    if len(frame) < 34 or frame[6:12] != mac:
        return None
    kind = struct.unpack("!H", frame[12:14])[0]
    if kind == 0x0806 and len(frame) >= 42 and frame[22:28] == mac:
        found = (socket.AF_INET, frame[28:32])
    elif kind == 0x0800:
        found = (socket.AF_INET, frame[26:30])
    elif kind == 0x86DD and len(frame) >= 54:
        found = (socket.AF_INET6, frame[22:38])
    else:
        return None
    return found if any(found[1]) else None


def listen(tap: str, mac: bytes, timeout: float) -> Set[Tuple[int, bytes]]:
    """Addresses that MAC uses, heard on TAP within TIMEOUT seconds; returns early once it was heard."""
    found: Set[Tuple[int, bytes]] = set()
    until = time.monotonic() + timeout
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL)) as channel:
        channel.bind((tap, _ETH_P_ALL))
        while time.monotonic() < until:
            if not select.select([channel], [], [], max(0.0, until - time.monotonic()))[0]:
                break
            frame, origin = channel.recvfrom(128)
            heard = source_address(frame, mac) if origin[2] != _PACKET_OUTGOING else None
            if heard is not None and heard not in found:
                found.add(heard)
                until = min(until, time.monotonic() + _SETTLE)
    return found


def frames_of(mac: bytes, found: Set[Tuple[int, bytes]]) -> List[bytes]:
    """What tells everybody that MAC has these addresses: ARP in both forms, unsolicited advertisements without the router flag."""
    frames: List[bytes] = []
    for family, address in sorted(found):
        if family == socket.AF_INET:
            frames += _switch.gratuitous_arp(mac, address)
        else:
            frames.append(_switch.unsolicited_advertisement(mac, address, False))
    return frames


def announce(mac: str, timeout: float) -> Announced:
    """Announce what the guest NIC MAC is heard to use; never raises for what a host may be like."""
    try:
        tap = find_tap(mac, _switch.all_macs())
        bridge = os.path.basename(os.path.realpath(os.path.join(_NET, tap, "master"))) if tap else ""
        if not tap or not os.path.isdir(os.path.join(_NET, bridge, "bridge")):
            return Announced(tap, "", [], 0, "the NIC is on no Linux bridge here, so its frames cannot be heard")
        octets = bytes(bytearray.fromhex(mac.replace(":", "")))
        found = listen(tap, octets, timeout)
        shown = sorted(socket.inet_ntop(family, address) for family, address in found)
        if not found:
            return Announced(tap, bridge, [], 0, "the guest said nothing within %g s: has it configured its new NIC?" % timeout)
        return Announced(tap, bridge, shown, _send(bridge, frames_of(octets, found)), "")
    except OSError as error:
        return Announced("", "", [], 0, error.strerror or str(error))


def _send(bridge: str, frames: List[bytes]) -> int:
    """Send FRAMES into BRIDGE, as often as neighbours need that; the bridge does not learn from what it sends itself."""
    sent = 0
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as channel:
        channel.bind((bridge, 0))
        for pause in _switch.PAUSES:
            time.sleep(pause)
            for frame in frames:
                channel.send(frame)
                sent += 1
    return sent
