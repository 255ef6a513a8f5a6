"""Frames of a scan, built and taken apart by scapy: questions for addresses, and what others say of theirs."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ipaddress
import logging
import os
import socket
import sys
from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._mac import BROADCAST, MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._scan._plan import Target
from ansible_collections.netops.layer2.plugins.module_utils._table import is_station

ALL_NODES, ALL_NODES_MAC = "ff02::1", "33:33:00:00:00:01"  # RFC 4291, section 2.7.1; RFC 2464, section 7
_REQUEST, _REPLY = 1, 2
_LINK_LAYERS, _INET_LAYERS = ("ARP", "Dot1Q", "Ether"), ("ICMP", "IP", "TCP")
_INET6_LAYERS = (
    "IPv6",
    "ICMPv6EchoRequest",
    "ICMPv6EchoReply",
    "ICMPv6ND_NA",
    "ICMPv6ND_NS",
    "ICMPv6NDOptDstLLAddr",
    "ICMPv6NDOptSrcLLAddr",
)
_LIFE = 255  # hop limit of all neighbour discovery (RFC 4861, section 7.1)

# What one frame says. what: request, probe, reply (ARP); solicitation, dad, advertisement, echo (IPv6). address: the
# one it speaks of or
# for; mac: where it says that this is; source: MAC the frame came from; target: the address asked for, "" if none; to:
# MAC it was for.
Heard = NamedTuple(
    "Heard", [("what", str), ("address", str), ("mac", str), ("source", str), ("target", str), ("to", str)]
)

# What an answer shows of the system that sent it. life: time to live as it came in; number: IP identification; looks:
# flags, window and
# options of TCP, in words.
Trait = NamedTuple("Trait", [("life", int), ("number", int), ("looks", str), ("at", float)])


class ScapyMissing(ImportError):
    """No scapy that this Python can load."""


class Frames:
    """Builds and reads frames. Loading scapy takes half a second, and ScapyMissing is raised where there is none."""

    def __init__(self, cache: str, all_layers: bool = True) -> None:
        """CACHE: a directory for the tables that scapy keeps; it would put them into the home of the user. Not
        ALL_LAYERS: only ARP.
        """
        self._scapy, self._all = _load(cache, all_layers), all_layers

    def arp_template(self, mac: str, sender: str, vlan: Optional[int]) -> bytes:
        """An ARP request for 0.0.0.0 from SENDER ("": a probe, RFC 5227, 2.1.1); see ``arp_question``."""
        arp = self._scapy.ARP(
            op=_REQUEST, hwsrc=mac, psrc=sender or "0.0.0.0", hwdst="00:00:00:00:00:00", pdst="0.0.0.0"
        )
        return bytes(self._head(mac, BROADCAST, vlan, 0x0806) / arp)

    def arp_unicast(self, mac: str, sender: str, target: str, to: str, vlan: Optional[int]) -> bytes:
        """An ARP request for TARGET to one MAC only, as caches send it to confirm an entry (RFC 1122, 2.3.2.1)."""
        arp = self._scapy.ARP(op=_REQUEST, hwsrc=mac, psrc=sender or "0.0.0.0", hwdst="00:00:00:00:00:00", pdst=target)
        return bytes(self._head(mac, to, vlan, 0x0806) / arp).ljust(60, b"\0")

    def echo(self, mac: str, sender: str, vlan: Optional[int]) -> bytes:
        """A multicast echo request to all nodes."""
        packet = self._scapy.IPv6(src=sender, dst=ALL_NODES, hlim=_LIFE) / self._scapy.ICMPv6EchoRequest(
            id=os.getpid() & 0xFFFF, data=b"layer2"
        )
        return bytes(self._head(mac, ALL_NODES_MAC, vlan, 0x86DD) / packet)

    def solicitation(self, mac: str, sender: str, target: str, vlan: Optional[int]) -> bytes:
        """A neighbour solicitation for TARGET; from no address ("") it is what duplicate address detection sends (RFC
        4862, 5.4.2).
        """
        group = ipaddress.IPv6Address(
            int(ipaddress.IPv6Address("ff02::1:ff00:0")) | int(ipaddress.IPv6Address(target)) & 0xFFFFFF
        )
        to = "33:33:" + ":".join("%02x" % octet for octet in bytearray(group.packed[12:]))
        packet = self._scapy.IPv6(src=sender or "::", dst=str(group), hlim=_LIFE) / self._scapy.ICMPv6ND_NS(tgt=target)
        if sender:
            packet = packet / self._scapy.ICMPv6NDOptSrcLLAddr(lladdr=mac)
        return bytes(self._head(mac, to, vlan, 0x86DD) / packet)

    def ping(self, target: Target, mac: str, address: str) -> bytes:
        """An echo request to ADDRESS at MAC, past the routing and the neighbour table of this host."""
        packet = self._scapy.IP(src=target.sender, dst=address) / self._scapy.ICMP(id=os.getpid() & 0xFFFF) / b"layer2"
        return bytes(self._head(target.mac, mac, target.vlan, 0x0800) / packet)

    def syn(self, target: Target, mac: str, address: str, port: int) -> bytes:
        """The SYN of a usual client; the kernel, which knows of no connection, resets what comes back."""
        options = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1, 0)), ("NOP", None), ("WScale", 7)]
        segment = self._scapy.TCP(
            sport=40000 + os.getpid() % 20000, dport=port, flags="S", seq=1, window=64240, options=options
        )
        packet = self._scapy.IP(src=target.sender, dst=address, flags="DF") / segment
        return bytes(self._head(target.mac, mac, target.vlan, 0x0800) / packet)

    def trait_of(self, address: str, port: int = 0) -> Callable[[bytes, float], Optional[Trait]]:
        """A reader of frames: the answer of ADDRESS to ``ping``, or with PORT to ``syn``; None for any other frame."""
        def read(frame: bytes, at: float) -> Optional[Trait]:
            try:
                packet = self._scapy.Ether(frame)
                head = packet.getlayer(self._scapy.IP)
                if head is None or head.src != address:
                    return None
                return self._trait(packet, head, port, at)
            except Exception:  # as in read: a frame that breaks the dissector says nothing
                return None

        return read

    def _trait(self, packet: Any, head: Any, port: int, at: float) -> Optional[Trait]:
        segment = packet.getlayer(self._scapy.TCP)
        if port and segment is not None and segment.sport == port:
            looks = "%s, window %d, options %s" % (
                segment.flags,
                segment.window,
                " ".join(_option(name, value) for name, value in segment.options) or "none",
            )
            return Trait(head.ttl, head.id, looks, at)
        if not port and self._scapy.ICMP in packet and packet[self._scapy.ICMP].type == 0:
            return Trait(head.ttl, head.id, "", at)
        return None

    def _head(self, mac: str, to: str, vlan: Optional[int], ethertype: int) -> Any:
        if vlan is None:
            return self._scapy.Ether(src=mac, dst=to, type=ethertype)
        return self._scapy.Ether(src=mac, dst=to, type=0x8100) / self._scapy.Dot1Q(vlan=vlan, type=ethertype)

    def read(self, frame: bytes) -> Optional[Heard]:
        """What FRAME says of an address, None if nothing, or if it is damaged; whatever stands in it, never an error.
        """
        try:
            packet = self._scapy.Ether(frame)
            if self._scapy.ARP in packet:
                return _arp(packet, packet[self._scapy.ARP])
            return self._discovery(packet) if self._all and self._scapy.IPv6 in packet else None
        except (
            Exception
        ):  # scapy's dissectors raise what they like on hostile input; a frame that breaks them says nothing
            return None

    def _discovery(self, packet: Any) -> Optional[Heard]:
        head, source, to = packet[self._scapy.IPv6], canonical(packet.src), canonical(packet.dst)
        if self._scapy.ICMPv6EchoReply in packet:
            return _said("echo", head.src, source, source, "", to)
        if head.hlim != _LIFE:
            return None  # from beyond the link: forged
        if self._scapy.ICMPv6ND_NA in packet:
            option = packet.getlayer(self._scapy.ICMPv6NDOptDstLLAddr)
            return _said(
                "advertisement",
                packet[self._scapy.ICMPv6ND_NA].tgt,
                option.lladdr if option else source,
                source,
                head.dst,
                to,
            )
        if self._scapy.ICMPv6ND_NS in packet:
            asked = _written(packet[self._scapy.ICMPv6ND_NS].tgt)
            if head.src == "::":
                return Heard("dad", "::", source, source, asked, to)
            option = packet.getlayer(self._scapy.ICMPv6NDOptSrcLLAddr)
            return _said("solicitation", head.src, option.lladdr if option else source, source, asked, to)
        return None


def arp_question(template: bytes, target: str) -> bytes:
    """TEMPLATE asking for TARGET: the address asked for is the end of an ARP packet (RFC 826); 60 octets are the least
    on a wire.
    """
    return (template[:-4] + socket.inet_aton(target)).ljust(60, b"\0")


def _option(name: object, value: object) -> str:
    """A TCP option that is the system's; timestamps change with every packet."""
    return "%s=%s" % (name, value) if name in ("MSS", "WScale") else str(name)


