"""New MACs: the same owner and NIC always get the same free address, out of a pool that is checked before it is used.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass

from ansible_collections.netops.layer2.plugins.module_utils._mac import Mac, MacError
from ansible_collections.netops.layer2.plugins.plugin_utils._fleet._proxies import PROXY_MACS
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisors import HYPERVISORS
from ansible_collections.netops.layer2.plugins.plugin_utils._messages import shortened, type_name

QEMU_PREFIX = "52:54:00"
LOCAL_PREFIX = "02:00:00"
# Makers' ranges that are meant for generated addresses, and the reserved ones that are not (traps: VMware's manual
# range ends at 3f).
_MAKERS = {one.pool for one in HYPERVISORS if one.pool}
_VMWARE_MANUAL = (Mac("00:50:56:00:00:00"), Mac("00:50:56:3f:ff:ff"))
_HASHED_ATTEMPTS = 64
_LOAD_BALANCING = "02:bf:"  # Microsoft's: the same on every node of a cluster, so twins with it would pass for one
# Locally administered, and yet somebody's, whom a pool that is larger leaves them to.
_SPOKEN_FOR = (
    _LOAD_BALANCING,
    "52:54:00:12:34:",  # QEMU's NICs that are started without an address
    "02:00:00:00:00:00",  # drivers that know no address
    *PROXY_MACS,  # networks of clouds and of NAT, Calico
)


class PoolError(ValueError):
    """A prefix or pool that cannot serve: names it, what is wrong, and the way out."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A closed range of unicast addresses, first and last as numbers."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f"{Mac.from_int(self.first)}-{Mac.from_int(self.last)}"

    def at(self, position: int) -> str:
        """The address at POSITION, counted round the pool."""
        return str(Mac.from_int(self.first + position % len(self)))


def read_pool(text: object = QEMU_PREFIX) -> Pool:
    """Pool of TEXT: a prefix of one to five octets (52:54:00), or a range FIRST-LAST; PoolError otherwise.

    Group addresses are refused; so are universally administered ones, unless the prefix is one that makers of
    hypervisors set aside for generated addresses; so is the octet fe, which libvirt's taps use (IEEE 802-2014, 8.2).
    """
    if not isinstance(text, str):
        raise PoolError(f"a prefix must be text, not {type_name(text)} (in YAML, quote it): {shortened(text, 40)}")
    pool = _range(text) if len(text) > 17 else _prefix(text)
    _check(pool, text)
    return pool


def _range(text: str) -> Pool:
    first, separator, last = text.partition("-") if text.count("-") == 1 else text.partition("..")
    try:
        pool = Pool(int(Mac.parse(first.strip())), int(Mac.parse(last.strip())))
    except MacError as error:
        raise PoolError(f"{shortened(text, 60)}: {error}; write a pool as FIRST-LAST with colons") from None
    if not separator or pool.first > pool.last:
        raise PoolError(f"{shortened(text, 60)}: the pool is empty: its first address comes after its last")
    return pool


def _prefix(text: str) -> Pool:
    octets = re.fullmatch(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){0,4}", text)
    if octets is None:
        raise PoolError(f"{shortened(text, 40)!r} is no prefix: write one to five octets, such as {QEMU_PREFIX}")
    digits = text.replace(":", "")
    free = 48 - 4 * len(digits)
    first = int(digits, 16) << free
    if text.lower() == "00:50:56":
        return Pool(int(_VMWARE_MANUAL[0]), int(_VMWARE_MANUAL[1]))
    return Pool(first, first + (1 << free) - 1)


def _check(pool: Pool, text: str) -> None:
    for mac in (Mac.from_int(pool.first), Mac.from_int(pool.last)):
        if mac.is_multicast:
            raise PoolError(
                f"{text}: {mac} is a group address, no NIC may have it; clear the lowest bit of the first octet"
            )
        if mac.may_be_tap and not str(mac).startswith("fa:16:3e"):
            raise PoolError(
                f"{text}: first octet {str(mac)[:2]} belongs to the taps of libvirt; choose another, such as 02"
            )
        if not mac.is_local and str(mac)[:8] not in _MAKERS:
            raise PoolError(
                f"{text}: {mac} belongs to a maker of NICs; set the second-lowest bit of the first octet (02, 06, 0a,"
                " 0e, ...)"
            )
    _check_others(pool, text)
    if pool.first >> 40 != pool.last >> 40:
        raise PoolError(f"{text}: a pool must not span several first octets: group addresses lie between them")


