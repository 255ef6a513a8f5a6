"""layer2_facts on one booted host of every Debian release: everything is read, with each version's own tools."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from . import hosts, images, inventory, lab, paths
from .conftest import Running
from .system import processes_in, wait_until


@pytest.fixture(scope="module")
def snapshots(smoke: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What every host said, by host."""
    tree: Path = tmp_path_factory.mktemp("facts")
    done = lab.in_controller_run(
        smoke.name, ["ansible", "all", "-m", "netops.layer2.layer2_facts", "--tree", str(tree)]
    )
    assert done.returncode == 0, done.stdout + done.stderr
    results = {path.name: json.loads(path.read_text()) for path in tree.iterdir()}
    return {host: json.loads(result["ansible_facts"]["layer2_snapshot"]) for host, result in results.items()}


@pytest.mark.parametrize(
    ("host", "python", "iproute2"), [("bullseye", "3.9", "5."), ("bookworm", "3.11", "6.1"), ("trixie", "3.13", "6.1")]
)
def test_a_host_is_read_whole_on_every_release(
    snapshots: dict[str, Any], smoke: Running, host: str, python: str, iproute2: str
) -> None:
    said = snapshots[host]
    assert said["gaps"] == []
    assert said["identity"]["python"].startswith(python)
    assert said["identity"]["iproute2"].startswith(iproute2)
    nic = smoke.topology.host(host).nics[0]
    (carrier,) = [each for each in said["interfaces"] if each["name"] == (nic.bridge or nic.name)]
    held = {f"{each['address']}/{each['prefix']}" for each in carrier["addresses"]}
    assert set(nic.addresses) <= held
    assert carrier["mac"] == nic.mac


def test_the_bridge_reports_its_port_and_ageing_in_seconds(snapshots: dict[str, Any]) -> None:
    (bridge,) = snapshots["bookworm"]["bridges"]
    assert bridge["ports"] == ["eth0"]
    assert bridge["ageing"] == 300


def test_hosts_of_one_release_alone_keep_what_they_compile_of_modules(
    snapshots: dict[str, Any], smoke: Running
) -> None:
    look = ["sh", "-c", f"ls {images.COMPILED} 2>/dev/null | wc -l"]
    kept = {host.name: int(hosts.inside(smoke.name, host.name, look)) for host in smoke.topology.hosts}
    assert kept.pop("bookworm") > 50 and set(kept.values()) == {0}, kept


HOST_KEY = """
import sys; sys.path.insert(0, {collections!r})
from ansible_collections.netops.layer2.plugins.module_utils._scan import _ssh
print(_ssh.host_key({address!r}, 5))
"""


@pytest.mark.parametrize("host", ["bullseye", "bookworm", "trixie"])
def test_the_host_key_of_every_releases_openssh_is_read_without_a_login(smoke: Running, host: str) -> None:
    address = smoke.topology.host(host).nics[0].addresses[0].split("/")[0]
    code = HOST_KEY.format(collections=str(paths.COLLECTIONS), address=address)
    said = lab.in_controller_run(smoke.name, [sys.executable, "-c", code])
    assert said.returncode == 0, said.stderr
    kind, fingerprint = said.stdout.split()
    own = hosts.inside(
        smoke.name, host, ["sh", "-c", "for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -l -f $key; done"]
    )
    assert fingerprint in own.split() and kind.startswith(("ssh-", "ecdsa-"))


@pytest.mark.parametrize("cut", [False, True], ids=["asked", "power-cut"])
def test_a_rebooted_host_has_nothing_left_but_its_configuration(smoke: Running, cut: bool) -> None:
    hosts.inside(smoke.name, "trixie", ["ip", "link", "add", "stray", "type", "bridge"])
    hosts.inside(smoke.name, "trixie", ["ip", "address", "add", "192.0.2.99/24", "dev", "eth0"])
    lab.reboot(smoke.name, "trixie", cut=cut)
    shown = hosts.inside(smoke.name, "trixie", ["ip", "address"])
    assert "192.0.2.13/24" in shown
    assert "stray" not in shown and "192.0.2.99" not in shown


def test_of_a_killed_controller_no_worker_goes_on(smoke: Running) -> None:
    inside = paths.namespace(smoke.name, "controller")
    argv = [*lab.in_controller(smoke.name), "ansible", "all", "-c", "local", "-m", "wait_for", "-a", "timeout=600"]
    before = set(processes_in(inside))
    running = subprocess.Popen(
        argv, env=inventory.environment(smoke.name), stdout=subprocess.DEVNULL, start_new_session=True
    )

    def groups() -> set[int]:
        found = set()
        for pid in set(processes_in(inside)) - before:
            with suppress(ProcessLookupError):
                found.add(os.getpgid(pid))
        return found

    # ansible-core 2.19 and newer give each worker a process group of its own.
    assert wait_until(lambda: len(groups()) >= 3, 60, 0.3)
    lab.kill_controller(smoke.name)
    assert running.wait(10) == -9 and groups() == set()
    assert lab.in_controller_run(smoke.name, ["ansible", "trixie", "-m", "ping"]).returncode == 0
