"""Two machines with one MAC on a real Open vSwitch (its datapath in user space), outside of the inventory: who fights
is named with the ports of the switch.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .system import children, entering, slowness, wait_until

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = ROOT / "playbooks" / "detect_dup_mac.yml"
SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")
NEEDED = ("ovs-vswitchd", "ovsdb-server", "ovs-vsctl", "ovs-appctl", "ip", "ping", "unshare", "nsenter")
TWIN_MAC, QUIET_MAC = "02:00:00:00:61:aa", "02:00:00:00:61:bb"

# A machine of its own in namespaces: files below /run, network and processes are nobody else's, and end with it.
SWITCH = f"""
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir /run/openvswitch
ip link set lo up
ovsdb-tool create /run/openvswitch/conf.db {SCHEMA}
ovsdb-server /run/openvswitch/conf.db --remote=punix:/run/openvswitch/db.sock --pidfile --detach 2>/dev/null
ovs-vswitchd --pidfile --detach 2>/dev/null
ovs-vsctl add-br br0 -- set bridge br0 datapath_type=netdev
touch /run/ready
sleep infinity &
wait
"""
# What is plugged into it: machines that are no more than a kernel, of which the switch sees its ports alone.
AROUND = f"""
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir /run/netns
unshare --mount --net --pid --fork --kill-child sh -c "$SWITCH" &
outer=$!
until inner=$(cat /proc/$outer/task/$outer/children) && [ -n "$inner" ] && [ -e /proc/${{inner% }}/root/run/ready ]; do
    sleep 0.1
done
inner=${{inner% }}
plug() {{ # name, MAC, address
    ip netns add $1
    ip link add eth0 address $2 netns $1 type veth peer name $1-port netns $inner
    ip -n $1 address add $3/24 dev eth0
    nsenter --target=$inner --net ip link set $1-port up
    nsenter --target=$inner --root --mount --net --pid ovs-vsctl add-port br0 $1-port
}}
plug twin1 {TWIN_MAC} 10.61.0.1
plug twin2 {TWIN_MAC} 10.61.0.2
plug quiet {QUIET_MAC} 10.61.0.3
talk() {{ # name, number of packets
    ip -n $1 link set eth0 up
    # Answers come to either twin, so that one would often not learn where the third is, and be silent.
    ip -n $1 neigh replace 10.61.0.3 lladdr {QUIET_MAC} dev eth0
    ip netns exec $1 ping -q -i 0.2 -c $2 10.61.0.3 >/dev/null 2>&1
}}
ip -n quiet link set eth0 up
case $STORY in
    fight) talk twin1 99999 & talk twin2 99999 & ;;
    migration) talk twin1 10; ip -n twin1 link set eth0 down; talk twin2 99999 & ;;
esac
touch /proc/$inner/root/run/plugged
wait
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """A host with an Open vSwitch, by the process that its namespaces belong to."""

    pid: int

    def run(self, *argv: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command on it."""
        enter = entering(self.pid, folder=options.pop("folder", "/"))
        return subprocess.run(
            [*enter, *map(str, argv)], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, **options
        )

    def moved(self) -> int:
        """How many times an address changed its port."""
        told = self.run("ovs-appctl", "fdb/stats-show", "br0").stdout
        return int(told.rsplit(":", 1)[-1]) if "port moved" in told else 0


def machine(story: str) -> Iterator[Machine]:
    """Up for a fixture, with what those around it do."""
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", AROUND]
    with subprocess.Popen(
        command, start_new_session=True, env={**os.environ, "STORY": story, "SWITCH": SWITCH}
    ) as outermost:
        try:
            yield Machine(plugged(outermost.pid))
        finally:
            outermost.send_signal(signal.SIGKILL)


def plugged(outermost: int) -> int:
    """The first process of the switch, once everything is plugged in: the grandchild of the shell around it, whose
    other children are in namespaces of their own.
    """
    found: list[int] = []

    def is_plugged() -> bool:
        found[:] = [inner for shell in children(outermost) for outer in children(shell) for inner in children(outer)]
        return any(Path(f"/proc/{inner}/root/run/plugged").exists() for inner in found)

    assert wait_until(is_plugged, 90), "Open vSwitch did not start"
    return next(inner for inner in found if Path(f"/proc/{inner}/root/run/plugged").exists())


@pytest.fixture(scope="module", autouse=True)
def able() -> None:
    """Skips, with the reason, where no Open vSwitch can run."""
    if os.geteuid() != 0:
        pytest.skip("namespaces need root")
    absent = [name for name in NEEDED if shutil.which(name) is None]
    if absent or not SCHEMA.exists():
        pytest.skip(f"not installed: {', '.join(absent) or SCHEMA}")


@pytest.fixture(scope="module")
def fight() -> Iterator[Machine]:
    yield from machine("fight")


@pytest.fixture(scope="module")
def migration() -> Iterator[Machine]:
    yield from machine("migration")


def detect(machine: Machine, folder: Path) -> tuple[int, str, dict[str, Any]]:
    """Exit code, screen and report of detect_dup_mac for this machine alone."""
    settings = [f"HOME={folder}", f"PATH={os.environ['PATH']}", "LC_ALL=C.UTF-8", "ANSIBLE_NOCOLOR=1"]
    words = [sys.executable, "-m", "ansible.cli.playbook", "-c", "local", "-i", "ovs1,", PLAYBOOK]
    python = ["-e", f"ansible_python_interpreter={sys.executable}", "-e", "snapshot_become=false"]
    done = machine.run("env", "-i", *settings, *words, *python, folder=folder, timeout=120 * slowness())
    report = folder / "layer2-report" / "layer2-report.json"
    assert report.exists(), done.stdout + done.stderr
    return done.returncode, done.stdout, json.loads(report.read_text())


def test_twins_that_nobody_logs_in_to_are_a_conflict_with_the_ports_of_the_switch(
    fight: Machine, tmp_path: Path
) -> None:
    assert wait_until(lambda: fight.moved() > 1, 60), "no address moved"
    status, screen, report = detect(fight, tmp_path)
    (finding,) = [one for one in report["verdict"]["findings"] if one["mac"] == TWIN_MAC]
    assert (status, finding["status"], finding["confidence"]) == (2, "conflict", "high"), screen
    assert {"twin1-port", "twin2-port"} <= set(json.dumps(finding).replace('"', " ").replace(",", " ").split()), finding
    assert "twin1-port" in screen and "twin2-port" in screen, screen
    assert not [gap for gap in report["verdict"]["coverage"]["gaps"] if gap["subset"] == "moves"]


def test_what_went_to_another_port_and_stays_there_is_none(migration: Machine, tmp_path: Path) -> None:
    assert wait_until(lambda: migration.moved() > 0, 60), "it did not move"
    before = migration.moved()
    status, screen, report = detect(migration, tmp_path)
    assert (status, report["verdict"]["findings"], migration.moved()) == (0, [], before), screen
