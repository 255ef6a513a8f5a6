"""Classic BPF programs, written as data: which frames the kernel hands over at all, and how much of each."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import struct
from typing import Dict, List, NamedTuple, Sequence, Tuple

# linux/bpf_common.h: load a word, half word or octet at an absolute offset, or the frame's length; jumps; return a
# constant.
LOAD_WORD, LOAD_HALF, LOAD_OCTET, LOAD_LENGTH = 0x20, 0x28, 0x30, 0x80
JUMP, JUMP_EQUAL, JUMP_GREATER, JUMP_AT_LEAST, JUMP_SET = 0x05, 0x15, 0x25, 0x35, 0x45
RETURN = 0x06
_PKTTYPE = 0xFFFFF004  # SKF_AD_OFF + SKF_AD_PKTTYPE (linux/filter.h)
_OTHERHOST = (
    3  # PACKET_OTHERHOST (linux/if_packet.h): a unicast frame that came in for another MAC than the interface's own
)
MOST_INSTRUCTIONS = 4096  # BPF_MAXINSNS
_LEAF = 8  # distinct numbers that are compared one after the other

# code, jump if true, jump if false, constant (struct sock_filter)
Instruction = NamedTuple("Instruction", [("code", int), ("true", int), ("false", int), ("k", int)])
Program = List[Instruction]

# A MAC that counts as this host's own. any_first: its first octet is not known (the guest behind a tap).
OwnMac = NamedTuple("OwnMac", [("octets", bytes), ("any_first", bool)])


def instruction(code: int, k: int = 0, true: int = 0, false: int = 0) -> Instruction:
    """One instruction; TRUE and FALSE are how many to skip."""
    return Instruction(code, true, false, k)


def nothing() -> Program:
    """No frame at all: stands before a capture begins and after it ended."""
    return [instruction(RETURN, 0)]


def everything(snap_length: int) -> Program:
    """Every frame, SNAP_LENGTH octets of it."""
    return [instruction(RETURN, snap_length)]


def for_nobody_here(own: Sequence[OwnMac], snap_length: int) -> Program:
    """Unicast frames that came in for a MAC that is none of OWN, SNAP_LENGTH octets of each.

    What this host sends, broadcasts and multicasts, and what is for the interface's own MAC, the kernel's packet type
    tells.
    """
    head = [
        instruction(LOAD_WORD, _PKTTYPE), instruction(JUMP_EQUAL, _OTHERHOST, 1, 0), instruction(RETURN, 0),
        instruction(LOAD_OCTET, 0), instruction(JUMP_SET, 1, 0, 1), instruction(RETURN, 0),
    ]
    return head + unless_destination(own, snap_length)


def unless_destination(own: Sequence[OwnMac], snap_length: int) -> Program:
    """SNAP_LENGTH octets of a frame whose destination is none of OWN, else nothing: a search tree over the last four
    octets.
    """
    tails: Dict[int, List[OwnMac]] = {}
    for mac in sorted(set(own)):
        tails.setdefault(struct.unpack("!I", mac.octets[2:])[0], []).append(mac)
    blocks = [(tail, _block(tail, macs, snap_length)) for tail, macs in sorted(tails.items())]
    return [instruction(LOAD_WORD, 2)] + _tree(blocks, snap_length)


def _block(tail: int, macs: Sequence[OwnMac], snap_length: int) -> Program:
    """Compare with the MACs that share TAIL; falls through, the last four octets still loaded, where TAIL is another.
    """
    inside: Program = []
    for mac in macs:
        head = struct.unpack("!H", mac.octets[:2])[0]
        inside.append(instruction(LOAD_OCTET, 1) if mac.any_first else instruction(LOAD_HALF, 0))
        inside += [instruction(JUMP_EQUAL, head & 0xFF if mac.any_first else head, 0, 1), instruction(RETURN, 0)]
    inside.append(instruction(RETURN, snap_length))
    if len(inside) <= 255:  # a conditional jump has eight bits
        return [instruction(JUMP_EQUAL, tail, 0, len(inside))] + inside
    return [instruction(JUMP_EQUAL, tail, 1, 0), instruction(JUMP, len(inside))] + inside


def _tree(blocks: Sequence[Tuple[int, Program]], snap_length: int) -> Program:
    if len(blocks) <= _LEAF:
        return [step for _tail, block in blocks for step in block] + [instruction(RETURN, snap_length)]
    middle = len(blocks) // 2
    left, right = _tree(blocks[:middle], snap_length), _tree(blocks[middle:], snap_length)
    return [instruction(JUMP_GREATER, blocks[middle - 1][0], 0, 1), instruction(JUMP, len(left))] + left + right


def encoded(program: Program) -> bytes:
    """PROGRAM as an array of struct sock_filter."""
    return b"".join(struct.pack("HBBI", *step) for step in program)
