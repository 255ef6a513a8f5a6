"""The language of pcap-filter(7): words to what they ask of a frame."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ipaddress
import re
import socket
from typing import Callable, List, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._capture import _bpf, _filter_values
from ansible_collections.netops.layer2.plugins.module_utils._capture import _filter_tests as tests
from ansible_collections.netops.layer2.plugins.module_utils._capture._filter_program import (
    ExpressionError,
    Node,
    all_of,
    any_of,
    none_of,
)
from ansible_collections.netops.layer2.plugins.module_utils._capture._filter_tests import Network, Place, Primitive
from ansible_collections.netops.layer2.plugins.module_utils._capture._filter_tokens import Tokens, tokens
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical

_MOST_CHANGES = 100  # each nests what stands before it
_TYPES = ("host", "net", "port", "portrange", "proto")
_ALONE = ("vlan", "mpls", "pppoes", "pppoed", "less", "greater", "broadcast", "multicast")
_FIRST_ETHERTYPE = 0x600  # what is below is a length (IEEE 802.3)

# What a value inherits from the words before it: ether, ip, tcp, ...; src, dst, both or nothing; host, net, port,
# portrange, proto or nothing.
_Qualifiers = NamedTuple("_Qualifiers", [("family", str), ("direction", str), ("kind", str)])


def read(text: str) -> Tuple[Primitive, Set[str]]:
    """What TEXT asks of a frame at a place, and its words; ExpressionError."""
    words = tokens(text)
    return _Parser(Tokens(words)).whole(), set(words)


class _Parser:
    """Recursive descent over the words of one filter."""

    def __init__(self, words: Tokens) -> None:
        self._words = words
        self._last: Optional[_Qualifiers] = None  # of the value before: `port 80 or 443`
        self._has_vlan = False  # whether `vlan` was said before

    def whole(self) -> Primitive:
        found = self._alternatives(self._factor)
        if self._words.next():
            raise self._words.stuck()
        return found

    def _alternatives(self, factor: Callable[[], Primitive]) -> Primitive:
        """``and`` and ``or`` have equal precedence and associate left to right (pcap-filter(7))."""
        found = factor()
        word, changes = self._words.takes("and", "or"), 0
        while word:
            parts, joint, changes = [found], word, changes + 1
            if changes > _MOST_CHANGES:
                raise ExpressionError("it changes more than %d times between `and` and `or`" % _MOST_CHANGES)
            while word == joint:
                parts.append(factor())
                word = self._words.takes("and", "or")
            found = _joined(joint, parts)
        return found

    def _factor(self) -> Primitive:
        self._words.deeper()
        found = self._relation()
        if found is None and self._words.takes("not"):
            found = _negated(self._factor())
        elif found is None:
            found = self._grouped(self._factor) if self._words.takes("(") else self._primitive()
        self._words.back()
        return found

    def _relation(self) -> Optional[Primitive]:
        """A comparison of numbers; nothing where none comes, as in front of a parenthesis that holds words."""
        words = self._words
        if not _filter_values.begins(words):
            return None
        at, depth, first = words.at, words.depth, words.next()
        try:
            return _filter_values.relation(words)
        except ExpressionError:
            if first != "(":
                raise
            words.again(at, depth)
            return None

    def _grouped(self, factor: Callable[[], Primitive]) -> Primitive:
        found = self._alternatives(factor)
        self._words.needs(")")
        return found

    def _primitive(self) -> Primitive:
        words = self._words
        alone = words.takes(*_ALONE)
        if alone:
            return self._alone(alone)
        family = words.takes("ether", *tests.KINDS, *tests.PROTOCOLS)
        if family and words.next() in ("broadcast", "multicast"):
            return _group(family, words.takes("broadcast", "multicast"))
        direction = self._direction()
        kind = words.takes(*_TYPES)
        if not (family or direction or kind):
            return self._inherited()
        if family and not (direction or kind):
            if family == "ether":
                raise words.stuck()
            self._last = None
            return lambda place: tests.protocol(place, family)
        self._last = _Qualifiers(family, direction, kind)
        return self._valued()

    def _direction(self) -> str:
        words = self._words
        one = words.takes("src", "dst")
        if one and words.next() in ("or", "and") and words.next(1) in ("src", "dst"):
            joint = words.takes("or", "and")
            other = words.takes("src", "dst")
            return one if one == other else "both" if joint == "and" else ""
        return one

    def _inherited(self) -> Primitive:
        """A value that takes its words from the one before."""
        if self._last is None:
            raise self._words.stuck()
        return self._valued()

    def _valued(self) -> Primitive:
        """One value, or several in parentheses."""
        qualifiers = self._last
        if self._words.takes("("):
            self._words.deeper()
            found = self._grouped(self._value_factor)
            self._words.back()
            return found
        if qualifiers is None:
            raise self._words.stuck()
        if qualifiers.kind == "net":
            return _network(qualifiers, self._words.value(), self._mask())
        return _primitive_of(qualifiers, self._words.value())

    def _value_factor(self) -> Primitive:
        self._words.deeper()
        found = _negated(self._value_factor()) if self._words.takes("not") else self._valued()
        self._words.back()
        return found

    def _mask(self) -> str:
        return self._words.value() if self._words.takes("mask") else ""

    def _alone(self, word: str) -> Primitive:
        self._last = None
        if word in ("broadcast", "multicast"):
            return _group("ether", word)
        if word in ("less", "greater"):
            limit = _count(self._words.value(), 0xFFFFFFFF)
            fits = (
                tests.length(_bpf.JUMP_AT_LEAST, limit)
                if word == "greater"
                else none_of(tests.length(_bpf.JUMP_GREATER, limit))
            )
            return lambda _place: fits
        if word == "pppoed":
            return lambda place: place.kind(tests.PPPOE_DISCOVERY)
        number = _count(self._words.value(), _HIGHEST[word]) if re.match(r"[0-9]", self._words.next()) else None
        behind = tests.tagged_within if word == "vlan" and self._has_vlan else _BEHIND[word]
        self._has_vlan = self._has_vlan or word == "vlan"
        return lambda place: behind(place, number)


_HIGHEST = {"vlan": 4095, "mpls": 0xFFFFF, "pppoes": 0xFFFF}
_BEHIND = {"vlan": tests.tagged, "mpls": tests.labelled, "pppoes": tests.in_session}


def _joined(word: str, parts: Sequence[Primitive]) -> Primitive:
    if word == "and":
        return lambda place: all_of(*[part(place) for part in parts])
    return lambda place: any_of(*[part(place) for part in parts])


def _negated(inner: Primitive) -> Primitive:
    return lambda place: none_of(inner(place))


def _group(family: str, word: str) -> Primitive:
    if word == "broadcast":
        if family != "ether":
            raise ExpressionError("%s broadcast depends on the interface's network: write ether broadcast" % family)
        return lambda place: tests.ethernet(place, "dst", b"\xff" * 6)
    if family not in ("ether", "ip", "ip6"):
        raise ExpressionError("%s has no multicast" % family)
    return lambda place: tests.group(place, family)


def _count(text: str, highest: int) -> int:
    if not re.match(r"[0-9]{1,10}\Z", text) or int(text) > highest:
        raise ExpressionError("not a number from 0 to %d: %.40s" % (highest, text))
    return int(text)


def _primitive_of(qualifiers: _Qualifiers, text: str) -> Primitive:
    """What one value means behind these words."""
    if qualifiers.kind in ("port", "portrange"):
        return _ports(qualifiers, text)
    if qualifiers.kind == "proto":
        return _protocol(qualifiers, text)
    if qualifiers.family == "ether":
        return _ethernet(qualifiers, text)
    return _host(qualifiers, text)


def _ports(qualifiers: _Qualifiers, text: str) -> Primitive:
    family, direction, kind = qualifiers
    if family not in tests.TRANSPORTS and family not in ("", "ip", "ip6"):
        raise ExpressionError("%s has no ports" % family)
    both = kind == "portrange" and re.match(r"([^-]+)-([^-]+)\Z", text)
    (one, of_one), (other, of_other) = [_port(word, family) for word in (both.groups() if both else (text, text))]
    first, last = min(one, other), max(one, other)
    alone = of_one if of_one == of_other else ""

    def asked(place: Place) -> Node:
        wanted = tests.ports(place, family, direction, first, last)
        return all_of(wanted, tests.ports(place, alone, direction, first, last)) if alone else wanted
    return asked


def _port(text: str, family: str) -> Tuple[int, str]:
    """The port's number, and the one protocol that a service of this name has, as libpcap takes it; empty where it has
    several, or the family says it.
    """
    if re.match(r"[0-9]{1,5}\Z", text) and int(text) <= 65535:
        return int(text), ""
    numbers = {}
    if re.match(r"[A-Za-z][A-Za-z0-9_-]{0,60}\Z", text):
        for protocol in (family,) if family in tests.TRANSPORTS else ("tcp", "udp"):
            try:
                numbers[protocol] = socket.getservbyname(text, protocol)
            except OSError:
                continue
    if len(set(numbers.values())) != 1:
        raise ExpressionError("not a port's number or a service's name: %.40s" % text)
    protocol, number = numbers.popitem()
    return number, "" if numbers or family in tests.TRANSPORTS else protocol


def _protocol(qualifiers: _Qualifiers, text: str) -> Primitive:
    family, direction, _kind = qualifiers
    name = text[1:] if text[:1] == "\\" else text
    if direction or family not in ("", "ether", "ip", "ip6"):
        raise ExpressionError("not understood: %s proto" % (direction or family))
    if family == "ether":
        kind = tests.KINDS[name] if name in tests.KINDS else _ethertype(name)
        return lambda place: place.kind(kind)
    number = tests.PROTOCOLS[name][1] if name in tests.PROTOCOLS else _count(name, 255)
    families = {"ip": (tests.IPV4,), "ip6": (tests.IPV6,)}.get(family, (tests.IPV4, tests.IPV6))
    return lambda place: tests.numbered(place, families, (number,))


def _ethertype(text: str) -> int:
    number = int(text, 16) if re.match(r"0[xX][0-9A-Fa-f]{1,4}\Z", text) else _count(text, 0xFFFF)
    if number < _FIRST_ETHERTYPE:
        raise ExpressionError("ether proto %.40s: below 0x600 it is no EtherType" % text)
    return number


def _ethernet(qualifiers: _Qualifiers, text: str) -> Primitive:
    if qualifiers.kind not in ("", "host"):
        raise ExpressionError("not understood: ether %s" % qualifiers.kind)
    try:
        octets = bytes(bytearray.fromhex(canonical(text).replace(":", "")))
    except MacError as error:
        raise ExpressionError(str(error)) from None
    return lambda place: tests.ethernet(place, qualifiers.direction, octets)


def _host(qualifiers: _Qualifiers, text: str) -> Primitive:
    return _in_network(qualifiers, text, _read_network(text))


def _network(qualifiers: _Qualifiers, text: str, mask: str) -> Primitive:
    """``net 10``, ``net 192.0.2.0/24``, ``net 192.0.2.0 mask 255.255.255.0``: octets that are left out are no part of
    the network.
    """
    if qualifiers.family == "ether":
        raise ExpressionError("not understood: ether net")
    parts: List[str] = text.split("/")[0].split(".")
    if ":" not in text and len(parts) < 4 and all(re.match(r"[0-9]{1,3}\Z", part) for part in parts):
        length = text.split("/")[1] if "/" in text else str(8 * len(parts))
        text = "%s/%s" % (".".join(parts + ["0"] * (4 - len(parts))), length)
    return _in_network(qualifiers, text, _read_network("%s/%s" % (text.split("/")[0], mask) if mask else text))


def _read_network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise ExpressionError("not an IP address or network: %.60s (names are not looked up)" % text) from None


def _in_network(qualifiers: _Qualifiers, text: str, network: Network) -> Primitive:
    family, direction, _kind = qualifiers
    if family not in ({4: ("", "ip", "arp", "rarp"), 6: ("", "ip6")}[network.version]):
        raise ExpressionError("%s does not go with %.60s" % (family, text))
    return lambda place: tests.network(place, family, direction, network)
