"""What must be known before a NIC of a libvirt domain gets a new MAC: the domain, its NIC, who else has the MAC, DHCP
reservations.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# virsh is the one way in, for reading and for changing: it comes with every libvirt, whatever Python the task runs
# under, and a
# process can be ended where a daemon hangs.

import contextlib
import re
import tempfile
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.netops.layer2.plugins.module_utils import _libvirt_nic, _nic_change
from ansible_collections.netops.layer2.plugins.module_utils._guests import _libvirt
from ansible_collections.netops.layer2.plugins.module_utils._libvirt_nic import (
    Candidate,
    Decision,
    Facts,
    Reservation,
)
from ansible_collections.netops.layer2.plugins.module_utils._libvirt_xml import (
    Nic,
    XmlError,
    document,
    parse_domain,
    parse_interface,
    parse_network,
    snapshot_macs,
)
from ansible_collections.netops.layer2.plugins.module_utils._nic_change import NicError, Wish
from ansible_collections.netops.layer2.plugins.module_utils._runner import ReadError, Runner, shortened

Record = Dict[str, Any]
# A network's reservation that has to follow its NIC, on one side: the running network (live) or its definition
# (config).
Move = NamedTuple("Move", [("network", str), ("name", str), ("side", str), ("reservation", Reservation)])
Question = NamedTuple(
    "Question",
    [("domain", str), ("selector", Dict[str, str]), ("wish", Wish), ("reservations", bool), ("allow_taken", bool)],
)
# live, persistent: the domain's definitions with their secrets, empty where there is none. interface: the running NIC's
# XML, or
# that of the NIC which an earlier change left outside.
View = NamedTuple("View", [
    ("uuid", str), ("name", str), ("live", str), ("persistent", str), ("candidate", Candidate), ("decision", Decision),
    ("interface", str), ("moves", List[Move]), ("warnings", List[str])])


class Virsh:
    """libvirt at one URI, through virsh."""

    def __init__(self, runner: Runner, uri: str) -> None:
        self.runner = runner
        self.uri = uri

    def run(self, *words: str) -> str:
        """What virsh prints for one command; ReadError where it fails."""
        return self.runner.run(("virsh", "--quiet", "--connect", self.uri) + words)

    def give(self, xml: str, *words: str) -> str:
        """The same for a command whose last word is an XML file. Definitions may hold passwords: nobody else can read
        the file.
        """
        with contextlib.ExitStack() as stack:
            try:
                stream = stack.enter_context(tempfile.NamedTemporaryFile(prefix="netops-layer2-", suffix=".xml"))
                stream.write(xml.encode("utf-8"))
                stream.flush()
            except OSError as error:
                raise ReadError(
                    "cannot write a temporary file: %s" % error.strerror, "make room, or set TMPDIR"
                ) from error
            return self.run(*(words + (stream.name,)))

    def definition(self, uuid: str, inactive: bool) -> str:
        """A domain's definition, secrets included: a definition given back without them would lose them."""
        return self.run("dumpxml", uuid, "--security-info", *(["--inactive"] if inactive else []))

    def ask(self, commands: Dict[str, str]) -> Dict[str, str]:
        """What libvirt says to several reading commands, by key, in one process."""
        return _libvirt.batch(self.runner, self.uri, commands) if commands else {}


def find_domain(guests: List[Record], wanted: str) -> Record:
    """The guest of GUESTS whose UUID, else name, is WANTED; NicError otherwise. Never a number: libvirt gives those
    anew.
    """
    for key, value in (("uuid", wanted.lower()), ("name", wanted)):
        for guest in guests:
            if guest.get(key) == value:
                return guest
    names = ", ".join(shortened(guest["name"], 40) for guest in guests[:20])
    raise NicError(
        "domain: %s is neither a name nor a UUID here; there is %s" % (shortened(wanted, 60), names or "none")
    )


