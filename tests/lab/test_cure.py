"""Incident 1 cured: check mode first, refusals, live on real guests, then proof, second runs, reboots, and everything that can go wrong."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import fingerprint, hosts, lab, symptom
from .conftest import Running
from .cure import LIVE, Cure, Watch, answers, cure, finish, infect, kill_at, neighbour, nic_macs, plan_in, start

# The tests build on each other: one fleet, from the first look to the last fault.
TWINS, IP = "52:54:00:0c:1d:f5", "192.168.100.25"
FEW = ("-e", "target=hypervisors:client:web1")  # enough to judge, and quicker where a fault is tried again and again
WITHIN = 3.0  # seconds after the new NIC is there; what the issue asks for


@pytest.fixture(scope="module")
def saved(incident1: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the plan is kept."""
    yield tmp_path_factory.mktemp("cure")


def state(incident1: Running) -> tuple[list[str], list[str]]:
    """The twin's MACs, live and persistent."""
    return nic_macs(incident1.name, "hv2", "vm25")


def test_check_mode_shows_the_change_and_touches_nothing(incident1: Running, saved: Path) -> None:
    before = fingerprint.of_all(incident1.name, incident1.topology)
    checked = cure(incident1.name, saved, *LIVE, "--check", "--diff")
    assert checked.status == 0, checked.text
    assert f"CHANGE  {TWINS} -> 52:54:00:" in checked.text and "guest vm25 on hv2" in checked.text
    assert f"-      <mac address='{TWINS}'/>" in checked.text and "Check mode: nothing was changed" in checked.text
    assert list(saved.iterdir()) == [] and state(incident1) == ([TWINS], [TWINS])
    for host, prints in before.items():
        assert sorted(set(fingerprint.of_host(incident1.name, host)) ^ set(prints)) == [], host


def test_a_review_that_nobody_can_give_keeps_the_plan_and_changes_nothing(incident1: Running, saved: Path) -> None:
    asked = cure(incident1.name, saved, *LIVE, "-e", "fix_review=true")
    assert asked.status == 2 and "nobody said yes" in asked.message and "fix_plan=" in asked.message, asked.text
    (change,) = plan_in(saved)["changes"]
    assert (change["guest"], change["host"], change["mac"]) == ("vm25", "hv2", TWINS)
    assert state(incident1) == ([TWINS], [TWINS])


def test_a_plan_whose_new_address_was_taken_meanwhile_is_refused(incident1: Running, saved: Path) -> None:
    new = plan_in(saved)["changes"][0]["new_mac"]
    hosts.inside(incident1.name, "web1", ["ip", "neigh", "add", "192.168.100.99", "lladdr", new, "dev", "eth0"])
    try:
        late = cure(incident1.name, saved, *LIVE, *FEW, "-e", f"fix_plan={saved}/layer2-plan.json")
    finally:
        hosts.inside(incident1.name, "web1", ["ip", "neigh", "del", "192.168.100.99", "dev", "eth0"])
    assert late.status == 2 and f"{new} is known on web1 meanwhile" in late.message, late.text
    assert state(incident1) == ([TWINS], [TWINS])


def test_a_guest_with_a_managed_save_is_refused_with_the_way_out(incident1: Running, saved: Path) -> None:
    hosts.inside(incident1.name, "hv2", ["virsh", "-q", "managedsave", "vm25"], timeout=120)
    try:
        refused = cure(incident1.name, saved, *LIVE, *FEW, "-e", f"fix_plan={saved}/layer2-plan.json")
    finally:
        hosts.inside(incident1.name, "hv2", ["virsh", "-q", "start", "vm25"], timeout=120)
    assert refused.status == 2 and "virsh managedsave-remove vm25" in refused.message, refused.text
    assert state(incident1) == ([TWINS], [TWINS])


def test_without_consent_only_the_definition_changes_and_that_is_said(incident1: Running, saved: Path) -> None:
    quiet = cure(incident1.name, saved, *FEW, "-e", f"fix_plan={saved}/layer2-plan.json")
    new = plan_in(saved)["changes"][0]["new_mac"]
    assert quiet.status == 2 and "full power cycle" in quiet.message and "WAITS" in quiet.text, quiet.text
    assert state(incident1) == ([TWINS], [new])


def test_the_cure_ends_the_symptom_and_peers_know_at_once(incident1: Running, saved: Path) -> None:
    new = plan_in(saved)["changes"][0]["new_mac"]
    with Watch(incident1.name, "hv2", "web1", IP, TWINS) as watch:
        cured = cure(incident1.name, saved, *LIVE)
    assert cured.status == 0, cured.text
    assert f"CURED    {TWINS}" in cured.text and "1 gone" in cured.text
    assert state(incident1) == ([new], [new]), "what the first run began with is what the second one finished with"
    assert answers(incident1.name, "client", IP, 10), "the guest keeps its address"
    wrong = {host: mac for host in ("client", "web1", "db1") if (mac := neighbour(incident1.name, host, IP)) not in ("", new)}
    assert not wrong
    assert watch.plugged and watch.right - watch.plugged < WITHIN, f"{watch.right - watch.plugged:.1f} s"
    target, clean = symptom.feel(incident1.name, "client", ["192.168.100.30", "192.168.100.31"])
    assert (target.stalled, clean.stalled) == (0, 0), f"{target}; {clean}"
    assert symptom.moves(incident1.name, "sw1", TWINS) == []


