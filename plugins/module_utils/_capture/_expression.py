"""Filters in tcpdump's words, compiled to classic BPF here, so that targets need no tcpdump; they look into VLANs and VXLAN tunnels too."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import ipaddress
import itertools
import re
import struct
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple, Union

from ansible_collections.netops.layer2.plugins.module_utils._capture import _bpf
from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import Instruction, Program, instruction
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical

# linux/bpf_common.h: half word at X plus an offset; X = 4 * (octet & 15), an IPv4 header's length; A &= k
_HALF_INDIRECT, _LOAD_HEADER_LENGTH, _AND = 0x48, 0xB1, 0x54
_PROTOCOL = 0xFFFFF000  # SKF_AD_OFF + SKF_AD_PROTOCOL: the EtherType, where the link has no Ethernet header
_IPV4, _IPV6, _ARP = 0x0800, 0x86DD, 0x0806
_TAGS = (0x8100, 0x88A8)
_VXLAN_PORTS = (4789, 8472)  # RFC 7348; Linux' default where nobody gave a port
_KINDS = {"ip": _IPV4, "ip6": _IPV6, "arp": _ARP}
_TRANSPORTS = {"tcp": (6,), "udp": (17,), "sctp": (132,)}
_MESSAGES = {"icmp": (_IPV4, 1), "icmp6": (_IPV6, 58)}
_ANY_TRANSPORT = (6, 17, 132)
_TOKEN = re.compile(r"\s*(?:([()!])|(&&|\|\|)|([^\s()!&|]+))")
_MOST_NESTED = 50
_MOST_CHANGES = 100  # each nests what stands before it

# A comparison: what loads the accumulator, how to jump, and against what.
_Test = NamedTuple("_Test", [("loads", Tuple[Instruction, ...]), ("jump", int), ("k", int)])
_Rule = NamedTuple("_Rule", [("kind", str), ("parts", Tuple["_Node", ...])])  # kind: and, or, not
_Node = Union[_Test, _Rule]
# Where a frame and what is in it begin. kind: what loads the EtherType; mac: None where the link has no Ethernet header.
_Place = NamedTuple("_Place", [("mac", Optional[int]), ("kind", Instruction), ("network", int)])
_Primitive = Callable[[_Place], _Node]


class ExpressionError(ValueError):
    """The filter is not understood; the message says from which word on."""


def compiled(text: str, snap_length: int, ethernet: bool = True) -> Program:
    """The program that keeps SNAP_LENGTH octets of the frames that TEXT describes; of all frames if it is empty. ExpressionError.

    Understood are ``host``, ``net``, ``port``, each with ``src`` or ``dst`` and a protocol before it, ``ether host``, the protocols ``ip``, ``ip6``,
    ``arp``, ``icmp``, ``icmp6``, ``tcp``, ``udp``, ``sctp``, and ``and``, ``or``, ``not`` and parentheses (pcap-filter(7)). A frame is also kept if the
    packet in its VLAN or VXLAN tunnel fits.
    """
    if not text.strip():
        return _bpf.everything(snap_length)
    primitive = _Parser(_tokens(text)).whole()
    if not ethernet:
        return _assembled(primitive(_Place(None, instruction(_bpf.LOAD_WORD, _PROTOCOL), 0)), snap_length)
    plain = _at(0, 14)
    ways: List[_Node] = [primitive(plain), _all(_any(_equal(plain.kind, tag) for tag in _TAGS), primitive(_at(0, 18)))]
    ways += [_all(guard, primitive(_at(inner, inner + 14))) for guard, inner in _tunnels(plain)]
    return _assembled(_any(ways), snap_length)


def _at(mac: int, network: int) -> _Place:
    return _Place(mac, instruction(_bpf.LOAD_HALF, network - 2), network)


def _tunnels(place: _Place) -> List[Tuple[_Node, int]]:
    """(what tells a VXLAN frame, where the inner frame begins), over IPv4 without options and over IPv6."""
    found: List[Tuple[_Node, int]] = []
    at = place.network
    outer: List[Tuple[int, int, List[_Node]]] = [
        (_IPV4, at + 20, [_octet(at, 0x45), _octet(at + 9, 17), _no_fragment(at)]), (_IPV6, at + 40, [_octet(at + 6, 17)])]
    for kind, udp, lead in outer:
        port = instruction(_bpf.LOAD_HALF, udp + 2)
        tunnel = _all(_any(_equal(port, number) for number in _VXLAN_PORTS), _word(udp + 8, 0x08000000))
        found.append((_all(_equal(place.kind, kind), _all(*lead), tunnel), udp + 16))
    return found


# --- words -> a function that makes the comparisons for a place ----------------------------------------------------------

def _tokens(text: str) -> List[str]:
    tokens: List[str] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExpressionError("not understood from `%.40s` on" % text[at:].strip())
        tokens.append({"&&": "and", "||": "or", "!": "not"}.get(match.group(0).strip(), match.group(0).strip()))
        at = match.end()
    return tokens


class _Parser:
    """Recursive descent over the words of one filter."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> _Primitive:
        found = self._alternatives()
        if self._at < len(self._tokens):
            raise self._stuck()
        return found

    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _takes(self, *words: str) -> str:
        word = self._next()
        if word not in words:
            return ""
        self._at += 1
        return word

    def _stuck(self) -> ExpressionError:
        rest = " ".join(self._tokens[self._at:])
        return ExpressionError("not understood from `%.40s` on" % rest if rest else "it ends too early")

    def _alternatives(self) -> _Primitive:
        """``and`` and ``or`` have equal precedence and associate left to right (pcap-filter(7))."""
        found = self._factor()
        word, changes = self._takes("and", "or"), 0
        while word:
            parts, joint, changes = [found], word, changes + 1
            if changes > _MOST_CHANGES:
                raise ExpressionError("it changes more than %d times between `and` and `or`" % _MOST_CHANGES)
            while word == joint:
                parts.append(self._factor())
                word = self._takes("and", "or")
            found = _joined(joint, parts)
        return found

    def _factor(self) -> _Primitive:
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise ExpressionError("more than %d parentheses and negations in each other" % _MOST_NESTED)
        if self._takes("not"):
            found = _negated(self._factor())
        elif self._takes("("):
            found = self._alternatives()
            if not self._takes(")"):
                raise self._stuck()
        else:
            found = self._primitive()
        self._depth -= 1
        return found

    def _primitive(self) -> _Primitive:
        if self._takes("ether"):
            return self._ether()
        kind = self._takes(*_KINDS) or self._takes(*_TRANSPORTS) or self._takes(*_MESSAGES)
        direction = self._takes("src", "dst")
        if self._takes("port"):
            return self._port(kind, direction)
        if self._takes("net"):
            return self._address(kind, direction)
        if self._takes("host") or direction:
            return self._address(kind, direction)
        if not kind:
            raise self._stuck()
        return lambda place: _protocol(place, kind)

    def _value(self) -> str:
        value = self._next()
        if not value or value in ("(", ")", "and", "or", "not"):
            raise self._stuck()
        self._at += 1
        return value

    def _ether(self) -> _Primitive:
        direction = self._takes("src", "dst")
        if not (self._takes("host") or direction):
            raise self._stuck()
        try:
            octets = bytes(bytearray.fromhex(canonical(self._value()).replace(":", "")))
        except MacError as error:
            raise ExpressionError(str(error)) from None
        return lambda place: _ether(place, direction, octets)

    def _port(self, kind: str, direction: str) -> _Primitive:
        text = self._value()
        if not re.match(r"[0-9]{1,5}\Z", text) or int(text) > 65535:
            raise ExpressionError("not a port's number: %.40s" % text)
        if kind not in _TRANSPORTS and kind not in ("", "ip", "ip6"):
            raise ExpressionError("%s has no ports" % kind)
        return lambda place: _port(place, kind, direction, int(text))

    def _address(self, kind: str, direction: str) -> _Primitive:
        text = self._value()
        try:
            network = ipaddress.ip_network(text)
        except ValueError:
            raise ExpressionError("not an IP address or network: %.60s (names are not looked up)" % text) from None
        if kind not in ({4: ("", "ip", "arp"), 6: ("", "ip6")}[network.version]):
            raise ExpressionError("%s does not go with %.60s" % (kind, text))
        return lambda place: _network(place, kind, direction, network)


