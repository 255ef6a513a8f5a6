"""Least privilege as docs/privileges.md shows it: a login without root, and one that may start one program by sudo."""
# Copyright (c) 2026 netops.layer2 contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
import shutil
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from . import hosts, inventory, lab, paths
from .conftest import Running, running
from .detect import Detection, detect
from .system import run

PAGE = paths.PACKAGE.parents[1] / "docs" / "privileges.md"
CODE = paths.PACKAGE.parents[1] / "plugins" / "module_utils"
TREE = "usr/local/lib/netops-layer2/ansible_collections/netops/layer2/plugins/module_utils"
LOGIN = "layer2"
TWINS = "52:54:00:0c:1d:f5"
# A twin that nobody but root sees: its NIC is in a network namespace of its own.
BOX = """
ip netns add box
ip link add link eth0 name twin address {mac} type macvlan mode bridge
ip link set twin netns box
ip -n box address add {address}/24 dev twin
ip -n box link set twin up
"""
PROGRAM = "/usr/local/libexec/netops-layer2/snapshot"
# Laxer than any distribution's: no PATH of its own, and Python's variables are kept.
SUDOERS = """
Defaults env_keep += "PYTHONPATH PYTHONHOME PYTHONSTARTUP"
root ALL=(ALL:ALL) ALL
@includedir /etc/sudoers.d
"""
# The login's own programs and packages, wherever they may be looked up.
PLANTING = f"""
mkdir -p ~/planted && cd ~/planted
for name in ip bridge ovs-vsctl ovs-appctl virsh nsenter; do
    printf '#!/bin/sh\\necho $0 >>/home/{LOGIN}/planted/ran\\n' >$name
    chmod 755 $name
done
for name in json os sys libvirt sitecustomize usercustomize ansible_collections; do
    echo 'open("/home/{LOGIN}/planted/ran", "a").write(__file__)' >$name.py
done
export PATH=$PWD:$PATH PYTHONPATH=$PWD PYTHONHOME=$PWD PYTHONSTARTUP=$PWD/os.py
sudo -n PATH=$PATH {PROGRAM} </etc/passwd >out; echo $?; cat out
test -e ran && echo ran: $(cat ran)
"""
BOXES = {"left": "198.51.100.51", "right": "198.51.100.52"}


def shown(pattern: str) -> list[tuple[str, ...]]:
    """What stands in the page's blocks of code behind a line that fits the pattern: its groups, then the block."""
    found = re.finditer(rf"^{pattern}:\n\n((?:    .*\n|\n)+)", PAGE.read_text(), re.MULTILINE)
    return [(*match.groups()[:-1], textwrap.dedent(match[match.re.groups]).strip("\n") + "\n") for match in found]


@pytest.fixture(scope="module")
def fleet(able: None) -> Iterator[Running]:
    """Two hosts with the files of the page and a twin each that root alone sees."""
    if shutil.which("sudo") is None:
        pytest.skip("sudo is missing: apt-get install sudo")
    for made in running("overlay"):
        for host, address in BOXES.items():
            if os_release(hosts.root(made.name, host)) != os_release(Path("/")):
                pytest.skip("this machine's sudo is not for the lab's hosts, which are of another Debian release")
            prepare(made.name, host)
            hosts.inside(made.name, host, ["sh", "-ec", BOX.format(mac=TWINS, address=address)])
        yield made


def os_release(root: Path) -> list[str]:
    """The release of a system, as lines of its os-release."""
    return re.findall(r"^(?:ID|VERSION_ID)=.*$", (root / "etc/os-release").read_text(), re.MULTILINE)