def test_a_second_run_changes_nothing(incident1: Running, saved: Path) -> None:
    again = cure(incident1.name, saved, *LIVE)
    assert (again.status, again.changed) == (0, {}), again.text
    assert "Nothing to do" in again.text
    planned = cure(incident1.name, saved, *LIVE, *FEW, "-e", f"fix_plan={saved}/layer2-plan.json")
    assert (planned.status, planned.changed) == (0, {}), planned.text
    assert f"CURED    {TWINS}" in planned.text


def test_the_cure_lasts(incident1: Running, saved: Path) -> None:
    new = plan_in(saved)["changes"][0]["new_mac"]
    for line in ("virsh -q reset vm25", "systemctl restart libvirtd", "virsh -q destroy vm25; virsh -q start vm25"):
        hosts.inside(incident1.name, "hv2", ["sh", "-c", line], timeout=120)
        assert answers(incident1.name, "client", IP), line
        assert state(incident1) == ([new], [new]), line


@pytest.mark.parametrize(("task", "after"), [
    ("Give the guest's NIC its new MAC", 1.5),
    ("Tell the guest's neighbours", 0.0),
])
def test_a_controller_that_is_killed_leaves_nothing_that_a_second_run_does_not_finish(
    incident1: Running, saved: Path, tmp_path: Path, task: str, after: float,
) -> None:
    infect(incident1.name, "hv2", "vm25", TWINS)
    kill_at(incident1.name, "Save the plan", tmp_path, *LIVE, *FEW)
    kill_at(incident1.name, task, tmp_path, *LIVE, *FEW, after=after)
    second = cure(incident1.name, tmp_path, *LIVE, *FEW)
    assert second.status == 0, second.text
    (live,), (persistent,) = state(incident1)
    assert live == persistent != TWINS
    assert answers(incident1.name, "client", IP)


def test_two_controllers_at_once_make_one_change(incident1: Running, tmp_path: Path) -> None:
    infect(incident1.name, "hv2", "vm25", TWINS)
    runs = [start(incident1.name, tmp_path / str(number), *LIVE, *FEW) for number in range(2)]
    ends = [finish(run) for run in runs]
    (live,), (persistent,) = state(incident1)
    assert live == persistent != TWINS
    assert 0 in [end.status for end in ends], "\n".join(end.text for end in ends)
    last = cure(incident1.name, tmp_path, *LIVE, *FEW)
    assert (last.status, last.changed) == (0, {}), last.text
    assert answers(incident1.name, "client", IP)


def host_plan(incident1: Running, folder: Path, new: str) -> tuple[str, str]:
    """A saved plan that gives lb2's own interface, over which it is reached, another MAC; returns its path and the MAC now."""
    old = running_mac(incident1)
    change = {"kind": "interface", "host": "lb2", "owner": "lb2", "interface": "eth0", "mac": old, "new_mac": new, "reason": "a test"}
    path = folder / "host.json"
    path.write_text(json.dumps({"schema": "netops.layer2/plan", "version": 1, "changes": [change], "refused": []}))
    return str(path), old


def running_mac(incident1: Running) -> str:
    """The MAC of lb2's interface in the running kernel."""
    return hosts.inside(incident1.name, "lb2", ["cat", "/sys/class/net/eth0/address"]).strip()


def test_a_host_whose_peer_sees_something_else_comes_back_by_itself(incident1: Running, tmp_path: Path) -> None:
    plan, old = host_plan(incident1, tmp_path, "02:00:00:00:42:01")
    links = json.dumps({"mac_regenerate_host_links": True, "mac_regenerate_probe_from": ["web1"], "mac_regenerate_revert_timeout": 25,
                        "mac_regenerate_confirm_timeout": 8})
    hosts.inside(incident1.name, "web1", ["ip", "neigh", "replace", "192.168.100.42", "lladdr", "02:00:00:00:00:99", "dev", "eth0"])
    try:
        failed = cure(incident1.name, tmp_path, "-e", "target=lb2:web1", "-e", f"fix_plan={plan}", "-e", links)
    finally:
        hosts.inside(incident1.name, "web1", ["ip", "neigh", "del", "192.168.100.42", "dev", "eth0"])
    assert failed.status == 2 and "from web1: " in failed.message and "lb2: change mac-eth0 is not confirmed" in failed.message, failed.text
    until = time.monotonic() + 60
    while running_mac(incident1) != old and time.monotonic() < until:
        time.sleep(1)
    assert running_mac(incident1) == old
    assert "02:00:00:00:42:01" not in hosts.inside(incident1.name, "lb2", ["sh", "-c", "cat /etc/systemd/network/*"])


