"""One container copied from one LXD to another, MAC and all: real daemons, and containers that run, each machine in
namespaces of its own.
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
from pathlib import Path

import pytest
from ansible_collections.netops.layer2.plugins.plugin_utils._verdict._verdicts import mac_collisions

from . import alone
from .system import children, entering, slowness, wait_until

TWIN_MAC = "02:00:00:00:63:aa"
NEEDED = ("lxd", "lxc", "busybox", "ip", "unshare", "nsenter")
# LXD wants a root of its own, which is this machine's with other files below /run and /var/lib/lxd. The container has
# nothing but what runs its first process; it needs no image, and the daemon asks nobody outside.
MACHINE = r"""
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/root /mnt/before
mount --rbind / /mnt/root
cd /mnt/root
pivot_root . mnt/before
umount -l /mnt/before
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir -p /run/cgroup /run/netns /var/lib/lxd /var/log/lxd
mount --rbind /sys/fs/cgroup /run/cgroup
mount -t sysfs sysfs /sys
mount --rbind /run/cgroup /sys/fs/cgroup
mount -t tmpfs tmpfs /var/lib/lxd
mount -t tmpfs tmpfs /var/log/lxd
ip link set lo up
ip link add br0 type bridge
ip link set br0 up
lxd --group root >/run/lxd.log 2>&1 &
lxd waitready --timeout=120 || { cat /run/lxd.log; exit 1; }
lxc storage create pool dir
lxc init web --empty --storage pool
lxc config set web security.privileged true
lxc config device add web eth0 nic nictype=bridged parent=br0 hwaddr=$MAC
root=/var/lib/lxd/storage-pools/pool/containers/web/rootfs
mkdir -p $root/sbin $root/bin $root/proc $root/sys $root/dev
cp /bin/busybox $root/bin
for library in $(ldd /bin/busybox | grep -o '/[^ ]*'); do
    mkdir -p $root${library%/*}
    cp $library $root$library
done
printf '#!/bin/busybox sh\nwhile :; do /bin/busybox sleep 100; done\n' >$root/sbin/init
chmod 755 $root/sbin/init
lxc start web
touch /run/ready
wait
"""


@pytest.fixture(scope="module", autouse=True)
def able() -> None:
    """Skips, with the reason, where no LXD can run."""
    if os.geteuid() != 0:
        pytest.skip("namespaces need root")
    absent = [name for name in NEEDED if shutil.which(name) is None]
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)}")


@pytest.fixture(scope="module")
def machines() -> Iterator[list[int]]:
    """The first processes of two machines, on each of which a container with the same MAC runs."""
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", MACHINE]
    # Looking for shiftfs, LXD leaves a thread at the root of its mount namespace: in a chroot, that is another place.
    environment = {**os.environ, "MAC": TWIN_MAC, "LXD_DIR": "/var/lib/lxd", "LXD_SHIFTFS_DISABLE": "true"}
    started = [subprocess.Popen(command, start_new_session=True, env=environment) for _number in range(2)]
    pids = []
    try:
        pids = [ready(outer.pid) for outer in started]
        yield pids
    finally:
        for pid in pids:  # LXD takes away the control groups, which are this machine's
            inside(pid, "lxc", "stop", "--force", "web")
        for outer in started:
            outer.send_signal(signal.SIGKILL)
            outer.wait()


def inside(pid: int, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command on the machine with this first process."""
    return subprocess.run(
        [*entering(pid), *words], capture_output=True, text=True, check=False, timeout=120 * slowness(),
        stdin=subprocess.DEVNULL, env={**os.environ, "LXD_DIR": "/var/lib/lxd"},
    )


def ready(outer: int) -> int:
    """The first process of a machine, once its container runs."""
    assert wait_until(lambda: bool(children(outer)), 30)
    (pid,) = children(outer)
    assert wait_until(Path(f"/proc/{pid}/root/run/ready").exists, 120), "the container does not run"
    return pid


def snapshot(pid: int, host: str) -> str:
    """What layer2_facts reads on a machine, without Ansible around it."""
    done = inside(pid, sys.executable, "-c", alone.code("layer2_facts", host=host))
    assert done.returncode == 0, done.stdout + done.stderr
    read: str = json.loads(done.stdout)["ansible_facts"]["layer2_snapshot"]
    return read


def test_a_copied_container_is_named_with_its_hosts_and_what_gives_it_another_mac(machines: list[int]) -> None:
    snapshots = [snapshot(pid, f"lxd{number}") for number, pid in enumerate(machines, 1)]
    for text in snapshots:
        (guest,) = json.loads(text)["guests"]
        assert (guest["name"], guest["state"]) == ("web", "Running"), guest
        assert [nic["mac"] for nic in guest["nics"]] == [TWIN_MAC], guest
    (finding,) = mac_collisions(snapshots)["findings"]
    # Nothing connects the two, and each container is one machine, whatever its control group is called.
    assert (finding["mac"], finding["status"], finding["rule"]) == (TWIN_MAC, "latent", "different_segments"), finding
    assert "guest web (web) on lxd1 and guest web (web) on lxd2" in finding["reason"], finding["reason"]
    assert {(owner["host"], owner["guest"]) for owner in finding["owners"]} == {("lxd1", "web"), ("lxd2", "web")}
    assert "lxc config device set web eth0 hwaddr=00:16:3e:" in finding["fix"], finding["fix"]
