"""A new MAC for a NIC of a guest of Proxmox VE: carried out by qm and pct, looked at, and put back where that fails."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# qm and pct lock the guest, refuse one that is locked, and write its file through the cluster. --digest, the SHA-1 of
# the file that was read, has them refuse a file that somebody else wrote meanwhile (qm(1), pct(1)). Their success is no
# proof: the file and the node's interfaces are looked at afterwards.

import hashlib
from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.netops.layer2.plugins.module_utils import _nic_change, _proxmox_nic
from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisor import Record
from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisors import presence
from ansible_collections.netops.layer2.plugins.module_utils._guests._proxmox import (
    KINDS,
    MOST,
    PLACE,
    Config,
    guests_folder,
    hotplugs,
    own_node,
    parse_config,
    read_guests,
)
from ansible_collections.netops.layer2.plugins.module_utils._nic_change import ChangeFailed, NicError, Refused, Wish
from ansible_collections.netops.layer2.plugins.module_utils._proxmox_nic import Decision, Facts, Lines
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner, shortened

_LATER = ("%s took the change, but did not plug %s anew: it has the new MAC once the guest was shut down and started "
          "(a reboot inside is not enough)")
_TOOLS = {"vm": "qm", "container": "pct"}

Question = NamedTuple("Question", [
    ("number", str), ("kind", Optional[str]), ("nic", Optional[str]), ("wish", Wish), ("allow_taken", bool)])
# tool: the program that changes the guest. digest: of the file that all this was read from.
View = NamedTuple("View", [
    ("name", str), ("number", str), ("kind", str), ("node", str), ("tool", str), ("digest", str), ("nic", Lines),
    ("facts", Facts), ("decision", Decision), ("warnings", List[str])])
Result = NamedTuple("Result", [("before", View), ("after", View)])


# --- looking

def look(runner: Runner, question: Question) -> View:
    """The guest, its NIC, and what has to be done; ReadError, NicError. Changes nothing."""
    found = read_guests(runner)
    node = own_node(runner)
    guest = _guest(found.guests, question, node, runner.exists(PLACE))
    octets = _configuration(runner, guest, node)
    config = parse_config(octets.decode("utf-8", "replace"))
    name = shortened("%s (%s)" % (guest["name"], question.number), 80)
    try:
        nic = _proxmox_nic.choose(_proxmox_nic.lines_of(config), question.nic, question.wish)
    except NicError as error:
        raise NicError("%s: %s" % (name, error)) from None
    holders = [] if question.allow_taken else _holders(guest, found.guests, config, nic, question.wish.new_mac)
    facts = _facts(guest, config, nic, question.wish.new_mac, holders)
    decision = _proxmox_nic.decide(facts, question.wish)
    told = _nic_change.unknown_holders(question.wish.new_mac, found.gaps) if decision.steps else []
    told += _proxmox_nic.warnings(name, config, facts, nic) if decision.steps else []
    return View(name, question.number, guest["kind"], node, _TOOLS[guest["kind"]], hashlib.sha1(octets).hexdigest(),  # nosec B324  # what qm and pct compare
                nic, facts, decision, told)


def _guest(guests: List[Record], question: Question, node: str, is_node: bool) -> Record:
    """The guest of this node that is meant; NicError otherwise."""
    if not is_node:
        raise NicError("this host is no node of Proxmox VE (%s is missing): run the task on the guest's node" % PLACE)
    found = [guest for guest in guests
             if guest["id"] == question.number and question.kind in (None, guest["kind"])]
    here = [guest for guest in found if "node" not in guest]
    if len(here) == 1:
        return here[0]
    if found and not here:
        raise NicError("vmid: %s is on node %s, not on %s: run the task there"
                       % (question.number, found[0]["node"], node))
    raise NicError("vmid: %s is %s of node %s: look at `qm list` and `pct list`" % (
        question.number, "both a VM and a container" if here else "no %s" % (question.kind or "guest"), node))


def _configuration(runner: Runner, guest: Record, node: str) -> bytes:
    """The whole file of GUEST."""
    kind = next(kind for kind in KINDS if kind.name == guest["kind"])
    return runner.read_bytes("%s/%s.conf" % (guests_folder(node, kind), guest["id"]), MOST)


def _holders(guest: Record, guests: List[Record], config: Config, chosen: Lines, mac: str) -> List[str]:
    """Who else in the cluster has MAC: other guests, their snapshots, the guest's other NICs."""
    own = [nic.name for nic in _proxmox_nic.lines_of(config)
           if nic.name != chosen.name and mac in map(_proxmox_nic.mac_of, (nic.current, nic.stored))]
    found = _nic_change.held_by([other for other in guests if other is not guest], mac)
    return found + ["its own NIC %s" % name for name in own]


def _facts(guest: Record, config: Config, nic: Lines, new_mac: str, holders: List[str]) -> Facts:
    now = presence(guest)
    port = next((one.get("tap") for one in guest["nics"] if one["alias"] == nic.name), None)
    lost = now.on_wire and bool(nic.current and _has_bridge(nic.current)) and not port
    return Facts(
        guest["state"],
        now.active,
        config.current.get("lock", ""),
        _proxmox_nic.mac_of(nic.current) if now.active else None,
        _proxmox_nic.mac_of(nic.stored),
        hotplugs(guest["kind"], config.current),
        lost,
        _proxmox_nic.waits(nic, new_mac),
        holders,
    )


def _has_bridge(line: str) -> bool:
    return "bridge=" in line


# --- changing

