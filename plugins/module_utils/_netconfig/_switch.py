"""Change an interface's MAC in the kernel and tell its neighbours; also runs as a program of its own."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# It runs alone on the target, where no AnsibleModule is: pylint: disable=ansible-bad-function

# It runs where nothing of Ansible is left (python3 -c TEXT INTERFACE [MAC]): standard library only, no import of ours,
# and no dollar sign, which
# systemd-run would take for a variable.

import ctypes
import errno
import fcntl
import os
import socket
import struct
import sys
import time
from contextlib import suppress
from typing import Dict, List, Sequence, Tuple

_SIOCSIFHWADDR = 0x8924
_SIOCGIFCONF = 0x8912
_ARPHRD_ETHER = 1
_IFREQ = 40 if struct.calcsize("P") == 8 else 32  # struct ifreq, netdevice(7)
_ALL_NODES = b"\xff\x02" + b"\0" * 13 + b"\x01"  # ff02::1
_OVERRIDE, _ROUTER = 0x20000000, 0x80000000  # RFC 4861, section 4.4
# IFA_F_TENTATIVE and IFA_F_DADFAILED (linux/if_addr.h): such an address does not answer for itself
_SILENT = 0x40 | 0x08
# A neighbour that updated its entry within the last second (locktime) does not believe a change: say it again after
# that.
PAUSES = (0.0, 0.4, 1.2)
# A network manager that was just asked to configure a NIC takes a while, and may change its MAC once more.
CONFIGURING = (0.5, 0.5, 1.0, 2.0, 4.0)


def read_mac(interface: str) -> str:
    """The MAC that INTERFACE has now."""
    with open("/sys/class/net/%s/address" % interface) as stream:
        return stream.read().strip()


def all_macs() -> Dict[str, str]:
    """Interface -> MAC, for all of them."""
    found: Dict[str, str] = {}
    for name in os.listdir("/sys/class/net"):
        with suppress(OSError):  # bonding_masters is a file, and an interface may go meanwhile
            found[name] = read_mac(name)
    return found


def set_mac(interface: str, mac: str) -> List[str]:
    """Give INTERFACE the MAC; returns the interfaces whose MAC changed by that, those stacked on it included.

    Addresses, routes and connections stay. Raises OSError, EBUSY where the driver cannot do it while the interface is
    up.
    """
    before = all_macs()
    request = struct.pack("16sH6s8x", interface.encode()[:15], _ARPHRD_ETHER, _octets(mac)).ljust(_IFREQ, b"\0")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        fcntl.ioctl(channel.fileno(), _SIOCSIFHWADDR, request)
    after = all_macs()
    return sorted(name for name in after if name in before and after[name] != before[name])


def _octets(mac: str) -> bytes:
    return bytes(bytearray(int(part, 16) for part in mac.split(":")))


# --- telling the neighbours ------------------------------------------------------------------------------------------


def gratuitous_arp(mac: bytes, address: bytes) -> List[bytes]:
    """The two frames that make neighbours renew an entry for ADDRESS: a request and a reply, both about itself (RFC
    5944, 4.6).
    """
    head = b"\xff" * 6 + mac + b"\x08\x06" + struct.pack("!HHBB", 1, 0x0800, 6, 4)
    request = head + struct.pack("!H", 1) + mac + address + b"\0" * 6 + address
    reply = head + struct.pack("!H", 2) + mac + address + mac + address
    return [frame.ljust(60, b"\0") for frame in (request, reply)]


def unsolicited_advertisement(mac: bytes, address: bytes, router: bool) -> bytes:
    """The IPv6 frame for the same end (RFC 4861, section 7.2.6). ROUTER: without that flag hosts would drop a router as
    their gateway.
    """
    flags = _OVERRIDE | (_ROUTER if router else 0)
    message = struct.pack("!BBHI", 136, 0, 0, flags) + address + b"\x02\x01" + mac
    pseudo = address + _ALL_NODES + struct.pack("!I3xB", len(message), 58)
    message = message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:]
    header = struct.pack("!IHBB", 6 << 28, len(message), 58, 255) + address + _ALL_NODES
    return b"\x33\x33\x00\x00\x00\x01" + mac + b"\x86\xdd" + header + message


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4_addresses() -> List[Tuple[str, bytes]]:
    """(interface, address) of every IPv4 address here, secondary ones included."""
    room = 1024 * _IFREQ
    buffer = bytearray(room)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        area = (ctypes.c_char * room).from_buffer(buffer)
        answer = fcntl.ioctl(channel.fileno(), _SIOCGIFCONF, struct.pack("iP", room, ctypes.addressof(area)))
    size = struct.unpack("iP", answer)[0]
    items = [bytes(buffer[at:at + _IFREQ]) for at in range(0, size, _IFREQ)]
    return [(item[:16].split(b"\0", 1)[0].decode().split(":")[0], item[20:24]) for item in items]


def ipv6_addresses() -> List[Tuple[str, bytes]]:
    """(interface, address) of every IPv6 address here that answers for itself."""
    try:
        with open("/proc/net/if_inet6") as stream:
            rows = [line.split() for line in stream]
    except OSError:
        return []
    return [
        (row[5], bytes(bytearray.fromhex(row[0]))) for row in rows if len(row) == 6 and not int(row[4], 16) & _SILENT
    ]


def frames(interface: str) -> List[bytes]:
    """All frames that announce the addresses of INTERFACE."""
    mac = _octets(read_mac(interface))
    found: List[bytes] = []
    for name, address in ipv4_addresses():
        found += gratuitous_arp(mac, address) if name == interface else []
    router = _forwards(interface)
    return found + [
        unsolicited_advertisement(mac, address, router) for name, address in ipv6_addresses() if name == interface
    ]


def _forwards(interface: str) -> bool:
    try:
        with open("/proc/sys/net/ipv6/conf/%s/forwarding" % interface) as stream:
            return stream.read().strip() != "0"
    except OSError:
        return False


def announce(interfaces: Sequence[str], pauses: Sequence[float] = PAUSES) -> int:
    """Send the frames of INTERFACES, once after each of PAUSES (seconds); returns how many went out."""
    sent = 0
    for pause in pauses:
        time.sleep(pause)
        for interface in interfaces:
            sent += _send(interface, frames(interface))
    return sent


def _send(interface: str, batch: List[bytes]) -> int:
    sent = 0
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as channel:
        try:
            channel.bind((interface, 0))
            for frame in batch:
                channel.send(frame)
                sent += 1
        except OSError as error:
            if error.errno not in (errno.ENETDOWN, errno.ENODEV, errno.ENXIO):
                raise
    return sent


def main(argv: Sequence[str]) -> int:
    """INTERFACE MAC: set it and announce it. INTERFACE: announce what it has while it is being configured."""
    interface = argv[0]
    if len(argv) == 1:
        announce([interface], CONFIGURING)
        return 0
    mac = argv[1]
    changed = set_mac(interface, mac) if read_mac(interface) != mac else [interface]
    announce(changed or [interface])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
