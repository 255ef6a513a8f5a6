"""From a tree of comparisons to a classic BPF program."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import itertools
from typing import Dict, List, NamedTuple, Tuple, Union

from ansible_collections.netops.layer2.plugins.module_utils._capture import _bpf
from ansible_collections.netops.layer2.plugins.module_utils._capture._bpf import Instruction, Program, instruction

# A comparison: what loads the accumulator, how to jump, and against what.
Test = NamedTuple("Test", [("loads", Tuple[Instruction, ...]), ("jump", int), ("k", int)])
Rule = NamedTuple(
    "Rule", [("kind", str), ("parts", Tuple["Node", ...])]
)  # kind: and, or, not; a frame fits no "or" of nothing
Node = Union[Test, Rule]


class ExpressionError(ValueError):
    """The filter is not understood; the message says from which word on."""


def any_of(*parts: Node) -> Node:
    """One of them fits."""
    return Rule("or", parts)


def all_of(*parts: Node) -> Node:
    """Each of them fits."""
    return Rule("and", parts)


def none_of(part: Node) -> Node:
    """It does not fit."""
    return Rule("not", (part,))


class _Assembler:
    """Lays out a tree of comparisons. Every jump takes the long way over an unconditional one, so no distance is too
    far.
    """

    def __init__(self) -> None:
        self.steps: List[Tuple[Instruction, str]] = []  # with the label that an unconditional jump goes to
        self.labels: Dict[str, int] = {}
        self._names = itertools.count()

    def lay(self, node: Node, yes: str, no: str) -> None:
        if isinstance(node, Test):
            self.steps += [(load, "") for load in node.loads]
            self.steps += [
                (instruction(node.jump, node.k, 0, 1), ""),
                (instruction(_bpf.JUMP), yes),
                (instruction(_bpf.JUMP), no),
            ]
        elif node.kind == "not":
            self.lay(node.parts[0], no, yes)
        else:
            self._lay_each(node, yes, no)

    def _lay_each(self, node: Rule, yes: str, no: str) -> None:
        both = node.kind == "and"
        for part in node.parts:
            following = str(next(self._names))
            self.lay(part, following if both else yes, no if both else following)
            self.labels[following] = len(self.steps)
        self.steps.append((instruction(_bpf.JUMP), yes if both else no))


def assembled(node: Node, snap_length: int) -> Program:
    """The program that keeps SNAP_LENGTH octets of the frames that NODE fits; ExpressionError if it is too long for the
    kernel.
    """
    made = _Assembler()
    made.lay(node, "yes", "no")
    made.labels.update(yes=len(made.steps), no=len(made.steps) + 1)
    program = [
        step if not label else step._replace(k=made.labels[label] - at - 1)
        for at, (step, label) in enumerate(made.steps)
    ]
    program += [instruction(_bpf.RETURN, snap_length), instruction(_bpf.RETURN, 0)]
    if len(program) > _bpf.MOST_INSTRUCTIONS:
        raise ExpressionError("it is too long for the kernel (%d instructions)" % len(program))
    return program