def look(virsh: Virsh, question: Question, lost: Optional[Dict[str, str]] = None) -> View:
    """The domain, its NIC, and what has to be done; ReadError, NicError, XmlError. Changes nothing.

    LOST: UUID of a domain -> XML of the NIC that an unfinished change took out of it.
    """
    inventory = _libvirt.from_virsh(virsh.runner, virsh.uri)
    found = _libvirt.records(inventory)
    guest = find_domain(found.guests, question.domain)
    source = next(one for one in inventory.definitions if one.label == guest["uuid"])
    live, persistent, outside = _texts(virsh, guest, bool(source.live), lost)
    nics = _libvirt_nic.candidates(_nics(live), _nics(persistent), parse_interface(outside) if outside else None)
    nic = _chosen(guest["name"], nics, question)
    networks = _networks_of(nic, inventory.networks) if question.reservations else []
    said = virsh.ask(_questions(guest["uuid"], bool(live), networks))
    taken = [] if question.allow_taken else holders(guest, found.guests, nics, nic, question.wish.new_mac)
    facts = _facts(guest, bool(live), nic, _job(said.get("job", "")), taken)
    decision = _libvirt_nic.decide(facts, question.wish)
    moves, notes = _moves(said, networks, _old_macs(nic, question.wish), question.wish.new_mac, guest, found.guests)
    interface = _interface(live, persistent, nic) or outside
    warnings = _libvirt_nic.warnings(_snapshots(source.snapshots), facts, interface) if decision.steps else []
    warnings += _nic_change.unknown_holders(question.wish.new_mac, found.gaps) if decision.steps else []
    return View(guest["uuid"], guest["name"], live, persistent, nic, decision, outside if nic.lost else interface,
                [move for move in moves if move.side in decision.reserve],
                warnings + _waiting(moves, decision) + notes)


def _texts(virsh: Virsh, guest: Record, is_active: bool, lost: Optional[Dict[str, str]]) -> Tuple[str, str, str]:
    """The live and the persistent definition of GUEST, and the NIC that it LOST while it runs; empty for none."""
    live = virsh.definition(guest["uuid"], False) if is_active else ""
    persistent = virsh.definition(guest["uuid"], True) if guest["persistent"] else ""
    return live, persistent, (lost or {}).get(guest["uuid"], "") if live else ""


def _chosen(name: str, nics: List[Candidate], question: Question) -> Candidate:
    try:
        return _libvirt_nic.choose(nics, question.selector, question.wish.new_mac)
    except NicError as error:
        raise NicError("%s: %s" % (shortened(name, 60), error)) from None


def _nics(text: str) -> List[Nic]:
    return parse_domain(text).nics if text else []


def _interface(live: str, persistent: str, nic: Candidate) -> str:
    if nic.live_place >= 0:
        return _libvirt_nic.interface_text(live, nic.live_place)
    return _libvirt_nic.interface_text(persistent, nic.persistent_place) if nic.persistent_place >= 0 else ""


def _facts(guest: Record, active: bool, nic: Candidate, job: str, taken: List[str]) -> Facts:
    live, persistent = nic.live or {}, nic.persistent or {}
    return Facts(
        guest["name"],
        active,
        guest["state"],
        guest["managed_save"],
        job,
        live.get("mac"),
        persistent.get("mac"),
        "teaming" in live or "teaming" in persistent,
        nic.lost is not None,
        taken,
    )


def _job(text: str) -> str:
    """What libvirt does with the domain just now (migration, save, dump, backup), from ``virsh domjobinfo``; empty for
    nothing.
    """
    words = dict(re.findall(r"^(Job type|Operation):\s+(\S.*?)\s*$", text, re.MULTILINE))
    return "" if words.get("Job type", "None") == "None" else words.get("Operation", "a job").lower()


