"""Hosts cured by fix_dup_mac.yml over the very path that the change cuts: their own interfaces, cloned machine-ids, and
all that can go wrong.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import fingerprint, hosts, lab, paths, switches
from .conftest import Running, running
from .cure import cure, full_disk, kill_at, saved_plan, start
from .play import Play, finish, is_idle
from .system import run, stretched, wait_until

HOST, PEER, FILES = "box1", "peer", "/etc/systemd/network"
BASE = "/var/lib/netops-layer2"


@pytest.fixture(scope="module")
def clones(able: None) -> Iterator[Running]:
    """Two clones and a peer."""
    yield from running("clones")


@pytest.fixture
def whole(clones: Running) -> Iterator[Running]:
    """The lab; after each test every host answers a new connection, and nothing is half done or waits."""
    yield clones
    wait_until(lambda: not waiting(clones), 30, 0.3)
    waits = waiting(clones)
    lab.drop_connections(clones.name)
    silent = [host.name for host in clones.topology.hosts if not reached(clones, host.name)]
    files = inside(clones, HOST, f"cat {FILES}/20-eth0.network {FILES}/20-eth0.network.d/* 2>/dev/null; true")
    half = {text.split()[0] for text in files.split("MACAddress=")[1:]} - {running_mac(clones)}
    assert (waits, silent, half) == ("", [], set())


def waiting(clones: Running) -> str:
    """State files of changes that are not settled, with the state.

    An arming that was killed leaves its file, too, for the next one to clear: it had not come to the change.
    """
    return inside(clones, HOST, f'grep -HoE \'"state": "(armed|failed)"\' {BASE}/revert/*/state.json 2>/dev/null; true')


def inside(clones: Running, host: str, script: str) -> str:
    """A shell script on a host, past SSH."""
    return hosts.inside(clones.name, host, ["sh", "-c", script])


def running_mac(clones: Running) -> str:
    """The MAC of the interface in the running kernel."""
    return inside(clones, HOST, "cat /sys/class/net/eth0/address").strip()


def reached(clones: Running, host: str, seconds: float = 20) -> bool:
    """Whether a host answers over SSH."""
    words = lab.ssh(clones.name, clones.topology, host, "true")
    return wait_until(lambda: lab.in_controller_run(clones.name, words).returncode == 0, seconds, 0.3)


HASTY = {"mac_regenerate_revert_timeout": 25, "mac_regenerate_confirm_timeout": 8}


def options(plan: str, **more: object) -> list[str]:
    """What the playbook is called with to change the interface now."""
    wanted = {
        "fix_plan": plan,
        "target": f"{HOST}:{PEER}",
        "mac_regenerate_host_links": True,
        "mac_regenerate_probe_from": [PEER],
        **more,
    }
    return ["-e", json.dumps(wanted)]


def plan(clones: Running, folder: Path, new: str) -> tuple[str, str]:
    """A saved plan that gives the interface, over which the host is reached, another MAC; returns its path and the MAC
    now.
    """
    old = running_mac(clones)
    change = {
        "kind": "interface",
        "host": HOST,
        "owner": HOST,
        "interface": "eth0",
        "mac": old,
        "new_mac": new,
        "reason": "a test",
    }
    return saved_plan(folder, change), old


def second_run(clones: Running, folder: Path, saved: str, new: str) -> None:
    """The change is whole, and a run more changes nothing."""
    again = cure(clones.name, folder, *options(saved))
    assert (again.status, again.changed, running_mac(clones)) == (0, {}, new), again.text


def test_check_mode_shows_the_change_and_touches_nothing(whole: Running, tmp_path: Path) -> None:
    saved, old = plan(whole, tmp_path, "02:00:00:00:42:01")
    assert wait_until(lambda: "tentative" not in inside(whole, HOST, "ip -6 address"), 10, 0.2)
    before = fingerprint.of_host(whole.name, HOST)
    checked = cure(whole.name, tmp_path, *options(saved), "--check", "--diff")
    assert checked.status == 0 and "Check mode: nothing was changed" in checked.text, checked.text
    assert (
        f"-running MAC: {old}\n+running MAC: 02:00:00:00:42:01" in checked.text
        and "+MACAddress=02:00:00:00:42:01" in checked.text
    )
    assert sorted(set(fingerprint.of_host(whole.name, HOST)) ^ set(before)) == []


def test_without_consent_only_the_files_change_and_a_reboot_is_waited_for(whole: Running, tmp_path: Path) -> None:
    saved, old = plan(whole, tmp_path, "02:00:00:00:42:02")
    quiet = cure(whole.name, tmp_path, *options(saved, mac_regenerate_host_links=False))
    assert quiet.status == 0 and running_mac(whole) == old, quiet.text
    assert "02:00:00:00:42:02" in inside(whole, HOST, f"cat {FILES}/20-eth0.network")
    lab.reboot(whole.name, HOST)
    second_run(whole, tmp_path, saved, "02:00:00:00:42:02")


def failed_and_back(clones: Running, failed: Play, old: str, new: str, says: str) -> None:
    """The play stopped for that reason, and the host took the change back by itself."""
    assert failed.status == 2 and says in failed.message and f"{HOST}: change mac-eth0 " in failed.message, failed.text
    assert wait_until(lambda: running_mac(clones) == old, 60, 0.5)
    assert wait_until(lambda: new not in inside(clones, HOST, f"cat {FILES}/*"), 10, 0.5)


def test_a_host_whose_peer_sees_something_else_comes_back_by_itself(whole: Running, tmp_path: Path) -> None:
    saved, old = plan(whole, tmp_path, "02:00:00:00:42:03")
    entry = ["192.0.2.31", "lladdr", "02:00:00:00:00:99", "dev", "eth0"]
    hosts.inside(whole.name, PEER, ["ip", "neigh", "replace", *entry])
    try:
        failed = cure(whole.name, tmp_path, *options(saved, **stretched(HASTY)))
    finally:
        hosts.inside(whole.name, PEER, ["ip", "neigh", "del", *entry])
    failed_and_back(whole, failed, old, "02:00:00:00:42:03", f"is not confirmed and stays armed: from {PEER}: ")


def test_a_host_whose_switch_does_not_take_the_new_mac_comes_back_by_itself(whole: Running, tmp_path: Path) -> None:
    saved, old = plan(whole, tmp_path, "02:00:00:00:42:04")
    # The switch holds that this MAC lives elsewhere, as port security does: no answer finds its way to the host
    entry = ["02:00:00:00:42:04", "dev", switches.port(PEER, "eth0"), "master", "sticky", "static"]
    switch = ["bridge", "-netns", paths.namespace(whole.name, "sw1"), "fdb"]
    run([*switch, "replace", *entry])
    try:
        failed = cure(whole.name, tmp_path, *options(saved, **stretched(HASTY)))
        # The connection of the change itself hangs until the host is back, or new ones fail
        failed_and_back(whole, failed, old, "02:00:00:00:42:04", "confirmed")
    finally:
        run([*switch, "del", *entry[:4]])


@pytest.mark.parametrize("folder", [FILES, BASE])
def test_on_a_full_disk_nothing_changes(whole: Running, tmp_path: Path, folder: str) -> None:
    saved, old = plan(whole, tmp_path, "02:00:00:00:42:05")
    with full_disk(whole.name, HOST, folder):
        refused = cure(whole.name, tmp_path, *options(saved))
    assert (
        refused.status == 2
        and "No space left on device" in refused.message
        and "nothing was changed" in refused.message
    ), refused.text
    assert running_mac(whole) == old and "42:05" not in inside(whole, HOST, f"cat {FILES}/*")


def test_killed_after_each_step_in_turn_the_host_comes_back_and_the_last_run_finishes(
    whole: Running, tmp_path: Path
) -> None:
    saved, old = plan(whole, tmp_path, "02:00:00:00:42:06")
    last = "Keep the change if the host"
    for task, after in (
        ("Save the plan", 0.0),
        ("Look whether the change could be confirmed", 0.0),
        ("Change the interface", 1.0),
        (last, 0.0),
    ):
        hasty = stretched({"mac_regenerate_revert_timeout": 12})
        kill_at(whole.name, task, tmp_path, *options(saved, **hasty), after=after)
        # Whether the change had begun, or was armed, or was made: within its time the host is as it was, and reached.
        # A module that was started goes on without its controller, and may have come to nothing yet.
        assert wait_until(
            lambda: is_idle(whole.name, HOST) and running_mac(whole) == old and not waiting(whole), 60, 0.5
        ), (task, running_mac(whole), waiting(whole))
        assert reached(whole, HOST), task
        assert "42:06" not in inside(whole, HOST, f"cat {FILES}/*"), task
    # The next run may also come before that: it finds the change in place, and does not take it for done
    kill_at(whole.name, last, tmp_path, *options(saved, mac_regenerate_revert_timeout=60))
    done = cure(whole.name, tmp_path, *options(saved))
    assert done.status == 0 and f"CURED    {old}" in done.text and "RETRYING" in done.text, done.text
    assert not waiting(whole)
    second_run(whole, tmp_path, saved, "02:00:00:00:42:06")


# Has the revert that waits on a host stop between the files and the kernel, until that file is there.
STOP = """import glob, json
(path,) = glob.glob("/var/lib/netops-layer2/revert/*/manifest.json")
manifest = json.load(open(path))
wait = ["/bin/sh", "-c", "until [ -e /run/go ]; do sleep 0.1; done"]
manifest["commands"].insert(0, {"argv": wait, "at_boot": False, "may_fail": False, "timeout": 600})
json.dump(manifest, open(path, "w"))
"""
AT_LOCK = f"find /proc/[0-9]*/fd -lname {BASE}/revert/.lock 2>/dev/null | wc -l"


def test_a_run_that_plans_while_the_host_takes_another_back_plans_anew(whole: Running, tmp_path: Path) -> None:
    saved, old = plan(whole, tmp_path, "02:00:00:00:42:08")
    hasty = stretched({"mac_regenerate_revert_timeout": 15})
    kill_at(whole.name, "Keep the change if the host", tmp_path, *options(saved, **hasty))
    hosts.inside(whole.name, HOST, ["python3", "-"], text=STOP)
    try:
        assert wait_until(lambda: "42:08" not in inside(whole, HOST, f"cat {FILES}/*"), 60, 0.5)
        assert running_mac(whole) == "02:00:00:00:42:08"
        coming = start(whole.name, tmp_path, *options(saved))
        # It has planned by files of before and a kernel of after, and waits for the revert to let go.
        seen = wait_until(lambda: inside(whole, HOST, AT_LOCK).strip() == "2", 120, 0.2)
    finally:
        hosts.inside(whole.name, HOST, ["touch", "/run/go"])
    done = finish(coming)
    assert seen and done.status == 0 and f"CURED    {old}" in done.text, done.text
    assert running_mac(whole) == "02:00:00:00:42:08" and not waiting(whole)
    second_run(whole, tmp_path, saved, "02:00:00:00:42:08")
    hosts.inside(whole.name, HOST, ["rm", "/run/go"])


def test_two_controllers_at_once_make_one_change(whole: Running, tmp_path: Path) -> None:
    saved, _old = plan(whole, tmp_path, "02:00:00:00:42:07")
    ends = [
        finish(each) for each in [start(whole.name, tmp_path / str(number), *options(saved)) for number in range(2)]
    ]
    assert 0 in [end.status for end in ends], "\n".join(end.text for end in ends)
    refused = [end.message for end in ends if end.status]
    assert all("waits for its confirmation" in message or "changed it meanwhile" in message for message in refused), (
        refused
    )
    # In the folder of one that succeeded: the other's report tells of the time before the change
    second_run(whole, tmp_path / str([end.status for end in ends].index(0)), saved, "02:00:00:00:42:07")


# --- clones: one machine-id, and so one MAC for what systemd makes

BRIDGE = """cd /etc/systemd/network
printf '[NetDev]\\nName=lan0\\nKind=bridge\\n' > 10-lan0.netdev
printf '[Match]\\nName=lan0\\n\\n[Network]\\nAddress={address}/24\\n' > 20-lan0.network
printf '[Match]\\nName=eth1\\n\\n[Network]\\nBridge=lan0\\n' > 20-eth1.network
networkctl reload"""
CONSENT = ("-e", "mac_regenerate_machine_id=true")


def lan_mac(clones: Running, host: str) -> str:
    return inside(clones, host, "cat /sys/class/net/lan0/address 2>/dev/null; true").strip()


@pytest.fixture(scope="module")
def twins(clones: Running) -> str:
    """The MAC that systemd gave a bridge on both clones."""
    for number, host in enumerate(("box1", "box2"), 1):
        inside(clones, host, BRIDGE.format(address=f"198.51.100.{number}"))
    assert wait_until(
        lambda: bool(lan_mac(clones, "box1")) and lan_mac(clones, "box1") == lan_mac(clones, "box2"), 20, 0.3
    )
    for host in ("box1", "box2"):  # both are on the wire, as machines that are used
        inside(clones, host, "ping -c1 -W1 198.51.100.99 || true")
    return lan_mac(clones, "box1")


def clone_options(twins: str) -> list[str]:
    return ["-e", json.dumps({"fix_keep": {twins: "box1"}})]


def test_a_cloned_machine_id_is_named_and_kept_without_consent(clones: Running, twins: str, tmp_path: Path) -> None:
    before = inside(clones, "box2", "cat /etc/machine-id")
    for consent in ((), ("--check", "--diff", *CONSENT)):
        shown = cure(clones.name, tmp_path, *clone_options(twins), *consent)
        assert twins in shown.text and "machine-id of its own" in shown.text, shown.text
        assert inside(clones, "box2", "cat /etc/machine-id") == before and before.strip() not in shown.text
        assert shown.status == (0 if consent else 2)


def test_a_clone_gets_a_machine_id_of_its_own_and_with_the_next_boot_macs_of_its_own(
    clones: Running, twins: str, tmp_path: Path
) -> None:
    before = inside(clones, "box2", "cat /etc/machine-id")
    inside(
        clones,
        "box2",
        "mkdir -p /var/lib/dbus; rm -f /var/lib/dbus/machine-id; cp /etc/machine-id /var/lib/dbus/machine-id",
    )
    kill_at(clones.name, "Write the machine-id", tmp_path, *clone_options(twins), *CONSENT)
    written = cure(clones.name, tmp_path, *clone_options(twins), *CONSENT)
    assert written.status == 2 and "needs a restart" in written.message, written.text
    own = inside(clones, "box2", "cat /etc/machine-id")
    assert own != before and len(own) == 33 and inside(clones, "box2", "cat /var/lib/dbus/machine-id") == own
    waiting = cure(clones.name, tmp_path, *clone_options(twins), *CONSENT)
    assert waiting.changed == {} and inside(clones, "box2", "cat /etc/machine-id") == own, waiting.text
    lab.reboot(clones.name, "box2")
    assert wait_until(lambda: lan_mac(clones, "box2") not in ("", twins), 20, 0.3) and lan_mac(clones, "box1") == twins
    again = cure(clones.name, tmp_path, *clone_options(twins), *CONSENT, "-e", f"fix_plan={tmp_path}/layer2-plan.json")
    assert (again.status, again.changed) == (0, {}) and f"CURED    {twins}" in again.text, again.text
    assert inside(clones, "box2", "cat /etc/machine-id") == own
