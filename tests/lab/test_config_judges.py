"""The unit tests whose judge is a network manager's own reader, with the readers of a host's root: no machine needs to
have them installed.
"""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from . import images

TESTS = Path(__file__).resolve().parents[1] / "unit/plugins/module_utils/_netconfig"
PROGRAMS = {"ifquery": "/usr/sbin/ifquery", "generate": "/usr/libexec/netplan/generate"}
# The reader sees the root of a host, in which only the folder of temporary files is this machine's.
WITHIN = 'mount --bind /tmp "$1/tmp" && exec chroot "$@"'


# networkd with the files of one folder, and NICs that it sees as those of a container: no udev names them first.
NETWORKD = """
set -e
root=$1 folder=$2; shift 2
mount -t tmpfs none "$root/run"; mkdir -p "$root/run/systemd/netif/links"
chroot "$root" chown -R systemd-network:systemd-network /run/systemd/netif
mount -t tmpfs none "$root/etc/systemd/network"; cp "$folder"/* "$root/etc/systemd/network"
chmod -R a+rX "$root/etc/systemd/network"
mount -t proc none "$root/proc"; mount -t sysfs -o ro none "$root/sys"
for link; do
    chroot "$root" ip link add "${link%%=*}" address "${link#*=}" type veth peer name "${link%%=*}-peer"
done
chroot "$root" /lib/systemd/systemd-networkd >/dev/null 2>&1 & networkd=$!
for link; do
    state=$root/run/systemd/netif/links/$(cat "/$root/sys/class/net/${link%%=*}/ifindex") tries=100
    while [ $tries -gt 0 ] && ! grep -q '^ADMIN_STATE=[cfu]' "$state" 2>/dev/null; do
        sleep 0.1; tries=$((tries - 1))
    done
    echo "${link%%=*} $(sed -n 's/^NETWORK_FILE=//p' "$state")"
done
kill $networkd
"""


def networkds(folder: Path) -> list[str]:
    """Programs that tell which .network file networkd takes for a NIC; of each version that booted hosts have."""
    made = []
    for release in ("bookworm", "trixie"):
        root = images.build(images.host_recipe(release, hypervisor=False)) / "root"
        words = ["unshare", "--mount", "--net", "--pid", "--fork", "sh", "-c", NETWORKD, "sh", str(root)]
        (folder / release).write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        (folder / release).chmod(0o755)
        made.append(str(folder / release))
    return made


@pytest.fixture
def readers(able: None, tmp_path: Path) -> Path:
    """A folder of programs that run inside the root of a bookworm host, with the /tmp of this machine."""
    root = images.build(images.host_recipe("bookworm", hypervisor=False)) / "root"
    folder = tmp_path / "readers"
    folder.mkdir()
    for name, program in PROGRAMS.items():
        found = program if (root / program[1:]).exists() else program.replace("libexec", "lib")
        words = ["unshare", "--mount", "sh", "-c", WITHIN, "sh", str(root), found]
        (folder / name).write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        (folder / name).chmod(0o755)
    return folder


def test_the_managers_own_readers_judge(readers: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    if not tmp_path_factory.getbasetemp().is_relative_to("/tmp"):
        pytest.skip("temporary files lie outside /tmp, which is what the readers see")
    environment = {
        **os.environ,
        "PATH": f"{readers}{os.pathsep}{os.environ['PATH']}",
        "LAYER2_NETPLAN": str(readers),
        "LAYER2_NETWORKD": os.pathsep.join(networkds(readers)),
    }
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rs",
            "-p",
            "no:cacheprovider",
            str(TESTS / "test_stanza_users.py"),
            str(TESTS / "test_netplan_files.py"),
            str(TESTS / "test_networkd_words.py"),
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0 and "skipped" not in done.stdout, done.stdout + done.stderr
