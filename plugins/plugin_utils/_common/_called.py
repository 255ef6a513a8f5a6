"""Commands that a report suggests, written as the caller of this run would type them: same inventory, same limit, from
any working directory.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_OURS = "netops.layer2."
_GENERIC = f"ansible-playbook {_OURS}"
# What one switch of `make` stands for: it needs no place in ARGS.
_APPLY = "-e fix_apply=true"
_COMMAND = re.compile(r"(\w+=('[^']*'|\S)+ )*(\S*ansible-playbook|'[^']*ansible-playbook'|make) ")


@dataclass(frozen=True, slots=True)
class Call:
    """How ansible-playbook was called: all of it may be repeated, nothing of it is secret.

    PROGRAM is the word to call it by, SETTINGS are variables of the environment, OPTIONS come from the command line,
    PLAYBOOKS is the folder of the playbook where it was named by its path.
    """

    program: str = "ansible-playbook"
    settings: Sequence[tuple[str, str]] = ()
    options: Sequence[str] = ()
    playbooks: str = ""

    def line(self, playbook: str, arguments: str) -> str:
        """The command for PLAYBOOK, such as fix_dup_mac, with further ARGUMENTS, quoted as a shell takes them."""
        path = os.path.join(self.playbooks, f"{playbook}.yml")
        named = path if self.playbooks and os.path.exists(path) else f"{_OURS}{playbook}"
        words = [
            *(f"{name}={shlex.quote(value)}" for name, value in self.settings),
            shlex.quote(self.program),
            shlex.quote(named),
        ]
        return " ".join([*words, *map(shlex.quote, self.options), *([arguments] if arguments else [])])


@dataclass(frozen=True, slots=True)
class MakeCall:
    """How `make` was called in the checkout FOLDER: GIVEN are INVENTORY and LIMIT, OPTIONS what belongs into ARGS;
    OTHERS calls what make has no word for.
    """

    folder: str
    given: Mapping[str, str]
    options: Sequence[str]
    others: Call
    targets: Mapping[str, str]  # playbook -> target of the Makefile

    def line(self, playbook: str, arguments: str) -> str:
        """The command for PLAYBOOK with further ARGUMENTS."""
        target = self.targets.get(playbook)
        if target is None:
            return self.others.line(playbook, arguments)
        given = {name: value for name, value in self.given.items() if value}
        if _APPLY in arguments:
            given["APPLY"] = "yes"
            arguments = arguments.replace(_APPLY, "").strip()
        if args := " ".join([*map(shlex.quote, self.options), *([arguments] if arguments else [])]):
            given["ARGS"] = args
        words = (f"{name}={shlex.quote(value.replace('$', '$$'))}" for name, value in given.items())
        # -s: make says nothing of the folder, and the last word stays that of the run.
        return " ".join(["make", "-s", "-C", shlex.quote(self.folder), target, *words])


def as_called(text: str, call: Call | MakeCall, target: str = "") -> str:
    """TEXT with each line that is a command for a playbook of the collection as CALL writes it, for the hosts of
    TARGET.
    """
    return "\n".join(_lines(text, call, target))


def first_command(fixes: Iterable[str]) -> str:
    """The command that the first of FIXES that has one begins with, or a line of it; empty where all of them are words.
    """
    return next((line for fix in fixes for line in fix.splitlines() if _COMMAND.match(line)), "")


def _lines(text: str, call: Call | MakeCall, target: str) -> Iterator[str]:
    for line in text.split("\n"):
        playbook, _blank, arguments = line.removeprefix(_GENERIC).partition(" ")
        if not line.startswith(_GENERIC) or not playbook.isidentifier():
            yield line
            continue
        chosen = [shlex.join(["-e", f"target={target}"])] if target not in ("", "all") else []
        yield call.line(playbook, " ".join([*chosen, *([arguments] if arguments else [])]))
