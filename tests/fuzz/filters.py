"""Targets: filters in tcpdump words and of own MACs, held against libpcap, against the kernel, and against sets."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ctypes
import ctypes.util
import random
import socket
import struct
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from ansible_collections.netops.layer2.plugins.module_utils._capture import _bpf
from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import OwnMac, Program
from ansible_collections.netops.layer2.plugins.module_utils._capture._expression import ExpressionError, compiled

from . import samples
from .target import TEXT, Target, promise

_SNAP = 96
_WHOLE = 256  # octets in which every header that a filter looks at fits
_ATTACH = 26  # SO_ATTACH_FILTER
_ETHERNET = 1  # DLT_EN10MB
_TAGS, _FRAGMENT6 = (0x8100, 0x88A8, 0x9100), 44
_VXLAN = (4789, 8472)
_PRIMITIVES = (
    "ip",
    "ip6",
    "arp",
    "icmp",
    "icmp6",
    "tcp",
    "udp",
    "sctp",
    "port 22",
    "src port 443",
    "tcp dst port 22",
    "udp port 53",
    "host 192.0.2.21",
    "src host 10.0.0.1",
    "dst 192.0.2.30",
    "net 192.0.2.0/24",
    "src net 10.0.0.0/8",
    "net 0.0.0.0/0",
    "host 2001:db8::1",
    "dst net 2001:db8::/33",
    "net fe80::/10",
    "ip host 192.0.2.30",
    "arp host 192.0.2.21",
    "ip6 host 2001:db8::1",
    "ether host 52:54:00:0c:1d:f5",
    "ether src 02:00:00:00:00:21",
    "ether dst ff:ff:ff:ff:ff:ff",
    "port 4789",
    "portrange 20-80",
    "port 80 or 443",
    "src or dst port 53",
    "net 10",
    "src and dst net 10",
    "igmp",
    "esp",
    "ah",
    "pim",
    "vrrp",
    "proto 50",
    "ip6 proto 58",
    "ether proto 0x88cc",
    "broadcast",
    "multicast",
    "ip multicast",
    "ip6 multicast",
    "less 90",
    "greater 90",
    "len > 60",
    "tcp[tcpflags] & (tcp-syn|tcp-ack) != 0",
    "icmp[icmptype] == icmp-echo",
    "ip[8] < 64",
    "ip[6:2] & 0x1fff != 0",
    "ether[0] & 1 = 0",
    "arp[7] = 1",
    "udp[2:2] >= 1024",
    "icmp6[icmp6type] = icmp6-echo",
)


# --- libpcap, which compiles and interprets the same language ---------------------------------------------------------

class _Compiled(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint), ("instructions", ctypes.c_void_p))


class _Header(ctypes.Structure):
    _fields_ = (
        ("seconds", ctypes.c_long),
        ("part", ctypes.c_long),
        ("captured", ctypes.c_uint32),
        ("length", ctypes.c_uint32),
    )


@cache
def _libpcap() -> Any:
    name = ctypes.util.find_library("pcap")
    if not name:
        return None
    library = ctypes.CDLL(name)
    library.pcap_open_dead.restype = ctypes.c_void_p
    library.pcap_compile.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_uint32]
    library.bpf_filter.restype = ctypes.c_uint
    library.bpf_filter.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint, ctypes.c_uint]
    return library


def _obstacle() -> str:
    return "" if _libpcap() else "libpcap is not installed: install tcpdump"


@lru_cache(maxsize=2000)
def _theirs(text: str) -> _Compiled | None:
    """libpcap's program; None for what it does not take, as a filter that can fit nothing."""
    made = _Compiled()
    handle = _handle()
    # A filter that libpcap frees never is 2,000 small arrays at most.
    return made if _libpcap().pcap_compile(handle, ctypes.byref(made), text.encode(), 1, 0xFFFFFFFF) == 0 else None


@cache
def _handle() -> int:
    return int(_libpcap().pcap_open_dead(_ETHERNET, _SNAP))


def _kept(instructions: Any, frame: bytes) -> bool:
    return bool(_libpcap().bpf_filter(instructions, frame, len(frame), len(frame)))


def _takes(program: Program, frame: bytes) -> bool:
    return _kept(ctypes.create_string_buffer(_bpf.encoded(program)), frame)


def _loads_into_kernel(program: Program) -> None:
    """The kernel's own check of a program: jumps that stay inside, known codes, an end."""
    instructions = ctypes.create_string_buffer(_bpf.encoded(program))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.setsockopt(socket.SOL_SOCKET, _ATTACH, struct.pack("HP", len(program), ctypes.addressof(instructions)))


