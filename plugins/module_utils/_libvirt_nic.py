"""A new MAC for one NIC of one libvirt domain: choose the NIC, edit its XML, decide what has to be done. Pure; does
nothing.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Source of the formats: https://libvirt.org/formatdomain.html#network-interfaces and formatnetwork.html#addressing.

import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple
from xml.etree import ElementTree  # nosec B405  # writes only; _libvirt_xml reads
from xml.parsers import expat

from ansible_collections.netops.layer2.plugins.module_utils import _nic_change
from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisors import presence_in
from ansible_collections.netops.layer2.plugins.module_utils._libvirt_xml import (
    Nic,
    XmlError,
    ambiguous,
    document,
    paired,
)
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError, canonical
from ansible_collections.netops.layer2.plugins.module_utils._nic_change import NicError, Wish
from ansible_collections.netops.layer2.plugins.module_utils._runner import shortened

# From the surest to the vaguest: a tap and an alias change when a NIC is plugged in anew, its address does not.
SELECTORS = ("address", "alias", "tap", "mac")
_ADDRESS = re.compile(rb"""<mac(?:\s+[\w:.-]+\s*=\s*(?:'[^']*'|"[^"]*"))*?\s+address\s*=\s*(?:'([^']*)'|"([^"]*)")""")
# libvirt picks such names itself and takes them back with the NIC (VIR_NET_GENERATED_*_PREFIX).
_GENERATED_TAP = re.compile(r"(?:vnet|vif|macvtap|macvlan)[0-9]+\Z")

Span = NamedTuple("Span", [("start", int), ("end", int), ("mac", int)])  # bytes; mac: where <mac begins, -1 without one
# One NIC: its records, and its place among the <interface> elements of the live and of the persistent definition.
# lost: what it was in the running guest before an earlier change took it out and did not get to putting it back.
Candidate = NamedTuple("Candidate", [("live", Optional[Nic]), ("live_place", int), ("persistent", Optional[Nic]),
                                     ("persistent_place", int), ("lost", Optional[Nic]), ("is_guess", bool)])
Facts = NamedTuple("Facts", [
    ("name", str), ("active", bool), ("state", str), ("managed_save", bool), ("job", str), ("live_mac", Optional[str]),
    ("persistent_mac", Optional[str]), ("teaming", bool), ("interrupted", bool), ("holders", List[str])])
Decision = NamedTuple(
    "Decision",
    [
        ("steps", Tuple[str, ...]),
        ("reserve", Tuple[str, ...]),
        ("refusals", List[str]),
        ("persistent", Optional[str]),
        ("live", Optional[str]),
        ("power_cycle_needed", bool),
    ],
)
Reservation = NamedTuple("Reservation", [("parent_index", int), ("before", str), ("after", str), ("name", str)])


# --- which NIC

def candidates(live: Sequence[Nic], persistent: Sequence[Nic], lost: Optional[Nic] = None) -> List[Candidate]:
    """The NICs of a domain, of its live and its persistent records. LOST was taken out by a change that did not finish.
    """
    live, persistent = _of_xml(live), _of_xml(persistent)
    unsure = {id(nic) for nic in ambiguous(live, persistent)}
    found = [
        Candidate(one, _place(live, one), other, _place(persistent, other), None,
                  id(one) in unsure or id(other) in unsure)
        for one, other in paired(live, persistent)
    ]
    if lost is None or any(nic["address"] == lost.get("address") for nic in live if "address" in nic):
        return found
    for number, candidate in enumerate(found):
        if candidate.persistent and candidate.persistent.get("address") == lost.get("address"):
            found[number] = candidate._replace(lost=lost)
            return found
    return found + [Candidate(None, -1, None, -1, lost, False)]


def _of_xml(nics: Sequence[Nic]) -> List[Nic]:
    # What was given to QEMU past libvirt has no <interface> that could be edited.
    return [nic for nic in nics if nic["type"] != "commandline"]


def _place(nics: Sequence[Nic], nic: Optional[Nic]) -> int:
    return next((place for place, one in enumerate(nics) if one is nic), -1)


def choose(nics: Sequence[Candidate], selector: Dict[str, str], new_mac: str) -> Candidate:
    """The NIC that SELECTOR (keys of SELECTORS) means; NicError with the candidates where that is none or several.

    The surest key decides; the others are asked only while several NICs are left. A MAC that no NIC has any more may
    have been changed to NEW_MAC before.
    """
    given = [(key, selector[key]) for key in SELECTORS if selector.get(key)]
    left = list(nics)
    for place, (key, value) in enumerate(given):
        if place == 0:
            left = _with_value(left, key, value, new_mac)
        elif len(left) > 1:
            left = _with_value(left, key, value, new_mac) or left
    if len(left) == 1 and left[0].is_guess:
        raise NicError(
            "%s: neither an alias nor an address tells which NIC of the running guest is which of its definition: give"
            " each an <alias name='ua-...'/> by `virsh edit`, stop the guest and start it, then ask again"
            % described(left[0])
        )
    if len(left) == 1:
        return left[0]
    raise _undecided(given, left, nics)


