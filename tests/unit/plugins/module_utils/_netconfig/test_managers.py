"""The list of network managers: a new one is a class and a row, whoever asks; and every page names those that there
are.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _timers
from ansible_collections.netops.layer2.plugins.module_utils._netconfig import (
    _mac_change,
    _mac_plan,
    _manager_pins,
    _pins,
    _route_change,
    _route_plan,
)
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._manager_pins import ManagerPins, no_more
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers import _list
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._managers._adapter import Adapter, Claim
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._owner import owner_of
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._pin_files import CURRENT, SET, PinFiles
from ansible_collections.netops.layer2.plugins.module_utils._netconfig._records import ConfigError, Nic

from .host import NEW, OLD, Host

ROOT = Path(__file__).resolve().parents[5]
FILE = "/etc/toy/%s"
RULES = {
    "ip_-j_-4_rule_show": '[{"priority":0,"src":"all","table":"local"},{"priority":32766,"src":"all","table":"main"}]'
}


class Toy(Adapter):
    """A network manager whose files hold a word and a value a line, one file an interface."""

    manager = "toy"
    folders = ("/etc/toy/",)
    at_boot = ("toy-generate",)
    refills = True

    @classmethod
    def interface_at(cls, drafts, pin, names):
        return pin.file.rpartition("/")[2]

    @classmethod
    def fits_several(cls, drafts, pin, nic, new):
        return pin.kind == "toy_match" and "shared yes" in drafts.read(pin.file)

    @classmethod
    def claims(cls, evidence):
        return (
            [Claim("toy", cls(evidence.runner, evidence.nic))]
            if evidence.runner.exists(FILE % evidence.nic.name)
            else []
        )

    def files(self, drafts):
        return [FILE % self.nic.name]

    def _with(self, drafts, word, value):
        lines = [line for line in drafts.read(self.files(drafts)[0]).splitlines() if line.split()[0] != word]
        drafts.write(self.files(drafts)[0], "\n".join([*lines, f"{word} {value}"]) + "\n")

    def _value(self, drafts, word):
        return dict(line.split(" ", 1) for line in (drafts.read(self.files(drafts)[0]) or "").splitlines()).get(word)

    def read_mac(self, drafts):
        return self._value(drafts, "mac")

    def set_mac(self, drafts, new):
        self._with(drafts, "mac", new)

    def names(self):
        return {"toy0"}

    def late(self):
        return "toy late"

    def activate(self):
        return [["toy-generate"]]

    def set_route(self, drafts, route):
        self._with(drafts, "route", route.vip)

    @classmethod
    def drop_route(cls, drafts, route):
        for path in drafts.glob(FILE % "*"):
            drafts.write(path, drafts.read(path).replace(f"route {route.vip}\n", ""))

    @classmethod
    def check_vip(cls, drafts, vip):
        if vip == "198.51.100.66":
            raise ConfigError("toy routes it")

    @classmethod
    def follow(cls, runner, changes, commands):
        return [*commands, ["toy-follow"]]

    @classmethod
    def before_switch(cls, runner, nic, new, persistent, extended):
        return [["toy-fit", new]]

    @classmethod
    def takes_away(cls, argv):
        return argv[0] == "toy-fit"

    def check(self, drafts, new, routes=()):
        if new == "02:00:00:00:00:66":
            raise ConfigError("toy wants another one")

    def apply(self):
        return [["toy-apply"]]

    def read_ageing(self, drafts):
        return float(self._value(drafts, "ageing") or 0) or None

    def set_ageing(self, drafts, seconds):
        self._with(drafts, "ageing", seconds)
        return True

    def show_ageing(self):
        return [["toy-generate"]]

    def states_deaf(self, drafts):
        return self._value(drafts, "learning") == "no"

    def set_learning(self, drafts):
        self._with(drafts, "learning", "yes")
        return True


TOY_FILES = PinFiles(
    (FILE % "*",), "#", lambda text: {number: f"toy_{line.split()[0]}" for number, line in enumerate(text.splitlines())}
)
TOY_PINS = ManagerPins("toy", (TOY_FILES,), {"toy_match": CURRENT, "toy_mac": SET}, no_more)


@pytest.fixture(autouse=True)
def row(monkeypatch):
    """Its row, and that of its pins."""
    monkeypatch.setattr(_list, "MANAGERS", (*_list.MANAGERS, Toy))
    monkeypatch.setattr(_manager_pins, "MANAGER_PINS", (*_manager_pins.MANAGER_PINS, TOY_PINS))


def toys(**files):
    """A host on which the toy manager has these interfaces."""
    return {FILE % name: text for name, text in files.items()}


def test_it_owns_what_it_claims_and_quarrels_with_the_others():
    nic = Nic("eth0", 2, OLD, "", "")
    assert owner_of(Host(files=toys(eth0="up yes\n")), nic).manager == "toy"
    assert owner_of(Host(files=toys(eth1="up yes\n")), nic) is None
    with pytest.raises(ConfigError, match=r"ifupdown .* and by toy at once"):
        owner_of(Host("ifupdown", files=toys(eth0="up yes\n")), nic)


def mac_request(**changes):
    """An ordinary request, with changes."""
    return _mac_plan.Request("eth0", NEW, None, "address", True, True, [])._replace(**changes)


def test_a_mac_goes_to_its_file_and_its_commands_run():
    host = Host(files=toys(eth0="up yes\n"))
    plan = _mac_plan.plan(host, mac_request())
    assert plan.manager == "toy" and [change.after for change in plan.changes] == [f"up yes\nmac {NEW}\n"]
    assert plan.commands == [["toy-generate"], ["toy-fit", NEW]]
    assert _mac_change._noted(host, plan) == []  # it was asked what others had put there
    first, _kernel, last = _mac_change.revert_of(plan).commands
    assert (first.argv[0], first.at_boot) == ("toy-generate", True)
    assert (last.argv[0], last.at_boot) == ("toy-fit", False)  # behind the kernel's MAC
    with pytest.raises(ConfigError, match="toy wants another one"):
        _mac_plan.plan(host, mac_request(new="02:00:00:00:00:66"))


def test_its_pins_are_found_and_follow_the_mac():
    files = toys(eth0=f"match {OLD}\n# mac {OLD}\n", eth1=f"mac {OLD}\n", eth2=f"match {OLD}\nshared yes\n")
    host = Host(files=files)
    found = _pins.find_pins(host, [{"name": "eth0", "mac": OLD}])
    assert [(pin["file"], pin["kind"], pin["line"]) for pin in found] == [
        (FILE % "eth0", "toy_match", 1),
        (FILE % "eth1", "toy_mac", 1),
        (FILE % "eth2", "toy_match", 1),
    ]
    plan = _mac_plan.plan(host, mac_request())
    assert [(pin["kind"], pin["action"], pin["reason"][:13]) for pin in plan.pins] == [
        ("toy_match", "extended", "at boot the N"),
        ("toy_mac", "kept", "it is about e"),
        ("toy_match", "kept", "it fits other"),
    ]
    after = f"match {OLD} {NEW}\n# mac {OLD}\nmac {NEW}\n"
    assert [(change.path, change.after) for change in plan.changes] == [(FILE % "eth0", after)]
    host.files[FILE % "eth0"] = after.encode()
    again = _mac_plan.plan(host, mac_request(old=OLD))
    assert again.changes == [] and again.pins[0]["reason"] == "the new MAC stands beside it already"
    moved = _mac_plan.plan(Host(files=toys(eth0=f"match {OLD}\n")), mac_request(change="hardware"))
    assert [change.after for change in moved.changes] == [f"match {NEW}\n"]


def test_a_nic_that_changes_later_is_named_with_its_command():
    host = Host(
        files={**toys(eth0="up yes\n"), "/etc/udev/rules.d/70-x.rules": f'ATTR{{address}}=="{OLD}", NAME="eth0"\n'}
    )
    (warning,) = _mac_plan.plan(host, mac_request(change="hardware")).warnings
    assert "toy reads its files at the next boot" in warning and "`toy late`" in warning


def test_a_route_goes_to_its_file_and_away_again():
    host = Host(files=toys(eth0="up yes\n"), answers=RULES)
    request = _route_plan.Request(
        present=True, vips=["198.51.100.9"], interface="eth0", gateway="192.0.2.1", force=True
    )
    plan = _route_plan.plan(host, request)
    after = {change.path: change.after for change in plan.changes}
    assert plan.manager == "toy" and plan.apply == [["toy-apply"], ["toy-follow"]] and plan.verb == "guard"
    assert after[FILE % "eth0"] == "up yes\nroute 198.51.100.9\n" and _list.holds(FILE % "eth0")
    host.files.update({path: text.encode() for path, text in after.items()})
    away = _route_plan.plan(host, request._replace(present=False))
    assert {change.path: change.after for change in away.changes}[FILE % "eth0"] == "up yes\n"
    assert _route_change.is_changing(away)
    with pytest.raises(ConfigError, match="toy routes it"):
        _route_plan.plan(host, request._replace(vips=["198.51.100.66"]))


def test_timers_and_learning_go_to_its_files():
    net = "/sys/class/net"
    files = {
        f"{net}/br0/bridge/ageing_time": "400",
        f"{net}/br0/ifindex": "9",
        f"{net}/br0/address": "02:00:00:00:00:09",
        f"{net}/br0/brif/p1": "",
        f"{net}/p1/ifindex": "1",
        f"{net}/p1/address": "02:00:00:00:00:01",
        f"{net}/p1/brport/learning": "0",
        f"{net}/p1/uevent": "INTERFACE=p1\n",
    }
    host = Host(files={**files, **toys(br0="ageing 4\n", p1="learning no\n")})
    plan = _timers.plan(host, _timers.Request(1800, None, True, [], False, True, True))
    assert {change.path: change.after for change in plan.changes} == {
        FILE % "br0": "ageing 1800\n",
        FILE % "p1": "learning yes\n",
    }
    assert plan.later == [["toy-generate"]] and plan.bridges[0]["manager"] == "toy"


# --- what is written about them ---------------------------------------------------------------------------------------

OURS = [each for each in _list.MANAGERS if each is not Toy]


@pytest.mark.parametrize("each", OURS, ids=lambda each: each.manager)
def test_the_page_on_network_managers_has_a_row_of_each(each):
    rows = (ROOT / "docs/network_managers.md").read_text(encoding="utf-8").splitlines()
    (row,) = [line for line in rows if line.startswith(f"| {each.manager} |")]
    assert [folder for folder in each.folders if folder.rstrip("/") not in row] == []


def test_a_kind_of_pin_is_of_one_manager():
    kinds = [kind for each in _manager_pins.MANAGER_PINS for kind in each.roles]
    assert len(kinds) > 20 and sorted(set(kinds)) == sorted(kinds)
    names = [each.manager for each in _manager_pins.MANAGER_PINS]
    assert names == [each.manager for each in _list.MANAGERS if each.manager in names], "a class each, in their order"


@pytest.mark.parametrize(
    ("module", "method"), [("interface_mac", "set_mac"), ("policy_route", "set_route"), ("layer2_timers", "set_ageing")]
)
def test_a_module_names_the_managers_whose_files_it_writes(module, method):
    text = (ROOT / f"plugins/modules/{module}.py").read_text(encoding="utf-8").split("options:")[0]
    writing = [each.manager for each in OURS if getattr(each, method) is not getattr(Adapter, method)]
    assert len(writing) > 3 and [name for name in writing if name.replace(".link file", "C(.link)") not in text] == []


def test_no_file_tells_managers_apart_by_their_classes():
    """What differs is a method of theirs."""
    names = {each.__name__ for each in OURS}
    rooms = [ROOT / "plugins/module_utils/_timers.py", *(ROOT / "plugins/module_utils/_netconfig").glob("*.py")]
    found = [
        (path.name, name)
        for path in rooms
        for name in names
        if f"isinstance(adapter, {name}" in (text := path.read_text(encoding="utf-8"))
        or f"import {name}" in text
        or f".{name})" in text
    ]
    assert found == []