def holders(guest: Record, guests: List[Record], nics: List[Candidate], chosen: Candidate, mac: str) -> List[str]:
    """Who else on this hypervisor has MAC: other guests, running, shut off or in a snapshot, and the guest's other
    NICs.
    """
    found = _nic_change.held_by([other for other in guests if other["uuid"] != guest["uuid"]], mac)
    own = [
        nic
        for nic in nics
        if nic is not chosen and mac in {side.get("mac") for side in (nic.live, nic.persistent) if side}
    ]
    return found + ["its own NIC at " + _libvirt_nic.described(nic) for nic in own]


def _snapshots(texts: List[str]) -> Dict[str, List[str]]:
    found = {}  # type: Dict[str, List[str]]
    for text in texts:
        try:
            found[document(text, "domainsnapshot").findtext("name") or "?"] = snapshot_macs(text)[0]
        except XmlError:
            continue  # the records of the guests have it as a gap
    return found


# --- DHCP reservations

def _old_macs(nic: Candidate, wish: Wish) -> Set[str]:
    sides = (nic.live, nic.persistent, nic.lost)
    return {mac for mac in [wish.mac] + [side.get("mac") for side in sides if side] if mac and mac != wish.new_mac}


def _networks_of(nic: Candidate, texts: List[str]) -> List[Tuple[str, str]]:
    """(UUID, name) of the networks that the NIC hangs on, by name or by their bridge."""
    sides = [side for side in (nic.live, nic.persistent, nic.lost) if side]
    names, bridges = {side.get("network") for side in sides}, {side.get("bridge") for side in sides} - {None}
    found = []
    for text in texts:
        try:
            network, uuid = parse_network(text), document(text, "network").findtext("uuid")
        except XmlError:
            continue
        if uuid and (network.name in names or (network.bridge and network.bridge in bridges)):
            found.append((uuid, network.name))
    return found


def _questions(uuid: str, active: bool, networks: List[Tuple[str, str]]) -> Dict[str, str]:
    commands = {"job": "domjobinfo %s" % uuid} if active else {}
    for network, _name in networks:
        commands["info " + network] = "net-info %s" % network
        commands["live " + network] = "net-dumpxml %s" % network
        commands["config " + network] = "net-dumpxml --inactive %s" % network
    return commands


def _moves(said: Dict[str, str], networks: List[Tuple[str, str]], old: Set[str], new: str, guest: Record,
           guests: List[Record]) -> Tuple[List[Move], List[str]]:
    """Reservations that have to follow the NIC, and a note for each that must not."""
    moves, notes = [], []  # type: List[Move], List[str]
    for uuid, name in networks:
        for side, mark in (("config", r"^Persistent:\s+yes"), ("live", r"^Active:\s+yes")):
            if not re.search(mark, said["info " + uuid], re.MULTILINE):
                continue
            for mac in sorted(old):
                for reservation in _libvirt_nic.reservations(said["%s %s" % (side, uuid)], mac, new):
                    others = _others_with(mac, guest, guests)
                    if reservation.name == guest["name"] or not others:
                        moves.append(Move(uuid, name, side, reservation))
                    else:
                        notes.append(
                            "network %s reserves an address for %s, which %s has too: the reservation stays where it is"
                            % (shortened(name, 40), mac, ", ".join(others))
                        )
    return moves, sorted(set(notes))


def _others_with(mac: str, guest: Record, guests: List[Record]) -> List[str]:
    others = [other for other in guests if other["uuid"] != guest["uuid"]]
    return [
        "guest " + shortened(other["name"], 60)
        for other in others
        if any(mac in (nic.get("live_mac"), nic.get("persistent_mac")) for nic in other["nics"])
    ]


def _waiting(moves: List[Move], decision: Decision) -> List[str]:
    names = sorted(
        {shortened(move.name, 40) for move in moves if move.side == "live" and "live" not in decision.reserve}
    )
    return [
        "the running network %s keeps its reservation until the running guest has the new MAC: run again after its"
        " power cycle" % name
        for name in names
    ]