def _undecided(given: Sequence[Tuple[str, str]], left: Sequence[Candidate], nics: Sequence[Candidate]) -> NicError:
    """That what was GIVEN means several NICs (LEFT), or none of NICS."""
    asked = ", ".join("%s %s" % (key, shortened(str(value), 60)) for key, value in given) or "no selector"
    return NicError(
        "%s: %s; choose one by its address: %s"
        % (
            asked,
            "several NICs match" if left else "no NIC matches",
            "; ".join(map(described, left or nics)) or "the domain has none",
        )
    )


def _with_value(nics: Sequence[Candidate], key: str, value: str, new_mac: str) -> List[Candidate]:
    """Those of NICS that have VALUE as KEY; where it is a MAC that none has, those that have NEW_MAC."""
    found = [nic for nic in nics if value in _values(nic, key)]
    return found if found or key != "mac" else [nic for nic in nics if new_mac in _values(nic, key)]


def _values(nic: Candidate, key: str) -> Set[str]:
    return {side[key] for side in (nic.live, nic.persistent, nic.lost) if side and side.get(key)}


def described(nic: Candidate) -> str:
    """The NIC in words, for a message."""
    side = nic.live or nic.lost or nic.persistent or {}
    words = ["%s %s" % (key, side[key]) for key in ("address", "alias", "tap") if side.get(key)]
    words = words or [side.get("type", "unknown") + " without an address"]
    macs = [side["mac"] if side and "mac" in side else "none" for side in (nic.live, nic.persistent)]
    return "%s (live MAC %s, persistent MAC %s)" % (", ".join(words), macs[0], macs[1])


# --- editing

def _spans(data: bytes) -> List[Span]:
    """Where each <interface> of <devices> stands in DATA, a domain's definition."""
    parser = expat.ParserCreate(
        "utf-8", " "
    )  # with namespaces, as whoever reads the definition: what is of another one is no NIC
    path, found = [], []  # type: List[str], List[Span]

    def start(tag: str, _attributes: Dict[str, str]) -> None:
        path.append(tag)
        if path == ["domain", "devices", "interface"]:
            found.append(Span(parser.CurrentByteIndex, -1, -1))
        elif path == ["domain", "devices", "interface", "mac"] and found[-1].mac < 0:  # of several, the first counts
            found[-1] = found[-1]._replace(mac=parser.CurrentByteIndex)

    def end(_tag: str) -> None:
        if path == ["domain", "devices", "interface"]:
            found[-1] = found[-1]._replace(end=data.index(b">", parser.CurrentByteIndex - 1) + 1)
        path.pop()

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(data, True)
    return found


def interface_text(text: str, place: int) -> str:
    """The <interface> at PLACE of the domain TEXT, as it stands there; XmlError, NicError."""
    data, span = _span(text, place)
    return data[span.start:span.end].decode("utf-8")


def with_mac(text: str, place: int, mac: str) -> str:
    """TEXT, a domain's definition, in which the NIC at PLACE has MAC: every other byte stays as it is. XmlError,
    NicError.
    """
    data, span = _span(text, place)
    match = _ADDRESS.match(data, span.mac) if span.mac >= 0 else None
    if match is None:
        raise NicError("the definition of NIC %d has no <mac address=...>, which libvirt always writes" % place)
    group = 1 if match.group(1) is not None else 2
    return (data[:match.start(group)] + mac.encode("ascii") + data[match.end(group):]).decode("utf-8")


def _span(text: str, place: int) -> Tuple[bytes, Span]:
    document(text, "domain")  # refuses what an attacker could put into a definition
    data = text.encode("utf-8")
    spans = _spans(data)
    if not 0 <= place < len(spans):
        raise NicError("NIC %d is not in the definition, which has %d" % (place, len(spans)))
    return data, spans[place]


def attachable(text: str, mac: str) -> str:
    """XML that plugs the live <interface> TEXT in again with MAC: same address, model, filter, bandwidth, boot order,
    VLAN, link state.

    Left out is what libvirt made up for the running NIC: alias, generated name, and what its network became.
    """
    element = document(text, "interface")
    _drop(element, "alias", lambda child: not child.get("name", "").startswith("ua-"))
    _drop(element, "target", lambda child: bool(_GENERATED_TAP.match(child.get("dev", ""))))
    source = element.find("source")
    if source is not None and source.get("network") and element.get("type") != "network":
        element.set("type", "network")
    if source is not None and source.get("network"):
        for name in [name for name in source.attrib if name not in ("network", "portgroup")]:
            del source.attrib[name]
    own = element.find("mac")
    if own is None:
        raise NicError("the running NIC has no <mac>")
    own.set("address", mac)
    return ElementTree.tostring(element, encoding="unicode")


def _drop(element: Any, tag: str, unwanted: Any) -> None:
    for child in [child for child in element.findall(tag) if unwanted(child)]:
        element.remove(child)


# --- DHCP reservations

