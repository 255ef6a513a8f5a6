"""Incident 1 cured on real guests: check mode first, refusals, the cure, its proof, second runs, reboots, and everything that can go wrong."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import fingerprint, hosts, lab, symptom
from .conftest import Running
from .cure import LIVE, Cure, Watch, answers, cure, fault, finish, full_disk, infect, kill_at, neighbour, nic_macs, plan_in, saved_plan, start
from .system import wait_until

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


def cured(incident1: Running) -> bool:
    """Whether the twin has a MAC of its own, live and persistent the same, and answers."""
    (live,), (persistent,) = state(incident1)
    return live == persistent != TWINS and answers(incident1.name, "client", IP)


GIVE = "Give the guest's NIC its new MAC"


@pytest.mark.parametrize("steps", [
    [("Save the plan", 0.0), ("Save the report from before", 0.0), (GIVE, 0.0), ("Tell the guest's neighbours", 0.0)],
    [(GIVE, 1.5)],  # somewhere in the change itself
])
def test_killed_after_each_step_in_turn_the_last_run_finishes(incident1: Running, tmp_path: Path, steps: list[tuple[str, float]]) -> None:
    infect(incident1.name, "hv2", "vm25", TWINS)
    for task, after in steps:
        # Each run meets what the one before it left.
        kill_at(incident1.name, task, tmp_path, *LIVE, *FEW, after=after)
        assert answers(incident1.name, "client", "192.168.101.217"), task
    second = cure(incident1.name, tmp_path, *LIVE, *FEW)
    assert second.status == 0, second.text
    assert cured(incident1)


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


@pytest.fixture
def infected(incident1: Running) -> Iterator[Running]:
    """The twins are back; after each test the guest answers, and so does its hypervisor, whatever went wrong."""
    if state(incident1) != ([TWINS], [TWINS]):
        infect(incident1.name, "hv2", "vm25", TWINS)
    yield incident1
    assert answers(incident1.name, "client", IP) and answers(incident1.name, "client", "192.168.101.217")
    (live,), (persistent,) = state(incident1)
    assert live == persistent, "half a change"


@pytest.mark.parametrize("folder", ["/var/lib/netops-layer2", "/etc/libvirt/qemu"])
def test_a_disk_full_on_the_hypervisor_changes_nothing(infected: Running, tmp_path: Path, folder: str) -> None:
    with full_disk(infected.name, "hv2", folder):
        refused = cure(infected.name, tmp_path, *LIVE, *FEW)
    assert refused.status == 2 and "No space left on device" in refused.message, refused.text
    assert state(infected) == ([TWINS], [TWINS])


def test_a_guest_that_qemu_does_not_unplug_keeps_its_nic(infected: Running, tmp_path: Path) -> None:
    stiff = "s|<controller type='pci' index='0' model='pci-root'/>|<controller type='pci' index='0' model='pci-root'><target hotplug='off'/></controller>|"
    infect(infected.name, "hv2", "vm25", TWINS, stiff)
    assert answers(infected.name, "client", IP)
    refused = cure(infected.name, tmp_path, *LIVE, *FEW, "-e", "mac_regenerate_timeout=5")
    assert refused.status == 2 and "put back as it was" in refused.message and "cannot hot unplug" in refused.message, refused.text
    assert state(infected) == ([TWINS], [TWINS]) and answers(infected.name, "client", IP)
    infect(infected.name, "hv2", "vm25", TWINS, "s|<target hotplug='off'/>||")
    done = cure(infected.name, tmp_path, *LIVE, *FEW)
    assert done.status == 0 and cured(infected), done.text


def test_libvirtd_that_is_killed_while_the_nic_is_out_is_waited_for(infected: Running, tmp_path: Path) -> None:
    with fault(infected.name, "hv2", "attach-device", "kill -9 $(pidof libvirtd)"):  # systemd starts it again
        first = cure(infected.name, tmp_path, *LIVE, *FEW)
    assert first.status == 0 or "put back as it was" in first.message, first.text
    second = cure(infected.name, tmp_path, *LIVE, *FEW)
    assert second.status == 0 and cured(infected), second.text


def test_libvirtd_that_is_killed_and_stays_away_is_told_and_the_next_run_finishes(infected: Running, tmp_path: Path) -> None:
    with fault(infected.name, "hv2", "attach-device", "chmod -x /usr/sbin/libvirtd; kill -9 $(pidof libvirtd)"):
        failed = cure(infected.name, tmp_path, *LIVE, *FEW, "-e", "mac_regenerate_timeout=3")
    hosts.inside(infected.name, "hv2", ["sh", "-c", "chmod +x /usr/sbin/libvirtd; systemctl reset-failed; systemctl start libvirtd.socket libvirtd"])
    assert failed.status == 2 and "NOT put back: the NIC of the running guest" in failed.message, failed.text
    assert state(infected)[0] == [] and "running" in hosts.inside(infected.name, "hv2", ["virsh", "-q", "domstate", "vm25"])
    second = cure(infected.name, tmp_path, *LIVE, *FEW)
    assert second.status == 0 and cured(infected), second.text
    again = cure(infected.name, tmp_path, *LIVE, *FEW)
    assert (again.status, again.changed) == (0, {}), again.text


def test_twins_inside_one_domain_are_told_apart(incident1: Running, tmp_path: Path) -> None:
    (own,), _persistent = state(incident1)
    nic = f"attach-interface vm25 bridge br0 --mac {own} --model virtio --live --config"
    hosts.inside(incident1.name, "hv2", ["sh", "-c", f"virsh -q {nic}"])
    statuses = ("-e", json.dumps({"fix_statuses": ["conflict", "latent"], "fix_keep": {}}))
    checked = cure(incident1.name, tmp_path, *LIVE, *FEW, *statuses, "--check", "--diff")
    assert checked.status == 0 and f"CHANGE  {own} -> " in checked.text and state(incident1) == ([own, own], [own, own]), checked.text
    done = cure(incident1.name, tmp_path, *LIVE, *FEW, *statuses)
    live, persistent = state(incident1)
    assert done.status == 0 and live == persistent and sorted(mac == own for mac in live) == [False, True], done.text
    assert answers(incident1.name, "client", IP)


PIN = "/etc/udev/rules.d/70-persistent-net.rules"
HASTY = ("-e", json.dumps({"mac_regenerate_confirm_timeout": 10, "mac_regenerate_revert_timeout": 20, "mac_regenerate_timeout": 15}))


def app1(incident1: Running, folder: Path, new: str) -> tuple[str, str]:
    """A saved plan that gives the guest app1, a host of the inventory too, another MAC; returns its path and the MAC now."""
    guest = next(guest for guest in incident1.topology.guests if guest.name == "app1")
    (old,), _persistent = nic_macs(incident1.name, "hv2", "app1")
    change = {"kind": "guest", "host": "hv2", "owner": "guest app1 on hv2", "guest": "app1", "uuid": guest.uuid, "mac": old, "new_mac": new,
              "nic": {"alias": "net0"}, "reason": "a test"}
    rule = f'SUBSYSTEM=="net", ACTION=="add", ATTR{{address}}=="{old}", NAME="eth0"'
    inside(incident1, f"mkdir -p /etc/udev/rules.d; echo '{rule}' > {PIN}")
    return saved_plan(folder, change), old


def inside(incident1: Running, line: str) -> str:
    """What a line says in app1, over SSH, since the lab has no other way into a guest; nothing while it is not reached."""
    argv = [*lab.in_controller(incident1.name), *lab.ssh(incident1.name, incident1.topology, "app1", line)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL).stdout


def apply(incident1: Running, folder: Path, plan: str, *options: str) -> Cure:
    """Apply a saved plan to app1."""
    return cure(incident1.name, folder, "-e", "target=hv2:app1", "-e", f"fix_plan={plan}", *options)


def test_a_guest_whose_settings_name_its_mac_is_left_alone_without_consent(incident1: Running, tmp_path: Path) -> None:
    plan, old = app1(incident1, tmp_path, "52:54:00:00:61:01")
    alone = apply(incident1, tmp_path, plan)
    assert f"Left alone: guest app1 on hv2. Settings inside it name {old} ({PIN})" in " ".join(alone.text.split()), alone.text
    assert nic_macs(incident1.name, "hv2", "app1") == ([old], [old]) and old in inside(incident1, f"cat {PIN}")


def test_a_guest_without_room_for_its_settings_is_left_alone(incident1: Running, tmp_path: Path) -> None:
    plan, old = app1(incident1, tmp_path, "52:54:00:00:61:02")
    with full_disk(incident1.name, "app1", "/etc/udev/rules.d", lambda _host, script: inside(incident1, script)):
        refused = apply(incident1, tmp_path, plan, *LIVE)
    assert refused.status == 2 and "No space left on device; nothing was changed" in refused.message, refused.text
    assert nic_macs(incident1.name, "hv2", "app1") == ([old], [old]) and old in inside(incident1, f"cat {PIN}")


def test_a_guest_that_does_not_come_back_gets_its_old_nic_and_its_old_settings(incident1: Running, tmp_path: Path) -> None:
    plan, old = app1(incident1, tmp_path, "52:54:00:00:61:03")
    inside(incident1, "echo 52:54:00:00:61:03 > /run/unwanted")
    failed = apply(incident1, tmp_path, plan, *LIVE, *HASTY)
    assert failed.status == 2 and "the guest has its old NIC again" in failed.message, failed.text
    assert nic_macs(incident1.name, "hv2", "app1") == ([old], [old])
    assert answers(incident1.name, "client", "192.168.100.61", 90)
    assert wait_until(lambda: old in inside(incident1, f"cat {PIN}"), 90, 1)


@pytest.mark.parametrize(("new", "steps"), [
    ("52:54:00:00:61:04", [("Move the settings that name the MAC", 2.5), (GIVE, 0.0), ("Keep the guest's settings", 0.0)]),
    ("52:54:00:00:61:06", [(GIVE, 1.5)]),
])
def test_killed_after_each_step_in_turn_settings_and_nic_end_alike(
    incident1: Running, tmp_path: Path, new: str, steps: list[tuple[str, float]],
) -> None:
    plan, _old = app1(incident1, tmp_path, new)
    for task, after in steps:
        kill_at(incident1.name, task, tmp_path, "-e", "target=hv2:app1", "-e", f"fix_plan={plan}", *LIVE, *HASTY, after=after)
    done = apply(incident1, tmp_path, plan, *LIVE)
    assert done.status == 0 and nic_macs(incident1.name, "hv2", "app1") == ([new], [new]), done.text
    # Its deadline passes, unconfirmed, with the new NIC in place: the settings that fit it stay
    assert wait_until(lambda: '"confirmed"' in inside(incident1, STATES), 60, 1), inside(incident1, STATES)
    assert new in inside(incident1, f"cat {PIN}")
    # The report before was written while the guest had not settled yet, so this one may differ from it
    again = apply(incident1, tmp_path, plan, *LIVE)
    assert (again.status, again.touched) == (0, set()), again.text


STATES = "cat /var/lib/netops-layer2/revert/mac-pins-eth0/state.json"


def test_a_guest_that_is_a_host_moves_with_its_settings(incident1: Running, tmp_path: Path) -> None:
    plan, old = app1(incident1, tmp_path, "52:54:00:00:61:05")
    checked = apply(incident1, tmp_path, plan, *LIVE, "--check", "--diff")
    assert checked.status == 0 and "52:54:00:00:61:05" in checked.text and PIN in checked.text, checked.text
    assert nic_macs(incident1.name, "hv2", "app1") == ([old], [old]) and old in inside(incident1, f"cat {PIN}")
    done = apply(incident1, tmp_path, plan, *LIVE)
    assert done.status == 0, done.text
    assert nic_macs(incident1.name, "hv2", "app1") == (["52:54:00:00:61:05"], ["52:54:00:00:61:05"])
    assert "52:54:00:00:61:05" in inside(incident1, f"cat {PIN}")
    again = apply(incident1, tmp_path, plan, *LIVE)
    assert (again.status, again.changed) == (0, {}), again.text