def _joined(word: str, parts: Sequence[_Primitive]) -> _Primitive:
    if word == "and":
        return lambda place: _all(*[part(place) for part in parts])
    return lambda place: _any(part(place) for part in parts)


def _negated(inner: _Primitive) -> _Primitive:
    return lambda place: _Rule("not", (inner(place),))


# --- comparisons ---------------------------------------------------------------------------------------------------------

def _equal(load: Instruction, k: int) -> _Test:
    return _Test((load,), _bpf.JUMP_EQUAL, k)


def _octet(at: int, k: int) -> _Test:
    return _equal(instruction(_bpf.LOAD_OCTET, at), k)


def _word(at: int, k: int, mask: int = 0xFFFFFFFF) -> _Test:
    loads: Tuple[Instruction, ...] = (instruction(_bpf.LOAD_WORD, at),)
    return _Test(loads if mask == 0xFFFFFFFF else loads + (instruction(_AND, mask),), _bpf.JUMP_EQUAL, k & mask)


def _no_fragment(at: int) -> _Node:
    """Not the second or a later fragment of an IPv4 packet, which has no ports."""
    return _Rule("not", (_Test((instruction(_bpf.LOAD_HALF, at + 6),), _bpf.JUMP_SET, 0x1FFF),))


def _any(parts: Iterable[_Node]) -> _Node:
    return _Rule("or", tuple(parts))


def _all(*parts: _Node) -> _Node:
    return _Rule("and", tuple(parts))


