"""Words and commands of each hypervisor, held as text; names that would be taken for something else are in none of
them.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.module_utils import _snapshot
from ansible_collections.netops.layer2.plugins.module_utils._guests import _hypervisor as on_targets_type
from ansible_collections.netops.layer2.plugins.module_utils._guests import _hypervisors as on_targets
from ansible_collections.netops.layer2.plugins.module_utils._runner import Runner
from ansible_collections.netops.layer2.plugins.plugin_utils._guests import _hypervisors
from ansible_collections.netops.layer2.plugins.plugin_utils._guests._hypervisor import (
    Change,
    Hypervisor,
    bare,
    powershell,
    word,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._renumber._allocation import (
    is_from_maker,
    propose,
    read_pool,
)
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from ..builders import hypervisor

ROOT = Path(__file__).resolve().parents[5]
GOLDEN = Path(__file__).resolve().parent / "golden" / "commands.txt"
OLD, NEW = "bc:24:11:2c:69:ec", "bc:24:11:00:00:07"
PLAIN = Change(
    OLD,
    NEW,
    "web 1",
    "100",
    "11111111-2222-3333-4444-555555555555",
    "vm",
    "net0",
    f"virtio={OLD.upper()},bridge=vmbr0,tag=20",
    "VM Network",
)
CONTAINER = PLAIN._replace(kind="container", definition=f"name=eth0,bridge=vmbr0,hwaddr={OLD.upper()},ip=dhcp")
NOBODY = Change(OLD, NEW, "", "", "", "", "", "", "")
HOSTILE = [
    "x; reboot",
    "$(reboot)",
    "`reboot`",
    "a'b\"c",
    "-h",
    "--config=/etc/passwd",
    "a\nreboot",
    "a\u202ereboot",
    "\x1b]0;x\x07",
    "{{ 7 * 7 }}",
    "",
]
SHELLS = [one for one in _hypervisors.HYPERVISORS if one.commands and one.key != "hyperv"]


def told() -> str:
    """What is told of one NIC each, known in all and in nothing."""
    lines = []
    for one in _hypervisors.HYPERVISORS:
        lines += [
            f"== {one.key or 'any'}: {one.name}; {one.pool or 'locally administered'}; "
            + (one.executor.module if one.executor else "by hand"),
            f"  {one.place}; {one.inside}",
        ]
        for what, change in (("known", PLAIN), ("container", CONTAINER), ("unknown", NOBODY)):
            lines += [f"  {what}: {line}" for line in _hypervisors.steps(one.key, change)]
        lines += [f"  {one.power}"] if one.power else []
    return "\n".join(lines) + "\n"


def test_the_commands_are_those_that_were_reviewed():
    """Changed on purpose? Read the difference as somebody who pastes it, then write told() into the file."""
    assert told() == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("one", SHELLS, ids=lambda one: one.key)
def test_no_name_breaks_out_of_a_command(one, text):
    change = PLAIN._replace(
        guest=text, id=text, nic=text, network=text, definition=f"virtio={OLD},bridge={text}", uuid=text, kind=text
    )
    for line, known in zip(one.commands(change), one.commands(PLAIN if text else PLAIN._replace(nic="")), strict=True):
        assert "\n" not in line and line.isprintable()
        words = shlex.split(line)
        assert len(words) == len(shlex.split(known)) and words[:2] == shlex.split(known)[:2], line
        assert not [each for each in words if each.startswith("-") and each == text]


@pytest.mark.parametrize("text", [*HOSTILE, "a\u2019; reboot", "a' ; reboot"])
def test_no_name_breaks_out_of_powershell(text):
    quoted = powershell(text, "VM")
    inner = quoted[1:-1]
    assert quoted == "VM" or (
        quoted[0] == quoted[-1] == "'" and all(inner.count(mark) % 2 == 0 for mark in "'\u2018\u2019\u201a\u201b")
    )


@pytest.mark.parametrize(("key", "tool"), [("incus", "incus"), ("lxd", "lxc")])
def test_an_instance_is_named_with_its_project_and_what_a_profile_brings_is_overridden(key, tool):
    ours = PLAIN._replace(guest="web", id="web", nic="eth0", definition="instance")
    assert _hypervisors.steps(key, ours) == [f"{tool} config device set web eth0 hwaddr={NEW}"]
    theirs = ours._replace(id="it's_web", definition="profile")
    assert _hypervisors.steps(key, theirs) == [
        f"{tool} config device override web eth0 hwaddr={NEW} --project 'it'\"'\"'s'"
    ]
    hostile = ours._replace(id="-x\n_web")
    assert _hypervisors.steps(key, hostile)[0].endswith(" --project PROJECT")


def test_only_libvirts_guests_are_told_virsh():
    for one in _hypervisors.HYPERVISORS:
        lines = [*_hypervisors.steps(one.key, PLAIN), one.power, one.runs, one.unsave]
        assert any("virsh" in line for line in lines) is (one.key == "libvirt"), one.key


@pytest.mark.parametrize("one", [one for one in _hypervisors.HYPERVISORS if one.pool], ids=lambda one: one.key)
def test_a_new_mac_is_of_its_hypervisors_range(one):
    mac = propose("guest/net0", {}, one.pool)
    assert mac.startswith(one.pool) and not is_from_maker(mac)
    assert one.key != "vmware" or mac <= "00:50:56:3f:ff:ff"
    assert len(read_pool(one.pool)) >= 1 << 22


def test_both_sides_and_the_schema_have_the_same_names():
    schema = json.loads((ROOT / "docs/schemas/snapshot-v1.json").read_text(encoding="utf-8"))
    names = schema["$defs"]["guest"]["properties"]["hypervisor"]["enum"]
    assert [one.name for one in on_targets.HYPERVISORS] == names
    assert set(names) <= {one.key for one in _hypervisors.HYPERVISORS}


def test_a_new_hypervisor_is_one_row_on_each_side_from_the_reading_to_the_cure(monkeypatch):
    def read(_runner):
        limb = {"mac": OLD, "live_mac": OLD, "type": "bridge", "bridge": "br0", "alias": "arm"}
        doll = {"hypervisor": "toy", "manager": "box", "kind": "vm", "state": "hums", "nics": [limb]}
        return on_targets_type.Found(
            [{**doll, "name": f"doll{number}", "id": str(number)} for number in (1, 2)], [], []
        )

    toy = on_targets_type.Hypervisor("toy", {"hums": on_targets_type.RUNS, "sleeps": on_targets_type.OFF}, read)
    words = Hypervisor(
        "toy",
        "Toybox",
        "the lid",
        pool="02:70:79",
        commands=lambda change: [f"toy {change.id} {word(change.nic, 'LIMB')} {change.new}"],
    )
    monkeypatch.setattr(on_targets, "HYPERVISORS", (*on_targets.HYPERVISORS, toy))
    monkeypatch.setattr(_hypervisors, "HYPERVISORS", (*_hypervisors.HYPERVISORS, words))
    guests = _snapshot.collect(Runner(), ["guests"])["guests"]
    (finding,) = mac_collisions([hypervisor("box1", 1) | {"guests": guests}])["findings"]
    assert finding["status"] == "conflict" and "two Toybox definitions" in finding["cause_text"]
    assert "\ntoy 1 arm 02:70:79:" in finding["fix"] and "\ntoy 2 arm 02:70:79:" in finding["fix"]


def test_a_new_hypervisor_is_one_row(monkeypatch):
    toy = Hypervisor(
        "toy",
        "Toybox",
        "the toy's lid",
        pool="02:70:79",
        commands=lambda change: [f"toy mac {word(change.guest, 'TOY')} {bare(change.new)}"],
    )
    monkeypatch.setattr(_hypervisors, "HYPERVISORS", (*_hypervisors.HYPERVISORS, toy))
    assert _hypervisors.steps("toy", PLAIN) == ["toy mac 'web 1' BC2411000007"]
    assert _hypervisors.hypervisor("nobody's").name == "its hypervisor"