def change_nic(runner: Runner, question: Question, check: bool) -> Result:
    """Make the change that QUESTION asks for, or with CHECK only say what it would be. Refused, ChangeFailed,
    ReadError, NicError.
    """
    view = look(runner, question)
    if view.decision.refusals:
        raise Refused("%s: %s" % (view.name, "; ".join(view.decision.refusals)))
    if not view.decision.steps:
        return Result(view, view)
    line = wanted_line(view, question.wish)
    return Result(view, view if check else _apply(runner, question, view, line))


def wanted_line(view: View, wish: Wish) -> str:
    """The line that the NIC is to have; NicError where the one that it has is not understood."""
    try:
        return _proxmox_nic.with_mac(view.nic.stored or "", wish.new_mac)
    except NicError as error:
        raise NicError("%s: %s: %s" % (view.name, view.nic.name, error)) from None


def _apply(runner: Runner, question: Question, before: View, line: str) -> View:
    refused = _give(runner, before, line)
    after = _again(runner, question, before, refused)
    problem = refused or _unproved(before, after, line)
    if not problem:
        return after
    raise _failed(runner, question, before, after, problem)


def _give(runner: Runner, view: View, line: str) -> str:
    """Have the node's own tool set LINE; what it objected, or nothing."""
    try:
        runner.run([view.tool, "set", view.number, "--digest", view.digest, "--" + view.nic.name, line])
    except ReadError as error:
        return error.reason
    return ""


def _again(runner: Runner, question: Question, before: View, refused: str) -> View:
    """What the NIC is like now; ChangeFailed where nobody can tell."""
    try:
        return look(runner, question._replace(kind=before.kind, nic=before.nic.name))
    except (ReadError, NicError) as error:
        why = "%s%s" % (refused and refused + "; ", getattr(error, "reason", error))
        raise ChangeFailed("%s: it is not known what %s has now: %s" % (before.name, before.nic.name, why),
                           False) from error


def _unproved(before: View, after: View, line: str) -> str:
    """Why the change that was answered with success did not come to pass; empty where it did."""
    missing = _proxmox_nic.missing_in(after.nic.stored, line)
    if missing:
        return "%s reported success, but %s has another %s in its configuration (%s)" % (
            before.tool, before.nic.name, ", ".join(missing), shortened(after.nic.stored or "none"))
    if after.facts.lost:
        return "%s reported success, but the running guest is without %s" % (before.tool, before.nic.name)
    return ""


def _failed(runner: Runner, question: Question, before: View, after: View, problem: str) -> ChangeFailed:
    """Put back what was begun; only this change's own, since others may have written the file meanwhile."""
    new_mac, now = question.wish.new_mac, after
    if before.facts.persistent_mac != new_mac and new_mac in (after.facts.persistent_mac, after.facts.live_mac):
        _give(runner, after, before.nic.stored or "")
        now = _again(runner, question, before, problem)
    if _is_as_before(before, now, new_mac):
        end = "nothing was changed" if now is after else "everything was put back as it was"
        return ChangeFailed("%s: %s; %s" % (before.name, problem, end), True)
    return ChangeFailed("%s: %s; NOT put back: %s. Its line was: %s" % (
        before.name, problem, _left(before, now), before.nic.stored), False)


def _is_as_before(before: View, now: View, new_mac: str) -> bool:
    """Whether nothing of the change is left. What somebody else wrote meanwhile is none of it."""
    was, found = before.facts, now.facts
    left = {found.persistent_mac, found.live_mac} - {was.persistent_mac, was.live_mac}
    return new_mac not in left and (_is_without(was) or not _is_without(found))


def _is_without(facts: Facts) -> bool:
    """Whether the guest runs without the NIC."""
    return facts.lost or (facts.active and facts.live_mac is None)


def _left(before: View, now: View) -> str:
    """What is not as before, and the way out."""
    if _is_without(now.facts):
        return ("the running guest is without %s: shut it down and start it (a reboot inside is not enough)"
                % before.nic.name)
    return "%s is %s: set it with `%s set %s --%s LINE`" % (
        before.nic.name, shortened(now.nic.stored or "gone"), before.tool, before.number, before.nic.name)


# --- telling

def differences(view: View, line: str) -> List[Dict[str, str]]:
    """What the change comes to, as Ansible shows it: the one line."""
    header = "%s, %s" % (view.name, view.nic.name)
    return [{"before_header": header, "after_header": header, "before": (view.nic.stored or "") + "\n",
             "after": line + "\n"}]


def described(view: View) -> Dict[str, Any]:
    """The guest and its NIC as they are, for a task's result."""
    live = None if view.facts.lost else view.facts.live_mac
    return {
        "name": view.name,
        "vmid": view.number,
        "kind": view.kind,
        "node": view.node,
        "nic": view.nic.name,
        "line": view.nic.stored,
        "persistent": view.facts.persistent_mac,
        "live": live,
        "power_cycle_needed": view.facts.active and live != view.facts.persistent_mac,
    }


def report(result: Result, wish: Wish, check: bool) -> Dict[str, Any]:
    """The result of a task that did what it should, or with CHECK would have."""
    before, decision = result.before, result.before.decision
    told = dict(described(result.after), told=before.warnings, changed=bool(decision.steps), steps=list(decision.steps))
    if _proxmox_nic.SWAP in decision.steps and not check and told["live"] != wish.new_mac:
        told["steps"].remove(_proxmox_nic.SWAP)
        told["told"] = before.warnings + [_LATER % (before.tool, before.nic.name)]
    if decision.steps:
        line = wanted_line(before, wish)
        told.update(old_line=before.nic.stored, diff=differences(before, line))
    if decision.steps and check:
        told.update(line=line, persistent=decision.persistent, live=decision.live,
                    power_cycle_needed=decision.power_cycle_needed)
    return told
