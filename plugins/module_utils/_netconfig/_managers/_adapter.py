"""What every network manager answers: which interfaces it has, what its files give them, how to change that, what to
run then.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Any, Callable, Collection, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple, TypeVar

from ansible_collections.netops.layer2.plugins.module_utils._mac import canonical
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import _ini
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._pin_files import Pin, tokens
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._policy_route import PolicyRoute
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import (
    ConfigError,
    Drafts,
    FileChange,
    Nic,
    restyled,
)
from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner

_Answer = TypeVar("_Answer")


class Evidence:
    """One interface of one host, and what was asked about it: each question once, whoever asks."""

    def __init__(self, runner: Runner, nic: Nic) -> None:
        self.runner = runner
        self.nic = nic
        self._known: Dict[Any, Any] = {}

    def ask(self, question: Callable[[Runner, Nic], _Answer]) -> _Answer:
        """What QUESTION answers about the interface."""
        if question not in self._known:
            self._known[question] = question(self.runner, self.nic)
        answer: _Answer = self._known[question]
        return answer


class Adapter:
    """One interface in the hands of one network manager. Subclasses read and edit files through Drafts and write
    nothing.

    What a method of a subclass does not say otherwise, the manager cannot do; class methods are asked on every host,
    whoever owns what there.
    """

    manager = ""
    # Whether what comes to it is its own; not so for udev, which only names interfaces and sets their MAC.
    owns = True
    # Where its files are, each with a slash at its end.
    folders: Tuple[str, ...] = ()
    # Commands of its that a revert repeats at boot: what they make for others is older than the files which it
    # restores.
    at_boot: Tuple[str, ...] = ()
    # The way out where its files could hold policy routes, or the ageing of bridges, and nothing here writes them.
    no_routes = ""
    no_ageing = ""
    # Whether activate() leaves an interface alone that the new files no longer fit.
    loads_quietly = False
    # Whether it fills a routing table again by itself once a link that was down is up.
    refills = False

    def __init__(self, runner: Runner, nic: Nic) -> None:
        self.runner = runner
        self.nic = nic

    @classmethod
    def claims(cls, evidence: Evidence) -> List["Claim"]:
        """That it has the interface now, by its own word; ConfigError where it does not tell its files."""
        return []

    @classmethod
    def left_to(cls, evidence: Evidence) -> List["Claim"]:
        """That it would have the interface, asked where no manager says that it has it."""
        return []

    def files(self, drafts: Drafts) -> List[str]:
        """The files that configure this interface and, at best, no other one."""
        raise NotImplementedError

    def read_mac(self, drafts: Drafts) -> Optional[str]:
        """Canonical MAC that the files give the interface; None where they leave it its own. ConfigError where they
        cannot be told.
        """
        raise NotImplementedError

    def set_mac(self, drafts: Drafts, new: str) -> None:
        """Draft the files so that the interface gets the MAC NEW at every start. ConfigError, with the way out, where
        that cannot be.
        """
        raise NotImplementedError

    def fit(self, drafts: Drafts, new: str, hardware: bool) -> None:
        """Draft what else the files need to fit the NIC once it has the MAC NEW (HARDWARE: as its permanent one), after
        all pins were moved.
        """

    def names(self) -> Set[str]:
        """Names beside the interface's own under which its files speak of it."""
        return set()

    def late(self) -> str:
        """The command, for a message, that has it take up its files while the host runs, where it would not by itself.
        """
        return ""

    @classmethod
    def interface_at(cls, drafts: Drafts, pin: Pin, names: Collection[str]) -> Optional[str]:
        """The interface that the place of PIN, one of its kinds, is about, where its file says so: the name in the
        file, whatever interface has it now, or the NIC's MAC.

        NAMES: the names and MACs of the one in question. Patterns (``en*``) name none where they fit one of NAMES.
        """
        return None

    @classmethod
    def fits_several(cls, drafts: Drafts, pin: Pin, nic: Nic, new: str) -> bool:
        """Whether PIN, one of its kinds, stands for other interfaces than NIC too, NEW being the MAC that NIC gets."""
        return False

    @classmethod
    def beside(cls, text: str, pin: Pin) -> Set[str]:
        """The canonical MACs that the place of PIN in TEXT, or what adds to it there, lists; its own among them."""
        found = [match.group(1) for match in tokens(_ini.split(text)[pin.line])]
        return {canonical(each) for each in found if ";" not in each}

    @classmethod
    def with_both(cls, text: str, pin: Pin, new: str) -> str:
        """TEXT in which the place of PIN holds the MAC NEW, in its notation, beside the one that it holds."""
        lines = _ini.split(text)
        line = lines[pin.line]
        lines[pin.line] = line[:pin.end] + " " + restyled(line[pin.start:pin.end], new) + line[pin.end:]
        return "".join(lines)

    @classmethod
    def before_switch(cls, runner: Runner, nic: Nic, new: str, persistent: bool, extended: Set[str]) -> List[List[str]]:
        """Commands that have it fit the MAC NEW before the kernel has it, where it would let go of NIC otherwise.

        PERSISTENT: whether files change too; EXTENDED: the kinds of pins that hold both MACs by then. ConfigError where
        it cannot be had.
        """
        return []

    @classmethod
    def takes_away(cls, argv: List[str]) -> bool:
        """Whether a command has it configure its interfaces anew, which takes away what others had put there."""
        return False

    @classmethod
    def settle(cls, runner: Runner, index: int) -> None:
        """Wait until it is done with interface INDEX after such a command."""

    def activate(self) -> List[List[str]]:
        """Commands that show the manager its new files without touching the running interface."""
        return []

    def replug(self, drafts: Drafts, edited: bool) -> List[List[str]]:
        """Commands that have the manager configure a NIC that was swapped under the running host, where it would not by
        itself.

        EDITED: it has read the files as they were before.
        """
        return []

    def set_route(self, drafts: Drafts, route: PolicyRoute) -> None:
        """Draft the files so that the interface has ROUTE at every start. ConfigError, with the way out, where that
        cannot be.
        """
        raise ConfigError(
            "%s: policy routes are not written to the files of %s: %s"
            % (self.nic.name, self.manager, self.no_routes or "let another network manager have the interface")
        )

    @classmethod
    def drop_route(cls, drafts: Drafts, route: PolicyRoute) -> None:
        """Draft that no file of its has ROUTE any more."""

    @classmethod
    def check_vip(cls, drafts: Drafts, vip: str) -> None:
        """ConfigError, with the way out, where it routes what leaves with VIP by itself."""

    @classmethod
    def spare_others(cls, runner: Runner, drafts: Drafts, wanted: bool) -> None:
        """Draft that it leaves the policy rules of others alone where it runs and would not; or (not WANTED) that
        nothing of ours says so.
        """

    @classmethod
    def follow(cls, runner: Runner, changes: List[FileChange], commands: List[List[str]]) -> List[List[str]]:
        """COMMANDS, and what else has it follow those CHANGES that are in files of its."""
        return commands

    def read_ageing(self, drafts: Drafts) -> Optional[float]:
        """Seconds for which the files have the interface, a bridge, keep a MAC; None where they say nothing, or cannot.
        """
        return None

    def set_ageing(self, drafts: Drafts, seconds: int) -> bool:
        """Draft the files so that the bridge keeps MACs SECONDS; False where they cannot say it. ConfigError where they
        can, and nobody edits it.
        """
        if self.no_ageing:
            raise ConfigError(
                "%s: how long a bridge keeps MACs is not written to the files of %s: %s, or change it until the next"
                " boot only (persistent: false)" % (self.nic.name, self.manager, self.no_ageing)
            )
        return False

    def show_ageing(self) -> List[List[str]]:
        """Commands that have what others make of these files made anew, the running bridge untouched."""
        return []

    def states_deaf(self, drafts: Drafts) -> bool:
        """Whether the files turn learning off for the interface, a port of a bridge."""
        return False

    def set_learning(self, drafts: Drafts) -> bool:
        """Draft the files so that they do not turn learning off; False where that would concern other interfaces too,
        or cannot be said.
        """
        return False

    def keeps_last_resort(self) -> bool:
        """Whether its files can also hold the unreachable route."""
        return True

    def apply(self) -> List[List[str]]:
        """Commands that have the running interface follow the manager's files, its addresses and connections kept."""
        return []

    def check(self, drafts: Drafts, new: Optional[str], routes: Sequence[PolicyRoute] = ()) -> None:
        """Let the manager judge the drafts before they are written: ConfigError if it refuses them or makes something
        else of them.

        NEW: the MAC and ROUTES: the policy routes that the interface is to get; None and none where they are not to
        change.
        """

    def plan_mac(self, new: str) -> List[FileChange]:
        """The changes that set_mac drafts, alone."""
        drafts = Drafts(self.runner)
        self.set_mac(drafts, new)
        return drafts.changes()


# words: the manager and where it has the interface, for messages.
Claim = NamedTuple("Claim", [("words", str), ("adapter", Adapter)])
