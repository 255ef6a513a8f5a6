"""What each change of a guest's MAC has in common, on all hypervisors: the wish, and what speaks against it. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set

from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import Gap, Record
from ansible_collections.netops.layer2.plugins.module_utils._mac import Mac, MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, shortened

# mac: what the NIC must have before, or None. live: consent to cut its link. expects: what the plan found.
Wish = NamedTuple("Wish", [("new_mac", str), ("mac", Optional[str]), ("live", bool), ("expects", Dict[str, Any])])
Outcome = Dict[str, Any]


class NicError(ValueError):
    """The NIC cannot be named, or its definition not be edited; the message lists what there is."""


class Refused(Exception):
    """The change must not be made; the message says why."""


class ChangeFailed(Exception):
    """A step failed. ``undone``: all is as before; otherwise the message says what is not, and the way out."""

    def __init__(self, message: str, undone: bool) -> None:
        super(ChangeFailed, self).__init__(message)
        self.undone = undone


def usable_mac(text: object, what: str) -> str:
    """Canonical MAC of TEXT that a NIC may have; NicError, naming the option WHAT, otherwise."""
    try:
        mac = Mac.parse(text)
    except MacError as error:
        raise NicError("%s: %s" % (what, error)) from error
    if mac.is_multicast or mac.is_zero:
        raise NicError(
            "%s: %s is %s; a NIC needs a unicast address"
            % (what, mac, "no address" if mac.is_zero else "a group address")
        )
    if mac.virtual_router:
        raise NicError(
            "%s: %s belongs to %s, where several machines share it on purpose" % (what, mac, mac.virtual_router)
        )
    return str(mac)


def read_wish(params: Mapping[str, Any]) -> Wish:
    """The wish in a module's options ``new_mac``, ``mac``, ``live`` and ``expects``; NicError."""
    try:
        mac = canonical(params["mac"]) if params["mac"] else None
    except MacError as error:
        raise NicError("mac: %s" % error) from None
    expects = {key: value for key, value in (params["expects"] or {}).items() if value is not None}
    return Wish(usable_mac(params["new_mac"], "new_mac"), mac, params["live"], expects)


# --- what speaks against a change that would be made

def other_mac(macs: Iterable[Optional[str]], wish: Wish) -> str:
    """That the NIC has others of MACS than the wish names; empty for no objection, as below."""
    found: Set[str] = {mac for mac in macs if mac}
    if wish.mac and not found <= {wish.mac, wish.new_mac}:
        return "the NIC has %s, not %s as expected: look again, plan again" % (" and ".join(sorted(found)), wish.mac)
    return ""


def not_as_expected(now: Mapping[str, Optional[str]], wish: Wish) -> str:
    """What of NOW (state, persistent_mac, live_mac) is not as the plan found it, nor as the wish wants it."""
    wrong = ["%s is %s, not %s" % (key, now[key] or "none", wanted) for key, wanted in sorted(wish.expects.items())
             if key in now and wanted not in (None, now[key]) and now[key] != wish.new_mac]
    return "the plan does not fit any more (%s): plan again" % ", ".join(wrong) if wrong else ""


def taken(holders: Sequence[str], wish: Wish) -> str:
    """That HOLDERS have the new MAC already."""
    return "%s is taken by %s: choose another" % (wish.new_mac, ", ".join(holders)) if holders else ""


def held_by(guests: Iterable[Record], mac: str) -> List[str]:
    """Which of GUESTS, records of a snapshot, have MAC: running, shut off or in a snapshot of theirs."""
    found = []
    for guest in guests:
        if any(mac in (nic.get("live_mac"), nic.get("persistent_mac"), nic.get("mac")) for nic in guest["nics"]):
            found.append("guest %s (%s)" % (shortened(guest["name"], 60), guest["state"]))
        elif mac in guest.get("snapshot_macs", ()):
            found.append("a snapshot of guest %s" % shortened(guest["name"], 60))
    return found


# --- what the operator should know

def unknown_holders(mac: str, gaps: Iterable[Gap]) -> List[str]:
    """What to tell of guests whose MACs could not be read: one of them may have MAC."""
    return ["not known who else has %s: %s" % (mac, gap["reason"]) for gap in gaps]


def in_snapshots(guest: str, snapshots: Mapping[str, Iterable[str]], old: Set[str]) -> List[str]:
    """Which of SNAPSHOTS (name -> MACs in it) of GUEST bring an OLD MAC back."""
    return [
        "snapshot %s of %s carries %s: reverting to it brings that back"
        % (shortened(name, 60), guest, " and ".join(kept))
        for name, kept in ((name, sorted(old & set(macs))) for name, macs in sorted(snapshots.items()))
        if kept
    ]


# --- the result of a task

def refusal(error: Exception) -> Outcome:
    """A failed task that changed nothing, because of ERROR, with its way out."""
    if isinstance(error, ReadError):
        return _failure(error.reason + (" (%s)" % error.hint if error.hint else ""), True)
    return _failure(str(error), True)


def failure(error: ChangeFailed, now: Mapping[str, Any]) -> Outcome:
    """A failed task that began to change something; NOW: what the NIC is like, as far as that can be told."""
    return dict(now, changed=not error.undone, **_failure(str(error), error.undone))


def _failure(text: str, unchanged: bool) -> Outcome:
    return {"failed": True, "msg": text, "unchanged": unchanged}