def _check_others(pool: Pool, text: str) -> None:
    """Refuse a pool that others hand out addresses from."""
    ends = (str(Mac.from_int(pool.first)), str(Mac.from_int(pool.last)))
    if all(end.startswith(_LOAD_BALANCING) for end in ends):
        raise PoolError(f"{text}: belongs to Microsoft's network load balancing; choose another, such as {QEMU_PREFIX}")
    if ends[1].startswith("00:50:56:") and ends[1] > str(_VMWARE_MANUAL[1]):
        raise PoolError(
            f"{text}: VMware itself gives out what is above {_VMWARE_MANUAL[1]}; stay within 00:50:56:00 to 00:50:56:3f"
        )


def is_from_maker(mac: str) -> bool:
    """Whether MAC can only be from a NIC's maker: universally administered (IEEE 802-2014, 8.2), and no hypervisor's.
    """
    return not Mac(mac).is_local and mac[:8] not in _MAKERS


class Allocator:
    """Hands out addresses of POOL that nobody has; deterministic in (seed, owner, nic) for one set of taken addresses.

    BLAKE2b (RFC 7693), keyed by the fleet's SEED, chooses where to look; what is TAKEN, or was handed out before, is
    passed over.
    """

    def __init__(self, pool: Pool, seed: str = "", taken: Iterable[str] = ()) -> None:
        self._pool, self._key = pool, hashlib.sha256(seed.encode("utf-8", "surrogatepass")).digest()
        self._taken: set[str] = set(taken)
        self._tails: set[str] = {mac[3:] for mac in self._taken if mac.startswith(("fe:", "fa:"))}

    def allocate(self, owner: str, nic: str = "") -> str:
        """A free address for NIC of OWNER; PoolError if the pool is exhausted."""
        start = 0
        for attempt in range(_HASHED_ATTEMPTS):
            start = self._position(owner, nic, attempt)
            mac = self._pool.at(start)
            if self._free(mac) and not mac.startswith(_SPOKEN_FOR):
                return self._take(mac)
        return self._take(self._next_free(start, owner, nic))

    def of(self, pool: Pool) -> Allocator:
        """One for POOL that knows of all that this one gave out and is not to give out, and the other way round."""
        other = Allocator(pool)
        other._key, other._taken, other._tails = self._key, self._taken, self._tails
        return other

    def _position(self, owner: str, nic: str, attempt: int) -> int:
        message = "\0".join((owner, nic, str(attempt))).encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.blake2b(message, key=self._key, digest_size=8).digest(), "big")

    def _free(self, mac: str) -> bool:
        return mac not in self._taken and mac[3:] not in self._tails

    def _take(self, mac: str) -> str:
        self._taken.add(mac)
        return mac

    def _next_free(self, start: int, owner: str, nic: str) -> str:
        last = None
        for offset in range(len(self._pool)):
            mac = self._pool.at(start + offset)
            if self._free(mac):
                if not mac.startswith(_SPOKEN_FOR):
                    return mac
                last = last or mac
        if last is not None:
            return last  # whoever sets such a pool aside means it
        raise PoolError(
            f"pool {self._pool} is exhausted: all {len(self._pool)} addresses are known in the fleet; "
            f"nothing is left for {shortened(owner, 60)} {shortened(nic, 40)}. Give a larger pool or another prefix"
        )


def propose(key: str, taken: Container[str], prefix: str = QEMU_PREFIX) -> str:
    """A free address with PREFIX for a hint in words; plans use Allocator."""
    pool = read_pool(prefix)
    for attempt in range(_HASHED_ATTEMPTS):
        mac = pool.at(
            int.from_bytes(hashlib.sha256(f"{key}\0{attempt}".encode("utf-8", "surrogatepass")).digest()[:8], "big")
        )
        if mac not in taken and not mac.startswith(_SPOKEN_FOR):
            return mac
    raise PoolError(f"{pool} is nearly exhausted; give another prefix")