def prepare(name: str, host: str) -> None:
    """Sudo, the login and the page's files on a host."""
    root = hosts.root(name, host)
    for path in map(Path, run(["dpkg-query", "--listfiles", "sudo"]).stdout.split()):
        if not path.is_dir() and "/share/" not in str(path):
            (root / path.relative_to("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, root / path.relative_to("/"), follow_symlinks=False)
    hosts.write(root, "etc/sudoers", SUDOERS, 0o440)
    hosts.inside(name, host, ["useradd", "--create-home", "--shell", "/bin/sh", "--password", "*", LOGIN])
    hosts.write(root, f"home/{LOGIN}/.ssh/authorized_keys", inventory.key_file(name).with_suffix(".pub").read_text())
    hosts.inside(name, host, ["chown", "-R", LOGIN, f"/home/{LOGIN}"])
    shutil.copytree(CODE, root / TREE, ignore=shutil.ignore_patterns("__pycache__"))
    for path, mode, text in shown(r"`/([\w/.-]+)`, owned by root, mode (\d+)"):
        hosts.write(root, path, text, int(mode, 8))


@pytest.fixture(scope="module")
def root_says(fleet: Running, tmp_path_factory: pytest.TempPathFactory) -> Detection:
    """The verdict that root gives."""
    return detect(fleet.name, tmp_path_factory.mktemp("root"))


def as_login(fleet: Running, *words: str) -> subprocess.CompletedProcess[str]:
    """A command line of the login on a host, over SSH."""
    address = fleet.topology.host("left").address
    return lab.in_controller_run(fleet.name, ["ssh", *inventory.ssh_options(fleet.name), f"{LOGIN}@{address}", *words])


def variables(folder: Path) -> list[str]:
    """The variables that the page gives a host, as arguments."""
    ((text,),) = shown("In the inventory")
    file = folder / "variables.yml"
    file.write_text(yaml.safe_dump(yaml.safe_load(text)))
    return [f"-e@{file}"]


def told(verdict: Detection) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    """What a verdict comes to."""
    return [
        (one["status"], one["mac"], one["rule"], sorted((owner["host"], owner["interface"]) for owner in one["owners"]))
        for one in verdict.verdict["findings"]
    ]


def test_root_sees_the_twins(root_says: Detection) -> None:
    assert root_says.status == 2, root_says.text
    assert [found[:2] for found in told(root_says)] == [("conflict", TWINS)]
    assert "nothing missing" in root_says.text


def test_a_login_without_root_sees_less_and_the_report_says_so(fleet: Running, tmp_path: Path) -> None:
    plain = detect(fleet.name, tmp_path, f"-eansible_user={LOGIN}", "-elayer2_become=false")
    assert plain.status == 0, plain.text
    assert told(plain) == []
    said = " ".join(plain.text.split())
    assert "left, right containers: only root may see which namespaces other users' processes are in" in said, said
    assert "nothing missing" not in said


def test_by_one_program_the_login_gives_roots_verdict(fleet: Running, root_says: Detection, tmp_path: Path) -> None:
    bounded = detect(fleet.name, tmp_path, *variables(tmp_path))
    assert told(bounded) == told(root_says), bounded.text
    assert (bounded.status, bounded.verdict["summary"]) == (root_says.status, root_says.verdict["summary"])
    assert "nothing missing" in bounded.text


@pytest.mark.parametrize(
    "command",
    [
        "id", "sh -c id", "python3 -c 1", "/usr/local/libexec/netops-layer2/python -c 1", "-e /etc/shadow",
        f"{PROGRAM} --all", f"-u nobody {PROGRAM}", f"LD_PRELOAD=/tmp/x.so {PROGRAM}",
    ],
)  # fmt: skip
def test_the_login_runs_nothing_else_by_sudo(fleet: Running, command: str) -> None:
    refused = as_login(fleet, f"sudo -n {command}")
    assert refused.returncode == 1 and not refused.stdout, refused
    assert re.search("password is required|not allowed", refused.stderr), refused.stderr


def test_a_task_that_becomes_root_is_refused(fleet: Running, tmp_path: Path) -> None:
    argv = ["ansible", "left", *variables(tmp_path), "--become", "-m", "ansible.builtin.command", "-a", "id"]
    done = lab.in_controller_run(fleet.name, argv)
    assert done.returncode == 2 and "uid=0" not in done.stdout, done.stdout


def test_the_program_takes_no_input_argument_folder_or_environment_of_the_login(fleet: Running) -> None:
    """Nothing that the login plants where Python and programs are looked up runs as root."""
    done = as_login(fleet, PLANTING)
    assert done.stdout.startswith('0\n{"changed": false'), done
    assert "ran:" not in done.stdout


def test_the_login_may_write_none_of_what_runs_as_root(fleet: Running) -> None:
    found = as_login(fleet, "find -L /usr/local /etc/sudoers.d ! -path '/proc/*' -writable")
    assert not found.stdout, found.stdout


def test_another_module_runs_as_the_login(fleet: Running, tmp_path: Path) -> None:
    argv = ["ansible", "left", *variables(tmp_path), "-m", "ansible.builtin.command", "-a", "id -un"]
    done = lab.in_controller_run(fleet.name, argv)
    assert done.returncode == 0 and LOGIN in done.stdout.split(), done.stdout + done.stderr


def test_piped_modules_run_as_the_login_too(fleet: Running, tmp_path: Path) -> None:
    """Where Ansible pipes modules, their name is not told: nothing breaks, and the gaps are said."""
    piped = detect(fleet.name, tmp_path, *variables(tmp_path), "-eansible_pipelining=true")
    assert piped.status == 0 and "only root may see" in " ".join(piped.text.split()), piped.text
