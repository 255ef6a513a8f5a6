"""Ask a gateway on the wire whether it is there: an ARP request or a neighbour solicitation of our own, past the
kernel's tables.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The kernel's neighbour table would not do: an entry lives on in it long after the gateway has gone.

import ipaddress
import select
import socket
import struct
import time
from contextlib import suppress
from typing import Callable, Optional, Sequence

_ETH_P_ARP = 0x0806
_REQUEST, _REPLY = 1, 2
_SOLICITATION, _ADVERTISEMENT = 135, 136
_ICMPV6_FILTER = 1  # linux/icmpv6.h
_TARGET_LINK_ADDRESS = 2  # RFC 4861, section 4.6.1
TRIES, WAIT = 3, 0.7


def answers(
    interface: str, gateway: str, mac: str, own: Sequence[str], tries: int = TRIES, wait: float = WAIT
) -> Optional[str]:
    """The MAC that answers for GATEWAY on INTERFACE (whose own is MAC, with addresses OWN); None where nobody does.

    TRIES questions, WAIT seconds each. Raises OSError where the interface is down or this is not root.
    """
    return (_solicit if ":" in gateway else _arp)(interface, gateway, mac, own, tries, wait)


def sender(gateway: str, own: Sequence[str]) -> str:
    """The IPv4 address to ask from: the one of OWN (with prefix lengths) whose subnet GATEWAY is in, else the first;
    0.0.0.0 for none.
    """
    found = [ipaddress.ip_interface(each) for each in own if ":" not in each]
    near = [each for each in found if ipaddress.ip_address(gateway) in each.network]
    return str((near + found + [ipaddress.ip_interface("0.0.0.0/0")])[0].ip)


def arp_request(mac: bytes, source: bytes, target: bytes) -> bytes:
    """RFC 826, for Ethernet and IPv4."""
    return struct.pack("!HHBBH", 1, 0x0800, 6, 4, _REQUEST) + mac + source + b"\0" * 6 + target


def arp_answer(packet: bytes, target: bytes) -> Optional[str]:
    """The MAC that an ARP PACKET gives for TARGET; None where it is no reply about it."""
    if len(packet) < 28 or packet[:8] != struct.pack("!HHBBH", 1, 0x0800, 6, 4, _REPLY) or packet[14:18] != target:
        return None
    return written(packet[8:14])


def written(octets: bytes) -> str:
    """Octets as a MAC in canonical form."""
    return ":".join("%02x" % octet for octet in bytearray(octets))


def _octets(mac: str) -> bytes:
    return bytes(bytearray.fromhex(mac.replace(":", "")))


def _arp(interface: str, gateway: str, mac: str, own: Sequence[str], tries: int, wait: float) -> Optional[str]:
    target = socket.inet_aton(gateway)
    question = arp_request(_octets(mac), socket.inet_aton(sender(gateway, own)), target)
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_ARP)) as channel:
        channel.bind((interface, _ETH_P_ARP))
        there = (interface, _ETH_P_ARP, 0, 0, b"\xff" * 6)
        return _asked(
            channel, lambda: channel.sendto(question, there), lambda packet: arp_answer(packet, target), tries, wait
        )


def _asked(
    channel: socket.socket, ask: Callable[[], int], read: Callable[[bytes], Optional[str]], tries: int, wait: float
) -> Optional[str]:
    for attempt in range(1, tries + 1):
        del attempt
        ask()
        until = time.monotonic() + wait
        while select.select([channel], [], [], max(0.0, until - time.monotonic()))[0]:
            found = read(channel.recv(2048))
            if found is not None:
                return found
    return None


def solicitation(mac: bytes, target: bytes) -> bytes:
    """RFC 4861, section 4.3, with our link-layer address; the kernel fills in the checksum."""
    return struct.pack("!BBHI", _SOLICITATION, 0, 0, 0) + target + b"\x01\x01" + mac


def advertised(packet: bytes, target: bytes) -> Optional[str]:
    """The MAC that a neighbour advertisement gives for TARGET; empty where it names none, None where it is about
    something else.
    """
    if len(packet) < 24 or packet[0] != _ADVERTISEMENT or packet[8:24] != target:
        return None
    at = 24
    while at + 8 <= len(packet) and packet[at + 1]:
        if packet[at] == _TARGET_LINK_ADDRESS:
            return written(packet[at + 2:at + 8])
        at += 8 * packet[at + 1]
    return ""


def _solicit(interface: str, gateway: str, mac: str, own: Sequence[str], tries: int, wait: float) -> Optional[str]:
    del own  # the kernel chooses the source by the interface
    target = socket.inet_pton(socket.AF_INET6, gateway)
    group = socket.inet_ntop(socket.AF_INET6, b"\xff\x02" + b"\0" * 9 + b"\x01\xff" + target[13:])
    question = solicitation(_octets(mac), target)
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as channel:
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
        channel.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        # A set bit blocks its type: all but advertisements.
        blocked = [0xFFFFFFFF] * 8
        blocked[_ADVERTISEMENT >> 5] &= ~(1 << (_ADVERTISEMENT & 31))
        with suppress(OSError):
            channel.setsockopt(socket.IPPROTO_ICMPV6, _ICMPV6_FILTER, struct.pack("8I", *blocked))
        there = (group, 0, 0, socket.if_nametoindex(interface))
        return _asked(
            channel, lambda: channel.sendto(question, there), lambda packet: advertised(packet, target), tries, wait
        )