def test_a_host_is_changed_over_the_path_that_the_change_cuts(incident1: Running, tmp_path: Path) -> None:
    plan, old = host_plan(incident1, tmp_path, "02:00:00:00:42:02")
    links = json.dumps({"mac_regenerate_host_links": True, "mac_regenerate_probe_from": ["web1"]})
    done = cure(incident1.name, tmp_path, "-e", "target=lb2:web1", "-e", f"fix_plan={plan}", "-e", links)
    assert done.status == 0 and f"CURED    {old}" in done.text, done.text
    assert running_mac(incident1) == "02:00:00:00:42:02"
    again = cure(incident1.name, tmp_path, "-e", "target=lb2:web1", "-e", f"fix_plan={plan}", "-e", links)
    assert (again.status, again.changed) == (0, {}), again.text


PIN = "/etc/udev/rules.d/70-persistent-net.rules"
HASTY = json.dumps({"mac_regenerate_confirm_timeout": 12, "mac_regenerate_revert_timeout": 40})


def app1(incident1: Running, folder: Path, new: str) -> tuple[str, str]:
    """A saved plan that gives the guest app1, a host of the inventory too, another MAC; returns its path and the MAC now."""
    guest = next(guest for guest in incident1.topology.guests if guest.name == "app1")
    (old,), _persistent = nic_macs(incident1.name, "hv2", "app1")
    change = {"kind": "guest", "host": "hv2", "owner": "guest app1 on hv2", "guest": "app1", "uuid": guest.uuid, "mac": old, "new_mac": new,
              "nic": {"alias": "net0"}, "reason": "a test"}
    path = folder / "app1.json"
    path.write_text(json.dumps({"schema": "netops.layer2/plan", "version": 1, "changes": [change], "refused": []}))
    rule = f'SUBSYSTEM=="net", ACTION=="add", ATTR{{address}}=="{old}", NAME="eth0"'
    inside(incident1, f"mkdir -p /etc/udev/rules.d; echo '{rule}' > {PIN}")
    return str(path), old


def inside(incident1: Running, line: str) -> str:
    """Run a line in app1, over SSH: the lab has no other way into a guest."""
    argv = [*lab.in_controller(incident1.name), *lab.ssh(incident1.name, incident1.topology, "app1", line)]
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60, stdin=subprocess.DEVNULL).stdout


def apply(incident1: Running, folder: Path, plan: str, *options: str) -> Cure:
    """Apply a saved plan to app1."""
    return cure(incident1.name, folder, "-e", "target=hv2:app1", "-e", f"fix_plan={plan}", *options)


def test_a_guest_whose_settings_name_its_mac_is_left_alone_without_consent(incident1: Running, tmp_path: Path) -> None:
    plan, old = app1(incident1, tmp_path, "52:54:00:00:61:01")
    alone = apply(incident1, tmp_path, plan)
    assert f"Left alone: guest app1 on hv2. Settings inside it name {old} ({PIN})" in " ".join(alone.text.split()), alone.text
    assert nic_macs(incident1.name, "hv2", "app1") == ([old], [old]) and old in inside(incident1, f"cat {PIN}")


def test_a_guest_that_does_not_come_back_gets_its_old_nic_and_its_old_settings(incident1: Running, tmp_path: Path) -> None:
    plan, old = app1(incident1, tmp_path, "52:54:00:00:61:02")
    inside(incident1, "echo 52:54:00:00:61:02 > /run/unwanted")
    failed = apply(incident1, tmp_path, plan, *LIVE, "-e", HASTY)
    assert failed.status == 2 and "the guest has its old NIC again" in failed.message, failed.text
    assert nic_macs(incident1.name, "hv2", "app1") == ([old], [old])
    assert answers(incident1.name, "client", "192.168.100.61", 90)
    until = time.monotonic() + 90
    while old not in inside(incident1, f"cat {PIN}") and time.monotonic() < until:
        time.sleep(2)
    assert old in inside(incident1, f"cat {PIN}")


def test_a_guest_that_is_a_host_moves_with_its_settings(incident1: Running, tmp_path: Path) -> None:
    plan, _old = app1(incident1, tmp_path, "52:54:00:00:61:03")
    done = apply(incident1, tmp_path, plan, *LIVE)
    assert done.status == 0, done.text
    assert nic_macs(incident1.name, "hv2", "app1") == (["52:54:00:00:61:03"], ["52:54:00:00:61:03"])
    assert "52:54:00:00:61:03" in inside(incident1, f"cat {PIN}")
    again = apply(incident1, tmp_path, plan, *LIVE)
    assert (again.status, again.changed) == (0, {}), again.text
