"""A new MAC in the line of a Proxmox VE guest's NIC: which NIC, its line, what has to be done, and what speaks against
it.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _proxmox_nic as nic
from ansible_collections.netops.layer2.plugins.module_utils._guests._proxmox import parse_config
from ansible_collections.netops.layer2.plugins.module_utils._nic_change import NicError, Wish

OLD, NEW, OTHER = "bc:24:11:2c:69:ec", "bc:24:11:00:00:07", "bc:24:11:00:00:01"
GOLDEN = Path(__file__).with_name("golden") / "proxmox-8"
WEB = parse_config((GOLDEN / "100.conf").read_text(encoding="utf-8"))


def wish(live=False, mac=OLD, **expects):
    return Wish(NEW, mac, live, expects)


# --- which NIC

@pytest.mark.parametrize("number", ["99", "0100", "1234567890", "", "100 ", "100\n", "-100", "1e3", "१००", None, 100])
def test_what_is_no_number_of_a_guest(number):
    with pytest.raises(NicError, match="vmid: "):
        nic.checked_number(number)
    assert nic.checked_number("100") == "100" and nic.checked_number("999999999") == "999999999"


def test_nics_are_those_of_now_and_of_the_next_start_and_none_of_snapshots():
    found = nic.lines_of(WEB)
    assert [one.name for one in found] == ["net0", "net1"]
    assert found[0].current == found[0].stored == "virtio=BC:24:11:2C:69:EC,bridge=vmbr0,firewall=1,tag=20"
    assert (nic.mac_of(found[1].current), nic.mac_of(found[1].stored)) == ("bc:24:11:2c:69:ed", "bc:24:11:00:00:99")


@pytest.mark.parametrize(("name", "mac", "found"), [
    ("net1", None, "net1"), (None, OLD, "net0"), (None, "bc:24:11:00:00:99", "net1"), ("net0", OTHER, "net0"),
])
def test_a_nic_by_its_name_or_its_mac(name, mac, found):
    assert nic.choose(nic.lines_of(WEB), name, wish(mac=mac)).name == found


def test_a_nic_that_has_the_new_mac_already_is_found_by_the_old_one():
    changed = [nic.Lines("net0", f"virtio={NEW}", f"virtio={NEW}"), nic.Lines("net1", "virtio=" + OTHER, None)]
    assert nic.choose(changed, None, wish()).name == "net0"


@pytest.mark.parametrize(("name", "mac", "said"), [
    ("net7", None, "nic net7: no NIC matches; choose one by nic: net0 .*, net1"),
    (None, OTHER, f"mac {OTHER}: no NIC matches"),  # a snapshot has it
    (None, None, "neither nic nor mac is given: several NICs match"),
    ("--delete", None, "'--delete' is no name of a NIC"), ("net0\n", None, "no name of a NIC"),
    ("net0,net1", None, "no name of a NIC"),
])
def test_nics_that_are_not_there_or_in_doubt(name, mac, said):
    with pytest.raises(NicError, match=said):
        nic.choose(nic.lines_of(WEB), name, wish(mac=mac))
    with pytest.raises(NicError, match="none"):
        nic.choose([], "net0", wish())


# --- the line

LINES = [
    "virtio={},bridge=vmbr0,firewall=1,tag=20", "e1000={},bridge=vmbr1,link_down=1", "bridge=vmbr0,e1000e={}",
    "model=virtio,macaddr={},bridge=vmbr0,queues=4,rate=12.5,mtu=1,trunks=5;10-20",
    "name=eth0,bridge=vmbr0,firewall=1,gw=192.168.1.1,hwaddr={},ip=192.168.1.53/24,type=veth",
    "name=eth0,bridge=vnet_1.a-b,hwaddr={},ip6=fe80::1/64,gw6=::1,tag=7,host-managed=1,type=veth", "virtio={}",
]


@pytest.mark.parametrize("line", LINES)
def test_the_mac_changes_and_every_other_option_stays(line):
    for old in (OLD, OLD.upper()):
        assert nic.with_mac(line.format(old), NEW) == line.format(NEW.upper())
    assert nic.missing_in(line.format(NEW), line.format(NEW.upper())) == []
    assert nic.missing_in(line.format(OLD), line.format(NEW)) == ["mac"]


@pytest.mark.parametrize("line", [
    "virtio={},bridge=vmbr0 --delete net1", "virtio={},bridge=--delete", "--delete=net1,virtio={}", "-virtio={}",
    "virtio={},bridge=vmbr0\n--force 1", "virtio={},bridge=$(reboot)", "virtio={},bridge=`reboot`", "virtio={},",
    "virtio={},bridge=vmbr0;x=1", "virtio={},bridge='vmbr0'", "virtio={},bridge=v{{ x }}", "virtio={},bridge=brücke",
    "virtio={},bridge=" + "b" * 1000, "virtio={0},e1000={0}", "virtio={0},macaddr={0}", "virtio={},tag=1,tag=2",
    "virtio,bridge=vmbr0", "bridge=vmbr0", "", "virtio={}:11,bridge=vmbr0", "virtio=,bridge=vmbr0",
    "hwaddr={},color=red",
])
def test_a_line_that_could_mean_anything_else_becomes_no_argument(line):
    with pytest.raises(NicError):
        nic.with_mac(line.format(OLD), NEW)


@pytest.mark.parametrize(("line", "missing"), [
    (f"virtio={NEW},bridge=vmbr0,tag=20", []), (f"bridge=vmbr0,tag=20,model=virtio,macaddr={NEW},firewall=1", []),
    (f"virtio={NEW},bridge=vmbr0", ["tag"]), (f"e1000={OLD},bridge=vmbr1,tag=20", ["bridge", "mac", "model"]),
    (None, ["bridge", "mac", "model", "tag"]),
])
def test_what_was_written_is_held_against_what_was_asked_for(line, missing):
    assert nic.missing_in(line, f"virtio={NEW},bridge=vmbr0,tag=20") == missing


# --- the decision

def facts(live=None, persistent=OLD, **more):
    known = {"state": "running" if live else "stopped", "active": live is not None, "lock": "", "live_mac": live,
             "persistent_mac": persistent, "hotplug": True, "lost": False, "waits": False, "holders": []}
    return nic.Facts(**{**known, **more})


BOTH = (nic.DEFINE, nic.SWAP)
DECISIONS = [  # facts, wish, steps, persistent, live, power cycle needed
    (facts(), wish(), (nic.DEFINE,), NEW, None, False),
    (facts(persistent=NEW), wish(), (), NEW, None, False),
    (facts(OLD), wish(live=True), BOTH, NEW, NEW, False),
    (facts(OLD, hotplug=False), wish(), (nic.DEFINE,), NEW, OLD, True),
    (facts(OLD, hotplug=False), wish(live=True), (nic.DEFINE,), NEW, OLD, True),
    (facts(OLD, NEW), wish(), (), NEW, OLD, True),
    (facts(OLD, NEW), wish(live=True), (nic.SWAP,), NEW, NEW, False),
    (facts(NEW, NEW), wish(live=True), (), NEW, NEW, False),
    (facts(NEW, OLD), wish(), (nic.DEFINE,), NEW, NEW, False),  # the way back of a change that waits
    (facts(OLD, lost=True), wish(live=True), BOTH, NEW, NEW, False),
    (facts(None, NEW, active=True, state="running"), wish(live=True), (nic.SWAP,), NEW, NEW, False),
]


@pytest.mark.parametrize(("known", "wanted", "steps", "persistent", "live", "cycle"), DECISIONS)
def test_decisions(known, wanted, steps, persistent, live, cycle):
    assert nic.decide(known, wanted) == (steps, [], persistent, live, cycle)


REFUSALS = [  # facts, wish, what the reason says
    (facts(OLD), wish(), "cuts its link for a moment: allow that with live: true"),
    (facts(OLD, state="unknown"), wish(), "whether it runs is not known"),
    (facts(lock="migrate"), wish(), "it is locked (migrate)"),
    (facts(lock="x" * 5000), wish(), "it is locked (xxx"),
    (facts(OLD, waits=True), wish(live=True), "another change of this NIC waits"),
    (facts(holders=["guest db (running)"]), wish(), f"{NEW} is taken by guest db (running)"),
    (facts(persistent=None), wish(), "has no MAC from the next start on"),
    (facts(persistent=OTHER), wish(), f"the NIC has {OTHER}, not {OLD} as expected"),
    (facts(state="stopped"), wish(state="running"), "state is stopped, not running"),
    (facts(NEW, NEW, lost=True), wish(live=True), "runs without this NIC"),
    (facts(OLD, NEW, lost=True), wish(), "runs without this NIC"),
]


@pytest.mark.parametrize(("known", "wanted", "said"), REFUSALS)
def test_refusals(known, wanted, said):
    (reason,) = nic.decide(known, wanted).refusals
    assert said in reason and len(reason) < 300


def test_what_is_done_already_is_not_refused():
    known = facts(NEW, NEW, lock="backup", holders=["x"], waits=True)
    assert nic.decide(known, wish(live=True, state="stopped")) == ((), [], NEW, NEW, False)
    assert nic.decide(facts(NEW, NEW, lost=True), wish()).live is None  # it is refused, and the guest has none


@pytest.mark.parametrize(("current", "stored", "found"), [
    (f"virtio={OLD},bridge=vmbr0", f"virtio={OLD},bridge=vmbr0", False),
    (f"virtio={OLD},bridge=vmbr0", f"bridge=vmbr0,virtio={NEW.upper()}", False),  # an earlier run's own
    (f"virtio={OLD},bridge=vmbr0", f"virtio={NEW},bridge=vmbr1", True),
    (f"virtio={OLD},bridge=vmbr0", f"virtio={OTHER},bridge=vmbr0", True),
    (f"virtio={OLD},bridge=vmbr0", None, True), (f"virtio={OLD}", "virtio=zz", True), (None, f"virtio={OLD}", False),
])
def test_another_change_that_waits(current, stored, found):
    assert nic.waits(nic.Lines("net0", current, stored), NEW) is found


def test_what_the_operator_should_know():
    config = parse_config(f"net0: virtio={OLD}\n[PENDING]\nmemory: 1\nnet0: virtio={NEW}\n[before]\n"
                          f"net3: virtio={OLD}\n")
    (net0,) = nic.lines_of(config)
    off, on = (nic.warnings("web (100)", config, known, net0) for known in (facts(), facts(OLD, hotplug=False)))
    snapshot = f"snapshot before of web (100) carries {OLD}: reverting to it brings that back"
    assert off == [snapshot, "changes that wait for the next start of web (100) are made now, too: memory"]
    assert on[0] == snapshot and "its hotplug has no network" in on[1] and len(on) == 2
    assert nic.warnings("web (100)", config, facts(OTHER, OTHER), net0) == []
