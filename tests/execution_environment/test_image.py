"""The image is really built, and the playbook runs in it: by ansible-runner as AWX does, and by ansible-navigator."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab.images import mirror
from tests.lab.system import remove_tree, run, wait_until
from tests.playbooks.conftest import PLAYBOOKS, telling
from tests.playbooks.test_detect_dup_mac import TWINS, snapshot

execution_environment = pytest.importorskip("execution_environment", reason="this is no checkout, which it is made of")
containers = pytest.importorskip("containers")
ROOT = PLAYBOOKS.parent
BIN = ROOT / ".venv" / "ee" / "bin"
TAG = "localhost/netops-layer2-ee:test"
PROGRAMS = {
    "podman": "podman",
    "crun": "crun",
    "mmdebstrap": "mmdebstrap",
    "dropbear": "dropbear-bin",
    "ssh-keygen": "openssh-client",
}
# An address for each twin: ssh would take one connection for both.
ADDRESSES = {"twin25": "127.0.0.25", "twin30": "127.0.0.30"}
STORAGE = '[storage]\ndriver = "overlay"\ngraphroot = "{folder}/images"\nrunroot = "{folder}/run"\n'
# What the image holds, and that it keeps nothing of what pip was told while it was built.
CONTENT = """set -e
python3 -c 'import jmespath, netaddr, scapy.all, ansible_runner'
ssh -V 2>&1
ansible-galaxy collection list netops.layer2
ansible --version
echo "kept: $(cat /etc/xdg/pip/* /etc/pip.conf 2>/dev/null)."
"""
Made = tuple[str, Any]  # what was said while the image was made, and how podman is run here


def lacking() -> list[str]:
    """What this machine lacks for these tests."""
    reasons = [] if os.geteuid() == 0 else ["an SSH server that lets root in needs root"]
    if not (BIN / "ansible-navigator").exists():
        reasons.append("ansible-navigator is not in .venv/ee: python3 tools/environments.py ee")
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    packages = [package for program, package in PROGRAMS.items() if shutil.which(program, path=path) is None]
    return reasons + ([f"packages are missing: apt-get install {' '.join(packages)}"] if packages else [])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """The image, made as `make ee` does without a registry, in a storage that goes with it."""
    if reasons := lacking():
        pytest.skip("; ".join(reasons))
    settings = tmp_path_factory.mktemp("podman")
    storage = execution_environment.FOLDER / "storage"  # on a disk: /tmp may be memory
    remove_tree(storage)
    storage.mkdir(parents=True)
    (settings / "storage.conf").write_text(STORAGE.format(folder=storage))
    script = [str(BIN / "python"), str(ROOT / "tools" / "execution_environment.py")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINERS_STORAGE_CONF", str(settings / "storage.conf"))
        podman = containers.find(settings)
        if refused := containers.refusal(podman):
            pytest.skip(f"podman starts no container here: {refused}")
        try:
            done = subprocess.run(
                [*script, "--tag", TAG, "--base", "debian", "--mirror", mirror()],
                capture_output=True,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL,
            )
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
            yield done.stdout, podman
        finally:
            remove_tree(storage)


@dataclass(frozen=True, slots=True)
class Server:
    """An SSH server on this machine's loopback that lets the key of FOLDER in as root; root's own home is not read."""

    folder: Path
    port: int

    def prepare(self) -> None:
        """The keys, a home for root, and a list of users that names it."""
        folder = self.folder
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"])
        run(["dropbearkey", "-t", "ed25519", "-f", folder / "host_key"])
        (folder / "home" / ".ssh").mkdir(parents=True, mode=0o700)
        shutil.copy(folder / "key.pub", folder / "home" / ".ssh" / "authorized_keys")
        (folder / "passwd").write_text(f"root:x:0:0:root:{folder}/home:/bin/sh\n")

    def known(self) -> str:
        """Its line for known_hosts."""
        shown = run(["dropbearkey", "-y", "-f", self.folder / "host_key"]).stdout
        public = next(line for line in shown.splitlines() if line.startswith("ssh-ed25519"))
        return "".join(f"[{address}]:{self.port} {public}\n" for address in ADDRESSES.values())

    def start(self) -> subprocess.Popen[bytes]:
        """Let people in."""
        folder = self.folder
        ports = " ".join(f"-p {address}:{self.port}" for address in ADDRESSES.values())
        listen = f"dropbear -F -E -s -r {folder}/host_key {ports}"
        command = ["unshare", "--mount", "sh", "-c", f"mount --bind {folder}/passwd /etc/passwd && exec {listen}"]
        with (folder / "sshd.log").open("wb") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def answers(self) -> bool:
        """Whether somebody listens there."""
        with socket.socket() as asking:
            return asking.connect_ex((ADDRESSES["twin30"], self.port)) == 0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """The SSH server, running."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    server = Server(tmp_path, port)
    server.prepare()
    process = server.start()
    try:
        assert wait_until(server.answers, 10), (tmp_path / "sshd.log").read_text()
        yield server
    finally:
        process.terminate()
        process.wait()


def private_folder(folder: Path, server: Server) -> Path:
    """What ansible-runner is given: twins behind SSH, the key for it, and how to know the server."""
    hosts = {}
    for name, address in ADDRESSES.items():
        told = telling(folder, json.loads(snapshot(name, f"192.168.100.{name[-2:]}")))
        hosts[name] = {**told, "ansible_connection": "ssh", "ansible_host": address}
    known = "-o UserKnownHostsFile=/runner/project/known_hosts -o StrictHostKeyChecking=yes"
    everywhere = {
        "ansible_port": server.port,
        "ansible_user": "root",
        "ansible_ssh_common_args": known,
        "ansible_ssh_transfer_method": "piped",  # the server has no SFTP
        "layer2_become": False,
    }
    private = folder / "private"
    for name in ("inventory", "env", "project"):
        (private / name).mkdir(parents=True)
    (private / "inventory" / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": everywhere}}))
    (private / "project" / "known_hosts").write_text(server.known())
    shutil.copy(server.folder / "key", private / "env" / "ssh_key")
    return private


def test_make_ee_builds_the_image_and_runs_the_playbook_in_both_ways(made: Made) -> None:
    said, _podman = made
    assert f"image: {TAG}" in said
    for way in ("ansible-runner", "ansible-navigator"):
        assert f"netops.layer2.detect_dup_mac by {way}: 0 conflicts, " in said and "1 of 1 host judged" in said


def test_the_image_holds_what_the_playbooks_need_and_nothing_of_its_maker(made: Made) -> None:
    _said, podman = made
    shown = podman.must(["podman", "run", "--rm", TAG, "sh", "-c", CONTENT])
    assert "OpenSSH" in shown and "ansible [core 2.18." in shown and "kept: ." in shown, shown
    version = next(line for line in (ROOT / "galaxy.yml").read_text().splitlines() if line.startswith("version:"))
    assert f"netops.layer2 {version.split()[1]}" in " ".join(shown.split()), shown


def test_twins_that_are_read_from_the_image_over_ssh_are_named(made: Made, server: Server, tmp_path: Path) -> None:
    _said, podman = made
    private = private_folder(tmp_path, server)
    done = execution_environment.by_runner(podman, TAG, private)
    assert done.returncode == 2 and f"CONFLICT  {TWINS}" in done.stdout, done.stdout[-4000:]
    report = json.loads((private / "project" / "layer2-report" / "layer2-report.json").read_text())
    assert report["verdict"]["summary"]["hosts_judged"] == 2