def _protocol(place: _Place, kind: str) -> _Node:
    if kind in _KINDS:
        return _equal(place.kind, _KINDS[kind])
    if kind in _MESSAGES:
        family, number = _MESSAGES[kind]
        return _all(_equal(place.kind, family), _octet(place.network + (9 if family == _IPV4 else 6), number))
    return _any([_transport(place, family, _TRANSPORTS[kind]) for family in (_IPV4, _IPV6)])


def _transport(place: _Place, family: int, numbers: Sequence[int]) -> _Node:
    at = place.network + (9 if family == _IPV4 else 6)
    return _all(_equal(place.kind, family), _any([_octet(at, number) for number in numbers]))


def _port(place: _Place, kind: str, direction: str, number: int) -> _Node:
    ways: List[_Node] = []
    ports: List[_Node]
    numbers = _TRANSPORTS.get(kind, _ANY_TRANSPORT)
    offsets = {"src": (0,), "dst": (2,), "": (0, 2)}[direction]
    if kind != "ip6":
        length = instruction(_LOAD_HEADER_LENGTH, place.network)
        ports = [
            _Test((length, instruction(_HALF_INDIRECT, place.network + offset)), _bpf.JUMP_EQUAL, number) for offset in offsets]
        ways.append(_all(_transport(place, _IPV4, numbers), _no_fragment(place.network), _any(ports)))
    if kind != "ip":
        ports = [_equal(instruction(_bpf.LOAD_HALF, place.network + 40 + offset), number) for offset in offsets]
        ways.append(_all(_transport(place, _IPV6, numbers), _any(ports)))
    return _any(ways)


def _network(place: _Place, kind: str, direction: str, network: Union[ipaddress.IPv4Network, ipaddress.IPv6Network]) -> _Node:
    address, mask = network.network_address.packed, network.netmask.packed
    families = {_IPV6: (8, 24)} if network.version == 6 else {_IPV4: (12, 16), _ARP: (14, 24)}
    ways: List[_Node] = []
    for family, (source, destination) in sorted(families.items()):
        if kind and _KINDS[kind] != family:
            continue
        offsets = {"src": (source,), "dst": (destination,), "": (source, destination)}[direction]
        ways.append(_all(_equal(place.kind, family), _any([_covered(place.network + offset, address, mask) for offset in offsets])))
    return _any(ways)


def _covered(at: int, address: bytes, mask: bytes) -> _Node:
    words = [struct.unpack_from("!I", part, offset)[0] for offset in range(0, len(address), 4) for part in (address, mask)]
    tests = [_word(at + 2 * number, words[number], words[number + 1]) for number in range(0, len(words), 2) if words[number + 1]]
    return _all(*tests)


def _ether(place: _Place, direction: str, octets: bytes) -> _Node:
    if place.mac is None:
        return _any([])
    offsets = {"src": (6,), "dst": (0,), "": (6, 0)}[direction]
    high, low = struct.unpack("!HI", octets)
    return _any([_all(_word(place.mac + offset + 2, low), _equal(instruction(_bpf.LOAD_HALF, place.mac + offset), high)) for offset in offsets])


# --- comparisons -> program ----------------------------------------------------------------------------------------------

class _Assembler:
    """Lays out a tree of comparisons. Every jump takes the long way over an unconditional one, so no distance is too far."""

    def __init__(self) -> None:
        self.steps: List[Tuple[Instruction, str]] = []  # with the label that an unconditional jump goes to
        self.labels: Dict[str, int] = {}
        self._names = itertools.count()

    def lay(self, node: _Node, yes: str, no: str) -> None:
        if isinstance(node, _Test):
            self.steps += [(load, "") for load in node.loads]
            self.steps += [(instruction(node.jump, node.k, 0, 1), ""), (instruction(_bpf.JUMP), yes), (instruction(_bpf.JUMP), no)]
        elif node.kind == "not":
            self.lay(node.parts[0], no, yes)
        else:
            self._lay_each(node, yes, no)

    def _lay_each(self, node: _Rule, yes: str, no: str) -> None:
        both = node.kind == "and"
        for part in node.parts:
            following = str(next(self._names))
            self.lay(part, following if both else yes, no if both else following)
            self.labels[following] = len(self.steps)
        self.steps.append((instruction(_bpf.JUMP), yes if both else no))


def _assembled(node: _Node, snap_length: int) -> Program:
    made = _Assembler()
    made.lay(node, "yes", "no")
    made.labels.update(yes=len(made.steps), no=len(made.steps) + 1)
    program = [step if not label else step._replace(k=made.labels[label] - at - 1) for at, (step, label) in enumerate(made.steps)]
    program += [instruction(_bpf.RETURN, snap_length), instruction(_bpf.RETURN, 0)]
    if len(program) > _bpf.MOST_INSTRUCTIONS:
        raise ExpressionError("it is too long for the kernel (%d instructions)" % len(program))
    return program