# --- targets ----------------------------------------------------------------------------------------------------------

def read_words(octets: bytes) -> None:
    """Words are a program that the kernel takes, or an error."""
    text = octets[:4000].decode("utf-8", "replace")
    for ethernet in (True, False):
        _loads_into_kernel(compiled(text, _SNAP, ethernet))


def compare_meaning(octets: bytes) -> None:
    """A filter keeps the frames that libpcap's keeps, but for those that it looks into deeper, or less deep, on
    purpose.
    """
    if len(octets) < 2:
        return
    size = octets[0] % 24
    # A load behind the end of a frame ends the program: which comparison comes first is then all that counts.
    text, frame = _expression(octets[1:1 + size]), octets[1 + size:].ljust(_WHOLE, b"\0")
    theirs = _theirs(text)
    if theirs is None or _is_read_otherwise(frame):
        return
    ours = compiled(text, _SNAP)
    promise(_takes(ours, frame) == _kept(theirs.instructions, frame), "a filter means what tcpdump takes it for")


def _expression(octets: bytes) -> str:
    """A filter made of octets: each names a primitive, or joins what came before."""
    parts: list[str] = []
    for octet in octets:
        if octet < 128 or not parts:
            parts.append(_PRIMITIVES[octet % len(_PRIMITIVES)])
        elif octet < 150 or len(parts) < 2:
            parts.append(f"not ({parts.pop()})")
        else:
            last = parts.pop()
            parts.append(f"({parts.pop()} {'and' if octet % 2 else 'or'} {last})")
    return " or ".join(parts[:4])


def _is_read_otherwise(frame: bytes) -> bool:
    """VLAN tags and VXLAN tunnels, which only ours looks into; fragments of IPv6, which only libpcap does."""
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind in _TAGS or (kind == 0x86DD and frame[20:21] == bytes([_FRAGMENT6])):
        return True
    ports = {struct.unpack_from("!H", frame, at)[0] for at in (36, 56) if len(frame) >= at + 2}
    return bool(ports & set(_VXLAN))


def compare_own_macs(octets: bytes) -> None:
    """The tree over own MACs finds what a set finds."""
    chance = random.Random(octets[:4])
    pool = [octets[4 + at:10 + at] for at in range(0, min(len(octets), 600) - 9, 6)]
    own = [OwnMac(mac, bool(mac[0] & 4)) for mac in pool if chance.random() < 0.8]
    program = _bpf.unless_destination(own, _SNAP)
    for mac in [*pool[:20], *(bytes([mac[0] ^ 2]) + mac[1:] for mac in pool[:20]), octets[:6].ljust(6, b"\0")]:
        known = any(each.octets[each.any_first:] == mac[each.any_first:] for each in own)
        promise(_takes(program, mac + bytes(54)) != known, "a frame is dropped if it is for an own MAC, and only then")


def _meanings() -> Iterator[bytes]:
    for number, frame in enumerate(samples.captured(4)):
        words = bytes([number % len(_PRIMITIVES), (number * 5) % len(_PRIMITIVES), 150 + number % 2, 140])
        yield bytes([len(words)]) + words + frame


def _words() -> Iterator[bytes]:
    yield from (
        text.encode()
        for text in (
            "host 192.0.2.9 and (tcp port 22 or arp)",
            "not (ip6 or net 10.0.0.0/8)",
            "ether src 52:54:00:0c:1d:f5 && ! icmp",
        )
    )
    yield " or ".join(_PRIMITIVES).encode()


TARGETS = [
    Target(
        "filter-words",
        "filters in tcpdump's words, compiled for the kernel",
        read_words,
        _words,
        (ExpressionError,),
        TEXT,
        (
            *_PRIMITIVES,
            " and ",
            " or ",
            " not ",
            "(",
            ")",
            " && ",
            " || ",
            "!",
            "src ",
            "dst ",
            "ether ",
            " host ",
            " net ",
            " port ",
        ),
    ),
    Target("filter-meaning", "what a filter keeps, against libpcap", compare_meaning, _meanings, obstacle=_obstacle),
    Target(
        "filter-own-macs",
        "the filter of own MACs, against a set",
        compare_own_macs,
        lambda: (frame * 3 for frame in samples.captured(2)),
        obstacle=_obstacle,
    ),
]
