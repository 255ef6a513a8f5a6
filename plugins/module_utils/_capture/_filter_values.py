"""Comparisons of a filter that look at a field by its place: ``tcp[tcpflags] & tcp-syn != 0``, ``ip[8] < 5``,
``len > 1000``.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Callable, NamedTuple, Optional, Tuple

from ansible_collections.netops.layer2.plugins.module_utils._capture import _bpf
from ansible_collections.netops.layer2.plugins.module_utils._capture import _filter_tests as tests
from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import Instruction, instruction
from ansible_collections.netops.layer2.plugins.module_utils._capture._filter_program import (
    ExpressionError,
    Node,
    Test,
    all_of,
    none_of,
)
from ansible_collections.netops.layer2.plugins.module_utils._capture._filter_tests import IPV4, Place, Primitive
from ansible_collections.netops.layer2.plugins.module_utils._capture._filter_tokens import Tokens, tokens

# pcap-filter(7): names of fields' places and of their values
NAMES = {
    "icmptype": 0,
    "icmpcode": 1,
    "icmp6type": 0,
    "icmp6code": 1,
    "tcpflags": 13,
    "icmp-echoreply": 0,
    "icmp-unreach": 3,
    "icmp-sourcequench": 4,
    "icmp-redirect": 5,
    "icmp-echo": 8,
    "icmp-routeradvert": 9,
    "icmp-routersolicit": 10,
    "icmp-timxceed": 11,
    "icmp-paramprob": 12,
    "icmp-tstamp": 13,
    "icmp-tstampreply": 14,
    "icmp-ireq": 15,
    "icmp-ireqreply": 16,
    "icmp-maskreq": 17,
    "icmp-maskreply": 18,
    "icmp6-destinationrunreach": 1,
    "icmp6-packettoobig": 2,
    "icmp6-timeexceeded": 3,
    "icmp6-parameterproblem": 4,
    "icmp6-echo": 128,
    "icmp6-echoreply": 129,
    "icmp6-routersolicit": 133,
    "icmp6-routeradvert": 134,
    "icmp6-neighborsolicit": 135,
    "icmp6-neighboradvert": 136,
    "icmp6-redirect": 137,
    "tcp-fin": 0x01,
    "tcp-syn": 0x02,
    "tcp-rst": 0x04,
    "tcp-push": 0x08,
    "tcp-ack": 0x10,
    "tcp-urg": 0x20,
    "tcp-ece": 0x40,
    "tcp-cwr": 0x80,
}
# linux/bpf_common.h: arithmetic of the accumulator with a constant
_OPERATIONS = {
    "+": 0x04,
    "-": 0x14,
    "*": 0x24,
    "/": 0x34,
    "|": 0x44,
    "&": 0x54,
    "<<": 0x64,
    ">>": 0x74,
    "%": 0x94,
    "^": 0xA4,
}
_PRECEDENCE = {"|": 1, "^": 1, "&": 2, "<<": 3, ">>": 3, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5}
# The test for a relation, and whether it is turned round.
_RELATIONS = {
    "=": (_bpf.JUMP_EQUAL, False),
    "==": (_bpf.JUMP_EQUAL, False),
    "!=": (_bpf.JUMP_EQUAL, True),
    ">": (_bpf.JUMP_GREATER, False),
    "<=": (_bpf.JUMP_GREATER, True),
    ">=": (_bpf.JUMP_AT_LEAST, False),
    "<": (_bpf.JUMP_AT_LEAST, True),
}
_SWAPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_WORD = 0xFFFFFFFF

# A number, or a field of the packet after some arithmetic. loads: what brings it into the accumulator at a place, None
# for a number.
_Value = NamedTuple(
    "_Value",
    [("number", int), ("guard", Optional[Primitive]), ("loads", Optional[Callable[[Place], Tuple[Instruction, ...]]])],
)


def begins(words: Tokens) -> bool:
    """Whether what comes may be a comparison."""
    word, following = words.next(), words.next(1)
    is_number = word in NAMES or word[:1].isdigit()
    is_compared = following in _OPERATIONS or following in _RELATIONS
    return word in ("len", "(") or following == "[" or (is_number and is_compared)


def relation(words: Tokens) -> Primitive:
    """A comparison; ExpressionError where there is none."""
    left = _value(words, 1)
    sign = words.takes(*_RELATIONS)
    if not sign:
        raise words.stuck()
    right = _value(words, 1)
    if left.loads is None:
        left, right, sign = right, left, _SWAPPED.get(sign, sign)
    if left.loads is None or right.loads is not None:
        raise ExpressionError("a comparison is of one field of the packet and one number")
    jump, turned = _RELATIONS[sign]
    return _comparison(left, jump, turned, right.number)


def _comparison(left: _Value, jump: int, turned: bool, number: int) -> Primitive:
    def made(place: Place) -> Node:
        loads = left.loads(place) if left.loads else ()
        if left.guard is None:
            return _turned(Test(loads, jump, number), turned)
        guard = left.guard(place)
        return tests.NEVER if guard is tests.NEVER else all_of(guard, _turned(Test(loads, jump, number), turned))
    return made


def _turned(test: Test, turned: bool) -> Node:
    return none_of(test) if turned else test


def _value(words: Tokens, least: int) -> _Value:
    """Operators of this precedence or a higher one; those of the same go left to right."""
    left = _operand(words)
    while _PRECEDENCE.get(words.next(), 0) >= least:
        sign = words.takes(*_OPERATIONS)
        left = _combined(left, sign, _value(words, _PRECEDENCE[sign] + 1))
    return left


def _operand(words: Tokens) -> _Value:
    if words.takes("("):
        words.deeper()
        inner = _value(words, 1)
        words.needs(")")
        words.back()
        return inner
    if words.takes("len"):
        return _Value(0, None, lambda _place: (instruction(_bpf.LOAD_LENGTH),))
    if words.next(1) == "[":
        return _field(words)
    return _Value(_number(words.value()), None, None)


def _number(word: str) -> int:
    if word in NAMES:
        return NAMES[word]
    try:
        number = int(word, 16 if word[:2].lower() == "0x" else 8 if word[:1] == "0" and word != "0" else 10)
    except ValueError:
        number = -1
    if not 0 <= number <= _WORD:
        raise ExpressionError("not a number: %.40s" % word)
    return number


def _combined(left: _Value, sign: str, right: _Value) -> _Value:
    if left.loads is None and right.loads is not None and sign in "+*&|^":
        left, right = right, left
    if right.loads is not None:
        raise ExpressionError("`%s` is of one field of the packet and one number" % sign)
    k = right.number
    if (sign in "/%" and k == 0) or (sign in ("<<", ">>") and k > 31):
        raise ExpressionError("no number comes of `%s %d`" % (sign, k))
    if left.loads is None:
        return _Value(_computed(left.number, sign, k), None, None)
    before = left.loads
    return _Value(0, left.guard, lambda place: before(place) + (instruction(_OPERATIONS[sign], k),))


def _computed(one: int, sign: str, other: int) -> int:
    results = {
        "+": one + other,
        "-": one - other,
        "*": one * other,
        "|": one | other,
        "&": one & other,
        "^": one ^ other,
        ">>": one >> min(other, 32),
        "<<": one << min(other, 32),
        "/": one // (other or 1),
        "%": one % (other or 1),
    }
    return results[sign] & _WORD


def _field(words: Tokens) -> _Value:
    """``PROTOCOL [ OFFSET : SIZE ]``."""
    name = words.value()
    words.needs("[")
    inside = []
    while words.next() not in ("]", "[", ""):
        inside.append(words.next())
        words.at += 1
    words.needs("]")
    offset, _colon, size = " ".join(inside).partition(":")
    octets = _constant(size) if size.strip() else 1
    at = _constant(offset)
    if octets not in (1, 2, 4) or at > 0xFFFF:
        raise ExpressionError("%s[%.40s]: a field is of 1, 2 or 4 octets" % (name, " ".join(inside)))
    return _located(name, at, octets)


def _constant(text: str) -> int:
    words = Tokens(tokens(text))
    found = _value(words, 1)
    if words.next() or found.loads is not None:
        raise ExpressionError("not understood: the place `%.40s` is no number" % text.strip())
    return found.number


def _located(name: str, at: int, size: int) -> _Value:
    if name == "ether":
        return _Value(0, lambda place: tests.NEVER if place.mac is None else all_of(),
                      lambda place: (instruction(tests.DIRECT[size], (place.mac or 0) + at),))
    if name in tests.KINDS:
        return _Value(
            0,
            lambda place: tests.protocol(place, name),
            lambda place: (instruction(tests.DIRECT[size], place.network + at),),
        )
    if name == "icmp6":
        return _Value(
            0,
            lambda place: tests.protocol(place, name),
            lambda place: (instruction(tests.DIRECT[size], place.network + 40 + at),),
        )
    if name in tests.PROTOCOLS and IPV4 in tests.PROTOCOLS[name][0]:
        number = tests.PROTOCOLS[name][1]
        # As in libpcap, such a field is of IPv4 packets only, and never of a later fragment.
        return _Value(
            0,
            lambda place: all_of(tests.numbered(place, (IPV4,), (number,)), tests.no_fragment(place.network)),
            lambda place: (
                instruction(tests.LOAD_HEADER_LENGTH, place.network),
                instruction(tests.INDIRECT[size], place.network + at),
            ),
        )
    raise ExpressionError("not understood: fields of %.40s" % name)
