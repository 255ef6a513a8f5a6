"""The MAC address as one value: parse every common notation, one canonical form out, and classify it."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import ipaddress
import re
from typing import List, Optional, Tuple

_CANONICAL = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\Z")
_NOTATIONS = re.compile(
    r"""(?:
    [0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}    # 52:54:0:c:1d:f5, as `ip -d` prints a bridge id
    | [0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}      # 52-54-00-0C-1D-F5 (IEEE 802)
    | [0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}     # 5254.000c.1df5 (Cisco, Arista)
    | [0-9A-Fa-f]{4}(?:-[0-9A-Fa-f]{4}){2}      # 5254-000c-1df5 (Huawei, H3C)
    | [0-9A-Fa-f]{12}                           # 5254000c1df5
    )\Z""",
    re.VERBOSE,
)

BROADCAST = "ff:ff:ff:ff:ff:ff"
ZERO = "00:00:00:00:00:00"

# One family a row: (first characters of the canonical form, name). Longest prefix first.
VIRTUAL_ROUTERS: Tuple[Tuple[str, str], ...] = (
    ("00:00:5e:00:01:", "VRRP or CARP"),            # RFC 9568, section 7.3
    ("00:00:5e:00:02:", "VRRP for IPv6"),           # RFC 9568, section 7.3
    ("00:00:0c:07:ac:", "HSRP"),                    # RFC 2281, section 5.1
    ("00:00:0c:9f:f", "HSRP version 2"),
    ("00:05:73:a0:0", "HSRP for IPv6"),
    ("00:07:b4:", "GLBP"),
)


class MacError(ValueError):
    """The text is not a 48-bit MAC address; the message shows the text, cut to a readable length."""


def canonical(text: object) -> str:
    """Return TEXT as ``52:54:00:0c:1d:f5``; raise MacError for anything that is not one whole MAC.

    White space, a trailing newline, mixed separators and numbers (unquoted YAML) are refused, not repaired.
    """
    if not isinstance(text, str):
        name = type(text).__name__.replace("_AnsibleTagged", "").lower()  # ansible-core 2.19's own kinds of numbers
        raise MacError("a MAC address must be text, not %s (in YAML, quote it): %.40r" % (name, text))
    if _CANONICAL.match(text):
        return str(text)
    if not _NOTATIONS.match(text):
        raise MacError("not a MAC address: %s" % _shown(text))
    if ":" in text:
        return ":".join(part.zfill(2) for part in text.lower().split(":"))
    digits = re.sub("[-.]", "", text).lower()
    return ":".join(digits[i:i + 2] for i in range(0, 12, 2))


def _shown(text: str) -> str:
    return repr(text) if len(text) <= 40 else "%r... (%d characters)" % (text[:40], len(text))


class Mac:
    """One MAC address, immutable, hashable, ordered by its number.

    ``str()`` gives the canonical form. The questions follow IEEE 802-2014, 8.2 (I/G and U/L bits).
    """

    __slots__ = ("_text",)

    _text: str

    def __init__(self, text: object) -> None:
        object.__setattr__(self, "_text", canonical(text))

    @classmethod
    def parse(cls, text: object) -> "Mac":
        """Mac of TEXT in any common notation; MacError otherwise."""
        return cls(text)

    @classmethod
    def from_int(cls, number: int) -> "Mac":
        """Mac of a number below 2**48; MacError otherwise."""
        if not 0 <= number < 1 << 48:
            raise MacError("not a 48-bit number: %r" % (number,))
        return cls("%012x" % number)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Mac does not change")

    def __int__(self) -> int:
        return int(self._text.replace(":", ""), 16)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Mac(%r)" % self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mac) and self._text == other._text

    def __lt__(self, other: "Mac") -> bool:
        return self._text < other._text

    def __reduce__(self) -> Tuple[type, Tuple[str]]:
        return (Mac, (self._text,))

    @property
    def first_octet(self) -> int:
        """The octet that carries the I/G and U/L bits."""
        return int(self._text[:2], 16)

    @property
    def is_multicast(self) -> bool:
        """Group address (I/G bit set), broadcast included."""
        return bool(self.first_octet & 1)

    @property
    def is_local(self) -> bool:
        """Locally administered (U/L bit set)."""
        return bool(self.first_octet & 2)

    @property
    def is_zero(self) -> bool:
        """00:00:00:00:00:00, which interfaces without a MAC show."""
        return self._text == ZERO

    @property
    def virtual_router(self) -> Optional[str]:
        """Name of the redundancy protocol that owns the address, else None."""
        return virtual_router(self._text)

    @property
    def may_be_tap(self) -> bool:
        """libvirt gives the host side of a guest's tap the guest's MAC with first octet fe (fa for guests that start
        with fe).
        """
        return self._text.startswith(("fe:", "fa:"))

    def tail(self) -> str:
        """The five octets that a tap shares with its guest."""
        return self._text[3:]

    def eui64_link_local(self) -> str:
        """The fe80:: address that EUI-64 makes of it (RFC 4291, appendix A), as the kernel prints it."""
        octets = [int(part, 16) for part in self._text.split(":")]
        octets[0] ^= 2
        groups = [octets[0] << 8 | octets[1], octets[2] << 8 | 0xFF, 0xFE00 | octets[3], octets[4] << 8 | octets[5]]
        return _compressed([0xFE80, 0, 0, 0] + groups)


def is_made_of(address: str, mac: str) -> bool:
    """Whether the IPv6 ADDRESS ends in the interface identifier that EUI-64 makes of MAC (RFC 4291, appendix A)."""
    if ":" not in address:
        return False
    try:
        number = int(ipaddress.IPv6Address(address))
    except ValueError:
        return False
    return number & (1 << 64) - 1 == int(ipaddress.IPv6Address(Mac(mac).eui64_link_local())) & (1 << 64) - 1


def virtual_router(text: str) -> Optional[str]:
    """Redundancy protocol whose range the canonical MAC TEXT lies in, else None."""
    for prefix, name in VIRTUAL_ROUTERS:
        if text.startswith(prefix):
            return name
    return None


def _compressed(groups: List[int]) -> str:
    number = 0
    for group in groups:
        number = number << 16 | group
    return str(ipaddress.IPv6Address(number))
