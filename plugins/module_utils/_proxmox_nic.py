"""A new MAC for one NIC of one guest of Proxmox VE: which NIC, its new line, what has to be done. Pure."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Sources: qm.conf(5), pct.conf(5); PVE::QemuServer::vmconfig_hotplug_pending and vmconfig_update_net (a VM's NIC is
# plugged anew where its `hotplug` has network, else the line waits), PVE::LXC::update_net (a container's always is).

import re
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.netops.layer2.plugins.module_utils import _nic_change
from ansible_collections.netops.layer2.plugins.module_utils._guests._hypervisors import presence_in
from ansible_collections.netops.layer2.plugins.module_utils._guests._proxmox import (
    NET,
    OPTIONS,
    PROXMOX,
    Config,
    Settings,
    after_start,
    parse_nic,
)
from ansible_collections.netops.layer2.plugins.module_utils._mac import MacError
from ansible_collections.netops.layer2.plugins.module_utils._nic_change import NicError, Wish
from ansible_collections.netops.layer2.plugins.module_utils._runner import shortened

_NUMBER = re.compile(r"[1-9][0-9]{2,8}\Z")
_NAME = re.compile(r"net[0-9]{1,2}\Z")
# One option of a NIC's line as qm and pct write it. What is made of anything else becomes no argument of theirs.
_PART = re.compile(r"[a-z0-9][a-z0-9_-]*(?:=[A-Za-z0-9:][A-Za-z0-9_.:;/+-]*)?\Z")
_LONGEST = 1000  # characters of one line
_MAC_KEYS = ("hwaddr", "macaddr")

# One NIC: its line as it holds now, and as it holds from the next start on; None where there is none.
Lines = NamedTuple("Lines", [("name", str), ("current", Optional[str]), ("stored", Optional[str])])
# active: it runs, or may. live_mac: what holds now, by the configuration. hotplug: a running guest gets the NIC anew at
# once. lost: it runs, and the node has no interface for the NIC. waits: the line for the next start differs from what
# holds now in more than the wished MAC.
Facts = NamedTuple("Facts", [
    ("state", str), ("active", bool), ("lock", str), ("live_mac", Optional[str]), ("persistent_mac", Optional[str]),
    ("hotplug", bool), ("lost", bool), ("waits", bool), ("holders", List[str])])
Decision = NamedTuple("Decision", [
    ("steps", Tuple[str, ...]), ("refusals", List[str]), ("persistent", Optional[str]), ("live", Optional[str]),
    ("power_cycle_needed", bool)])
DEFINE, SWAP = "configuration", "running guest"


# --- which NIC

def checked_number(text: object) -> str:
    """TEXT, if it can be the number of a guest; NicError otherwise."""
    if not isinstance(text, str) or not _NUMBER.match(text):
        raise NicError("vmid: %s is no number of a guest, which has 3 to 9 digits" % shortened(repr(text), 40))
    return text


def lines_of(config: Config) -> List[Lines]:
    """The NICs of a guest, by their numbers. What snapshots have is not among them."""
    after = after_start(config)
    names = {key for settings in (config.current, after) for key in settings if NET.match(key)}
    return [Lines(name, config.current.get(name), after.get(name))
            for name in sorted(names, key=lambda name: int(name[3:]))]


def choose(nics: Sequence[Lines], name: Optional[str], wish: Wish) -> Lines:
    """The NIC called NAME; without one that with the MAC which is to be changed, or that was. NicError in doubt."""
    if name is not None:
        asked, found = _named(nics, name)
    elif wish.mac:
        asked, found = "mac %s" % wish.mac, _having(nics, wish.mac) or _having(nics, wish.new_mac)
    else:
        asked, found = "neither nic nor mac is given", list(nics)
    if len(found) == 1:
        return found[0]
    raise NicError("%s: %s; choose one by nic: %s" % (
        asked, "several NICs match" if found else "no NIC matches", ", ".join(map(described, found or nics)) or "none"))


def _named(nics: Sequence[Lines], name: str) -> Tuple[str, List[Lines]]:
    if not _NAME.match(name):
        raise NicError("nic: %s is no name of a NIC; Proxmox VE calls them net0, net1, ..." % shortened(repr(name), 40))
    return "nic %s" % name, [nic for nic in nics if nic.name == name]


def _having(nics: Sequence[Lines], mac: str) -> List[Lines]:
    return [nic for nic in nics if mac in _macs(nic)]


def described(nic: Lines) -> str:
    """The NIC in words, for a message."""
    return "%s (%s)" % (nic.name, " and ".join(sorted(_macs(nic))) or "no MAC")


def _macs(nic: Lines) -> List[str]:
    return sorted({mac for mac in map(mac_of, (nic.current, nic.stored)) if mac})


def mac_of(line: Optional[str]) -> Optional[str]:
    """The MAC in the LINE of a NIC; None where it has none, or none that is one."""
    try:
        return parse_nic(line).get("mac") if line else None
    except MacError:
        return None


# --- the line

def with_mac(line: str, mac: str) -> str:
    """LINE of a NIC with another MAC, all else as it is; NicError where it could mean anything else to qm or pct."""
    parts = _checked_parts(line)
    keys = [part.partition("=")[0] for part in parts]
    places = [place for place, part in enumerate(parts) if "=" in part and _may_be_mac(keys[place])]
    if len(places) != 1 or len(set(keys)) != len(keys):
        raise NicError("its line does not tell one MAC and each option once (%s): set it by hand" % shortened(line))
    before = _parsed(line)
    parts[places[0]] = "%s=%s" % (keys[places[0]], mac.upper())
    after = ",".join(parts)
    if _parsed(after) != dict(before, mac=mac):
        raise NicError("its line is not understood (%s): set the MAC by hand" % shortened(line))
    return after


def _checked_parts(line: str) -> List[str]:
    parts = line.split(",")
    strange = [part for part in parts if not _PART.match(part)]
    if strange or len(line) > _LONGEST:
        raise NicError("%s is no option of a NIC: set the MAC by hand" % shortened(repr((strange or [line])[0]), 60))
    return parts


def _may_be_mac(key: str) -> bool:
    return key in _MAC_KEYS or key not in OPTIONS  # any other key is a model


def _parsed(line: str) -> Dict[str, str]:
    try:
        return parse_nic(line)
    except MacError as error:
        raise NicError("its line: %s" % error) from None


def missing_in(line: Optional[str], wanted: str) -> List[str]:
    """Options that WANTED has and LINE has not, or otherwise; a line that says more is what qm and pct may write."""
    found, expected = _parsed(line) if line else {}, _parsed(wanted)
    return sorted(key for key, value in expected.items() if found.get(key) != value)


# --- the decision

def waits(nic: Lines, new_mac: str) -> bool:
    """Whether another line than the one that is wished for waits for the next start."""
    if nic.current is None or nic.stored == nic.current:  # what is added at the next start hides nothing
        return False
    if nic.stored is None:
        return True
    try:
        return parse_nic(nic.stored) != dict(parse_nic(nic.current), mac=new_mac)
    except MacError:
        return True


def decide(facts: Facts, wish: Wish) -> Decision:
    """What has to be done, or why it must not be. A NIC that has the new MAC already is left alone, whatever speaks
    against it.
    """
    steps = _steps(facts, wish)
    refusals = [reason for reason in (rule(facts, wish, steps) for rule in RULES) if reason]
    persistent = wish.new_mac if steps else facts.persistent_mac
    live = wish.new_mac if SWAP in steps else None if facts.lost else facts.live_mac
    return Decision(steps, refusals, persistent, live, facts.active and live != persistent)


def _steps(facts: Facts, wish: Wish) -> Tuple[str, ...]:
    define = () if facts.persistent_mac == wish.new_mac else (DEFINE,)
    swaps = facts.active and facts.hotplug and facts.live_mac != wish.new_mac and (define or wish.live)
    return define + ((SWAP,) if swaps else ())


def _locked(facts: Facts, _wish: Wish, steps: Sequence[str]) -> str:
    if steps and facts.lock:
        return ("it is locked (%s): try again when that is done; a lock that was left behind goes with "
                "`qm unlock` or `pct unlock`" % shortened(facts.lock, 40))
    return ""


def _cuts_link(facts: Facts, wish: Wish, steps: Sequence[str]) -> str:
    if SWAP in steps and not wish.live:
        now = "it runs" if presence_in(facts.state, PROXMOX.name).on_wire else "whether it runs is not known"
        return ("%s, and Proxmox VE plugs the NIC of a running guest anew at once, which cuts its link for a moment: "
                "allow that with live: true, or shut the guest down first" % now)
    return ""


def _waiting(facts: Facts, _wish: Wish, steps: Sequence[str]) -> str:
    if steps and facts.active and facts.waits:
        return ("another change of this NIC waits for the next start: shut the guest down and start it, or drop that "
                "with `qm set` or `pct set` and --revert")
    return ""


def _gone(facts: Facts, _wish: Wish, steps: Sequence[str]) -> str:
    if steps and not facts.persistent_mac:
        return "the NIC has no MAC from the next start on, or goes then: look at the configuration"
    return ""


def _lost(facts: Facts, _wish: Wish, steps: Sequence[str]) -> str:
    if facts.lost and not steps:
        return ("it runs without this NIC, whose interface is missing on the node: shut the guest down and start it "
                "(a reboot inside is not enough)")
    return ""


def _other_mac(facts: Facts, wish: Wish, steps: Sequence[str]) -> str:
    return _nic_change.other_mac((facts.live_mac, facts.persistent_mac), wish) if steps else ""


def _not_as_expected(facts: Facts, wish: Wish, steps: Sequence[str]) -> str:
    now = {"state": facts.state, "persistent_mac": facts.persistent_mac, "live_mac": facts.live_mac}
    return _nic_change.not_as_expected(now, wish) if steps and not facts.lost else ""


def _taken(facts: Facts, wish: Wish, steps: Sequence[str]) -> str:
    return _nic_change.taken(facts.holders, wish) if steps else ""


RULES = (_gone, _other_mac, _not_as_expected, _locked, _waiting, _taken, _cuts_link, _lost)


def warnings(name: str, config: Config, facts: Facts, nic: Lines) -> List[str]:
    """What the operator should know of guest NAME: snapshots that bring the old MAC back, what else is changed."""
    snapshots = {title: _macs_in(settings) for title, settings in config.snapshots.items()}
    found = _nic_change.in_snapshots(name, snapshots, {mac for mac in (facts.live_mac, facts.persistent_mac) if mac})
    others = sorted(set(config.pending or ()) - {nic.name})
    if others and not facts.active:
        found.append("changes that wait for the next start of %s are made now, too: %s"
                     % (name, shortened(", ".join(others), 80)))
    if facts.active and not facts.hotplug:
        found.append("%s runs, and its hotplug has no network: the new MAC waits until it is shut down and started "
                     "(a reboot inside is not enough)" % name)
    return found


def _macs_in(settings: Settings) -> List[str]:
    return [mac for mac in (mac_of(line) for key, line in settings.items() if NET.match(key)) if mac]
