"""The cure of guests when things go wrong: killed controllers and daemons, full disks, a stiff QEMU, two controllers,
twins in one domain.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import hosts
from .conftest import Running
from .cure import LIVE, answers, cure, fault, full_disk, infect, kill_at, start
from .play import finish
from .system import LabError, wait_until
from .twin import FEW, GIVE, IP, TWINS, cured, state


@pytest.mark.parametrize(
    "steps",
    [
        [
            ("Save the plan", 0.0),
            ("Save the report from before", 0.0),
            (GIVE, 0.0),
            ("Tell the guest's neighbours", 0.0),
        ],
        [(GIVE, 1.5)],  # somewhere in the change itself
    ],
)
def test_killed_after_each_step_in_turn_the_last_run_finishes(
    twins: Running, tmp_path: Path, steps: list[tuple[str, float]]
) -> None:
    infect(twins.name, "hv2", "vm25", TWINS)
    for task, after in steps:
        # Each run meets what the one before it left.
        try:
            kill_at(twins.name, task, tmp_path, *LIVE, *FEW, after=after)
        except LabError:
            # Where the kill came late, the change was made without its controller, and nothing was left to cure.
            assert cured(twins)
            infect(twins.name, "hv2", "vm25", TWINS)
            kill_at(twins.name, task, tmp_path, *LIVE, *FEW, after=after)
        assert answers(twins.name, "client", "192.168.101.217"), task
    second = cure(twins.name, tmp_path, *LIVE, *FEW)
    assert second.status == 0, second.text
    assert cured(twins)


def test_two_controllers_at_once_make_one_change(twins: Running, tmp_path: Path) -> None:
    infect(twins.name, "hv2", "vm25", TWINS)
    runs = [start(twins.name, tmp_path / str(number), *LIVE, *FEW) for number in range(2)]
    ends = [finish(run) for run in runs]
    (live,), (persistent,) = state(twins)
    assert live == persistent != TWINS
    assert 0 in [end.status for end in ends], "\n".join(end.text for end in ends)
    last = cure(twins.name, tmp_path, *LIVE, *FEW)
    assert (last.status, last.changed) == (0, {}), last.text
    assert answers(twins.name, "client", IP)


@pytest.fixture
def infected(twins: Running) -> Iterator[Running]:
    """The twins are back; after each test the guest answers, and so does its hypervisor, whatever went wrong."""
    if state(twins) != ([TWINS], [TWINS]):
        infect(twins.name, "hv2", "vm25", TWINS)
    yield twins
    assert answers(twins.name, "client", IP) and answers(twins.name, "client", "192.168.101.217")
    (live,), (persistent,) = state(twins)
    assert live == persistent, "half a change"


@pytest.mark.parametrize("folder", ["/var/lib/netops-layer2", "/etc/libvirt/qemu"])
def test_a_disk_full_on_the_hypervisor_changes_nothing(infected: Running, tmp_path: Path, folder: str) -> None:
    with full_disk(infected.name, "hv2", folder):
        refused = cure(infected.name, tmp_path, *LIVE, *FEW)
    assert refused.status == 2 and "No space left on device" in refused.message, refused.text
    assert state(infected) == ([TWINS], [TWINS])


def test_a_guest_that_qemu_does_not_unplug_keeps_its_nic(infected: Running, tmp_path: Path) -> None:
    stiff = (
        "s|<controller type='pci' index='0' model='pci-root'/>|<controller type='pci' index='0'"
        " model='pci-root'><target hotplug='off'/></controller>|"
    )
    infect(infected.name, "hv2", "vm25", TWINS, stiff)
    assert answers(infected.name, "client", IP)
    refused = cure(infected.name, tmp_path, *LIVE, *FEW, "-e", "mac_regenerate_timeout=5")
    assert refused.status == 2 and "put back as it was" in refused.message and "cannot hot unplug" in refused.message, (
        refused.text
    )
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


def test_libvirtd_that_is_killed_and_stays_away_is_told_and_the_next_run_finishes(
    infected: Running, tmp_path: Path
) -> None:
    with fault(infected.name, "hv2", "attach-device", "chmod -x /usr/sbin/libvirtd; kill -9 $(pidof libvirtd)"):
        failed = cure(infected.name, tmp_path, *LIVE, *FEW, "-e", "mac_regenerate_timeout=3")
    hosts.inside(
        infected.name,
        "hv2",
        ["sh", "-c", "chmod +x /usr/sbin/libvirtd; systemctl reset-failed; systemctl start libvirtd.socket libvirtd"],
    )
    assert failed.status == 2 and "NOT put back: the NIC of the running guest" in failed.message, failed.text
    assert state(infected)[0] == [] and "running" in hosts.inside(
        infected.name, "hv2", ["virsh", "-q", "domstate", "vm25"]
    )
    second = cure(infected.name, tmp_path, *LIVE, *FEW)
    assert second.status == 0 and cured(infected), second.text
    again = cure(infected.name, tmp_path, *LIVE, *FEW)
    assert (again.status, again.changed) == (0, {}), again.text


def test_a_task_that_is_given_up_while_the_nic_is_out_leaves_no_guest_without_one(
    infected: Running, tmp_path: Path
) -> None:
    impatient = ("-e", json.dumps({"mac_regenerate_timeout": 3, "mac_regenerate_answer_timeout": 2}))
    with fault(infected.name, "hv2", "attach-device", "sleep 18"):
        failed = cure(infected.name, tmp_path, *LIVE, *FEW, *impatient)
    assert failed.status == 2 and ("old NIC again" in failed.message or "is not known" in failed.message), failed.text
    assert wait_until(
        lambda: len({*state(infected)[0]} | {*state(infected)[1]}) == len(state(infected)[0]) == 1, 90, 1
    ), "half a change"
    second = cure(infected.name, tmp_path, *LIVE, *FEW)
    assert second.status == 0 and cured(infected), second.text


def test_twins_inside_one_domain_are_told_apart(twins: Running, tmp_path: Path) -> None:
    (own,), _persistent = state(twins)
    nic = f"attach-interface vm25 bridge br0 --mac {own} --model virtio --live --config"
    hosts.inside(twins.name, "hv2", ["sh", "-c", f"virsh -q {nic}"])
    statuses = ("-e", json.dumps({"fix_statuses": ["conflict", "latent"], "fix_keep": {}}))
    checked = cure(twins.name, tmp_path, *LIVE, *FEW, *statuses, "--check", "--diff")
    assert (
        checked.status == 0 and f"CHANGE  {own} -> " in checked.text and state(twins) == ([own, own], [own, own])
    ), checked.text
    done = cure(twins.name, tmp_path, *LIVE, *FEW, *statuses)
    live, persistent = state(twins)
    assert done.status == 0 and live == persistent and sorted(mac == own for mac in live) == [False, True], done.text
    assert answers(twins.name, "client", IP)