def _arp(packet: Any, arp: Any) -> Optional[Heard]:
    if (arp.hwtype, arp.ptype, arp.hwlen, arp.plen) != (1, 0x0800, 6, 4) or arp.op not in (_REQUEST, _REPLY):
        return None
    source, to = canonical(packet.src), canonical(packet.dst)
    if arp.op == _REQUEST and arp.psrc == "0.0.0.0":
        return Heard("probe", "0.0.0.0", canonical(arp.hwsrc), source, arp.pdst, to)
    return _said("request" if arp.op == _REQUEST else "reply", arp.psrc, arp.hwsrc, source, arp.pdst, to)


def _said(what: str, address: str, mac: str, source: str, target: str, to: str) -> Optional[Heard]:
    """The record, None where the address or the MAC can be no single machine's."""
    try:
        mac, number = canonical(mac), ipaddress.ip_address(address)
    except (MacError, ValueError):
        return None
    if not is_station(mac) or number.is_multicast or number.is_unspecified or number.is_loopback:
        return None
    return Heard(what, str(number), mac, source, _written(target) if target else "", to)


def _written(address: str) -> str:
    return str(ipaddress.ip_address(address))


def _load(cache: str, all_layers: bool) -> Any:
    """scapy's layers in one place, without its warnings, and its tables in CACHE instead of somebody's home."""
    os.environ["XDG_CACHE_HOME"] = os.environ["XDG_CONFIG_HOME"] = cache
    logging.getLogger("scapy").setLevel(logging.CRITICAL)
    layers = type("Layers", (), {})()
    try:
        from scapy.layers import l2  # pylint: disable=import-outside-toplevel
        found: List[Tuple[Any, Sequence[str]]] = [(l2, _LINK_LAYERS)]
        if all_layers:
            from scapy.layers import inet, inet6  # pylint: disable=import-outside-toplevel
            found += [(inet, _INET_LAYERS), (inet6, _INET6_LAYERS)]
    except ImportError as error:
        raise ScapyMissing("no scapy for %s: %s" % (sys.executable, error)) from None
    for module, names in found:
        for name in names:
            setattr(layers, name, getattr(module, name))
    return layers
