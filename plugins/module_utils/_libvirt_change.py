"""A new MAC for a NIC of a libvirt domain, carried out: change in a safe order, and put everything back where a step
fails.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What survives the death of this process, of libvirtd or of the machine:
# - the persistent definition goes first, so a change that got no further only lacks the live part;
# - before the NIC leaves the running guest, its XML is in a journal; the next run for this domain finds it and puts the
# NIC back.
# virsh's success is no proof: a guest may be slow to let go, so the live definition is looked at until it says what was
# asked for.

import contextlib
import fcntl
import json
import os
import tempfile
import time
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

from ansible_collections.netops.layer2.plugins.module_utils import _libvirt_nic, _retention
from ansible_collections.netops.layer2.plugins.module_utils._libvirt_look import Move, Question, View, Virsh, look
from ansible_collections.netops.layer2.plugins.module_utils._libvirt_xml import Nic, parse_domain, parse_interface
from ansible_collections.netops.layer2.plugins.module_utils._nic_change import ChangeFailed, NicError, Refused
from ansible_collections.netops.layer2.plugins.module_utils._runner import BECOME, Denied, ReadError

STATE = "/var/lib/netops-layer2/libvirt_nic_mac"
_LATER = ("%s. %s: should the guest let go later (at the latest when it reboots), it is without this NIC "
          "until this task runs again and puts it back")
_PAUSE = 0.25  # seconds between two looks at the guest

Undo = Tuple[str, Callable[[], None]]  # what it puts back, in words, and how
Result = NamedTuple("Result", [("view", View), ("backups", List[str])])


class SwapFailed(ChangeFailed):
    """Beside that, ``unplug_pending``: the guest was asked to let go of its NIC, did not, and may still do so."""

    def __init__(self, message: str, undone: bool, unplug_pending: bool, backups: List[str]) -> None:
        super(SwapFailed, self).__init__(message, undone)
        self.unplug_pending = unplug_pending
        self.backups = backups


class Notes:
    """What this host remembers of changes to domains: a lock for each, the NIC that is out of its guest, copies of
    definitions.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def _path(self, uuid: str, ending: str) -> str:
        return os.path.join(self.folder, uuid + ending)

    @contextlib.contextmanager
    def locked(self, uuid: str, timeout: float) -> Iterator[None]:
        """Wait TIMEOUT seconds at most for other runs that change the domain; ReadError then."""
        with contextlib.ExitStack() as stack:
            with _writing(self.folder):
                _retention.make_private(self.folder)
                lock = os.open(self._path(uuid, ".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
                stream = stack.enter_context(os.fdopen(lock, "w", encoding="ascii"))
            deadline = time.time() + timeout
            while not _try_lock(stream):
                if time.time() > deadline:
                    raise ReadError(
                        "another run has been changing this domain for %g s" % timeout, "run again when it is done"
                    )
                time.sleep(_PAUSE)
            yield

    def lost(self) -> Dict[str, str]:
        """Domain -> XML of its NIC that an unfinished change took out."""
        found = {}
        with _writing(self.folder):
            names = os.listdir(self.folder) if os.path.isdir(self.folder) else []
        for name in names:
            if name.endswith(".json"):
                with contextlib.suppress(OSError, ValueError, KeyError, TypeError), \
                        open(os.path.join(self.folder, name), encoding="utf-8") as stream:
                    found[name[:-5]] = str(json.load(stream)["interface"])
        return found

    def remember(self, uuid: str, interface: str) -> None:
        """Note, durably, that INTERFACE is about to leave the guest."""
        self._store(self._path(uuid, ".json"), json.dumps({"interface": interface}))

    def forget(self, uuid: str) -> None:
        """The NIC is back."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path(uuid, ".json"))

    def keep(self, uuid: str, name: str, text: str) -> str:
        """Keep a copy of a definition; its path. No copy replaces another, however quickly they follow each other."""
        now = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
        paths = (
            self._path(uuid, "-%s%s-%s.xml" % (now, "-%04d" % number if number else "", name))
            for number in range(10000)
        )
        path = next(path for path in paths if not os.path.lexists(path))
        self._store(path, text)
        return path

    def drop_old(self, uuid: str, mine: List[str]) -> None:
        """Once a change is whole: remove older copies of the domain's definitions, but none of MINE, and none while its
        NIC is out.
        """
        if not os.path.lexists(self._path(uuid, ".json")):
            _retention.drop_old_definitions(self.folder, uuid, mine)

    def _store(self, path: str, text: str) -> None:
        with _writing(path):
            handle, draft = tempfile.mkstemp(dir=self.folder)  # only its owner may read it: definitions hold passwords
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as stream:
                    stream.write(text)
                    stream.flush()
                    os.fsync(stream.fileno())
                os.rename(draft, path)
            except OSError:
                os.unlink(draft)
                raise


@contextlib.contextmanager
def _writing(path: str) -> Iterator[None]:
    """Errors of the file system as the one error that steps know."""
    try:
        yield
    except PermissionError as error:
        raise Denied("%s: permission denied" % path, BECOME) from error
    except OSError as error:
        raise ReadError("%s: %s" % (path, error.strerror), "make room, or choose another state_dir") from error


def _try_lock(stream: Any) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def change_nic(virsh: Virsh, question: Question, notes: Notes, timeout: float, check: bool) -> Result:
    """Make the change that QUESTION asks for, or with CHECK only say what it would be. Refused, SwapFailed,
    ReadError, NicError.

    TIMEOUT: seconds that the guest has to let go of its NIC, and libvirt to come back where it goes away.
    """
    view = _looked(virsh, question, notes)
    if check or not (view.decision.steps or view.moves):
        if not check and not view.decision.steps:
            notes.forget(view.uuid)
        return Result(view, [])
    with notes.locked(view.uuid, timeout):
        view = _looked(virsh, question, notes)  # another run may have changed it while this one waited
        change = Change(virsh, view, question.wish.new_mac, notes, timeout)
        return Result(view, change.apply())


def _looked(virsh: Virsh, question: Question, notes: Notes) -> View:
    view = look(virsh, question, notes.lost())
    if view.decision.refusals:
        raise Refused("%s: %s" % (view.name, "; ".join(view.decision.refusals)))
    return view


def differences(view: View, new_mac: str) -> List[Dict[str, str]]:
    """What the steps change, as Ansible shows it: only the NIC and the reservations, so no secret of the definition is
    in it.
    """
    found = []
    if "define" in view.decision.steps:
        place = view.candidate.persistent_place
        after = _libvirt_nic.interface_text(_libvirt_nic.with_mac(view.persistent, place, new_mac), place)
        found.append(
            _difference(view.name + " (persistent)", _libvirt_nic.interface_text(view.persistent, place), after)
        )
    for move in view.moves:
        found.append(
            _difference("network %s (%s)" % (move.name, move.side), move.reservation.before, move.reservation.after)
        )
    if {"swap", "attach"} & set(view.decision.steps):
        before = view.interface if "swap" in view.decision.steps else ""
        found.append(_difference(view.name + " (live)", before, _libvirt_nic.attachable(view.interface, new_mac)))
    return found


def _difference(header: str, before: str, after: str) -> Dict[str, str]:
    return {
        "before_header": header,
        "after_header": header,
        "before": before + "\n" * bool(before),
        "after": after + "\n",
    }


class Change:
    """One change in progress: each step that is done leaves how to undo it."""

    def __init__(self, virsh: Virsh, view: View, new_mac: str, notes: Notes, timeout: float) -> None:
        self.virsh = virsh
        self.view = view
        self.new_mac = new_mac
        self.notes = notes
        self.timeout = timeout
        self.undo = []  # type: List[Undo]
        self.unplug_pending = False

    def apply(self) -> List[str]:
        """Do all steps; paths of the copies made before. SwapFailed, after putting back what was done."""
        backups = [
            self.notes.keep(self.view.uuid, side, text)
            for side, text in (("live", self.view.live), ("persistent", self.view.persistent))
            if text and self.view.decision.steps
        ]
        try:
            if "define" in self.view.decision.steps:
                self._define()
            for move in self.view.moves:
                self._reserve(move)
            if "swap" in self.view.decision.steps:
                self._swap()
            if "attach" in self.view.decision.steps:
                self._attach(self.new_mac)
        except (ReadError, NicError) as error:
            raise self._failed(error, backups) from error
        self.notes.forget(self.view.uuid)
        self.notes.drop_old(self.view.uuid, backups)
        return backups

    # --- steps

    def _define(self) -> None:
        text = _libvirt_nic.with_mac(self.view.persistent, self.view.candidate.persistent_place, self.new_mac)
        self.undo.append(("the persistent definition", self._define_again))
        self.virsh.give(text, "define")
        stored = parse_domain(self.virsh.definition(self.view.uuid, True)).nics
        if [nic.get("mac") for nic in stored[self.view.candidate.persistent_place:][:1]] != [self.new_mac]:
            raise ReadError("libvirt took the definition, but the NIC does not have %s in it" % self.new_mac)

    def _define_again(self) -> None:
        if self.virsh.definition(self.view.uuid, True) != self.view.persistent:
            self.virsh.give(self.view.persistent, "define")

    def _reserve(self, move: Move) -> None:
        self.undo.append(
            ("the reservation in network %s" % move.name, lambda: self._update(move, move.reservation.before))
        )
        self._update(move, move.reservation.after)

    def _update(self, move: Move, host: str) -> None:
        self.virsh.give(host, "net-update", move.network, "modify", "ip-dhcp-host", "--parent-index",
                        str(move.reservation.parent_index), "--" + move.side, "--xml")

    def _swap(self) -> None:
        self.notes.remember(self.view.uuid, self.view.interface)
        self.undo.append(("the NIC of the running guest", self._put_back))
        refused = ""
        try:
            self.virsh.give(self.view.interface, "detach-device", self.view.uuid, "--live")
        except ReadError as error:
            refused = error.reason  # it may have begun all the same: an earlier request, or a daemon that died after it
        if not self._becomes(lambda: self._live_mac() is None, 1 if refused else self.timeout):
            self.unplug_pending = True
            held = "QEMU may have the request all the same" if refused else "QEMU still holds the request"
            raise ReadError(
                _LATER % (refused or "the guest did not let go of its NIC within %g s" % self.timeout, held)
            )
        self._attach(self.new_mac)

    def _attach(self, mac: str) -> None:
        refused = ""
        try:
            self.virsh.give(
                _libvirt_nic.attachable(self.view.interface, mac), "attach-device", self.view.uuid, "--live"
            )
        except ReadError as error:
            refused = error.reason
        if not self._becomes(lambda: self._live_mac() == mac, 1 if refused else self.timeout):
            raise ReadError(refused or "libvirt said that it attached the NIC, but it is not there")

    def _put_back(self) -> None:
        """The old NIC into the guest again. The journal stays where the guest may yet let go of the NIC that is still
        there.
        """
        old = parse_interface(self.view.interface)["mac"]
        if self._live_mac() is None:
            self._attach(old)
            self.notes.forget(self.view.uuid)
        elif self._live_mac() != old:
            raise ReadError("the NIC of the running guest has %s already" % self._live_mac())

    # --- looking again

    def _live_mac(self) -> Any:
        """MAC that the running guest's NIC at the address of ours has; None where none is there."""
        nics = parse_domain(self.virsh.definition(self.view.uuid, False)).nics
        return next((nic.get("mac", "") for nic in nics if self._is_ours(nic)), None)

    def _is_ours(self, nic: Nic) -> bool:
        own = self.view.candidate.live or self.view.candidate.lost or self.view.candidate.persistent or {}
        return all(nic.get(key) == own.get(key) for key in (["address"] if "address" in own else ["alias"]))

    def _becomes(self, question: Callable[[], bool], timeout: float) -> bool:
        """Whether QUESTION is answered with yes in time. A daemon that is away counts as no answer yet."""
        deadline = time.time() + timeout
        while True:
            with contextlib.suppress(ReadError):
                if question():
                    return True
            if time.time() > deadline:
                return False
            time.sleep(_PAUSE)

    # --- when it fails

    def _failed(self, error: Exception, backups: List[str]) -> SwapFailed:
        left = [
            what + ": " + reason
            for what, reason in ((what, self._undone(how)) for what, how in reversed(self.undo))
            if reason
        ]
        message = "%s: %s" % (self.view.name, getattr(error, "reason", error))
        if left:
            message += ("; NOT put back: %s. Run again when libvirt answers: it finishes what was begun. Copies: %s"
                        % ("; ".join(left), ", ".join(backups)))
        else:
            message += "; everything was put back as it was"
        return SwapFailed(message, not left, self.unplug_pending, backups)

    def _undone(self, how: Callable[[], None]) -> str:
        """Do it, and again while libvirt is away; why not, or nothing."""
        deadline = time.time() + self.timeout
        while True:
            try:
                how()
                return ""
            except (ReadError, NicError) as error:
                if time.time() > deadline:
                    return str(getattr(error, "reason", error))
            time.sleep(_PAUSE)