def reservations(text: str, old: str, new: str) -> List[Reservation]:
    """What to update in the network TEXT so that what it reserves for MAC OLD is reserved for NEW (``virsh
    net-update``).
    """
    found = []
    for number, address in enumerate(document(text, "network").findall("ip")):
        for host in address.findall("dhcp/host"):
            if _is(host.get("mac"), old):
                before = _element_text(host)
                host.set("mac", new)
                found.append(Reservation(number, before, _element_text(host), host.get("name") or ""))
    return found


def _is(text: Optional[str], mac: str) -> bool:
    try:
        return text is not None and canonical(text) == mac
    except MacError:
        return False


def _element_text(element: Any) -> str:
    return ElementTree.tostring(element, encoding="unicode").strip()


# --- the decision

def decide(facts: Facts, wish: Wish) -> Decision:
    """What has to be done, in order, or why it must not be. A NIC that has the new MAC already is left alone, whatever
    speaks against it.

    Steps: ``define`` (persistent), ``swap`` (live: out and in again), ``attach`` (live: in again). ``reserve`` says
    which side of its network's DHCP reservations follows: ``config``, ``live``. The live one waits for the guest, which
    would lose its lease.
    """
    steps = _steps(facts, wish)
    persistent = wish.new_mac if "define" in steps else facts.persistent_mac
    live = wish.new_mac if {"swap", "attach"} & set(steps) else facts.live_mac
    reserve = [
        side
        for side, mac in (("config", persistent or live), ("live", live if facts.active else persistent))
        if mac == wish.new_mac
    ]
    refusals = [reason for reason in (rule(facts, wish, steps) for rule in RULES) if reason]
    waiting = facts.active and persistent is not None and persistent != live
    return Decision(tuple(steps), tuple(reserve), refusals, persistent, live, waiting)


def _steps(facts: Facts, wish: Wish) -> List[str]:
    steps = []
    if facts.persistent_mac is not None and facts.persistent_mac != wish.new_mac:
        steps.append("define")
    if facts.interrupted and facts.live_mac is None:
        steps.append("attach")
    elif facts.live_mac is not None and facts.live_mac != wish.new_mac and wish.live:
        steps.append("swap")
    return steps


def _other_mac(facts: Facts, wish: Wish, steps: List[str]) -> str:
    return _nic_change.other_mac((facts.live_mac, facts.persistent_mac), wish) if steps else ""


def _not_as_expected(facts: Facts, wish: Wish, steps: List[str]) -> str:
    now = {"state": facts.state, "persistent_mac": facts.persistent_mac, "live_mac": facts.live_mac}
    return _nic_change.not_as_expected(now, wish) if steps and not facts.interrupted else ""


def _saved(facts: Facts, _wish: Wish, steps: List[str]) -> str:
    if steps and facts.managed_save:
        return ("it has a managed save, which refuses a changed MAC: start it, or drop the save with "
                "`virsh managedsave-remove` (as if its power had been cut)")
    return ""


def _busy(facts: Facts, _wish: Wish, steps: List[str]) -> str:
    return "libvirt works on it (%s): try again when that is done" % facts.job if steps and facts.job else ""


def _team(facts: Facts, _wish: Wish, steps: List[str]) -> str:
    if steps and facts.teaming:
        return (
            "the NIC is half of a failover pair (<teaming>), which shares its MAC on purpose: change both with `virsh"
            " edit`"
        )
    return ""


def _taken(facts: Facts, wish: Wish, steps: List[str]) -> str:
    return _nic_change.taken(facts.holders, wish) if steps else ""


def _deaf(facts: Facts, _wish: Wish, steps: List[str]) -> str:
    if "swap" in steps and not presence_in(facts.state).answers:
        return "it is %s, so it cannot let go of the NIC: resume it, or change without live: true" % facts.state
    return ""


def _only_live(facts: Facts, wish: Wish, steps: List[str]) -> str:
    if not steps and facts.persistent_mac is None and facts.live_mac not in (None, wish.new_mac):
        return (
            "only the running guest has this NIC, no definition does: it changes with live: true, which cuts its link"
            " for a moment"
        )
    return ""


RULES = (_other_mac, _not_as_expected, _saved, _busy, _team, _taken, _deaf, _only_live)


def warnings(snapshots: Dict[str, List[str]], facts: Facts, interface: str) -> List[str]:
    """What the operator should know: SNAPSHOTS (name -> MACs in it) that bring an old MAC back, filters that name it in
    INTERFACE.
    """
    old = {mac for mac in (facts.live_mac, facts.persistent_mac) if mac}
    found = _nic_change.in_snapshots(facts.name, snapshots, old)
    for parameter in _parameters(interface):
        if any(_is(parameter.get("value"), mac) for mac in old):
            found.append("the filter of the NIC names its MAC in parameter %s, which stays: change it with `virsh edit`"
                         % shortened(parameter.get("name") or "?", 40))
    return found


def _parameters(interface: str) -> List[Any]:
    try:
        return list(document(interface, "interface").findall("filterref/parameter")) if interface else []
    except XmlError:
        return []
